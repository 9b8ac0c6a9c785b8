//! Where to look for a cause that is not among an alert's own records.

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row;

use super::maps::Set;

/// Where to look for a cause that is not among an alert's own records.
#[derive(Default)]
pub(super) struct Scope {
    /// Persons, visits, prescriptions, codes of the alert and its records.
    pub(super) ids: Set<TextRef>,
    pub(super) institutions: Set<TextRef>,
    pub(super) pairs: Set<u64>,
    /// Visits whose money the alert speaks of.
    pub(super) visits: Set<u64>,
    /// Kinds that matter when they share an id.
    pub(super) near: &'static [Kind],
    /// Kinds that matter when they share the institution, or at all where there is none.
    pub(super) far: &'static [Kind],
}

/// Identities by which a record is about something: person, visit, prescription, trace codes.
pub(super) fn ids_of(arena: &Arena, row: RowRef) -> Vec<TextRef> {
    match row::kind(arena, row) {
        Kind::Person => vec![row::key(arena, row).0],
        Kind::PersonFact => vec![row::person_fact(arena, row).psn_no],
        Kind::Enrolment => vec![row::enrolment(arena, row).psn_no],
        Kind::Visit => {
            let visit = row::visit(arena, row);
            vec![visit.id, visit.psn_no]
        }
        Kind::Settlement => {
            let settlement = row::settlement(arena, row);
            vec![settlement.visit, settlement.psn_no, settlement.bill_no]
        }
        Kind::FeeLine => {
            let line = row::fee_line(arena, row);
            vec![line.visit, line.psn_no, line.rx]
        }
        Kind::Prescription => {
            let prescription = row::prescription(arena, row);
            vec![prescription.id, prescription.psn_no]
        }
        Kind::Dispensing => {
            let sale = row::dispensing(arena, row);
            let mut ids = vec![sale.visit, sale.psn_no, sale.rx];
            ids.extend(sale.codes);
            ids
        }
        Kind::Presence => vec![row::presence(arena, row).psn_no],
        Kind::Invoice => vec![row::key(arena, row).1],
        _ => Vec::new(),
    }
}
