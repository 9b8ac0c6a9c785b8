//! Persons: outside facts, stays, identity checks, companions, enrolment.

use std::sync::Arc;

use differential_dataflow::operators::Iterate;
use records::arena::{Arena, Ref};
use records::row;

use super::collector::{Collector, NONE, case_of, concluding, findings_of, has, never, one, route, rows_of};
use super::facts::FactArrangements;
use super::lines::reclassed;
use crate::compiled_bank::{Class, CompiledBank};
use crate::detector::{
    absence, companions, diagnosis_age, diagnosis_sex, double_enrolment, enrolment, frequent_stays,
    operation_sex, person_fact, readmission, stay_overlap, travel, visit_during_stay, visits_a_day,
};
use crate::finding::{Out, Route};
use crate::judge::{OperatorContext, each, whole, whole_concerned};
use crate::temporal_filter::temporal_filter;
use crate::views::{Arrangement, Diff, RowArrangement, pair_key, pair_of};
use crate::visited;

/// Visits that another register's fact excludes.
pub(super) fn outside_facts<'s>(
    context: &OperatorContext<'s>,
    arena: &Arc<Arena>,
    collector: &mut Collector<'s>,
    facts: &FactArrangements<'s>,
    visits_of_person: &RowArrangement<'s>,
) {
    {
        let arena = Arc::clone(arena);
        let differ = |a: &CompiledBank, b: &CompiledBank| a.detectors.person_fact != b.detectors.person_fact;
        collector.collect_findings(each(
            context,
            "person_fact",
            visits_of_person,
            &[&facts.person_facts],
            differ,
            move |bank, _, row, facts, sink| person_fact::judge(&arena, bank, *row, &facts[0], sink),
        ));
    }
}

/// Whether the rules that look at a person's visits differ.
fn rules_differ(a: &CompiledBank, b: &CompiledBank) -> bool {
    let (a, b) = (&a.detectors, &b.detectors);
    a.stay_overlap != b.stay_overlap
        || a.visit_during_stay != b.visit_during_stay
        || a.readmission != b.readmission
        || a.visits_a_day != b.visits_a_day
        || a.frequent_stays != b.frequent_stays
}

/// All visits of one person beside each other: at two places at once, too often, too soon again.
pub(super) fn visits<'s>(
    context: &OperatorContext<'s>,
    arena: &Arc<Arena>,
    collector: &mut Collector<'s>,
    facts: &FactArrangements<'s>,
    visits_of_person: &RowArrangement<'s>,
) {
    let arena = Arc::clone(arena);
    let differ = |a: &CompiledBank, b: &CompiledBank| !a.same_classes(b) || rules_differ(a, b);
    let reread = Arc::clone(&arena);
    let concerned = move |old: &Arc<CompiledBank>, new: &Arc<CompiledBank>| {
        (!rules_differ(old, new)).then(|| (0, Box::new(reclassed(&reread, old, new)) as _))
    };
    let found = whole_concerned(
        context,
        "stay_overlap, visit_during_stay, readmission, visits_a_day, frequent_stays",
        &[visits_of_person],
        NONE,
        differ,
        concerned,
        move |bank, _, state, sink| {
            let visits = state.rows(0);
            if visits.len() > 1 {
                let visits = visited::read(&arena, bank, &visits);
                visits_a_day::judge(&arena, bank, &visits, sink);
                if visits.iter().any(|visit| visit.class == Class::Inpatient) {
                    stay_overlap::judge(&arena, bank, &visits, sink);
                    visit_during_stay::judge(bank, &visits, sink);
                    readmission::judge(&arena, bank, &visits, sink);
                    frequent_stays::judge(&arena, bank, &visits, sink);
                }
            }
        },
    );
    let found = temporal_filter(collector.collect_counts(found), facts.now.clone());
    collector.findings.push(findings_of(&found));
}

/// Codes of operations and diagnoses that the person cannot have.
pub(super) fn codes<'s>(
    context: &OperatorContext<'s>,
    arena: &Arc<Arena>,
    collector: &mut Collector<'s>,
    facts: &FactArrangements<'s>,
    coded: &RowArrangement<'s>,
) {
    let arena = Arc::clone(arena);
    let differ = |a: &CompiledBank, b: &CompiledBank| {
        let (a, b) = (&a.detectors, &b.detectors);
        a.operation_sex != b.operation_sex
            || a.diagnosis_sex != b.diagnosis_sex
            || a.diagnosis_age != b.diagnosis_age
    };
    collector.collect_findings(each(
        context,
        "operation_sex, diagnosis_sex, diagnosis_age",
        coded,
        &[&facts.persons],
        differ,
        move |bank, _, row, persons, sink| {
            let person = one(&persons[0]);
            operation_sex::judge(&arena, bank, *row, person, sink);
            diagnosis_sex::judge(&arena, bank, *row, person, sink);
            diagnosis_age::judge(&arena, bank, *row, person, sink);
        },
    ));
}

