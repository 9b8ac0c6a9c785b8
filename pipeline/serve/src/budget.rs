//! The alert budget: how many alerts of a rule are fed on a day. What is beyond waits in the rule's queue, and is fed
//! when there is room: on another day, or under a larger budget.
//!
//! A queue is ordered by expected money: the counted amount, weighed by the chance that the rule's file states for a
//! finding of its verdict. How often the rule as a whole was confirmed is one factor for all of its queue, and changes
//! nothing of the order. This file decides and counts; where alerts stand is the store's.

use std::collections::BTreeMap;
use std::sync::Arc;

use records::row::Day;
use records::time::{format_date, parse_date};
use rulebank::{Rule, Verdict};
use serde::{Deserialize, Serialize};
use wire::Alert;

/// Under this name it is noted how much of the day's budgets is used up.
pub(crate) const NOTE: &str = "budget";

/// `[alerts]` of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlertsConfig {
    /// How many alerts of a rule are fed on a day; a budget in the rule's file goes before. None: all.
    pub budget: Option<u64>,
    /// Whether definite alerts are held as the others are; if not, they are fed at once and use up nothing.
    pub hold_definite: bool,
}

impl Default for AlertsConfig {
    fn default() -> AlertsConfig {
        AlertsConfig { budget: None, hold_definite: true }
    }
}

impl AlertsConfig {
    /// The budget of a rule, if it has one.
    pub(crate) fn budget_of(&self, rule: Option<&Rule>) -> Option<u64> {
        rule.and_then(|rule| rule.alert_budget).or(self.budget)
    }
}

/// How much of a day's budgets is used up, as it is noted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Spent {
    /// The day, `YYYY-MM-DD` in China.
    pub(crate) day: String,
    /// Alerts that were fed on it, by rule; only of rules that have a budget.
    pub(crate) fed: BTreeMap<String, u64>,
}

/// Budgets, and what is used up of them.
#[derive(Debug)]
pub(crate) struct Budget {
    config: AlertsConfig,
    rules: BTreeMap<String, Arc<Rule>>,
    day: Day,
    fed: BTreeMap<String, u64>,
    /// Alerts that are held, by rule; only of rules that hold any.
    held: BTreeMap<String, u64>,
    is_noted: bool,
}

impl Budget {
    /// Nothing is used up, and nothing held.
    pub(crate) fn new(config: AlertsConfig) -> Budget {
        Budget {
            config,
            rules: BTreeMap::new(),
            day: Day::MIN,
            fed: BTreeMap::new(),
            held: BTreeMap::new(),
            is_noted: true,
        }
    }

    /// Goes on where a note was written, with so many alerts held by rule.
    pub(crate) fn resume(&mut self, noted: Option<Spent>, held: BTreeMap<String, u64>) {
        if let Some(Spent { day, fed }) = noted {
            (self.day, self.fed) = (parse_date(&day).unwrap_or(Day::MIN), fed);
        }
        self.held = held;
        self.held.retain(|_, count| *count > 0);
    }

    /// The active rules are these.
    pub(crate) fn set_rules(&mut self, rules: Vec<Arc<Rule>>) {
        self.rules = rules.into_iter().map(|rule| (rule.id.clone(), rule)).collect();
    }

    /// It is this day: on a later one than before nothing is used up. A clock that goes back gives nothing.
    pub(crate) fn turn(&mut self, day: Day) {
        if day > self.day {
            (self.day, self.is_noted) = (day, self.is_noted && self.fed.is_empty());
            self.fed.clear();
        }
    }

    fn limit(&self, rule: &str) -> Option<u64> {
        self.config.budget_of(self.rules.get(rule).map(Arc::as_ref))
    }

    /// Whether an alert needs room to be fed.
    pub(crate) fn counts(&self, alert: &Alert) -> bool {
        self.limit(&alert.rule).is_some() && (self.config.hold_definite || alert.verdict != "definite")
    }

    /// How many alerts of a rule can be fed yet; none of a rule that is not active, whose alerts are about to go.
    pub(crate) fn room(&self, rule: &str) -> u64 {
        if !self.rules.contains_key(rule) {
            return 0;
        }
        let fed = self.fed.get(rule).copied().unwrap_or(0);
        self.limit(rule).map_or(u64::MAX, |limit| limit.saturating_sub(fed))
    }

    /// The place of an alert in the queue of its rule: the smallest is fed first.
    pub(crate) fn rank(&self, alert: &Alert) -> u64 {
        let verdict = match &*alert.verdict {
            "definite" => Verdict::Definite,
            "suspect" => Verdict::Suspect,
            _ => Verdict::Indicator,
        };
        let chance = self.rules.get(&alert.rule).map_or(1.0, |rule| rule.confirmed.prior(verdict));
        rank_of(expected(alert.counted_amount.fen(), chance))
    }

    /// An alert was fed.
    pub(crate) fn feed(&mut self, rule: &str) {
        if self.limit(rule).is_some() {
            *self.fed.entry(rule.to_owned()).or_default() += 1;
            self.is_noted = false;
        }
    }

