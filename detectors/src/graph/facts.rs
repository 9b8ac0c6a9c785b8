//! Collection come in by key; each arrangement is built once and shared by all who read it.

use std::rc::Rc;
use std::sync::Arc;

use differential_dataflow::input::{Input as _, InputSession};
use records::Kind;
use records::arena::{Arena, Ref};
use records::row::{self, Moment, day_of};
use timely::dataflow::operators::vec::Input as _;
use timely::dataflow::{InputHandleVec, Scope, StreamVec};

use super::Counts;
use crate::compiled_bank::{CompiledBank, Keeps};
use crate::coverage::{Count, Population};
use crate::detector::bed_count::day_row;
use crate::detector::stock_balance::{Stock, block_key};
use crate::judge::BankStream;
use crate::pre_aggregate::PreAggregate;
use crate::profile::{Price, ProfileOwner, subject_key};
use crate::views::{Collection, Diff, RowArrangement, RowCollection, Tick, pair_key, visit_key};

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
    pub settlements_of_institution: RowInput,
    /// Settlements that are not live, by setl_id.
    pub dead_settlements: RowInput,
    /// Live settlements and invoices by bill_code and bill_no.
    pub bills: RowInput,
    /// Net fee lines and net sales by visit.
    pub lines: RowInput,
    /// Row 0, once for every standing line with an rx_id, by visit.
    pub visits_with_rx: RowInput,
    /// Prescriptions, the net lines and the sales that name them, by rx_id.
    pub by_prescription: RowInput,
    /// Lines as sent that reverse another or do not add up exactly, by visit and the line they reverse or their own
    /// number.
    pub doubtful: RowInput,
    /// Originals that have reversals, by visit and number.
    pub netted: RowInput,
    /// Row 0, once for every prescription, by institution.
    pub prescribing: RowInput,
    /// Insured sales by trace code.
    pub sales_of_code: RowInput,
    /// Purchases and their returns by trace code.
    pub purchases_of_code: RowInput,
    /// Purchases, their returns and other movements, by institution, item and block of days.
    pub supply: InputSession<Tick, (u64, Stock), Diff>,
    /// Row 0, once for every purchase, by institution and item.
    pub bought: RowInput,
    /// Row 0, once for every purchase and return, by institution.
    pub buying: RowInput,
    pub stock_counts: RowInput,
    /// Passed checks by person.
    pub passes: RowInput,
    /// Row 0, once for every check, by institution.
    pub checking: RowInput,
    /// Practitioners by [`subject_key`].
    pub practitioners: RowInput,
    pub practitioners_of_institution: RowInput,
    /// Sums of profiles by [`subject_key`], the amounts as counts.
    pub sums: RowInput,
    /// Quantities and charges by institution, item and month, as counts.
    pub prices: InputSession<Tick, (u64, Price), Diff>,
    /// Where there are rules that ask for months.
    pre_aggregate: Option<PreAggregate>,
    /// Opens at ticks whose profiles take in what gathered.
    pub gate: InputHandleVec<Tick, ()>,
    /// The day of *now*, as a row, under key 0; one worker feeds it.
    pub today: RowInput,
    today_fed: Option<Ref>,
    tallied: [Diff; Population::COUNT],
    counts: Counts,
    /// *Now*, told to every worker.
    pub now: InputHandleVec<Tick, i64>,
    /// Versions of the bank, told to every worker.
    pub bank: InputHandleVec<Tick, Arc<CompiledBank>>,
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
            &mut inputs.settlements_of_institution,
            &mut inputs.dead_settlements,
            &mut inputs.bills,
            &mut inputs.lines,
            &mut inputs.visits_with_rx,
            &mut inputs.by_prescription,
            &mut inputs.doubtful,
            &mut inputs.netted,
            &mut inputs.prescribing,
            &mut inputs.sales_of_code,
            &mut inputs.purchases_of_code,
            &mut inputs.bought,
            &mut inputs.buying,
            &mut inputs.today,
            &mut inputs.stock_counts,
            &mut inputs.passes,
            &mut inputs.checking,
            &mut inputs.practitioners,
            &mut inputs.practitioners_of_institution,
            &mut inputs.sums,
        ] {
            $do;
        }
        let $input = &mut inputs.supply;
        $do;
        let $input = &mut inputs.prices;
        $do;
    }};
}

