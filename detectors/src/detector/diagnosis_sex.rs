//! A diagnosis that only the other sex can have. `operation_sex` judges operations in the same way.
//!
//! Reads visits with a code in a table, by person, beside the person (`Person`): one look per visit, and one per such
//! visit of a person whose record changed. `operation_sex` and `diagnosis_age` are judged in the same pass. Visits
//! without a code that one of the three tables knows never come here.
//! Without the person (`Missing::Person`), or where their sex is not known (`Missing::Gend`), a code is not judged.

use records::arena::{Arena, RowRef, TextRef};
use records::codes::Sex;
use records::row;
use rulebank::DetectorSpec;

use crate::compile::{Compiler, Prefixes};
use crate::condition::{Condition, comparisons};
use crate::finding::{Value, sex_word};
use crate::policy::Policy;
use crate::shape::coded_visit::{self, Code, CodedVisit, OfCode};
use crate::shape::sex::{self, sex_of};
use crate::why::steps::Why;

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "diagnosis_sex",
    table: Some("diagnosis_sex"),
    values: &["code", "sex"],
    comparisons: &comparisons::<1, _>(DiagnosisSex::CONDITIONS),
    ..coded_visit::SPEC
};

/// Rows by prefix: the sex that a code means.
pub type Rules = Prefixes<Sex>;

/// Compiles its rows.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    Prefixes::compile(compiler, &SPEC, sex_of)
}

/// Diagnoses of one sex.
#[derive(Debug)]
pub struct DiagnosisSex;

impl CodedVisit for DiagnosisSex {
    const SPEC: DetectorSpec = SPEC;
    const CONDITIONS: &'static [Condition<OfCode<DiagnosisSex>>] = &sex::conditions();
    const HAS: [&'static str; 2] = ["该就诊有此诊断", "the visit has this diagnosis"];
    type States = Sex;

    fn codes(arena: &Arena, visit_row: RowRef) -> Vec<TextRef> {
        row::diagnoses(arena, visit_row).iter().map(|diagnosis| diagnosis.code).collect()
    }
    fn violates(bank: &Policy, code: &Code<'_, DiagnosisSex>, gend: Sex) -> bool {
        sex::violates(bank, code, gend)
    }
    fn values(code: &Code<'_, DiagnosisSex>, sex: Sex) -> Vec<Value> {
        vec![Value::Text(code.code), sex_word(sex)]
    }
}

/// Goes through the conditions of (visit, code).
pub fn why(why: &mut Why<'_, '_>, rules: &Rules, key: &[TextRef]) -> Option<()> {
    coded_visit::why::<DiagnosisSex>(why, rules, key)
}
