//! A visit elsewhere in the middle of a stay.
//!
//! Reads all visits of a person together, once for all detectors that compare them, and again when one of them changes.
//! Persons with fewer than two visits, or without a stay, are cut before. Each stay is compared with each visit that is
//! no stay: the institutions must differ, and the visit must begin on a day strictly between the begin and the end of
//! the stay.
//!
//! A stay without an end goes on: any visit on a day after its begin counts. No reason for not judging is stated.

use records::row::day_of;
use rulebank::{AmountKind, Comparison, DetectorSpec, Subject};

use crate::classes::Class;
use crate::compile::Compiler;
use crate::coverage::Count;
use crate::finding::{AmountBasis, Finding, KeyPart, RuleIx, Value};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::Out;
use crate::visited::Visited;

const INSTITUTIONS_DIFFER: Comparison = Comparison::new(0, "the institutions differ");
const BEGUN_BEFORE: Comparison = Comparison::new(1, "the stay begins on a day before the visit's");
const NOT_YET_ENDED: Comparison = Comparison::new(2, "the visit begins on a day before the stay's end");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "visit_during_stay",
    values: &["day", "begin", "institution_a", "institution_b"],
    comparisons: &[INSTITUTIONS_DIFFER, BEGUN_BEFORE, NOT_YET_ENDED],
    subject: Subject::Always("visit"),
    keys: &[&["mdtrt_id", "mdtrt_id"]],
    amount: Some(AmountKind::FundOfVisits),
    near: super::STAYS,
    ..DetectorSpec::BARE
};

/// Its rules.
pub type Rules = Vec<RuleIx>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.rule_numbers(SPEC.name)
}

/// Judges the visits of one person.
pub fn judge(bank: &Policy, rules: &Rules, visits: &[Visited], sink: &mut Sink) {
    if rules.is_empty() {
        return;
    }
    for stay in visits.iter().filter(|visit| visit.class == Class::Inpatient) {
        let (begin, end) = (day_of(stay.visit.begin), stay.visit.end.map(day_of));
        for other in visits.iter().filter(|visit| visit.class != Class::Inpatient) {
            let day = day_of(other.visit.begin);
            if !bank.differ(INSTITUTIONS_DIFFER, stay.visit.institution, other.visit.institution)
                || !bank.below(BEGUN_BEFORE, begin, day)
            {
                continue;
            }
            for rule in rules {
                sink.count(Count::Subject(*rule));
                if end.is_some_and(|end| !bank.below(NOT_YET_ENDED, day, end)) {
                    continue;
                }
                sink.emit(Out::Finding(Box::new(Finding {
                    rule: *rule,
                    verdict: bank.verdict(*rule, false),
                    key: vec![KeyPart::Text(stay.visit.id), KeyPart::Text(other.visit.id)],
                    institution: stay.visit.institution,
                    evidence: vec![stay.row, other.row],
                    occurred: stay.visit.event_time().max(other.visit.event_time()),
                    amount_basis: AmountBasis::Fund(vec![other.visit.id]),
                    values: vec![
                        Value::Day(day),
                        Value::Day(begin),
                        Value::Text(stay.visit.institution),
                        Value::Text(other.visit.institution),
                    ],
                })));
            }
        }
    }
}
