//! The whole reasoning on one screen: which facts meet where, and who judges them.
//!
//! Facts come in by key ([`Inputs::feed`]); each arrangement is built once and shared. Judges are pure
//! functions of [`crate::detector`] and [`crate::money`]; what they say flows on by [`Route`] or as findings.
//! Findings are priced, laid on records, reconciled visit by visit, and leave as alerts. The graph is fixed:
//! rules, tables and *now* are inputs like the facts.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use differential_dataflow::AsCollection;
use differential_dataflow::VecCollection;
use differential_dataflow::input::{Input as _, InputSession};
use differential_dataflow::operators::Iterate;
use records::Kind;
use records::arena::{Arena, Ref};
use records::row::{self, day_of};
use timely::dataflow::channels::pact::Pipeline;
use timely::dataflow::operators::generic::Operator;
use timely::dataflow::operators::probe::{Handle as ProbeHandle, Probe};
use timely::dataflow::operators::vec::{Input as _, Map as _};
use timely::dataflow::{InputHandleVec, Scope};

use crate::coverage::Count;
use crate::detector::stock_balance::{Block, Stock, block_key};
use crate::detector::{
    absence, age_limit, companions, cycle_gap, enrolment, invoice_twice, no_prescription, over_prescription,
    pair_conflict, person_fact, quantity_limit, resale, stay_overlap, stock_balance, trace_code_twice,
    travel,
};
use crate::due::when_due;
use crate::finding::{Alert, Finding, Laid, Out, Priced, Route};
use crate::judge::{Court, Judged, Sink, each, each_concerned, whole};
use crate::knowledge::{Class, Knowledge, Validity};
use crate::money;
use crate::views::{Diff, Facts, Index, RowIndex, Tick, pair_key, pair_of, visit_key};

type RowInput = InputSession<Tick, (u64, Ref), Diff>;

/// The inputs of one worker.
#[expect(missing_docs, reason = "each field is the facts of its name by the key named")]
pub struct Inputs {
    arena: Arc<Arena>,
    pub institutions: RowInput,
    pub persons: RowInput,
    pub person_facts: RowInput,
    pub enrolments: RowInput,
    /// Key 0, once for every enrolment.
    pub any_enrolment: RowInput,
    pub visits: RowInput,
    /// Live settlements by visit.
    pub settlements: RowInput,
    pub settlements_of_person: RowInput,
    /// Settlements that are not live, by setl_id.
    pub dead_settlements: RowInput,
    /// Live settlements and invoices by bill_code and bill_no.
    pub bills: RowInput,
    /// Net fee lines and net sales by visit.
    pub lines: RowInput,
    /// Row 0, once for every standing line with an rx_id, by visit.
    pub visits_with_rx: RowInput,
    pub lines_of_prescription: RowInput,
    pub prescriptions: RowInput,
    /// Row 0, once for every prescription, by institution.
    pub prescribing: RowInput,
    pub sales_of_code: RowInput,
    /// Purchases, their returns and other movements, by institution, item and block of days.
    pub supply: InputSession<Tick, (u64, Stock), Diff>,
    /// Row 0, once for every purchase, by institution and item.
    pub bought: RowInput,
    pub stock_counts: RowInput,
    /// Passed checks by person.
    pub passes: RowInput,
    /// Row 0, once for every check, by institution.
    pub checking: RowInput,
    /// *Now*, told to every worker.
    pub now: InputHandleVec<Tick, i64>,
    /// Versions of the bank, told to every worker.
    pub bank: InputHandleVec<Tick, Arc<Knowledge>>,
}

macro_rules! for_all_inputs {
    ($inputs:expr, $input:ident => $do:expr) => {{
        let inputs = $inputs;
        for $input in [
            &mut inputs.institutions,
            &mut inputs.persons,
            &mut inputs.person_facts,
            &mut inputs.enrolments,
            &mut inputs.any_enrolment,
            &mut inputs.visits,
            &mut inputs.settlements,
            &mut inputs.settlements_of_person,
            &mut inputs.dead_settlements,
            &mut inputs.bills,
            &mut inputs.lines,
            &mut inputs.visits_with_rx,
            &mut inputs.lines_of_prescription,
            &mut inputs.prescriptions,
            &mut inputs.prescribing,
            &mut inputs.sales_of_code,
            &mut inputs.bought,
            &mut inputs.stock_counts,
            &mut inputs.passes,
            &mut inputs.checking,
        ] {
            $do;
        }
        let $input = &mut inputs.supply;
        $do;
    }};
}

