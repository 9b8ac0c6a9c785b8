//! The chance that a finding of a rule is confirmed: what the rule's owner states, outweighed by decisions as they
//! come back.
//!
//! For a rule with prior *p*, weight *w* and *n* decided findings of which *s* were confirmed (a finding confirmed in
//! part counts its part), the chance is (*p w* + *s*) / (*w* + *n*). Findings that are indicators only have a prior
//! of their own, and only decisions about indicators change it.

use std::collections::BTreeMap;

use rulebank::{Bank, Confirmed, Verdict};
use wire::list::RuleChance;

/// One whole confirmed finding, in the millionths in which decisions are added up.
pub const WHOLE: i64 = 1_000_000;

/// Chances by rule.
#[derive(Clone, Debug, Default)]
pub struct Chances {
    stated: BTreeMap<String, Confirmed>,
    /// Decided findings and their confirmed millionths, by rule and whether they are indicators.
    decided: BTreeMap<(String, bool), (u64, i64)>,
}

impl Chances {
    /// What the rules of a bank state; of a rule that two banks have, the later one is believed.
    pub fn set_stated(&mut self, bank: &Bank) {
        for rule in &bank.rules {
            self.stated.insert(rule.id.clone(), rule.confirmed.clone());
        }
    }

    /// A decision about a finding: the confirmed part of it in millionths.
    pub fn add_decision(&mut self, rule: &str, verdict: Verdict, confirmed: i64) {
        let decided = self.decided.entry((rule.to_owned(), verdict == Verdict::Indicator)).or_default();
        *decided = (decided.0 + 1, decided.1 + confirmed.clamp(0, WHOLE));
    }

    /// The chance that a finding of the rule with this verdict is confirmed.
    pub fn probability(&self, rule: &str, verdict: Verdict) -> f64 {
        self.exact(rule, verdict).chance
    }

    /// The same with what it was made of, to six places, as a list publishes it.
    pub fn published(&self, rule: &str, verdict: Verdict) -> RuleChance {
        let exact = self.exact(rule, verdict);
        RuleChance { chance: (exact.chance * 1e6).round() / 1e6, ..exact }
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of decisions are far below 2^53")]
    fn exact(&self, rule: &str, verdict: Verdict) -> RuleChance {
        let assumed = Confirmed::assumed(verdict);
        let stated = self.stated.get(rule).unwrap_or(&assumed);
        let indicator = verdict == Verdict::Indicator;
        let (decided, millionths) =
            self.decided.get(&(rule.to_owned(), indicator)).copied().unwrap_or_default();
        let (prior, weight) = (stated.prior(verdict), stated.weight());
        let confirmed = millionths as f64 / WHOLE as f64;
        let chance = (prior * f64::from(weight) + confirmed) / (f64::from(weight) + decided as f64);
        RuleChance { rule: rule.to_owned(), indicator, prior, weight, decided, confirmed, chance }
    }
}

/// A verdict as alerts write it; what is none is taken for the weakest.
pub fn verdict(text: &str) -> Verdict {
    Verdict::from_code(text).unwrap_or(Verdict::Indicator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_outweigh_what_was_stated() {
        let mut chances = Chances::default();
        assert_eq!(chances.probability("R", Verdict::Definite), 0.8);
        for _ in 0..20 {
            chances.add_decision("R", Verdict::Definite, 0);
        }
        assert_eq!(chances.probability("R", Verdict::Definite), 0.4);
        chances.add_decision("R", Verdict::Indicator, WHOLE / 2);
        assert_eq!(chances.probability("R", Verdict::Indicator), (0.1 * 20.0 + 0.5) / 21.0);
        assert_eq!(chances.probability("R", Verdict::Definite), 0.4);
    }
}