/// Presence: journeys and absences.
pub(super) fn presence<'s>(
    context: &OperatorContext<'s>,
    arena: &Arc<Arena>,
    collector: &mut Collector<'s>,
    facts: &FactArrangements<'s>,
    stays: &RowArrangement<'s>,
) {
    {
        let reader = Arc::clone(arena);
        let journeys = collector.collect_counts(whole(
            context,
            "travel: journeys",
            &[&facts.passes],
            NONE,
            never,
            move |bank, _, state, sink| {
                travel::journeys(&reader, bank, &state.rows(0), sink);
            },
        ));
        let ends = rows_of(&journeys, Route::Journey).flat_map({
            let arena = Arc::clone(arena);
            move |(journey, _)| {
                let (a, b) = pair_of(journey);
                [a, b].map(|end| (u64::from(row::presence(&arena, end).institution), journey))
            }
        });
        let ends: Arrangement<'s, u64> = ends.arrange_by_key_named("travel: journeys by institution");
        let places = collector.collect_counts(each(
            context,
            "travel: places",
            &ends,
            &[&facts.institutions],
            never,
            |_, _, journey, institutions, sink| {
                if let Some(institution) = one(&institutions[0]) {
                    sink.emit(Out::Row(Route::JourneyPlace, *journey, institution));
                }
            },
        ));
        let journeys = route(&journeys, "travel: by journey", Route::Journey);
        let places = route(&places, "travel: places of journeys", Route::JourneyPlace);
        let reader = Arc::clone(arena);
        let differ = |a: &CompiledBank, b: &CompiledBank| a.detectors.travel != b.detectors.travel;
        collector.collect_findings(each(
            context,
            "travel",
            &journeys,
            &[&places],
            differ,
            move |bank, key, _, places, sink| {
                let (a, b) = pair_of(key);
                let place = |end: Ref| {
                    let code = row::presence(&reader, end).institution;
                    places[0].iter().map(|(row, _)| *row).find(|row| row::key(&reader, *row).0 == code)
                };
                travel::judge(&reader, bank, key, [place(a), place(b)], sink);
            },
        ));
    }
    {
        let reader = Arc::clone(arena);
        let differ = |a: &CompiledBank, b: &CompiledBank| a.detectors.absence != b.detectors.absence;
        let absent =
            each(context, "absence", stays, &[&facts.passes], differ, move |bank, _, row, passes, sink| {
                absence::judge(&reader, bank, *row, &passes[0], sink);
            });
        let absent = temporal_filter(collector.collect_counts(absent), facts.now.clone());
        let absent = concluding(&absent, "absence: by institution", Route::Absent);
        let checks = collector.collect_counts(has(context, "absence: checking", &facts.checking));
        let checks = route(&checks, "absence: institutions that check", Route::Has);
        let reader = Arc::clone(arena);
        collector.collect_findings(each(
            context,
            "absence: conclude",
            &absent,
            &[&checks],
            never,
            move |bank, _, &case, has, sink| {
                let (rule, row) = case_of(case);
                absence::conclude(&reader, bank, rule, row, one(&has[0]).is_some(), sink);
            },
        ));
    }
}

