//! An item for one sex, billed for the other.
//!
//! Reads net fee lines of items in `sex_limit` beside the person, under the person's key: one look per line, and one
//! per line of a person whose record changed. Lines of other items, and lines of a day on which neither a row of this
//! table nor one of `age_limit` holds, never come here.
//!
//! Without the person (`Person`), or without a known sex (`Gend`), a line is not judged.

use records::Kind;
use records::arena::{Arena, RowRef};
use records::codes::Sex;
use records::row;
use rulebank::{AmountKind, Comparison, DetectorSpec, Subject};

use crate::compile::{Compiler, Items, Listed};
use crate::coverage::{InstitutionMonth, Missing, Population};
use crate::finding::{Finding, Value, sex_word};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::Out;

const OTHER_SEX: Comparison = Comparison::new(0, "the person's gend differs from the row's");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "sex_limit",
    table: Some("sex_limit"),
    values: &["item", "sex"],
    comparisons: &[OTHER_SEX],
    subject: Subject::Always("fee_line"),
    subject_parts: 2,
    keys: &[&["mdtrt_id", "feedetl_sn"]],
    amount: Some(AmountKind::FundOfLine),
    near: &[Kind::Person, Kind::Settlement],
    population: Some(Population::NetLine),
    ..DetectorSpec::BARE
};

/// What a row of the table states.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SexRow {
    /// The sex that the item is for.
    pub gend: Sex,
}

type Limit = Listed<SexRow>;

/// Rows by item.
pub type Rules = Items<SexRow>;

/// Compiles its rows.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.by_item(
        &SPEC,
        |_, row| SexRow { gend: if row.text("gend") == Sex::Male.code() { Sex::Male } else { Sex::Female } },
        |limit| (limit.rule, limit.own, limit.what.gend),
    )
}

/// Judges a net line of an item in the table with its person.
pub fn judge(
    arena: &Arena,
    bank: &Policy,
    rules: &Rules,
    (line_row, line): (RowRef, &row::FeeLine),
    person_row: Option<RowRef>,
    sink: &mut Sink,
) {
    let Some(limits) = rules.get(&line.item) else { return };
    let day = row::day_of(line.time);
    let valid: Vec<&Limit> = limits.iter().filter(|limit| limit.validity.holds(day)).collect();
    for of_rule in valid.chunk_by(|a, b| a.rule == b.rule) {
        let rule = of_rule[0].rule;
        let Some(person_row) = person_row else {
            sink.not_judged(rule, Missing::Person, InstitutionMonth::at(line.institution, line.time));
            continue;
        };
        let gend = row::person(arena, person_row).gend;
        if !gend.is_known() {
            sink.not_judged(rule, Missing::Gend, InstitutionMonth::at(line.institution, line.time));
            continue;
        }
        let mut violated =
            of_rule.iter().filter(|limit| bank.differ(OTHER_SEX, limit.what.gend, gend)).peekable();
        let Some(limit) = violated.peek() else { continue };
        let values = vec![Value::Text(line.item), sex_word(limit.what.gend)];
        let own = violated.all(|limit| limit.own);
        let mut finding = Finding::of_line(bank, rule, own, (line_row, line), values);
        finding.evidence.push(person_row);
        sink.emit(Out::Finding(Box::new(finding)));
    }
}
