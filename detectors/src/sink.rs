//! What a judge states and counts about one state of its rows.
//!
//! A judge is asked twice where something changed, as it was and as it is; the sink weighs what it emits accordingly
//! and drops what cancels, so that only the difference leaves the operator.

use crate::coverage::{Count, InstitutionMonth, Missing, Population};
use crate::policy::RuleIx;
use crate::statement::Out;
use crate::views::Diff;

/// What a judge states about one state of its rows.
#[derive(Debug, Default)]
pub struct Sink {
    pub(crate) weight: Diff,
    pub(crate) emitted: Vec<(Out, Diff)>,
    pub(crate) counted: Vec<(Count, Diff)>,
    /// Of each population, by number.
    pub(crate) tallied: [Diff; Population::COUNT],
}

impl Sink {
    /// States `out`.
    pub fn emit(&mut self, out: Out) {
        self.emitted.push((out, self.weight));
    }
    /// Takes `out` back: what was emitted so far implies it, and it does not hold.
    pub fn retract(&mut self, out: Out) {
        self.emitted.push((out, -self.weight));
    }
    /// Counts a record of a population.
    pub fn tally(&mut self, population: Population) {
        self.tallied[population as usize] += self.weight;
    }
    /// Counts a subject that could not be judged.
    pub fn not_judged(&mut self, rule: RuleIx, missing: Missing, month: InstitutionMonth) {
        self.count(Count::NotJudged(rule, missing, month));
    }
    /// Counts a subject of a rule for the coverage.
    pub fn count(&mut self, count: Count) {
        self.counted.push((count, self.weight));
    }

    /// Takes the answer before, retracted, and the answer after; keeps the difference.
    pub(crate) fn difference(&mut self, judge: impl FnOnce(&mut Sink)) {
        let start = (self.emitted.len(), self.counted.len());
        judge(self);
        cancel(&mut self.emitted, start.0);
        cancel(&mut self.counted, start.1);
    }
}

/// Sums and drops what cancels among the entries from `start` on.
fn cancel<T: Ord>(entries: &mut Vec<(T, Diff)>, start: usize) {
    let mut tail = entries.split_off(start);
    differential_dataflow::consolidation::consolidate(&mut tail);
    entries.append(&mut tail);
}
