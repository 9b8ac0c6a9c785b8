//! A fee line that reached the bureau too late.
//!
//! Reads a net fee line alone, where every line of `LineOfVisit` is sorted: no further arrangement. One look per line,
//! and one per line of a visit whose record changed. When a limit changes, only lines are judged again of which the old
//! and the new limits state something different.
//!
//! A line whose time of receipt is not known is not judged (`RecvTime`). A finding has no amount.

use records::arena::TextRef;
use records::row::FeeLine;
use rulebank::{Comparison, DetectorSpec, ParamKind, ParamSpec, Subject};

use crate::compile::{Compiler, Ruled, integer};
use crate::condition::{Condition, comparisons};
use crate::coverage::{Missing, Population};
use crate::finding::{AmountBasis, Finding, Value};
use crate::policy::{Policy, RuleIx};
use crate::shape::one_record::{self, OfRecord, One, OneRecord};
use crate::why::steps::{Why, hours, moment};

const LATE: Comparison = Comparison::new(0, "the line was received more than `hours` after the charge");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "late_upload",
    params: &[ParamSpec {
        name: "hours",
        doc: "Hours after the charge within which the bureau has the line.",
        kind: ParamKind::Integer { min: 0, max: 87_600 },
        default: "24",
    }],
    values: &["occurred", "hours"],
    comparisons: &comparisons::<1, _>(LateUpload::CONDITIONS),
    subject: Subject::Always("fee_line"),
    subject_parts: 2,
    keys: &[&["mdtrt_id", "feedetl_sn"]],
    population: Some(Population::NetLine),
    ..DetectorSpec::BARE
};

/// Its rules and their seconds.
pub type Rules = Ruled<i64>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.ruled(SPEC.name, |rule| integer(rule, "hours") * 3600)
}

/// Whether two banks may answer differently of a line.
pub fn differ(old: &Rules, new: &Rules, line: &FeeLine) -> bool {
    let stated = |rules: &Rules| -> Vec<RuleIx> {
        let late = |allowed: i64| line.delay.is_none_or(|delay| delay > allowed);
        rules.iter().filter(|(_, allowed)| late(*allowed)).map(|(rule, _)| *rule).collect()
    };
    // Nearly every line comes before any limit.
    let least = old.iter().chain(new).map(|(_, allowed)| *allowed).min().unwrap_or(i64::MAX);
    line.delay.is_none_or(|delay| delay > least) && stated(old) != stated(new)
}

/// Lines that were received late.
#[derive(Debug)]
pub struct LateUpload;

impl OneRecord for LateUpload {
    const CONDITIONS: &'static [Condition<OfRecord<LateUpload>>] = &[
        Condition::known(
            ["接收时间已知", "the time at which it was received is known"],
            |one| {
                let received = one.record.delay.map(|delay| one.record.time.saturating_add(delay));
                received.map(|received| ("recv_time", moment(received))).into_iter().collect()
            },
            Missing::RecvTime,
            |one| one.record.delay.is_some(),
        ),
        Condition::holds(
            ["接收时间晚于费用发生时间，且超过容许小时数", "it was received later than the hours allowed"],
            |one| {
                let delay = one.record.delay.unwrap_or(0);
                vec![
                    ("fee_ocur_time", moment(one.record.time)),
                    ("recv_time", moment(one.record.time.saturating_add(delay))),
                    ("hours", hours(delay)),
                    ("limit", (one.params / 3600).to_string()),
                ]
            },
            &[LATE],
            |bank, one| one.record.delay.is_some_and(|delay| bank.over(LATE, delay, *one.params)),
        ),
    ];
    type Params = i64;
    type Record = FeeLine;
    type Beside = ();

    fn beside(_: &mut Why<'_, '_>, _: &FeeLine) -> Option<()> {
        Some(())
    }
    fn finding(bank: &Policy, one: &One<'_, LateUpload>) -> Finding {
        let hours = one.record.delay.unwrap_or(0) / 3600;
        let values = vec![Value::Moment(one.record.time), Value::Int(hours)];
        let mut finding = Finding::of_line(bank, one.rule, false, (one.row, one.record), values);
        finding.amount_basis = AmountBasis::Nothing;
        finding
    }
}

/// Goes through the conditions of (visit, line).
pub fn why(why: &mut Why<'_, '_>, rules: &Rules, key: &[TextRef]) -> Option<()> {
    one_record::why::<LateUpload>(why, rules, key)
}
