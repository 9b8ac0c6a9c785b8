//! What a run keeps for those who will ask why: `DIR/explain`.
//!
//! * `records.ndjson`: each record that is evidence of a standing alert or carries its money, as it counted.
//! * `findings.ndjson`: for each standing alert, by `alert_id`, the values of its message and what it laid on
//!   and took of each record.
//! * `bank/`: rules, tables and exemptions that judged, as they were written; `--rules DIR/explain/bank` is the
//!   same bank again.
//! * `run.json`: *now* at the end of the run.
//!
//! Everything is told from what the desk holds; no input is read again.

use std::collections::BTreeMap;

use detectors::alert::{record_name, value_texts};
use detectors::alert_view::AlertView;
use detectors::finding::ReconciledFinding;
use detectors::money::{own_money, visit_of};
use records::arena::{Arena, Ref};
use records::decimal::format_fen;
use records::row;
use records::tell;
use records::time::format_time;
use rulebank::Bank;
pub use selection::outcome::Both;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::outputs::{Folder, FolderDraft};

/// The folder below that of a run.
pub const FOLDER: &str = "explain";
/// The file that every such folder has.
pub const RUN: &str = "run.json";
/// The kept records.
pub const RECORDS: &str = "records.ndjson";
/// The kept values and money of alerts.
pub const FINDINGS: &str = "findings.ndjson";
/// The kept bank.
pub const BANK: &str = "bank";

/// `run.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// *Now* at the end, if any record that stands has a time.
    pub now: Option<String>,
    /// Whether `--as-of` set it.
    pub as_of: bool,
}

/// A line of `records.ndjson`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Kind.
    pub kind: String,
    /// Key, its parts joined by `/`.
    pub key: String,
    /// Revision of the change that stands.
    pub rev: Option<u64>,
    /// Fields that rules read, by their national names, as they counted.
    pub fields: Told,
    /// Those that were sent with another value: reversals or returns were taken off.
    #[serde(default, skip_serializing_if = "Told::is_empty")]
    pub as_sent: Told,
}

/// Fields in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told(pub Vec<(String, String)>);

impl Told {
    /// Whether nothing is told.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A field's value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl From<tell::Fields> for Told {
    fn from(fields: tell::Fields) -> Told {
        Told(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}

impl Serialize for Told {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de> Deserialize<'de> for Told {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Told, D::Error> {
        struct InOrder;
        impl<'de> serde::de::Visitor<'de> for InOrder {
            type Value = Told;
            fn expecting(&self, text: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                text.write_str("an object of texts")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Told, A::Error> {
                let mut told = Told::default();
                while let Some(field) = map.next_entry()? {
                    told.0.push(field);
                }
                Ok(told)
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// A line of `findings.ndjson`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The alert.
    pub alert_id: String,
    /// Values of its message by name.
    pub values: BTreeMap<String, Both>,
    /// Where its amount lies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub laid: Vec<Laid>,
}

/// What an alert laid on one record, in yuan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Laid {
    /// Kind of the record.
    pub kind: String,
    /// Its key, parts joined by `/`.
    pub key: String,
    /// The visit within whose payments it counts; none for a sale outside any visit.
    pub visit: Option<String>,
    /// Money of the record.
    pub own: String,
    /// Laid on it by this alert.
    pub laid: String,
    /// Taken of it by this alert.
    pub taken: String,
}

/// Finds out before the work whether the folder will have its place.
///
/// # Errors
/// Something that no run wrote stands there.
pub fn check(folder: &Folder) -> Result<(), Error> {
    folder.check_free(FOLDER, RUN)
}

/// Writes the folder, still under its working name.
///
/// # Errors
/// The disk is full or gone.
pub fn keep(folder: &Folder, desk: &AlertView, bank: &Bank, run: &Run) -> Result<FolderDraft, Error> {
    let kept = folder.folder_draft(FOLDER)?;
    for (path, text) in &bank.files {
        kept.folder().file(&format!("{BANK}/{path}"), text)?;
    }
    let arena = desk.arena();
    let mut places: Vec<Ref> = Vec::new();
    for alert in desk.standing() {
        let finding = &alert.priced.finding;
        places.extend(finding.evidence.iter().chain(alert.priced.laid.iter().map(|(place, _)| place)));
    }
    let mut findings = kept.folder().draft(FINDINGS)?;
    for (alert_id, alert) in desk.by_id() {
        let rule = &desk.knowledge().rules[usize::from(alert.priced.finding.rule)];
        let values = value_texts(arena, rule, &alert.priced.finding.values).into_iter();
        findings.line(&Finding {
            alert_id,
            values: values.map(|(name, text)| (name.to_owned(), Both { zh: text.zh, en: text.en })).collect(),
            laid: laid(arena, alert),
        })?;
    }
    // Places are in order of arrival, which is the same whatever the number of workers.
    places.sort_unstable();
    places.dedup();
    let mut records = kept.folder().draft(RECORDS)?;
    for place in places {
        records.line(&record(arena, place))?;
    }
    let run = kept.folder().document(RUN, run)?;
    kept.folder().publish(vec![findings, records, run])?;
    Ok(kept)
}

fn laid(arena: &Arena, alert: &ReconciledFinding) -> Vec<Laid> {
    let mut taken: BTreeMap<Ref, i64> = BTreeMap::new();
    for (place, fen) in &alert.taken {
        *taken.entry(*place).or_default() += fen;
    }
    let of_record = |(place, fen): &(Ref, i64)| {
        let name = record_name(arena, *place);
        Laid {
            kind: name.kind.to_owned(),
            key: name.key,
            // The key of what belongs to no visit is wider than a reference.
            visit: Ref::try_from(visit_of(arena, *place)).ok().map(|visit| arena.text(visit)),
            own: format_fen(own_money(arena, *place)),
            laid: format_fen(*fen),
            taken: format_fen(taken.get(place).copied().unwrap_or(0)),
        }
    };
    alert.priced.laid.iter().map(of_record).collect()
}

fn record(arena: &Arena, place: Ref) -> Record {
    let name = record_name(arena, place);
    Record {
        kind: name.kind.to_owned(),
        key: name.key,
        rev: row::head(arena, row::as_sent(arena, place)).rev,
        fields: tell::fields(arena, place).into(),
        as_sent: tell::as_sent(arena, place).into(),
    }
}

/// *Now* as `run.json` writes it.
pub fn run_of(now: Option<i64>, as_of: bool) -> Run {
    Run { now: now.map(format_time), as_of }
}
