//! Every visit, line and sale once: where does it have to be looked at? And the rules of items in tables.

use std::collections::BTreeMap;
use std::sync::Arc;

use records::Kind;
use records::arena::{Arena, Ref};
use records::row::{self, Dispensing, FeeLine, day_of};

use super::collector::{Collector, NONE, one, split};
use super::facts::FactArrangements;
use crate::compiled_bank::{Class, CompiledBank, Validity};
use crate::coverage::Population;
use crate::detector::{
    age_limit, bed_count, bed_only, course_limit, cycle_gap, expired_sale, hour_item, indication,
    late_upload, level_limit, line_arithmetic, outside_stay, pair_conflict, price_cap, quantity_limit,
    resale, sale_without_prescription, sex_limit, trace_code_missing,
};
use crate::finding::{Out, Route};
use crate::judge::{Concern, OperatorContext, Sink, each, each_concerned, whole, whole_concerned};
use crate::profile;
use crate::views::{Diff, RowArrangement, RowCollection, pair_key};

/// Visits by who looks at them.
pub(super) struct Visits<'s> {
    /// All visits by person.
    pub(super) of_person: RowArrangement<'s>,
    /// Stays by person.
    pub(super) stays: RowArrangement<'s>,
    /// Visits with a code in a table, by person.
    pub(super) coded: RowArrangement<'s>,
    /// Days on which stays begin and end, by institution.
    pub(super) bed_steps: RowArrangement<'s>,
    /// Sums of profiles.
    pub(super) sums: RowCollection<'s>,
}

/// Sorts visits by class.
pub(super) fn visits<'s>(
    context: &OperatorContext<'s>,
    arena: &Arc<Arena>,
    collector: &mut Collector<'s>,
    facts: &FactArrangements<'s>,
) -> Visits<'s> {
    let arena = Arc::clone(arena);
    let differ = |a: &CompiledBank, b: &CompiledBank| {
        let (a_tables, b_tables) = (&a.detectors, &b.detectors);
        !a.same_classes(b)
            || a_tables.operation_sex != b_tables.operation_sex
            || a_tables.diagnosis_sex != b_tables.diagnosis_sex
            || a_tables.diagnosis_age != b_tables.diagnosis_age
    };
    let reader = Arc::clone(&arena);
    let concerned = move |old: &Arc<CompiledBank>, new: &Arc<CompiledBank>| {
        let (a, b) = (&old.detectors, &new.detectors);
        let coded = a.operation_sex != b.operation_sex
            || a.diagnosis_sex != b.diagnosis_sex
            || a.diagnosis_age != b.diagnosis_age;
        let reclassed = reclassed(&reader, old, new);
        let (reader, old, new) = (Arc::clone(&reader), Arc::clone(old), Arc::clone(new));
        Concern::of(move |visit: &Ref| {
            reclassed(visit) || (coded && is_coded(&reader, &old, *visit) != is_coded(&reader, &new, *visit))
        })
    };
    let sorted = collector.collect_counts(each_concerned(
        context,
        "lines: class of visit",
        &facts.visits,
        &[],
        differ,
        concerned,
        move |bank, _, row, _, sink| {
            let visit = row::visit(&arena, *row);
            let person = u64::from(visit.psn_no);
            sink.emit(Out::Row(Route::VisitOfPerson, person, *row));
            if bank.class(visit.med_type, day_of(visit.begin)) == Class::Inpatient {
                sink.tally(Population::Stay);
                sink.emit(Out::Row(Route::StayOfPerson, person, *row));
                bed_count::step(&visit, sink);
                if bank.keeps.months {
                    profile::stay(&visit, sink);
                }
            }
            if is_coded(&arena, bank, *row) {
                sink.emit(Out::Row(Route::Coded, person, *row));
            }
        },
    ));
    let routes = [Route::VisitOfPerson, Route::StayOfPerson, Route::Coded, Route::BedStep];
    let ([of_person, stays, coded, bed_steps], _, sums) = split(sorted, routes);
    Visits {
        of_person: of_person.arrange_by_key_named("facts: visits by person"),
        stays: stays.arrange_by_key_named("facts: stays by person"),
        coded: coded.arrange_by_key_named("facts: coded visits by person"),
        bed_steps: bed_steps.arrange_by_key_named("bed_count: days of stays by institution"),
        sums,
    }
}

