//! What a batch holds while it is on its way: room in the queue, and the id of its request.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::OwnedSemaphorePermit;

use crate::metrics::waiting::Waits;

/// What takes up room, until it is dropped.
#[derive(Debug)]
pub struct Room {
    #[expect(dead_code, reason = "it is held, and gives the room back when it goes")]
    permit: OwnedSemaphorePermit,
    #[expect(dead_code, reason = "it is held, and is counted as long")]
    waits: Waits,
    /// Since when.
    pub since: Instant,
}

impl Room {
    /// Room that a permit stands for, from now on.
    pub fn new(permit: OwnedSemaphorePermit, waits: Waits) -> Room {
        Room { permit, waits, since: Instant::now() }
    }
}

/// Ids of requests of which something is on its way.
#[derive(Clone, Debug, Default)]
pub struct UnderWay(Arc<Mutex<HashSet<String>>>);

/// An id that is under way until the last holder lets it go: the request itself, or a batch of it.
#[derive(Debug)]
pub struct Held {
    of: UnderWay,
    id: String,
}

impl UnderWay {
    /// Takes an id; none if it is under way already.
    pub fn take(&self, id: &str) -> Option<Arc<Held>> {
        let mut ids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ids.insert(id.to_owned()).then(|| Arc::new(Held { of: self.clone(), id: id.to_owned() }))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.of.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}
