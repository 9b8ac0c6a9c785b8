//! Topics in: messages become batches, each with the offsets to read on at.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Headers as _, Message as _};
use rdkafka::{Offset, TopicPartitionList};
use records::decode::Code;
use runtime::source::is_white;
use tokio::runtime::Handle;

use super::heard::Heard;
use super::{ANSWER, KafkaConfig, MOMENT, envelope, headers};
use crate::batch::{Batch, Origin, Partition};
use crate::inbox::Inbox;
use crate::live::Shared;

/// A batch is handed in when it has so many bytes, or so many messages.
const BATCH_BYTES: usize = 4 << 20;
const BATCH_MESSAGES: usize = 20_000;

/// How long messages of a batch are waited for once there is one.
const GATHER: Duration = Duration::from_millis(2);

/// How long nothing may come until it is looked whether the service ends.
const POLL: Duration = Duration::from_millis(100);

/// How often it is looked whether a topic has more partitions, and the group is told how far reading has come.
const LOOK: Duration = Duration::from_secs(5);

/// How long a broker that cannot be reached is left alone.
const PAUSE: Duration = Duration::from_secs(1);

/// The name of its thread.
pub const THREAD: &str = "kafka in";

/// Reads topics until the service ends.
pub struct Consume {
    /// How Kafka is reached.
    pub config: KafkaConfig,
    /// Where reading goes on, and where it is noted that it goes well.
    pub shared: Arc<Shared>,
    /// Where batches go.
    pub inbox: Inbox,
    /// Waits for room there.
    pub handle: Handle,
}

/// A partition by topic and number, and the offset to read on at.
type Offsets = BTreeMap<(String, i32), i64>;

