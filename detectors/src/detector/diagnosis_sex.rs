//! A diagnosis that only the other sex can have. `operation_sex` judges operations with the same function.
//!
//! Reads visits with a code in a table, by person, beside the person (`Person`): one look per visit, and one per such
//! visit of a person whose record changed. `operation_sex` and `diagnosis_age` are judged in the same pass. Visits
//! without a code that one of the three tables knows never come here.
//! Without the person (`Missing::Person`), or where their sex is not known (`Missing::Gend`), a code is not judged.

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::codes::Sex;
use records::row::{self, day_of};
use rulebank::{Comparison, DetectorSpec, Subject};

use crate::compile::{Compiler, Prefixed, Prefixes};
use crate::coverage::{Count, InstitutionMonth, Missing};
use crate::finding::{AmountBasis, Finding, KeyPart, Value, sex_word};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::Out;

pub(super) const OTHER_SEX: Comparison = Comparison::new(0, "the person's gend differs from the row's");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "diagnosis_sex",
    table: Some("diagnosis_sex"),
    values: &["code", "sex"],
    comparisons: &[OTHER_SEX],
    subject: Subject::Always("visit"),
    keys: &[&["mdtrt_id", "code"]],
    near: &[Kind::Person],
    ..DetectorSpec::BARE
};

/// What a row states besides its prefix.
pub type SexRow = Sex;

/// Rows by prefix.
pub type Rules = Prefixes<SexRow>;

/// Compiles its rows.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    rows(compiler, &SPEC)
}

/// Rows of a table of prefixes and sexes.
pub fn rows(compiler: &mut Compiler<'_>, spec: &DetectorSpec) -> Rules {
    Prefixes::compile(compiler, spec, |row| {
        if row.text("gend") == Sex::Male.code() { Sex::Male } else { Sex::Female }
    })
}

/// Judges the diagnoses of a visit with its person.
pub fn judge(
    arena: &Arena,
    bank: &Policy,
    rules: &Rules,
    visit_row: RowRef,
    person: Option<RowRef>,
    sink: &mut Sink,
) {
    let codes = row::diagnoses(arena, visit_row).iter().map(|diagnosis| diagnosis.code).collect();
    judge_codes(arena, bank, rules, visit_row, codes, person, sink);
}

/// Judges codes of a visit, each once.
pub fn judge_codes(
    arena: &Arena,
    bank: &Policy,
    rows: &Rules,
    visit_row: RowRef,
    mut codes: Vec<TextRef>,
    person_row: Option<RowRef>,
    sink: &mut Sink,
) {
    if rows.is_empty() {
        return;
    }
    codes.sort_unstable();
    codes.dedup();
    let visit = row::visit(arena, visit_row);
    let gend = person_row.map(|person| row::person(arena, person).gend).filter(|gend| gend.is_known());
    for code in codes {
        let valid = rows.of(&arena.text(code), day_of(visit.begin));
        for of_rule in valid.chunk_by(|a, b| a.rule == b.rule) {
            let rule = of_rule[0].rule;
            sink.count(Count::Subject(rule));
            let (Some(gend), Some(person_row)) = (gend, person_row) else {
                let missing = if person_row.is_none() { Missing::Person } else { Missing::Gend };
                sink.not_judged(rule, missing, InstitutionMonth::at(visit.institution, visit.begin));
                continue;
            };
            let violated: Vec<&&Prefixed<SexRow>> =
                of_rule.iter().filter(|row| bank.differ(OTHER_SEX, row.what, gend)).collect();
            let Some(first) = violated.first() else { continue };
            sink.emit(Out::Finding(Box::new(Finding {
                rule,
                verdict: bank.verdict(rule, violated.iter().all(|row| row.own)),
                key: vec![KeyPart::Text(visit.id), KeyPart::Text(code)],
                institution: visit.institution,
                evidence: vec![visit_row, person_row],
                occurred: visit.event_time(),
                amount_basis: AmountBasis::Nothing,
                values: vec![Value::Text(code), sex_word(first.what)],
            })));
        }
    }
}
