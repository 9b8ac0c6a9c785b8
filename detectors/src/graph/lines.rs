//! Every visit, line and sale once: where does it have to be looked at? And the rules of items in tables.
//!
//! A line is read with its visit one time for all who may want it. What line and visit decide together is judged on
//! the way; the rest goes under the key of what else has to be seen: the person, the institution, the other lines of
//! the visit. Lines that name a prescription are also judged by prescription, in `bills`. Most lines match no table,
//! and one look-up shows it.

use std::collections::BTreeMap;
use std::sync::Arc;

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row::{self, Dispensing, FeeLine, day_of};

use super::wiring::{ALONE, NONE, Split, Wiring, one, split};
use crate::classes::Class;
use crate::compile::{Prefixes, Validity};
use crate::compiled_bank::CompiledBank;
use crate::coverage::Population;
use crate::detector::age_limit::AgeLimit;
use crate::detector::course_limit::CourseLimit;
use crate::detector::diagnosis_sex::{self, DiagnosisSex};
use crate::detector::expired_sale::{self, ExpiredSale};
use crate::detector::hour_item::HourItem;
use crate::detector::indication::{self, Indication};
use crate::detector::late_upload::{self, LateUpload};
use crate::detector::level_limit::LevelLimit;
use crate::detector::line_arithmetic::LineArithmetic;
use crate::detector::operation_sex::{self, OperationSex};
use crate::detector::outside_stay::{self, OutsideStay};
use crate::detector::price_cap::PriceCap;
use crate::detector::quantity_limit::QuantityLimit;
use crate::detector::sex_limit::SexLimit;
use crate::detector::stock_balance::{is_used_line, is_used_sale};
use crate::detector::trace_code_missing::{self, TraceCodeMissing};
use crate::detector::{bed_count, bed_only, cycle_gap, diagnosis_age, pair_conflict, part, resale};
use crate::fact::Fact;
use crate::profile;
use crate::reads::{ClassesOf, Concern, Reads, RulesOf, WatchesOf, reclassed};
use crate::shape::coded_visit::CodedVisit;
use crate::shape::one_record::SentLine;
use crate::shape::{item_cap, listed_line, one_record};
use crate::sink::Sink;
use crate::statement::{Out, Route};
use crate::views::{
    ArrangeShared, Diff, PackedArrangement, PackedCollection, RowArrangement, RowCollection, pair_key,
};

/// Visits by who looks at them.
pub(super) struct Visits<'s> {
    /// All visits by person.
    pub(super) of_person: RowArrangement<'s>,
    /// Stays by person.
    pub(super) stays: RowArrangement<'s>,
    /// Visits with a code in a table, by person.
    pub(super) coded: RowArrangement<'s>,
    /// Days on which stays begin and end, by institution.
    pub(super) bed_steps: PackedArrangement<'s>,
    /// Sums of profiles.
    pub(super) sums: PackedCollection<'s>,
}

/// The tables of codes of operations and diagnoses.
#[derive(Clone, Copy)]
struct CodeTables {
    operation_sex: RulesOf<operation_sex::Rules>,
    diagnosis_sex: RulesOf<diagnosis_sex::Rules>,
    diagnosis_age: RulesOf<diagnosis_age::Rules>,
}

impl CodeTables {
    /// Whether a row of a table knows a code of the visit.
    fn know(self, arena: &Arena, bank: &CompiledBank, visit_row: RowRef) -> bool {
        let operations = bank.rules_of(self.operation_sex);
        let (sexes, ages) = (bank.rules_of(self.diagnosis_sex), bank.rules_of(self.diagnosis_age));
        ((!sexes.is_empty() || !ages.is_empty())
            && row::diagnoses(arena, visit_row).iter().any(|diagnosis| {
                let code = arena.text(diagnosis.code);
                sexes.knows(&code) || ages.knows(&code)
            }))
            || (!operations.is_empty()
                && row::operations(arena, visit_row).iter().any(|code| operations.knows(&arena.text(*code))))
    }
}

