//! The feed: events in the order of their sequence, to whoever reads, as fast as each can.
//!
//! The newest events are kept in memory and older ones are read from the store, a page at a time, so that a reader who
//! is slow or comes back costs nobody else anything: nothing is queued for a reader, each asks for what follows its
//! own last event.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError, RwLock};

use store::State;
use tokio::sync::watch;

use crate::Error;

/// Bytes of the newest events that are kept in memory at the most.
const KEPT_BYTES: usize = 32 << 20;

/// Events of a page; one that comes to so many bytes ends with the event that does it.
const PAGE: usize = 256;
const PAGE_BYTES: usize = 1 << 20;

/// An event: its sequence and its line.
pub type Line = (u64, Arc<[u8]>);

#[derive(Default)]
struct Newest {
    lines: VecDeque<Line>,
    bytes: usize,
}

/// The feed; clones are of the same one.
#[derive(Clone)]
pub struct Feed {
    newest: Arc<RwLock<Newest>>,
    state: State,
    last: watch::Sender<u64>,
}

impl Feed {
    /// A feed that goes on after what the store has.
    pub fn new(state: State) -> Feed {
        let (last, _) = watch::channel(state.last_sequence());
        Feed { newest: Arc::default(), state, last }
    }

    /// Hands out events that were committed.
    pub fn publish(&self, lines: Vec<Line>) {
        let Some((last, _)) = lines.last() else { return };
        let last = *last;
        let mut newest = self.newest.write().unwrap_or_else(PoisonError::into_inner);
        for line in lines {
            newest.bytes += line.1.len();
            newest.lines.push_back(line);
        }
        while newest.bytes > KEPT_BYTES {
            let Some((_, line)) = newest.lines.pop_front() else { break };
            newest.bytes -= line.len();
        }
        drop(newest);
        self.last.send_replace(last);
    }

    /// Told whenever there are newer events.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.last.subscribe()
    }

    /// Sequence of the newest event.
    pub fn last(&self) -> u64 {
        *self.last.borrow()
    }

    /// Sequence of the first event that is kept.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn first(&self) -> Result<u64, Error> {
        Ok(self.state.first_sequence()?)
    }

    /// A page of events after one; it may have to be read from the store.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn after(&self, sequence: u64) -> Result<Vec<Line>, Error> {
        {
            let newest = self.newest.read().unwrap_or_else(PoisonError::into_inner);
            if newest.lines.front().is_some_and(|(first, _)| *first <= sequence + 1) {
                let from = newest.lines.partition_point(|(of, _)| *of <= sequence);
                let mut bytes = 0;
                let fits = |line: &&Line| {
                    let is_room = bytes < PAGE_BYTES;
                    bytes += line.1.len();
                    is_room
                };
                return Ok(newest.lines.range(from..).take(PAGE).take_while(fits).cloned().collect());
            }
        }
        let page = self.state.events(sequence, PAGE)?;
        Ok(page.items.into_iter().map(|(sequence, line)| (sequence, Arc::from(line))).collect())
    }
}
