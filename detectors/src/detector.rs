//! The detectors: general ways of looking for misuse, in the order inspectors read about them.
//!
//! A detector is one file: its [`DetectorSpec`] (what a rule file may tell it), the rules and table rows it
//! compiles from a bank, and pure functions over plain rows. [`crate::graph`] says which arrangements feed it.
//! A rule gives a detector its parameters; several rules may share one.

use rulebank::DetectorSpec;

use crate::knowledge::{ByRef, Compiler, Watch};

pub mod absence;
pub mod age_limit;
pub mod companions;
pub mod cycle_gap;
pub mod enrolment;
pub mod invoice_twice;
pub mod no_prescription;
pub mod over_prescription;
pub mod pair_conflict;
pub mod person_fact;
pub mod quantity_limit;
pub mod resale;
pub mod stay_overlap;
pub mod stock_balance;
pub mod trace_code_twice;
pub mod travel;

/// Every detector.
pub const SPECS: &[DetectorSpec] = &[
    person_fact::SPEC,
    stay_overlap::SPEC,
    travel::SPEC,
    absence::SPEC,
    companions::SPEC,
    enrolment::SPEC,
    invoice_twice::SPEC,
    no_prescription::SPEC,
    over_prescription::SPEC,
    age_limit::SPEC,
    pair_conflict::SPEC,
    quantity_limit::SPEC,
    cycle_gap::SPEC,
    resale::SPEC,
    trace_code_twice::SPEC,
    stock_balance::SPEC,
];

/// The rules and table rows of every detector.
#[derive(Debug, PartialEq)]
#[expect(missing_docs, reason = "each field is the compiled part of the detector of its name")]
pub struct Compiled {
    pub person_fact: person_fact::Rules,
    pub stay_overlap: stay_overlap::Rules,
    pub travel: travel::Rules,
    pub absence: absence::Rules,
    pub companions: companions::Rules,
    pub enrolment: enrolment::Rules,
    pub invoice_twice: invoice_twice::Rules,
    pub no_prescription: no_prescription::Rules,
    pub over_prescription: over_prescription::Rules,
    pub age_limit: age_limit::Rules,
    pub pair_conflict: pair_conflict::Rules,
    pub quantity_limit: quantity_limit::Rules,
    pub cycle_gap: cycle_gap::Rules,
    pub resale: resale::Rules,
    pub trace_code_twice: trace_code_twice::Rules,
    pub stock_balance: stock_balance::Rules,
}

impl Compiled {
    /// Says of each item who looks at it.
    #[expect(clippy::iter_over_hash_type, reason = "a map is made of maps; each entry is set by itself")]
    pub fn watch(&self) -> ByRef<Watch> {
        let mut watched: ByRef<Watch> = ByRef::default();
        for (item, limits) in &self.age_limit.items {
            watched.entry(*item).or_default().age = limits.iter().map(age_limit::Limit::validity).collect();
        }
        for (item, validities) in &self.pair_conflict.items {
            watched.entry(*item).or_default().pair.clone_from(validities);
        }
        for (item, limits) in &self.quantity_limit {
            watched.entry(*item).or_default().quantity =
                limits.iter().map(quantity_limit::Limit::validity).collect();
        }
        for item in self.cycle_gap.keys() {
            watched.entry(*item).or_default().cycle = true;
        }
        for item in self.resale.keys() {
            watched.entry(*item).or_default().resale = true;
        }
        for watch in watched.values_mut() {
            watch.age.sort_unstable();
            watch.pair.sort_unstable();
            watch.quantity.sort_unstable();
        }
        watched
    }

    /// Compiles every detector's part of a bank.
    pub fn compile(compiler: &mut Compiler<'_>) -> Compiled {
        Compiled {
            person_fact: person_fact::compile(compiler),
            stay_overlap: stay_overlap::compile(compiler),
            travel: travel::compile(compiler),
            absence: absence::compile(compiler),
            companions: companions::compile(compiler),
            enrolment: enrolment::compile(compiler),
            invoice_twice: invoice_twice::compile(compiler),
            no_prescription: no_prescription::compile(compiler),
            over_prescription: over_prescription::compile(compiler),
            age_limit: age_limit::compile(compiler),
            pair_conflict: pair_conflict::compile(compiler),
            quantity_limit: quantity_limit::compile(compiler),
            cycle_gap: cycle_gap::compile(compiler),
            resale: resale::compile(compiler),
            trace_code_twice: trace_code_twice::compile(compiler),
            stock_balance: stock_balance::compile(compiler),
        }
    }
}
