//! A charge of a stay from long before its begin or long after its end.
//!
//! Reads net fee lines of stays beside the visit, under the visit's key: one look per line, and one per line of a visit
//! whose record changed. Only lines of a day before the begin or after the end of the stay come here; all others are
//! cut as the lines are sorted.
//!
//! A stay without an end is judged at its begin only. A line without its visit does not come here: that it belongs to a
//! stay is not known. No reason for not judging is stated.

use records::Kind;
use records::arena::RowRef;
use records::row::{FeeLine, Visit, day_of};
use rulebank::{AmountKind, Comparison, DetectorSpec, ParamKind, ParamSpec, Subject};

use crate::compile::{Compiler, integer};
use crate::coverage::Population;
use crate::finding::{Finding, RuleIx, Value};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::Out;

const BEFORE_STAY: Comparison = Comparison::new(0, "the day is before begin - before_days");
const AFTER_STAY: Comparison = Comparison::new(1, "the day is after end + after_days");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "outside_stay",
    params: &[
        ParamSpec {
            name: "before_days",
            doc: "Days before the begin of the stay that are left alone: tests for the admission.",
            kind: ParamKind::Integer { min: 0, max: 365 },
            default: "3",
        },
        ParamSpec {
            name: "after_days",
            doc: "Days after its end that are left alone: late entries.",
            kind: ParamKind::Integer { min: 0, max: 365 },
            default: "3",
        },
    ],
    values: &["item", "day", "begin"],
    comparisons: &[BEFORE_STAY, AFTER_STAY],
    subject: Subject::Always("fee_line"),
    subject_parts: 2,
    keys: &[&["mdtrt_id", "feedetl_sn"]],
    amount: Some(AmountKind::FundOfLine),
    near: &[Kind::Visit, Kind::Settlement],
    population: Some(Population::NetLineOfStay),
    ..DetectorSpec::BARE
};

/// A rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OutsideRule {
    rule: RuleIx,
    before: i64,
    after: i64,
}
/// All of them.
pub type Rules = Vec<OutsideRule>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    let rules = compiler.rules_of(SPEC.name).into_iter();
    rules
        .map(|(rule, text)| OutsideRule {
            rule,
            before: integer(&text, "before_days"),
            after: integer(&text, "after_days"),
        })
        .collect()
}

/// Whether a line is from a day before or after the stay: only then can it be too far off.
pub fn is_outside(line: &FeeLine, stay: &Visit) -> bool {
    let day = day_of(line.time);
    day < day_of(stay.begin) || stay.end.is_some_and(|end| day > day_of(end))
}

/// Judges a net line of a stay that [`is_outside`].
pub fn judge(
    bank: &Policy,
    rules: &Rules,
    (line_row, line): (RowRef, &FeeLine),
    (stay_row, stay): (RowRef, &Visit),
    sink: &mut Sink,
) {
    let day = i64::from(day_of(line.time));
    let (begin, end) = (i64::from(day_of(stay.begin)), stay.end.map(|end| i64::from(day_of(end))));
    for rule in rules {
        let early = bank.below(BEFORE_STAY, day, begin - rule.before);
        if early || end.is_some_and(|end| bank.over(AFTER_STAY, day, end + rule.after)) {
            let values =
                vec![Value::Text(line.item), Value::Day(day_of(line.time)), Value::Day(day_of(stay.begin))];
            let mut finding = Finding::of_line(bank, rule.rule, false, (line_row, line), values);
            finding.evidence.push(stay_row);
            finding.occurred = finding.occurred.max(stay.event_time());
            sink.emit(Out::Finding(Box::new(finding)));
        }
    }
}
