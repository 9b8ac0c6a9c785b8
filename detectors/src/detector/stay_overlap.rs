//! One person lying in two institutions at once.
//!
//! Reads all visits of a person together, once for all detectors that compare them, and again when one of them changes.
//! Persons with fewer than two visits, or without a stay, are cut before. Stays are sorted by begin, and each is
//! compared with later ones only until it has ended.
//!
//! A stay without an end reaches to *now*: its finding is due from the moment at which the overlap exceeds the
//! tolerance, and waits in the temporal filter until then. No reason for not judging is stated.

use records::arena::{Arena, RowRef, TextRef};
use records::row::{Moment, Visit};
use rulebank::{AmountKind, Comparison, DetectorSpec, ParamKind, ParamSpec, Subject};

use crate::compile::{Compiler, integer};
use crate::coverage::Count;
use crate::finding::{AmountBasis, Finding, KeyPart, RuleIx, Value};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::Out;
use crate::visited::{Visited, stays_of};
use crate::why::steps::{Why, hours, moment};

const INSTITUTIONS_DIFFER: Comparison = Comparison::new(0, "the institutions differ");
const LONGER_THAN_TOLERANCE: Comparison = Comparison::new(1, "the overlap is longer than tolerance_hours");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "stay_overlap",
    params: &[ParamSpec {
        name: "tolerance_hours",
        doc: "Hours of overlap that are left alone: transfers and late discharges.",
        kind: ParamKind::Integer { min: 0, max: 8760 },
        default: "24",
    }],
    values: &["hours", "institution_a", "institution_b"],
    comparisons: &[INSTITUTIONS_DIFFER, LONGER_THAN_TOLERANCE],
    subject: Subject::Always("visit"),
    keys: &[&["mdtrt_id", "mdtrt_id"]],
    unordered: true,
    amount: Some(AmountKind::FundOfLesserStay),
    near: super::STAYS,
    ..DetectorSpec::BARE
};

/// Its rules and their tolerance in seconds.
pub type Rules = Vec<(RuleIx, i64)>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    let rules = compiler.rules_of(SPEC.name);
    rules.into_iter().map(|(ix, rule)| (ix, integer(&rule, "tolerance_hours") * 3600)).collect()
}

/// Judges the stays of one person.
///
/// A stay without an end reaches to *now*: what depends on it is stated as due at a moment.
pub fn judge(arena: &Arena, bank: &Policy, rules: &Rules, visits: &[Visited], sink: &mut Sink) {
    if rules.is_empty() {
        return;
    }
    let stays: Vec<(RowRef, Visit)> =
        stays_of(arena, visits).into_iter().map(|stay| (stay.row, stay.visit)).collect();
    for (nth, (place_a, a)) in stays.iter().enumerate() {
        for (place_b, b) in &stays[nth + 1..] {
            // Later stays begin later still: nothing further can overlap.
            if a.end.is_some_and(|end| end <= b.begin) {
                break;
            }
            if bank.differ(INSTITUTIONS_DIFFER, a.institution, b.institution) {
                judge_pair(arena, bank, rules, (*place_a, a), (*place_b, b), sink);
            }
        }
    }
}

fn judge_pair(
    arena: &Arena,
    bank: &Policy,
    rules: &Rules,
    a: (RowRef, &Visit),
    b: (RowRef, &Visit),
    sink: &mut Sink,
) {
    let (first, second) =
        if arena.compare(a.1.id, b.1.id) == std::cmp::Ordering::Greater { (b, a) } else { (a, b) };
    let begin = a.1.begin.max(b.1.begin);
    let known_end = [a.1.end, b.1.end].into_iter().flatten().min();
    let open = a.1.end.is_none() || b.1.end.is_none();
    for (rule, tolerance) in rules {
        sink.count(Count::Subject(*rule));
        if known_end.is_some_and(|end| !bank.over(LONGER_THAN_TOLERANCE, end - begin, *tolerance)) {
            continue;
        }
        let hours = match known_end {
            Some(end) if !open => Value::Int((end - begin) / 3600),
            _ => Value::MoreThan(*tolerance / 3600),
        };
        let finding = Out::Finding(Box::new(Finding {
            rule: *rule,
            verdict: bank.verdict(*rule, false),
            key: vec![KeyPart::Text(first.1.id), KeyPart::Text(second.1.id)],
            institution: first.1.institution,
            evidence: vec![first.0, second.0],
            occurred: first.1.event_time().max(second.1.event_time()),
            amount_basis: AmountBasis::SmallerFund(first.1.id, second.1.id),
            values: vec![hours, Value::Text(first.1.institution), Value::Text(second.1.institution)],
        }));
        let due: Moment = begin + tolerance + 1;
        sink.emit(if open { Out::Due(due, Box::new(finding)) } else { finding });
    }
}

/// Unordered pair of stays of one person that overlap by more than a tolerance.
pub fn why(why: &mut Why<'_, '_>, _: &Rules, key: &[TextRef]) -> Option<()> {
    let &[a, b] = key else { return None };
    let ((_, a), (_, b)) = (why.stay(a)?, why.stay(b)?);
    why.check(["是两次不同的住院", "they are two stays"], Vec::new(), a.id != b.id)?;
    why.same_person(&a, &b)?;
    let values = why.institutions(&a, &b);
    why.check(["机构不同", "the institutions differ"], values, a.institution != b.institution)?;
    let now = why.scene.now;
    let end = a.end.unwrap_or(now).min(b.end.unwrap_or(now));
    let begin = a.begin.max(b.begin);
    let tolerance = integer(why.rule, "tolerance_hours");
    why.check(
        ["重叠时长超过容许小时数", "they overlap by more than the hours tolerated"],
        vec![
            ("begin", moment(begin)),
            ("end", moment(end)),
            ("hours", hours(end.saturating_sub(begin))),
            ("tolerance_hours", tolerance.to_string()),
        ],
        end.saturating_sub(begin) > tolerance * 3600,
    )
}
