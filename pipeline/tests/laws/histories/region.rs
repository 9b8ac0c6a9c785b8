//! The region a history plays in: few people, few places, few items, so that everything meets everything.
//!
//! Ids are chosen to be awkward: their order by bytes differs from the order of arrival, some are not ASCII, and
//! some hold signs below `/`, so that comparing joined keys and comparing them part by part give different orders.

use std::collections::BTreeMap;

use crate::histories::calendar::{DAY, HOUR, civil, day};
use crate::histories::dice::Dice;
use crate::histories::papers::Visit;
use crate::histories::record::{Cell, Record, fen, quantity, text};
use crate::histories::tables::{Row, csv};

/// A place where care is given or goods are sold.
#[derive(Clone)]
pub(crate) struct Place {
    /// Its `fixmedins_code`.
    pub(crate) code: String,
    /// Longitude and latitude in hundredths of a degree.
    pub(crate) at: Option<(i64, i64)>,
    /// It never reports presences or prescriptions.
    pub(crate) quiet: bool,
    /// It is a pharmacy.
    pub(crate) pharmacy: bool,
}

/// Something billed or sold.
#[derive(Clone)]
pub(crate) struct Item {
    /// Its `med_list_codg`.
    pub(crate) code: String,
    /// Its `list_type`.
    pub(crate) list_type: &'static str,
    /// Its usual price: a value and its decimal places.
    pub(crate) pric: (i64, u32),
}

/// The region and what has been written down in it.
#[derive(Clone)]
pub(crate) struct Region {
    /// All its chance.
    pub(crate) dice: Dice,
    /// The first day of the history.
    pub(crate) first: i64,
    /// The greatest time a record may carry; some record carries it.
    pub(crate) horizon: i64,
    /// The tokens of its people, whether their record stands or not.
    pub(crate) people: Vec<String>,
    /// Days of birth of those with a record.
    pub(crate) births: BTreeMap<String, i64>,
    /// Its institutions, whether their record stands or not.
    pub(crate) places: Vec<Place>,
    /// Its items.
    pub(crate) items: Vec<Item>,
    /// Its visits.
    pub(crate) visits: Vec<Visit>,
    /// The rows of its tables.
    pub(crate) rows: BTreeMap<&'static str, Vec<Row>>,
    /// Recipes may still add rows.
    pub(crate) rows_open: bool,
    /// Somebody is enrolled; where nobody is, cover cannot be judged.
    pub(crate) enrols: bool,
    /// What was written down, in the order of life.
    pub(crate) records: Vec<Record>,
    /// Counts the ids given out.
    serial: i64,
}

impl Region {
    /// A region with its people, places, items and enrolments, and no visits yet.
    pub(crate) fn new(seed: u64) -> Region {
        let mut dice = Dice::new(seed);
        let first = day(2023, 12, 1) + dice.between(0, 500);
        let days = dice.pick(&[40, 60, 100, 190, 250, 400]);
        let horizon = (first + days) * DAY + dice.between(0, DAY - 1);
        let mut region = Region {
            dice,
            first,
            horizon,
            people: Vec::new(),
            births: BTreeMap::new(),
            places: Vec::new(),
            items: Vec::new(),
            visits: Vec::new(),
            rows: BTreeMap::new(),
            rows_open: true,
            enrols: true,
            records: Vec::new(),
            serial: 94,
        };
        region.settle_places();
        region.stock_items();
        region.write_rows();
        region.populate();
        region.bystanders();
        region
    }

    /// The tables as CSV.
    pub(crate) fn tables(&mut self) -> BTreeMap<String, String> {
        self.rows
            .iter()
            .map(|(table, rows)| ((*table).to_owned(), csv(&mut self.dice, table, rows)))
            .collect()
    }

