//! Whom a record is about and who treated, and whether an alert is about one person or practitioner.

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::ledger::Ledger;
use records::row;
use wire::Subject;

/// Who treated, prescribed or billed: named by the record, else by its prescription or visit, if by any.
pub fn practitioner_of(arena: &Arena, ledger: &Ledger, row: RowRef) -> TextRef {
    let of_visit = |visit: TextRef| {
        let stands = ledger.standing(Kind::Visit, (visit, TextRef::NONE));
        stands.map_or(TextRef::NONE, |visit| row::visit(arena, visit).doctor)
    };
    match row::kind(arena, row) {
        Kind::Practitioner => row::key(arena, row).0,
        Kind::Visit => row::visit(arena, row).doctor,
        Kind::Prescription => row::prescription(arena, row).doctor,
        Kind::Settlement => of_visit(row::settlement(arena, row).visit),
        Kind::FeeLine => {
            let line = row::fee_line(arena, row);
            if line.doctor.is_none() { of_visit(line.visit) } else { line.doctor }
        }
        Kind::Dispensing => {
            let sale = row::dispensing(arena, row);
            let prescription = ledger.standing(Kind::Prescription, (sale.rx, TextRef::NONE));
            prescription.map_or_else(|| of_visit(sale.visit), |rx| row::prescription(arena, rx).doctor)
        }
        _ => TextRef::NONE,
    }
}

/// The person a record is about, if it is about one.
pub fn person_of(arena: &Arena, ledger: &Ledger, row: RowRef) -> TextRef {
    match row::kind(arena, row) {
        Kind::Person => row::key(arena, row).0,
        Kind::PersonFact => row::person_fact(arena, row).psn_no,
        Kind::Enrolment => row::enrolment(arena, row).psn_no,
        Kind::Visit => row::visit(arena, row).psn_no,
        Kind::Settlement => row::settlement(arena, row).psn_no,
        Kind::FeeLine => row::fee_line(arena, row).psn_no,
        Kind::Prescription => row::prescription(arena, row).psn_no,
        Kind::Presence => row::presence(arena, row).psn_no,
        Kind::Dispensing => {
            let sale = row::dispensing(arena, row);
            if sale.psn_no.is_some() {
                return sale.psn_no;
            }
            let visit = ledger.standing(Kind::Visit, (sale.visit, TextRef::NONE));
            visit.map_or(TextRef::NONE, |visit| row::visit(arena, visit).psn_no)
        }
        _ => TextRef::NONE,
    }
}

/// The one whom an alert is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// An insured person.
    Person(String),
    /// Who treated, prescribed or billed.
    Practitioner(String),
}

/// Whom an alert is about: its subject, where that is a person or practitioner; else the one person whom its evidence
/// is about; else the one practitioner whom that names. None where there are several, or nobody.
pub fn whom(arena: &Arena, ledger: &Ledger, subject: &Subject, evidence: &[RowRef]) -> Option<Whom> {
    match &*subject.r#type {
        "person" => return Some(Whom::Person(subject.id.clone())),
        "practitioner" => return Some(Whom::Practitioner(subject.id.clone())),
        _ => {}
    }
    let only = |of: &dyn Fn(RowRef) -> TextRef| {
        let mut named = evidence.iter().map(|row| of(*row)).filter(|text| text.is_some());
        let first = named.next()?;
        named.all(|other| other == first).then(|| arena.text(first))
    };
    let person = only(&|row| person_of(arena, ledger, row)).map(Whom::Person);
    person.or_else(|| only(&|row| practitioner_of(arena, ledger, row)).map(Whom::Practitioner))
}
