//! Every visit, line and sale once: where does it have to be looked at? And the rules of items in tables.

use std::sync::Arc;

use records::Kind;
use records::arena::{Arena, Ref};
use records::row::{self, day_of};

use super::facts::Indexes;
use super::hall::{Hall, NONE, one, route};
use crate::coverage::Count;
use crate::detector::{age_limit, cycle_gap, no_prescription, pair_conflict, quantity_limit, resale};
use crate::finding::{Out, Route};
use crate::judge::{Court, Sink, each, each_concerned, whole};
use crate::knowledge::{Class, Knowledge, Validity};
use crate::views::{Facts, RowIndex, pair_key};

/// Visits and stays by person.
pub(super) fn visits<'s>(
    court: &Court<'s>,
    arena: &Arc<Arena>,
    hall: &mut Hall<'s>,
    facts: &Indexes<'s>,
) -> (RowIndex<'s>, RowIndex<'s>) {
    // Visits by class and person.
    let classed = {
        let arena = Arc::clone(arena);
        let differ = |a: &Knowledge, b: &Knowledge| !a.same_classes(b);
        hall.hear(each(
            court,
            "lines: class of visit",
            &facts.visits,
            &[],
            differ,
            move |bank, _, row, _, sink| {
                let visit = row::visit(&arena, *row);
                sink.say(Out::Row(Route::VisitOfPerson, u64::from(visit.psn_no), *row));
                if bank.class(visit.med_type, day_of(visit.begin)) == Class::Inpatient {
                    sink.say(Out::Row(Route::StayOfPerson, u64::from(visit.psn_no), *row));
                }
            },
        ))
    };
    let visits_of_person = route(&classed, "facts: visits by person", Route::VisitOfPerson);
    let stays = route(&classed, "facts: stays by person", Route::StayOfPerson);
    (visits_of_person, stays)
}

/// Every line and sale once, with its visit, sent to everybody who has to look at it.
pub(super) fn sort<'s>(
    court: &Court<'s>,
    arena: &Arc<Arena>,
    hall: &mut Hall<'s>,
    facts: &Indexes<'s>,
) -> Facts<'s, Out> {
    {
        let arena = Arc::clone(arena);
        let differ = |a: &Knowledge, b: &Knowledge| !a.sorts_alike(b);
        let reader = Arc::clone(&arena);
        let concerned = move |old: &Knowledge, new: &Knowledge, row: &Ref| {
            let item = row::item(&reader, *row);
            !old.sorts_alike_but_for_items(new) || old.watched(item) != new.watched(item)
        };
        hall.hear(each_concerned(
            court,
            "lines: sort",
            &facts.lines,
            &[&facts.visits],
            differ,
            concerned,
            move |bank, key, row, visits, sink| sort_line(&arena, bank, key, *row, one(&visits[0]), sink),
        ))
    }
}