    /// A new id; ids do not sort in the order they are given out.
    pub(crate) fn id(&mut self, prefix: &str) -> String {
        self.serial += 1;
        let serial = self.serial;
        match self.dice.below(24) {
            0 => format!("{prefix}单{serial}"),
            1 => format!("{}{serial}", prefix.to_lowercase()),
            2 => format!("{prefix}{serial}-1"),
            3 => format!("{prefix}{serial} é"),
            4 => format!("{prefix}\"{serial}\\"),
            5 => format!("{prefix}{}", 10_000 - serial),
            6 if !self.visits.is_empty() && prefix == "V" => {
                let other = self.dice.below(self.visits.len());
                format!("{}-{serial}", self.visits[other].id)
            }
            7 => format!("{prefix}/{serial}"),
            _ => format!("{prefix}{serial}"),
        }
    }

    /// Writes `record` down.
    pub(crate) fn add(&mut self, mut record: Record) {
        for (_, cell) in &mut record.fields {
            if let Cell::Time(time) = cell {
                *time = (*time).min(self.horizon);
            }
        }
        self.records.push(record);
    }

    /// A random second of the history; midnights and last seconds of a day come often.
    pub(crate) fn moment(&mut self) -> i64 {
        let day = self.dice.between(self.first, self.horizon / DAY);
        self.on(day)
    }

    /// A second of `day`.
    pub(crate) fn on(&mut self, day: i64) -> i64 {
        let second = match self.dice.below(8) {
            0 => 0,
            1 => DAY - 1,
            2 => 8 * HOUR,
            _ => self.dice.between(7 * 60, 20 * 60) * 60,
        };
        (day * DAY + second).min(self.horizon)
    }

    /// One of the people.
    pub(crate) fn person(&mut self) -> String {
        self.dice.pick(&self.people)
    }

    /// One of the institutions.
    pub(crate) fn place(&mut self) -> Place {
        self.dice.pick(&self.places)
    }

    /// One of the institutions that are no pharmacy.
    pub(crate) fn hospital(&mut self) -> Place {
        loop {
            let place = self.place();
            if !place.pharmacy {
                return place;
            }
        }
    }

    /// One of the institutions that report presences and prescriptions.
    pub(crate) fn reporting(&mut self) -> Place {
        loop {
            let place = self.place();
            if !place.quiet && !place.pharmacy {
                return place;
            }
        }
    }

    /// One of the items.
    pub(crate) fn item(&mut self) -> Item {
        self.dice.pick(&self.items)
    }

    /// One of the drugs.
    pub(crate) fn drug(&mut self) -> Item {
        loop {
            let item = self.item();
            if matches!(item.list_type, "101" | "102") {
                return item;
            }
        }
    }

    /// An item nobody has used yet, so that nothing disturbs the sums a recipe aims at.
    pub(crate) fn fresh_item(&mut self, list_type: &'static str) -> Item {
        let code = self.id("I");
        let pric = self.dice.pick(&[(100, 0), (1_250, 2), (333_333, 6), (95, 1), (20_005, 3), (0, 0)]);
        let item = Item { code, list_type, pric };
        self.items.push(item.clone());
        item
    }

    /// The item of `code`, as somebody would bill it.
    pub(crate) fn item_named(&mut self, code: &str) -> Item {
        match self.items.iter().find(|item| item.code == code) {
            Some(item) => item.clone(),
            None => Item { code: code.to_owned(), list_type: "201", pric: (50, 0) },
        }
    }

    /// A person nobody has treated yet, born on `birth`.
    pub(crate) fn fresh_person(&mut self, birth: i64) -> String {
        let gend = self.any_gend();
        self.fresh_person_of(gend, birth)
    }

    /// A person nobody has treated yet, of this `gend`, born on `birth`.
    pub(crate) fn fresh_person_of(&mut self, gend: &str, birth: i64) -> String {
        let token = self.id("P");
        self.people.push(token.clone());
        self.person_record(&token, gend, birth);
        if self.dice.chance(3, 4) {
            self.enrol(&token, self.first - 900, None, "310", "1");
        }
        token
    }

