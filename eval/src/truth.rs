//! What is true of alerts: the lines that the simulator wrote down, or decisions that came back.
//!
//! The simulator's truth is complete: an alert whose rule and key it names is right, every other alert of the run is
//! a false alarm, and what it names and nobody raised was missed. Decisions (`label` records) are not complete: what
//! nobody decided is unknown, and unknown is not wrong. [`labels`] joins them to alerts.

pub mod labels;

use std::collections::BTreeMap;

use selection::outcome::{Alert, Fen, Owners};
use selection::value::InvalidValue;
use serde::Deserialize;

use labels::Labels;

/// A line of the simulator's `truth.ndjson`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Planted {
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

/// What alerts are held against.
#[derive(Clone, Debug)]
pub enum Truth {
    /// All that was planted: the rest is false.
    Planted(Plantings),
    /// Decisions: the rest is unknown.
    Labels(Labels),
}

/// What is true of one alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is right; the number says by which line or label.
    Right(usize),
    /// It is wrong: nothing was planted there, or the label of this number denies it.
    Wrong(Option<usize>),
    /// Nobody knows.
    Unknown(Unknown),
}

/// Why nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unknown {
    /// No label speaks of it.
    Unlabelled,
    /// A label speaks of it and is too young to count.
    Young,
    /// A label speaks of it and leaves it open.
    Undecided,
}

/// A true thing: a line of the truth, or a label that confirms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thing {
    /// The affair.
    pub case_id: String,
    /// Its scheme, where one is stated.
    pub scheme: Option<String>,
    /// The rule that should see it, where one is known.
    pub rule: Option<String>,
    /// Where it happened.
    pub institutions: Vec<String>,
    /// What it comes to, fen.
    pub amount: i64,
}

/// The lines of a complete truth.
#[derive(Clone, Debug, Default)]
pub struct Plantings {
    /// The lines, in their order.
    pub things: Vec<Thing>,
    by_finding: BTreeMap<String, BTreeMap<Vec<String>, usize>>,
}

impl Plantings {
    /// Takes a line.
    ///
    /// # Errors
    /// It names a finding that an earlier line named.
    pub fn add(&mut self, line: Planted) -> Result<(), InvalidValue> {
        let amount = line.amount.fen();
        let of_rule = self.by_finding.entry(line.rule.clone()).or_default();
        if of_rule.insert(line.key.clone(), self.things.len()).is_some() {
            return Err(InvalidValue(format!("{} {} stands in it twice", line.rule, line.key.join(" "))));
        }
        self.things.push(Thing {
            case_id: line.case_id,
            scheme: Some(line.scheme),
            rule: Some(line.rule),
            institutions: line.institutions,
            amount,
        });
        Ok(())
    }

    fn find(&self, alert: &Alert) -> Option<usize> {
        self.by_finding.get(&alert.rule)?.get(&alert.key).copied()
    }
}

impl Truth {
    /// What is true of an alert, with what its label says of others remembered.
    ///
    /// # Errors
    /// A value of the alert cannot be read.
    pub fn judge(&mut self, alert: &Alert, owners: &Owners) -> Result<Standing, InvalidValue> {
        match self {
            Truth::Planted(plantings) => Ok(match plantings.find(alert) {
                Some(line) => Standing::Right(line),
                None => Standing::Wrong(None),
            }),
            Truth::Labels(labels) => labels.judge(alert, owners),
        }
    }

    /// The planted thing that an alert names.
    pub fn names(&self, alert: &Alert) -> Option<usize> {
        match self {
            Truth::Planted(plantings) => plantings.find(alert),
            Truth::Labels(_) => None,
        }
    }

    /// The lines, or the labels that confirm something.
    pub fn things(&self) -> &[Thing] {
        match self {
            Truth::Planted(plantings) => &plantings.things,
            Truth::Labels(labels) => labels.things(),
        }
    }
}
