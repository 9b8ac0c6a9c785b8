//! An alert as people and programs read it: a line of `alerts.ndjson`.

use serde::{Deserialize, Serialize};

use crate::money::Fen;
use crate::text::{Bilingual, Keyword};

/// A line of `alerts.ndjson`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Stable name of rule and key: [`alert_id`].
    pub alert_id: String,
    /// Id of the rule.
    pub rule: String,
    /// Version of the rule that judged.
    pub rule_version: String,
    /// What the alert is about: the parts of its key.
    pub key: Vec<String>,
    /// Family of the rule.
    pub family: Keyword,
    /// The first phase in which the rule applies; empty where it names none.
    pub phase: Keyword,
    /// `definite`, `suspect` or `indicator`.
    pub verdict: Keyword,
    /// `high`, `medium` or `low`.
    pub severity: Keyword,
    /// The first record or thing of the key.
    pub subject: Subject,
    /// fixmedins_code of the institution concerned.
    pub institution: Option<String>,
    /// When it happened, `YYYY-MM-DD HH:MM:SS`.
    pub occurred: String,
    /// The suspected amount, yuan.
    pub amount: Fen,
    /// What of it counts, once each yuan is counted for one alert only.
    pub counted_amount: Fen,
    /// The records that show it, sorted.
    pub evidence: Vec<RecordName>,
    /// One sentence for people.
    pub message: Bilingual,
    /// Laws and policies.
    pub basis: Vec<String>,
    /// The exemption that lets it off.
    pub exempted_by: Option<String>,
}

/// The first record or thing of a key.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Subject {
    /// Kind of record or thing.
    pub r#type: Keyword,
    /// Its key, parts joined by `/`.
    pub id: String,
}

/// A record by kind and key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RecordName {
    /// Kind of the record.
    pub kind: Keyword,
    /// Its key, parts joined by `/`.
    pub key: String,
}

/// Of an alert, what decides which one takes its money first.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AlertRank {
    /// The alert.
    pub alert_id: String,
    /// Its rule.
    pub rule: String,
    /// Its key.
    pub key: Vec<String>,
    /// `definite`, `suspect` or `indicator`.
    pub verdict: Keyword,
    /// `high`, `medium` or `low`.
    pub severity: Keyword,
}

impl AlertRank {
    /// Alerts take in this order: severity, verdict, rule, key (contract section 3).
    pub fn order(&self) -> (usize, usize, &str, &[String]) {
        let position =
            |words: [&str; 3], word: &str| words.iter().position(|known| *known == word).unwrap_or(3);
        (
            position(["high", "medium", "low"], &self.severity),
            position(["definite", "suspect", "indicator"], &self.verdict),
            &self.rule,
            &self.key,
        )
    }
}

impl From<&Alert> for AlertRank {
    fn from(alert: &Alert) -> AlertRank {
        AlertRank {
            alert_id: alert.alert_id.clone(),
            rule: alert.rule.clone(),
            key: alert.key.clone(),
            verdict: alert.verdict.clone(),
            severity: alert.severity.clone(),
        }
    }
}

/// The stable id of an alert: its rule and a hash of rule and key parts with their lengths.
///
/// ```
/// let id = wire::alert_id("A01", &["V1".to_owned(), "V2".to_owned()]);
/// assert!(id.starts_with("A01-") && id.len() == "A01-".len() + 32);
/// assert_ne!(id, wire::alert_id("A01", &["V1V".to_owned(), "2".to_owned()]));
/// ```
pub fn alert_id(rule: &str, key: &[String]) -> String {
    let mut bytes = Vec::new();
    for text in std::iter::once(rule).chain(key.iter().map(String::as_str)) {
        bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    format!("{rule}-{:032x}", xxhash_rust::xxh3::xxh3_128(&bytes))
}
