//! A broker of its own for a test, and what is written there and read there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, Headers as _, Message as _, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use serde_json::json;

use crate::service::{PATIENCE, free_port};

/// A broker of its own, killed when the test is done.
pub(crate) struct Broker {
    folder: PathBuf,
    pub(crate) port: u16,
}

/// A message as a reader sees it.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) headers: Vec<(String, Option<Vec<u8>>)>,
    pub(crate) key: Vec<u8>,
    pub(crate) value: Vec<u8>,
}

impl Message {
    /// The text of a header.
    pub(crate) fn header(&self, name: &str) -> &str {
        let header = self.headers.iter().find(|(of, _)| of == name);
        let value = header.and_then(|(_, value)| value.as_deref());
        str::from_utf8(value.unwrap_or_else(|| panic!("no {name} in {:?}", self.headers))).unwrap()
    }
}

fn run(args: &[&str]) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("services/kafka/run");
    let done = Command::new(script).args(args).output().unwrap();
    assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).into_owned()
}

impl Broker {
    /// Starts one, if the machine has what it needs.
    pub(crate) fn start(at: &Path) -> Option<Broker> {
        Broker::start_with(at, |_| {})
    }

    /// Starts one for whose folder something is prepared.
    pub(crate) fn start_with(at: &Path, prepare: impl FnOnce(&Path)) -> Option<Broker> {
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
        fs::create_dir_all(&folder).unwrap();
        prepare(&folder);
        let broker = Broker { folder, port };
        broker.begin();
        Some(broker)
    }

    pub(crate) fn begin(&self) {
        run(&["start", self.folder.to_str().unwrap(), &self.port.to_string()]);
    }

    pub(crate) fn end(&self) {
        run(&["stop", self.folder.to_str().unwrap()]);
    }

    pub(crate) fn crash(&self) {
        run(&["kill", self.folder.to_str().unwrap()]);
    }

    pub(crate) fn topics(&self, topics: &[&str]) {
        let port = self.port.to_string();
        run(&[&["topics", &port], topics].concat());
    }

    /// What is committed in a topic, as Kafka's own console tool reads it: headers, key and value of each message.
    pub(crate) fn console(&self, topic: &str) -> Vec<(BTreeMap<String, String>, String, String)> {
        let text = run(&["read", &self.port.to_string(), topic]);
        let message = |line: &str| {
            let mut parts = line.splitn(3, '\t');
            let headers = parts.next().unwrap().split(',').filter_map(|header| header.split_once(':'));
            let headers = headers.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
            (headers, parts.next().unwrap().to_owned(), parts.next().unwrap_or_default().to_owned())
        };
        text.lines().map(message).collect()
    }

    fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// What is committed in a topic: partition by partition, each in its order.
    pub(crate) fn committed(&self, topic: &str) -> Vec<Message> {
        let mut options = ClientConfig::new();
        options.set("bootstrap.servers", self.address()).set("group.id", "reader of the test");
        options.set("isolation.level", "read_committed").set("enable.partition.eof", "true");
        options.set("enable.auto.commit", "false");
        let consumer: BaseConsumer = options.create().unwrap();
        let metadata = consumer.fetch_metadata(Some(topic), PATIENCE).unwrap();
        let mut partitions = TopicPartitionList::new();
        for partition in metadata.topics()[0].partitions() {
            partitions.add_partition_offset(topic, partition.id(), Offset::Beginning).unwrap();
        }
        consumer.assign(&partitions).unwrap();
        let (begun, mut ended) = (Instant::now(), 0);
        let mut messages: BTreeMap<(i32, i64), Message> = BTreeMap::new();
        while ended < partitions.count() {
            assert!(begun.elapsed() < PATIENCE, "{topic} is not read to its end");
            match consumer.poll(Duration::from_millis(100)) {
                None => {}
                Some(Err(KafkaError::PartitionEOF(_))) => ended += 1,
                // A broker that begins again is waited for.
                Some(Err(_)) => {}
                Some(Ok(message)) => {
                    let headers = message.headers().map_or_else(Vec::new, |headers| {
                        let header =
                            |of: Header<'_, &[u8]>| (of.key.to_owned(), of.value.map(<[u8]>::to_vec));
                        headers.iter().map(header).collect()
                    });
                    let (key, value) =
                        (message.key().unwrap_or_default(), message.payload().unwrap_or_default());
                    let read = Message { headers, key: key.to_vec(), value: value.to_vec() };
                    messages.insert((message.partition(), message.offset()), read);
                }
            }
        }
        messages.into_values().collect()
    }

    /// Who writes changes.
    pub(crate) fn sender(&self) -> Sender {
        let mut options = ClientConfig::new();
        options
            .set("bootstrap.servers", self.address())
            .set("enable.idempotence", "true")
            .set("message.max.bytes", "2000000");
        Sender(options.create().unwrap())
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // It may be dead already.
        let pid = fs::read_to_string(self.folder.join("pid")).unwrap_or_default();
        let _ = Command::new("kill").args(["-9", pid.trim()]).output();
    }
}

/// One who writes to topics; each message is sent once, also where the broker begins again meanwhile.
pub(crate) struct Sender(BaseProducer);

impl Sender {
    /// Sends a message, or a tombstone.
    pub(crate) fn send(&self, topic: &str, key: &str, value: Option<&[u8]>, headers: &[(&str, &[u8])]) {
        let mut record = BaseRecord::<str, [u8]>::to(topic).key(key);
        if let Some(value) = value {
            record = record.payload(value);
        }
        if !headers.is_empty() {
            let all = headers.iter().fold(OwnedHeaders::new(), |all, (key, value)| {
                all.insert(Header { key, value: Some(*value) })
            });
            record = record.headers(all);
        }
        while let Err((_, back)) = self.0.send(record) {
            record = back;
            self.0.poll(Duration::from_millis(20));
        }
    }

    /// Sends a death, and a visit after it, to `bureau.person_fact` and `changes`: an alert of the built-in rules.
    pub(crate) fn send_visit_after_death(&self) {
        let visit = json!({"kind": "visit", "rev": 1, "mdtrt_id": "V1", "psn_no": "P1", "fixmedins_code": "H1",
            "med_type": "11", "begntime": "2025-03-01 09:00:00"});
        let fact = json!({"fact_id": "F1", "psn_no": "P1", "fact": "death", "begin": "2025-01-01", "rev": 1});
        self.send("changes", "visit/V1", Some(visit.to_string().as_bytes()), &[]);
        self.send("bureau.person_fact", "F1", Some(fact.to_string().as_bytes()), &[]);
        self.flush();
    }

    /// Waits until all that was sent is on the broker.
    pub(crate) fn flush(&self) {
        self.0.flush(5 * PATIENCE).unwrap();
    }
}