    fn any_gend(&mut self) -> &'static str {
        self.dice.pick(&["1", "2", "1", "2", "0", "9"])
    }

    fn person_record(&mut self, token: &str, gend: &str, birth: i64) {
        self.births.insert(token.to_owned(), birth);
        let record = Record::new("person")
            .with("psn_no", text(token))
            .with("gend", text(gend))
            .with("brdy", Cell::Date(birth));
        self.add(record);
    }

    fn stock_items(&mut self) {
        let codes = ["I1", "I10", "I2", "XA02BC", "药7", "I-3", "i4", "SVC-9", "0050", "I1/1"];
        let many = 6 + self.dice.below(5);
        for (index, code) in codes.into_iter().take(many).enumerate() {
            let list_type = match index % 5 {
                0 | 1 => "101",
                2 => "201",
                3 => "301",
                _ => "102",
            };
            let pric = self.dice.pick(&[(200, 0), (80, 0), (1_250, 2), (9_505, 3), (333_333, 6), (5, 1)]);
            self.items.push(Item { code: code.to_owned(), list_type, pric });
        }
    }

    fn populate(&mut self) {
        let mut tokens = vec!["P1", "P10", "P2", "p3", "张三", "Ωmega", "P2-1", "🙂4", "P/5"];
        self.dice.shuffle(&mut tokens);
        let many = 4 + self.dice.below(5);
        self.enrols = !self.dice.chance(1, 14);
        for token in tokens.into_iter().take(many) {
            self.people.push(token.to_owned());
            if self.dice.chance(1, 8) {
                continue;
            }
            let within = self.dice.between(self.first, self.horizon / DAY);
            let (year, month, of_month) = civil(within);
            let birth = match self.dice.below(8) {
                // A newborn, whose first weeks lie inside the history.
                0 | 1 => within,
                // Born on a leap day: the birthday of common years is the first of March.
                2 => day(year - year.rem_euclid(4) - 8, 2, 29),
                // A birthday inside the history, of an age that tables name.
                3 => day(year - self.dice.pick(&[1, 3, 14, 18]), month, of_month),
                // Born after everything: an age below zero is not judged.
                4 if self.dice.chance(1, 3) => self.horizon / DAY + 5,
                _ => day(1940, 5, 5) + self.dice.between(0, 20_000),
            };
            let gend = self.any_gend();
            self.person_record(token, gend, birth);
            match self.dice.below(6) {
                0 => {}
                1 => self.enrol(token, within, None, "390", "1"),
                2 => {
                    self.enrol(token, self.first - 30, Some(within), "310", "1");
                    self.enrol(token, within + 1, None, "310", "2");
                }
                3 => self.enrol(token, self.first - 30, Some(within - 1), "310", "3"),
                _ => self.enrol(token, self.first - 700, None, "310", "1"),
            }
        }
    }

    /// Records of the kinds that no core rule reads, and a presence at the very end that fixes *now*.
    fn bystanders(&mut self) {
        let place = self.reporting().code;
        let (person, horizon) = (self.person(), self.horizon);
        self.presence(&person, &place, horizon, "pass");
        let moment = self.moment();
        let records = [
            Record::new("practitioner")
                .with("prac_psn_code", text(self.id("DR")))
                .with("prac_psn_type", text("doctor"))
                .with("title_lv", text("3"))
                .with("fixmedins_code", text(&*place))
                .with("valid_begin", Cell::Date(self.first)),
            Record::new("invoice")
                .with("bill_code", text("B1"))
                .with("bill_no", text(self.id("N")))
                .with("amount", fen(12_000))
                .with("issue_time", Cell::Time(moment))
                .with("state", text("normal")),
            Record::new("label")
                .with("case_id", text(self.id("CASE")))
                .with("subject_type", text("person"))
                .with("subject_id", text(&*person))
                .with("decision", text("confirmed"))
                .with("amount", fen(100))
                .with("decided_at", Cell::Time(moment)),
            Record::new("stock_change")
                .with("chg_id", text(self.id("CH")))
                .with("fixmedins_code", text(&*place))
                .with("med_list_codg", text("I1"))
                .with("inv_chg_type", text("103"))
                .with("cnt", quantity(20_000))
                .with("inv_chg_time", Cell::Time(moment)),
        ];
        for record in records {
            self.add(record);
        }
    }
}
