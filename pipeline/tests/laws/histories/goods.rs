//! What goods leave on paper: prescriptions, sales and returns, purchases, changes and counts of stock.

use crate::histories::calendar::DAY;
use crate::histories::papers::Visit;
use crate::histories::record::{Cell, ONE, Record, quantity, text};
use crate::histories::region::{Item, Region};

impl Region {
    /// Writes down a prescription of `drug` in as many lines as there are `parts`; its id.
    pub(crate) fn prescribe(&mut self, visit: &Visit, drug: &Item, parts: &[i64], state: &str) -> String {
        let mut lines: Vec<Vec<(&'static str, Cell)>> = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            lines.push(vec![
                ("line_no", Cell::Label(i64::try_from(index).expect("few lines") + 1)),
                ("med_list_codg", text(&*drug.code)),
                ("list_type", text(drug.list_type)),
                ("cnt", quantity(*part)),
            ]);
        }
        if self.dice.chance(1, 4) {
            let other = self.item();
            lines.push(vec![
                ("line_no", Cell::Label(9)),
                ("med_list_codg", text(other.code)),
                ("cnt", quantity(ONE)),
                ("prd_days", Cell::Label(7)),
            ]);
        }
        let record = self.prescription(visit, lines, state);
        let rx = record.text("rx_id");
        self.add(record);
        rx
    }

    /// Writes down a prescription of `drug`; its id, and a quantity that is near the one it orders.
    pub(crate) fn prescribe_near(&mut self, visit: &Visit, drug: &Item) -> (String, i64) {
        let parts = self.dice.pick(&[vec![2 * ONE], vec![ONE, ONE], vec![15_000]]);
        let ordered: i64 = parts.iter().sum();
        let state = self.dice.pick(&["issued", "reviewed", "dispensed", "issued", "cancelled"]);
        let rx = self.prescribe(visit, drug, &parts, state);
        (rx, ordered + self.dice.pick(&[-ONE, 0, 0, 1, ONE, 2 * ONE]))
    }

    /// A prescription of these lines.
    pub(crate) fn prescription(
        &mut self,
        visit: &Visit,
        lines: Vec<Vec<(&'static str, Cell)>>,
        state: &str,
    ) -> Record {
        let mut record = Record::new("prescription")
            .with("rx_id", text(self.id("RX")))
            .with("psn_no", text(&*visit.person))
            .with("fixmedins_code", text(&*visit.place))
            .with("prsc_time", Cell::Time(visit.begin))
            .with("dr_codg", text("DR1"))
            .with("state", text(state))
            .with("lines", Cell::Records(lines));
        if self.dice.chance(1, 2) {
            record.set("mdtrt_id", text(&*visit.id));
        }
        record
    }

    /// An insured sale; `cnt` in ten-thousandths.
    pub(crate) fn sale(&mut self, place: &str, person: &str, item: &Item, at: i64, cnt: i64) -> Record {
        let mut record = Record::new("dispensing")
            .with("sel_id", text(self.id("D")))
            .with("move", text("sale"))
            .with("fixmedins_code", text(place))
            .with("med_list_codg", text(&*item.code))
            .with("cnt", quantity(cnt))
            .with("sel_time", Cell::Time(at))
            .with("mdtrt_setl_type", text("1"));
        if !self.dice.chance(1, 15) {
            record.set("psn_no", text(person));
        }
        if !self.dice.chance(1, 12) {
            record.set("finl_trns_pric", Cell::Number(item.pric.0, item.pric.1));
        }
        record
    }

    /// Writes down a return of `cnt` of `sale` that names it, or leaves it to be found by its codes.
    pub(crate) fn take_back(&mut self, sale: &Record, cnt: i64, codes: Vec<String>) {
        let at = sale.time("sel_time") + self.dice.pick(&[0, 60, DAY, -1]);
        let mut back = Record::new("dispensing")
            .with("sel_id", text(self.id("D")))
            .with("move", text("return"))
            .with("fixmedins_code", text(sale.text("fixmedins_code")))
            .with("med_list_codg", text(sale.text("med_list_codg")))
            .with("cnt", quantity(cnt))
            .with("sel_time", Cell::Time(at));
        if codes.is_empty() || self.dice.chance(1, 2) {
            let named = if self.dice.chance(1, 10) { "D-never".to_owned() } else { sale.text("sel_id") };
            back.set("return_of", text(named));
        }
        if !codes.is_empty() {
            back.set("trace_codes", Cell::Texts(codes));
        }
        self.add(back);
    }

    /// Writes down a sale and now and then takes a part of it, or all of it, back.
    pub(crate) fn sell(&mut self, sale: Record) {
        self.add(sale.clone());
        if let Some(Cell::Number(cnt, _)) = sale.get("cnt").cloned()
            && self.dice.chance(1, 10)
        {
            let back = self.dice.pick(&[cnt, 1]);
            self.take_back(&sale, back, Vec::new());
        }
    }

    /// A purchase or the return of one.
    pub(crate) fn purchase(
        &mut self,
        place: &str,
        item: &Item,
        direction: &str,
        cnt: i64,
        at: i64,
    ) -> Record {
        let mut record = Record::new("purchase")
            .with("purc_id", text(self.id("PU")))
            .with("move", text(direction))
            .with("fixmedins_code", text(place))
            .with("med_list_codg", text(&*item.code))
            .with("cnt", quantity(cnt))
            .with("stoin_time", Cell::Time(at));
        if self.dice.chance(1, 2) {
            record.set("finl_trns_pric", Cell::Number(item.pric.0, item.pric.1));
        }
        record
    }

    /// Writes down a count of stock.
    pub(crate) fn count_stock(&mut self, place: &str, item: &Item, cnt: i64, day: i64) {
        let record = Record::new("stock_count")
            .with("cnt_id", text(self.id("SC")))
            .with("fixmedins_code", text(place))
            .with("med_list_codg", text(&*item.code))
            .with("inv_cnt", quantity(cnt))
            .with("invdate", Cell::Date(day));
        self.add(record);
    }

    /// Writes down one use: a sale without a visit, a sale in a pharmacy visit, or a fee line.
    pub(crate) fn use_goods(&mut self, place: &str, item: &Item, cnt: i64, at: i64) {
        let person = self.person();
        match self.dice.below(6) {
            0 | 1 => {
                let visit = self.visit_about(at / DAY);
                let line = self.line(&visit, item, at, cnt).with("fixmedins_code", text(place));
                self.bill(line);
            }
            2 => {
                let med_type = self.dice.pick(&["41", "41", "11"]);
                let visit = self.visit(&person, place, med_type, at, Some(at + 60));
                let mut sale = self.sale(place, &person, item, at, cnt);
                sale.set("mdtrt_id", text(if self.dice.chance(1, 6) { "V-never" } else { &visit.id }));
                self.add(sale);
            }
            _ => {
                let sale = self.sale(place, &person, item, at, cnt);
                self.add(sale.clone());
                if self.dice.chance(1, 6) {
                    self.take_back(&sale, 1, Vec::new());
                }
            }
        }
    }
}
