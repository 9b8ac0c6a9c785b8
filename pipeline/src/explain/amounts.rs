//! How the amount of a rule's alerts comes about, in a sentence (contract section 5, column *amount*).

use detectors::detector;
use rulebank::{AmountKind, Rule};

/// Chinese and English, or nothing for a rule whose alerts carry no money.
pub fn sentence(rule: &Rule) -> Option<(&'static str, &'static str)> {
    detector::spec(&rule.detector)?.amount.map(AmountKind::sentence)
}
