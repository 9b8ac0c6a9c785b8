//! The events of a tick, sorted: those that are fed, and those that stay aside of the feed, as they are written.

use store::AsideEvent;

use crate::Error;
use crate::about::Stated;
use crate::inbox::Note;

/// An event that stays aside.
pub(super) struct Aside {
    /// The state that its alert is in, or leaves.
    pub(super) state: &'static str,
    /// Its place in the order of its rule.
    pub(super) rank: u64,
    pub(super) stated: Stated,
}

impl Aside {
    /// Whether its alert is aside after it.
    fn stays(&self) -> bool {
        !matches!(&*self.stated.event.event, "withdrawn" | "released")
    }
}

/// An event that stays aside, as it is written.
pub(super) struct AsideLines {
    line: Vec<u8>,
    alert: Vec<u8>,
}

impl AsideLines {
    /// Writes the event.
    pub(super) fn of(aside: &Aside) -> Result<AsideLines, Error> {
        let event = &aside.stated.event;
        Ok(AsideLines { line: serde_json::to_vec(event)?, alert: serde_json::to_vec(&event.alert)? })
    }

    /// What the store keeps of it.
    pub(super) fn event<'a>((aside, lines): (&'a Aside, &'a AsideLines)) -> AsideEvent<'a> {
        let alert = &aside.stated.event.alert;
        AsideEvent {
            stays: aside.stays(),
            state: aside.state,
            group: &alert.rule,
            rank: aside.rank,
            alert_id: &alert.alert_id,
            line: &lines.line,
            alert: &lines.alert,
            beside: &aside.stated.beside,
        }
    }
}

/// The events of a tick.
#[derive(Default)]
pub(super) struct Sorted {
    /// Those of the feed, by `alert_id`.
    pub(super) fed: Vec<Stated>,
    /// Those aside of it, in the order in which they are to be noted.
    pub(super) aside: Vec<Aside>,
    /// What is noted of the budgets.
    pub(super) note: Option<Note>,
}

impl Sorted {
    /// An event stays aside.
    pub(super) fn put_aside(&mut self, state: &'static str, rank: u64, stated: Stated) {
        self.aside.push(Aside { state, rank, stated });
    }
}