impl Inputs {
    /// One fact lost (`diff` -1) or gained (+1): it goes under every key by which somebody looks for it.
    pub fn feed(&mut self, fact: Ref, diff: Diff) {
        let arena = Arc::clone(&self.arena);
        if let Some(pre_aggregate) = &mut self.pre_aggregate {
            pre_aggregate.take(&arena, fact, diff);
        }
        let put = |input: &mut RowInput, key: u64, row: Ref| input.update((key, row), diff);
        let mut tally = |population: Population| self.tallied[population as usize] += diff;
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
                tally(Population::LiveSettlement);
                put(&mut self.settlements_of_person, u64::from(settlement.psn_no), fact);
                put(&mut self.settlements_of_institution, u64::from(settlement.institution), fact);
                if settlement.bill_code != 0 && settlement.bill_no != 0 {
                    put(&mut self.bills, pair_key(settlement.bill_code, settlement.bill_no), fact);
                }
            }
            Kind::FeeLine => {
                let line = row::fee_line_place(&arena, fact);
                tally(Population::SentLine);
                if line.rx != 0 {
                    put(&mut self.visits_with_rx, u64::from(line.visit), 0);
                }
                if line.reverses != 0 {
                    put(&mut self.doubtful, pair_key(line.visit, line.reverses), row::as_sent(&arena, fact));
                } else if line.is_doubtful {
                    put(&mut self.doubtful, pair_key(line.visit, line.sn), row::as_sent(&arena, fact));
                }
                if line.is_netted {
                    put(&mut self.netted, pair_key(line.visit, line.sn), 0);
                }
                if line.is_net {
                    tally(Population::NetLine);
                    put(&mut self.lines, u64::from(line.visit), fact);
                    if line.rx != 0 {
                        put(&mut self.by_prescription, u64::from(line.rx), fact);
                    }
                }
            }
            Kind::Prescription => {
                let prescription = row::prescription(&arena, fact);
                put(&mut self.by_prescription, u64::from(prescription.id), fact);
                put(&mut self.prescribing, u64::from(prescription.institution), 0);
                if !prescription.cancelled {
                    tally(Population::Prescription);
                }
            }
            Kind::Dispensing => {
                let sale = row::dispensing(&arena, fact);
                if sale.cnt <= 0 {
                    return;
                }
                tally(Population::Sale);
                put(&mut self.lines, visit_key(sale.visit, sale.id), fact);
                if sale.rx != 0 {
                    put(&mut self.by_prescription, u64::from(sale.rx), fact);
                }
                if sale.insured && !sale.split {
                    tally(Population::PackSale);
                }
                if sale.insured {
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
                put(&mut self.buying, u64::from(purchase.institution), 0);
                let mut codes = purchase.codes;
                codes.sort_unstable();
                codes.dedup();
                for code in codes {
                    put(&mut self.purchases_of_code, u64::from(code), fact);
                }
                let stock = if purchase.is_return { Stock::Out(pair, day) } else { Stock::Bought(pair, day) };
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
            Kind::Practitioner => {
                let practitioner = row::practitioner(&arena, fact);
                put(
                    &mut self.practitioners,
                    subject_key(ProfileOwner::Practitioner, practitioner.code),
                    fact,
                );
                put(&mut self.practitioners_of_institution, u64::from(practitioner.institution), fact);
            }
            Kind::Label => {}
        }
    }

    /// Tells the day of *now*; one worker does.
    pub fn tell_today(&mut self, now: Option<Moment>) {
        let today = now.map(|now| day_row(day_of(now)));
        if today != self.today_fed {
            for (day, diff) in [(self.today_fed, -1), (today, 1)] {
                if let Some(day) = day {
                    self.today.update((0, day), diff);
                }
            }
            self.today_fed = today;
        }
    }

    /// Closes every tick before `tick`.
    pub fn advance_to(&mut self, tick: Tick) {
        for (population, count) in Population::ALL.into_iter().zip(&mut self.tallied) {
            match std::mem::take(count) {
                0 => (),
                count => self.counts.borrow_mut().push((Count::Each(population), tick, count)),
            }
        }
        let Inputs { pre_aggregate, sums, prices, .. } = self;
        if let Some(pre_aggregate) = pre_aggregate {
            pre_aggregate
                .hand_out(|row, amount| sums.update(row, amount), |row, amount| prices.update(row, amount));
        }
        for_all_inputs!(&mut *self, input => {
            input.advance_to(tick);
            input.flush();
        });
        self.now.advance_to(tick);
        self.now.flush();
        self.bank.advance_to(tick);
        self.bank.flush();
        self.gate.advance_to(tick);
        self.gate.flush();
    }
}

/// The arrangements of the facts; keys as in [`Inputs`].
pub(super) struct FactArrangements<'s> {
    pub(super) institutions: RowArrangement<'s>,
    pub(super) persons: RowArrangement<'s>,
    pub(super) person_facts: RowArrangement<'s>,
    pub(super) enrolments: RowArrangement<'s>,
    pub(super) any_enrolment: RowArrangement<'s>,
    pub(super) visits: RowArrangement<'s>,
    pub(super) settlements: RowArrangement<'s>,
    pub(super) settlements_of_person: RowArrangement<'s>,
    pub(super) settlements_of_institution: RowArrangement<'s>,
    pub(super) dead_settlements: RowArrangement<'s>,
    pub(super) bills: RowArrangement<'s>,
    pub(super) lines: RowArrangement<'s>,
    pub(super) visits_with_rx: RowArrangement<'s>,
    pub(super) by_prescription: RowArrangement<'s>,
    pub(super) doubtful: RowArrangement<'s>,
    pub(super) netted: RowArrangement<'s>,
    pub(super) prescribing: RowArrangement<'s>,
    pub(super) sales_of_code: RowArrangement<'s>,
    pub(super) purchases_of_code: RowArrangement<'s>,
    pub(super) passes: RowArrangement<'s>,
    pub(super) checking: RowArrangement<'s>,
    pub(super) bought: RowArrangement<'s>,
    pub(super) buying: RowArrangement<'s>,
    pub(super) today: RowArrangement<'s>,
    pub(super) stock_counts: RowArrangement<'s>,
    pub(super) supply: Collection<'s, (u64, Stock)>,
    pub(super) practitioners: RowArrangement<'s>,
    pub(super) practitioners_of_institution: RowArrangement<'s>,
    pub(super) sums: RowCollection<'s>,
    pub(super) prices: Collection<'s, (u64, Price)>,
    pub(super) gate: StreamVec<'s, Tick, ()>,
    pub(super) now: StreamVec<'s, Tick, i64>,
    pub(super) bank: BankStream<'s>,
}

