//! What could not be judged at an institution in the period: its months of coverage, added up for a row of the list.
//!
//! A place with little money found and much that could not be judged is not a clean place; the list shows both.

use std::collections::BTreeMap;

use crate::outcome::Reach;
use crate::period::{Month, Period};
use crate::value::InvalidValue;

/// What arrived from an institution, and what could not be judged there.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Coverage {
    /// Months of the period that the runs know.
    pub months: u64,
    /// Records that arrived.
    pub records: i64,
    /// Kinds it is expected to send and never sent.
    pub never: Vec<String>,
    /// Months in which a kind that it sends otherwise did not arrive, by kind.
    pub silent: BTreeMap<String, u64>,
    /// Subjects not judged, by rule and reason.
    pub not_judged: BTreeMap<String, BTreeMap<String, i64>>,
}

impl Coverage {
    /// Adds a month; months outside of the period count nothing.
    ///
    /// # Errors
    /// The month is none.
    pub fn add(&mut self, reach: &Reach, period: &Period) -> Result<(), InvalidValue> {
        let month = Month::parse(&reach.month)
            .ok_or_else(|| InvalidValue(format!("`{}` is no month", reach.month)))?;
        if !period.touches(month) {
            return Ok(());
        }
        self.months += 1;
        self.records += reach.records.values().sum::<i64>();
        for kind in &reach.never {
            if let Err(place) = self.never.binary_search(kind) {
                self.never.insert(place, kind.clone());
            }
        }
        for kind in &reach.silent {
            *self.silent.entry(kind.clone()).or_default() += 1;
        }
        for (rule, reasons) in &reach.not_judged {
            let sums = self.not_judged.entry(rule.clone()).or_default();
            for (reason, count) in reasons {
                *sums.entry(reason.clone()).or_default() += count;
            }
        }
        Ok(())
    }

    /// Subjects not judged, over all rules.
    pub fn not_judged_sum(&self) -> i64 {
        self.not_judged.values().flat_map(BTreeMap::values).sum()
    }
}
