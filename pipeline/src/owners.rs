//! Whose money an alert is about: the institutions, practitioners and persons behind the records it is laid on.
//!
//! An alert may reach over several institutions: a code sold twice, a person in two beds. Each owns what was laid on
//! its own records and nothing else; who appears in the evidence alone is named with 0.

use std::collections::BTreeMap;

use detectors::alert_view::AlertView;
use detectors::finding::{ReconciledFinding, institution_of};
use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::ledger::Ledger;
use records::row;
use wire::{Fen, Owners, Share, files};

use crate::error::Error;
use reports::outputs::{Draft, Folder};

/// Writes the owners of all standing alerts, in the order of `alerts.ndjson`.
///
/// # Errors
/// The disk is full or gone.
pub fn write(folder: &Folder, view: &AlertView, ledger: &Ledger) -> Result<Draft, Error> {
    let mut draft = folder.draft(files::OWNERS)?;
    for (alert_id, alert) in view.by_id() {
        draft.line(&owners(view.arena(), ledger, alert_id, alert))?;
    }
    Ok(draft)
}

fn owners(arena: &Arena, ledger: &Ledger, alert_id: String, alert: &ReconciledFinding) -> Owners {
    let shares = |owner: &dyn Fn(RowRef) -> TextRef| -> Vec<Share> {
        let mut of_owner: BTreeMap<TextRef, (i64, i64)> = BTreeMap::new();
        for row in &alert.priced.finding.evidence {
            of_owner.entry(owner(*row)).or_default();
        }
        for (row, fen) in &alert.priced.laid {
            let share = of_owner.entry(owner(*row)).or_default();
            share.0 = share.0.saturating_add(*fen);
        }
        for (row, fen) in &alert.taken {
            let share = of_owner.entry(owner(*row)).or_default();
            share.1 = share.1.saturating_add(*fen);
        }
        of_owner.remove(&TextRef::NONE);
        let share = |(id, (amount, counted))| Share {
            id: arena.text(id),
            amount: Fen(amount),
            counted_amount: Fen(counted),
        };
        let mut shares: Vec<Share> = of_owner.into_iter().map(share).collect();
        shares.sort_by(|a, b| a.id.cmp(&b.id));
        shares
    };
    Owners {
        alert_id,
        institutions: shares(&|row| institution_of(arena, row)),
        practitioners: shares(&|row| practitioner_of(arena, ledger, row)),
        persons: shares(&|row| person_of(arena, ledger, row)),
    }
}

/// Who treated, prescribed or billed: named by the record, else by its prescription or visit, if by any.
fn practitioner_of(arena: &Arena, ledger: &Ledger, row: RowRef) -> TextRef {
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
fn person_of(arena: &Arena, ledger: &Ledger, row: RowRef) -> TextRef {
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