/// Sorts visits by class.
pub(super) fn visits<'s>(wiring: &Wiring<'s>) -> Visits<'s> {
    let mut reads = Reads::default();
    let arena = wiring.arena();
    let classes = reads.classes(move |old, new| Concern::rows(reclassed(&arena, old, new)));
    // A visit is concerned by other rows where they know other codes of it.
    let tables = CodeTables {
        operation_sex: reads
            .rules_concerning(part::operation_sex(), recoded(&wiring.arena(), OperationSex::codes)),
        diagnosis_sex: reads
            .rules_concerning(part::diagnosis_sex(), recoded(&wiring.arena(), DiagnosisSex::codes)),
        diagnosis_age: reads
            .rules_concerning(part::diagnosis_age(), recoded(&wiring.arena(), DiagnosisSex::codes)),
    };
    let sorted = wiring.each(
        "lines: class of visit",
        wiring.fact(Fact::Visit),
        ALONE,
        reads,
        move |arena, bank, _, row, _, sink| {
            let visit = row::visit(arena, *row);
            let person = u64::from(visit.psn_no);
            sink.emit(Out::Row(Route::VisitOfPerson, person, *row));
            if bank.classes_of(classes).class(visit.med_type, day_of(visit.begin)) == Class::Inpatient {
                sink.tally(Population::Stay);
                sink.emit(Out::Row(Route::StayOfPerson, person, *row));
                bed_count::step(&visit, sink);
                if bank.keeps.months {
                    for (key, cell, amount) in profile::additions_of_stay(&visit).into_iter().flatten() {
                        sink.emit(Out::Sum(key, cell, amount));
                    }
                }
            }
            if tables.know(arena, bank, *row) {
                sink.emit(Out::Row(Route::Coded, person, *row));
            }
        },
    );
    let routes = [Route::VisitOfPerson, Route::StayOfPerson, Route::Coded];
    let Split { rows: [of_person, stays, coded], packed: [bed_steps], sums, .. } =
        split(sorted, routes, [Route::BedStep]);
    Visits {
        of_person: of_person.arrange_shared("facts: visits by person"),
        stays: stays.arrange_shared("facts: stays by person"),
        coded: coded.arrange_shared("facts: coded visits by person"),
        bed_steps: bed_steps.arrange_shared("bed_count: days of stays by institution"),
        sums,
    }
}

/// Concerns the visits of which a table of prefixes knows a code in one bank and none in the other.
fn recoded<W: Copy + Ord + 'static>(
    arena: &Arc<Arena>,
    codes_of: fn(&Arena, RowRef) -> Vec<TextRef>,
) -> impl Fn(RulesOf<Prefixes<W>>, &Arc<CompiledBank>, &Arc<CompiledBank>) -> Concern<RowRef> + 'static {
    let arena = Arc::clone(arena);
    move |rules, old, new| {
        let (arena, old, new) = (Arc::clone(&arena), Arc::clone(old), Arc::clone(new));
        Concern::rows(move |visit_row: &RowRef| {
            let codes = codes_of(&arena, *visit_row);
            let knows =
                |bank: &CompiledBank| codes.iter().any(|code| bank.rules_of(rules).knows(&arena.text(*code)));
            knows(&old) != knows(&new)
        })
    }
}

/// Lines and sales by who looks at them.
pub(super) struct Sorted<'s> {
    /// Uses of goods by institution and item.
    pub(super) uses: RowCollection<'s>,
    /// Drug lines without rx_id of visits that are not pharmacy, by visit.
    pub(super) without_rx: RowCollection<'s>,
    /// Sales without rx_id of what needs a prescription, by institution.
    pub(super) unprescribed: RowCollection<'s>,
    of_person: RowCollection<'s>,
    of_institution: RowCollection<'s>,
    of_visit: RowCollection<'s>,
    cycled: RowCollection<'s>,
    resold: RowCollection<'s>,
    off_stay: RowCollection<'s>,
    /// Days of stays on which something was charged, by visit.
    pub(super) bed_days: PackedCollection<'s>,
    /// Sums of profiles.
    pub(super) sums: PackedCollection<'s>,
}

