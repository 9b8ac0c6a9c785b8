//! Alert events out: in order, each once.
//!
//! A page of events is one transaction of the broker, together with how far publishing has come: the sequence of its
//! last event is committed as an offset of the group `GROUP.published.STATE`. So either both are there or neither, and after
//! a crash publishing goes on just behind what readers (`read_committed`) can see. A second service of the same name
//! that starts fences the first. A broker has to have transactions.
//!
//! The key of a message is the `alert_id`, so that a compacted topic keeps the last event of each alert.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::util::Timeout;
use rdkafka::{ClientConfig, Offset};
use serde_json::{Value, json};
use store::State;
use tokio::runtime::Handle;

use super::{ANSWER, KafkaConfig};
use crate::fail;
use crate::feed::{Feed, Line};
use crate::live::Shared;

/// A message is at most so long; of a longer event the evidence is cut.
pub const MESSAGE_BYTES_MAX: usize = 900_000;

/// Entries of evidence that an event keeps which is too long otherwise.
pub const EVIDENCE_MAX: usize = 1_000;

/// How long nothing may happen until it is looked whether the service ends.
const LOOK: Duration = Duration::from_millis(200);

/// How long a broker that cannot be reached is left alone.
const PAUSE: Duration = Duration::from_secs(1);

/// Publishes events until the service ends.
pub struct Publish {
    /// How Kafka is reached.
    pub config: KafkaConfig,
    /// The topic.
    pub topic: String,
    /// Whose events they are.
    pub state: State,
    /// Where events come from.
    pub feed: Feed,
    /// Waits for newer events.
    pub handle: Handle,
    /// Where it is noted how far publishing has come.
    pub shared: Arc<Shared>,
}

/// Why publishing stopped.
enum Stopped {
    /// The broker, or the way there; it is tried again.
    Kafka(KafkaError),
    /// The store cannot be read.
    Store(crate::Error),
    /// Another service of the same name has begun to write.
    Fenced,
}

impl From<KafkaError> for Stopped {
    fn from(error: KafkaError) -> Stopped {
        match error.rdkafka_error_code() {
            Some(
                RDKafkaErrorCode::Fenced
                | RDKafkaErrorCode::ProducerFenced
                | RDKafkaErrorCode::InvalidProducerEpoch,
            ) => Stopped::Fenced,
            _ => Stopped::Kafka(error),
        }
    }
}

impl From<crate::Error> for Stopped {
    fn from(error: crate::Error) -> Stopped {
        Stopped::Store(error)
    }
}

impl Publish {
    /// Publishes until the service ends; what goes wrong is told and tried again, but not after being fenced.
    ///
    /// Gives false if it was fenced.
    pub fn run(&self, ending: &AtomicBool, tell: &dyn Fn(String)) -> bool {
        while !ending.load(Ordering::Acquire) {
            match self.publish(ending) {
                Ok(()) => return true,
                Err(Stopped::Fenced) => return false,
                Err(Stopped::Kafka(error)) => tell(format!("kafka: {error}; publishing is tried again")),
                Err(Stopped::Store(error)) => tell(format!("{error}; publishing is tried again")),
            }
            std::thread::sleep(PAUSE);
        }
        true
    }

    /// The group whose one offset says how far publishing has come; another state has sequences of its own.
    fn group(&self) -> String {
        format!("{}.published.{:016x}", self.config.group, self.state.identity())
    }

    fn publish(&self, ending: &AtomicBool) -> Result<(), Stopped> {
        // Whoever wrote before under this name is fenced, and what it left open is aborted; then its progress stands.
        let mut options: ClientConfig = self.config.writer();
        options.set("transactional.id", format!("{}.alerts", self.config.group));
        let producer: BaseProducer = options.create()?;
        producer.init_transactions(ANSWER)?;
        let consumer: BaseConsumer = self.config.reader(&self.group()).create()?;
        let mut progress = TopicPartitionList::new();
        progress.add_partition(&self.topic, 0);
        let progress = consumer.committed_offsets(progress, ANSWER)?;
        let mut published = match progress.elements().first().map(|of| of.offset()) {
            Some(Offset::Offset(sequence)) => u64::try_from(sequence).unwrap_or(0),
            _ => 0,
        };
        let note = |sequence| self.shared.metrics.streams.set_published(&self.topic, sequence);
        note(published);
        let mut newer = self.feed.subscribe();
        while !ending.load(Ordering::Acquire) {
            newer.mark_unchanged();
            let page = self.feed.after(published)?;
            let Some((last, _)) = page.last() else {
                // It ends with the service, which is seen above.
                let _ = self.handle.block_on(async { tokio::time::timeout(LOOK, newer.changed()).await });
                continue;
            };
            let last = *last;
            producer.begin_transaction()?;
            for line in &page {
                self.send(&producer, line)?;
            }
            delivered(&producer)?;
            let mut progress = TopicPartitionList::new();
            let offset = Offset::Offset(i64::try_from(last).unwrap_or(i64::MAX));
            progress.add_partition_offset(&self.topic, 0, offset)?;
            let group = consumer.group_metadata().ok_or(KafkaError::Canceled)?;
            producer.send_offsets_to_transaction(&progress, &group, ANSWER)?;
            fail::point("events sent");
            producer.commit_transaction(ANSWER)?;
            fail::point("events published");
            published = last;
            note(published);
        }
        Ok(())
    }

    fn send(&self, producer: &BaseProducer, (sequence, line): &Line) -> Result<(), Stopped> {
        let event: Value = serde_json::from_slice(line).map_err(crate::Error::from)?;
        let alert_id = event["alert"]["alert_id"].as_str().unwrap_or_default().to_owned();
        let headers = headers(self.state.identity(), *sequence, &alert_id, &event);
        let cut;
        let payload: &[u8] = if line.len() <= MESSAGE_BYTES_MAX {
            line
        } else {
            cut = shortened(event);
            &cut
        };
        let mut record = BaseRecord::to(&self.topic).key(alert_id.as_str()).payload(payload).headers(headers);
        loop {
            match producer.send(record) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                    record = back;
                    producer.poll(Timeout::After(Duration::from_millis(50)));
                }
                Err((error, _)) => return Err(error.into()),
            }
        }
    }
}

/// Waits until all that was sent is on the brokers; the client's own waiting for it goes in steps of a tenth of a second.
fn delivered(producer: &BaseProducer) -> Result<(), KafkaError> {
    let begun = Instant::now();
    while producer.in_flight_count() > 0 {
        if begun.elapsed() >= ANSWER {
            return Err(KafkaError::Flush(RDKafkaErrorCode::OperationTimedOut));
        }
        producer.poll(Timeout::After(Duration::from_millis(1)));
    }
    Ok(())
}

/// The attributes of CloudEvents 1.0 in binary mode, and the sequence.
fn headers(identity: u64, sequence: u64, alert_id: &str, event: &Value) -> OwnedHeaders {
    let what = event["event"].as_str().unwrap_or_default();
    let source = format!("fundwatch/{identity:016x}");
    let (id, of_type) = (format!("{alert_id}-{sequence}"), format!("fundwatch.alert.{what}.v1"));
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
    all.into_iter()
        .fold(OwnedHeaders::new(), |headers, (key, value)| headers.insert(Header { key, value: Some(value) }))
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
        let short: Value = serde_json::from_slice(&shortened(event)).unwrap();
        assert_eq!(short["alert"]["evidence"].as_array().map(Vec::len), Some(EVIDENCE_MAX));
        assert_eq!(short["alert"]["evidence_total"], 30_000);
    }
}
