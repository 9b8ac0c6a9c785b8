//! An operation that only the other sex can have.
//!
//! Reads visits beside the person, under the person's key: one look per visit, and one per visit of a person whose
//! record changed. Only visits come here of which a table knows a code: this one an operation, or `diagnosis_sex` or
//! `diagnosis_age` a diagnosis. Each code of a visit is judged once, with the rows that hold on the day it begins.
//!
//! Without the person (`Person`), or without a known sex (`Gend`), a code is not judged. The conditions are those of
//! `diagnosis_sex`. A finding has no amount.

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
    name: "operation_sex",
    table: Some("operation_sex"),
    values: &["code", "sex"],
    comparisons: &comparisons::<1, _>(OperationSex::CONDITIONS),
    ..coded_visit::SPEC
};

/// Rows by prefix: the sex that a code means.
pub type Rules = Prefixes<Sex>;

/// Compiles its rows.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    Prefixes::compile(compiler, &SPEC, sex_of)
}

/// Operations of one sex.
#[derive(Debug)]
pub struct OperationSex;

impl CodedVisit for OperationSex {
    const SPEC: DetectorSpec = SPEC;
    const CONDITIONS: &'static [Condition<OfCode<OperationSex>>] = &sex::conditions();
    const HAS: [&'static str; 2] = ["该就诊有此手术操作", "the visit has this operation"];
    type States = Sex;

    fn codes(arena: &Arena, visit_row: RowRef) -> Vec<TextRef> {
        row::operations(arena, visit_row)
    }
    fn violates(bank: &Policy, code: &Code<'_, OperationSex>, gend: Sex) -> bool {
        sex::violates(bank, code, gend)
    }
    fn values(code: &Code<'_, OperationSex>, sex: Sex) -> Vec<Value> {
        vec![Value::Text(code.code), sex_word(sex)]
    }
}

/// Goes through the conditions of (visit, code).
pub fn why(why: &mut Why<'_, '_>, rules: &Rules, key: &[TextRef]) -> Option<()> {
    coded_visit::why::<OperationSex>(why, rules, key)
}
