//! How far back rules look: which records must be at hand so that what happens from a day on is judged as if all were.
//!
//! A detector states it by kind ([`crate::DetectorSpec::looks_back`]), from the parameters and rows of a rule. A record
//! of the visit that is judged is always at hand, and so is what belongs to no time: persons, institutions, enrolments.
//! Where a detector looks back without end, the file of a rule may state a bound (`looks_back_days`).

use std::collections::BTreeMap;

use records::Kind;

use crate::{Bank, Param, Rule, Status, Tables};

/// How far back, counted from the day that is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// So many days.
    Days(i64),
    /// To the first record there is.
    Ever,
}

/// What a detector states for a rule: kinds of records, each with how far back they are looked at.
pub type LooksBack = fn(&Rule, &Tables) -> Vec<(Kind, Reach)>;

/// Nothing beyond the visit that is judged.
pub fn visit_alone(_: &Rule, _: &Tables) -> Vec<(Kind, Reach)> {
    Vec::new()
}

/// The days that an integer parameter of a rule states; 0 if there is none of that name.
pub fn days_of(rule: &Rule, parameter: &str) -> Reach {
    match rule.params.get(parameter) {
        Some(Param::Integer(days)) => Reach::Days(*days),
        _ => Reach::Days(0),
    }
}

/// How far back a rule looks, by kind; only kinds beyond the visit that is judged.
///
/// A rule whose detector looks back without end does so for the days that its file states, if it states any.
pub fn of_rule(rule: &Rule, bank: &Bank) -> BTreeMap<Kind, Reach> {
    let spec = bank.detectors.iter().find(|spec| spec.name == rule.detector);
    let stated = spec.map_or_else(Vec::new, |spec| (spec.looks_back)(rule, &bank.tables));
    let bound = rule.looks_back_days.map_or(Reach::Ever, Reach::Days);
    stated.into_iter().map(|(kind, reach)| (kind, reach.min(bound))).collect()
}

/// How far back the rules of a bank that judge look, by kind: the farthest of them.
pub fn of_bank(bank: &Bank) -> BTreeMap<Kind, Reach> {
    let mut farthest: BTreeMap<Kind, Reach> = BTreeMap::new();
    let judging = bank.rules.iter().filter(|rule| matches!(rule.status, Status::Active | Status::Shadow));
    for (kind, reach) in judging.flat_map(|rule| of_rule(rule, bank)) {
        let known = farthest.entry(kind).or_insert(reach);
        *known = reach.max(*known);
    }
    farthest
}
