//! An operation that only the other sex can have.
//!
//! Reads visits beside the person, under the person's key: one look per visit, and one per visit of a person whose
//! record changed. Only visits come here of which a table knows a code: this one an operation, or `diagnosis_sex` or
//! `diagnosis_age` a diagnosis. Each code of a visit is judged once, with the rows that hold on the day it begins.
//!
//! Without the person (`Person`), or without a known sex (`Gend`), a code is not judged. The comparison itself is that
//! of `diagnosis_sex`. A finding has no amount.

use records::Kind;
use records::arena::{Arena, RowRef};
use records::row;
use rulebank::{DetectorSpec, Subject};

use super::diagnosis_sex::{self, SexRow};
use crate::compile::{Compiler, Prefixes};
use crate::policy::Policy;
use crate::sink::Sink;

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "operation_sex",
    table: Some("operation_sex"),
    values: &["code", "sex"],
    comparisons: &[diagnosis_sex::OTHER_SEX],
    subject: Subject::Always("visit"),
    keys: &[&["mdtrt_id", "code"]],
    near: &[Kind::Person],
    ..DetectorSpec::BARE
};

/// Rows by prefix.
pub type Rules = Prefixes<SexRow>;

/// Compiles its rows.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    diagnosis_sex::rows(compiler, &SPEC)
}

/// Judges the operations of a visit with its person.
pub fn judge(
    arena: &Arena,
    bank: &Policy,
    rules: &Rules,
    visit_row: RowRef,
    person: Option<RowRef>,
    sink: &mut Sink,
) {
    let codes = row::operations(arena, visit_row);
    diagnosis_sex::judge_codes(arena, bank, rules, visit_row, codes, person, sink);
}
