//! Beds: days on which nothing else was charged, and days with more patients than beds.
//!
//! Both rules reach to today where a stay has no end, so both meet *now*: the crowd of an institution under one key,
//! the days of a stay through the temporal filter.

use super::wiring::{NONE, Wiring, findings_of, first_text, one};
use crate::detector::{bed_count, bed_only, part};
use crate::fact::Fact;
use crate::finding::Finding;
use crate::reads::{Concern, Reads, reclassed};
use crate::statement::{Out, OverOccupancy};
use crate::temporal_filter::temporal_filter;
use crate::views::{ArrangeShared, Arrangement, PackedArrangement, PackedCollection};

/// Institutions by the days on which their stays begin and end.
pub(super) fn occupancy<'s>(wiring: &Wiring<'s>, steps: &PackedArrangement<'s>) {
    let mut reads = Reads::default();
    let rules = reads.rules(part::bed_count());
    let crowds = wiring.whole_packed(
        "bed_count",
        &[wiring.fact(Fact::Institution)],
        &[steps],
        NONE,
        reads,
        move |arena, bank, _, state, sink| {
            let steps = state.packed(0);
            if !steps.is_empty() {
                bed_count::judge(arena, bank, bank.rules_of(rules), &steps, one(&state.rows(0)), sink);
            }
        },
    );
    // Few days of few institutions are crowded: all of them meet today under one key.
    let crowds: Arrangement<'s, OverOccupancy> = crowds
        .flat_map(|out| match out {
            Out::OverOccupancy(crowd) => Some((0, *crowd)),
            _ => None,
        })
        .arrange_shared("bed_count: crowds");
    let mut reads = Reads::default();
    let rules = reads.rules(part::bed_count());
    let found = wiring.each(
        "bed_count: as of today",
        &crowds,
        &[&wiring.facts.today],
        reads,
        move |arena, bank, _, crowd, today, sink| {
            let today = one(&today[0]).map(bed_count::day_of_packed);
            bed_count::conclude(arena, bank, bank.rules_of(rules), crowd, today, sink);
        },
    );
    wiring.collect_findings(&found);
}

/// Days of a stay on which nothing but the bed was charged.
pub(super) fn bed_only<'s>(wiring: &Wiring<'s>, charges: PackedCollection<'s>) {
    let charges = charges.arrange_shared("bed_only: charges by visit");
    let mut reads = Reads::default();
    let rules = reads.rules(part::bed_only());
    let arena = wiring.arena();
    let classes = reads.classes(move |old, new| Concern::keys(0, reclassed(&arena, old, new)));
    let runs = wiring.whole_packed(
        "bed_only",
        &[wiring.fact(Fact::Visit)],
        &[&charges],
        NONE,
        reads,
        move |arena, bank, _, state, sink| {
            let charges = state.packed(0);
            if !charges.is_empty() {
                let (rules, classes) = (bank.rules_of(rules), bank.classes_of(classes));
                bed_only::judge(arena, bank, rules, classes, &charges, one(&state.rows(0)), sink);
            }
        },
    );
    // The lines behind a run are read only where there is one.
    let runs = findings_of(&temporal_filter(runs, wiring.facts.now.clone()));
    let runs: Arrangement<'s, Finding> =
        runs.map(|finding| (first_text(&finding), finding)).arrange_shared("bed_only: runs by visit");
    let found = wiring.each(
        "bed_only: lines",
        &runs,
        &[wiring.fact(Fact::LineOfVisit)],
        Reads::default(),
        |arena, _, _, run, lines, sink| bed_only::with_lines(arena, run, &lines[0], sink),
    );
    wiring.collect_findings(&found);
}
