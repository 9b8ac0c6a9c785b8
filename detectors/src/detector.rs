//! The detectors: general ways of looking for misuse, in the order inspectors read about them.
//!
//! A detector is one file: its [`DetectorSpec`] (all that it states of itself), the rules and table rows it compiles
//! from a bank, its conditions, and pure functions over plain rows that judge and explain. What several detectors have
//! alike is a [`crate::shape`]; [`crate::graph`] says which arrangements feed them. A rule gives a detector its
//! parameters; several rules may share one.

pub mod absence;
pub mod age_limit;
pub mod agreement;
pub mod bed_count;
pub mod bed_only;
pub mod companions;
pub mod course_limit;
pub mod cycle_gap;
pub mod diagnosis_age;
pub mod diagnosis_sex;
pub mod double_enrolment;
pub mod drug_kinds;
pub mod enrolment;
pub mod expired_sale;
pub mod frequent_stays;
pub mod hour_item;
pub mod indication;
pub mod invoice_twice;
pub mod late_upload;
pub mod level_limit;
pub mod line_arithmetic;
pub mod no_prescription;
pub mod operation_sex;
pub mod outlier;
pub mod outside_stay;
pub mod over_prescription;
pub mod pair_conflict;
pub mod person_fact;
pub mod price_cap;
pub mod quantity_limit;
pub mod readmission;
pub mod resale;
pub mod sale_without_prescription;
pub mod sex_limit;
pub mod stay_overlap;
pub mod stock_balance;
pub mod supply_gap;
pub mod trace_code_missing;
pub mod trace_code_twice;
pub mod trace_code_unbought;
pub mod travel;
pub mod visit_during_stay;
pub mod visits_a_day;

use records::Kind;
use records::arena::TextRef;
use rulebank::looks_back::Reach;
use rulebank::{DetectorSpec, Rule};

use crate::compile::{ByText, Compiler, Validity};
use crate::policy::RuleIx;
use crate::watch::Watch;
use crate::why::steps::Why;

/// A prescription is for twelve weeks at the longest (long prescriptions), and is filled within them.
const PRESCRIBED_BEFORE: Reach = Reach::Days(100);

/// Kinds that say what a person's visits are and what they cost.
const STAYS: &[Kind] = &[Kind::Visit, Kind::Settlement];

/// What one detector compiles of a bank, and where it stands in [`Compiled`].
pub struct Part<T> {
    pub(crate) get: fn(&Compiled) -> &T,
}

/// One line for each detector, in the order in which inspectors read about them.
macro_rules! detectors {
    ($($name:ident,)+) => {
        /// Every detector.
        pub const SPECS: &[DetectorSpec] = &[$($name::SPEC,)+];

        // A detector without a key or subject, or with a comparison under another's number, does not build.
        $(const _: () = assert!($name::SPEC.is_complete());)+

        /// The rules and table rows of every detector.
        #[derive(Debug, PartialEq)]
        pub struct Compiled {
            $($name: $name::Rules,)+
        }

        impl Compiled {
            /// Compiles every detector's part of a bank.
            pub fn compile(compiler: &mut Compiler<'_>) -> Compiled {
                Compiled { $($name: $name::compile(compiler),)+ }
            }
        }

        impl Compiled {
            /// Goes through the conditions of a rule for the subject with this key.
            pub(crate) fn why(&self, why: &mut Why<'_, '_>, key: &[TextRef]) -> Option<()> {
                match why.rule.detector.as_str() {
                    $(stringify!($name) => $name::why(why, &self.$name, key),)+
                    _ => None,
                }
            }
        }

        /// The part of each detector, by its name.
        pub mod part {
            use super::Part;

            $(
                #[doc = concat!("The rules and rows of `", stringify!($name), "`.")]
                pub fn $name() -> Part<super::$name::Rules> {
                    Part { get: |compiled| &compiled.$name }
                }
            )+
        }
    };
}

detectors! {
    person_fact,
    stay_overlap,
    visit_during_stay,
    travel,
    absence,
    bed_only,
    bed_count,
    companions,
    visits_a_day,
    frequent_stays,
    readmission,
    enrolment,
    double_enrolment,
    agreement,
    invoice_twice,
    no_prescription,
    over_prescription,
    drug_kinds,
    age_limit,
    sex_limit,
    indication,
    level_limit,
    price_cap,
    course_limit,
    hour_item,
    pair_conflict,
    quantity_limit,
    cycle_gap,
    operation_sex,
    diagnosis_sex,
    diagnosis_age,
    outside_stay,
    late_upload,
    line_arithmetic,
    resale,
    sale_without_prescription,
    expired_sale,
    trace_code_missing,
    trace_code_twice,
    trace_code_unbought,
    stock_balance,
    supply_gap,
    outlier,
}

/// What the detector with this name states of itself; none if there is no such detector.
pub fn spec(detector: &str) -> Option<&'static DetectorSpec> {
    SPECS.iter().find(|spec| spec.name == detector)
}

/// What the detector of a rule states of itself.
///
/// # Panics
/// There is no detector of that name; a bank that was loaded names none.
pub fn spec_of(rule: &Rule) -> &'static DetectorSpec {
    spec(&rule.detector).unwrap_or_else(|| panic!("no detector is called {}", rule.detector))
}

/// What the findings of a rule wait for besides the records that they rest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// That what gathers until *now* moves on is judged at once.
    Gathered,
    /// That the day on which it occurred is over: only then do stays without an end fill a bed on it.
    DayOver,
    /// That so many seconds passed since the latest begin of its stays, if one of them has no end.
    OpenStay(i64),
}

impl Compiled {
    /// What the findings of a rule wait for, if for anything.
    pub fn wait_of(&self, rule: RuleIx) -> Option<Wait> {
        if self.outlier.iter().any(|known| known.rule == rule) {
            return Some(Wait::Gathered);
        }
        if self.bed_count.iter().any(|(known, _)| *known == rule) {
            return Some(Wait::DayOver);
        }
        let mut waits = self.absence.iter().chain(&self.stay_overlap);
        waits.find(|(known, _)| *known == rule).map(|(_, wait)| Wait::OpenStay(*wait))
    }

    /// Says of each item who looks at it.
    #[expect(clippy::iter_over_hash_type, reason = "a map is made of maps; each entry is set by itself")]
    pub fn watch(&self) -> ByText<Watch> {
        let mut watched: ByText<Watch> = ByText::default();
        macro_rules! with {
            ($context:ident: $($table:ident),+) => {$(
                for (item, rows) in &self.$table {
                    let days: &mut Vec<Validity> = &mut watched.entry(*item).or_default().$context;
                    days.extend(rows.iter().map(|row| row.validity));
                }
            )+};
        }
        with!(person: age_limit, sex_limit);
        with!(institution: level_limit, price_cap);
        with!(visit: course_limit, hour_item, quantity_limit);
        for (item, days) in &self.pair_conflict.items {
            watched.entry(*item).or_default().visit.extend(days);
        }
        for item in self.indication.keys() {
            watched.entry(*item).or_default().indication = true;
        }
        for item in self.cycle_gap.keys() {
            watched.entry(*item).or_default().cycle = true;
        }
        for item in self.resale.keys() {
            watched.entry(*item).or_default().resale = true;
        }
        for watch in watched.values_mut() {
            for days in [&mut watch.person, &mut watch.institution, &mut watch.visit] {
                days.sort_unstable();
                days.dedup();
            }
        }
        watched
    }
}
