//! What a run left, as those read it who judge: its alerts, whose they are, the institutions, what arrived from them,
//! and the decisions that came back.
//!
//! Each struct is a line of one file of the run's folder, as `docs/outputs.md` describes them. Who reads the files is
//! outside of this room.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A line of `alerts.ndjson`, as it is read back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each field is the contract's field of its name")]
pub struct Alert {
    pub alert_id: String,
    pub rule: String,
    pub rule_version: String,
    pub key: Vec<String>,
    pub family: String,
    pub phase: String,
    pub verdict: String,
    pub severity: String,
    pub subject: Subject,
    pub institution: Option<String>,
    pub occurred: String,
    pub amount: String,
    pub counted_amount: String,
    pub evidence: Vec<Record>,
    pub message: Both,
    pub basis: Vec<String>,
    pub exempted_by: Option<String>,
}

/// The first record or thing of a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each field is the contract's field of its name")]
pub struct Subject {
    pub r#type: String,
    pub id: String,
}

/// A record by kind and key; parts of a key joined by `/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each field is the contract's field of its name")]
pub struct Record {
    pub kind: String,
    pub key: String,
}

/// A text in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Both {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// A line of `owners.ndjson`: to whom an alert's money goes. Line n belongs to line n of `alerts.ndjson`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owners {
    /// The alert.
    pub alert_id: String,
    /// Institutions of the records its amount is laid on; with 0 those of its evidence. Sorted by id.
    pub institutions: Vec<Share>,
    /// Practitioners of those records: `dr_codg` of the record, else of its visit or prescription.
    pub practitioners: Vec<Share>,
    /// Persons of those records.
    pub persons: Vec<Share>,
}

/// One owner's share of an alert's money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// fixmedins_code, prac_psn_code or psn_no.
    pub id: String,
    /// What the amount laid on the owner's records, yuan.
    pub amount: String,
    /// What was taken of them, yuan; the shares of an alert add up to its counted amount.
    pub counted_amount: String,
}

/// A line of `institutions.ndjson`: every institution that stands or that a standing record names, sorted by code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each field is the contract's field of its name")]
pub struct Institution {
    pub fixmedins_code: String,
    pub fixmedins_name: Option<String>,
    /// `1` medical, `2` pharmacy, `3` care agency; none where the record does not stand.
    pub fixmedins_type: Option<String>,
    pub hosp_lv: Option<String>,
    pub admdvs: Option<String>,
    pub beds: Option<i64>,
    /// What it turned over, by month `YYYY-MM`.
    pub months: BTreeMap<String, Turnover>,
}

/// What was settled with an institution in a month: live settlements by the month of their setl_time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turnover {
    /// Live settlements.
    pub settlements: i64,
    /// Their fund_pay_sumamt, yuan.
    pub fund_pay_sumamt: String,
}

/// A line of `coverage_by_institution.ndjson`: what arrived from an institution in a month, and what could not be
/// judged there. Sorted by code, then month; every institution has a line for every month from which anything came of
/// anybody, for silence is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
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

/// A line of `labels.ndjson`: a standing decision.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each field is the contract's field of its name")]
pub struct Label {
    pub case_id: String,
    pub subject_type: String,
    pub subject_id: String,
    pub period_begin: Option<String>,
    pub period_end: Option<String>,
    pub scheme: Option<String>,
    pub decision: String,
    pub amount: Option<String>,
    pub decided_at: String,
    pub source: Option<String>,
}
