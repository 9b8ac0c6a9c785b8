//! An alert event as a message of Kafka: its key, its headers, and its value where that is too long for one.

use std::borrow::Cow;

use rdkafka::message::{Header, OwnedHeaders};
use serde::Deserialize;
use serde_json::{Value, json};

/// A message is at most so long; of a longer event the evidence is cut.
pub(super) const MESSAGE_BYTES_MAX: usize = 900_000;

/// Entries of evidence that an event keeps which is too long otherwise.
pub(super) const EVIDENCE_MAX: usize = 1_000;

/// What names an event: the rest of its line is passed over.
#[derive(Deserialize)]
pub(super) struct Named<'l> {
    #[serde(borrow)]
    event: Cow<'l, str>,
    #[serde(borrow)]
    alert: NamedAlert<'l>,
}

#[derive(Deserialize)]
struct NamedAlert<'l> {
    #[serde(borrow)]
    alert_id: Cow<'l, str>,
}

impl Named<'_> {
    /// The key of the message.
    pub(super) fn alert_id(&self) -> &str {
        &self.alert.alert_id
    }

    /// The attributes of CloudEvents 1.0 in binary mode, and the sequence. `identity` is that of the state.
    pub(super) fn headers(&self, identity: u64, sequence: u64) -> OwnedHeaders {
        let alert_id = self.alert_id();
        let source = format!("fundwatch/{identity:016x}");
        let id = format!("{alert_id}-{sequence}");
        let of_type = format!("fundwatch.alert.{}.v1", self.event);
        let sequence = sequence.to_string();
        let all = [
            ("ce_specversion", "1.0"),
            ("ce_id", &id),
            ("ce_source", &source),
            ("ce_type", &of_type),
            ("ce_subject", alert_id),
            ("ce_sequence", &sequence),
            ("content-type", "application/json"),
        ];
        all.into_iter().fold(OwnedHeaders::new_with_capacity(all.len()), |headers, (key, value)| {
            headers.insert(Header { key, value: Some(value) })
        })
    }
}

/// The value of the message: the line, or what fits of it.
///
/// # Errors
/// A line that is too long is not JSON.
pub(super) fn value(line: &[u8]) -> Result<Cow<'_, [u8]>, serde_json::Error> {
    if line.len() <= MESSAGE_BYTES_MAX {
        return Ok(Cow::Borrowed(line));
    }
    Ok(Cow::Owned(shortened(serde_json::from_slice(line)?)))
}

/// An event that is too long, with the first of its evidence and how much there is.
fn shortened(mut event: Value) -> Vec<u8> {
    if let Some(evidence) = event["alert"]["evidence"].as_array_mut() {
        let total = evidence.len();
        evidence.truncate(EVIDENCE_MAX);
        event["alert"]["evidence_total"] = json!(total);
    }
    event.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_event_keeps_the_first_of_its_evidence() {
        let evidence: Vec<Value> = (0..30_000).map(|nth| json!({"kind": "fee_line", "key": nth})).collect();
        let event = json!({"event": "raised", "alert": {"alert_id": "A-1", "evidence": evidence}});
        let line = event.to_string().into_bytes();
        let short: Value = serde_json::from_slice(&value(&line).unwrap()).unwrap();
        assert_eq!(short["alert"]["evidence"].as_array().map(Vec::len), Some(EVIDENCE_MAX));
        assert_eq!(short["alert"]["evidence_total"], 30_000);
    }

    #[test]
    fn a_short_event_goes_as_it_is() {
        let line = br#"{"event":"raised","tick":1,"alert":{"alert_id":"A\u002d1","evidence":[]}}"#;
        assert!(matches!(value(line), Ok(Cow::Borrowed(value)) if value == line));
        let named: Named<'_> = serde_json::from_slice(line).unwrap();
        assert_eq!((named.alert_id(), &*named.event), ("A-1", "raised"));
    }
}
