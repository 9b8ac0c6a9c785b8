//! What another rule bank does to the alerts of a history: the figures, as a text and as a page.
//!
//! `pipeline` changes the bank of a running dataflow and gives each alert that is different to [`changes`];
//! [`differences`] states what differs between the banks themselves; [`text`] and [`page`] show both.

pub mod changes;
pub mod differences;
pub mod page;
pub mod text;

use std::collections::BTreeMap;
use std::time::Duration;

use rulebank::Text2;

use changes::Changes;
use differences::Difference;

/// The difference between two banks over a history.
pub struct BankDiff {
    /// What the banks are called: as they were given.
    pub names: [String; 2],
    /// Lines that were read, and how many of them were rejected.
    pub lines: [u64; 2],
    /// *Now*, if anything with an event time stands.
    pub now: Option<i64>,
    /// What is different between the banks.
    pub banks: Vec<Difference>,
    /// What is different between the alerts.
    pub changes: Changes,
    /// What is different between what shadow rules find.
    pub shadow: Changes,
    /// What the rules are called.
    pub titles: BTreeMap<String, Text2>,
    /// Alerts that stand under the second bank, by rule, with what they count in fen.
    pub standing: BTreeMap<String, (u64, i128)>,
    /// How long the load took.
    pub load: Duration,
    /// How long the change of the bank took.
    pub change: Duration,
}