/// Rules of items in tables.
pub(super) fn tables<'s>(
    court: &Court<'s>,
    arena: &Arc<Arena>,
    hall: &mut Hall<'s>,
    facts: &Indexes<'s>,
    sorted: &Facts<'s, Out>,
) {
    {
        let reader = Arc::clone(arena);
        let aged = route(sorted, "age_limit: lines", Route::Age);
        let differ = |a: &Knowledge, b: &Knowledge| a.detectors.age_limit != b.detectors.age_limit;
        hall.find(each(
            court,
            "age_limit",
            &aged,
            &[&facts.persons],
            differ,
            move |bank, _, row, persons, sink| {
                age_limit::judge(&reader, bank, *row, one(&persons[0]), sink);
            },
        ));
        let reader = Arc::clone(arena);
        let paired = route(sorted, "pair_conflict: lines", Route::Pair);
        let differ = |a: &Knowledge, b: &Knowledge| a.detectors.pair_conflict != b.detectors.pair_conflict;
        hall.find(whole(
            court,
            "pair_conflict",
            &[&paired, &facts.visits],
            NONE,
            differ,
            move |bank, _, state, sink| {
                let lines = state.rows(0);
                if lines.len() > 1 {
                    pair_conflict::judge(&reader, bank, &lines, one(&state.rows(1)), sink);
                }
            },
        ));
        let reader = Arc::clone(arena);
        let limited = route(sorted, "quantity_limit: lines", Route::Quantity);
        let differ = |a: &Knowledge, b: &Knowledge| a.detectors.quantity_limit != b.detectors.quantity_limit;
        hall.find(whole(
            court,
            "quantity_limit",
            &[&limited, &facts.visits],
            NONE,
            differ,
            move |bank, _, state, sink| {
                let lines = state.rows(0);
                if !lines.is_empty() {
                    quantity_limit::judge(&reader, bank, &lines, one(&state.rows(1)), sink);
                }
            },
        ));
        let reader = Arc::clone(arena);
        let cycled = route(sorted, "cycle_gap: lines", Route::Cycle);
        let differ = |a: &Knowledge, b: &Knowledge| a.detectors.cycle_gap != b.detectors.cycle_gap;
        hall.find(whole(court, "cycle_gap", &[&cycled], NONE, differ, move |bank, _, state, sink| {
            cycle_gap::judge(&reader, bank, &state.rows(0), sink);
        }));
        let reader = Arc::clone(arena);
        let resold = route(sorted, "resale: sales", Route::Resale);
        let differ = |a: &Knowledge, b: &Knowledge| a.detectors.resale != b.detectors.resale;
        hall.find(whole(court, "resale", &[&resold], NONE, differ, move |bank, _, state, sink| {
            resale::judge(&reader, bank, &state.rows(0), sink);
        }));
    }
}

/// Sends a net line or sale to everybody who has to look at it.
fn sort_line(arena: &Arena, bank: &Knowledge, key: u64, fact: Ref, visit: Option<Ref>, sink: &mut Sink) {
    let class = visit.map(|visit| {
        let visit = row::visit(arena, visit);
        bank.class(visit.med_type, day_of(visit.begin))
    });
    let detectors = &bank.detectors;
    if row::kind(arena, fact) == Kind::Dispensing {
        let sale = row::dispensing(arena, fact);
        if !sale.insured {
            return;
        }
        if sale.visit == 0 || class == Some(Class::Pharmacy) {
            sink.say(Out::Row(Route::Use, pair_key(sale.institution, sale.item), fact));
        }
        if sale.psn_no != 0 && bank.watched(sale.item).is_some_and(|watch| watch.resale) {
            sink.say(Out::Row(Route::Resale, pair_key(sale.psn_no, sale.item), fact));
        }
        return;
    }
    let line = row::fee_line(arena, fact);
    for rule in &detectors.age_limit.rules {
        sink.count(Count::Subject(*rule));
    }
    if let Some(class) = class {
        if no_prescription::is_subject(&line, class) {
            for rule in &detectors.no_prescription {
                sink.count(Count::Subject(*rule));
            }
            if line.rx == 0 {
                sink.say(Out::Row(Route::DrugWithoutPrescription, key, fact));
            }
        }
        const SERVICE: u8 = 2;
        if class != Class::Pharmacy && line.list_type != SERVICE {
            sink.say(Out::Row(Route::Use, pair_key(line.institution, line.item), fact));
        }
    }
    let Some(watch) = bank.watched(line.item) else { return };
    let day = day_of(line.time);
    let holds = |rows: &[Validity]| rows.iter().any(|validity| validity.holds(day));
    if holds(&watch.age) {
        sink.say(Out::Row(Route::Age, u64::from(line.psn_no), fact));
    }
    if holds(&watch.pair) {
        sink.say(Out::Row(Route::Pair, key, fact));
    }
    if holds(&watch.quantity) {
        sink.say(Out::Row(Route::Quantity, key, fact));
    }
    if watch.cycle {
        sink.say(Out::Row(Route::Cycle, pair_key(line.psn_no, line.item), fact));
    }
}