impl Consume {
    /// Reads until the service ends; what goes wrong is told and tried again.
    pub fn run(&self, ending: &AtomicBool, tell: &dyn Fn(String)) {
        let tell = self.shared.beside.noting(THREAD, tell);
        // Where reading goes on is known here better than in the store: batches may wait on their way there.
        let mut offsets = Offsets::new();
        while !ending.load(Ordering::Acquire) {
            let heard = Heard::default();
            match self.read(&mut offsets, &heard, ending) {
                Ok(()) => return,
                Err(error) => tell(format!("kafka: {}; reading is tried again", heard.because(&error))),
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn read(&self, offsets: &mut Offsets, heard: &Heard, ending: &AtomicBool) -> Result<(), KafkaError> {
        let options = self.config.reader(&self.config.group);
        let consumer: BaseConsumer<Heard> = options.create_with_context(heard.clone())?;
        let mut assigned = BTreeSet::new();
        let mut looked: Option<Instant> = None;
        while !ending.load(Ordering::Acquire) {
            if looked.is_none_or(|looked| looked.elapsed() >= LOOK) {
                if let Err(error) = self.assign(&consumer, offsets, &mut assigned) {
                    Heard::listen(|time| drop(consumer.poll(time)));
                    return Err(error);
                }
                heard.forget();
                self.shared.beside.clear(THREAD);
                self.tell_group(&consumer);
                looked = Some(Instant::now());
            }
            let Some(first) = consumer.poll(POLL) else { continue };
            let closes = Instant::now() + GATHER;
            let (mut batch, mut partitions) = (Batch::new(Origin::Topics(Vec::new())), Vec::new());
            let mut next = Some(first);
            while let Some(message) = next {
                match message {
                    Ok(message) => add(&mut batch, &mut partitions, &message),
                    Err(error) if is_passing(&error) => {}
                    Err(error) => return Err(error),
                }
                let left = closes.saturating_duration_since(Instant::now());
                let is_full = batch.bytes.len() >= BATCH_BYTES || batch.entries.len() >= BATCH_MESSAGES;
                next = if is_full { None } else { poll(&consumer, left) };
            }
            for of in &partitions {
                offsets.insert((of.topic.clone(), of.partition), of.next);
            }
            batch.origin = Origin::Topics(partitions);
            if !batch.entries.is_empty() && self.handle.block_on(self.inbox.hand_in(batch)).is_err() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Reads the partitions that are not read yet, each from where the store has come to.
    fn assign(
        &self,
        consumer: &BaseConsumer<Heard>,
        offsets: &Offsets,
        assigned: &mut BTreeSet<(String, i32)>,
    ) -> Result<(), KafkaError> {
        let stored: BTreeMap<String, u64> =
            self.shared.state.offsets().map_err(|_| KafkaError::Canceled)?.into_iter().collect();
        let mut added = TopicPartitionList::new();
        for topic in &self.config.topics {
            let metadata = consumer.fetch_metadata(Some(topic), ANSWER)?;
            for partition in metadata.topics().iter().flat_map(|of| of.partitions()) {
                let key = (topic.clone(), partition.id());
                if assigned.contains(&key) {
                    continue;
                }
                let of = Partition { topic: topic.clone(), partition: partition.id(), next: 0 };
                let next = stored.get(&of.name()).and_then(|next| i64::try_from(*next).ok());
                let next = offsets.get(&key).copied().or(next);
                let begin = next.map_or(Offset::Beginning, Offset::Offset);
                added.add_partition_offset(topic, partition.id(), begin)?;
                assigned.insert(key);
            }
        }
        if added.count() > 0 { consumer.incremental_assign(&added) } else { Ok(()) }
    }

    /// Commits at the group what the store has: for those who watch the lag; nothing here reads it.
    fn tell_group(&self, consumer: &BaseConsumer<Heard>) {
        let Ok(stored) = self.shared.state.offsets() else { return };
        let mut reached = TopicPartitionList::new();
        for (name, next) in stored {
            let Some((topic, partition)) = name.rsplit_once('/') else { continue };
            if let (true, Ok(partition), Ok(next)) =
                (self.config.topics.iter().any(|of| of == topic), partition.parse(), i64::try_from(next))
            {
                // An offset that cannot be told is told the next time.
                let _ = reached.add_partition_offset(topic, partition, Offset::Offset(next));
            }
        }
        if reached.count() > 0 {
            let _ = consumer.commit(&reached, CommitMode::Async);
        }
    }
}

/// The next message, if one comes within `left`.
fn poll<'a>(
    consumer: &'a BaseConsumer<Heard>,
    left: Duration,
) -> Option<Result<BorrowedMessage<'a>, KafkaError>> {
    let begun = Instant::now();
    loop {
        if let Some(message) = consumer.poll(Duration::ZERO) {
            return Some(message);
        }
        let left = left.saturating_sub(begun.elapsed());
        if left.is_zero() {
            return None;
        }
        std::thread::sleep(left.min(MOMENT));
    }
}

/// Adds a message to a batch; one without a body is one that cannot be read.
fn add(batch: &mut Batch, partitions: &mut Vec<Partition>, message: &BorrowedMessage<'_>) {
    let (topic, partition, offset) = (message.topic(), message.partition(), message.offset());
    let known = partitions.iter().position(|of| of.partition == partition && of.topic == topic);
    let of = known.unwrap_or_else(|| {
        partitions.push(Partition { topic: topic.to_owned(), partition, next: 0 });
        partitions.len() - 1
    });
    partitions[of].next = offset + 1;
    let content_type = message.headers().and_then(|headers| {
        let mut headers = headers.iter();
        let header = headers.find(|header| header.key.eq_ignore_ascii_case("content-type"))?;
        str::from_utf8(header.value?).ok()
    });
    let original = message.payload().unwrap_or(b"null");
    let place = u64::try_from(offset).unwrap_or(0);
    // An empty line of a file is none; an empty message is one that somebody sent.
    if is_white(original) {
        batch.refuse_message(original, of, place, Code::NotJson, "an empty message".to_owned());
    } else {
        match envelope::unwrap(topic, content_type, original) {
            None => batch.push(original, of, place),
            Some(change) => batch.push_unwrapped(&change, original, of, place),
        }
    }
    if let Some(key) = message.key() {
        batch.set_key(key);
    }
    if let Some(headers) = message.headers().filter(|headers| headers.count() > 0) {
        batch.set_headers(&headers::pack(headers));
    }
}

/// Whether the client gets over it by itself.
fn is_passing(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::AllBrokersDown
                | RDKafkaErrorCode::BrokerTransportFailure
                | RDKafkaErrorCode::OperationTimedOut
                | RDKafkaErrorCode::Resolve
        )
    )
}
