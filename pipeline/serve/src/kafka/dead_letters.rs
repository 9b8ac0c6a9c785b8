//! What was rejected goes to `TOPIC.dlq`: the message as it came, and what was wrong with it in headers.
//!
//! The headers are named as those of Kafka Connect, so that tools that read its dead letters read these.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use serde_json::value::RawValue;
use store::State;

use super::{ANSWER, KafkaConfig};
use crate::live::StoredReject;

/// Who takes rejects, in the store.
const CURSOR: &str = "dead_letters";

/// Rejects of a page.
const PAGE: usize = 500;

/// How long nothing is looked for when there is nothing.
const LOOK: Duration = Duration::from_millis(500);

/// Writes dead letters until the service ends.
pub struct DeadLetters {
    /// How Kafka is reached.
    pub config: KafkaConfig,
    /// Where rejects stand.
    pub state: State,
}

impl DeadLetters {
    /// Writes until the service ends; what goes wrong is told and tried again.
    pub fn run(&self, ending: &AtomicBool, tell: &dyn Fn(String)) {
        while !ending.load(Ordering::Acquire) {
            match self.write(ending) {
                Ok(()) => return,
                Err(error) => tell(format!("dead letters: {error}; it is tried again")),
            }
            std::thread::sleep(LOOK);
        }
    }

    fn write(&self, ending: &AtomicBool) -> Result<(), Failed> {
        let producer: BaseProducer = self.config.writer().create()?;
        let mut after = self.state.cursor(CURSOR)?;
        while !ending.load(Ordering::Acquire) {
            let page = self.state.rejects(after, PAGE)?;
            let Some((last, _)) = page.items.last() else {
                std::thread::sleep(LOOK);
                continue;
            };
            let last = *last;
            for (_, line) in &page.items {
                let rejected: StoredReject = serde_json::from_slice(line)?;
                send(&producer, &rejected)?;
            }
            // On the brokers first: a crash before the cursor moves writes a letter twice, never not at all.
            producer.flush(ANSWER)?;
            self.state.advance((CURSOR, last))?;
            after = last;
        }
        Ok(())
    }
}

/// Why writing stopped.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The library's own text may quote the reject, and is left out.
    #[error("a reject of the store cannot be read")]
    Json(#[from] serde_json::Error),
}

fn send(producer: &BaseProducer, rejected: &StoredReject) -> Result<(), Failed> {
    let origin = &rejected.line.origin;
    let Some(topic) = &origin.topic else { return Ok(()) };
    let dead = format!("{topic}.dlq");
    let payload = original(&rejected.line.raw)?;
    let key = rejected.key.as_deref().map(original).transpose()?;
    let (partition, offset) =
        (origin.partition.unwrap_or_default().to_string(), origin.offset.unwrap_or_default().to_string());
    let headers = [
        ("__connect.errors.topic", topic.as_str()),
        ("__connect.errors.partition", &partition),
        ("__connect.errors.offset", &offset),
        ("__connect.errors.connector.name", "fundwatch"),
        ("__connect.errors.stage", "VALUE_CONVERTER"),
        ("__connect.errors.exception.class.name", &rejected.line.code),
        ("__connect.errors.exception.message", &rejected.line.text),
    ];
    let headers = headers.into_iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
        headers.insert(Header { key, value: Some(value) })
    });
    let mut record = BaseRecord::<[u8], [u8]>::to(&dead).payload(&payload).headers(headers);
    if let Some(key) = &key {
        record = record.key(key);
    }
    loop {
        match producer.send(record) {
            Ok(()) => return Ok(()),
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                record = back;
                producer.poll(Duration::from_millis(50));
            }
            Err((error, _)) => return Err(error.into()),
        }
    }
}

/// The bytes of which `raw` was made.
fn original(raw: &RawValue) -> Result<Vec<u8>, Failed> {
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Raw {
        Text(String),
        Bytes { base64: String },
    }
    match serde_json::from_str(raw.get())? {
        Raw::Text(text) => Ok(text.into_bytes()),
        Raw::Bytes { base64 } => Ok(wire::rejected::from_base64(&base64).unwrap_or_default()),
    }
}
