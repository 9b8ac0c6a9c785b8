//! What happened to alerts: a line of `events.ndjson`.

use serde::{Deserialize, Serialize};

use crate::alert::Alert;
use crate::text::Keyword;

/// A line of `events.ndjson`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// `raised`, `changed` or `withdrawn`; of the live service also `aged`.
    pub event: Keyword,
    /// The tick at whose end it was known.
    pub tick: u64,
    /// The changes that led to it.
    pub cause: Vec<Cause>,
    /// The alert; of a withdrawn one as it last stood.
    pub alert: Alert,
}

/// The name of a change: kind, key, rev.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cause {
    /// Kind of record, or `now`, `rule`, `table`, `exemption`, `retention`.
    pub kind: Keyword,
    /// Key, its parts joined by `/`.
    pub key: String,
    /// Revision at the source.
    pub rev: Option<u64>,
}

/// An event without its alert, as the history of one alert lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// `raised`, `changed` or `withdrawn`; of the live service also `aged`.
    pub event: Keyword,
    /// The tick at whose end it was known.
    pub tick: u64,
    /// The changes that led to it.
    pub cause: Vec<Cause>,
}

/// Of a line of `events.ndjson` only what names it and what is shown of it; the alert is not built.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct EventHead {
    /// `raised`, `changed` or `withdrawn`; of the live service also `aged`.
    pub event: Keyword,
    /// The tick at whose end it was known.
    pub tick: u64,
    /// The changes that led to it.
    pub cause: Vec<Cause>,
    /// The alert's id.
    pub alert: AlertIdOnly,
}

/// The id of an alert, read without the rest of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AlertIdOnly {
    /// The alert.
    pub alert_id: String,
}

impl EventHead {
    /// What a history lists of it.
    pub fn entry(self) -> HistoryEntry {
        HistoryEntry { event: self.event, tick: self.tick, cause: self.cause }
    }
}
