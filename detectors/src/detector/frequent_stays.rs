//! A person admitted at least `stays` times within `days` days.
//!
//! Reads all visits of a person together: one pass over them whenever one changes, shared with `visits_a_day`,
//! `stay_overlap`, `visit_during_stay` and `readmission`; each stay is compared with every stay of the person.
//! Persons with a single visit or without a stay, and those with fewer stays than the smallest `stays` of a rule, are
//! passed over before. There is no reason for which a stay is not judged.

use records::arena::Arena;
use records::time::DAY_SECONDS;
use rulebank::{AmountKind, Comparison, DetectorSpec, ParamKind, ParamSpec, Subject};

use crate::compile::{Compiler, integer};
use crate::coverage::Population;
use crate::finding::{AmountBasis, Finding, KeyPart, RuleIx, Value};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::Out;
use crate::visited::{Visited, stays_of};

const IN_WINDOW: Comparison = Comparison::new(0, "a stay begins after the window opens");
const ENOUGH_STAYS: Comparison = Comparison::new(1, "there are at least `stays`");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "frequent_stays",
    params: &[
        ParamSpec {
            name: "days",
            doc: "Length of the window that ends with the begin of a stay, in days of 24 hours.",
            kind: ParamKind::Integer { min: 1, max: 3650 },
            default: "90",
        },
        ParamSpec {
            name: "stays",
            doc: "Stays that begin in the window, this one counted, from which it is told.",
            kind: ParamKind::Integer { min: 2, max: 1000 },
            default: "4",
        },
    ],
    values: &["stays", "days"],
    comparisons: &[IN_WINDOW, ENOUGH_STAYS],
    subject: Subject::Always("visit"),
    keys: &[&["mdtrt_id"]],
    amount: Some(AmountKind::FundOfVisits),
    near: super::STAYS,
    population: Some(Population::Stay),
    ..DetectorSpec::BARE
};

/// A rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FrequentRule {
    rule: RuleIx,
    days: i64,
    stays: i64,
}
/// All of them.
pub type Rules = Vec<FrequentRule>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    let rules = compiler.rules_of(SPEC.name).into_iter();
    rules
        .map(|(rule, text)| FrequentRule {
            rule,
            days: integer(&text, "days"),
            stays: integer(&text, "stays"),
        })
        .collect()
}

/// Judges the stays of one person, each with those that began in the window before it.
pub fn judge(arena: &Arena, bank: &Policy, rules: &Rules, visits: &[Visited], sink: &mut Sink) {
    let least = rules.iter().map(|rule| rule.stays).min().unwrap_or(i64::MAX);
    let stays = stays_of(arena, visits);
    // Bent by one, `at least` means `more than`.
    if i64::try_from(stays.len()).unwrap_or(i64::MAX) < least {
        return;
    }
    for stay in &stays {
        for rule in rules {
            let opens = stay.visit.begin - rule.days * DAY_SECONDS;
            let within = |other: &&&Visited| {
                bank.over(IN_WINDOW, other.visit.begin, opens) && other.visit.begin <= stay.visit.begin
            };
            let those: Vec<&&Visited> = stays.iter().filter(within).collect();
            let count = i64::try_from(those.len()).unwrap_or(i64::MAX);
            if !bank.reaches(ENOUGH_STAYS, count, rule.stays) {
                continue;
            }
            sink.emit(Out::Finding(Box::new(Finding {
                rule: rule.rule,
                verdict: bank.verdict(rule.rule, false),
                key: vec![KeyPart::Text(stay.visit.id)],
                institution: stay.visit.institution,
                evidence: those.iter().map(|other| other.row).collect(),
                occurred: those.iter().map(|other| other.visit.event_time()).max().unwrap_or(i64::MIN),
                amount_basis: AmountBasis::Fund(vec![stay.visit.id]),
                values: vec![Value::Int(count), Value::Int(rule.days)],
            })));
        }
    }
}
