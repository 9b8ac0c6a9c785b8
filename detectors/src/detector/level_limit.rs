//! An item for hospitals of some level, billed by one below it.
//!
//! Reads net fee lines of items in `level_limit` beside the institution, under the institution's key: one look per
//! line, and one per line of an institution whose record changed. Lines of other items, and lines of a day on which
//! neither a row of this table nor one of `price_cap` holds, never come here. Of a rule, the row with the highest level
//! decides.
//!
//! Without the institution (`Institution`), or without its level (`HospLv`), a line is not judged.

use records::Kind;
use records::arena::RowRef;
use records::codes::HospitalLevel;
use records::row::{FeeLine, Institution, day_of};
use rulebank::{AmountKind, Comparison, DetectorSpec, Subject};

use crate::compile::{Compiler, Items, Listed};
use crate::coverage::{InstitutionMonth, Missing, Population};
use crate::finding::{Finding, Value};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::Out;

const LEVEL_TOO_LOW: Comparison = Comparison::new(0, "the institution's level ranks below lowest_lv");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "level_limit",
    table: Some("level_limit"),
    values: &["item", "level", "lowest"],
    comparisons: &[LEVEL_TOO_LOW],
    subject: Subject::Always("fee_line"),
    subject_parts: 2,
    keys: &[&["mdtrt_id", "feedetl_sn"]],
    amount: Some(AmountKind::FundOfLine),
    near: &[Kind::Settlement],
    far: &[Kind::Institution],
    population: Some(Population::NetLine),
    ..DetectorSpec::BARE
};

/// What a row of the table states.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// The lowest level that may bill it; `None` for one that is not on the list.
    pub lowest: Option<HospitalLevel>,
}

type Limit = Listed<Level>;

/// Rows by item, the strictest (highest level) of a rule first.
pub type Rules = Items<Level>;

/// Compiles its rows.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.by_item(
        &SPEC,
        |_, row| Level { lowest: HospitalLevel::from_code(row.text("lowest_lv")) },
        |limit| (limit.rule, limit.what.lowest, limit.own),
    )
}

/// Judges a net line of an item in the table with its institution.
pub fn judge(
    bank: &Policy,
    rules: &Rules,
    (line_row, line): (RowRef, &FeeLine),
    institution: Option<(RowRef, &Institution)>,
    sink: &mut Sink,
) {
    let Some(limits) = rules.get(&line.item) else { return };
    let day = day_of(line.time);
    let valid: Vec<&Limit> = limits.iter().filter(|limit| limit.validity.holds(day)).collect();
    for of_rule in valid.chunk_by(|a, b| a.rule == b.rule) {
        let limit = of_rule[0];
        let Some((institution_row, institution)) = institution else {
            sink.not_judged(
                limit.rule,
                Missing::Institution,
                InstitutionMonth::at(line.institution, line.time),
            );
            continue;
        };
        if institution.level.is_none() {
            sink.not_judged(limit.rule, Missing::HospLv, InstitutionMonth::at(line.institution, line.time));
            continue;
        }
        if bank.over(LEVEL_TOO_LOW, institution.level, limit.what.lowest) {
            let (level, lowest) = (Value::Level(institution.level), Value::Level(limit.what.lowest));
            let values = vec![Value::Text(line.item), level, lowest];
            let mut finding = Finding::of_line(bank, limit.rule, limit.own, (line_row, line), values);
            finding.evidence.push(institution_row);
            sink.emit(Out::Finding(Box::new(finding)));
        }
    }
}