/// Whether a row of a table knows a code of the visit.
fn is_coded(arena: &Arena, bank: &CompiledBank, visit_row: Ref) -> bool {
    let tables = &bank.detectors;
    let diagnoses = !tables.diagnosis_sex.is_empty() || !tables.diagnosis_age.is_empty();
    (diagnoses
        && row::diagnoses(arena, visit_row).iter().any(|diagnosis| {
            let code = arena.text(diagnosis.code);
            tables.diagnosis_sex.knows(&code) || tables.diagnosis_age.knows(&code)
        }))
        || (!tables.operation_sex.is_empty()
            && row::operations(arena, visit_row)
                .iter()
                .any(|code| tables.operation_sex.knows(&arena.text(*code))))
}

/// Lines and sales by who looks at them.
pub(super) struct Sorted<'s> {
    /// Uses of goods by institution and item.
    pub(super) uses: RowCollection<'s>,
    /// Drug lines without rx_id of visits that are not pharmacy, by visit.
    pub(super) without_rx: RowCollection<'s>,
    of_person: RowCollection<'s>,
    of_institution: RowCollection<'s>,
    of_visit: RowCollection<'s>,
    cycled: RowCollection<'s>,
    resold: RowCollection<'s>,
    off_stay: RowCollection<'s>,
    /// Days of stays on which something was charged, by visit.
    pub(super) bed_days: RowCollection<'s>,
    /// Sums of profiles.
    pub(super) sums: RowCollection<'s>,
}

/// Every line and sale once, with its visit, sent to everybody who has to look at it.
pub(super) fn sort<'s>(
    context: &OperatorContext<'s>,
    arena: &Arc<Arena>,
    collector: &mut Collector<'s>,
    facts: &FactArrangements<'s>,
) -> Sorted<'s> {
    let arena = Arc::clone(arena);
    let differ = |a: &CompiledBank, b: &CompiledBank| !a.sorts_alike(b);
    let reader = Arc::clone(&arena);
    let concerned = move |old: &Arc<CompiledBank>, new: &Arc<CompiledBank>| concern(&reader, old, new);
    let sorted = collector.collect_counts(each_concerned(
        context,
        "lines: sort",
        &facts.lines,
        &[&facts.visits],
        differ,
        concerned,
        move |bank, key, row, visits, sink| {
            let visit = one(&visits[0]);
            if row::kind(&arena, *row) == Kind::FeeLine {
                sort_line(&arena, bank, key, *row, visit, sink);
            } else {
                sort_sale(&arena, bank, *row, visit, sink);
            }
        },
    ));
    let routes = [
        Route::Use,
        Route::DrugWithoutPrescription,
        Route::OfPerson,
        Route::OfInstitution,
        Route::OfVisit,
        Route::Cycle,
        Route::Resale,
        Route::BedDay,
        Route::OffStay,
    ];
    let (rows, findings, sums) = split(sorted, routes);
    collector.findings.push(findings);
    let [uses, without_rx, of_person, of_institution, of_visit, cycled, resold, bed_days, off_stay] = rows;
    Sorted { uses, without_rx, of_person, of_institution, of_visit, cycled, resold, bed_days, off_stay, sums }
}

