//! What cannot be read is a dead letter, as it came; envelopes are opened.

use std::collections::BTreeMap;

use serde_json::json;

use crate::broker::{Broker, Message};
use crate::place::Place;

/// A message that cannot be read: its value, or none for a tombstone, and the code by which it is rejected.
type Poison = (Option<Vec<u8>>, &'static str);

fn poison() -> Vec<Poison> {
    let text = |text: &str| Some(text.as_bytes().to_vec());
    // Bytes as of a compressed file: no text, and nothing that packs well.
    let mut random = records::splitmix::SplitMix64::seeded(5);
    let mut garbage = |length: usize| {
        let bytes: Vec<u8> = (0..length).map(|_| u8::try_from(random.below(256)).unwrap()).collect();
        Some(bytes)
    };
    vec![
        (Some(b"\xffno json".to_vec()), "not_json"),
        (text("{\"kind\":\"visit\""), "not_json"),
        (text("[1,2]"), "not_json"),
        (text(""), "not_json"),
        (text(" \n"), "not_json"),
        (None, "not_json"),
        (text(r#"{"kind":"visitt","mdtrt_id":"V9"}"#), "unknown_kind"),
        (text(r#"{"kind":"visit","rev":"one","mdtrt_id":"V9"}"#), "bad_value"),
        (text(r#"{"kind":"person","rev":1,"psn_no":["P9"],"gend":"1","brdy":"1950-01-01"}"#), "bad_value"),
        (text(r#"{"kind":"person","rev":1,"psn_no":"P9","gend":"1","brdy":"1950-13-01"}"#), "bad_value"),
        (text(r#"{"kind":"visit","mdtrt_id":"V9"}"#), "missing_field"),
        (garbage(1_000_000), "not_json"),
        (garbage(1_048_400), "not_json"),
    ]
}

#[test]
fn poison_in_each_topic_is_a_dead_letter_as_it_came_and_stops_nobody() {
    let topics: &[&str] = &["changes", "bureau.person_fact", "bureau.visit"];
    let folder = tempfile::tempdir().unwrap();
    let Some(broker) = Broker::start(folder.path()) else { return };
    broker.topics(&["changes:1", "bureau.person_fact:1", "bureau.visit:1", "alerts:1"]);
    broker.topics(&["changes.dlq:1", "bureau.person_fact.dlq:1", "bureau.visit.dlq:1"]);
    let mut place = Place::new(None);
    place.topics = topics;
    let mut service = place.begin(&broker, &[]);
    let sender = broker.sender();
    let poison = poison();
    for topic in topics {
        for (nth, (value, _)) in poison.iter().enumerate() {
            let (nth, trace) = (format!("K{nth}"), [0xfe, 0xff]);
            sender.send(topic, &nth, value.as_deref(), &[("source", nth.as_bytes()), ("trace", &trace)]);
        }
        sender.flush();
    }
    // Behind the poison of each topic, what is right.
    let visit = json!({"rev": 1, "mdtrt_id": "V1", "psn_no": "P1", "fixmedins_code": "H1", "med_type": "11",
        "begntime": "2025-03-01 09:00:00"});
    let fact = json!({"rev": 1, "fact_id": "F1", "psn_no": "P1", "fact": "death", "begin": "2025-01-01"});
    let person = json!({"kind": "person", "rev": 1, "psn_no": "P1", "gend": "1", "brdy": "1950-01-01"});
    for (topic, value) in [("bureau.visit", &visit), ("bureau.person_fact", &fact), ("changes", &person)] {
        sender.send(topic, "right", Some(value.to_string().as_bytes()), &[]);
    }
    sender.flush();
    assert!(service.is_ready(), "{}", place.log());
    place.wait("what is right is taken", || service.counter("fundwatch_changes_accepted_total") == 3);
    place.wait("the alert stands", || service.alerts().len() == 1);
    for topic in topics {
        let mut letters = Vec::new();
        place.wait("all letters are there", || {
            letters = broker.committed(&format!("{topic}.dlq"));
            letters.len() >= poison.len()
        });
        assert_eq!(letters.len(), poison.len());
        for (letter, (nth, poison)) in letters.iter().zip(poison.iter().enumerate()) {
            is_as_it_came(letter, topic, nth, poison);
        }
    }
    assert_eq!(service.terminate(), Some(0), "{}", place.log());
}

fn is_as_it_came(letter: &Message, topic: &str, nth: usize, (value, code): &Poison) {
    let value = value.as_deref().unwrap_or(b"null");
    // A message that leaves no room for what is said about it is cut, and it is said.
    let is_cut = value.len() > 1_040_000;
    let kept = if is_cut { &value[..900_000] } else { value };
    assert!(letter.value == kept, "{topic} {nth}: {} bytes of {}", letter.value.len(), value.len());
    assert_eq!(letter.key, format!("K{nth}").into_bytes());
    assert_eq!(letter.headers[0], ("source".to_owned(), Some(letter.key.clone())));
    assert_eq!(letter.headers[1], ("trace".to_owned(), Some(vec![0xfe, 0xff])));
    let header = |name: &str| letter.header(&format!("__connect.errors.{name}"));
    assert_eq!((header("topic"), header("partition"), header("offset")), (topic, "0", &*nth.to_string()));
    assert_eq!(header("exception.class.name"), *code, "{topic} {nth}: {}", header("exception.message"));
    let length = letter.headers.iter().find(|(name, _)| name == "fundwatch.value.bytes");
    assert_eq!(length.is_some(), is_cut);
    if is_cut {
        assert_eq!(letter.header("fundwatch.value.bytes"), value.len().to_string());
    }
}

#[test]
fn envelopes_are_opened_and_what_happened_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let Some(broker) = Broker::start(folder.path()) else { return };
    broker.topics(&["changes:1", "bureau.person_fact:1", "alerts:1", "changes.dlq:1"]);
    let place = Place::new(None);
    let mut service = place.begin(&broker, &[]);
    let sender = broker.sender();
    let send = |topic: &str, key: &str, value: &[u8]| sender.send(topic, key, Some(value), &[]);
    let visit = json!({"kind": "visit", "rev": 1, "mdtrt_id": "V1", "psn_no": "KANARI", "fixmedins_code": "H1",
        "med_type": "11", "begntime": "2025-03-01 09:00:00"});
    send("changes", "visit/V1", visit.to_string().as_bytes());
    send("changes", "visit/V1", visit.to_string().as_bytes());
    send("changes", "poison", b"\xffno json of KANARI");
    send("changes", "visit/V2", br#"{"kind":"visit","mdtrt_id":"V2"}"#);
    sender.flush();
    assert!(service.is_ready(), "{}", place.log());
    // The fact comes after the visit, so that it is the cause of the alert.
    let accepted = || service.counter("fundwatch_changes_accepted_total");
    place.wait("the visit is taken", || accepted() == 1);
    // A database's log, out of order: the later position stands.
    let fact = |op: &str, lsn: u64, begin: &str| {
        let row = json!({"fact_id": "F1", "psn_no": "KANARI", "fact": "death", "begin": begin});
        json!({"before": row, "after": row, "op": op, "source": {"table": "person_fact", "lsn": lsn}})
            .to_string()
    };
    send("bureau.person_fact", "F1", fact("u", 30, "2025-01-01").as_bytes());
    send("bureau.person_fact", "F1", fact("c", 10, "2025-12-01").as_bytes());
    sender.flush();
    place.wait("the alert stands", || service.alerts().len() == 1);
    assert_eq!(service.counter("fundwatch_changes_duplicate_total"), 1);
    // The position of the log is the revision.
    let (_, event) = service.events(0, 1).remove(0);
    let cause = event["cause"].as_array().unwrap();
    assert!(cause.contains(&json!({"kind": "person_fact", "key": "F1", "rev": 30})), "{cause:?}");
    // Kafka's own console tool reads the letters.
    let mut letters = Vec::new();
    place.wait("both letters are there", || {
        letters = broker.console("changes.dlq");
        letters.len() == 2
    });
    let code = |headers: &BTreeMap<String, String>| headers["__connect.errors.exception.class.name"].clone();
    assert_eq!((code(&letters[0].0), letters[0].1.as_str()), ("not_json".to_owned(), "poison"));
    assert_eq!(code(&letters[1].0), "missing_field");
    assert_eq!(letters[1].2, r#"{"kind":"visit","mdtrt_id":"V2"}"#);
    // All of it is counted, and nothing waits.
    for sample in [
        "fundwatch_changes_rejected_total{source=\"kafka\",kind=\"visit\"} 1",
        "fundwatch_rejects_total{source=\"kafka\",code=\"not_json\"} 1",
        "fundwatch_kafka_lag_messages{topic=\"changes\",partition=\"0\"} 0",
        "fundwatch_kafka_lag_messages{topic=\"bureau.person_fact\",partition=\"0\"} 0",
        "fundwatch_publish_lag_events{topic=\"alerts\"} 0",
    ] {
        place.wait(sample, || service.metrics().lines().any(|line| line == sample));
    }
    let seen = place.log() + &service.metrics();
    assert!(seen.contains("tick committed") && !seen.contains("KANARI"), "{seen}");
    assert_eq!(service.terminate(), Some(0), "{}", place.log());
}
