//! Persons: outside facts, stays, identity checks, companions, enrolment.
//!
//! Most of these rules look at all visits of a person at once, read one time for all of them. What depends on whether
//! an institution takes part at all (checks identities, enrols) is stated first and concluded where that is known.

use differential_dataflow::operators::Iterate;
use records::arena::{RowRef, TextRef};
use records::row;

use super::wiring::{NONE, Wiring, concluding, findings_of, one, packed_of, route, rows_of, rule_and_row};
use crate::classes::Class;
use crate::detector::diagnosis_age::DiagnosisAge;
use crate::detector::diagnosis_sex::DiagnosisSex;
use crate::detector::operation_sex::OperationSex;
use crate::detector::{
    absence, companions, double_enrolment, enrolment, frequent_stays, part, person_fact, readmission,
    stay_overlap, travel, visit_during_stay, visits_a_day,
};
use crate::fact::Fact;
use crate::reads::{Concern, Reads, reclassed};
use crate::shape::coded_visit;
use crate::statement::{Out, Route};
use crate::temporal_filter::temporal_filter;
use crate::views::{ArrangeShared, Arrangement, Diff, RowArrangement, pair_of, rule_key, rule_of};
use crate::visited;

/// Visits that another register's fact excludes.
pub(super) fn outside_facts<'s>(wiring: &Wiring<'s>, visits_of_person: &RowArrangement<'s>) {
    let mut reads = Reads::default();
    let person_fact = reads.rules(part::person_fact());
    let found = wiring.each(
        "person_fact",
        visits_of_person,
        &[wiring.fact(Fact::PersonFact)],
        reads,
        move |arena, bank, _, row, facts, sink| {
            person_fact::judge(arena, bank, bank.rules_of(person_fact), *row, &facts[0], sink);
        },
    );
    wiring.collect_findings(&found);
}

/// All visits of one person beside each other: at two places at once, too often, too soon again.
pub(super) fn visits<'s>(wiring: &Wiring<'s>, visits_of_person: &RowArrangement<'s>) {
    let mut reads = Reads::default();
    let visits_a_day = reads.rules(part::visits_a_day());
    let stay_overlap = reads.rules(part::stay_overlap());
    let visit_during_stay = reads.rules(part::visit_during_stay());
    let readmission = reads.rules(part::readmission());
    let frequent_stays = reads.rules(part::frequent_stays());
    let arena = wiring.arena();
    let classes = reads.classes(move |old, new| Concern::keys(0, reclassed(&arena, old, new)));
    let found = wiring.whole(
        "stay_overlap, visit_during_stay, readmission, visits_a_day, frequent_stays",
        &[visits_of_person],
        NONE,
        reads,
        move |arena, bank, _, state, sink| {
            let visits = state.rows(0);
            if visits.len() < 2 {
                return;
            }
            let visits = visited::read(arena, bank.classes_of(classes), &visits);
            visits_a_day::judge(arena, bank, bank.rules_of(visits_a_day), &visits, sink);
            if visits.iter().any(|visit| visit.class == Class::Inpatient) {
                stay_overlap::judge(arena, bank, bank.rules_of(stay_overlap), &visits, sink);
                visit_during_stay::judge(arena, bank, bank.rules_of(visit_during_stay), &visits, sink);
                readmission::judge(arena, bank, bank.rules_of(readmission), &visits, sink);
                frequent_stays::judge(arena, bank, bank.rules_of(frequent_stays), &visits, sink);
            }
        },
    );
    // A stay without an end overlaps others as time goes on.
    let found = temporal_filter(found, wiring.facts.now.clone());
    wiring.findings.borrow_mut().push(findings_of(&found));
}

