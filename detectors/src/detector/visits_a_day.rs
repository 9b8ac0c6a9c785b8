//! More outpatient visits on a day than a person can use.
//!
//! Reads all visits of a person together, once for all detectors that compare them, and again when one of them changes.
//! Persons with fewer than two visits, or with fewer outpatient visits in all than the least limit, are cut before. The
//! outpatient visits of the others are counted by the day on which they begin, at whatever institution.
//!
//! It needs no record but the visits, so that no reason for not judging is stated.

use std::collections::BTreeMap;

use records::arena::Arena;
use records::row::{Day, day_of};
use rulebank::{AmountKind, Comparison, DetectorSpec, ParamKind, ParamSpec, Subject};

use crate::classes::Class;
use crate::compile::{Compiler, integer};
use crate::coverage::Count;
use crate::finding::{AmountBasis, Finding, KeyPart, RuleIx, Value, common_institution};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::Out;
use crate::visited::Visited;

const MORE_VISITS: Comparison = Comparison::new(0, "there are more than `visits`");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "visits_a_day",
    params: &[ParamSpec {
        name: "visits",
        doc: "Outpatient visits that begin on one day which are left alone.",
        kind: ParamKind::Integer { min: 1, max: 1000 },
        default: "3",
    }],
    values: &["day", "visits", "institutions"],
    comparisons: &[MORE_VISITS],
    subject: Subject::Always("person"),
    keys: &[&["psn_no", "day"]],
    amount: Some(AmountKind::FundOfVisitsButLargest),
    near: super::STAYS,
    ..DetectorSpec::BARE
};

/// Its rules and their number of visits.
pub type Rules = Vec<(RuleIx, i64)>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.rules_of(SPEC.name).into_iter().map(|(ix, rule)| (ix, integer(&rule, "visits"))).collect()
}

/// Judges the visits of one person, day by day.
pub fn judge(arena: &Arena, bank: &Policy, rules: &Rules, visits: &[Visited], sink: &mut Sink) {
    let least = rules.iter().map(|(_, visits)| *visits).min().unwrap_or(i64::MAX);
    let outpatient = || visits.iter().filter(|visit| visit.class == Class::Outpatient);
    // Nearly everybody has fewer visits in all.
    if i64::try_from(outpatient().count()).unwrap_or(i64::MAX) < least {
        return;
    }
    let mut days: BTreeMap<Day, Vec<&Visited>> = BTreeMap::new();
    for visit in outpatient() {
        days.entry(day_of(visit.visit.begin)).or_default().push(visit);
    }
    for (day, mut of_day) in days {
        let count = i64::try_from(of_day.len()).unwrap_or(i64::MAX);
        of_day.sort_by(|a, b| arena.compare(a.visit.id, b.visit.id));
        let mut institutions: Vec<_> = of_day.iter().map(|visit| visit.visit.institution).collect();
        institutions.sort_unstable();
        institutions.dedup();
        for (rule, most) in rules {
            sink.count(Count::Subject(*rule));
            if !bank.over(MORE_VISITS, count, *most) {
                continue;
            }
            let evidence: Vec<_> = of_day.iter().map(|visit| visit.row).collect();
            sink.emit(Out::Finding(Box::new(Finding {
                rule: *rule,
                verdict: bank.verdict(*rule, false),
                key: vec![KeyPart::Text(of_day[0].visit.psn_no), KeyPart::Day(day)],
                institution: common_institution(arena, &evidence),
                occurred: of_day.iter().map(|visit| visit.visit.event_time()).max().unwrap_or(i64::MIN),
                evidence,
                amount_basis: AmountBasis::AllButLargestFund(
                    of_day.iter().map(|visit| visit.visit.id).collect(),
                ),
                values: vec![
                    Value::Day(day),
                    Value::Int(count),
                    Value::Int(i64::try_from(institutions.len()).unwrap_or(i64::MAX)),
                ],
            })));
        }
    }
}
