//! A charge of a stay from long before its begin or long after its end.
//!
//! Reads net fee lines of stays beside the visit, under the visit's key: one look per line, and one per line of a visit
//! whose record changed. Only lines of a day before the begin or after the end of the stay come here; all others are
//! cut as the lines are sorted.
//!
//! A stay without an end is judged at its begin only. A line without its visit does not come here: that it belongs to a
//! stay is not known. No reason for not judging is stated.

use records::Kind;
use records::arena::{RowRef, TextRef};
use records::row::{FeeLine, Visit, day_of};
use rulebank::{AmountKind, Comparison, DetectorSpec, ParamKind, ParamSpec, Subject};

use crate::compile::{Compiler, Ruled, integer};
use crate::condition::{Condition, comparisons};
use crate::coverage::Population;
use crate::finding::{Finding, Value};
use crate::policy::Policy;
use crate::shape::one_record::{self, OfRecord, One, OneRecord};
use crate::why::steps::{Why, day_at, or_dash};

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
    comparisons: &comparisons::<2, _>(OutsideStay::CONDITIONS),
    subject: Subject::Always("fee_line"),
    subject_parts: 2,
    keys: &[&["mdtrt_id", "feedetl_sn"]],
    amount: Some(AmountKind::FundOfLine),
    near: &[Kind::Visit, Kind::Settlement],
    population: Some(Population::NetLineOfStay),
    ..DetectorSpec::BARE
};

/// Days around a stay that are left alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Around {
    before: i64,
    after: i64,
}

/// Its rules and their days.
pub type Rules = Ruled<Around>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.ruled(SPEC.name, |rule| Around {
        before: integer(rule, "before_days"),
        after: integer(rule, "after_days"),
    })
}

/// Whether a line is from a day before or after the stay: only then can it be too far off.
pub fn is_outside(line: &FeeLine, stay: &Visit) -> bool {
    let day = day_of(line.time);
    day < day_of(stay.begin) || stay.end.is_some_and(|end| day > day_of(end))
}

/// Lines outside of their stay.
#[derive(Debug)]
pub struct OutsideStay;

impl OneRecord for OutsideStay {
    const CONDITIONS: &'static [Condition<OfRecord<OutsideStay>>] = &[Condition::holds(
        [
            "费用日在入院前或出院后超过容许天数",
            "the line lies more days before or after the stay than tolerated",
        ],
        |one| {
            let (_, stay) = one.beside;
            vec![
                ("day", day_at(one.record.time)),
                ("begin", day_at(stay.begin)),
                ("end", or_dash(stay.end.map(day_at))),
                ("before_days", one.params.before.to_string()),
                ("after_days", one.params.after.to_string()),
            ]
        },
        &[BEFORE_STAY, AFTER_STAY],
        |bank, one| {
            let (_, stay) = one.beside;
            let on = i64::from(day_of(one.record.time));
            let (begin, end) = (i64::from(day_of(stay.begin)), stay.end.map(|end| i64::from(day_of(end))));
            bank.below(BEFORE_STAY, on, begin - one.params.before)
                || end.is_some_and(|end| bank.over(AFTER_STAY, on, end + one.params.after))
        },
    )];
    type Params = Around;
    type Record = FeeLine;
    type Beside = (RowRef, Visit);

    fn beside(why: &mut Why<'_, '_>, line: &FeeLine) -> Option<(RowRef, Visit)> {
        why.stay(line.visit)
    }
    fn finding(bank: &Policy, one: &One<'_, OutsideStay>) -> Finding {
        let (line, (stay_row, stay)) = (one.record, one.beside);
        let values =
            vec![Value::Text(line.item), Value::Day(day_of(line.time)), Value::Day(day_of(stay.begin))];
        let mut finding = Finding::of_line(bank, one.rule, false, (one.row, line), values);
        finding.evidence.push(*stay_row);
        finding.occurred = finding.occurred.max(stay.event_time());
        finding
    }
}

/// Goes through the conditions of (visit, line).
pub fn why(why: &mut Why<'_, '_>, rules: &Rules, key: &[TextRef]) -> Option<()> {
    one_record::why::<OutsideStay>(why, rules, key)
}
