//! What care leaves on paper: visits, settlements and refunds, fee lines and reversals, checks, enrolments.
//!
//! Each is written with the small irregularities of real sources: a missing field, another person's token, a
//! settlement that never arrives, a reversal of a reversal.

use crate::histories::calendar::{DAY, HOUR};
use crate::histories::record::{Cell, Record, fen, quantity, text};
use crate::histories::region::{Item, Region};

/// A visit that was written down.
#[derive(Clone)]
pub(crate) struct Visit {
    /// Its `mdtrt_id`.
    pub(crate) id: String,
    /// Its `psn_no`.
    pub(crate) person: String,
    /// Its `fixmedins_code`.
    pub(crate) place: String,
    /// Its `begntime`.
    pub(crate) begin: i64,
    /// Its `endtime`.
    pub(crate) end: Option<i64>,
    /// Its settlements so far.
    pub(crate) settlements: Vec<String>,
}

impl Region {
    /// Writes down a visit.
    pub(crate) fn visit(
        &mut self,
        person: &str,
        place: &str,
        med_type: &str,
        begin: i64,
        end: Option<i64>,
    ) -> Visit {
        let id = self.id("V");
        let mut record = Record::new("visit")
            .with("mdtrt_id", text(&*id))
            .with("psn_no", text(person))
            .with("fixmedins_code", text(place))
            .with("med_type", text(med_type))
            .with("begntime", Cell::Time(begin));
        if let Some(end) = end {
            record.set("endtime", Cell::Time(end));
        }
        if self.dice.chance(1, 4) {
            let diagnoses = self.any_diagnoses();
            record.set("diags", diagnoses);
        }
        if self.dice.chance(1, 10) {
            let operations = self.any_operations(begin);
            record.set("oprns", operations);
        }
        self.add(record);
        let visit =
            Visit { id, person: person.into(), place: place.into(), begin, end, settlements: Vec::new() };
        self.visits.push(visit.clone());
        visit
    }

    /// A visit on or about `day`: an earlier one if there is one, so that findings pile up on it, or a new one.
    pub(crate) fn visit_about(&mut self, day: i64) -> Visit {
        if !self.visits.is_empty() && self.dice.chance(1, 3) {
            return self.dice.pick(&self.visits);
        }
        let begin = self.on(day);
        let (person, place) = (self.person(), self.place());
        let med_type = match (place.pharmacy, self.dice.below(4)) {
            (true, 0..3) => "41",
            (_, 0) => "21",
            (_, 1) => "61",
            _ => "11",
        };
        let length = self.dice.pick(&[HOUR, 3 * HOUR, 2 * DAY, 6 * DAY]);
        let end = (!self.dice.chance(1, 5)).then(|| begin + length);
        let mut visit = self.visit(&person, &place.code, med_type, begin, end);
        if self.dice.chance(3, 4) {
            self.settle(&mut visit, None);
        }
        visit
    }

    /// Writes down a settlement of `visit`; `fund` in fen, or any sum.
    pub(crate) fn settle(&mut self, visit: &mut Visit, fund: Option<i64>) -> Record {
        let any = self.dice.pick(&[0, 1, 5_000, 12_345, 40_000, 70_001, 250_000]);
        let fund = fund.unwrap_or(any);
        let account = self.dice.pick(&[0, 1_000, 5_000]);
        let id = self.id("S");
        let time = visit.end.unwrap_or(visit.begin) + self.dice.pick(&[0, 600, HOUR, DAY]);
        let mut record = Record::new("settlement")
            .with("setl_id", text(&*id))
            .with("mdtrt_id", text(&*visit.id))
            .with("psn_no", text(&*visit.person))
            .with("fixmedins_code", text(&*visit.place))
            .with("med_type", text("11"))
            .with("setl_time", Cell::Time(time))
            .with("medfee_sumamt", fen(fund + account + 1_500))
            .with("fund_pay_sumamt", fen(fund));
        if account > 0 || self.dice.chance(1, 2) {
            record.set("acct_pay", fen(account));
        }
        match self.dice.below(4) {
            0 => {}
            1 => record.set("insutype", text("390")),
            _ => record.set("insutype", text("310")),
        }
        if self.dice.chance(1, 3) {
            record.set("bill_code", text("B1"));
            let number = self.id("N");
            record.set("bill_no", text(number));
        }
        visit.settlements.push(id.clone());
        if let Some(known) = self.visits.iter_mut().find(|known| known.id == visit.id) {
            known.settlements.push(id);
        }
        self.add(record.clone());
        if self.dice.chance(1, 12) {
            self.refund(&record);
        }
        record
    }

