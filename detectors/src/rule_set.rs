//! The rules that a running dataflow has numbers for: those of every bank that it will ever be given.
//!
//! A rule's number is its place here, and it stays the same while the dataflow runs: findings carry it, and money
//! is taken in its order. So a dataflow that shall go from one bank to another starts on the rules of both. A rule
//! that judges in one of them only is *disabled* in the other: it has its number, no detector compiles it, and
//! it judges nothing. Where detector, verdict, severity or status of a rule differ, it has an entry for each, side by
//! side, and at most one of them is enabled. So a change of rules is an ordinary change of what detectors read.
//!
//! Active and shadow rules judge; draft and retired ones have no entry. Whether an entry is of a shadow rule is the same
//! in every bank, as its weight is: what shadow rules find is told from what active ones find by the number alone.

use std::sync::Arc;

use rulebank::{Bank, Rule, Severity, Status, Verdict};

use crate::detector::outlier;
use crate::policy::RuleIx;

/// A list of rules, by id.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleSet {
    rules: Vec<Arc<Rule>>,
}

/// What findings and their order rest on: it is the same for one entry in every bank.
fn shape(rule: &Rule) -> (&str, &str, Verdict, Severity, Status) {
    (&rule.id, &rule.detector, rule.verdict, rule.severity, rule.status)
}

impl RuleSet {
    /// The rules of these banks that judge.
    pub fn of(banks: &[&Bank]) -> RuleSet {
        let mut rules: Vec<Arc<Rule>> = Vec::new();
        for rule in banks.iter().flat_map(|bank| judging(bank)) {
            if !rules.iter().any(|known| shape(known) == shape(rule)) {
                rules.push(Arc::new(rule.clone()));
            }
        }
        // Stable: of two entries of one id, that of the earlier bank stands first.
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        RuleSet { rules }
    }

    /// Whether any rule asks a model, so that profiles have to be complete at the end.
    pub fn asks_models(&self) -> bool {
        self.rules.iter().any(|rule| rule.detector == outlier::SPEC.name)
    }

    /// The rules of a bank in their places, and which of them are enabled; in the place of a disabled one stands the
    /// rule as another bank has it. `None` if the bank has a rule that judges and is not here.
    pub fn slots(&self, bank: &Bank) -> Option<(Vec<Arc<Rule>>, Vec<bool>)> {
        let (mut rules, mut enabled) = (self.rules.clone(), vec![false; self.rules.len()]);
        for rule in judging(bank) {
            let slot = self.rules.iter().position(|known| shape(known) == shape(rule))?;
            rules[slot] = Arc::new(rule.clone());
            enabled[slot] = true;
        }
        Some((rules, enabled))
    }
}

fn judging(bank: &Bank) -> impl Iterator<Item = &Rule> {
    bank.rules.iter().filter(|rule| matches!(rule.status, Status::Active | Status::Shadow))
}

/// The number of the first entry with the id of this one.
pub fn first_of_id(rules: &[Arc<Rule>], number: RuleIx) -> RuleIx {
    let id = &rules[usize::from(number)].id;
    (0..number).rev().take_while(|other| rules[usize::from(*other)].id == *id).last().unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detector::SPECS;

    #[test]
    fn a_rule_that_weighs_otherwise_has_two_seats_and_is_awake_in_one() {
        let bank = rulebank::load(None, SPECS).unwrap();
        let mut other = bank.clone();
        let weighs = bank.rules.iter().position(|rule| rule.severity == Severity::High).unwrap();
        other.rules[weighs].severity = Severity::Low;
        other.rules[weighs + 1].status = Status::Retired;
        let rule_set = RuleSet::of(&[&bank, &other]);
        assert_eq!(rule_set.rules.len(), bank.rules.len() + 1);
        let (old, old_awake) = rule_set.slots(&bank).unwrap();
        let (new, new_awake) = rule_set.slots(&other).unwrap();
        let slot = old.iter().position(|rule| rule.id == bank.rules[weighs].id).unwrap();
        assert_eq!((old_awake[slot], old_awake[slot + 1], old_awake[slot + 2]), (true, false, true));
        assert_eq!((new_awake[slot], new_awake[slot + 1], new_awake[slot + 2]), (false, true, false));
        assert_eq!(new[slot + 1].severity, Severity::Low);
        let number = RuleIx::try_from(slot).unwrap();
        assert_eq!(first_of_id(&new, number + 1), number);
        assert_eq!(first_of_id(&new, number + 2), number + 2);
        assert!(RuleSet::of(&[&other]).slots(&bank).is_none(), "it lacks a rule");
    }

    #[test]
    fn a_shadow_rule_has_a_seat_of_its_own() {
        let bank = rulebank::load(None, SPECS).unwrap();
        let mut other = bank.clone();
        other.rules[3].status = Status::Shadow;
        let rule_set = RuleSet::of(&[&bank, &other]);
        assert_eq!(rule_set.rules.len(), bank.rules.len() + 1);
        let ((_, active), (rules, shadow)) =
            (rule_set.slots(&bank).unwrap(), rule_set.slots(&other).unwrap());
        assert_eq!((active[3], active[4], shadow[3], shadow[4]), (true, false, false, true));
        assert_eq!((rules[3].status, rules[4].status), (Status::Active, Status::Shadow));
    }
}
