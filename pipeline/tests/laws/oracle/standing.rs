//! Section 1: which change of each key stands, and what became of every line.

use std::collections::BTreeMap;

use serde_json::{Value as Answer, json};

use super::decode::{Change, Content, Fields, Key, Schema, Value, decode};

/// The records that stand at the end, and the count of every line.
pub(crate) struct Standing {
    /// By kind, then key.
    pub(crate) records: BTreeMap<&'static str, BTreeMap<Key, Fields>>,
    /// Line number from 1 and code.
    pub(crate) rejected: Vec<(usize, String)>,
    /// `summary.json`'s `in` and `total`.
    pub(crate) counts: Answer,
}

/// What is known of one key: the change that stands for each rev, and the latest one without a rev.
///
/// Beside each content the recv_time it came with: that of its first change, also after a duplicate.
#[derive(Default)]
struct History {
    by_rev: BTreeMap<u64, (Content, Option<i64>)>,
    without_rev: Option<(Content, Option<i64>)>,
}

#[derive(Default, Clone)]
struct Counts {
    accepted: u64,
    stale: u64,
    duplicate: u64,
    rejected: u64,
    unknown_fields: u64,
}

enum Fate {
    Accepted { is_stale: bool },
    Duplicate,
    Conflict,
}

impl History {
    fn take(&mut self, change: Change) -> Fate {
        let Some(rev) = change.rev else {
            // Without rev the later arrival stands among its like, below every change with one.
            if self.without_rev.as_ref().is_some_and(|(previous, _)| *previous == change.content) {
                return Fate::Duplicate;
            }
            self.without_rev = Some((change.content, change.recv_time));
            return Fate::Accepted { is_stale: !self.by_rev.is_empty() };
        };
        match self.by_rev.get(&rev) {
            Some((first, _)) if *first == change.content => Fate::Duplicate,
            Some(_) => Fate::Conflict,
            None => {
                let is_stale = self.by_rev.keys().any(|other| *other > rev);
                self.by_rev.insert(rev, (change.content, change.recv_time));
                Fate::Accepted { is_stale }
            }
        }
    }

    /// The fields of the record that stands, recv_time among them.
    fn stands(self) -> Option<Fields> {
        match self.by_rev.into_values().next_back().or(self.without_rev) {
            Some((Content::Put(mut fields), recv_time)) => {
                fields.extend(recv_time.map(|time| ("recv_time".to_owned(), Value::Time(time))));
                Some(fields)
            }
            _ => None,
        }
    }
}

/// Reads all lines in their order of arrival.
pub(crate) fn stand(lines: &[Vec<u8>]) -> Standing {
    let schema = Schema::new();
    let mut histories: BTreeMap<(&'static str, Key), History> = BTreeMap::new();
    let mut counts: BTreeMap<&'static str, Counts> = BTreeMap::new();
    let mut rejected = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        // A byte order mark is skipped; only the first line of a file can have one.
        let line = if index == 0 { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line) } else { line };
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let change = match decode(&schema, line) {
            Ok(change) => change,
            Err(fault) => {
                counts.entry(fault.kind).or_default().rejected += 1;
                rejected.push((index + 1, fault.code.to_owned()));
                continue;
            }
        };
        let count = counts.entry(change.kind).or_default();
        let unknown_fields = change.unknown_fields;
        match histories.entry((change.kind, change.key.clone())).or_default().take(change) {
            Fate::Accepted { is_stale } => {
                count.accepted += 1;
                count.stale += u64::from(is_stale);
                count.unknown_fields += unknown_fields;
            }
            Fate::Duplicate => {
                count.duplicate += 1;
                count.unknown_fields += unknown_fields;
            }
            Fate::Conflict => {
                count.rejected += 1;
                rejected.push((index + 1, "conflict".to_owned()));
            }
        }
    }
    let mut records: BTreeMap<&'static str, BTreeMap<Key, Fields>> = BTreeMap::new();
    for ((kind, key), history) in histories {
        if let Some(fields) = history.stands() {
            records.entry(kind).or_default().insert(key, fields);
        }
    }
    Standing { records, rejected, counts: write_counts(&counts) }
}

fn write_counts(counts: &BTreeMap<&'static str, Counts>) -> Answer {
    let mut total = Counts::default();
    let mut by_kind = serde_json::Map::new();
    for (kind, count) in counts {
        total.accepted += count.accepted;
        total.stale += count.stale;
        total.duplicate += count.duplicate;
        total.rejected += count.rejected;
        total.unknown_fields += count.unknown_fields;
        by_kind.insert((*kind).to_owned(), count.write());
    }
    json!({ "in": by_kind, "total": total.write() })
}

impl Counts {
    fn write(&self) -> Answer {
        json!({
            "accepted": self.accepted,
            "stale": self.stale,
            "duplicate": self.duplicate,
            "rejected": self.rejected,
            "unknown_fields": self.unknown_fields,
        })
    }
}
