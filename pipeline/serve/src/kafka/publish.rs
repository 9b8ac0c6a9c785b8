//! Alert events out: in order, each once.
//!
//! A page of events is one transaction of the broker, together with how far publishing has come: the sequence of its
//! last event is committed as an offset of the group `GROUP.published.STATE`. So either both are there or neither, and after
//! a crash publishing goes on just behind what readers (`read_committed`) can see. A broker has to have transactions.
//!
//! A transaction is a chain of requests, so several producers (`GROUP.alerts.N`) take turns: while one commits, the next
//! sends its page. Pages are sent one after the other, and one is committed only when the one before it is; so events of
//! an alert are read in their order, and progress skips nothing. A second service of the same name that starts fences
//! all producers of the first, and reads the progress only then.
//!
//! The key of a message is the `alert_id`, so that a compacted topic keeps the last event of each alert.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
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
use super::{ANSWER, KafkaConfig};
use crate::fail;
use crate::feed::{Feed, Line};
use crate::live::Shared;

/// Producers that take turns: one sends, one commits, and one waits until the broker has finished its last transaction.
const PRODUCERS: usize = 3;

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

/// A page that is on the brokers, in a transaction that is not committed yet.
struct Sent {
    producer: EventProducer,
    /// Sequence of its last event.
    last: u64,
    events: usize,
    /// When the page was in hand, and how long it took from then on until the brokers had it.
    begun: Instant,
    took: Duration,
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

    /// Sends pages on this thread and commits them on another, until the service ends or one of the two fails.
    fn publish(&self, heard: &Heard, ending: &AtomicBool) -> Result<(), Stopped> {
        // Whoever wrote before under this name is fenced, and what it left open is aborted; then its progress stands.
        let producers =
            (1..=PRODUCERS).map(|nth| self.producer(nth, heard)).collect::<Result<Vec<_>, _>>()?;
        let consumer: BaseConsumer = self.config.reader(&self.group()).create()?;
        let published = self.progress(&consumer)?;
        self.note(published);
        heard.forget();
        self.shared.beside.clear(THREAD);
        let (give_back, idle) = channel();
        for producer in producers {
            // Its other end is in hand.
            let _ = give_back.send(producer);
        }
        let (hand_over, sent) = channel();
        std::thread::scope(|scope| {
            let committing = std::thread::Builder::new()
                .name("kafka commit".to_owned())
                .spawn_scoped(scope, move || self.commit_all(&sent, &give_back))
                .map_err(crate::Error::System)?;
            let sending = self.send_all(&consumer, published, &idle, hand_over, ending);
            // What was sent is committed; then that thread ends, since nothing is handed over any more.
            let committed = committing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            committed.and(sending)
        })
    }

    fn producer(&self, nth: usize, heard: &Heard) -> Result<EventProducer, KafkaError> {
        let mut options = self.config.writer();
        options.set("transactional.id", format!("{}.alerts.{nth}", self.config.group));
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

    /// Sends page after page, each with the next producer that is idle, and hands it over to be committed.
    fn send_all(
        &self,
        consumer: &BaseConsumer,
        published: u64,
        idle: &Receiver<EventProducer>,
        hand_over: Sender<Sent>,
        ending: &AtomicBool,
    ) -> Result<(), Stopped> {
        let mut sent = published;
        let mut newer = self.feed.subscribe();
        // Without an idle producer committing has failed, and says why.
        while let Ok(producer) = idle.recv() {
            let page = loop {
                if ending.load(Ordering::Acquire) {
                    return Ok(());
                }
                newer.mark_unchanged();
                let page = self.feed.after(sent)?;
                if !page.is_empty() {
                    break page;
                }
                // It ends with the service, which is seen above.
                let _ = self.handle.block_on(async { tokio::time::timeout(LOOK, newer.changed()).await });
            };
            let page = self.send_page(consumer, producer, &page)?;
            sent = page.last;
            if hand_over.send(page).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// A page and the progress behind it, in a transaction that stays open.
    fn send_page(
        &self,
        consumer: &BaseConsumer,
        producer: EventProducer,
        page: &[Line],
    ) -> Result<Sent, Stopped> {
        let begun = Instant::now();
        producer.begin_transaction()?;
        for line in page {
            self.send(&producer, line)?;
        }
        // Before the next page is sent: so a partition has the pages in their order.
        delivered(&producer)?;
        let last = page.last().map_or(0, |(sequence, _)| *sequence);
        let mut progress = TopicPartitionList::new();
        let offset = Offset::Offset(i64::try_from(last).unwrap_or(i64::MAX));
        progress.add_partition_offset(&self.topic, 0, offset)?;
        let group = consumer.group_metadata().ok_or(KafkaError::Canceled)?;
        producer.send_offsets_to_transaction(&progress, &group, ANSWER)?;
        fail::point("events sent");
        Ok(Sent { producer, last, events: page.len(), begun, took: begun.elapsed() })
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

    /// Commits pages in the order in which they were sent. After one that cannot be committed none is: they are aborted
    /// when the producers begin anew.
    fn commit_all(&self, sent: &Receiver<Sent>, give_back: &Sender<EventProducer>) -> Result<(), Stopped> {
        for page in sent {
            let committing = Instant::now();
            page.producer.commit_transaction(ANSWER)?;
            fail::point("events published");
            self.note(page.last);
            let milliseconds = |part: Duration| part.as_micros() as f64 / 1_000.0;
            debug!(
                sequence = page.last,
                events = page.events,
                send_ms = milliseconds(page.took),
                commit_ms = milliseconds(committing.elapsed()),
                whole_ms = milliseconds(page.begun.elapsed()),
                "events published"
            );
            // Nobody sends any more where sending has ended.
            let _ = give_back.send(page.producer);
        }
        Ok(())
    }
}

/// Waits until all that was sent is on the brokers; the client's own waiting for it goes in steps of a tenth of a second.
fn delivered(producer: &EventProducer) -> Result<(), KafkaError> {
    let begun = Instant::now();
    while producer.in_flight_count() > 0 {
        if begun.elapsed() >= ANSWER {
            return Err(KafkaError::Flush(RDKafkaErrorCode::OperationTimedOut));
        }
        producer.poll(Timeout::After(Duration::from_millis(1)));
    }
    Ok(())
}
