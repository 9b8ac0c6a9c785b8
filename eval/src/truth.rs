//! What is true of alerts: the lines that the simulator wrote down, or decisions that came back.
//!
//! The simulator's truth is complete: an alert whose rule and key it names is right, every other alert of the run is
//! a false alarm, and what it names and nobody raised was missed. Decisions (`label` records) are not complete: what
//! nobody decided is unknown, and unknown is not wrong. [`labels`] joins them to alerts.

mod finding;
pub mod labels;
mod planted;

use selection::value::InvalidValue;
use wire::{Alert, Owners};

pub use finding::{AlertTruth, TrueFinding, UnknownReason};
use labels::Labels;
pub use planted::{PlantedTruth, TruthLine};

/// What alerts are held against.
#[derive(Clone, Debug)]
pub enum Truth {
    /// All that was planted: the rest is false.
    Planted(PlantedTruth),
    /// Decisions: the rest is unknown.
    Labels(Labels),
}

impl Truth {
    /// What is true of an alert; with decisions, its label is noted as used.
    ///
    /// # Errors
    /// A value of the alert cannot be read.
    pub fn judge(&mut self, alert: &Alert, owners: &Owners) -> Result<AlertTruth, InvalidValue> {
        match self {
            Truth::Planted(planted) => Ok(match planted.find(alert) {
                Some(line) => AlertTruth::Right(line),
                None => AlertTruth::Wrong(None),
            }),
            Truth::Labels(labels) => labels.judge(alert, owners),
        }
    }

    /// The planted thing that an alert names.
    pub fn names(&self, alert: &Alert) -> Option<usize> {
        match self {
            Truth::Planted(planted) => planted.find(alert),
            Truth::Labels(_) => None,
        }
    }

    /// The lines, or the labels that confirm something.
    pub fn findings(&self) -> &[TrueFinding] {
        match self {
            Truth::Planted(planted) => &planted.findings,
            Truth::Labels(labels) => labels.findings(),
        }
    }
}