impl Inputs {
    /// One fact lost (`diff` -1) or gained (+1): it goes under every key by which somebody looks for it.
    pub fn feed(&mut self, fact: Ref, diff: Diff) {
        let arena = Arc::clone(&self.arena);
        let put = |input: &mut RowInput, key: u64, row: Ref| input.update((key, row), diff);
        match row::kind(&arena, fact) {
            Kind::Institution => put(&mut self.institutions, u64::from(row::key(&arena, fact).0), fact),
            Kind::Person => put(&mut self.persons, u64::from(row::key(&arena, fact).0), fact),
            Kind::PersonFact => {
                put(&mut self.person_facts, u64::from(row::person_fact(&arena, fact).psn_no), fact);
            }
            Kind::Enrolment => {
                put(&mut self.enrolments, u64::from(row::enrolment(&arena, fact).psn_no), fact);
                put(&mut self.any_enrolment, 0, 0);
            }
            Kind::Visit => put(&mut self.visits, u64::from(row::key(&arena, fact).0), fact),
            Kind::Settlement => {
                let settlement = row::settlement(&arena, fact);
                if !settlement.live {
                    put(&mut self.dead_settlements, u64::from(settlement.id), fact);
                    return;
                }
                put(&mut self.settlements, u64::from(settlement.visit), fact);
                put(&mut self.settlements_of_person, u64::from(settlement.psn_no), fact);
                if settlement.bill_code != 0 && settlement.bill_no != 0 {
                    put(&mut self.bills, pair_key(settlement.bill_code, settlement.bill_no), fact);
                }
            }
            Kind::FeeLine => {
                let line = row::fee_line_place(&arena, fact);
                if line.rx != 0 {
                    put(&mut self.visits_with_rx, u64::from(line.visit), 0);
                }
                if line.is_net {
                    put(&mut self.lines, u64::from(line.visit), fact);
                    if line.rx != 0 {
                        put(&mut self.lines_of_prescription, u64::from(line.rx), fact);
                    }
                }
            }
            Kind::Prescription => {
                let prescription = row::prescription(&arena, fact);
                put(&mut self.prescriptions, u64::from(prescription.id), fact);
                put(&mut self.prescribing, u64::from(prescription.institution), 0);
            }
            Kind::Dispensing => {
                let sale = row::dispensing(&arena, fact);
                if sale.cnt <= 0 {
                    return;
                }
                put(&mut self.lines, visit_key(sale.visit, sale.id), fact);
                if sale.insured && !sale.split {
                    let mut codes = sale.codes;
                    codes.sort_unstable();
                    codes.dedup();
                    for code in codes {
                        put(&mut self.sales_of_code, u64::from(code), fact);
                    }
                }
            }
            Kind::Purchase => {
                let purchase = row::purchase(&arena, fact);
                let pair = pair_key(purchase.institution, purchase.item);
                let day = day_of(purchase.time);
                if !purchase.is_return {
                    put(&mut self.bought, pair, 0);
                }
                let stock = if purchase.is_return { Stock::Out(pair, day) } else { Stock::In(pair, day) };
                self.supply.update((block_key(pair, day), stock), diff * purchase.cnt);
            }
            Kind::StockChange => {
                let change = row::stock_change(&arena, fact);
                let pair = pair_key(change.institution, change.item);
                let day = day_of(change.time);
                let stock = if change.cnt > 0 { Stock::In(pair, day) } else { Stock::Out(pair, day) };
                self.supply.update((block_key(pair, day), stock), diff * change.cnt.abs());
            }
            Kind::StockCount => {
                let count = row::stock_count(&arena, fact);
                put(&mut self.stock_counts, pair_key(count.institution, count.item), fact);
            }
            Kind::Presence => {
                let presence = row::presence(&arena, fact);
                put(&mut self.checking, u64::from(presence.institution), 0);
                if presence.pass {
                    put(&mut self.passes, u64::from(presence.psn_no), fact);
                }
            }
            Kind::Invoice => {
                let (code, no) = row::key(&arena, fact);
                put(&mut self.bills, pair_key(code, no), fact);
            }
            Kind::Practitioner | Kind::Label => {}
        }
    }

    /// Closes every tick before `tick`.
    pub fn advance_to(&mut self, tick: Tick) {
        for_all_inputs!(&mut *self, input => {
            input.advance_to(tick);
            input.flush();
        });
        self.now.advance_to(tick);
        self.now.flush();
        self.bank.advance_to(tick);
        self.bank.flush();
    }
}

/// What one worker gives: alerts and counts as they change.
#[derive(Clone, Default)]
pub struct Outputs {
    /// Alerts withdrawn (-1) and stated (+1).
    pub alerts: Rc<RefCell<Vec<(Alert, Tick, Diff)>>>,
    /// Changes of the coverage.
    pub counts: Rc<RefCell<Vec<(Count, Tick, Diff)>>>,
}

fn never(_: &Knowledge, _: &Knowledge) -> bool {
    false
}

