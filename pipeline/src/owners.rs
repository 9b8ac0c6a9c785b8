//! Whose money an alert is about: the institutions, practitioners and persons behind the records it is laid on.
//!
//! An alert may reach over several institutions: a code sold twice, a person in two beds. Each owns what was laid on
//! its own records and nothing else; who appears in the evidence alone is named with 0.

use std::collections::BTreeMap;

use detectors::alert_view::AlertView;
use detectors::finding::{ReconciledFinding, institution_of};
use detectors::owner::{person_of, practitioner_of};
use records::arena::{Arena, RowRef, TextRef};
use records::ledger::Ledger;
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
