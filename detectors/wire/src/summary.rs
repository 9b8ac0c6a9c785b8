//! Counts and sums of a run: `summary.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

use crate::money::FenSum;

/// `summary.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Lines by kind of record, those of unknown kind under `?`.
    #[serde(serialize_with = "by_name")]
    pub r#in: BTreeMap<String, LineCounts>,
    /// All lines.
    pub total: LineCounts,
    /// *Now* at the end of the run, `YYYY-MM-DD HH:MM:SS`.
    #[serde(default)]
    pub now: Option<String>,
    /// The record that *now* comes from; none where it was set, or where no record has a time that counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now_from: Option<DatedRecord>,
    /// Records that are dated later than the day after that of the run, which do not move *now*.
    #[serde(default)]
    pub future: FutureRecords,
    /// Files in the order in which they were read.
    #[serde(default)]
    pub files: Vec<FileCounts>,
    /// What was found in a folder and not read.
    #[serde(default)]
    pub skipped: Vec<SkippedPath>,
    /// Alerts that stand, by rule.
    pub out: BTreeMap<String, u64>,
    /// What shadow rules find, by rule: the lines of `shadow.ndjson`.
    #[serde(default)]
    pub shadow: BTreeMap<String, u64>,
    /// Money of the alerts that stand.
    pub money: MoneySums,
    /// What exemptions let off, by rule.
    pub exempted: BTreeMap<String, ExemptedSum>,
    /// Exemptions that ended before *now*, by id.
    pub expired_exemptions: BTreeMap<String, ExpiredExemption>,
    /// Seconds from the first line to complete outputs.
    pub elapsed_s: f64,
    /// Lines a second, rounded down.
    pub records_per_s: u64,
}

/// A record and its time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatedRecord {
    /// Its kind.
    pub kind: String,
    /// Its key, joined by `/`.
    pub key: String,
    /// Its event time, `YYYY-MM-DD HH:MM:SS`.
    pub time: String,
}

/// Records dated in the future.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FutureRecords {
    /// How many there are.
    pub records: u64,
    /// The latest of them, at most ten.
    pub latest: Vec<DatedRecord>,
}

/// What came of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileCounts {
    /// Its name, as in `origin`.
    pub file: String,
    /// Of a table, the kind of its rows; none if no name tells one, or if each line tells its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Lines by what became of them.
    pub lines: LineCounts,
    /// Rejected lines by code.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub codes: BTreeMap<String, u64>,
    /// What is wrong with the first line of the commonest code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commonest: Option<String>,
    /// The encoding of a text table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Lines that speak for another encoding than that.
    #[serde(default)]
    pub lines_of_other_encoding: u64,
}

/// Something in a folder that was not read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedPath {
    /// Where it is.
    pub path: String,
    /// Why it was not read.
    pub why: String,
}

/// Lines of one kind by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineCounts {
    /// Taken.
    pub accepted: u64,
    /// Of the accepted, those whose record already stood with a later revision.
    pub stale: u64,
    /// The same change once more.
    pub duplicate: u64,
    /// Not accepted; each is a line of `rejected.ndjson`.
    pub rejected: u64,
    /// Fields that nobody knows, in accepted lines.
    pub unknown_fields: u64,
}

impl LineCounts {
    /// Adds the counts of other lines.
    pub fn add(&mut self, other: &LineCounts) {
        self.accepted += other.accepted;
        self.stale += other.stale;
        self.duplicate += other.duplicate;
        self.rejected += other.rejected;
        self.unknown_fields += other.unknown_fields;
    }
}

/// Sums over the alerts that stand, yuan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoneySums {
    /// Suspected, without what exemptions let off.
    pub amount: FenSum,
    /// Counted.
    pub counted_amount: FenSum,
}

/// What exemptions let off of a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExemptedSum {
    /// Alerts.
    pub alerts: u64,
    /// Their suspected amount, yuan.
    pub amount: FenSum,
}

/// An exemption that has ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpiredExemption {
    /// Alerts that it would cover and that occurred after its last day.
    pub findings_after: u64,
    /// Its last day, `YYYY-MM-DD`.
    pub until: String,
}

/// Writes the counts of each kind with their names in alphabetical order, which readers of the first version have.
fn by_name<S: Serializer>(kinds: &BTreeMap<String, LineCounts>, serializer: S) -> Result<S::Ok, S::Error> {
    let sorted = kinds.iter().map(|(kind, counts)| {
        let counts = [
            ("accepted", counts.accepted),
            ("duplicate", counts.duplicate),
            ("rejected", counts.rejected),
            ("stale", counts.stale),
            ("unknown_fields", counts.unknown_fields),
        ];
        (kind, BTreeMap::from(counts))
    });
    serializer.collect_map(sorted)
}