/// What of the bank the sorting of lines and sales reads.
#[derive(Clone, Copy)]
struct SortReads {
    classes: ClassesOf,
    watches: WatchesOf,
    late_upload: RulesOf<late_upload::Rules>,
    indication: RulesOf<indication::Rules>,
    expired_sale: RulesOf<expired_sale::Rules>,
    trace_code_missing: RulesOf<trace_code_missing::Rules>,
}

impl SortReads {
    /// Registers them, each with the lines and sales that a difference concerns: whoever changes a limit of late
    /// uploads is not to read every line again.
    fn register(arena: &Arc<Arena>, reads: &mut Reads) -> SortReads {
        let (of_expired, of_missing) = (Arc::clone(arena), Arc::clone(arena));
        // Sales of which a rule would find or count something.
        let sales = |arena: &Arc<Arena>, is_subject: fn(&Dispensing) -> bool| {
            let arena = Arc::clone(arena);
            Concern::rows(move |row: &RowRef| {
                row::kind(&arena, *row) == Kind::Dispensing && is_subject(&row::dispensing(&arena, *row))
            })
        };
        SortReads {
            classes: reads.classes({
                let arena = Arc::clone(arena);
                move |old, new| Concern::keys(0, reclassed(&arena, old, new))
            }),
            watches: reads.watches({
                let arena = Arc::clone(arena);
                move |old, new| {
                    let (arena, items) = (Arc::clone(&arena), old.items_watched_otherwise(new));
                    Concern::rows(move |row: &RowRef| items.contains(&row::item(&arena, *row)))
                }
            }),
            late_upload: reads.rules_concerning(part::late_upload(), {
                let arena = Arc::clone(arena);
                move |rules, old, new| {
                    let (arena, old, new) = (Arc::clone(&arena), Arc::clone(old), Arc::clone(new));
                    Concern::rows(move |row: &RowRef| {
                        row::kind(&arena, *row) == Kind::FeeLine
                            && late_upload::differ(
                                old.rules_of(rules),
                                new.rules_of(rules),
                                &row::fee_line(&arena, *row),
                            )
                    })
                }
            }),
            indication: reads.rules_concerning(part::indication(), {
                let arena = Arc::clone(arena);
                move |rules, old, new| {
                    let items = indication::otherwise(old.rules_of(rules), new.rules_of(rules));
                    let arena = Arc::clone(&arena);
                    Concern::rows(move |row: &RowRef| items.contains(&row::item(&arena, *row)))
                }
            }),
            expired_sale: reads.rules_concerning(part::expired_sale(), move |_, _, _| {
                sales(&of_expired, expired_sale::is_subject)
            }),
            trace_code_missing: reads.rules_concerning(part::trace_code_missing(), move |_, _, _| {
                sales(&of_missing, trace_code_missing::is_subject)
            }),
        }
    }
}

/// Every line and sale once, with its visit, sent to everybody who has to look at it.
pub(super) fn sort<'s>(wiring: &Wiring<'s>) -> Sorted<'s> {
    let mut reads = Reads::default();
    let of_bank = SortReads::register(&wiring.context.arena, &mut reads);
    let sorted = wiring.each(
        "lines: sort",
        wiring.fact(Fact::LineOfVisit),
        &[wiring.fact(Fact::Visit)],
        reads,
        move |arena, bank, key, row, visits, sink| {
            let visit = one(&visits[0]);
            if row::kind(arena, *row) == Kind::FeeLine {
                sort_line(arena, bank, of_bank, (key, *row), visit, sink);
            } else {
                sort_sale(arena, bank, of_bank, *row, visit, sink);
            }
        },
    );
    let routes = [
        Route::Use,
        Route::DrugWithoutPrescription,
        Route::OfPerson,
        Route::OfInstitution,
        Route::OfVisit,
        Route::Cycle,
        Route::Resale,
        Route::OffStay,
        Route::SaleUncovered,
    ];
    let Split { rows, packed: [bed_days], findings, sums } = split(sorted, routes, [Route::BedDay]);
    wiring.findings.borrow_mut().push(findings);
    let [uses, without_rx, of_person, of_institution, of_visit, cycled, resold, off_stay, unprescribed] =
        rows;
    Sorted {
        uses,
        without_rx,
        unprescribed,
        of_person,
        of_institution,
        of_visit,
        cycled,
        resold,
        bed_days,
        off_stay,
        sums,
    }
}