/// Codes of operations and diagnoses that the person cannot have.
pub(super) fn codes<'s>(wiring: &Wiring<'s>, coded: &RowArrangement<'s>) {
    let mut reads = Reads::default();
    let operation_sex = reads.rules(part::operation_sex());
    let diagnosis_sex = reads.rules(part::diagnosis_sex());
    let diagnosis_age = reads.rules(part::diagnosis_age());
    let found = wiring.each(
        "operation_sex, diagnosis_sex, diagnosis_age",
        coded,
        &[wiring.fact(Fact::Person)],
        reads,
        move |arena, bank, _, row, persons, sink| {
            let person = one(&persons[0]);
            let (sexes, ages) = (bank.rules_of(diagnosis_sex), bank.rules_of(diagnosis_age));
            coded_visit::judge::<OperationSex>(arena, bank, bank.rules_of(operation_sex), *row, person, sink);
            coded_visit::judge::<DiagnosisSex>(arena, bank, sexes, *row, person, sink);
            coded_visit::judge::<DiagnosisAge>(arena, bank, ages, *row, person, sink);
        },
    );
    wiring.collect_findings(&found);
}

/// Identity checks: journeys that nobody makes in the time between two of them.
pub(super) fn journeys(wiring: &Wiring<'_>) {
    // Consecutive checks of a person at two institutions, each asked for at both ends.
    let journeys = wiring.whole(
        "travel: journeys",
        &[wiring.fact(Fact::PassOfPerson)],
        NONE,
        Reads::default(),
        |arena, bank, _, state, sink| travel::journeys(arena, bank, &state.rows(0), sink),
    );
    let arena = wiring.arena();
    let ends: Arrangement<'_, u64> = rows_of(&journeys, Route::Journey)
        .flat_map(move |(journey, _)| {
            let (a, b) = pair_of::<RowRef, RowRef>(journey);
            [a, b].map(|end| (u64::from(row::presence(&arena, end).institution), journey))
        })
        .arrange_shared("travel: journeys by institution");
    let places = wiring.each(
        "travel: places",
        &ends,
        &[wiring.fact(Fact::Institution)],
        Reads::default(),
        |_, _, _, journey, institutions, sink| {
            if let Some(institution) = one(&institutions[0]) {
                sink.emit(Out::Row(Route::JourneyPlace, *journey, institution));
            }
        },
    );

    // Both ends met again under the journey.
    let journeys = route(&journeys, "travel: by journey", Route::Journey);
    let places = route(&places, "travel: places of journeys", Route::JourneyPlace);
    let mut reads = Reads::default();
    let travel = reads.rules(part::travel());
    let found =
        wiring.each("travel", &journeys, &[&places], reads, move |arena, bank, key, _, places, sink| {
            let (a, b) = pair_of(key);
            let place = |end: RowRef| {
                let code = row::presence(arena, end).institution;
                places[0].iter().map(|(row, _)| *row).find(|row| row::key(arena, *row).0 == code)
            };
            travel::judge(arena, bank, bank.rules_of(travel), key, [place(a), place(b)], sink);
        });
    wiring.collect_findings(&found);
}

/// Identity checks: stays in which there was none, at institutions that check.
pub(super) fn absences<'s>(wiring: &Wiring<'s>, stays: &RowArrangement<'s>) {
    let mut reads = Reads::default();
    let absence = reads.rules(part::absence());
    let absent = wiring.each(
        "absence",
        stays,
        &[wiring.fact(Fact::PassOfPerson)],
        reads,
        move |arena, bank, _, row, passes, sink| {
            absence::judge(arena, bank, bank.rules_of(absence), *row, &passes[0], sink);
        },
    );
    let absent = temporal_filter(absent, wiring.facts.now.clone());
    let absent = concluding(&absent, "absence: by institution", Route::Absent);
    let checks = wiring.has("absence: checking", Fact::Checking, "absence: institutions that check");
    let found = wiring.each(
        "absence: conclude",
        &absent,
        &[&checks],
        Reads::default(),
        |arena, bank, _, &undecided, has, sink| {
            let (rule, row) = rule_and_row(undecided);
            absence::conclude(arena, bank, rule, row, one(&has[0]).is_some(), sink);
        },
    );
    wiring.collect_findings(&found);
}

