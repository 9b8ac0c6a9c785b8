//! Kafka: changes from topics, alert events to a topic, what was rejected to dead-letter topics.
//!
//! Offsets are the store's, not the group's: a batch and the offsets behind it are one transaction there. The group's
//! offsets are committed behind it, for those who watch how far reading has come.

pub mod consume;
pub mod dead_letters;
pub mod envelope;
pub mod headers;
pub(crate) mod heard;
pub mod lag;
mod message;
pub mod publish;

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::ClientConfig;
use serde::Deserialize;

use crate::Error;

/// How long a broker may take to answer.
pub const ANSWER: Duration = Duration::from_secs(10);

/// How long is slept between two looks at a client that something is waited for of: its own `poll` turns in circles for
/// whatever is less than a millisecond, on a processor that the broker may be waiting for.
const MOMENT: Duration = Duration::from_micros(500);

/// How Kafka is reached, and what is read and written there.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KafkaConfig {
    /// Addresses of brokers, `host:port` with commas between them.
    pub brokers: String,
    /// Topics of changes: one for all kinds, or one a kind, whose name ends with that of the kind.
    #[serde(default)]
    pub topics: Vec<String>,
    /// The topic of alert events, if they are to go to one.
    pub alert_topic: Option<String>,
    /// Name of the service at the brokers: two of the same name cannot write at a time.
    #[serde(default = "group")]
    pub group: String,
    /// Whether what is rejected goes to `TOPIC.dlq`.
    #[serde(default = "yes")]
    pub dead_letters: bool,
    /// Options of librdkafka as they are, such as `security.protocol` and `sasl.mechanism`.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
}

fn group() -> String {
    "fundwatch".to_owned()
}

fn yes() -> bool {
    true
}

/// Options that the service sets itself: with others it would lose or double something.
const OURS: [&str; 7] = [
    "bootstrap.servers",
    "group.id",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "isolation.level",
    "transactional.id",
    "enable.idempotence",
];

impl KafkaConfig {
    /// What does not fit together.
    ///
    /// # Errors
    /// The first mistake.
    pub fn check(&self) -> Result<(), Error> {
        let wrong = |what: String| Err(Error::config(format!("kafka: {what}")));
        if self.brokers.trim().is_empty() {
            return wrong("brokers: no address".to_owned());
        }
        if self.topics.is_empty() && self.alert_topic.is_none() {
            return wrong("neither topics nor an alert_topic: there is nothing to do".to_owned());
        }
        if let Some(alert_topic) = &self.alert_topic
            && self.topics.contains(alert_topic)
        {
            return wrong(format!("{alert_topic} is both read and written"));
        }
        match self.options.keys().find(|option| OURS.contains(&option.as_str())) {
            Some(option) => wrong(format!("options: {option} is the service's own")),
            None => Ok(()),
        }
    }

    /// Options for a client of whatever sort.
    fn client(&self) -> ClientConfig {
        let mut client = ClientConfig::new();
        for (option, value) in &self.options {
            client.set(option, value);
        }
        client.set("bootstrap.servers", &self.brokers).set("client.id", "fundwatch");
        client
    }

    /// Options for a reader; it is told where to read, and no group assigns it anything.
    pub(crate) fn reader(&self, group: &str) -> ClientConfig {
        let mut client = self.client();
        client
            .set("group.id", group)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("isolation.level", "read_committed")
            .set("auto.offset.reset", "error")
            .set("fetch.wait.max.ms", "10")
            .set("fetch.error.backoff.ms", "100");
        client
    }

    /// Options for a writer.
    pub(crate) fn writer(&self) -> ClientConfig {
        let mut client = self.client();
        client
            .set("enable.idempotence", "true")
            .set("compression.type", "lz4")
            .set("linger.ms", "1")
            .set("message.max.bytes", "1000000");
        client
    }
}
