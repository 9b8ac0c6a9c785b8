//! One visit to a clinic or a pharmacy, drafted as a whole.
//!
//! A draft is everything that the visit will leave behind: its header, fee lines, prescriptions, sales, identity checks
//! and invoice. A scheme changes the draft before any record of it is sent. The money of a line follows from its price
//! and quantity; this file knows no chance and sends nothing.

use crate::record::{FeeLine, Prescription, PrescriptionRef, Presence, Sale, SaleReturn, Visit, VisitHead};
use crate::region::Region;
use crate::status::Cover;
use crate::text::fen_of;

/// Everything one visit leaves behind.
#[derive(Default)]
pub(crate) struct VisitDraft {
    pub(crate) head: VisitHead,
    pub(crate) visit: Visit,
    pub(crate) lines: Vec<FeeLine>,
    pub(crate) orders: Vec<Prescription>,
    pub(crate) presences: Vec<Presence>,
    pub(crate) sales: Vec<Sale>,
    pub(crate) returns: Vec<(Sale, SaleReturn)>,
    pub(crate) settled: i64,
    /// Whose book of invoices, and the number in it.
    pub(crate) invoice: (usize, u64),
    /// Whether that invoice was issued for another bill.
    pub(crate) borrowed_invoice: bool,
    pub(crate) cover: Cover,
    /// Whether the person was never seen before.
    pub(crate) first: bool,
    /// Whether an item that a table limits is among the lines.
    pub(crate) limited: bool,
    /// Part of a case: no refund, no further case.
    pub(crate) planted: bool,
}

impl Default for Visit {
    fn default() -> Visit {
        Visit {
            med_type: "11",
            begin: 0,
            end: None,
            doctor: 0,
            diagnoses: [0; 3],
            diagnoses_len: 0,
            employee: false,
            district: 0,
            discharge: None,
            operation: None,
        }
    }
}

impl VisitDraft {
    /// Bills `count` (ten-thousandths) of `item`; returns the line.
    pub(crate) fn bill(&mut self, region: &Region, item: usize, count: i64, at: i64) -> &mut FeeLine {
        let sn = self.lines.len() as u64 + 1;
        self.lines.push(line(region, sn, item, count, at, self.visit.doctor));
        self.lines.last_mut().expect("just pushed")
    }

    /// Takes `count` (ten-thousandths) of the line at `place` back at `at`.
    pub(crate) fn reverse(&mut self, region: &Region, nth: usize, count: i64, at: i64) {
        let sn = self.lines.len() as u64 + 1;
        self.lines.push(reversal(region, &self.lines[nth], sn, count, at));
    }

    /// The fund's part of the bill.
    pub(crate) fn fund(&self) -> i64 {
        self.sum(|line| line.fund)
    }

    /// Sum over the lines that are on the bill.
    pub(crate) fn sum(&self, of: impl Fn(&FeeLine) -> i64) -> i64 {
        self.lines.iter().filter(|line| line.at <= self.settled).map(of).sum()
    }

    /// Adds a diagnosis to those of the visit, or puts it in the place of the last one.
    pub(crate) fn diagnose(&mut self, diagnosis: usize) {
        self.visit.diagnose(diagnosis);
    }

    /// Whether nothing takes the line at `place` back, and it takes nothing back.
    pub(crate) fn stands(&self, nth: usize) -> bool {
        let line = &self.lines[nth];
        line.reverses == 0 && self.lines.iter().all(|other| other.reverses != line.sn)
    }
}

/// A line about `count` (ten-thousandths) of `item`.
pub(crate) fn line(region: &Region, sn: u64, item: usize, count: i64, at: i64, doctor: usize) -> FeeLine {
    let mut line = FeeLine {
        sn,
        reverses: 0,
        at,
        item,
        count,
        price: region.catalogue.items[item].price,
        amount: 0,
        fund: 0,
        order: PrescriptionRef::None,
        doctor,
        settlement: 0,
        late: 0,
    };
    line.set_count(region, count);
    line
}

/// The line that takes `count` (ten-thousandths) of `original` back.
pub(crate) fn reversal(region: &Region, original: &FeeLine, sn: u64, count: i64, at: i64) -> FeeLine {
    let mut line = FeeLine { sn, reverses: original.sn, at, ..*original };
    line.set_count(region, -count);
    line
}

impl Visit {
    /// Adds a diagnosis, or puts it in the place of the last one; the first one stays what it is.
    pub(crate) fn diagnose(&mut self, diagnosis: usize) {
        self.diagnoses_len = (self.diagnoses_len + 1).min(self.diagnoses.len());
        self.diagnoses[self.diagnoses_len - 1] = diagnosis;
    }
}

impl FeeLine {
    /// Changes the quantity, and with it the money.
    pub(crate) fn set_count(&mut self, region: &Region, count: i64) {
        let item = &region.catalogue.items[self.item];
        self.count = count;
        self.amount = fen_of(self.price, count);
        self.fund = self.amount * item.fund_share / 100;
    }

    /// The line as somebody first typed it, wrong.
    pub(crate) fn mistyped(&self, region: &Region) -> FeeLine {
        let mut wrong = *self;
        match self.sn % 4 {
            0 => wrong.set_count(region, self.count * 2),
            1 => wrong.fund = self.fund * 9 / 10,
            2 => wrong.at -= 120,
            _ => {
                let doctors = &region.institutions[region.doctors[self.doctor].institution].doctors;
                wrong.doctor = doctors.start + (self.doctor + 1 - doctors.start) % doctors.len();
            }
        }
        wrong
    }
}