/// Sends a net line to everybody who has to look at it; what line and visit decide is decided here.
fn sort_line(
    arena: &Arena,
    bank: &CompiledBank,
    reads: SortReads,
    (key, line_row): (u64, RowRef),
    visit_row: Option<RowRef>,
    sink: &mut Sink,
) {
    let line = row::fee_line(arena, line_row);
    let visit = visit_row.map(|visit_row| (visit_row, row::visit(arena, visit_row)));
    let late_upload = bank.rules_of(reads.late_upload);
    one_record::judge::<LateUpload>(arena, bank, late_upload, (line_row, &line), &(), sink);

    // By the class of its visit: what was used, what needs a prescription, what was charged in a stay.
    if let Some((_, visit)) = &visit {
        let class = bank.classes_of(reads.classes).class(visit.med_type, day_of(visit.begin));
        if line.is_drug() && class != Class::Pharmacy {
            sink.tally(Population::DrugLine);
            if line.rx.is_none() {
                sink.emit(Out::Row(Route::DrugWithoutPrescription, key, line_row));
            }
        }
        if is_used_line(Some(class), &line) {
            sink.emit(Out::Row(Route::Use, pair_key(line.institution, line.item), line_row));
        }
        if class == Class::Inpatient {
            sink.tally(Population::NetLineOfStay);
            if bank.keeps.months {
                let (key, cell, amount) = profile::addition_of_line_of_stay(&line);
                sink.emit(Out::Sum(key, cell, amount));
            }
            if outside_stay::is_outside(&line, visit) {
                sink.emit(Out::Row(Route::OffStay, key, line_row));
            }
            if let Some(charge) = bed_only::charge_of(&line)
                && bank.keeps.bed_days
            {
                sink.emit(Out::Packed(Route::BedDay, key, charge));
            }
        }
    }

    // By its item: who has a row for it on this day.
    let Some(watch) = bank.watch(reads.watches, line.item) else { return };
    let day = day_of(line.time);
    let holds = |rows: &[Validity]| rows.iter().any(|validity| validity.holds(day));
    if holds(&watch.person) {
        sink.emit(Out::Row(Route::OfPerson, u64::from(line.psn_no), line_row));
    }
    if holds(&watch.institution) {
        sink.emit(Out::Row(Route::OfInstitution, u64::from(line.institution), line_row));
    }
    if holds(&watch.visit) {
        sink.emit(Out::Row(Route::OfVisit, key, line_row));
    }
    if watch.cycle {
        sink.emit(Out::Row(Route::Cycle, pair_key(line.psn_no, line.item), line_row));
    }
    if watch.indication {
        let visit = visit.as_ref().map(|(row, visit)| (*row, visit));
        let indication = bank.rules_of(reads.indication);
        listed_line::judge::<Indication>(arena, bank, indication, (line_row, &line), visit, sink);
    }
}

