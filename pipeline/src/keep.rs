//! What a run keeps for those who will ask why: `DIR/explain`.
//!
//! * `records.ndjson`: each record that is evidence of a standing alert or carries its money, as it counted.
//! * `findings.ndjson`: for each standing alert, by `alert_id`, the values of its message and what it laid on
//!   and took of each record.
//! * `bank/`: rules, tables and exemptions that judged, as they were written; `--rules DIR/explain/bank` is the
//!   same bank again.
//! * `run.json`: *now* at the end of the run.
//!
//! Everything is shown from what the view holds; no input is read again.

use std::collections::BTreeMap;

use detectors::alert::{record_name, value_texts};
use detectors::alert_view::AlertView;
use detectors::finding::ReconciledFinding;
use detectors::money::{own_money, visit_of};
use detectors::views::visit_of_key;
use records::arena::{Arena, RowRef};
use records::render;
use records::row;
use records::time::format_time;
use rulebank::Bank;
use wire::{Fen, KeptFinding, KeptRecord, LaidAmount, RunMeta, files};

use crate::error::Error;
use reports::outputs::{Folder, FolderDraft};

/// Finds out before the work whether the folder will have its place.
///
/// # Errors
/// Something that no run wrote stands there.
pub fn check(folder: &Folder) -> Result<(), Error> {
    Ok(folder.check_free(files::EXPLAIN, files::RUN)?)
}

/// Writes the folder, still under its working name.
///
/// # Errors
/// The disk is full or gone.
pub fn keep(folder: &Folder, view: &AlertView, bank: &Bank, run: &RunMeta) -> Result<FolderDraft, Error> {
    let kept = folder.folder_draft(files::EXPLAIN)?;
    for (path, text) in &bank.files {
        kept.folder().file(&format!("{}/{path}", files::BANK), text)?;
    }
    let arena = view.arena();
    let mut rows: Vec<RowRef> = Vec::new();
    for alert in view.standing() {
        let finding = &alert.priced.finding;
        rows.extend(finding.evidence.iter().chain(alert.priced.laid.iter().map(|(row, _)| row)));
    }
    let mut findings = kept.folder().draft(files::FINDINGS)?;
    for (alert_id, alert) in view.by_id() {
        let rule = &view.compiled_bank().rules[usize::from(alert.priced.finding.rule)];
        let values = value_texts(arena, rule, &alert.priced.finding.values).into_iter();
        findings.line(&KeptFinding {
            alert_id,
            values: values.map(|(name, text)| (name.to_owned(), text)).collect(),
            laid: laid(arena, alert),
        })?;
    }
    // Places are in order of arrival, which is the same whatever the number of workers.
    rows.sort_unstable();
    rows.dedup();
    let mut records = kept.folder().draft(files::RECORDS)?;
    for row in rows {
        records.line(&record(arena, row))?;
    }
    let run = kept.folder().document(files::RUN, run)?;
    kept.folder().publish(vec![findings, records, run])?;
    Ok(kept)
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

fn record(arena: &Arena, row: RowRef) -> KeptRecord {
    let name = record_name(arena, row);
    KeptRecord {
        kind: name.kind,
        key: name.key,
        rev: row::head(arena, row::as_sent(arena, row)).rev,
        fields: render::fields(arena, row).into(),
        as_sent: render::as_sent(arena, row).into(),
    }
}

/// *Now* as `run.json` writes it.
pub fn run_of(now: Option<i64>, as_of: bool) -> RunMeta {
    RunMeta { now: now.map(format_time), as_of }
}
