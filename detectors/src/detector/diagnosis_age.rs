//! A diagnosis that nobody of this age has.
//!
//! Reads visits with a code in a table, by person, beside the person (`Person`): one look per visit, and one per such
//! visit of a person whose record changed. `operation_sex` and `diagnosis_sex` are judged in the same pass. Visits
//! without a code that one of the three tables knows never come here. The age is that on the day of the visit's begin.
//! Without the person (`Missing::Person`), or before their birth (`Missing::Brdy`), a code is not judged.

use records::arena::{Arena, RowRef, TextRef};
use records::row::Day;
use records::time::completed_years;
use rulebank::{Comparison, DetectorSpec};

use super::diagnosis_sex::DiagnosisSex;
use crate::compile::{Compiler, Prefixes};
use crate::condition::{Condition, comparisons};
use crate::coverage::Missing;
use crate::finding::Value;
use crate::policy::Policy;
use crate::shape::coded_visit::{self, Code, CodedVisit, OfCode};
use crate::why::steps::{Why, day, row_text};

const YOUNGER: Comparison = Comparison::new(0, "the person is younger than min_years");
const OLDER: Comparison = Comparison::new(1, "the person is older than max_years");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "diagnosis_age",
    table: Some("diagnosis_age"),
    values: &["code", "age"],
    comparisons: &comparisons::<2, _>(DiagnosisAge::CONDITIONS),
    ..coded_visit::SPEC
};

/// What a row states besides its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ages {
    min: Option<i64>,
    max: Option<i64>,
}

/// Rows by prefix.
pub type Rules = Prefixes<Ages>;

/// Compiles its rows.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    Prefixes::compile(compiler, &SPEC, |row| Ages {
        min: row.integer("min_years"),
        max: row.integer("max_years"),
    })
}

/// Diagnoses of some ages.
#[derive(Debug)]
pub struct DiagnosisAge;

impl Code<'_, DiagnosisAge> {
    fn brdy(&self) -> Day {
        self.person.map_or_else(|| self.day(), |(_, person)| person.brdy)
    }
    fn years(&self) -> i64 {
        i64::from(completed_years(self.brdy(), self.day()))
    }
}

impl CodedVisit for DiagnosisAge {
    const SPEC: DetectorSpec = SPEC;
    const CONDITIONS: &'static [Condition<OfCode<DiagnosisAge>>] = &[
        OfCode::stands(),
        Condition::known(
            ["就诊时已出生", "the visit begins on or after the day of birth"],
            |code| vec![("brdy", day(code.brdy())), ("day", day(code.day()))],
            Missing::Brdy,
            |code| code.brdy() <= code.day(),
        ),
        Condition::holds(
            ["年龄在该诊断的范围之外", "the person's age is outside a row's range"],
            |code| {
                let rows = code.table_rows.iter().map(|row| ("row", row_text(row)));
                std::iter::once(("age", code.years().to_string())).chain(rows).collect()
            },
            &[YOUNGER, OLDER],
            |bank, code| code.is_violated(bank),
        ),
    ];
    const HAS: [&'static str; 2] = DiagnosisSex::HAS;
    type States = Ages;

    fn codes(arena: &Arena, visit_row: RowRef) -> Vec<TextRef> {
        DiagnosisSex::codes(arena, visit_row)
    }
    fn violates(bank: &Policy, code: &Code<'_, DiagnosisAge>, ages: Ages) -> bool {
        let years = code.years();
        ages.min.is_some_and(|min| bank.below(YOUNGER, years, min))
            || ages.max.is_some_and(|max| bank.over(OLDER, years, max))
    }
    fn values(code: &Code<'_, DiagnosisAge>, _: Ages) -> Vec<Value> {
        vec![Value::Text(code.code), Value::Int(code.years())]
    }
}

/// Goes through the conditions of (visit, code).
pub fn why(why: &mut Why<'_, '_>, rules: &Rules, key: &[TextRef]) -> Option<()> {
    coded_visit::why::<DiagnosisAge>(why, rules, key)
}