/// Sends a net sale to everybody who has to look at it; what the sale itself decides is decided here.
fn sort_sale(
    arena: &Arena,
    bank: &CompiledBank,
    reads: SortReads,
    sale_row: RowRef,
    visit_row: Option<RowRef>,
    sink: &mut Sink,
) {
    let sale: Dispensing = row::dispensing(arena, sale_row);
    let of_sale = (sale_row, &sale);
    let rules = bank.rules_of(reads.expired_sale);
    one_record::judge::<ExpiredSale>(arena, bank, rules, of_sale, &(), sink);
    if sale.rx.is_none() && sale.needs_rx {
        sink.emit(Out::Row(Route::SaleUncovered, u64::from(sale.institution), sale_row));
    }
    let rules = bank.rules_of(reads.trace_code_missing);
    if trace_code_missing::is_counted(arena, rules, &sale) {
        sink.tally(Population::PackSale);
        one_record::judge::<TraceCodeMissing>(arena, bank, rules, of_sale, &(), sink);
    }
    if !sale.insured {
        return;
    }
    let class_of = |visit_row: RowRef| {
        let visit = row::visit(arena, visit_row);
        bank.classes_of(reads.classes).class(visit.med_type, day_of(visit.begin))
    };
    if is_used_sale(visit_row.map(class_of), &sale) {
        sink.emit(Out::Row(Route::Use, pair_key(sale.institution, sale.item), sale_row));
    }
    if sale.psn_no.is_some() && bank.watch(reads.watches, sale.item).is_some_and(|watch| watch.resale) {
        sink.emit(Out::Row(Route::Resale, pair_key(sale.psn_no, sale.item), sale_row));
    }
}

/// Lines by item.
fn by_item(arena: &Arena, lines: &[(RowRef, Diff)]) -> BTreeMap<TextRef, Vec<(RowRef, FeeLine)>> {
    let mut items: BTreeMap<TextRef, Vec<(RowRef, FeeLine)>> = BTreeMap::new();
    for (line_row, _) in lines {
        let line = row::fee_line(arena, *line_row);
        items.entry(line.item).or_default().push((*line_row, line));
    }
    items
}

/// Rules of items in tables, by what they have to see besides the line.
pub(super) fn tables<'s>(wiring: &Wiring<'s>, sorted: Sorted<'s>) {
    // The person.
    let of_person = sorted.of_person.arrange_shared("tables: lines by person");
    let mut reads = Reads::default();
    let age_limit = reads.rules(part::age_limit());
    let sex_limit = reads.rules(part::sex_limit());
    let found = wiring.each(
        "age_limit, sex_limit",
        &of_person,
        &[wiring.fact(Fact::Person)],
        reads,
        move |arena, bank, _, row, persons, sink| {
            let line = row::fee_line(arena, *row);
            let person = one(&persons[0]).map(|row| (row, row::person(arena, row)));
            let (line, person) = ((*row, &line), person.as_ref().map(|(row, person)| (*row, person)));
            listed_line::judge::<AgeLimit>(arena, bank, bank.rules_of(age_limit), line, person, sink);
            listed_line::judge::<SexLimit>(arena, bank, bank.rules_of(sex_limit), line, person, sink);
        },
    );
    wiring.collect_findings(&found);

    // The institution.
    let of_institution = sorted.of_institution.arrange_shared("tables: lines by institution");
    let mut reads = Reads::default();
    let level_limit = reads.rules(part::level_limit());
    let price_cap = reads.rules(part::price_cap());
    let found = wiring.each(
        "level_limit, price_cap",
        &of_institution,
        &[wiring.fact(Fact::Institution)],
        reads,
        move |arena, bank, _, row, institutions, sink| {
            let line = row::fee_line(arena, *row);
            let institution = one(&institutions[0]).map(|row| (row, row::institution(arena, row)));
            let institution = institution.as_ref().map(|(row, institution)| (*row, institution));
            let (level_limit, price_cap) = (bank.rules_of(level_limit), bank.rules_of(price_cap));
            listed_line::judge::<LevelLimit>(arena, bank, level_limit, (*row, &line), institution, sink);
            listed_line::judge::<PriceCap>(arena, bank, price_cap, (*row, &line), institution, sink);
        },
    );
    wiring.collect_findings(&found);
    of_visits(wiring, sorted.of_visit);

    // The stay whose days the line lies outside of.
    let off_stay = sorted.off_stay.arrange_shared("outside_stay: lines by visit");
    let mut reads = Reads::default();
    let rules = reads.rules(part::outside_stay());
    let found = wiring.each(
        "outside_stay",
        &off_stay,
        &[wiring.fact(Fact::Visit)],
        reads,
        move |arena, bank, _, row, visits, sink| {
            if let Some(visit) = one(&visits[0]) {
                let (line, stay) = (row::fee_line(arena, *row), row::visit(arena, visit));
                let rules = bank.rules_of(rules);
                one_record::judge::<OutsideStay>(arena, bank, rules, (*row, &line), &(visit, stay), sink);
            }
        },
    );
    wiring.collect_findings(&found);

    // The same person's lines, and sales, of the same item.
    let cycled = sorted.cycled.arrange_shared("cycle_gap: lines");
    let mut reads = Reads::default();
    let rules = reads.rules(part::cycle_gap());
    let found = wiring.whole("cycle_gap", &[&cycled], NONE, reads, move |arena, bank, _, state, sink| {
        cycle_gap::judge(arena, bank, bank.rules_of(rules), &state.rows(0), sink);
    });
    wiring.collect_findings(&found);
    let resold = sorted.resold.arrange_shared("resale: sales");
    let mut reads = Reads::default();
    let rules = reads.rules(part::resale());
    let found = wiring.whole("resale", &[&resold], NONE, reads, move |arena, bank, _, state, sink| {
        resale::judge(arena, bank, bank.rules_of(rules), &state.rows(0), sink);
    });
    wiring.collect_findings(&found);
}

