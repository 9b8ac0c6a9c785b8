//! Alert events out: in order, each once.
//!
//! A page of events is one transaction of the broker, together with how far publishing has come: the sequence of its
//! last event is committed as an offset of the group `GROUP.published.STATE`. So either both are there or neither, and after
//! a crash publishing goes on just behind what readers (`read_committed`) can see. A broker has to have transactions.
//!
//! One producer (`GROUP.alerts`) sends page after page; what happens while a transaction is in work (7 to 12 ms on a quiet
//! machine) is the next page. A second service of the same name that starts fences the producer of the first, and reads
//! the progress only then.
//!
//! The key of a message is the `alert_id`, so that a compacted topic keeps the last event of each alert.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::util::Timeout;
use rdkafka::{Offset, TopicPartitionList};
use store::State;
use tokio::runtime::Handle;
use tracing::debug;

use super::heard::Heard;
use super::message::{self, Named};
use super::{ANSWER, KafkaConfig, MOMENT};
use crate::fail;
use crate::feed::{Feed, Line};
use crate::live::Shared;

/// How long nothing may happen until it is looked whether the service ends.
const LOOK: Duration = Duration::from_millis(200);

/// How long a broker that cannot be reached is left alone.
const PAUSE: Duration = Duration::from_secs(1);

/// The name of its thread.
pub const THREAD: &str = "kafka out";

/// A producer, and what it hears.
type EventProducer = BaseProducer<Heard>;

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
        let tell = self.shared.beside.noting(THREAD, tell);
        while !ending.load(Ordering::Acquire) {
            let heard = Heard::default();
            match self.publish(&heard, ending) {
                Ok(()) => return true,
                Err(Stopped::Fenced) => return false,
                Err(Stopped::Kafka(error)) => {
                    tell(format!("kafka: {}; publishing is tried again", heard.because(&error)));
                }
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

    /// Publishes page after page until the service ends or something fails.
    fn publish(&self, heard: &Heard, ending: &AtomicBool) -> Result<(), Stopped> {
        // Whoever wrote before under this name is fenced, and what it left open is aborted; then its progress stands.
        let producer = self.producer(heard)?;
        let consumer: BaseConsumer = self.config.reader(&self.group()).create()?;
        let mut published = self.progress(&consumer)?;
        self.note(published);
        heard.forget();
        self.shared.beside.clear(THREAD);
        let mut newer = self.feed.subscribe();
        while !ending.load(Ordering::Acquire) {
            newer.mark_unchanged();
            let page = self.feed.after(published)?;
            let Some((last, _)) = page.last() else {
                // It ends with the service, which is seen above.
                let _ = self.handle.block_on(async { tokio::time::timeout(LOOK, newer.changed()).await });
                continue;
            };
            self.publish_page(&consumer, &producer, &page, *last)?;
            published = *last;
            self.note(published);
        }
        Ok(())
    }

    fn producer(&self, heard: &Heard) -> Result<EventProducer, KafkaError> {
        let mut options = self.config.writer();
        options.set("transactional.id", format!("{}.alerts", self.config.group));
        let producer: EventProducer = options.create_with_context(heard.clone())?;
        if let Err(error) = producer.init_transactions(ANSWER) {
            Heard::listen(|time| producer.poll(Timeout::After(time)));
            return Err(error);
        }
        Ok(producer)
    }

    /// Sequence of the last event that is published.
    fn progress(&self, consumer: &BaseConsumer) -> Result<u64, KafkaError> {
        let mut progress = TopicPartitionList::new();
        progress.add_partition(&self.topic, 0);
        let progress = consumer.committed_offsets(progress, ANSWER)?;
        Ok(match progress.elements().first().map(|of| of.offset()) {
            Some(Offset::Offset(sequence)) => u64::try_from(sequence).unwrap_or(0),
            _ => 0,
        })
    }

    fn note(&self, published: u64) {
        self.shared.metrics.streams.set_published(&self.topic, published);
    }

    /// A page of events up to the sequence `last`, and that as the progress, in one transaction.
    fn publish_page(
        &self,
        consumer: &BaseConsumer,
        producer: &EventProducer,
        page: &[Line],
        last: u64,
    ) -> Result<(), Stopped> {
        let begun = Instant::now();
        producer.begin_transaction()?;
        for line in page {
            self.send(producer, line)?;
        }
        delivered(producer)?;
        let mut progress = TopicPartitionList::new();
        let offset = Offset::Offset(i64::try_from(last).unwrap_or(i64::MAX));
        progress.add_partition_offset(&self.topic, 0, offset)?;
        let group = consumer.group_metadata().ok_or(KafkaError::Canceled)?;
        producer.send_offsets_to_transaction(&progress, &group, ANSWER)?;
        fail::point("events sent");
        let committing = Instant::now();
        producer.commit_transaction(ANSWER)?;
        fail::point("events published");
        let milliseconds = |part: Duration| part.as_micros() as f64 / 1_000.0;
        debug!(
            sequence = last,
            events = page.len(),
            send_ms = milliseconds(committing - begun),
            commit_ms = milliseconds(committing.elapsed()),
            "events published"
        );
        Ok(())
    }

    fn send(&self, producer: &EventProducer, (sequence, line): &Line) -> Result<(), Stopped> {
        let event: Named<'_> = serde_json::from_slice(line).map_err(crate::Error::from)?;
        let headers = event.headers(self.state.identity(), *sequence);
        let payload = message::value(line).map_err(crate::Error::from)?;
        let mut record = BaseRecord::with_opaque_to(&self.topic, 0)
            .key(event.alert_id())
            .payload(&*payload)
            .headers(headers);
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

/// Waits until all that was sent is on the brokers.
///
/// The client's own waiting (`flush`) goes in steps of a tenth of a second.
fn delivered(producer: &EventProducer) -> Result<(), KafkaError> {
    let begun = Instant::now();
    loop {
        producer.poll(Timeout::After(Duration::ZERO));
        if producer.in_flight_count() == 0 {
            return Ok(());
        }
        if begun.elapsed() >= ANSWER {
            return Err(KafkaError::Flush(RDKafkaErrorCode::OperationTimedOut));
        }
        std::thread::sleep(MOMENT);
    }
}
