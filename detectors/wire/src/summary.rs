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
