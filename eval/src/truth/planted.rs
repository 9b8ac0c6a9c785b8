//! The simulator's truth, which is complete: every finding that should be raised, by rule and key.
//!
//! A line names one finding; a case has one or several of them. What no line names is a false alarm.

use std::collections::BTreeMap;

use selection::value::InvalidValue;
use serde::Deserialize;
use wire::{Alert, Fen};

use super::finding::TrueFinding;

/// A line of the simulator's `truth.ndjson`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TruthLine {
    /// The affair; several lines of a compound scheme share it.
    pub case_id: String,
    /// Its scheme.
    pub scheme: String,
    /// The rule that should see it.
    pub rule: String,
    /// Under which key.
    pub key: Vec<String>,
    /// Where it happened.
    pub institutions: Vec<String>,
    /// What the alert should come to, yuan.
    pub amount: Fen,
}

/// The lines of a complete truth.
#[derive(Clone, Debug, Default)]
pub struct PlantedTruth {
    /// The lines, in their order.
    pub findings: Vec<TrueFinding>,
    by_finding: BTreeMap<String, BTreeMap<Vec<String>, usize>>,
}

impl PlantedTruth {
    /// Takes a line.
    ///
    /// # Errors
    /// It names a finding that an earlier line named.
    pub fn add(&mut self, line: TruthLine) -> Result<(), InvalidValue> {
        let amount = line.amount.fen();
        let of_rule = self.by_finding.entry(line.rule.clone()).or_default();
        if of_rule.insert(line.key.clone(), self.findings.len()).is_some() {
            return Err(InvalidValue(format!("{} {} stands in it twice", line.rule, line.key.join(" "))));
        }
        self.findings.push(TrueFinding {
            case_id: line.case_id,
            scheme: Some(line.scheme),
            rule: Some(line.rule),
            institutions: line.institutions,
            amount,
        });
        Ok(())
    }

    pub(super) fn find(&self, alert: &Alert) -> Option<usize> {
        self.by_finding.get(&alert.rule)?.get(&alert.key).copied()
    }
}
