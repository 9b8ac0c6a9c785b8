//! What a message is wrapped in: nothing, an event of CloudEvents, or a change of Debezium.
//!
//! * **CloudEvents 1.0**, binary mode: the value is the change itself, its attributes are headers, which are not needed.
//!   Structured mode (`content-type: application/cloudevents+json`): the change is `data`.
//! * **Debezium**: `before`, `after`, `op`, `source`, with or without `schema` and `payload` around them. `c`, `r` and `u`
//!   put `after`, `d` withdraws the record of `before`; `rev` is the position in the source's log, so that the state of a
//!   key does not depend on the order in which messages are read.
//!
//! A topic whose name ends with a kind (`bureau.fee_line`) need not say `kind` in its messages.

use std::collections::BTreeMap;

use records::Kind;
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

/// Fields of a record, each as it was written: no number goes through binary floating point.
type Fields = BTreeMap<String, Box<RawValue>>;

/// What is looked for in a message; the rest of it is passed over.
#[derive(Deserialize)]
struct Heads<'m> {
    #[serde(borrow)]
    kind: Option<&'m RawValue>,
    #[serde(borrow)]
    data: Option<&'m RawValue>,
    #[serde(borrow)]
    payload: Option<&'m RawValue>,
}

/// An envelope of Debezium.
#[derive(Deserialize)]
struct Envelope<'m> {
    #[serde(borrow)]
    before: Option<&'m RawValue>,
    #[serde(borrow)]
    after: Option<&'m RawValue>,
    op: String,
    source: Map<String, Value>,
}

/// The change in a message; none where the message is the change, byte for byte.
pub fn unwrap(topic: &str, content_type: Option<&str>, message: &[u8]) -> Option<Vec<u8>> {
    let of_topic = kind_of(topic);
    let is_structured = content_type.is_some_and(|of| of.starts_with("application/cloudevents"));
    let may_be_database = memchr::memmem::find(message, b"\"op\"").is_some()
        && memchr::memmem::find(message, b"\"source\"").is_some();
    if of_topic.is_none() && !is_structured && !may_be_database {
        return None;
    }
    let mut text = str::from_utf8(message).ok()?;
    let mut heads: Heads<'_> = serde_json::from_str(text).ok()?;
    let data = heads.data.filter(|_| is_structured);
    if let Some(data) = data {
        text = data.get();
        heads = serde_json::from_str(text).ok()?;
    }
    if may_be_database && let Some(change) = debezium(heads.payload.map_or(text, RawValue::get), of_topic) {
        return serde_json::to_vec(&change).ok();
    }
    match of_topic.filter(|_| heads.kind.is_none()) {
        Some(kind) => with_kind(text, kind),
        None => data.map(|_| text.as_bytes().to_vec()),
    }
}

/// An object with its kind before its other fields, which stay as they are.
fn with_kind(object: &str, kind: Kind) -> Option<Vec<u8>> {
    let fields = object.trim().strip_prefix('{')?;
    let comma = if fields.trim_start().starts_with('}') { "" } else { "," };
    Some(format!("{{\"kind\":\"{}\"{comma}{fields}", kind.name()).into_bytes())
}

/// The kind that a topic's name ends with.
fn kind_of(topic: &str) -> Option<Kind> {
    let last = topic.rsplit(['.', '-']).next().unwrap_or(topic);
    Kind::ALL.iter().copied().find(|kind| kind.name().eq_ignore_ascii_case(last))
}

/// The change that an envelope of Debezium states, if it is one.
fn debezium(envelope: &str, of_topic: Option<Kind>) -> Option<Fields> {
    let Envelope { before, after, op, source } = serde_json::from_str(envelope).ok()?;
    let (row, op) = match op.as_str() {
        "c" | "r" | "u" => (after?, "put"),
        "d" => (before?, "del"),
        _ => return None,
    };
    let mut change: Fields = serde_json::from_str(row.get()).ok()?;
    let of_table = || source.get("table").and_then(Value::as_str).and_then(kind_of);
    if let Some(kind) = of_topic.or_else(of_table)
        && !change.contains_key("kind")
    {
        change.insert("kind".to_owned(), to_raw_value(kind.name()).ok()?);
    }
    change.insert("op".to_owned(), to_raw_value(op).ok()?);
    if let Some(rev) = position(&source) {
        change.insert("rev".to_owned(), to_raw_value(&rev).ok()?);
    }
    Some(change)
}

