//! How far reading is behind: of each partition, the messages that the state does not have yet.
//!
//! It has a client and a thread of its own, so that nobody who reads or judges waits for it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;

use super::heard::Heard;
use super::{ANSWER, KafkaConfig};
use crate::batch::Partition;
use crate::live::Shared;

/// The name of its thread.
pub const THREAD: &str = "kafka lag";

/// How often it is looked.
const LOOK: Duration = Duration::from_secs(3);

/// How long nothing may happen until it is looked whether the service ends.
const PAUSE: Duration = Duration::from_millis(200);

/// Looks how far reading is behind, until the service ends.
pub struct Lag {
    /// How Kafka is reached.
    pub config: KafkaConfig,
    /// How far the state has come, and where the lag is noted.
    pub shared: Arc<Shared>,
}

impl Lag {
    /// Looks until the service ends; what goes wrong is told once, until it goes well again.
    pub fn run(&self, ending: &AtomicBool, tell: &dyn Fn(String)) {
        let tell = self.shared.beside.noting(THREAD, tell);
        let (mut is_told, heard) = (false, Heard::default());
        let mut consumer: Option<BaseConsumer<Heard>> = None;
        while !ending.load(Ordering::Acquire) {
            let looked = self.look(&mut consumer, &heard);
            if let Some(consumer) = &consumer {
                // There are no messages, for nothing is assigned.
                Heard::listen(|time| drop(consumer.poll(time)));
            }
            if let (Err(error), false) = (&looked, is_told) {
                let why = heard.because(error);
                tell(format!("kafka: {why}; how far reading is behind is not known"));
            }
            is_told = looked.is_err();
            if !is_told {
                heard.forget();
                self.shared.beside.clear(THREAD);
            }
            let begun = Instant::now();
            while begun.elapsed() < LOOK && !ending.load(Ordering::Acquire) {
                std::thread::sleep(PAUSE);
            }
        }
    }

    fn look(&self, consumer: &mut Option<BaseConsumer<Heard>>, heard: &Heard) -> Result<(), KafkaError> {
        if consumer.is_none() {
            *consumer = Some(self.config.reader(&self.config.group).create_with_context(heard.clone())?);
        }
        let Some(consumer) = consumer else { return Ok(()) };
        // The ends first: what is committed meanwhile makes the lag too small rather than too large.
        let mut ends = Vec::new();
        for topic in &self.config.topics {
            let metadata = consumer.fetch_metadata(Some(topic), ANSWER)?;
            for partition in metadata.topics().iter().flat_map(|of| of.partitions()) {
                let (first, end) = consumer.fetch_watermarks(topic, partition.id(), ANSWER)?;
                ends.push((Partition { topic: topic.clone(), partition: partition.id(), next: first }, end));
            }
        }
        let stored = self.shared.state.offsets().map_err(|_| KafkaError::Canceled)?;
        let stored: BTreeMap<String, u64> = stored.into_iter().collect();
        for (of, end) in ends {
            let next = stored.get(&of.name()).and_then(|next| i64::try_from(*next).ok()).unwrap_or(of.next);
            let messages = u64::try_from(end - next).unwrap_or(0);
            self.shared.metrics.streams.set_lag(&of.topic, of.partition, messages);
        }
        Ok(())
    }
}
