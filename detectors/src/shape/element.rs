//! What stands in a sequence or a group: a record, or the records of a day.

use records::arena::{RowRef, TextRef};
use records::row::{Dispensing, Enrolment, Moment, Settlement};
use records::time::start_of;

use crate::compile::Ruled;
use crate::policy::RuleIx;
use crate::visited::Visited;

/// A record, or several that count as one.
pub trait Element: 'static {
    /// Its rows, for the evidence.
    fn rows(&self) -> Vec<RowRef>;
    /// When it was: the latest event.
    fn time(&self) -> Moment;
    /// The first part of its key.
    fn id(&self) -> TextRef;
}

impl Element for Visited {
    fn rows(&self) -> Vec<RowRef> {
        vec![self.row]
    }
    fn time(&self) -> Moment {
        self.visit.event_time()
    }
    fn id(&self) -> TextRef {
        self.visit.id
    }
}

impl Element for (RowRef, Settlement) {
    fn rows(&self) -> Vec<RowRef> {
        vec![self.0]
    }
    fn time(&self) -> Moment {
        self.1.time
    }
    fn id(&self) -> TextRef {
        self.1.id
    }
}

impl Element for (RowRef, Dispensing) {
    fn rows(&self) -> Vec<RowRef> {
        vec![self.0]
    }
    fn time(&self) -> Moment {
        self.1.time
    }
    fn id(&self) -> TextRef {
        self.1.id
    }
}

impl Element for (RowRef, Enrolment) {
    fn rows(&self) -> Vec<RowRef> {
        vec![self.0]
    }
    fn time(&self) -> Moment {
        start_of(self.1.begin)
    }
    fn id(&self) -> TextRef {
        self.1.id
    }
}

/// A rule that is asked, with what it states.
pub struct Asked<'r, S> {
    /// Its number.
    pub rule: RuleIx,
    /// Whether what it states is somebody's reading.
    pub own: bool,
    /// What it, or a row of its table, states.
    pub states: &'r S,
}

impl<S> Clone for Asked<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<S> Copy for Asked<'_, S> {}

/// The rules of a detector without a table.
pub fn asked<S>(rules: &Ruled<S>) -> impl Iterator<Item = Asked<'_, S>> {
    rules.iter().map(|(rule, states)| Asked { rule: *rule, own: false, states })
}
