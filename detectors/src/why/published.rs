//! Records in the shared arrangements of a running dataflow: a [`Lookup`] that any thread may ask.

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row;

use super::lookup::Lookup;
use crate::fact::Fact;
use crate::publish::{Snapshot, record_key, visit_of_person_key};

/// Records in the shared arrangements of a running dataflow, after a complete tick.
pub struct Published<'a> {
    arena: &'a Arena,
    snapshot: &'a Snapshot,
}

impl<'a> Published<'a> {
    /// The records of a snapshot, whose rows are in `arena`.
    pub fn new(arena: &'a Arena, snapshot: &'a Snapshot) -> Published<'a> {
        Published { arena, snapshot }
    }

    fn under(&self, fact: Fact, key: TextRef) -> Vec<RowRef> {
        self.snapshot.rows(fact, u64::from(key)).into_iter().map(|(row, _)| row).collect()
    }
}

// A row's reference grows with its arrival, and arrangements keep rows ascending.
impl Lookup for Published<'_> {
    fn starting_with(&self, kind: Kind, first: TextRef) -> Vec<RowRef> {
        let mut rows = self.snapshot.records(self.arena, kind, record_key(kind, first));
        rows.retain(|row| row::key(self.arena, *row).0 == first);
        rows
    }
    fn visits_of(&self, person: TextRef) -> Vec<RowRef> {
        self.snapshot.records(self.arena, Kind::Visit, visit_of_person_key(person))
    }
    fn enrolments_of(&self, person: TextRef) -> Vec<RowRef> {
        self.under(Fact::EnrolmentOfPerson, person)
    }
    fn passes_of(&self, person: TextRef) -> Vec<RowRef> {
        self.under(Fact::PassOfPerson, person)
    }
    fn of_prescription(&self, rx: TextRef) -> Vec<RowRef> {
        self.under(Fact::OfPrescription, rx)
    }
    fn all(&self, kind: Kind) -> Vec<RowRef> {
        self.snapshot.all_records(self.arena, kind)
    }
}