/// The lines and sales that another bank may send other ways, or of which what is judged on the way may differ.
fn concern(arena: &Arc<Arena>, old: &Arc<CompiledBank>, new: &Arc<CompiledBank>) -> Concern<Ref> {
    let mut items = old.watched_otherwise(new);
    items.extend(indication::otherwise(old, new));
    let (a, b) = (&old.detectors, &new.detectors);
    let late = a.late_upload != b.late_upload;
    let expired = a.expired_sale != b.expired_sale;
    let codes = a.trace_code_missing != b.trace_code_missing;
    let unprescribed = a.sale_without_prescription != b.sale_without_prescription;
    let sales = expired || codes || unprescribed;
    let (reader, before, after) = (Arc::clone(arena), Arc::clone(old), Arc::clone(new));
    let concern = Concern::of(move |address: &Ref| {
        if !items.is_empty() && items.contains(&row::item(&reader, *address)) {
            return true;
        }
        match row::kind(&reader, *address) {
            Kind::FeeLine if late => late_upload::differ(&before, &after, &row::fee_line(&reader, *address)),
            Kind::Dispensing if sales => {
                let sale = row::dispensing(&reader, *address);
                (expired && expired_sale::speaks(&sale))
                    || (codes && trace_code_missing::speaks(&sale))
                    || (unprescribed && sale.rx == 0 && sale.needs_rx)
            }
            _ => false,
        }
    });
    if old.same_classes(new) { concern } else { concern.and_under(reclassed(arena, old, new)) }
}

/// Tells the visits that have another class in another bank.
pub(super) fn reclassed(
    arena: &Arc<Arena>,
    old: &Arc<CompiledBank>,
    new: &Arc<CompiledBank>,
) -> impl Fn(&Ref) -> bool + use<> {
    let (reader, before, after) = (Arc::clone(arena), Arc::clone(old), Arc::clone(new));
    let same = old.same_classes(new);
    move |visit| {
        !same && {
            let visit = row::visit(&reader, *visit);
            let day = day_of(visit.begin);
            before.class(visit.med_type, day) != after.class(visit.med_type, day)
        }
    }
}

/// Sends a net line to everybody who has to look at it; what line and visit decide is decided here.
fn sort_line(arena: &Arena, bank: &CompiledBank, key: u64, fact: Ref, visit: Option<Ref>, sink: &mut Sink) {
    let line = row::fee_line(arena, fact);
    let visit = visit.map(|address| (address, row::visit(arena, address)));
    late_upload::judge(bank, fact, &line, sink);
    if let Some((_, visit)) = &visit {
        let class = bank.class(visit.med_type, day_of(visit.begin));
        if line.is_drug() && class != Class::Pharmacy {
            sink.tally(Population::DrugLine);
            if line.rx == 0 {
                sink.emit(Out::Row(Route::DrugWithoutPrescription, key, fact));
            }
        }
        const SERVICE: u8 = 2;
        if class != Class::Pharmacy && line.list_type != SERVICE {
            sink.emit(Out::Row(Route::Use, pair_key(line.institution, line.item), fact));
        }
        if class == Class::Inpatient {
            sink.tally(Population::NetLineOfStay);
            if bank.keeps.months {
                profile::line_of_stay(&line, sink);
            }
            if outside_stay::is_outside(&line, visit) {
                sink.emit(Out::Row(Route::OffStay, key, fact));
            }
            if let Some(charge) = bed_only::charge_of(&line)
                && bank.keeps.bed_days
            {
                sink.emit(Out::Row(Route::BedDay, key, charge));
            }
        }
    }
    let Some(watch) = bank.watched(line.item) else { return };
    let day = day_of(line.time);
    let holds = |rows: &[Validity]| rows.iter().any(|validity| validity.holds(day));
    if holds(&watch.person) {
        sink.emit(Out::Row(Route::OfPerson, u64::from(line.psn_no), fact));
    }
    if holds(&watch.institution) {
        sink.emit(Out::Row(Route::OfInstitution, u64::from(line.institution), fact));
    }
    if holds(&watch.visit) {
        sink.emit(Out::Row(Route::OfVisit, key, fact));
    }
    if watch.cycle {
        sink.emit(Out::Row(Route::Cycle, pair_key(line.psn_no, line.item), fact));
    }
    if watch.indication {
        let visit = visit.as_ref().map(|(address, visit)| (*address, visit));
        indication::judge(arena, bank, (fact, &line), visit, sink);
    }
}

