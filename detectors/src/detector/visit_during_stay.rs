//! A visit elsewhere in the middle of a stay.

use records::row::day_of;
use rulebank::DetectorSpec;

use super::About;
use crate::compile::Compiler;
use crate::coverage::Count;
use crate::finding::{AmountBasis, Finding, KeyPart, RuleIx, Value};
use crate::judge::Sink;
use crate::policy::{Class, Policy};
use crate::statement::Out;
use crate::visited::Visited;

/// What a rule may tell it.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "visit_during_stay",
    table: None,
    params: &[],
    values: &["day", "begin", "institution_a", "institution_b"],
    comparisons: &[
        "the institutions differ",
        "the stay begins on a day before the visit's",
        "the visit begins on a day before the stay's end",
    ],
};

/// What its alerts are about.
pub const ABOUT: About = About::of("visit").near(About::STAYS);

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
            if !bank.differ(0, stay.visit.institution, other.visit.institution) || !bank.below(1, begin, day)
            {
                continue;
            }
            for rule in rules {
                sink.count(Count::Subject(*rule));
                if end.is_some_and(|end| !bank.below(2, day, end)) {
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
