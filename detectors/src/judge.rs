//! The two operators that judge.
//!
//! [`each`] looks at every row of one arrangement with the rows that share its key in others: a fee line with
//! its visit, a stay with the person's identity checks. A new row costs one look; a changed context costs a
//! look at the rows of that key.
//! [`whole`] looks at all rows of a key together: the stays of a person, the sales of a trace code.
//!
//! Both call a pure function and emit the difference between its answers before and after, so they keep no
//! answers of their own: what is remembered is the shared arrangements. The rule bank is one more input; when
//! it changes, everything the function reads of it differently is judged once with the old and once with the
//! new bank.
//!
//! # Contract of the function
//! * **Pure.** Its answer follows from key, rows, bank and the immutable memory of rows alone. What it said of
//!   a state once is withdrawn by asking it again.
//! * **Rows in order.** Rows come sorted by reference, each once, with its count.

mod arrangement_reader;
mod each;
mod pending_ticks;
mod whole;

use std::sync::Arc;

use timely::dataflow::{Scope, StreamVec};

use crate::compiled_bank::CompiledBank;
use crate::coverage::{Count, InstitutionMonth, Missing, Population};
use crate::finding::{Out, RuleIx};
use crate::views::{Collection, Diff, Tick};

pub use each::{Concern, each, each_concerned};
pub use whole::{KeyRows, Keyed, whole, whole_concerned};

/// What a function says about one state.
#[derive(Debug, Default)]
pub struct Sink {
    weight: Diff,
    said: Vec<(Out, Diff)>,
    counted: Vec<(Count, Diff)>,
    /// Of each population, by number.
    tallied: [Diff; Population::COUNT],
}

impl Sink {
    /// States `out`.
    pub fn emit(&mut self, out: Out) {
        self.said.push((out, self.weight));
    }
    /// Takes `out` back: what was said so far implies it, and it does not hold.
    pub fn retract(&mut self, out: Out) {
        self.said.push((out, -self.weight));
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

    /// Hears the answer before, taken back, and the answer after; keeps the difference.
    fn difference(&mut self, judge: impl FnOnce(&mut Sink)) {
        let start = (self.said.len(), self.counted.len());
        judge(self);
        cancel(&mut self.said, start.0);
        cancel(&mut self.counted, start.1);
    }
}

/// Sums and drops what cancels among the entries from `start` on.
fn cancel<T: Ord>(entries: &mut Vec<(T, Diff)>, start: usize) {
    let mut tail = entries.split_off(start);
    differential_dataflow::consolidation::consolidate(&mut tail);
    entries.append(&mut tail);
}

/// What an operator gives: what was said, and what was counted.
pub struct Judged<'s> {
    /// Statements.
    pub said: Collection<'s, Out>,
    /// Counts for the coverage.
    pub counted: Collection<'s, Count>,
}

/// The bank as every operator receives it: a version takes effect at its tick.
pub type BankStream<'s> = StreamVec<'s, Tick, Arc<CompiledBank>>;

/// What operators share: where they are built, and the rule bank.
#[derive(Clone)]
pub struct OperatorContext<'s> {
    /// Where operators are built.
    pub scope: Scope<'s, Tick>,
    /// Versions of the bank.
    pub bank: BankStream<'s>,
    /// The bank at tick 0.
    pub first_bank: Arc<CompiledBank>,
}