/// Sends a net sale to everybody who has to look at it; what the sale itself decides is decided here.
fn sort_sale(arena: &Arena, bank: &CompiledBank, fact: Ref, visit: Option<Ref>, sink: &mut Sink) {
    let sale: Dispensing = row::dispensing(arena, fact);
    expired_sale::judge(bank, fact, &sale, sink);
    if sale.rx == 0 {
        sale_without_prescription::judge(bank, fact, &sale, false, sink);
    }
    if !sale.insured {
        return;
    }
    if !sale.split {
        trace_code_missing::judge(bank, fact, &sale, sink);
    }
    let is_pharmacy = |visit: Ref| {
        let visit = row::visit(arena, visit);
        bank.class(visit.med_type, day_of(visit.begin)) == Class::Pharmacy
    };
    if sale.visit == 0 || visit.is_some_and(is_pharmacy) {
        sink.emit(Out::Row(Route::Use, pair_key(sale.institution, sale.item), fact));
    }
    if sale.psn_no != 0 && bank.watched(sale.item).is_some_and(|watch| watch.resale) {
        sink.emit(Out::Row(Route::Resale, pair_key(sale.psn_no, sale.item), fact));
    }
}

/// Lines by item.
fn by_item(arena: &Arena, lines: &[(Ref, Diff)]) -> BTreeMap<Ref, Vec<(Ref, FeeLine)>> {
    let mut items: BTreeMap<Ref, Vec<(Ref, FeeLine)>> = BTreeMap::new();
    for (address, _) in lines {
        let line = row::fee_line(arena, *address);
        items.entry(line.item).or_default().push((*address, line));
    }
    items
}

/// Whether a table of what a visit may have differs.
fn limits_differ(a: &CompiledBank, b: &CompiledBank) -> bool {
    let (a, b) = (&a.detectors, &b.detectors);
    a.pair_conflict != b.pair_conflict
        || a.quantity_limit != b.quantity_limit
        || a.course_limit != b.course_limit
        || a.hour_item != b.hour_item
}

