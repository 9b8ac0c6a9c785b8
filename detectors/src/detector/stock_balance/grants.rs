//! By how much uses may exceed what there can have been: of which item, on which days.
//!
//! A rule sets two numbers for every item. A row of `stock_tolerance` gives others for the items whose codes begin with
//! its prefix, on its days; of several the longest prefix counts, then the smaller tolerance, then the fewer units.

use std::sync::Arc;

use records::arena::{Arena, TextRef};
use records::row::Day;

use crate::compile::{Compiler, Prefixes};
use crate::exact::exact;

/// The table of numbers by item.
pub(super) const STOCK_TOLERANCE: &str = "stock_tolerance";

/// A share of the supply, and units besides; both in units of 10^-10.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Granted {
    /// The share.
    pub tolerance: i128,
    /// The units.
    pub units: i128,
}

/// Days on which the same is granted, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first day.
    pub first: Day,
    /// The last day.
    pub last: Day,
    /// What is granted.
    pub granted: Granted,
}

impl Span {
    /// Whether it is of a day.
    pub fn holds(&self, day: Day) -> bool {
        self.first <= day && day <= self.last
    }
}

/// What a rule grants.
#[derive(Debug, PartialEq)]
pub struct Grants {
    ordinary: Granted,
    of_items: Arc<Prefixes<Granted>>,
}

impl Grants {
    /// The rows of the table.
    pub(super) fn of_table(compiler: &Compiler<'_>) -> Arc<Prefixes<Granted>> {
        Arc::new(Prefixes::of_table(compiler, STOCK_TOLERANCE, false, |row| {
            let number = |column: &str| exact(row.decimal(column).unwrap_or_default());
            Granted { tolerance: number("tolerance"), units: number("units") }
        }))
    }

    /// What a rule grants of every item, and of those in the table.
    pub(super) fn new(ordinary: Granted, of_items: &Arc<Prefixes<Granted>>) -> Grants {
        Grants { ordinary, of_items: Arc::clone(of_items) }
    }

    /// What is granted of an item: spans that follow each other, the first from ever and the last for ever.
    pub fn spans(&self, arena: &Arena, item: TextRef) -> Vec<Span> {
        let every_day = Span { first: Day::MIN, last: Day::MAX, granted: self.ordinary };
        if self.of_items.is_empty() {
            return vec![every_day];
        }
        let item = arena.text(item);
        let rows: Vec<_> = self.of_items.all_of(&item).collect();
        // Another row can count only from the first day of one on, or from the day after its last.
        let mut firsts = vec![Day::MIN];
        for (_, row) in &rows {
            let (from, to) = row.validity.days();
            firsts.extend([from].into_iter().chain(to.checked_add(1)));
        }
        firsts.sort_unstable();
        firsts.dedup();
        let mut spans: Vec<Span> = Vec::with_capacity(firsts.len());
        for (nth, first) in firsts.iter().enumerate() {
            let last = firsts.get(nth + 1).map_or(Day::MAX, |next| next - 1);
            let valid = rows.iter().filter(|(_, row)| row.validity.holds(*first));
            let counts = valid.min_by_key(|(length, row)| (std::cmp::Reverse(*length), row.what));
            let granted = counts.map_or(self.ordinary, |(_, row)| row.what);
            match spans.last_mut() {
                Some(before) if before.granted == granted => before.last = last,
                _ => spans.push(Span { first: *first, last, granted }),
            }
        }
        spans
    }
}
