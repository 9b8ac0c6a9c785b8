//! What access is decided with: one for the whole service, shared by all that answer.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::audit::{Audit, Entry};
use super::config::Limits;
use super::mask::Mask;
use super::principal::{Principal, Principals};
use super::table::Operation;
use crate::divisions::Divisions;

/// Who is at the other end of a connection.
#[derive(Clone, Debug, Default)]
pub struct Peer {
    /// Their address.
    pub address: Option<SocketAddr>,
    /// The common name of their certificate, if one was verified.
    pub certificate: Option<Arc<str>>,
}

/// What access is decided with.
pub struct Access {
    /// Who is known.
    pub principals: Principals,
    /// How much is taken of anybody.
    pub limits: Limits,
    /// Where it is written down.
    pub audit: Audit,
    /// Where institutions stand.
    pub divisions: Divisions,
    /// Pseudonyms of persons.
    pub mask: Mask,
    /// Requests that are being answered, by principal.
    requests: Uses,
    /// Readers of the feed.
    readers: Arc<AtomicUsize>,
}

impl Access {
    /// With nobody being answered yet.
    pub fn new(
        principals: Principals,
        limits: Limits,
        audit: Audit,
        divisions: Divisions,
        mask: Mask,
    ) -> Access {
        let (requests, readers) = (Uses::default(), Arc::default());
        Access { principals, limits, audit, divisions, mask, requests, readers }
    }

    /// Counts a request of somebody; none if they have too many. Where nobody is asked, nobody is counted.
    pub fn enter(&self, principal: &Principal) -> Option<Use> {
        let most = if principal.is_open { usize::MAX } else { self.limits.requests_per_principal };
        self.requests.of(&principal.name, most)
    }

    /// Counts a reader of the feed; none if there are too many.
    pub fn follow(&self) -> Option<Use> {
        Use::of(&self.readers, self.limits.feed_readers)
    }

    /// Readers of the feed at the moment.
    pub fn readers(&self) -> usize {
        self.readers.load(Ordering::Relaxed)
    }
}

/// An entry of the audit about a request.
pub fn entry(who: Option<&Principal>, operation: Operation, outcome: &str, detail: String) -> Entry {
    Entry {
        time: String::new(),
        who: who.map(|who| who.name.clone()).unwrap_or_default(),
        role: who.map(Principal::roles_text).unwrap_or_default(),
        operation: operation.name().to_owned(),
        division: None,
        outcome: outcome.to_owned(),
        detail,
        decision: None,
    }
}

/// Counts by name. There are as many names as principals.
#[derive(Default)]
struct Uses(Mutex<BTreeMap<String, Arc<AtomicUsize>>>);

impl Uses {
    fn of(&self, name: &str, most: usize) -> Option<Use> {
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !uses.contains_key(name) {
            uses.insert(name.to_owned(), Arc::default());
        }
        uses.get(name).and_then(|count| Use::of(count, most))
    }
}

/// One of a number of uses; it ends when it is dropped.
#[derive(Debug)]
pub struct Use(Arc<AtomicUsize>);

impl Use {
    fn of(count: &Arc<AtomicUsize>, most: usize) -> Option<Use> {
        let more = |used: usize| (used < most).then_some(used + 1);
        count.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).ok()?;
        Some(Use(Arc::clone(count)))
    }
}

impl Drop for Use {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_end() {
        let uses = Uses::default();
        let one = uses.of("a", 1);
        assert!(one.is_some() && uses.of("a", 1).is_none() && uses.of("b", 1).is_some());
        drop(one);
        assert!(uses.of("a", 1).is_some());
    }
}