/// Rules of items that look at the other lines of the visit.
fn of_visits<'s>(wiring: &Wiring<'s>, of_visit: RowCollection<'s>) {
    let of_visit = of_visit.arrange_shared("tables: lines by visit");
    let mut reads = Reads::default();
    let pair_conflict = reads.rules(part::pair_conflict());
    let quantity_limit = reads.rules(part::quantity_limit());
    let course_limit = reads.rules(part::course_limit());
    let hour_item = reads.rules(part::hour_item());
    let arena = wiring.arena();
    let classes = reads.classes(move |old, new| Concern::keys(1, reclassed(&arena, old, new)));
    let found = wiring.whole(
        "pair_conflict, quantity_limit, course_limit, hour_item",
        &[&of_visit, wiring.fact(Fact::Visit)],
        NONE,
        reads,
        move |arena, bank, _, state, sink| {
            let lines = state.rows(0);
            if lines.is_empty() {
                return;
            }
            let (lines, visit) = (by_item(arena, &lines), one(&state.rows(1)));
            pair_conflict::judge(arena, bank, bank.rules_of(pair_conflict), &lines, visit, sink);
            let visit = visit.map(|row| (row, row::visit(arena, row)));
            let visit = visit.as_ref().map(|(row, visit)| (*row, visit));
            let classes = bank.classes_of(classes);
            let rules = (bank.rules_of(quantity_limit), classes);
            item_cap::judge::<QuantityLimit>(arena, bank, rules, &lines, visit, sink);
            let rules = (bank.rules_of(course_limit), classes);
            item_cap::judge::<CourseLimit>(arena, bank, rules, &lines, visit, sink);
            let rules = (bank.rules_of(hour_item), classes);
            item_cap::judge::<HourItem>(arena, bank, rules, &lines, visit, sink);
        },
    );
    wiring.collect_findings(&found);
}

/// Lines that do not add up, and reversals of nothing.
pub(super) fn arithmetic(wiring: &Wiring<'_>) {
    let mut reads = Reads::default();
    let rules = reads.rules(part::line_arithmetic());
    let found = wiring.each(
        "line_arithmetic",
        wiring.fact(Fact::DoubtfulLine),
        &[wiring.fact(Fact::NettedLine)],
        reads,
        move |arena, bank, _, row, netted, sink| {
            let has_reversals = one(&netted[0]).is_some();
            let (line, rules) = (SentLine(row::fee_line(arena, *row)), bank.rules_of(rules));
            one_record::judge::<LineArithmetic>(arena, bank, rules, (*row, &line), &has_reversals, sink);
        },
    );
    wiring.collect_findings(&found);
}
