//! What was rejected goes to `TOPIC.dlq`: the message as it came, and what was wrong with it in headers.
//!
//! The headers are named as those of Kafka Connect, so that tools that read its dead letters read these.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use serde_json::value::RawValue;

use super::headers::StoredHeader;
use super::heard::Heard;
use super::{ANSWER, KafkaConfig};
use crate::live::{Shared, StoredReject};

/// Who takes rejects, in the store.
const CURSOR: &str = "dead_letters";

/// Rejects of a page.
const PAGE: usize = 500;

/// How long nothing is looked for when there is nothing.
const LOOK: Duration = Duration::from_millis(500);

/// The client sends letters up to this length, in bytes; what a topic takes is the brokers' to say.
const LETTER_BYTES_MAX: &str = "100000000";

/// A producer of letters, and what it hears.
type LetterProducer = BaseProducer<Heard>;

/// The name of its thread.
pub const THREAD: &str = "dead letters";

/// A letter that a broker does not take because it is too long keeps so many bytes of its value.
const CUT_BYTES: usize = 900_000;

/// Writes dead letters until the service ends.
pub struct DeadLetters {
    /// How Kafka is reached.
    pub config: KafkaConfig,
    /// Where rejects stand, and where it is noted that it goes well.
    pub shared: Arc<Shared>,
}

impl DeadLetters {
    /// Writes until the service ends; what goes wrong is told and tried again.
    pub fn run(&self, ending: &AtomicBool, tell: &dyn Fn(String)) {
        let tell = self.shared.beside.noting(THREAD, tell);
        while !ending.load(Ordering::Acquire) {
            let heard = Heard::default();
            match self.write(&heard, ending) {
                Ok(()) => return,
                Err(Failed::Kafka(error)) => {
                    tell(format!("dead letters: {}; it is tried again", heard.because(&error)));
                }
                Err(error) => tell(format!("dead letters: {error}; it is tried again")),
            }
            std::thread::sleep(LOOK);
        }
    }

    fn write(&self, heard: &Heard, ending: &AtomicBool) -> Result<(), Failed> {
        let mut options = self.config.writer();
        options.set("message.max.bytes", LETTER_BYTES_MAX);
        let producer: LetterProducer = options.create_with_context(heard.clone())?;
        let state = &self.shared.state;
        let mut after = state.cursor(CURSOR)?;
        while !ending.load(Ordering::Acquire) {
            let page = state.rejects(after, PAGE)?;
            let Some((last, _)) = page.items.last() else {
                std::thread::sleep(LOOK);
                continue;
            };
            let last = *last;
            let letters: Vec<StoredReject> =
                page.items.iter().map(|(_, line)| serde_json::from_slice(line)).collect::<Result<_, _>>()?;
            for (number, rejected) in letters.iter().enumerate() {
                send(&producer, rejected, number, usize::MAX)?;
            }
            for number in too_long(&producer, heard)? {
                send(&producer, &letters[number], number, CUT_BYTES)?;
            }
            if !too_long(&producer, heard)?.is_empty() {
                return Err(KafkaError::MessageProduction(RDKafkaErrorCode::MessageSizeTooLarge).into());
            }
            // On the brokers first: a crash before the cursor moves writes a letter twice, never not at all.
            state.advance((CURSOR, last))?;
            after = last;
            heard.forget();
            self.shared.beside.clear(THREAD);
        }
        Ok(())
    }
}

/// Waits until the brokers have what was sent; gives the numbers of letters that are too long for them.
fn too_long(producer: &LetterProducer, heard: &Heard) -> Result<Vec<usize>, KafkaError> {
    producer.flush(ANSWER)?;
    let undelivered = heard.take_undelivered();
    match undelivered.iter().find(|(_, code)| *code != RDKafkaErrorCode::MessageSizeTooLarge) {
        Some((_, code)) => Err(KafkaError::MessageProduction(*code)),
        None => Ok(undelivered.into_iter().map(|(number, _)| number).collect()),
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

/// Sends a letter with up to so many bytes of its value; what becomes of it is heard under its number.
fn send(
    producer: &LetterProducer,
    rejected: &StoredReject,
    number: usize,
    bytes_max: usize,
) -> Result<(), Failed> {
    let origin = &rejected.line.origin;
    let Some(topic) = &origin.topic else { return Ok(()) };
    let dead = format!("{topic}.dlq");
    let payload = original(&rejected.line.raw)?;
    let key = rejected.key.as_deref().map(original).transpose()?;
    let mut headers = OwnedHeaders::new();
    for StoredHeader { name, value } in &rejected.headers {
        let value = value.as_deref().map(original).transpose()?;
        headers = headers.insert(Header { key: name, value: value.as_deref() });
    }
    let (partition, offset) =
        (origin.partition.unwrap_or_default().to_string(), origin.offset.unwrap_or_default().to_string());
    let about = [
        ("__connect.errors.topic", topic.as_str()),
        ("__connect.errors.partition", &partition),
        ("__connect.errors.offset", &offset),
        ("__connect.errors.connector.name", "fundwatch"),
        ("__connect.errors.stage", "VALUE_CONVERTER"),
        ("__connect.errors.exception.class.name", &rejected.line.code),
        ("__connect.errors.exception.message", &rejected.line.text),
    ];
    headers = about
        .into_iter()
        .fold(headers, |headers, (key, value)| headers.insert(Header { key, value: Some(value) }));
    let length = payload.len().to_string();
    if payload.len() > bytes_max {
        headers = headers.insert(Header { key: "fundwatch.value.bytes", value: Some(&length) });
    }
    let payload = &payload[..payload.len().min(bytes_max)];
    let mut record =
        BaseRecord::<[u8], [u8], usize>::with_opaque_to(&dead, number).payload(payload).headers(headers);
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
