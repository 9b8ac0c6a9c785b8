//! What was judged and what was not: `coverage.json` and a line of `coverage_by_institution.ndjson`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::text::Keyword;

/// Coverage of one rule; `coverage.json` has one for each, by rule id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleCoverage {
    /// Subjects judged.
    pub judged: i64,
    /// Those without an alert.
    pub clean: i64,
    /// The rule's alerts.
    pub found: i64,
    /// Subjects not judged, by reason.
    pub not_judged: BTreeMap<Keyword, i64>,
    /// Of a rule over a table, those of the judged of which some valid row speaks: where there are none, the table speaks
    /// of nothing in the data, and the others are not clean but were not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applicable: Option<i64>,
}

/// A line of `coverage_by_institution.ndjson`: what arrived from an institution in a month, and what could not be
/// judged there. Sorted by code, then month; every institution has a line for every month from which anything came of
/// anybody, so that silence shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstitutionCoverage {
    /// The institution.
    pub fixmedins_code: String,
    /// `YYYY-MM`.
    pub month: String,
    /// Standing records by kind, those kinds that name an institution and have an event time; 0 where none came.
    pub records: BTreeMap<String, i64>,
    /// Kinds an institution of this type is expected to send and that it sent in no month of the run.
    pub never: Vec<String>,
    /// Kinds that it sent in another month, but not in this one.
    pub silent: Vec<String>,
    /// How late standing records came (recv_time less event time), by kind.
    pub late: BTreeMap<String, Lateness>,
    /// Subjects not judged, by rule and reason; a subject belongs to the month of its own time.
    pub not_judged: BTreeMap<String, BTreeMap<String, i64>>,
}

/// How late records came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lateness {
    /// Within a day of the event.
    pub within_1d: i64,
    /// Within three days, but not one.
    pub within_3d: i64,
    /// Within seven days, but not three.
    pub within_7d: i64,
    /// Later.
    pub over_7d: i64,
    /// No recv_time was sent.
    pub unknown: i64,
}
