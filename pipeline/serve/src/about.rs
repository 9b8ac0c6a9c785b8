//! Whom an alert is about, as the journal keeps it beside its event: the event itself says it by records only.

use database::{About, AboutKind, JournalAside};
use detectors::owner::{Whom, whom};
use records::arena::{Arena, RowRef};
use records::ledger::Ledger;
use store::AsideLine;
use wire::{Event, Subject};

/// The state of an alert that is held back from the feed until its rule's budget has room.
pub(crate) const HELD: &str = "held";

/// The state of what a shadow rule found.
pub(crate) const SHADOW: &str = "shadow";

/// An event, and what is kept beside it.
pub(crate) struct Stated {
    /// The event.
    pub(crate) event: Event,
    /// Whom its alert is about, as [`beside`] writes it.
    pub(crate) beside: Vec<u8>,
    /// Whether its rule is a shadow rule.
    pub(crate) shadow: bool,
}

/// What is kept beside an event; nothing where the alert is about nobody, or about several.
pub(crate) fn beside(arena: &Arena, ledger: &Ledger, subject: &Subject, evidence: &[RowRef]) -> Vec<u8> {
    let about = match whom(arena, ledger, subject, evidence) {
        Some(Whom::Person(id)) => About { kind: AboutKind::Person, id },
        Some(Whom::Practitioner(id)) => About { kind: AboutKind::Practitioner, id },
        None => return Vec::new(),
    };
    serde_json::to_vec(&about).expect("texts are written to memory")
}

/// Reads it back; what cannot be read is as if it were not there.
pub(crate) fn read(kept: &[u8]) -> Option<About> {
    serde_json::from_slice(kept).ok()
}

/// An event of an alert that is in no feed, with whom it is about, as the database takes it.
pub(crate) fn aside(AsideLine { number, after, state, line, beside }: &AsideLine) -> JournalAside<'_> {
    JournalAside { number: *number, after: *after, state, line, about: read(beside) }
}
