//! What comes out: every line and document that `fundwatch run`, `list`, `explain` and `rules diff` write.
//!
//! Each is one struct of this crate, and the bytes are written and read through that struct alone: a field is added
//! here, once, and its JSON Schema follows ([`schema`]).
//! Money is a [`Fen`], which is text with two places outside and an integer inside; an amount that is none is an error
//! with its file and line ([`LineReader`]), never a zero.
//! The crate knows no engine, no file layout beyond names of files, and no wording.
//!
//! ```
//! use wire::{Fen, Share};
//!
//! let share = Share { id: "H1".to_owned(), amount: Fen(1_250), counted_amount: Fen(0) };
//! let line = serde_json::to_string(&share)?;
//! assert_eq!(line, r#"{"id":"H1","amount":"12.50","counted_amount":"0.00"}"#);
//! assert_eq!(serde_json::from_str::<Share>(&line)?, share);
//! # Ok::<(), serde_json::Error>(())
//! ```

pub mod alert;
pub mod coverage;
pub mod difference;
pub mod event;
pub mod explanation;
pub mod institution;
pub mod kept;
pub mod label;
pub mod list;
pub mod mask;
pub mod money;
pub mod owner;
pub mod read;
pub mod rejected;
pub mod schema;
pub mod summary;
pub mod text;
pub mod visible;

pub use alert::{Alert, AlertRank, RecordName, Subject, alert_id};
pub use coverage::{InstitutionCoverage, Lateness, RuleCoverage};
pub use difference::AlertDifference;
pub use event::{Cause, Event, HistoryEntry};
pub use institution::{Institution, Turnover};
pub use kept::{Fields, KeptFinding, KeptRecord, LaidAmount, RunMeta};
pub use label::Label;
pub use money::{BadAmount, Fen, FenSum};
pub use owner::{Owners, Share};
pub use read::{LineFilter, LineReader, ReadError};
pub use rejected::{Origin, Rejected};
pub use summary::{LineCounts, Summary};
pub use text::{Bilingual, Keyword};

/// The version of all outputs together. It grows when a field goes, is renamed or means something else; a field that
/// is added leaves it as it is.
pub const VERSION: u32 = 1;

/// A line of an NDJSON file that the program writes.
///
/// Only these are written line by line, so that no line has a schema of its own elsewhere.
pub trait Line: serde::Serialize {}

macro_rules! lines {
    ($($line:ty),* $(,)?) => {
        $(impl Line for $line {})*
    };
}

lines!(
    Alert,
    AlertDifference,
    Event,
    Institution,
    InstitutionCoverage,
    KeptFinding,
    KeptRecord,
    Label,
    Owners,
    Rejected,
    list::ListRow,
);

/// Names of the files in a run's folder.
pub mod files {
    /// Alerts that stand, by `alert_id`: [`crate::Alert`].
    pub const ALERTS: &str = "alerts.ndjson";
    /// What happened to alerts, in order: [`crate::Event`].
    pub const EVENTS: &str = "events.ndjson";
    /// What shadow rules find, by `alert_id`: [`crate::Alert`].
    pub const SHADOW: &str = "shadow.ndjson";
    /// Whose money it is, line by line beside the alerts: [`crate::Owners`].
    pub const OWNERS: &str = "owners.ndjson";
    /// Lines that were not accepted: [`crate::Rejected`].
    pub const REJECTED: &str = "rejected.ndjson";
    /// Every institution: [`crate::Institution`].
    pub const INSTITUTIONS: &str = "institutions.ndjson";
    /// What arrived, by institution and month: [`crate::InstitutionCoverage`].
    pub const COVERAGE_BY_INSTITUTION: &str = "coverage_by_institution.ndjson";
    /// Decisions that stand: [`crate::Label`].
    pub const LABELS: &str = "labels.ndjson";
    /// What was judged, by rule: [`crate::RuleCoverage`].
    pub const COVERAGE: &str = "coverage.json";
    /// Counts and sums of the run: [`crate::Summary`].
    pub const SUMMARY: &str = "summary.json";
    /// All files of a run, but those below [`EXPLAIN`].
    pub const OF_A_RUN: [&str; 10] = [
        ALERTS,
        EVENTS,
        SHADOW,
        OWNERS,
        REJECTED,
        INSTITUTIONS,
        COVERAGE_BY_INSTITUTION,
        LABELS,
        COVERAGE,
        SUMMARY,
    ];
    /// The folder of what a run keeps for explaining.
    pub const EXPLAIN: &str = "explain";
    /// *Now* of the run, below [`EXPLAIN`]; every such folder has it: [`crate::RunMeta`].
    pub const RUN: &str = "run.json";
    /// Kept records, below [`EXPLAIN`]: [`crate::KeptRecord`].
    pub const RECORDS: &str = "records.ndjson";
    /// Kept values and money of alerts, below [`EXPLAIN`]: [`crate::KeptFinding`].
    pub const FINDINGS: &str = "findings.ndjson";
    /// The bank that judged, below [`EXPLAIN`].
    pub const BANK: &str = "bank";
}
