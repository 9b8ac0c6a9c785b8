//! What a run keeps for those who will ask why: `records.ndjson`, `findings.ndjson` and `run.json` of `explain/`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::money::Fen;
use crate::text::{Bilingual, Keyword};

/// `run.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunMeta {
    /// *Now* at the end, if any record that stands has a time.
    pub now: Option<String>,
    /// Whether `--as-of` set it.
    pub as_of: bool,
}

/// A line of `records.ndjson`: a record that is evidence of a standing alert or carries its money, as it counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptRecord {
    /// Kind.
    pub kind: Keyword,
    /// Key, its parts joined by `/`.
    pub key: String,
    /// Revision of the change that stands.
    pub rev: Option<u64>,
    /// Fields that rules read, by their national names, as they counted.
    pub fields: Fields,
    /// Those that were sent with another value: reversals or returns were taken off.
    #[serde(default, skip_serializing_if = "Fields::is_empty")]
    pub as_sent: Fields,
}

impl KeptRecord {
    /// Sorts records by kind and key, each of them once.
    ///
    /// A line that one alert sees as sent and another one netted is there twice: the netted one shows both, and stays.
    pub fn once(records: &mut Vec<KeptRecord>) {
        records.sort_by(|a, b| {
            (&a.kind, &a.key, a.as_sent.is_empty()).cmp(&(&b.kind, &b.key, b.as_sent.is_empty()))
        });
        records.dedup_by(|later, first| later.kind == first.kind && later.key == first.key);
    }
}

/// Fields of a record by name, in their order.
///
/// ```
/// let fields: wire::Fields = serde_json::from_str(r#"{"psn_no":"P1","gend":"2"}"#)?;
/// assert_eq!(fields.get("gend"), Some("2"));
/// assert_eq!(serde_json::to_string(&fields)?, r#"{"psn_no":"P1","gend":"2"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(pub Vec<(String, String)>);

impl Fields {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of the first field of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl From<Vec<(&'static str, String)>> for Fields {
    fn from(fields: Vec<(&'static str, String)>) -> Fields {
        Fields(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}

impl Serialize for Fields {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Fields, D::Error> {
        struct InOrder;
        impl<'de> serde::de::Visitor<'de> for InOrder {
            type Value = Fields;
            fn expecting(&self, text: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                text.write_str("an object of texts")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Fields::default();
                while let Some(field) = map.next_entry()? {
                    fields.0.push(field);
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// A line of `findings.ndjson`: of a standing alert, the values of its message and where its money lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFinding {
    /// The alert.
    pub alert_id: String,
    /// Values of its message by name.
    pub values: BTreeMap<String, Bilingual>,
    /// Where its amount lies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub laid: Vec<LaidAmount>,
}

/// What an alert laid on one record, in yuan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaidAmount {
    /// Kind of the record.
    pub kind: Keyword,
    /// Its key, parts joined by `/`.
    pub key: String,
    /// The visit within whose payments it counts; none for a sale outside any visit.
    pub visit: Option<String>,
    /// Money of the record.
    pub own: Fen,
    /// Laid on it by this alert.
    pub laid: Fen,
    /// Taken of it by this alert.
    pub taken: Fen,
}
