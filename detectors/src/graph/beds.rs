//! Beds: days on which nothing else was charged, and days with more patients than beds.

use std::sync::Arc;

use records::arena::Arena;

use super::collector::{Collector, NONE, findings_of, first_text, never, one};
use super::facts::FactArrangements;
use super::lines::reclassed;
use crate::compiled_bank::CompiledBank;
use crate::detector::bed_count::{self, Crowd};
use crate::detector::bed_only;
use crate::finding::{Finding, Out};
use crate::judge::{OperatorContext, each, whole, whole_concerned};
use crate::temporal_filter::temporal_filter;
use crate::views::{Arrangement, RowArrangement, RowCollection};

/// Institutions by the days on which their stays begin and end.
pub(super) fn occupancy<'s>(
    context: &OperatorContext<'s>,
    arena: &Arc<Arena>,
    collector: &mut Collector<'s>,
    facts: &FactArrangements<'s>,
    steps: &RowArrangement<'s>,
) {
    let reader = Arc::clone(arena);
    let differ = |a: &CompiledBank, b: &CompiledBank| a.detectors.bed_count != b.detectors.bed_count;
    let crowds = collector.collect_counts(whole(
        context,
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
    let crowds: Arrangement<'s, Crowd> = crowds
        .flat_map(|out| match out {
            Out::Crowd(crowd) => Some((0, *crowd)),
            _ => None,
        })
        .arrange_by_key_named("bed_count: crowds");
    let reader = Arc::clone(arena);
    collector.collect_findings(each(
        context,
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
fn rules_differ(a: &CompiledBank, b: &CompiledBank) -> bool {
    a.detectors.bed_only != b.detectors.bed_only
}

/// Days of a stay on which nothing but the bed was charged.
pub(super) fn bed_only<'s>(
    context: &OperatorContext<'s>,
    arena: &Arc<Arena>,
    collector: &mut Collector<'s>,
    facts: &FactArrangements<'s>,
    charges: RowCollection<'s>,
) {
    let charges = charges.arrange_by_key_named("bed_only: charges by visit");
    let reader = Arc::clone(arena);
    let differ = |a: &CompiledBank, b: &CompiledBank| !a.same_classes(b) || rules_differ(a, b);
    let reread = Arc::clone(arena);
    let concerned = move |old: &Arc<CompiledBank>, new: &Arc<CompiledBank>| {
        (!rules_differ(old, new)).then(|| (1, Box::new(reclassed(&reread, old, new)) as _))
    };
    let runs = collector.collect_counts(whole_concerned(
        context,
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
    let runs = findings_of(&temporal_filter(runs, facts.now.clone()));
    let runs: Arrangement<'s, Finding> =
        runs.map(|finding| (first_text(&finding), finding)).arrange_by_key_named("bed_only: runs by visit");
    let reader = Arc::clone(arena);
    collector.collect_findings(each(
        context,
        "bed_only: lines",
        &runs,
        &[&facts.lines],
        never,
        move |_, _, run, lines, sink| {
            bed_only::with_lines(&reader, run, &lines[0], sink);
        },
    ));
}
