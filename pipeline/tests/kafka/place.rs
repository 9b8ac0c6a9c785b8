//! A service on a broker, and a made-up region that flows through it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use records::splitmix::SplitMix64;
use serde_json::{Value, json};
use synth::{Recipe, Schemes};

use crate::broker::{Broker, Message, Sender};
use crate::program::fundwatch;
use crate::service::{PATIENCE, Service, fold, free_port, start};

/// A service that reads topics and writes `alerts`.
pub(crate) struct Place {
    pub(crate) folder: tempfile::TempDir,
    /// Name of the folder of its state.
    pub(crate) data: &'static str,
    pub(crate) topics: &'static [&'static str],
    pub(crate) rules: Option<PathBuf>,
    /// Lines of the configuration behind those of Kafka.
    pub(crate) more: String,
}

/// The topics that most tests read.
const TOPICS: &[&str] = &["changes", "bureau.person_fact"];

impl Place {
    pub(crate) fn new(rules: Option<&Path>) -> Place {
        let folder = tempfile::tempdir().unwrap();
        let rules = rules.map(Path::to_owned);
        Place { folder, data: "data", topics: TOPICS, rules, more: String::new() }
    }

    /// Writes the configuration of a service that reaches its broker at this port; gives its path.
    pub(crate) fn configure(&self, port: u16) -> String {
        let mut config = format!(
            "data = {:?}\n[log]\nlevel = \"trace\"\n[kafka]\nbrokers = \"127.0.0.1:{port}\"\ntopics = {:?}\n\
             alert_topic = \"alerts\"\n{}",
            self.folder.path().join(self.data),
            self.topics,
            self.more
        );
        if let Some(rules) = &self.rules {
            config = format!("rules = {rules:?}\n{config}");
        }
        let path = self.folder.path().join("fundwatch.toml");
        fs::write(&path, config).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Starts the service.
    pub(crate) fn begin(&self, broker: &Broker, envs: &[(&str, &str)]) -> Service {
        self.begin_at(broker.port, envs)
    }

    pub(crate) fn begin_at(&self, port: u16, envs: &[(&str, &str)]) -> Service {
        let config = self.configure(port);
        start(&["--config", &config], free_port(), &self.folder.path().join("log"), envs)
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Waits until something holds.
    pub(crate) fn wait(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !holds() {
            let log = || self.log().lines().rev().take(60).collect::<Vec<_>>().join("\n");
            assert!(begun.elapsed() < 2 * PATIENCE, "{what}: {}", log());
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

/// Alerts by id.
pub(crate) type Alerts = BTreeMap<String, Value>;

/// A made-up region, in `region` of a folder.
pub(crate) struct Region {
    at: PathBuf,
    pub(crate) rules: PathBuf,
    /// Its changes, in the order in which they happened.
    pub(crate) lines: Vec<Vec<u8>>,
}

impl Region {
    pub(crate) fn new(at: &Path, visits: u64) -> Region {
        let folder = at.join("region");
        let recipe = Recipe { seed: 12, visits, months: 2, schemes: Schemes::All, strength: 1.0 };
        synth::write(&recipe, &folder, &mut |_| {}).unwrap();
        let lines = fs::read(folder.join("records/changes.ndjson")).unwrap();
        let lines = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let lines = lines.map(<[u8]>::to_vec).collect();
        Region { at: at.to_owned(), rules: folder.join("rules"), lines }
    }

    /// The alerts of a run over all of it at once.
    pub(crate) fn alerts(&self, rules: &Path) -> Alerts {
        let rules = rules.to_str().unwrap();
        let args = ["run", "region/records", "--rules", rules, "--out", "out", "--quiet"];
        let done = fundwatch(&self.at, &args);
        assert_eq!(done.code, Some(0), "{done:?}");
        let alerts = fs::read_to_string(self.at.join("out/alerts.ndjson")).unwrap();
        fs::remove_dir_all(self.at.join("out")).unwrap();
        let alerts = alerts.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        alerts.map(|alert| (alert["alert_id"].as_str().unwrap().to_owned(), alert)).collect()
    }

    /// The changes as a bad network brings them: within some hundreds in any order, one in twenty twice.
    pub(crate) fn disordered(&self, seed: u64) -> Vec<Vec<u8>> {
        let mut random = SplitMix64::seeded(seed);
        let mut lines = Vec::new();
        for some in self.lines.chunks(300) {
            let mut some: Vec<&Vec<u8>> = some.iter().collect();
            let again: Vec<&Vec<u8>> = some.iter().copied().filter(|_| random.below(20) == 0).collect();
            some.extend(again);
            for nth in (1..some.len()).rev() {
                some.swap(nth, usize::try_from(random.below(nth as u64 + 1)).unwrap());
            }
            lines.extend(some.into_iter().cloned());
        }
        lines
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

/// Sends changes to `changes`, so many at a time with a pause after each.
pub(crate) fn flow(sender: &Sender, lines: &[Vec<u8>], some: usize, pause: Duration) {
    for some in lines.chunks(some.max(1)) {
        some.iter().for_each(|line| sender.send("changes", &key_of(line), Some(line), &[]));
        sender.flush();
        std::thread::sleep(pause);
    }
}

/// The sequence of the last event that a service has published; 0 before it knows.
pub(crate) fn published(service: &Service) -> u64 {
    let text = service.metrics();
    let sample =
        text.lines().find_map(|line| line.strip_prefix("fundwatch_published_sequence{topic=\"alerts\"} "));
    sample.map_or(0, |sequence| sequence.parse().unwrap())
}

/// The sequence of an event that was read from a topic.
fn sequence_of(message: &Message) -> u64 {
    message.header("ce_sequence").parse().unwrap()
}

/// The alerts that stand after the events of a topic that one state has written: each event once, under the id of its
/// alert, in the order of its alert.
pub(crate) fn folded(messages: &[Message], last: u64) -> Alerts {
    let mut sequences: Vec<u64> = messages.iter().map(sequence_of).collect();
    sequences.sort_unstable();
    assert_eq!(sequences, (1..=last).collect::<Vec<_>>());
    let events: Vec<Value> = messages
        .iter()
        .map(|message| {
            let event: Value = serde_json::from_slice(&message.value).unwrap();
            assert_eq!(event["alert"]["alert_id"], json!(str::from_utf8(&message.key).unwrap()));
            event
        })
        .collect();
    fold(&events)
}

/// Waits until store, database and topic have all events; they lead to the same alerts everywhere, and these are given.
pub(crate) fn settled(place: &Place, service: &Service, broker: &Broker, wanted: &Alerts) {
    place.wait("all alerts stand", || service.alerts() == *wanted);
    let last = service.counter("fundwatch_sequence");
    place.wait("all events are published", || published(service) == last);
    let events = service.events(0, usize::try_from(last).unwrap());
    assert_eq!(fold(events.iter().map(|(_, event)| event)), *wanted, "what the store's events lead to");
    let source = broker.committed("alerts").last().map(|message| message.header("ce_source").to_owned());
    let mut messages = broker.committed("alerts");
    // Another state has sequences of its own.
    messages.retain(|message| Some(message.header("ce_source")) == source.as_deref());
    assert_eq!(folded(&messages, last), *wanted, "what the topic's events lead to");
}
