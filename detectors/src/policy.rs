//! The rules in force, as every judge may read them: which are enabled, their verdicts, how their comparisons read.
//!
//! What a [`Policy`] says is the same for every detector. What a detector compiles for itself, and what decides the
//! class of a visit, is read through [`crate::reads::Reads`], so that it is known which operator reads what.

use std::cmp::Ordering;
use std::sync::Arc;

use rulebank::{Comparison, Rule, Status, Verdict};

/// Number of a rule: its slot in the [`crate::rule_set::RuleSet`] of the dataflow, which is sorted by id.
pub type RuleIx = u16;

/// What judges look at and nobody keeps where no rule asks for it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Keeps {
    /// Days of stays on which something was charged.
    pub bed_days: bool,
    /// Days on which items were used and bought.
    pub days_of_use: bool,
    /// Sums of what institutions and practitioners did in a month.
    pub months: bool,
}

/// The rules in force.
#[derive(Debug, PartialEq)]
pub struct Policy {
    /// The rules of the rule set, by id.
    pub rules: Vec<Arc<Rule>>,
    /// Of each of them, whether it judges in this bank, active or in the shadow: a disabled one judges nothing.
    pub(crate) enabled: Vec<bool>,
    /// What is kept for rules of the rule set, disabled ones too: when one is enabled, it need not be gathered first.
    pub keeps: Keeps,
    /// The comparison that reads the other way at equality: only where cases are tried.
    pub(crate) mutated: Option<u8>,
}

impl Policy {
    /// Whether the rule of this number judges in this bank, active or in the shadow.
    pub fn is_enabled(&self, rule: RuleIx) -> bool {
        self.enabled[usize::from(rule)]
    }

    /// Whether the rule of this number is a shadow rule: what it finds touches nothing of what active rules find. It is
    /// the same in every bank.
    pub fn is_shadow(&self, rule: RuleIx) -> bool {
        self.rules[usize::from(rule)].status == Status::Shadow
    }

    /// The active rules, by id.
    pub fn active(&self) -> impl Iterator<Item = &Arc<Rule>> {
        self.judging().filter(|rule| rule.status == Status::Active)
    }

    /// The shadow rules, by id.
    pub fn shadow(&self) -> impl Iterator<Item = &Arc<Rule>> {
        self.judging().filter(|rule| rule.status == Status::Shadow)
    }

    fn judging(&self) -> impl Iterator<Item = &Arc<Rule>> {
        self.rules.iter().zip(&self.enabled).filter(|(_, enabled)| **enabled).map(|(rule, _)| rule)
    }

    /// The verdict of a finding: the rule's, at most suspect if it rests on somebody's reading alone.
    pub fn verdict(&self, rule: RuleIx, own_reading: bool) -> Verdict {
        let verdict = self.rules[usize::from(rule)].verdict;
        if own_reading { verdict.max(Verdict::Suspect) } else { verdict }
    }

    /// A comparison of a detector: `a > b`.
    #[inline]
    pub fn over<T: Ord>(&self, comparison: Comparison, a: T, b: T) -> bool {
        match a.cmp(&b) {
            Ordering::Greater => true,
            Ordering::Equal => self.mutated == Some(comparison.number()),
            Ordering::Less => false,
        }
    }
    /// A comparison: `a < b`.
    #[inline]
    pub fn below<T: Ord>(&self, comparison: Comparison, a: T, b: T) -> bool {
        self.over(comparison, b, a)
    }
    /// A comparison: `a >= b`.
    #[inline]
    pub fn reaches<T: Ord>(&self, comparison: Comparison, a: T, b: T) -> bool {
        match a.cmp(&b) {
            Ordering::Greater => true,
            Ordering::Equal => self.mutated != Some(comparison.number()),
            Ordering::Less => false,
        }
    }
    /// A comparison: `a <= b`.
    #[inline]
    pub fn within<T: Ord>(&self, comparison: Comparison, a: T, b: T) -> bool {
        self.reaches(comparison, b, a)
    }
    /// A comparison: `a = b`; mutated, it is dropped.
    #[inline]
    pub fn equal<T: PartialEq>(&self, comparison: Comparison, a: T, b: T) -> bool {
        a == b || self.mutated == Some(comparison.number())
    }
    /// A comparison: `a` is not `b`; mutated, it is dropped.
    #[inline]
    pub fn differ<T: PartialEq>(&self, comparison: Comparison, a: T, b: T) -> bool {
        a != b || self.mutated == Some(comparison.number())
    }
}
