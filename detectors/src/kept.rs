//! What is kept and told of an alert beside its line: the values of its message, its money record by record, and the
//! records behind it, as they counted.
//!
//! Everything is shown from the rows that the alert names; no input is read again.

use std::collections::BTreeMap;

use records::arena::{Arena, RowRef};
use records::render;
use records::row;
use rulebank::Rule;
use wire::{Fen, KeptFinding, KeptRecord, LaidAmount};

use crate::alert::{record_name, value_texts};
use crate::finding::ReconciledFinding;
use crate::money::{own_money, visit_of};
use crate::views::visit_of_key;

/// The rows behind an alert: its evidence, and those that its money lies on. One may come twice.
pub fn rows(alert: &ReconciledFinding) -> impl Iterator<Item = RowRef> {
    let laid = alert.priced.laid.iter().map(|(row, _)| *row);
    alert.priced.finding.evidence.iter().copied().chain(laid)
}

/// The values of an alert's message, and what it laid on and took of each record.
pub fn finding(arena: &Arena, rule: &Rule, alert_id: String, alert: &ReconciledFinding) -> KeptFinding {
    let values = value_texts(arena, rule, &alert.priced.finding.values).into_iter();
    KeptFinding {
        alert_id,
        values: values.map(|(name, text)| (name.to_owned(), text)).collect(),
        laid: laid(arena, alert),
    }
}

fn laid(arena: &Arena, alert: &ReconciledFinding) -> Vec<LaidAmount> {
    let mut taken: BTreeMap<RowRef, i64> = BTreeMap::new();
    for (row, fen) in &alert.taken {
        *taken.entry(*row).or_default() += fen;
    }
    let of_record = |(row, fen): &(RowRef, i64)| {
        let name = record_name(arena, *row);
        LaidAmount {
            kind: name.kind,
            key: name.key,
            visit: visit_of_key(visit_of(arena, *row)).map(|visit| arena.text(visit)),
            own: Fen(own_money(arena, *row)),
            laid: Fen(*fen),
            taken: Fen(taken.get(row).copied().unwrap_or(0)),
        }
    };
    alert.priced.laid.iter().map(of_record).collect()
}

/// The record behind a row, as it counted.
pub fn record(arena: &Arena, row: RowRef) -> KeptRecord {
    let name = record_name(arena, row);
    KeptRecord {
        kind: name.kind,
        key: name.key,
        rev: row::head(arena, row::as_sent(arena, row)).rev,
        fields: render::fields(arena, row).into(),
        as_sent: render::as_sent(arena, row).into(),
    }
}