    /// An alert is held from now on.
    pub(crate) fn hold(&mut self, rule: &str) {
        *self.held.entry(rule.to_owned()).or_default() += 1;
    }

    /// An alert is held no more.
    pub(crate) fn leave(&mut self, rule: &str) {
        if let Some(count) = self.held.get_mut(rule) {
            *count = count.saturating_sub(1);
        }
        self.held.retain(|_, count| *count > 0);
    }

    /// How many alerts of a rule are held.
    pub(crate) fn held(&self, rule: &str) -> u64 {
        self.held.get(rule).copied().unwrap_or(0)
    }

    /// The rules of which alerts are held.
    pub(crate) fn holding(&self) -> impl Iterator<Item = &String> {
        self.held.keys()
    }

    /// Whether an alert that is held can be fed.
    pub(crate) fn has_room(&self) -> bool {
        self.held.keys().any(|rule| self.room(rule) > 0)
    }

    /// What is to be noted, if it is not what was noted last.
    pub(crate) fn take_note(&mut self) -> Option<Spent> {
        if std::mem::replace(&mut self.is_noted, true) {
            return None;
        }
        Some(Spent { day: format_date(self.day), fed: self.fed.clone() })
    }
}

/// Money that can be expected of an amount in fen, in thousandths of a fen.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a chance is 0 to 1")]
fn expected(counted: i64, chance: f64) -> u64 {
    let thousandths = (chance * 1_000.0).round() as u64;
    u64::try_from(counted.max(0)).unwrap_or(0).saturating_mul(thousandths)
}

fn rank_of(expected: u64) -> u64 {
    u64::MAX - expected
}

/// The money, in fen, that is expected of an alert of this rank.
pub(crate) fn expected_of(rank: u64) -> i64 {
    i64::try_from((u64::MAX - rank) / 1_000).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::{Fen, Keyword};

    fn alert(rule: &str, verdict: &'static str, counted: i64) -> Alert {
        Alert {
            rule: rule.to_owned(),
            verdict: Keyword::Borrowed(verdict),
            counted_amount: Fen(counted),
            ..Alert::default()
        }
    }

    fn budget(config: AlertsConfig, own: Option<u64>) -> Budget {
        let bank = rulebank::load(None, detectors::detector::SPECS).unwrap();
        let mut budget = Budget::new(config);
        let rules = bank.rules.into_iter().map(|rule| match rule.id.as_str() {
            "A01" => Arc::new(Rule { alert_budget: own, ..rule }),
            _ => Arc::new(rule),
        });
        budget.set_rules(rules.collect());
        budget
    }

    #[test]
    fn a_day_has_its_budget_and_the_next_one_another() {
        let mut of = budget(AlertsConfig { budget: Some(2), ..AlertsConfig::default() }, Some(1));
        of.turn(10);
        assert_eq!((of.room("A01"), of.room("A02")), (1, 2));
        of.feed("A01");
        of.feed("A02");
        of.hold("A01");
        assert_eq!((of.room("A01"), of.room("A02"), of.has_room()), (0, 1, false));
        // What is noted is what another process goes on with.
        let (noted, held) = (of.take_note(), [("A01".to_owned(), 1)].into());
        assert_eq!(of.take_note(), None);
        let mut again = budget(AlertsConfig { budget: Some(2), ..AlertsConfig::default() }, Some(1));
        again.resume(noted, held);
        again.turn(9);
        assert_eq!((again.room("A01"), again.room("A02"), again.held("A01")), (0, 1, 1));
        again.turn(11);
        assert!(again.has_room() && again.room("A01") == 1);
        again.leave("A01");
        assert!(!again.has_room() && again.holding().next().is_none());
        assert_eq!(again.take_note().map(|note| note.fed.len()), Some(0));
    }

    #[test]
    fn no_budget_is_no_bound_and_nothing_is_noted_of_it() {
        let mut of = budget(AlertsConfig::default(), Some(0));
        of.turn(10);
        let free = alert("A02", "suspect", 5);
        assert!(!of.counts(&free) && of.counts(&alert("A01", "definite", 5)));
        assert_eq!((of.room("A02"), of.room("A01")), (u64::MAX, 0));
        of.feed("A02");
        assert_eq!(of.take_note(), None);
        let of = budget(AlertsConfig { budget: Some(1), hold_definite: false }, None);
        assert!(of.counts(&free) && !of.counts(&alert("A01", "definite", 5)));
    }

    #[test]
    fn a_queue_is_ordered_by_expected_money() {
        let of = budget(AlertsConfig::default(), None);
        let rank = |verdict, counted| of.rank(&alert("G02", verdict, counted));
        assert!(rank("suspect", 200) < rank("suspect", 100));
        // An indicator is confirmed less often, as the rule's file has it.
        assert!(rank("suspect", 200) < rank("indicator", 900));
        assert!(rank("indicator", 9_000) < rank("suspect", 200));
        assert_eq!(rank("suspect", -5), u64::MAX);
        assert_eq!(expected_of(rank_of(expected(12_345, 0.8))), 9_876);
        assert!(rank("suspect", i64::MAX) <= rank("suspect", i64::MAX - 1));
    }
}
