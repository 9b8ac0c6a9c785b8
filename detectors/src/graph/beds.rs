//! Beds: days on which nothing else was charged, and days with more patients than beds.

use std::sync::Arc;

use records::arena::Arena;

use super::facts::Indexes;
use super::hall::{Hall, NONE, findings_of, first_text, never, one};
use super::lines::reclassed;
use crate::detector::bed_count::{self, Crowd};
use crate::detector::bed_only;
use crate::due::when_due;
use crate::finding::{Finding, Out};
use crate::judge::{Court, each, whole, whole_concerned};
use crate::knowledge::Knowledge;
use crate::views::{Index, RowIndex, RowsOf};

/// Institutions by the days on which their stays begin and end.
pub(super) fn occupancy<'s>(
    court: &Court<'s>,
    arena: &Arc<Arena>,
    hall: &mut Hall<'s>,
    facts: &Indexes<'s>,
    steps: &RowIndex<'s>,
) {
    let reader = Arc::clone(arena);
    let differ = |a: &Knowledge, b: &Knowledge| a.detectors.bed_count != b.detectors.bed_count;
    let crowds = hall.hear(whole(
        court,
        "bed_count",
        &[steps, &facts.institutions],
        NONE,
        differ,
        move |bank, _, state, sink| {
            let steps = state.rows(0);
            if !steps.is_empty() {
                bed_count::judge(&reader, bank, &steps, one(&state.rows(1)), sink);
            }
        },
    ));
    // Few days of few institutions are crowded: all of them meet today under one key.
    let crowds: Index<'s, Crowd> = crowds
        .flat_map(|out| match out {
            Out::Crowd(crowd) => Some((0, *crowd)),
            _ => None,
        })
        .arrange_by_key_named("bed_count: crowds");
    let reader = Arc::clone(arena);
    hall.find(each(
        court,
        "bed_count: as of today",
        &crowds,
        &[&facts.today],
        differ,
        move |bank, _, crowd, today, sink| {
            let today = one(&today[0]).map(bed_count::row_day);
            bed_count::conclude(&reader, bank, crowd, today, sink);
        },
    ));
}

/// Whether the rules of days without care differ.
fn rules_differ(a: &Knowledge, b: &Knowledge) -> bool {
    a.detectors.bed_only != b.detectors.bed_only
}

/// Days of a stay on which nothing but the bed was charged.
pub(super) fn bed_only<'s>(
    court: &Court<'s>,
    arena: &Arc<Arena>,
    hall: &mut Hall<'s>,
    facts: &Indexes<'s>,
    charges: RowsOf<'s>,
) {
    let charges = charges.arrange_by_key_named("bed_only: charges by visit");
    let reader = Arc::clone(arena);
    let differ = |a: &Knowledge, b: &Knowledge| !a.same_classes(b) || rules_differ(a, b);
    let reread = Arc::clone(arena);
    let concerned = move |old: &Arc<Knowledge>, new: &Arc<Knowledge>| {
        (!rules_differ(old, new)).then(|| (1, Box::new(reclassed(&reread, old, new)) as _))
    };
    let runs = hall.hear(whole_concerned(
        court,
        "bed_only",
        &[&charges, &facts.visits],
        NONE,
        differ,
        concerned,
        move |bank, _, state, sink| {
            let charges = state.rows(0);
            if !charges.is_empty() {
                bed_only::judge(&reader, bank, &charges, one(&state.rows(1)), sink);
            }
        },
    ));
    let runs = findings_of(&when_due(runs, facts.now.clone()));
    let runs: Index<'s, Finding> =
        runs.map(|finding| (first_text(&finding), finding)).arrange_by_key_named("bed_only: runs by visit");
    let reader = Arc::clone(arena);
    hall.find(each(
        court,
        "bed_only: lines",
        &runs,
        &[&facts.lines],
        never,
        move |_, _, run, lines, sink| {
            bed_only::with_lines(&reader, run, &lines[0], sink);
        },
    ));
}
