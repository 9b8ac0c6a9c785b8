//! The feed and Kafka: who reads, how far publishing and reading have come, and what goes wrong on the way.

use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

type Partition = [(&'static str, String); 2];
type Topic = [(&'static str, String); 1];
type Count = Gauge<u64, AtomicU64>;

/// Gauges of streams.
#[derive(Debug)]
pub struct Streams {
    readers: Gauge,
    sequence: Count,
    published: Family<Topic, Count>,
    behind: Family<Topic, Count>,
    /// The sequence that was published last, and how far that is behind, once publishing knows it.
    reached: OnceLock<(Count, Count)>,
    lag: Family<Partition, Count>,
    troubles: Family<[(&'static str, &'static str); 1], Counter>,
}

/// A reader of the feed, until it is dropped.
#[derive(Debug, Default)]
pub struct Reading(Gauge);

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Streams {
    pub(super) fn register(registry: &mut Registry) -> Streams {
        let streams = Streams {
            readers: Gauge::default(),
            sequence: Count::default(),
            published: Family::default(),
            behind: Family::default(),
            reached: OnceLock::new(),
            lag: Family::default(),
            troubles: Family::default(),
        };
        registry.register(
            "fundwatch_feed_readers",
            "Readers of the feed that are connected",
            streams.readers.clone(),
        );
        registry.register("fundwatch_sequence", "Sequence of the last event", streams.sequence.clone());
        let help = "Sequence of the last event that was published to Kafka";
        registry.register("fundwatch_published_sequence", help, streams.published.clone());
        let help = "Events that are committed and not published to Kafka yet";
        registry.register("fundwatch_publish_lag_events", help, streams.behind.clone());
        let help = "Messages of a partition that are not in the state yet";
        registry.register("fundwatch_kafka_lag_messages", help, streams.lag.clone());
        let help = "What went wrong beside the live loop and is tried again, by thread";
        registry.register("fundwatch_troubles", help, streams.troubles.clone());
        streams
    }

    /// Somebody reads the feed until what is given is dropped.
    pub fn reader(&self) -> Reading {
        self.readers.inc();
        Reading(self.readers.clone())
    }

    /// Events up to this one are published to the topic.
    pub fn set_published(&self, topic: &str, sequence: u64) {
        let labels = [("topic", topic.to_owned())];
        let gauges =
            || (self.published.get_or_create_owned(&labels), self.behind.get_or_create_owned(&labels));
        self.reached.get_or_init(gauges).0.set(sequence);
    }

    /// So many messages of a partition are still to be read.
    pub fn set_lag(&self, topic: &str, partition: i32, messages: u64) {
        let labels = [("topic", topic.to_owned()), ("partition", partition.to_string())];
        self.lag.get_or_create(&labels).set(messages);
    }

    /// A thread that can go wrong is there; its count begins at 0.
    pub fn watch(&self, thread: &'static str) {
        drop(self.troubles.get_or_create_owned(&[("thread", thread)]));
    }

    /// Something went wrong on a thread.
    pub fn trouble(&self, thread: &'static str) {
        self.troubles.get_or_create(&[("thread", thread)]).inc();
    }

    pub(super) fn look(&self, sequence: u64) {
        self.sequence.set(sequence);
        if let Some((reached, behind)) = self.reached.get() {
            behind.set(sequence.saturating_sub(reached.get()));
        }
    }
}
