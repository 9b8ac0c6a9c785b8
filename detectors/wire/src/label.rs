//! Decisions that came back: a line of `labels.ndjson`.

use serde::{Deserialize, Serialize};

use crate::money::Fen;

/// A line of `labels.ndjson`: a decision that stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// The case at the source.
    pub case_id: String,
    /// What was decided about: `alert`, `institution`, `person` and so on.
    pub subject_type: String,
    /// Its id.
    pub subject_id: String,
    /// First day that the decision is about, `YYYY-MM-DD`.
    pub period_begin: Option<String>,
    /// Last day that it is about.
    pub period_end: Option<String>,
    /// The scheme that was found.
    pub scheme: Option<String>,
    /// `confirmed`, `partly` or another of the contract's list.
    pub decision: String,
    /// What is recovered, yuan.
    pub amount: Option<Fen>,
    /// When, `YYYY-MM-DD HH:MM:SS`.
    pub decided_at: String,
    /// Who decided.
    pub source: Option<String>,
}
