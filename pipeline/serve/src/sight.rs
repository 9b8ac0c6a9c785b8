//! What of an event somebody sees: whose institution it is, and its line without persons.
//!
//! A thousand readers follow the same events. Each event is read once for all who ask about it at about the same time,
//! and masked once for all for whom it is.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::access::viewer::Viewer;
use crate::feed::Line;
use crate::wanted::{Head, Wanted};

/// Bytes of masked lines and heads that are kept at the most.
const KEPT_BYTES: usize = 16 << 20;

/// What is known of an event.
struct Seen {
    head: Head,
    masked: OnceLock<Option<Arc<[u8]>>>,
}

#[derive(Default)]
struct Kept {
    by_sequence: BTreeMap<u64, (Arc<Seen>, usize)>,
    bytes: usize,
}

/// What was seen last; clones see the same.
#[derive(Clone, Default)]
pub struct Sight(Arc<Mutex<Kept>>);

impl Sight {
    /// The line of an event as somebody sees it; none if it is not theirs, or is not wanted.
    pub fn of(&self, line: &Line, viewer: &Viewer, wanted: &Wanted) -> Option<Arc<[u8]>> {
        let sees_persons = viewer.sees_persons();
        if viewer.divisions().is_empty() && sees_persons && wanted.is_everything() {
            return Some(Arc::clone(&line.1));
        }
        let seen = self.seen(line)?;
        if !wanted.has(&seen.head, &viewer.access.divisions)
            || !viewer.sees(seen.head.alert.institution.as_deref())
        {
            return None;
        }
        if sees_persons {
            return Some(Arc::clone(&line.1));
        }
        let masked = || {
            let event = viewer.event(serde_json::from_slice(&line.1).ok()?);
            Some(Arc::from(serde_json::to_vec(&event).ok()?))
        };
        seen.masked.get_or_init(masked).clone()
    }

    /// What is known of an event. One that cannot be read is nobody's who does not see all.
    fn seen(&self, line: &Line) -> Option<Arc<Seen>> {
        if let Some((seen, _)) =
            self.0.lock().unwrap_or_else(PoisonError::into_inner).by_sequence.get(&line.0)
        {
            return Some(Arc::clone(seen));
        }
        let head: Head = serde_json::from_slice(&line.1).ok()?;
        let seen = Arc::new(Seen { head, masked: OnceLock::new() });
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Twice the line: what is known may come to hold a masked one.
        let size = 2 * line.1.len();
        if kept.by_sequence.insert(line.0, (Arc::clone(&seen), size)).is_none() {
            kept.bytes += size;
        }
        // The oldest go first: readers who came back read on from the store, and most follow the newest.
        while kept.bytes > KEPT_BYTES
            && let Some((_, (_, size))) = kept.by_sequence.pop_first()
        {
            kept.bytes -= size;
        }
        Some(seen)
    }
}
