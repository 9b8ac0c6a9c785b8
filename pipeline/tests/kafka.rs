//! The live service on a real Apache Kafka: changes in, events out, dead letters; through crashes of either side.
//!
//! The broker is started by `pipeline/services/kafka/run`, which needs Java 17, and Maven to fetch it once. Where they are
//! missing the test says so and passes, unless `FUNDWATCH_KAFKA=required`. The topics are read by Kafka's own console
//! tool. `FUNDWATCH_KILLS=200` kills the service more often than the gate does.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

#[expect(dead_code, reason = "not all of it is this test's")]
#[path = "support/program.rs"]
mod program;
#[path = "support/service.rs"]
mod service;

use program::fundwatch;
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use records::splitmix::SplitMix64;
use serde_json::{Value, json};
use service::{PATIENCE, Service, fold, free_port, start};
use synth::{Recipe, Schemes};

/// A broker of its own, killed when the test is done.
struct Broker {
    folder: PathBuf,
    port: u16,
}

fn run(args: &[&str]) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("services/kafka/run");
    let done = Command::new(script).args(args).output().unwrap();
    assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).into_owned()
}

impl Broker {
    /// Starts one, if the machine has what it needs.
    fn start(at: &Path) -> Option<Broker> {
        let has =
            |name: &str| Command::new(name).arg("-version").output().is_ok_and(|done| done.status.success());
        if !has("java") || !has("mvn") {
            let text = "java or mvn is missing: nothing was tried on Kafka";
            assert!(std::env::var("FUNDWATCH_KAFKA").as_deref() != Ok("required"), "{text}");
            eprintln!("{text}");
            return None;
        }
        run(&["fetch"]);
        let (folder, port) = (at.join("broker"), free_port().port());
        let broker = Broker { folder, port };
        broker.begin();
        Some(broker)
    }

    fn begin(&self) {
        run(&["start", self.folder.to_str().unwrap(), &self.port.to_string()]);
    }

    fn crash(&self) {
        run(&["kill", self.folder.to_str().unwrap()]);
    }

    fn topics(&self, topics: &[&str]) {
        let port = self.port.to_string();
        run(&[&["topics", &port], topics].concat());
    }

    /// What is committed in a topic: headers, key and value of each message.
    fn read(&self, topic: &str) -> Vec<(BTreeMap<String, String>, String, String)> {
        let text = run(&["read", &self.port.to_string(), topic]);
        let message = |line: &str| {
            let mut parts = line.splitn(3, '\t');
            let headers = parts.next().unwrap().split(',').filter_map(|header| header.split_once(':'));
            let headers = headers.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
            (headers, parts.next().unwrap().to_owned(), parts.next().unwrap_or_default().to_owned())
        };
        text.lines().map(message).collect()
    }

    fn producer(&self) -> BaseProducer {
        let mut options = ClientConfig::new();
        options
            .set("bootstrap.servers", format!("127.0.0.1:{}", self.port))
            .set("enable.idempotence", "true");
        options.create().unwrap()
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // It may be dead already.
        let pid = fs::read_to_string(self.folder.join("pid")).unwrap_or_default();
        let _ = Command::new("kill").args(["-9", pid.trim()]).output();
    }
}

/// A service that reads `changes` and `bureau.person_fact`, and writes `alerts`.
struct Place {
    folder: tempfile::TempDir,
    rules: Option<PathBuf>,
}