/// Companions: cells, co-stays, edges, groups.
pub(super) fn companions<'s>(
    context: &OperatorContext<'s>,
    arena: &Arc<Arena>,
    collector: &mut Collector<'s>,
    stays: &RowArrangement<'s>,
) {
    {
        let reader = Arc::clone(arena);
        let differ = |a: &CompiledBank, b: &CompiledBank| a.detectors.companions != b.detectors.companions;
        let placed = collector.collect_counts(whole(
            context,
            "companions: address",
            &[stays],
            NONE,
            differ,
            move |bank, _, state, sink| companions::place(&reader, bank, &state.rows(0), sink),
        ));
        let base = route(&placed, "companions: by cell", Route::Companion);
        let probes = route(&placed, "companions: looking", Route::CompanionProbe);
        let few = route(&placed, "companions: few by cell", Route::CompanionFew);
        let twins = route(&placed, "companions: twins looking", Route::CompanionTwin);
        let reader = Arc::clone(arena);
        let met = collector.collect_counts(each(
            context,
            "companions: meet",
            &probes,
            &[&base],
            never,
            move |_, _, row, o, sink| {
                companions::meet(&reader, *row, &o[0], sink);
            },
        ));
        let reader = Arc::clone(arena);
        let met_few = collector.collect_counts(each(
            context,
            "companions: few",
            &twins,
            &[&few],
            never,
            move |_, _, row, o, sink| {
                companions::meet_few(&reader, *row, &o[0], sink);
            },
        ));
        let co_stays: RowArrangement<'s> = rows_of(&met, Route::CoStay)
            .concat(rows_of(&met_few, Route::CoStay))
            .arrange_by_key_named("companions: co-stays");
        let reader = Arc::clone(arena);
        let joined = collector.collect_counts(whole(
            context,
            "companions: join",
            &[&co_stays],
            NONE,
            differ,
            move |bank, key, state, sink| companions::join(&reader, bank, key, &state.rows(0), sink),
        ));
        let edges = rows_of(&joined, Route::Edge).map(|(node, other)| {
            let (rule, _) = pair_of(node);
            (node, pair_key(rule, other))
        });
        let roots =
            edges.clone().map(|(node, _)| (node, node)).distinct_core::<Diff>().iterate(|inner, roots| {
                let own = roots.clone();
                roots
                    .join_map(edges.enter(inner), |_node, root, other| (*other, *root))
                    .concat(own)
                    .reduce(|_node, roots, least| least.push((*roots[0].0, 1)))
            });
        let groups: RowArrangement<'s> = rows_of(&joined, Route::EdgeStay)
            .join_map(roots, |_node, stay, root| (*root, *stay))
            .arrange_by_key_named("companions: stays by group");
        let reader = Arc::clone(arena);
        collector.collect_findings(whole(
            context,
            "companions",
            &[&groups],
            NONE,
            differ,
            move |bank, key, state, sink| {
                companions::judge(&reader, bank, key, &state.rows(0), sink);
            },
        ));
    }
}

/// Enrolment, and whether anybody is enrolled at all; and persons enrolled twice.
pub(super) fn enrolment<'s>(
    context: &OperatorContext<'s>,
    arena: &Arc<Arena>,
    collector: &mut Collector<'s>,
    facts: &FactArrangements<'s>,
) {
    {
        let reader = Arc::clone(arena);
        let differ =
            |a: &CompiledBank, b: &CompiledBank| a.detectors.double_enrolment != b.detectors.double_enrolment;
        collector.collect_findings(whole(
            context,
            "double_enrolment",
            &[&facts.enrolments],
            NONE,
            differ,
            move |bank, _, state, sink| double_enrolment::judge(&reader, bank, &state.rows(0), sink),
        ));
        let reader = Arc::clone(arena);
        let differ = |a: &CompiledBank, b: &CompiledBank| a.detectors.enrolment != b.detectors.enrolment;
        let uncovered = collector.collect_counts(each(
            context,
            "enrolment",
            &facts.settlements_of_person,
            &[&facts.enrolments],
            differ,
            move |bank, _, row, enrolments, sink| enrolment::judge(&reader, bank, *row, &enrolments[0], sink),
        ));
        let uncovered = concluding(&uncovered, "enrolment: uncovered", Route::Uncovered);
        let anyone = collector.collect_counts(whole(
            context,
            "enrolment: anyone",
            &[&facts.any_enrolment],
            NONE,
            never,
            |_, _, s, sink| {
                if s.rows(0).iter().any(|(_, count)| *count > 0) {
                    for shard in 0..enrolment::SHARDS {
                        sink.emit(Out::Row(Route::Has, shard, 0));
                    }
                }
            },
        ));
        let anyone = route(&anyone, "enrolment: anyone enrolled", Route::Has);
        let reader = Arc::clone(arena);
        collector.collect_findings(each(
            context,
            "enrolment: conclude",
            &uncovered,
            &[&anyone],
            never,
            move |bank, _, &case, has, sink| {
                let (rule, row) = case_of(case);
                enrolment::conclude(&reader, bank, rule, row, one(&has[0]).is_some(), sink);
            },
        ));
    }
}