    /// Gives `visit` no settlement, one, or two.
    pub(crate) fn settle_some(&mut self, visit: &mut Visit) {
        for _ in 0..self.dice.pick(&[0, 1, 1, 1, 2]) {
            self.settle(visit, None);
        }
    }

    /// Takes `settlement` back in one of the ways sources do it, or only seems to.
    pub(crate) fn refund(&mut self, settlement: &Record) {
        let id = self.id("S");
        let mut refund = settlement.clone().with("setl_id", text(id));
        let time = settlement.time("setl_time") + self.dice.pick(&[0, DAY]);
        refund.set("setl_time", Cell::Time(time));
        if let Some(Cell::Number(fund, _)) = settlement.get("fund_pay_sumamt").cloned() {
            match self.dice.below(5) {
                0 => refund.set("refd_setl_flag", Cell::Flag(true)),
                1 => refund.set("medfee_sumamt", fen(-1)),
                2 => refund.set("fund_pay_sumamt", fen(-fund.max(1))),
                _ => {
                    refund.set("refd_setl_flag", Cell::Flag(true));
                    refund.set("fund_pay_sumamt", fen(-fund));
                }
            }
        }
        match self.dice.below(6) {
            0 => {}
            1 => refund.set("orig_setl_id", text("S-never")),
            2 => refund.set("orig_setl_id", text(refund.text("setl_id"))),
            _ => refund.set("orig_setl_id", text(settlement.text("setl_id"))),
        }
        self.add(refund);
    }

    /// A fee line of `visit`; `cnt` in ten-thousandths.
    pub(crate) fn line(&mut self, visit: &Visit, item: &Item, at: i64, cnt: i64) -> Record {
        let sum = money(item.pric, cnt);
        let mut record = Record::new("fee_line")
            .with("mdtrt_id", text(&*visit.id))
            .with("feedetl_sn", text(self.id("")))
            .with("psn_no", text(&*visit.person))
            .with("fixmedins_code", text(&*visit.place))
            .with("fee_ocur_time", Cell::Time(at))
            .with("med_list_codg", text(&*item.code))
            .with("list_type", text(item.list_type))
            .with("cnt", quantity(cnt))
            .with("pric", Cell::Number(item.pric.0, item.pric.1))
            .with("det_item_fee_sumamt", fen(sum));
        match self.dice.below(8) {
            0 => {}
            1 => record.set("fund_amt", fen(sum)),
            2 => record.set("fund_amt", fen(0)),
            _ => record.set("fund_amt", fen(sum * 4 / 5)),
        }
        if !visit.settlements.is_empty() && self.dice.chance(1, 2) {
            record.set("setl_id", text(self.dice.pick(&visit.settlements)));
        } else if self.dice.chance(1, 20) {
            record.set("setl_id", text("S-never"));
        }
        if self.dice.chance(1, 8) {
            record.set("med_chrgitm_type", text(self.dice.pick(&["01", "02", "05", "07", "14"])));
        }
        if self.dice.chance(1, 10) {
            self.receive_late(&mut record);
        }
        if self.dice.chance(1, 20) {
            record.set("psn_no", text(self.person()));
        }
        if self.dice.chance(1, 20) {
            record.set("fixmedins_code", text(self.place().code));
        }
        record
    }

