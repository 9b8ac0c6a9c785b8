//! The visits of a person, read and classed once for all who look at them.

use records::arena::{Arena, RowRef};
use records::row::{self, Visit, day_of};

use crate::classes::{Class, Classes};
use crate::views::Diff;

/// A visit with its class.
#[derive(Clone, Copy, Debug)]
pub struct Visited {
    /// Its row.
    pub row: RowRef,
    /// What stands there.
    pub visit: Visit,
    /// Its class by med_type.
    pub class: Class,
}

/// Reads visits, in the order of their rows.
pub fn read(arena: &Arena, classes: &Classes, visits: &[(RowRef, Diff)]) -> Vec<Visited> {
    let read = |(row, _): &(RowRef, Diff)| {
        let visit = row::visit(arena, *row);
        Visited { row: *row, visit, class: classes.class(visit.med_type, day_of(visit.begin)) }
    };
    visits.iter().map(read).collect()
}

/// The stays among them by (begntime, mdtrt_id).
pub fn stays_of(arena: &Arena, visits: &[Visited]) -> Vec<Visited> {
    let stays = visits.iter().filter(|visit| visit.class == Class::Inpatient);
    let mut stays: Vec<Visited> = stays.copied().collect();
    stays.sort_by(|a, b| {
        a.visit.begin.cmp(&b.visit.begin).then_with(|| arena.compare(a.visit.id, b.visit.id))
    });
    stays
}