/// The position of a change in its source's log, as a number that rises with it.
fn position(source: &Map<String, Value>) -> Option<u64> {
    const REV_MAX: u64 = i64::MAX.unsigned_abs();
    let number = |name: &str| {
        let value = source.get(name)?;
        value.as_u64().or_else(|| value.as_str()?.parse().ok())
    };
    // PostgreSQL and Oracle have one number; MySQL a file with a number and a place in it.
    if let Some(position) = number("lsn").or_else(|| number("scn")) {
        return Some(position.min(REV_MAX));
    }
    if let (Some(file), Some(place)) = (source.get("file").and_then(Value::as_str), number("pos")) {
        let nth: u64 = file.rsplit('.').next()?.parse().ok()?;
        let row = number("row").unwrap_or(0).min(0xfff);
        return Some(((nth & 0x3_ffff) << 44 | (place & 0xffff_ffff) << 12 | row).min(REV_MAX));
    }
    number("ts_us").or_else(|| number("ts_ms").map(|ms| ms.saturating_mul(1_000))).map(|at| at.min(REV_MAX))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn unwrapped(topic: &str, content_type: Option<&str>, message: &Value) -> Option<Value> {
        let bytes = unwrap(topic, content_type, message.to_string().as_bytes())?;
        Some(serde_json::from_slice(&bytes).unwrap())
    }

    #[test]
    fn a_plain_change_is_left_as_it_is() {
        let change = json!({"kind": "person", "psn_no": "P1"});
        assert_eq!(unwrapped("changes", None, &change), None);
        assert_eq!(unwrapped("bureau.person", None, &change), None);
        assert_eq!(unwrap("bureau.person", None, b"no json"), None);
    }

    #[test]
    fn numbers_keep_all_their_digits() {
        let digits = "12345678901234567890.123456789";
        let row = format!("{{\"psn_no\":\"P1\",\"x\":{digits}}}");
        let database = format!("{{\"after\":{row},\"op\":\"c\",\"source\":{{\"table\":\"person\"}}}}");
        let event = format!("{{\"specversion\":\"1.0\",\"data\":{row}}}");
        let structured = Some("application/cloudevents+json");
        for (topic, content_type, message) in
            [("bureau.person", None, &row), ("db", None, &database), ("changes", structured, &event)]
        {
            let change = unwrap(topic, content_type, message.as_bytes()).unwrap();
            assert!(str::from_utf8(&change).unwrap().contains(digits), "{message}");
        }
        assert_eq!(unwrap("bureau.person", None, b" {} "), Some(b"{\"kind\":\"person\"}".to_vec()));
    }

    #[test]
    fn the_kind_may_stand_in_the_topic() {
        let change = json!({"psn_no": "P1"});
        let wanted = json!({"kind": "person", "psn_no": "P1"});
        assert_eq!(unwrapped("bureau.person", None, &change), Some(wanted));
    }

    #[test]
    fn a_structured_event_is_its_data() {
        let change = json!({"kind": "person", "psn_no": "P1"});
        let event = json!({"specversion": "1.0", "id": "1", "source": "x", "type": "y", "data": change});
        assert_eq!(unwrapped("changes", Some("application/cloudevents+json"), &event), Some(change));
    }

    #[test]
    fn changes_of_a_database_have_its_position() {
        let of = |op: &str, source: Value| {
            json!({"payload": {"before": {"psn_no": "P1"}, "after": {"psn_no": "P1", "gend": "1"},
                "op": op, "source": source}})
        };
        let put = unwrapped("db.person", None, &of("u", json!({"table": "person", "lsn": 77})));
        assert_eq!(put, Some(json!({"kind": "person", "op": "put", "rev": 77, "psn_no": "P1", "gend": "1"})));
        let del = unwrapped("db", None, &of("d", json!({"table": "person", "lsn": "78"})));
        assert_eq!(del, Some(json!({"kind": "person", "op": "del", "rev": 78, "psn_no": "P1"})));
        let at = |file: &str, pos: u64| {
            let source = json!({"table": "person", "file": file, "pos": pos});
            unwrapped("db", None, &of("c", source)).unwrap()["rev"].as_u64().unwrap()
        };
        assert!(at("mysql-bin.000003", 4_000_000_000) < at("mysql-bin.000004", 4));
        assert!(at("mysql-bin.000004", 4) < at("mysql-bin.000004", 5));
    }
}
