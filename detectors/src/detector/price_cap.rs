//! An item above the price that is allowed at this level of hospital.
//!
//! Reads net fee lines of items in `price_cap` beside the institution, under the institution's key: one look per line,
//! and one per line of an institution whose record changed. Lines of other items, and lines of a day on which neither a
//! row of this table nor one of `level_limit` holds, never come here. A row for the institution's level stands before
//! one for all levels; of several, the lowest cap decides.
//!
//! Where a rule has a row for some level, a line is not judged without the institution (`Institution`) or its level
//! (`HospLv`). With rows for all levels only, a line above the cap is not judged without the institution.

use records::Kind;
use records::arena::RowRef;
use records::codes::HospitalLevel;
use records::row::{FeeLine, Institution, day_of};
use rulebank::{AmountKind, Comparison, DetectorSpec, Subject};

use crate::compile::{Compiler, Items, Listed};
use crate::coverage::{InstitutionMonth, Missing, Population};
use crate::exact::{exact, fen_of};
use crate::finding::{AmountBasis, Finding, Money, Value};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::Out;

const ABOVE_CAP: Comparison = Comparison::new(0, "the price is above the cap");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "price_cap",
    table: Some("price_cap"),
    values: &["item", "price", "cap"],
    comparisons: &[ABOVE_CAP],
    subject: Subject::Always("fee_line"),
    subject_parts: 2,
    keys: &[&["mdtrt_id", "feedetl_sn"]],
    amount: Some(AmountKind::PriceAboveCap),
    far: &[Kind::Institution],
    population: Some(Population::NetLine),
    ..DetectorSpec::BARE
};

/// What a row of the table states.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Price {
    /// The level it is for, itself `None` if it is not on the list; `None` for all.
    pub level: Option<Option<HospitalLevel>>,
    /// Yuan in units of 10^-10.
    pub cap: i128,
}

type Cap = Listed<Price>;

/// Rows by item, the strictest (lowest cap) of a rule first.
pub type Rules = Items<Price>;

/// Compiles its rows.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.by_item(
        &SPEC,
        |_, row| {
            let level = row.text("hosp_lv");
            Price {
                level: (!level.is_empty()).then(|| HospitalLevel::from_code(level)),
                cap: exact(row.decimal("cap").unwrap_or_default()),
            }
        },
        |cap| (cap.rule, cap.what.cap, cap.own),
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
    let Some(caps) = rules.get(&line.item) else { return };
    let day = day_of(line.time);
    let valid: Vec<&Cap> = caps.iter().filter(|cap| cap.validity.holds(day)).collect();
    for of_rule in valid.chunk_by(|a, b| a.rule == b.rule) {
        let rule = of_rule[0].rule;
        let level = institution.and_then(|(_, institution)| institution.level);
        if level.is_none() && of_rule.iter().any(|cap| cap.what.level.is_some()) {
            let missing = if institution.is_none() { Missing::Institution } else { Missing::HospLv };
            sink.not_judged(rule, missing, InstitutionMonth::at(line.institution, line.time));
            continue;
        }
        // A row of this level stands before one for all.
        let of_level = of_rule.iter().find(|cap| cap.what.level == Some(level));
        let Some(cap) = of_level.or_else(|| of_rule.iter().find(|cap| cap.what.level.is_none())) else {
            continue;
        };
        // Prices stand in millionths.
        let over = i128::from(line.price) * 10_000 - cap.what.cap;
        if !bank.over(ABOVE_CAP, over, 0) {
            continue;
        }
        let Some((institution_row, _)) = institution else {
            sink.not_judged(rule, Missing::Institution, InstitutionMonth::at(line.institution, line.time));
            continue;
        };
        let shown = i64::try_from(cap.what.cap / 10_000).unwrap_or(i64::MAX);
        let values = vec![Value::Text(line.item), Value::Price(line.price), Value::Price(shown)];
        let mut finding = Finding::of_line(bank, rule, cap.own, (line_row, line), values);
        finding.evidence.push(institution_row);
        // A quantity of 10^-4 taken for a price of 10^-6: both factors keep their places.
        let amount = fen_of(over, line.cnt.saturating_mul(100));
        finding.amount_basis =
            AmountBasis::Laid(amount, vec![Money { row: line_row, own: line.amount.max(0) }]);
        sink.emit(Out::Finding(Box::new(finding)));
    }
}