/// The row that stands under a key with at most one.
fn one(rows: &[(Ref, Diff)]) -> Option<Ref> {
    rows.iter().find(|(_, count)| *count > 0).map(|(row, _)| *row)
}

/// Findings and counts of many judges, joined.
#[derive(Default)]
struct Hall<'s> {
    findings: Vec<VecCollection<'s, Tick, Finding, Diff>>,
    counted: Vec<Facts<'s, Count>>,
}

impl<'s> Hall<'s> {
    /// Keeps what a judge counted; hands back what it said.
    fn hear(&mut self, judged: Judged<'s>) -> Facts<'s, Out> {
        self.counted.push(judged.counted);
        judged.said
    }

    /// Keeps what a judge counted and found.
    fn find(&mut self, judged: Judged<'s>) -> Facts<'s, Out> {
        let said = self.hear(judged);
        self.findings.push(findings_of(&said));
        said
    }
}

/// The rows that were said to belong to a route, by their key.
fn route<'s>(said: &Facts<'s, Out>, name: &str, route: Route) -> RowIndex<'s> {
    rows_of(said, route).arrange_by_key_named(name)
}

fn rows_of<'s>(said: &Facts<'s, Out>, route: Route) -> VecCollection<'s, Tick, (u64, Ref), Diff> {
    said.clone().flat_map(move |out| match out {
        Out::Row(to, key, row) if to == route => Some((key, row)),
        _ => None,
    })
}

/// Keys that have at least one row, as rows 0 of route [`Route::Has`].
fn has<'s>(court: &Court<'s>, name: &'static str, index: &RowIndex<'s>) -> Judged<'s> {
    whole(court, name, &[index], NONE, never, |_, key, state, sink| {
        if state.rows(0).iter().any(|(_, count)| *count > 0) {
            sink.say(Out::Row(Route::Has, key, 0));
        }
    })
}