/// Rules of items in tables, by what they have to see besides the line.
pub(super) fn tables<'s>(
    context: &OperatorContext<'s>,
    arena: &Arc<Arena>,
    collector: &mut Collector<'s>,
    facts: &FactArrangements<'s>,
    sorted: Sorted<'s>,
) {
    let reader = Arc::clone(arena);
    let of_person = sorted.of_person.arrange_by_key_named("tables: lines by person");
    let differ = |a: &CompiledBank, b: &CompiledBank| {
        let (a, b) = (&a.detectors, &b.detectors);
        a.age_limit != b.age_limit || a.sex_limit != b.sex_limit
    };
    collector.collect_findings(each(
        context,
        "age_limit, sex_limit",
        &of_person,
        &[&facts.persons],
        differ,
        move |bank, _, row, persons, sink| {
            let line = row::fee_line(&reader, *row);
            let person = one(&persons[0]);
            age_limit::judge(&reader, bank, (*row, &line), person, sink);
            sex_limit::judge(&reader, bank, (*row, &line), person, sink);
        },
    ));
    let reader = Arc::clone(arena);
    let of_institution = sorted.of_institution.arrange_by_key_named("tables: lines by institution");
    let differ = |a: &CompiledBank, b: &CompiledBank| {
        let (a, b) = (&a.detectors, &b.detectors);
        a.level_limit != b.level_limit || a.price_cap != b.price_cap
    };
    collector.collect_findings(each(
        context,
        "level_limit, price_cap",
        &of_institution,
        &[&facts.institutions],
        differ,
        move |bank, _, row, institutions, sink| {
            let line = row::fee_line(&reader, *row);
            let institution =
                one(&institutions[0]).map(|address| (address, row::institution(&reader, address)));
            let institution = institution.as_ref().map(|(address, institution)| (*address, institution));
            level_limit::judge(bank, (*row, &line), institution, sink);
            price_cap::judge(bank, (*row, &line), institution, sink);
        },
    ));
    let reader = Arc::clone(arena);
    let of_visit = sorted.of_visit.arrange_by_key_named("tables: lines by visit");
    let differ = |a: &CompiledBank, b: &CompiledBank| !a.same_classes(b) || limits_differ(a, b);
    let reread = Arc::clone(arena);
    let concerned = move |old: &Arc<CompiledBank>, new: &Arc<CompiledBank>| {
        (!limits_differ(old, new)).then(|| (1, Box::new(reclassed(&reread, old, new)) as _))
    };
    collector.collect_findings(whole_concerned(
        context,
        "pair_conflict, quantity_limit, course_limit, hour_item",
        &[&of_visit, &facts.visits],
        NONE,
        differ,
        concerned,
        move |bank, _, state, sink| {
            let lines = state.rows(0);
            if !lines.is_empty() {
                let (lines, visit) = (by_item(&reader, &lines), one(&state.rows(1)));
                if lines.len() > 1 {
                    pair_conflict::judge(&reader, bank, &lines, visit, sink);
                }
                quantity_limit::judge(&reader, bank, &lines, visit, sink);
                course_limit::judge(&reader, bank, &lines, visit, sink);
                hour_item::judge(&reader, bank, &lines, visit, sink);
            }
        },
    ));
    let reader = Arc::clone(arena);
    let off_stay = sorted.off_stay.arrange_by_key_named("outside_stay: lines by visit");
    let differ = |a: &CompiledBank, b: &CompiledBank| a.detectors.outside_stay != b.detectors.outside_stay;
    collector.collect_findings(each(
        context,
        "outside_stay",
        &off_stay,
        &[&facts.visits],
        differ,
        move |bank, _, row, visits, sink| {
            if let Some(visit) = one(&visits[0]) {
                let line = row::fee_line(&reader, *row);
                outside_stay::judge(bank, (*row, &line), (visit, &row::visit(&reader, visit)), sink);
            }
        },
    ));
    let reader = Arc::clone(arena);
    let cycled = sorted.cycled.arrange_by_key_named("cycle_gap: lines");
    let differ = |a: &CompiledBank, b: &CompiledBank| a.detectors.cycle_gap != b.detectors.cycle_gap;
    collector.collect_findings(whole(
        context,
        "cycle_gap",
        &[&cycled],
        NONE,
        differ,
        move |bank, _, state, sink| {
            cycle_gap::judge(&reader, bank, &state.rows(0), sink);
        },
    ));
    let reader = Arc::clone(arena);
    let resold = sorted.resold.arrange_by_key_named("resale: sales");
    let differ = |a: &CompiledBank, b: &CompiledBank| a.detectors.resale != b.detectors.resale;
    collector.collect_findings(whole(
        context,
        "resale",
        &[&resold],
        NONE,
        differ,
        move |bank, _, state, sink| {
            resale::judge(&reader, bank, &state.rows(0), sink);
        },
    ));
}

/// Lines that do not add up, and reversals of nothing.
pub(super) fn arithmetic<'s>(
    context: &OperatorContext<'s>,
    arena: &Arc<Arena>,
    collector: &mut Collector<'s>,
    facts: &FactArrangements<'s>,
) {
    let reader = Arc::clone(arena);
    let differ =
        |a: &CompiledBank, b: &CompiledBank| a.detectors.line_arithmetic != b.detectors.line_arithmetic;
    collector.collect_findings(each(
        context,
        "line_arithmetic",
        &facts.doubtful,
        &[&facts.netted],
        differ,
        move |bank, _, row, netted, sink| {
            line_arithmetic::judge(&reader, bank, *row, one(&netted[0]).is_some(), sink);
        },
    ));
}
