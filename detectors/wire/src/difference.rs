//! What another bank does to an alert: a line of `rules diff --out NAME.ndjson`.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer as _, Serialize};
use serde_json::Value;

use crate::alert::Alert;
use crate::event::Cause;
use crate::money::Fen;
use crate::text::Keyword;

/// A line of the difference between two banks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertDifference {
    /// `added`, `withdrawn` or `changed`.
    pub change: Keyword,
    /// The alert.
    pub alert_id: String,
    /// Its rule.
    pub rule: String,
    /// The institution concerned.
    pub institution: Option<String>,
    /// Suspected under the old bank, yuan.
    pub amount_before: Option<Fen>,
    /// Suspected under the new one.
    pub amount_after: Option<Fen>,
    /// Counted under the old bank, yuan.
    pub counted_before: Option<Fen>,
    /// Counted under the new one.
    pub counted_after: Option<Fen>,
    /// Verdict under the old bank.
    pub verdict_before: Option<Keyword>,
    /// Verdict under the new one.
    pub verdict_after: Option<Keyword>,
    /// Of a changed alert, the fields that are different.
    pub differs: Vec<Keyword>,
    /// What in the bank is the cause: `rule`, `table`, `exemption`.
    pub cause: Vec<Cause>,
    /// The alert under the new bank.
    pub alert: Option<Alert>,
    /// The alert under the old bank.
    pub before: Option<Alert>,
}

/// Fields that state the same in other words.
const WORDING: [&str; 5] = ["rule_version", "family", "phase", "message", "basis"];

impl AlertDifference {
    /// The line of an alert on both sides; none where it stands on neither.
    pub fn between(
        before: Option<&Alert>,
        after: Option<&Alert>,
        cause: &[Cause],
    ) -> Option<AlertDifference> {
        let one = after.or(before)?;
        Some(AlertDifference {
            change: Keyword::Borrowed(match (before, after) {
                (None, _) => "added",
                (_, None) => "withdrawn",
                _ => "changed",
            }),
            alert_id: one.alert_id.clone(),
            rule: one.rule.clone(),
            institution: one.institution.clone(),
            amount_before: before.map(|alert| alert.amount),
            amount_after: after.map(|alert| alert.amount),
            counted_before: before.map(|alert| alert.counted_amount),
            counted_after: after.map(|alert| alert.counted_amount),
            verdict_before: before.map(|alert| alert.verdict.clone()),
            verdict_after: after.map(|alert| alert.verdict.clone()),
            differs: before.zip(after).map_or_else(Vec::new, |(before, after)| differing(before, after)),
            cause: cause.to_vec(),
            alert: after.cloned(),
            before: before.cloned(),
        })
    }

    /// Whether only its wording changed.
    pub fn is_reworded(&self) -> bool {
        self.change == "changed" && self.differs.iter().all(|field| WORDING.contains(&field.as_ref()))
    }
}

/// The fields in which two lines of one alert are different, in the order of the line.
fn differing(before: &Alert, after: &Alert) -> Vec<Keyword> {
    // Every line has every field, in the same order.
    let both = fields(before).into_iter().zip(fields(after));
    both.filter(|(before, after)| before != after).map(|(_, (name, _))| Keyword::Owned(name)).collect()
}

/// The fields of a line as it is written, in its order.
fn fields(alert: &Alert) -> Vec<(String, Value)> {
    struct InOrder(Vec<(String, Value)>);

    impl<'de> Visitor<'de> for InOrder {
        type Value = Vec<(String, Value)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an alert")
        }
        fn visit_map<M: MapAccess<'de>>(mut self, mut map: M) -> Result<Self::Value, M::Error> {
            while let Some(field) = map.next_entry()? {
                self.0.push(field);
            }
            Ok(self.0)
        }
    }

    let line = serde_json::to_string(alert).unwrap_or_default();
    serde_json::Deserializer::from_str(&line).deserialize_map(InOrder(Vec::new())).unwrap_or_default()
}
