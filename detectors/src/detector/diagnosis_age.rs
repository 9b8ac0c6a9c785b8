//! A diagnosis that nobody of this age has.
//!
//! Reads visits with a code in a table, by person, beside the person (`Person`): one look per visit, and one per such
//! visit of a person whose record changed. `operation_sex` and `diagnosis_sex` are judged in the same pass. Visits
//! without a code that one of the three tables knows never come here. The age is that on the day of the visit's begin.
//! Without the person (`Missing::Person`), or before their birth (`Missing::Brdy`), a code is not judged.

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row::{self, day_of};
use records::time::completed_years;
use rulebank::{Comparison, DetectorSpec, Subject};

use crate::compile::{Compiler, Prefixed, Prefixes};
use crate::coverage::{Count, InstitutionMonth, Missing};
use crate::finding::{AmountBasis, Finding, KeyPart, Value};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::Out;

const YOUNGER: Comparison = Comparison::new(0, "the person is younger than min_years");
const OLDER: Comparison = Comparison::new(1, "the person is older than max_years");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "diagnosis_age",
    table: Some("diagnosis_age"),
    values: &["code", "age"],
    comparisons: &[YOUNGER, OLDER],
    subject: Subject::Always("visit"),
    keys: &[&["mdtrt_id", "code"]],
    near: &[Kind::Person],
    ..DetectorSpec::BARE
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

/// Judges the diagnoses of a visit, each code once, with its person.
pub fn judge(
    arena: &Arena,
    bank: &Policy,
    rules: &Rules,
    visit_row: RowRef,
    person_row: Option<RowRef>,
    sink: &mut Sink,
) {
    let rows = rules;
    if rows.is_empty() {
        return;
    }
    let mut codes: Vec<TextRef> =
        row::diagnoses(arena, visit_row).iter().map(|diagnosis| diagnosis.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let visit = row::visit(arena, visit_row);
    let day = day_of(visit.begin);
    for code in codes {
        let valid = rows.of(&arena.text(code), day);
        for of_rule in valid.chunk_by(|a, b| a.rule == b.rule) {
            let rule = of_rule[0].rule;
            sink.count(Count::Subject(rule));
            let Some(person_row) = person_row else {
                sink.not_judged(rule, Missing::Person, InstitutionMonth::at(visit.institution, visit.begin));
                continue;
            };
            let brdy = row::person(arena, person_row).brdy;
            if day < brdy {
                sink.not_judged(rule, Missing::Brdy, InstitutionMonth::at(visit.institution, visit.begin));
                continue;
            }
            let age = i64::from(completed_years(brdy, day));
            let outside = |row: &&&Prefixed<Ages>| {
                row.what.min.is_some_and(|min| bank.below(YOUNGER, age, min))
                    || row.what.max.is_some_and(|max| bank.over(OLDER, age, max))
            };
            let violated: Vec<&&Prefixed<Ages>> = of_rule.iter().filter(outside).collect();
            if violated.is_empty() {
                continue;
            }
            sink.emit(Out::Finding(Box::new(Finding {
                rule,
                verdict: bank.verdict(rule, violated.iter().all(|row| row.own)),
                key: vec![KeyPart::Text(visit.id), KeyPart::Text(code)],
                institution: visit.institution,
                evidence: vec![visit_row, person_row],
                occurred: visit.event_time(),
                amount_basis: AmountBasis::Nothing,
                values: vec![Value::Text(code), Value::Int(age)],
            })));
        }
    }
}
