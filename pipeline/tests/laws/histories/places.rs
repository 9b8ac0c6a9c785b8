//! The institutions: where they lie, how high they rank, how many beds they have and what was agreed with them.

use crate::histories::calendar::DAY;
use crate::histories::record::{Cell, Record, text};
use crate::histories::region::{Place, Region};

/// What a source may write as `hosp_lv`: levels, and words that are none.
pub(crate) const LEVELS: [&str; 10] = ["01", "02", "03", "05", "10", "11", "00", "12", "3", "三级"];

impl Region {
    /// Writes down the institutions everybody goes to, one a pharmacy, one quiet, one whose record never arrives.
    pub(crate) fn settle_places(&mut self) {
        let mut codes = vec!["H10", "H2", "医院3", "h4", "H-5"];
        self.dice.shuffle(&mut codes);
        let extra = self.dice.below(3);
        let (west, north) = (self.dice.between(10_000, 11_900), self.dice.between(2_200, 4_500));
        for (index, code) in codes.into_iter().take(3 + extra).enumerate() {
            let east = self.dice.pick(&[0, 1, 40, 100, 200]);
            let at = (west + east, north + self.dice.pick(&[0, 5, 60]));
            let place = Place {
                code: code.to_owned(),
                at: (index == 0 || self.dice.chance(3, 4)).then_some(at),
                quiet: index == 2 && self.dice.chance(2, 3),
                pharmacy: index == 1,
            };
            // The last of many is one whose record never arrives.
            if index < 4 {
                let record = self.institution(&place);
                self.add(record);
            }
            self.places.push(place);
        }
    }

    /// An institution nobody has been to yet, with `said` in its record. Only now and then do others go there too.
    pub(crate) fn fresh_place(&mut self, said: Vec<(&'static str, Cell)>) -> Place {
        let place = Place { code: self.id("H"), at: None, quiet: false, pharmacy: false };
        self.open_place(&place, said);
        if self.dice.chance(1, 6) {
            self.places.push(place.clone());
        }
        place
    }

    /// Writes down the record of `place` with `said` in it.
    pub(crate) fn open_place(&mut self, place: &Place, said: Vec<(&'static str, Cell)>) {
        let mut record = self.institution(place);
        for (name, cell) in said {
            record.set(name, cell);
        }
        self.add(record);
    }

    /// The record of `place`. Its beds are none, unknown or enough for everybody.
    fn institution(&mut self, place: &Place) -> Record {
        let mut record = Record::new("institution")
            .with("fixmedins_code", text(&*place.code))
            .with("fixmedins_type", text(if place.pharmacy { "2" } else { "1" }))
            .with("admdvs", text("440100"));
        if let Some((lon, lat)) = place.at {
            record.set("lon", Cell::Number(lon, 2));
            record.set("lat", Cell::Number(lat, 2));
        } else if self.dice.chance(1, 2) {
            record.set("lon", Cell::Number(113, 0));
        }
        if self.dice.chance(1, 2) {
            record.set("beds", Cell::Number(self.dice.pick(&[0, 8, 300]), 0));
        }
        if self.dice.chance(2, 3) {
            record.set("hosp_lv", text(self.dice.pick(&LEVELS)));
        }
        if self.dice.chance(1, 2) {
            let agreements = self.agreements();
            record.set("agreements", agreements);
        }
        record
    }

    /// What may have been agreed: mostly something that covers the history, else a part of it or nothing.
    fn agreements(&mut self) -> Cell {
        let within = self.dice.between(self.first, self.horizon / DAY);
        match self.dice.below(6) {
            0 => Cell::Records(Vec::new()),
            1 => Cell::Records(vec![
                agreement("1", self.first - 365, Some(within)),
                agreement("1", within + self.dice.pick(&[0, 1, 2]), None),
            ]),
            2 => Cell::Records(vec![
                agreement("1", self.first, None),
                agreement("0", within, Some(within + 30)),
            ]),
            _ => Cell::Records(vec![agreement("1", self.first - 400, None)]),
        }
    }
}

/// One agreement from `begin` to `end`, both days in it.
pub(crate) fn agreement(status: &str, begin: i64, end: Option<i64>) -> Vec<(&'static str, Cell)> {
    let mut agreement = vec![("status", text(status)), ("begin", Cell::Date(begin))];
    if let Some(end) = end {
        agreement.push(("end", Cell::Date(end)));
    }
    agreement
}
