//! What a source hands in: some changes that came together, and what became of them.

use std::ops::Range;
use std::sync::Arc;

use records::decode::Code;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::room::{Held, Room};

/// Where a batch comes from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// A request; the places of its changes are lines of its body.
    Request {
        /// Its id, if it has one.
        id: Option<String>,
        /// What became of it before this batch.
        before: Answer,
        /// How many changes of its body came before this batch.
        changes: u64,
        /// If this is its last batch, the hash of the bytes of its body.
        body_hash: Option<u64>,
    },
    /// A file of a watched folder; places are its lines.
    File {
        /// Its name below the folder.
        name: String,
        /// How far it was read with this batch, so that reading can go on there.
        reached: u64,
        /// Whether this is its last batch.
        complete: bool,
    },
    /// Partitions of topics; places are offsets.
    Topics(Vec<Partition>),
}

/// A partition of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// The topic.
    pub topic: String,
    /// Its partition.
    pub partition: i32,
    /// The offset to read on at, after this batch.
    pub next: i64,
}

impl Partition {
    /// Its name in the store: `topic/partition`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.topic, self.partition)
    }
}

/// One change as it came.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// Its bytes, in those of its batch.
    pub bytes: Range<usize>,
    /// Which of the partitions it came from; 0 otherwise.
    pub of: usize,
    /// Line or offset.
    pub place: u64,
    /// The message that it was unwrapped from, if it was.
    pub original: Option<Range<usize>>,
    /// The key of its message, if that has one.
    pub key: Option<Range<usize>>,
    /// The headers of its message, packed, if it has any.
    pub headers: Option<Range<usize>>,
    /// Why it is no change, where the source knows it.
    pub refused: Option<(Code, String)>,
}

/// Changes that came together: all of them are in one tick.
#[derive(Debug)]
pub struct Batch {
    /// From where.
    pub origin: Origin,
    /// The bytes of all.
    pub bytes: Vec<u8>,
    /// The changes in them, in order of arrival.
    pub entries: Vec<Entry>,
    /// Who waits until they are durable, and wants to know what became of them.
    pub answer: Option<oneshot::Sender<Answer>>,
    /// The id of its request, which is under way as long.
    pub held: Option<Arc<Held>>,
    /// The room it takes up while it waits.
    pub room: Option<Room>,
}

impl Batch {
    /// One without changes.
    pub fn new(origin: Origin) -> Batch {
        Batch { origin, bytes: Vec::new(), entries: Vec::new(), answer: None, held: None, room: None }
    }

    /// Adds a change.
    pub fn push(&mut self, change: &[u8], of: usize, place: u64) {
        let bytes = self.keep(change);
        self.add(Entry { bytes, of, place, ..Entry::default() });
    }

    /// Adds a change that was unwrapped from a message.
    pub fn push_unwrapped(&mut self, change: &[u8], original: &[u8], of: usize, place: u64) {
        let (bytes, original) = (self.keep(change), Some(self.keep(original)));
        self.add(Entry { bytes, of, place, original, ..Entry::default() });
    }

    /// Adds what the source knows to be no change.
    pub fn refuse(&mut self, raw: &[u8], place: u64, code: Code, text: String) {
        self.refuse_message(raw, 0, place, code, text);
    }

    /// Adds a message that its source knows to be no change.
    pub fn refuse_message(&mut self, raw: &[u8], of: usize, place: u64, code: Code, text: String) {
        let bytes = self.keep(raw);
        self.add(Entry { bytes, of, place, refused: Some((code, text)), ..Entry::default() });
    }

    fn add(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// The message of the last change has this key.
    pub fn set_key(&mut self, key: &[u8]) {
        let key = self.keep(key);
        if let Some(last) = self.entries.last_mut() {
            last.key = Some(key);
        }
    }

    /// The message of the last change has these headers.
    pub fn set_headers(&mut self, packed: &[u8]) {
        let headers = self.keep(packed);
        if let Some(last) = self.entries.last_mut() {
            last.headers = Some(headers);
        }
    }

    fn keep(&mut self, bytes: &[u8]) -> Range<usize> {
        let begin = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        begin..self.bytes.len()
    }
}

/// What became of the changes of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Changes that were taken.
    pub accepted: u64,
    /// Changes that were there before.
    pub duplicate: u64,
    /// Changes that cannot be taken.
    pub rejected: Vec<Refused>,
}

/// A change of a request that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The line of the body, from 1.
    pub line: u64,
    /// The contract's code.
    pub code: String,
    /// What is wrong with it.
    pub text: String,
}

/// What is kept of a request that has an id, so that it can be sent again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// How many changes of its body are durable, from the first.
    pub changes: u64,
    /// Of a body that came to its end, the hash of its bytes.
    pub body_hash: Option<u64>,
    /// What became of them.
    pub answer: Answer,
}
