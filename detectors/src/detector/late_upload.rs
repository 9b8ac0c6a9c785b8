//! A fee line that reached the bureau too late.
//!
//! Reads a net fee line alone, where every line of `LineOfVisit` is sorted: no further arrangement. One look per line,
//! and one per line of a visit whose record changed. When a limit changes, only lines are judged again of which the old
//! and the new limits state something different.
//!
//! A line whose time of receipt is not known is not judged (`RecvTime`). A finding has no amount.

use records::arena::RowRef;
use records::row::FeeLine;
use rulebank::{Comparison, DetectorSpec, ParamKind, ParamSpec, Subject};

use crate::compile::{Compiler, integer};
use crate::coverage::{InstitutionMonth, Missing, Population};
use crate::finding::{AmountBasis, Finding, KeyPart, RuleIx, Value};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::Out;

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
    comparisons: &[LATE],
    subject: Subject::Always("fee_line"),
    subject_parts: 2,
    keys: &[&["mdtrt_id", "feedetl_sn"]],
    population: Some(Population::NetLine),
    ..DetectorSpec::BARE
};

/// Its rules and their seconds.
pub type Rules = Vec<(RuleIx, i64)>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.rules_of(SPEC.name).into_iter().map(|(ix, rule)| (ix, integer(&rule, "hours") * 3600)).collect()
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

/// Judges a net line.
pub fn judge(bank: &Policy, rules: &Rules, line_row: RowRef, line: &FeeLine, sink: &mut Sink) {
    for (rule, allowed) in rules {
        let Some(delay) = line.delay else {
            sink.not_judged(*rule, Missing::RecvTime, InstitutionMonth::at(line.institution, line.time));
            continue;
        };
        if bank.over(LATE, delay, *allowed) {
            sink.emit(Out::Finding(Box::new(Finding {
                rule: *rule,
                verdict: bank.verdict(*rule, false),
                key: vec![KeyPart::Text(line.visit), KeyPart::Text(line.sn)],
                institution: line.institution,
                evidence: vec![line_row],
                occurred: line.time,
                amount_basis: AmountBasis::Nothing,
                values: vec![Value::Moment(line.time), Value::Int(delay / 3600)],
            })));
        }
    }
}