    /// Lets the bureau receive `line` about a day after it happened.
    pub(crate) fn receive_late(&mut self, line: &mut Record) {
        let slip = self.dice.pick(&[-1, 0, 0, 1, 1, HOUR, 9 * DAY, -30 * HOUR]);
        line.received = Some(line.time("fee_ocur_time").min(self.horizon) + DAY + slip);
    }

    /// Writes down `line`, and now and then a reversal of it, before or after it.
    pub(crate) fn bill(&mut self, line: Record) {
        if !self.dice.chance(1, 9) {
            return self.add(line);
        }
        let Some(Cell::Number(cnt, _)) = line.get("cnt").cloned() else { return self.add(line) };
        let back = self.dice.pick(&[cnt, cnt / 2, 1, cnt + 1]);
        let reversal = self.reversal(&line, back);
        if self.dice.chance(1, 3) {
            self.add(reversal);
            self.add(line);
        } else {
            self.add(line);
            if self.dice.chance(1, 5) {
                // A reversal of a reversal offsets nothing.
                let again = self.reversal(&reversal, -back);
                self.add(again);
            }
            self.add(reversal);
        }
    }

    /// A reversal that takes `cnt` ten-thousandths of `line` back.
    pub(crate) fn reversal(&mut self, line: &Record, cnt: i64) -> Record {
        let pric = match line.get("pric") {
            Some(Cell::Number(value, places)) => (*value, *places),
            _ => (0, 0),
        };
        let named = if self.dice.chance(1, 12) { "never".to_owned() } else { line.text("feedetl_sn") };
        let sum = money(pric, cnt);
        let mut reversal = line
            .clone()
            .with("feedetl_sn", text(self.id("")))
            .with("init_feedetl_sn", text(named))
            .with("fee_ocur_time", Cell::Time(line.time("fee_ocur_time") + DAY))
            .with("cnt", quantity(-cnt))
            .with("det_item_fee_sumamt", fen(-sum));
        if self.dice.chance(1, 2) {
            reversal.drop_field("setl_id");
        }
        if line.get("fund_amt").is_some() {
            reversal.set("fund_amt", fen(-sum * 4 / 5));
        }
        reversal
    }

    /// Writes down a presence.
    pub(crate) fn presence(&mut self, person: &str, place: &str, at: i64, result: &str) {
        let record = Record::new("presence")
            .with("idv_id", text(self.id("C")))
            .with("psn_no", text(person))
            .with("fixmedins_code", text(place))
            .with("idv_time", Cell::Time(at))
            .with("scene", text(self.dice.pick(&["admit", "register", "treat", "settle", "sign_in"])))
            .with("result", text(result));
        self.add(record);
    }

    /// Writes down an enrolment.
    pub(crate) fn enrol(&mut self, person: &str, begin: i64, end: Option<i64>, insutype: &str, status: &str) {
        self.enrol_in("440100", person, begin, end, insutype, status);
    }

    /// Writes down an enrolment with the fund of `admdvs`.
    pub(crate) fn enrol_in(
        &mut self,
        admdvs: &str,
        person: &str,
        begin: i64,
        end: Option<i64>,
        insutype: &str,
        status: &str,
    ) {
        if !self.enrols {
            return;
        }
        let mut record = Record::new("enrolment")
            .with("enrl_id", text(self.id("E")))
            .with("psn_no", text(person))
            .with("insutype", text(insutype))
            .with("insu_admdvs", text(admdvs))
            .with("status", text(status))
            .with("begin", Cell::Date(begin));
        if let Some(end) = end {
            record.set("end", Cell::Date(end));
        }
        self.add(record);
    }
}

/// Price times quantity in fen, half up.
fn money(pric: (i64, u32), cnt: i64) -> i64 {
    let unit = 10_i64.pow(pric.1) * 100;
    (pric.0 * cnt + unit / 2).div_euclid(unit)
}