/// Opens the inputs of one worker and arranges what comes in.
///
/// What the inputs count of whole populations goes to `counts`.
pub(super) fn open<'s>(
    scope: Scope<'s, Tick>,
    arena: &Arc<Arena>,
    keeps: Keeps,
    counts: &Counts,
) -> (Inputs, FactArrangements<'s>) {
    let (bank_input, bank) = scope.new_input::<Arc<CompiledBank>>();
    let (now_input, now) = scope.new_input::<i64>();
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
    let (settlements_of_institution_in, settlements_of_institution): (RowInput, _) =
        input!("facts: settlements by institution");
    let (dead_settlements_in, dead_settlements): (RowInput, _) = input!("facts: dead settlements");
    let (bills_in, bills): (RowInput, _) = input!("facts: bills");
    let (lines_in, lines): (RowInput, _) = input!("facts: lines by visit");
    let (visits_with_rx_in, visits_with_rx): (RowInput, _) = input!("facts: visits with rx");
    let (by_prescription_in, by_prescription): (RowInput, _) = input!("facts: by prescription");
    let (doubtful_in, doubtful): (RowInput, _) = input!("facts: doubtful lines");
    let (netted_in, netted): (RowInput, _) = input!("facts: lines with reversals");
    let (prescribing_in, prescribing): (RowInput, _) = input!("facts: prescribing institutions");
    let (sales_of_code_in, sales_of_code): (RowInput, _) = input!("facts: sales by trace code");
    let (purchases_of_code_in, purchases_of_code): (RowInput, _) = input!("facts: purchases by trace code");
    let (passes_in, passes): (RowInput, _) = input!("facts: passes by person");
    let (checking_in, checking): (RowInput, _) = input!("facts: checking institutions");
    let (bought_in, bought): (RowInput, _) = input!("facts: bought items");
    let (buying_in, buying): (RowInput, _) = input!("facts: buying institutions");
    let (today_in, today): (RowInput, _) = input!("facts: today");
    let (stock_counts_in, stock_counts): (RowInput, _) = input!("facts: stock counts");
    let (supply_in, supply) = scope.new_collection::<(u64, Stock), Diff>();
    let (practitioners_in, practitioners): (RowInput, _) = input!("facts: practitioners");
    let (practitioners_of_institution_in, practitioners_of_institution): (RowInput, _) =
        input!("facts: practitioners by institution");
    let (sums_in, sums) = scope.new_collection::<(u64, Ref), Diff>();
    let (prices_in, prices) = scope.new_collection::<(u64, Price), Diff>();
    let (gate_input, gate) = scope.new_input::<()>();

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
        settlements_of_institution: settlements_of_institution_in,
        dead_settlements: dead_settlements_in,
        bills: bills_in,
        lines: lines_in,
        visits_with_rx: visits_with_rx_in,
        by_prescription: by_prescription_in,
        doubtful: doubtful_in,
        netted: netted_in,
        prescribing: prescribing_in,
        sales_of_code: sales_of_code_in,
        purchases_of_code: purchases_of_code_in,
        supply: supply_in,
        bought: bought_in,
        buying: buying_in,
        today: today_in,
        today_fed: None,
        tallied: [0; Population::COUNT],
        counts: Rc::clone(counts),
        stock_counts: stock_counts_in,
        passes: passes_in,
        checking: checking_in,
        practitioners: practitioners_in,
        practitioners_of_institution: practitioners_of_institution_in,
        sums: sums_in,
        prices: prices_in,
        pre_aggregate: keeps.months.then(PreAggregate::default),
        gate: gate_input,
        now: now_input,
        bank: bank_input,
    };
    let indexes = FactArrangements {
        institutions,
        persons,
        person_facts,
        enrolments,
        any_enrolment,
        visits,
        settlements,
        settlements_of_person,
        settlements_of_institution,
        dead_settlements,
        bills,
        lines,
        visits_with_rx,
        by_prescription,
        doubtful,
        netted,
        prescribing,
        sales_of_code,
        purchases_of_code,
        passes,
        checking,
        bought,
        buying,
        today,
        stock_counts,
        supply,
        practitioners,
        practitioners_of_institution,
        sums,
        prices,
        gate,
        now,
        bank,
    };
    (inputs, indexes)
}