impl Place {
    fn begin(&self, broker: &Broker, envs: &[(&str, &str)]) -> Service {
        let mut config = format!(
            "data = {:?}\n[kafka]\nbrokers = \"127.0.0.1:{}\"\ntopics = [\"changes\", \"bureau.person_fact\"]\n\
             alert_topic = \"alerts\"\n[log]\nlevel = \"trace\"\n",
            self.folder.path().join("data"),
            broker.port
        );
        if let Some(rules) = &self.rules {
            config = format!("rules = {rules:?}\n{config}");
        }
        let path = self.folder.path().join("fundwatch.toml");
        fs::write(&path, config).unwrap();
        start(&["--config", path.to_str().unwrap()], free_port(), &self.folder.path().join("log"), envs)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

fn send(producer: &BaseProducer, topic: &str, key: &str, value: &[u8]) {
    let mut record = BaseRecord::to(topic).key(key).payload(value);
    while let Err((_, back)) = producer.send(record) {
        record = back;
        producer.poll(Duration::from_millis(20));
    }
}

/// Kind and key of a change, by which its messages stay in order.
fn key_of(line: &[u8]) -> String {
    let change: Value = serde_json::from_slice(line).unwrap();
    let kind = records::Kind::from_name(change["kind"].as_str().unwrap()).unwrap();
    let keys = records::schema::fields(kind).iter().take_while(|field| field.key);
    let keys: Vec<&str> = keys.map(|field| change[field.name].as_str().unwrap_or_default()).collect();
    format!("{}/{}", kind.name(), keys.join("/"))
}

/// Waits until something holds.
fn wait(what: &str, log: impl Fn() -> String, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < 2 * PATIENCE, "{what}: {}", log());
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn crashes_of_either_side_lose_nothing_and_double_nothing() {
    let kills: u64 = std::env::var("FUNDWATCH_KILLS").map_or(8, |kills| kills.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let Some(broker) = Broker::start(folder.path()) else { return };
    broker.topics(&["changes:3", "bureau.person_fact:1", "alerts:2"]);
    // A region, and its alerts computed at once.
    let region = folder.path().join("region");
    let recipe = Recipe { seed: 12, visits: 500, months: 2, schemes: Schemes::All, strength: 1.0 };
    synth::write(&recipe, &region, &mut |_| {}).unwrap();
    let args = ["run", "region/records", "--rules", "region/rules", "--out", "out", "--quiet"];
    assert_eq!(fundwatch(folder.path(), &args).code, Some(0));
    let alerts = fs::read_to_string(folder.path().join("out/alerts.ndjson")).unwrap();
    let alerts: BTreeMap<String, Value> = alerts
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|alert| (alert["alert_id"].as_str().unwrap().to_owned(), alert))
        .collect();
    // The stream flows while the service is killed, at random moments and at named points.
    let lines = fs::read(region.join("records/changes.ndjson")).unwrap();
    let lines: Vec<&[u8]> = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    let place = Place { folder: tempfile::tempdir().unwrap(), rules: Some(region.join("rules")) };
    let mut random = SplitMix64::seeded(3);
    let producer = broker.producer();
    let points = ["events sent", "events published", "tick judged", "tick committed"];
    let mut service = place.begin(&broker, &[]);
    for (nth, some) in (0..).zip(lines.chunks(lines.len() / usize::try_from(kills + 1).unwrap() + 1)) {
        some.iter().for_each(|line| send(&producer, "changes", &key_of(line), line));
        producer.flush(PATIENCE).unwrap();
        if nth == kills / 2 {
            broker.crash();
            broker.begin();
        }
        if nth % 2 == 0 {
            std::thread::sleep(Duration::from_millis(random.below(1_500)));
            let _ = service.child.kill();
            service = place.begin(&broker, &[]);
        } else {
            let _ = service.child.kill();
            let point = points[usize::try_from(nth / 2).unwrap() % points.len()];
            let mut doomed = place.begin(&broker, &[("FUNDWATCH_FAIL_AT", point)]);
            // Where nothing is left to do, the point is not reached.
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_secs(4) && doomed.child.try_wait().unwrap().is_none() {
                std::thread::sleep(Duration::from_millis(50));
            }
            drop(doomed);
            service = place.begin(&broker, &[]);
        }
    }
    assert!(service.is_ready(), "{}", place.log());
    wait("all alerts stand", || place.log(), || service.alerts() == alerts);
    let last = service.counter("fundwatch_sequence");
    let mut messages = Vec::new();
    wait(
        "all events are published",
        || place.log(),
        || {
            messages = broker.read("alerts");
            messages.len() as u64 >= last
        },
    );
    // Each event once, under its alert's id, in the order of its alert.
    let mut sequences: Vec<u64> =
        messages.iter().map(|(headers, _, _)| headers["ce_sequence"].parse().unwrap()).collect();
    sequences.sort_unstable();
    assert_eq!(sequences, (1..=last).collect::<Vec<_>>());
    let events: Vec<Value> = messages
        .iter()
        .map(|(_, key, value)| {
            let event: Value = serde_json::from_str(value).unwrap();
            assert_eq!(event["alert"]["alert_id"], json!(key));
            event
        })
        .collect();
    assert_eq!(fold(&events), alerts);
    assert_eq!(service.terminate(), Some(0), "{}", place.log());
}

#[test]
fn what_cannot_be_read_is_a_dead_letter_and_envelopes_are_opened() {
    let folder = tempfile::tempdir().unwrap();
    let Some(broker) = Broker::start(folder.path()) else { return };
    broker.topics(&["changes:1", "bureau.person_fact:1", "alerts:1", "changes.dlq:1"]);
    let place = Place { folder: tempfile::tempdir().unwrap(), rules: None };
    let mut service = place.begin(&broker, &[]);
    let producer = broker.producer();
    let visit = json!({"kind": "visit", "rev": 1, "mdtrt_id": "V1", "psn_no": "KANARI", "fixmedins_code": "H1",
        "med_type": "11", "begntime": "2025-03-01 09:00:00"});
    send(&producer, "changes", "visit/V1", visit.to_string().as_bytes());
    send(&producer, "changes", "visit/V1", visit.to_string().as_bytes());
    send(&producer, "changes", "poison", b"\xffno json of KANARI");
    send(&producer, "changes", "visit/V2", br#"{"kind":"visit","mdtrt_id":"V2"}"#);
    producer.flush(PATIENCE).unwrap();
    assert!(service.is_ready(), "{}", place.log());
    // The fact comes after the visit, so that it is the cause of the alert.
    let accepted = || service.counter("fundwatch_changes_accepted_total");
    wait("the visit is taken", || place.log(), || accepted() == 1);
    // A database's log, out of order: the later position stands.
    let fact = |op: &str, lsn: u64, begin: &str| {
        let row = json!({"fact_id": "F1", "psn_no": "KANARI", "fact": "death", "begin": begin});
        json!({"before": row, "after": row, "op": op, "source": {"table": "person_fact", "lsn": lsn}})
            .to_string()
    };
    send(&producer, "bureau.person_fact", "F1", fact("u", 30, "2025-01-01").as_bytes());
    send(&producer, "bureau.person_fact", "F1", fact("c", 10, "2025-12-01").as_bytes());
    producer.flush(PATIENCE).unwrap();
    wait("the alert stands", || place.log(), || service.alerts().len() == 1);
    assert_eq!(service.counter("fundwatch_changes_duplicate_total"), 1);
    // The position of the log is the revision.
    let (_, event) = service.events(0, 1).remove(0);
    let cause = event["cause"].as_array().unwrap();
    assert!(cause.contains(&json!({"kind": "person_fact", "key": "F1", "rev": 30})), "{cause:?}");
    let mut letters = Vec::new();
    wait(
        "both letters are there",
        || place.log(),
        || {
            letters = broker.read("changes.dlq");
            letters.len() == 2
        },
    );
    let header = |nth: usize, name: &str| letters[nth].0[&format!("__connect.errors.{name}")].clone();
    assert_eq!((header(0, "topic"), header(0, "offset")), ("changes".to_owned(), "2".to_owned()));
    assert_eq!(header(0, "exception.class.name"), "not_json");
    assert_eq!(
        (letters[0].1.as_str(), header(1, "exception.class.name").as_str()),
        ("poison", "missing_field")
    );
    assert_eq!(letters[1].2, r#"{"kind":"visit","mdtrt_id":"V2"}"#);
    // All of it is counted, and nothing waits.
    for sample in [
        "fundwatch_changes_rejected_total{source=\"kafka\",kind=\"visit\"} 1",
        "fundwatch_rejects_total{source=\"kafka\",code=\"not_json\"} 1",
        "fundwatch_kafka_lag_messages{topic=\"changes\",partition=\"0\"} 0",
        "fundwatch_kafka_lag_messages{topic=\"bureau.person_fact\",partition=\"0\"} 0",
        "fundwatch_publish_lag_events{topic=\"alerts\"} 0",
    ] {
        let is_there = || service.metrics().lines().any(|line| line == sample);
        wait(sample, || service.metrics() + &place.log(), is_there);
    }
    let seen = place.log() + &service.metrics();
    assert!(seen.contains("tick committed") && !seen.contains("KANARI"), "{seen}");
    // A second service of the same name fences the first, which ends by itself.
    drop(producer);
    let other = Place { folder: tempfile::tempdir().unwrap(), rules: None };
    let mut second = other.begin(&broker, &[]);
    assert!(second.is_ready(), "{}", other.log());
    wait("the second publishes", || other.log(), || second.counter("fundwatch_sequence") == 1);
    let withdrawn = r#"{"kind": "visit", "op": "del", "rev": 2, "mdtrt_id": "V1"}"#;
    assert_eq!(service.post(None, withdrawn.as_bytes()).unwrap().status, 202);
    wait("the first has ended", || place.log(), || service.child.try_wait().unwrap().is_some());
    assert_eq!(service.child.wait().unwrap().code(), Some(3));
    assert!(place.log().contains("another service named fundwatch"), "{}", place.log());
}