/// No arrangements of a second type.
const NONE: &[&Index<'static, Ref>] = &[];

/// Builds the dataflow of one worker.
///
/// `first_bank` is the bank before the first tick; later versions come through [`Inputs::bank`].
pub fn mount<'s>(
    scope: Scope<'s, Tick>,
    arena: &Arc<Arena>,
    first_bank: &Arc<Knowledge>,
    probe: &ProbeHandle<Tick>,
) -> (Inputs, Outputs) {
    let (bank_input, bank) = scope.new_input::<Arc<Knowledge>>();
    let (now_input, now) = scope.new_input::<i64>();
    let court = Court { scope, bank, first_bank: Arc::clone(first_bank) };
    macro_rules! input {
        ($name:literal) => {{
            let (input, collection) = scope.new_collection::<_, Diff>();
            (input, collection.arrange_by_key_named($name))
        }};
    }
    let (institutions_in, institutions): (RowInput, _) = input!("facts: institutions");
    let (persons_in, persons): (RowInput, _) = input!("facts: persons");
    let (person_facts_in, person_facts): (RowInput, _) = input!("facts: person facts by person");
    let (enrolments_in, enrolments): (RowInput, _) = input!("facts: enrolments by person");
    let (any_enrolment_in, any_enrolment): (RowInput, _) = input!("facts: any enrolment");
    let (visits_in, visits): (RowInput, _) = input!("facts: visits");
    let (settlements_in, settlements): (RowInput, _) = input!("facts: settlements by visit");
    let (settlements_of_person_in, settlements_of_person): (RowInput, _) =
        input!("facts: settlements by person");
    let (dead_settlements_in, dead_settlements): (RowInput, _) = input!("facts: dead settlements");
    let (bills_in, bills): (RowInput, _) = input!("facts: bills");
    let (lines_in, lines): (RowInput, _) = input!("facts: lines by visit");
    let (visits_with_rx_in, visits_with_rx): (RowInput, _) = input!("facts: visits with rx");
    let (lines_of_prescription_in, lines_of_prescription): (RowInput, _) =
        input!("facts: lines by prescription");
    let (prescriptions_in, prescriptions): (RowInput, _) = input!("facts: prescriptions");
    let (prescribing_in, prescribing): (RowInput, _) = input!("facts: prescribing institutions");
    let (sales_of_code_in, sales_of_code): (RowInput, _) = input!("facts: sales by trace code");
    let (passes_in, passes): (RowInput, _) = input!("facts: passes by person");
    let (checking_in, checking): (RowInput, _) = input!("facts: checking institutions");
    let (bought_in, bought): (RowInput, _) = input!("facts: bought items");
    let (stock_counts_in, stock_counts): (RowInput, _) = input!("facts: stock counts");
    let (supply_in, supply) = scope.new_collection::<(u64, Stock), Diff>();

    let mut hall = Hall::default();

    // Visits by class and person.
    let classed = {
        let arena = Arc::clone(arena);
        let differ = |a: &Knowledge, b: &Knowledge| !a.same_classes(b);
        hall.hear(each(
            &court,
            "lines: class of visit",
            &visits,
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

    // Every line and sale once, with its visit: where does it have to be looked at?
    let sorted = {
        let arena = Arc::clone(arena);
        let differ = |a: &Knowledge, b: &Knowledge| !a.sorts_alike(b);
        let reader = Arc::clone(&arena);
        let concerned = move |old: &Knowledge, new: &Knowledge, row: &Ref| {
            let item = row::item(&reader, *row);
            !old.sorts_alike_but_for_items(new) || old.watched(item) != new.watched(item)
        };
        hall.hear(each_concerned(
            &court,
            "lines: sort",
            &lines,
            &[&visits],
            differ,
            concerned,
            move |bank, key, row, visits, sink| sort_line(&arena, bank, key, *row, one(&visits[0]), sink),
        ))
    };

    // Outside facts.
    {
        let arena = Arc::clone(arena);
        let differ = |a: &Knowledge, b: &Knowledge| a.detectors.person_fact != b.detectors.person_fact;
        hall.find(each(
            &court,
            "person_fact",
            &visits_of_person,
            &[&person_facts],
            differ,
            move |bank, _, row, facts, sink| person_fact::judge(&arena, bank, *row, &facts[0], sink),
        ));
    }

    // Stays of a person.
    let overlaps = {
        let arena = Arc::clone(arena);
        let differ = |a: &Knowledge, b: &Knowledge| a.detectors.stay_overlap != b.detectors.stay_overlap;
        whole(&court, "stay_overlap", &[&stays], NONE, differ, move |bank, _, state, sink| {
            stay_overlap::judge(&arena, bank, &state.rows(0), sink);
        })
    };
    let overlaps = when_due(hall.hear(overlaps), now.clone());
    hall.findings.push(findings_of(&overlaps));

    // Presence: journeys and absences.
    {
        let reader = Arc::clone(arena);
        let journeys = hall.hear(whole(
            &court,
            "travel: journeys",
            &[&passes],
            NONE,
            never,
            move |_, _, state, sink| {
                travel::journeys(&reader, &state.rows(0), sink);
            },
        ));
        let ends = rows_of(&journeys, Route::Journey).flat_map({
            let arena = Arc::clone(arena);
            move |(journey, _)| {
                let (a, b) = pair_of(journey);
                [a, b].map(|end| (u64::from(row::presence(&arena, end).institution), journey))
            }
        });
        let ends: Index<'s, u64> = ends.arrange_by_key_named("travel: journeys by institution");
        let places = hall.hear(each(
            &court,
            "travel: places",
            &ends,
            &[&institutions],
            never,
            |_, _, journey, institutions, sink| {
                if let Some(institution) = one(&institutions[0]) {
                    sink.say(Out::Row(Route::JourneyPlace, *journey, institution));
                }
            },
        ));
        let journeys = route(&journeys, "travel: by journey", Route::Journey);
        let places = route(&places, "travel: places of journeys", Route::JourneyPlace);
        let reader = Arc::clone(arena);
        let differ = |a: &Knowledge, b: &Knowledge| a.detectors.travel != b.detectors.travel;
        hall.find(each(
            &court,
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
        let differ = |a: &Knowledge, b: &Knowledge| a.detectors.absence != b.detectors.absence;
        let absent =
            each(&court, "absence", &stays, &[&passes], differ, move |bank, _, row, passes, sink| {
                absence::judge(&reader, bank, *row, &passes[0], sink);
            });
        let absent = when_due(hall.hear(absent), now);
        let absent = concluding(&absent, "absence: by institution", Route::Absent);
        let checks = hall.hear(has(&court, "absence: checking", &checking));
        let checks = route(&checks, "absence: institutions that check", Route::Has);
        let reader = Arc::clone(arena);
        hall.find(each(
            &court,
            "absence: conclude",
            &absent,
            &[&checks],
            never,
            move |bank, _, &case, has, sink| {
                let (rule, row) = pair_of(case);
                let key = pair_key(rule, row::visit(&reader, row).institution);
                absence::conclude(&reader, bank, key, row, one(&has[0]).is_some(), sink);
            },
        ));
    }

    // Companions: cells, co-stays, edges, groups.
    {
        let reader = Arc::clone(arena);
        let differ = |a: &Knowledge, b: &Knowledge| a.detectors.companions != b.detectors.companions;
        let placed = hall.hear(whole(
            &court,
            "companions: place",
            &[&stays],
            NONE,
            differ,
            move |bank, _, state, sink| companions::place(&reader, bank, &state.rows(0), sink),
        ));
        let base = route(&placed, "companions: by cell", Route::Companion);
        let probes = route(&placed, "companions: looking", Route::CompanionProbe);
        let few = route(&placed, "companions: few by cell", Route::CompanionFew);
        let twins = route(&placed, "companions: twins looking", Route::CompanionTwin);
        let reader = Arc::clone(arena);
        let met = hall.hear(each(
            &court,
            "companions: meet",
            &probes,
            &[&base],
            never,
            move |_, _, row, o, sink| {
                companions::meet(&reader, *row, &o[0], sink);
            },
        ));
        let reader = Arc::clone(arena);
        let met_few =
            hall.hear(each(&court, "companions: few", &twins, &[&few], never, move |_, _, row, o, sink| {
                companions::meet_few(&reader, *row, &o[0], sink);
            }));
        let co_stays: RowIndex<'s> = rows_of(&met, Route::CoStay)
            .concat(rows_of(&met_few, Route::CoStay))
            .arrange_by_key_named("companions: co-stays");
        let reader = Arc::clone(arena);
        let joined = hall.hear(whole(
            &court,
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
        let groups: RowIndex<'s> = rows_of(&joined, Route::EdgeStay)
            .join_map(roots, |_node, stay, root| (*root, *stay))
            .arrange_by_key_named("companions: stays by group");
        let reader = Arc::clone(arena);
        hall.find(whole(&court, "companions", &[&groups], NONE, differ, move |bank, key, state, sink| {
            companions::judge(&reader, bank, key, &state.rows(0), sink);
        }));
    }

    // Enrolment, and whether anybody is enrolled at all.
    {
        let reader = Arc::clone(arena);
        let differ = |a: &Knowledge, b: &Knowledge| a.detectors.enrolment != b.detectors.enrolment;
        let uncovered = hall.hear(each(
            &court,
            "enrolment",
            &settlements_of_person,
            &[&enrolments],
            differ,
            move |bank, _, row, enrolments, sink| enrolment::judge(&reader, bank, *row, &enrolments[0], sink),
        ));
        let uncovered = concluding(&uncovered, "enrolment: uncovered", Route::Uncovered);
        let anyone =
            hall.hear(whole(&court, "enrolment: anyone", &[&any_enrolment], NONE, never, |_, _, s, sink| {
                if s.rows(0).iter().any(|(_, count)| *count > 0) {
                    for shard in 0..enrolment::SHARDS {
                        sink.say(Out::Row(Route::Has, shard, 0));
                    }
                }
            }));
        let anyone = route(&anyone, "enrolment: anyone enrolled", Route::Has);
        let reader = Arc::clone(arena);
        hall.find(each(
            &court,
            "enrolment: conclude",
            &uncovered,
            &[&anyone],
            never,
            move |bank, _, &case, has, sink| {
                let (rule, row) = pair_of(case);
                let key = u64::from(rule) << 32;
                enrolment::conclude(&reader, bank, key, row, one(&has[0]).is_some(), sink);
            },
        ));
    }

    // Invoices.
    {
        let reader = Arc::clone(arena);
        let differ = |a: &Knowledge, b: &Knowledge| a.detectors.invoice_twice != b.detectors.invoice_twice;
        hall.find(whole(&court, "invoice_twice", &[&bills], NONE, differ, move |bank, key, state, sink| {
            invoice_twice::judge(&reader, bank, key, &state.rows(0), sink);
        }));
    }

    // Prescriptions: what they do not cover, and what goes beyond them.
    {
        let reader = Arc::clone(arena);
        let differ =
            |a: &Knowledge, b: &Knowledge| a.detectors.over_prescription != b.detectors.over_prescription;
        let prescribed = hall.find(whole(
            &court,
            "over_prescription",
            &[&prescriptions, &lines_of_prescription],
            NONE,
            differ,
            move |bank, _, state, sink| {
                let lines = over_prescription::net_lines(&reader, &state.rows(1));
                let rx = one(&state.rows(0)).map(|row| (row, row::prescription(&reader, row)));
                for (row, line) in &lines {
                    if line.is_drug() && !no_prescription::covers(rx.as_ref().map(|(_, rx)| rx), line) {
                        sink.say(Out::Row(Route::DrugBadPrescription, u64::from(line.visit), *row));
                    }
                }
                if let Some((row, rx)) = &rx {
                    over_prescription::judge(&reader, bank, (*row, rx), &lines, sink);
                }
            },
        ));
        let suspicious: RowIndex<'s> = rows_of(&sorted, Route::DrugWithoutPrescription)
            .concat(rows_of(&prescribed, Route::DrugBadPrescription))
            .arrange_by_key_named("no_prescription: by visit");
        let reader = Arc::clone(arena);
        let differ = |a: &Knowledge, b: &Knowledge| {
            !a.same_classes(b) || a.detectors.no_prescription != b.detectors.no_prescription
        };
        let suspicious = hall.hear(each(
            &court,
            "no_prescription",
            &suspicious,
            &[&visits, &visits_with_rx],
            differ,
            move |bank, _, row, contexts, sink| {
                let sent = one(&contexts[1]).is_some();
                no_prescription::judge(&reader, bank, *row, one(&contexts[0]), sent, sink);
            },
        ));
        let suspicious = concluding(&suspicious, "no_prescription: by institution", Route::DrugSuspicious);
        let sends = hall.hear(has(&court, "no_prescription: prescribing", &prescribing));
        let sends = route(&sends, "no_prescription: institutions that prescribe", Route::Has);
        let reader = Arc::clone(arena);
        hall.find(each(
            &court,
            "no_prescription: conclude",
            &suspicious,
            &[&sends],
            never,
            move |bank, _, &case, has, sink| {
                let (rule, row) = pair_of(case);
                let key = pair_key(rule, row::fee_line(&reader, row).institution);
                no_prescription::conclude(&reader, bank, key, row, one(&has[0]).is_some(), sink);
            },
        ));
    }

    // Lines of items in tables.
    {
        let reader = Arc::clone(arena);
        let aged = route(&sorted, "age_limit: lines", Route::Age);
        let differ = |a: &Knowledge, b: &Knowledge| a.detectors.age_limit != b.detectors.age_limit;
        hall.find(each(
            &court,
            "age_limit",
            &aged,
            &[&persons],
            differ,
            move |bank, _, row, persons, sink| {
                age_limit::judge(&reader, bank, *row, one(&persons[0]), sink);
            },
        ));
        let reader = Arc::clone(arena);
        let paired = route(&sorted, "pair_conflict: lines", Route::Pair);
        let differ = |a: &Knowledge, b: &Knowledge| a.detectors.pair_conflict != b.detectors.pair_conflict;
        hall.find(whole(
            &court,
            "pair_conflict",
            &[&paired, &visits],
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
        let limited = route(&sorted, "quantity_limit: lines", Route::Quantity);
        let differ = |a: &Knowledge, b: &Knowledge| a.detectors.quantity_limit != b.detectors.quantity_limit;
        hall.find(whole(
            &court,
            "quantity_limit",
            &[&limited, &visits],
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
        let cycled = route(&sorted, "cycle_gap: lines", Route::Cycle);
        let differ = |a: &Knowledge, b: &Knowledge| a.detectors.cycle_gap != b.detectors.cycle_gap;
        hall.find(whole(&court, "cycle_gap", &[&cycled], NONE, differ, move |bank, _, state, sink| {
            cycle_gap::judge(&reader, bank, &state.rows(0), sink);
        }));
        let reader = Arc::clone(arena);
        let resold = route(&sorted, "resale: sales", Route::Resale);
        let differ = |a: &Knowledge, b: &Knowledge| a.detectors.resale != b.detectors.resale;
        hall.find(whole(&court, "resale", &[&resold], NONE, differ, move |bank, _, state, sink| {
            resale::judge(&reader, bank, &state.rows(0), sink);
        }));
    }

    // Trace codes.
    {
        let reader = Arc::clone(arena);
        let differ =
            |a: &Knowledge, b: &Knowledge| a.detectors.trace_code_twice != b.detectors.trace_code_twice;
        hall.find(whole(
            &court,
            "trace_code_twice",
            &[&sales_of_code],
            NONE,
            differ,
            move |bank, key, state, sink| {
                trace_code_twice::judge(&reader, bank, key, &state.rows(0), sink);
            },
        ));
    }

    // Stock: uses summed by day in the difference, days by blocks, judged, then laid on the uses themselves.
    {
        let reader = Arc::clone(arena);
        let differ = |a: &Knowledge, b: &Knowledge| a.detectors.stock_balance != b.detectors.stock_balance;
        let openings = hall.hear(whole(&court, "stock_balance: opening", &[&stock_counts], NONE, never, {
            let reader = Arc::clone(arena);
            move |_, pair, state, sink| {
                if let Some(count) = stock_balance::opening(&reader, &state.rows(0)) {
                    sink.say(Out::Row(Route::Opening, pair, count));
                }
            }
        }));
        let opened = rows_of(&openings, Route::Opening).map({
            let reader = Arc::clone(arena);
            move |(pair, count)| {
                let day = row::stock_count(&reader, count).day;
                (block_key(pair, day), Stock::Opened(pair, day))
            }
        });
        let openings = route(&openings, "stock_balance: openings", Route::Opening);
        let uses = rows_of(&sorted, Route::Use);
        let used = uses.clone().inner.flat_map(move |((pair, row), tick, diff)| {
            let (day, price, quantity) = use_of(&reader, row);
            Some(((block_key(pair, day), Stock::Used(pair, day, price)), tick, diff * quantity))
        });
        let stock: Index<'s, Stock> = used
            .as_collection()
            .concat(supply)
            .concat(opened)
            .arrange_by_key_named("stock_balance: by block of days");
        let blocks =
            whole(&court, "stock_balance: blocks", &[&stock], NONE, differ, |bank, _, state, sink| {
                stock_balance::sum_block(bank, &state.rows(0), sink);
            });
        let blocks: Index<'s, Block> = hall
            .hear(blocks)
            .flat_map(|out| match out {
                Out::Block(pair, block) => Some((pair, *block)),
                _ => None,
            })
            .arrange_by_key_named("stock_balance: blocks by item");
        let reader = Arc::clone(arena);
        let excess = whole(
            &court,
            "stock_balance",
            &[&openings, &bought],
            &[&blocks],
            differ,
            move |bank, pair, state, sink| {
                let opening = one(&state.rows(0));
                let bought = one(&state.rows(1)).is_some();
                stock_balance::judge(&reader, bank, pair, opening, bought, &state.more(0), sink);
            },
        );
        let excess: Index<'s, Finding> = findings_of(&hall.hear(excess))
            .map(|finding| (u64::from(finding.institution), finding))
            .arrange_by_key_named("stock_balance: excesses by institution");
        let known = each(
            &court,
            "stock_balance: institution",
            &excess,
            &[&institutions],
            never,
            |_, _, f, i, sink| {
                stock_balance::with_institution(f, one(&i[0]), sink);
            },
        );
        let known = hall.hear(known);
        let uses: RowIndex<'s> = uses.arrange_by_key_named("stock_balance: uses by item");
        let excess: Index<'s, Finding> = findings_of(&known)
            .map(|finding| (stock_key(&finding), finding))
            .arrange_by_key_named("stock_balance: excesses by item");
        let reader = Arc::clone(arena);
        hall.find(whole(
            &court,
            "stock_balance: uses",
            &[&uses],
            &[&excess],
            never,
            move |_, _, state, sink| {
                let excess = state.more(0);
                if !excess.is_empty() {
                    let uses = state.rows(0);
                    for (finding, _) in &excess {
                        stock_balance::with_uses(&reader, finding, &uses, sink);
                    }
                }
            },
        ));
    }

    let alerts = reconcile(&court, arena, &mut hall, &settlements, &dead_settlements, &lines);

    let outputs = Outputs::default();
    let kept = Rc::clone(&outputs.alerts);
    alerts.inner.clone().sink(Pipeline, "alerts out", move |(input, _)| {
        input.for_each(|_, updates| kept.borrow_mut().append(updates));
    });
    let mut counted = hall.counted.into_iter();
    let counts = counted.next().expect("there is at least one judge").concatenate(counted);
    let kept = Rc::clone(&outputs.counts);
    counts.inner.clone().sink(Pipeline, "counts out", move |(input, _)| {
        input.for_each(|_, updates| kept.borrow_mut().append(updates));
    });
    alerts.inner.probe_with(probe);
    counts.inner.probe_with(probe);
    let inputs = Inputs {
        arena: Arc::clone(arena),
        institutions: institutions_in,
        persons: persons_in,
        person_facts: person_facts_in,
        enrolments: enrolments_in,
        any_enrolment: any_enrolment_in,
        visits: visits_in,
        settlements: settlements_in,
        settlements_of_person: settlements_of_person_in,
        dead_settlements: dead_settlements_in,
        bills: bills_in,
        lines: lines_in,
        visits_with_rx: visits_with_rx_in,
        lines_of_prescription: lines_of_prescription_in,
        prescriptions: prescriptions_in,
        prescribing: prescribing_in,
        sales_of_code: sales_of_code_in,
        supply: supply_in,
        bought: bought_in,
        stock_counts: stock_counts_in,
        passes: passes_in,
        checking: checking_in,
        now: now_input,
        bank: bank_input,
    };
    (inputs, outputs)
}

/// Rows of a route by the low half of their key, with the rule in the value: `key = rule, scope`.
fn concluding<'s>(said: &Facts<'s, Out>, name: &str, route: Route) -> Index<'s, u64> {
    rows_of(said, route)
        .map(|(key, row)| {
            let (rule, scope) = pair_of(key);
            (u64::from(scope), pair_key(rule, row))
        })
        .arrange_by_key_named(name)
}

fn findings_of<'s>(said: &Facts<'s, Out>) -> VecCollection<'s, Tick, Finding, Diff> {
    said.clone().flat_map(|out| match out {
        Out::Finding(finding) => Some(*finding),
        _ => None,
    })
}

fn stock_key(finding: &Finding) -> u64 {
    use crate::finding::Part;
    match finding.key.as_slice() {
        [Part::Text(institution), Part::Text(item)] => pair_key(*institution, *item),
        _ => 0,
    }
}

/// Day, price and quantity of a use.
fn use_of(arena: &Arena, fact: Ref) -> (records::row::Day, Option<i64>, i64) {
    if row::kind(arena, fact) == Kind::FeeLine {
        let line = row::fee_line(arena, fact);
        (day_of(line.time), Some(line.price), line.cnt)
    } else {
        let sale = row::dispensing(arena, fact);
        (day_of(sale.time), sale.price, sale.cnt)
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

/// Findings become alerts: priced, laid, reconciled visit by visit.
fn reconcile<'s>(
    court: &Court<'s>,
    arena: &Arc<Arena>,
    hall: &mut Hall<'s>,
    settlements: &RowIndex<'s>,
    dead_settlements: &RowIndex<'s>,
    lines: &RowIndex<'s>,
) -> VecCollection<'s, Tick, Alert, Diff> {
    let mut findings = std::mem::take(&mut hall.findings).into_iter();
    let findings = findings.next().expect("there is at least one judge").concatenate(findings);

    // What a finding's amount speaks of.
    let funds: Index<'s, u64> = findings
        .clone()
        .flat_map(|finding| {
            let id = finding.id();
            money::visits_needed(&finding).into_iter().map(move |visit| (u64::from(visit), id))
        })
        .arrange_by_key_named("money: findings by visit");
    let funds =
        each(court, "money: fund", &funds, &[settlements], never, |_, _, finding, settlements, sink| {
            for (row, _) in &settlements[0] {
                sink.say(Out::Row(Route::Price, *finding, *row));
            }
        });
    let reader = Arc::clone(arena);
    let deaths: Index<'s, u64> = findings
        .clone()
        .flat_map(move |finding| {
            let settlement = money::settlement_needed(&reader, &finding)?;
            Some((u64::from(settlement), finding.id()))
        })
        .arrange_by_key_named("money: findings by settlement");
    let deaths =
        each(court, "money: dead", &deaths, &[dead_settlements], never, |_, _, finding, dead, sink| {
            for (row, _) in &dead[0] {
                sink.say(Out::Row(Route::Price, *finding, *row));
            }
        });
    let prices: RowIndex<'s> = rows_of(&funds.said, Route::Price)
        .concat(rows_of(&deaths.said, Route::Price))
        .arrange_by_key_named("money: settlements by finding");
    let findings: Index<'s, Finding> =
        findings.map(|finding| (finding.id(), finding)).arrange_by_key_named("money: findings");
    let reader = Arc::clone(arena);
    let priced = whole(court, "money: price", &[&prices], &[&findings], never, move |_, _, state, sink| {
        let findings = state.more(0);
        if !findings.is_empty() {
            let settlements = state.rows(0);
            for (finding, _) in &findings {
                sink.say(Out::Priced(Box::new(money::price(&reader, finding, &settlements))));
            }
        }
    });
    let priced = priced.said.flat_map(|out| match out {
        Out::Priced(priced) => Some((priced.finding.id(), *priced)),
        _ => None,
    });

    // Laid on records, visit by visit; severity and place of a rule never change while the graph runs.
    let reader = Arc::clone(arena);
    let bank = Arc::clone(&court.first_bank);
    let laid: Index<'s, Laid> = priced
        .clone()
        .flat_map(move |(_, priced)| money::laid(&reader, &bank, &priced))
        .arrange_by_key_named("money: laid by visit");
    let reader = Arc::clone(arena);
    let taken =
        whole(court, "money: reconcile", &[settlements, lines], &[&laid], never, move |_, _, state, sink| {
            let laid: Vec<Laid> = state.more(0).into_iter().map(|(laid, _)| laid).collect();
            if !laid.is_empty() {
                let settlements = state.rows(0);
                money::reconcile(&reader, laid, &settlements, || state.rows(1), sink);
            }
        });
    let taken = taken.said.inner.flat_map(|(out, tick, diff)| match out {
        Out::Taken(finding, fen) => Some(((finding, 0), tick, diff * fen)),
        _ => None,
    });
    let taken: RowIndex<'s> = taken.as_collection().arrange_by_key_named("money: taken");
    let priced: Index<'s, Priced> = priced.arrange_by_key_named("money: priced findings");
    let alerts = whole(court, "money: alert", &[&taken], &[&priced], never, |_, _, state, sink| {
        let priced = state.more(0);
        if !priced.is_empty() {
            let taken = state.rows(0);
            for (priced, _) in &priced {
                sink.say(Out::Alert(Box::new(money::alert(priced, &taken))));
            }
        }
    });
    alerts.said.flat_map(|out| match out {
        Out::Alert(alert) => Some(*alert),
        _ => None,
    })
}
