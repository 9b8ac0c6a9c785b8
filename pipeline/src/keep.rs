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

use detectors::alert_view::AlertView;
use detectors::kept;
use records::arena::RowRef;
use records::time::format_time;
use rulebank::Bank;
use wire::{RunMeta, files};

use crate::error::Error;
use reports::outputs::{Folder, FolderDraft};

/// Writes the folder, still under its working name.
///
/// # Errors
/// The disk is full or gone.
pub fn keep(folder: &Folder, view: &AlertView, bank: &Bank, run: &RunMeta) -> Result<FolderDraft, Error> {
    let draft = folder.folder_draft(files::EXPLAIN)?;
    for (path, text) in &bank.files {
        draft.folder().file(&format!("{}/{path}", files::BANK), text)?;
    }
    let arena = view.arena();
    let mut rows: Vec<RowRef> = Vec::new();
    for alert in view.standing() {
        rows.extend(kept::rows(alert));
    }
    let mut findings = draft.folder().draft(files::FINDINGS)?;
    for (alert_id, alert) in view.by_id() {
        let rule = &view.compiled_bank().rules[usize::from(alert.priced.finding.rule)];
        findings.line(&kept::finding(arena, rule, alert_id, alert))?;
    }
    // Places are in order of arrival, which is the same whatever the number of workers.
    rows.sort_unstable();
    rows.dedup();
    let mut records = draft.folder().draft(files::RECORDS)?;
    for row in rows {
        records.line(&kept::record(arena, row))?;
    }
    let run = draft.folder().document(files::RUN, run)?;
    draft.folder().settle(vec![findings, records, run])?;
    Ok(draft)
}

/// *Now* as `run.json` writes it.
pub fn run_of(now: Option<i64>, as_of: bool) -> RunMeta {
    RunMeta { now: now.map(format_time), as_of }
}