/// Companions: cells, co-stays, edges, groups.
pub(super) fn companions<'s>(wiring: &Wiring<'s>, stays: &RowArrangement<'s>) {
    // Stays in cells of institution and days, so that only those that can meet are compared.
    let mut reads = Reads::default();
    let companions = reads.rules(part::companions());
    let placed =
        wiring.whole("companions: place", &[stays], NONE, reads, move |arena, bank, _, state, sink| {
            companions::place(arena, bank.rules_of(companions), &state.rows(0), sink);
        });
    let base = route(&placed, "companions: by cell", Route::StayInCell);
    let probes = route(&placed, "companions: looking", Route::StayNearCell);
    let few = route(&placed, "companions: few by cell", Route::FewStaysInCell);
    let twins = route(&placed, "companions: twins looking", Route::LikeStaysNearCell);

    // Co-stays of two persons, and from enough of them an edge.
    let met = wiring.each(
        "companions: meet",
        &probes,
        &[&base],
        Reads::default(),
        |arena, _, _, row, others, sink| companions::meet(arena, *row, &others[0], sink),
    );
    let met_few = wiring.each(
        "companions: few",
        &twins,
        &[&few],
        Reads::default(),
        |arena, _, _, row, others, sink| companions::meet_few(arena, *row, &others[0], sink),
    );
    let co_stays: RowArrangement<'s> = rows_of(&met, Route::CoStay)
        .concat(rows_of(&met_few, Route::CoStay))
        .arrange_shared("companions: co-stays");
    let mut reads = Reads::default();
    let rules = reads.rules(part::companions());
    let joined =
        wiring.whole("companions: join", &[&co_stays], NONE, reads, move |arena, bank, key, state, sink| {
            companions::join(arena, bank, bank.rules_of(rules), key, &state.rows(0), sink);
        });

    // Groups: the connected components of the edges, each named by its least node.
    let edges = packed_of(&joined, Route::Edge).map(|(node, other)| {
        let (rule, _) = rule_of::<TextRef>(node);
        (node, rule_key(rule, other))
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
        .arrange_shared("companions: stays by group");
    let mut reads = Reads::default();
    let rules = reads.rules(part::companions());
    let found = wiring.whole("companions", &[&groups], NONE, reads, move |arena, bank, key, state, sink| {
        companions::judge(arena, bank, bank.rules_of(rules), key, &state.rows(0), sink);
    });
    wiring.collect_findings(&found);
}

/// Enrolment, and whether anybody is enrolled at all; and persons enrolled twice.
pub(super) fn enrolment(wiring: &Wiring<'_>) {
    let mut reads = Reads::default();
    let double_enrolment = reads.rules(part::double_enrolment());
    let found = wiring.whole(
        "double_enrolment",
        &[wiring.fact(Fact::EnrolmentOfPerson)],
        NONE,
        reads,
        move |arena, bank, _, state, sink| {
            double_enrolment::judge(arena, bank, bank.rules_of(double_enrolment), &state.rows(0), sink);
        },
    );
    wiring.collect_findings(&found);

    let mut reads = Reads::default();
    let enrolment = reads.rules(part::enrolment());
    let uncovered = wiring.each(
        "enrolment",
        wiring.fact(Fact::SettlementOfPerson),
        &[wiring.fact(Fact::EnrolmentOfPerson)],
        reads,
        move |arena, bank, _, row, enrolments, sink| {
            enrolment::judge(arena, bank, bank.rules_of(enrolment), *row, &enrolments[0], sink);
        },
    );
    let uncovered = concluding(&uncovered, "enrolment: uncovered", Route::Uncovered);
    // That anybody is enrolled is known in every shard, so that no worker concludes alone.
    let anyone = wiring.whole(
        "enrolment: anyone",
        &[wiring.fact(Fact::AnyEnrolment)],
        NONE,
        Reads::default(),
        |_, _, _, state, sink| {
            if state.rows(0).iter().any(|(_, count)| *count > 0) {
                for shard in 0..enrolment::SHARDS {
                    sink.emit(Out::Row(Route::Has, shard, RowRef::NONE));
                }
            }
        },
    );
    let anyone = route(&anyone, "enrolment: anyone enrolled", Route::Has);
    let found = wiring.each(
        "enrolment: conclude",
        &uncovered,
        &[&anyone],
        Reads::default(),
        |arena, bank, _, &undecided, has, sink| {
            let (rule, row) = rule_and_row(undecided);
            enrolment::conclude(arena, bank, rule, row, one(&has[0]).is_some(), sink);
        },
    );
    wiring.collect_findings(&found);
}
