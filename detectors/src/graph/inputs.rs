//! Where facts come in: each goes under every key by which somebody looks for it.

use std::ops::Index;
use std::rc::Rc;
use std::sync::Arc;

use differential_dataflow::input::{Input as _, InputSession};
use records::Kind;
use records::arena::{Arena, Packed, RowRef};
use records::row::{self, Moment, day_of};
use timely::dataflow::operators::vec::Input as _;
use timely::dataflow::{InputHandleVec, Scope, StreamVec};

use crate::compiled_bank::CompiledBank;
use crate::coverage::{Count, Counts, Population};
use crate::detector::bed_count::packed_day;
use crate::detector::stock_balance::{Stock, block_key};
use crate::fact::Fact;
use crate::judge::BankStream;
use crate::policy::Keeps;
use crate::pre_aggregate::PreAggregate;
use crate::profile::{Price, ProfileOwner, subject_key};
use crate::publish::{Traces, record_keys};
use crate::views::{
    ArrangeShared, Collection, Diff, PackedArrangement, PackedCollection, RowArrangement, Tick, pair_key,
    visit_key,
};

type RowInput = InputSession<Tick, (u64, RowRef), Diff>;
type PackedInput = InputSession<Tick, (u64, Packed), Diff>;

/// The inputs of one worker.
pub struct Inputs {
    arena: Arc<Arena>,
    /// By [`Fact`].
    rows: [RowInput; Fact::COUNT],
    /// Every record by [`record_keys`], where facts are published.
    records: Option<RowInput>,
    /// Purchases, their returns and other movements, by institution, item and block of days.
    supply: InputSession<Tick, (u64, Stock), Diff>,
    /// Sums of profiles by [`subject_key`], the amounts as counts.
    sums: PackedInput,
    /// Quantities and charges by institution, item and month, as counts.
    prices: InputSession<Tick, (u64, Price), Diff>,
    /// Where there are rules that ask for months.
    pre_aggregate: Option<PreAggregate>,
    /// Opens at ticks whose profiles take in what gathered.
    pub gate: InputHandleVec<Tick, ()>,
    /// The day of *now* under key 0; one worker feeds it.
    today: PackedInput,
    today_fed: Option<Packed>,
    tallied: [Diff; Population::COUNT],
    counts: Counts,
    /// *Now*, sent to every worker.
    pub now: InputHandleVec<Tick, i64>,
    /// Versions of the bank, sent to every worker.
    pub bank: InputHandleVec<Tick, Arc<CompiledBank>>,
}

impl Inputs {
    /// One fact lost (`diff` -1) or gained (+1): it goes under every key by which somebody looks for it.
    pub fn feed(&mut self, row: RowRef, diff: Diff) {
        let arena = Arc::clone(&self.arena);
        if let Some(pre_aggregate) = &mut self.pre_aggregate {
            pre_aggregate.take(&arena, row, diff);
        }
        if let Some(records) = &mut self.records {
            record_keys(&arena, row, |key| records.update((key, row), diff));
        }
        let rows = &mut self.rows;
        let mut put = |fact: Fact, key: u64, row: RowRef| rows[fact as usize].update((key, row), diff);
        let mut tally = |population: Population| self.tallied[population as usize] += diff;
        match row::kind(&arena, row) {
            Kind::Institution => put(Fact::Institution, u64::from(row::key(&arena, row).0), row),
            Kind::Person => put(Fact::Person, u64::from(row::key(&arena, row).0), row),
            Kind::PersonFact => {
                put(Fact::PersonFact, u64::from(row::person_fact(&arena, row).psn_no), row);
            }
            Kind::Enrolment => {
                put(Fact::EnrolmentOfPerson, u64::from(row::enrolment(&arena, row).psn_no), row);
                put(Fact::AnyEnrolment, 0, RowRef::NONE);
            }
            Kind::Visit => put(Fact::Visit, u64::from(row::key(&arena, row).0), row),
            Kind::Settlement => {
                let settlement = row::settlement(&arena, row);
                if !settlement.live {
                    put(Fact::DeadSettlement, u64::from(settlement.id), row);
                    return;
                }
                put(Fact::SettlementOfVisit, u64::from(settlement.visit), row);
                tally(Population::LiveSettlement);
                put(Fact::SettlementOfPerson, u64::from(settlement.psn_no), row);
                put(Fact::SettlementOfInstitution, u64::from(settlement.institution), row);
                if settlement.bill_code.is_some() && settlement.bill_no.is_some() {
                    put(Fact::Bill, pair_key(settlement.bill_code, settlement.bill_no), row);
                }
            }
            Kind::FeeLine => {
                let line = row::fee_line_place(&arena, row);
                tally(Population::SentLine);
                if line.rx.is_some() {
                    put(Fact::VisitWithRx, u64::from(line.visit), RowRef::NONE);
                }
                if line.reverses.is_some() {
                    put(Fact::DoubtfulLine, pair_key(line.visit, line.reverses), row::as_sent(&arena, row));
                } else if line.is_doubtful {
                    put(Fact::DoubtfulLine, pair_key(line.visit, line.sn), row::as_sent(&arena, row));
                }
                if line.is_netted {
                    put(Fact::NettedLine, pair_key(line.visit, line.sn), RowRef::NONE);
                }
                if line.is_net {
                    tally(Population::NetLine);
                    put(Fact::LineOfVisit, u64::from(line.visit), row);
                    if line.rx.is_some() {
                        put(Fact::OfPrescription, u64::from(line.rx), row);
                    }
                }
            }
            Kind::Prescription => {
                let prescription = row::prescription(&arena, row);
                put(Fact::OfPrescription, u64::from(prescription.id), row);
                put(Fact::Prescribing, u64::from(prescription.institution), RowRef::NONE);
                if !prescription.cancelled {
                    tally(Population::Prescription);
                }
            }
            Kind::Dispensing => {
                let sale = row::dispensing(&arena, row);
                if sale.cnt <= 0 {
                    return;
                }
                tally(Population::Sale);
                put(Fact::LineOfVisit, visit_key(sale.visit, sale.id), row);
                if sale.rx.is_some() {
                    put(Fact::OfPrescription, u64::from(sale.rx), row);
                }
                if sale.insured && !sale.split {
                    tally(Population::PackSale);
                }
                if sale.insured {
                    let mut codes = sale.codes;
                    codes.sort_unstable();
                    codes.dedup();
                    for code in codes {
                        put(Fact::SaleOfCode, u64::from(code), row);
                    }
                }
            }
            Kind::Purchase => {
                let purchase = row::purchase(&arena, row);
                let pair = pair_key(purchase.institution, purchase.item);
                let day = day_of(purchase.time);
                if !purchase.is_return {
                    put(Fact::Bought, pair, RowRef::NONE);
                }
                put(Fact::Buying, u64::from(purchase.institution), RowRef::NONE);
                let mut codes = purchase.codes;
                codes.sort_unstable();
                codes.dedup();
                for code in codes {
                    put(Fact::PurchaseOfCode, u64::from(code), row);
                }
                let stock = if purchase.is_return { Stock::Out(pair, day) } else { Stock::Bought(pair, day) };
                self.supply.update((block_key(pair, day), stock), diff * purchase.cnt);
            }
            Kind::StockChange => {
                let change = row::stock_change(&arena, row);
                let pair = pair_key(change.institution, change.item);
                let day = day_of(change.time);
                let stock = if change.cnt > 0 { Stock::In(pair, day) } else { Stock::Out(pair, day) };
                self.supply.update((block_key(pair, day), stock), diff * change.cnt.abs());
            }
            Kind::StockCount => {
                let count = row::stock_count(&arena, row);
                put(Fact::StockCount, pair_key(count.institution, count.item), row);
            }
            Kind::Presence => {
                let presence = row::presence(&arena, row);
                put(Fact::Checking, u64::from(presence.institution), RowRef::NONE);
                if presence.pass {
                    put(Fact::PassOfPerson, u64::from(presence.psn_no), row);
                }
            }
            Kind::Invoice => {
                let (code, no) = row::key(&arena, row);
                put(Fact::Bill, pair_key(code, no), row);
            }
            Kind::Practitioner => {
                let practitioner = row::practitioner(&arena, row);
                put(Fact::Practitioner, subject_key(ProfileOwner::Practitioner, practitioner.code), row);
                put(Fact::PractitionerOfInstitution, u64::from(practitioner.institution), row);
            }
            Kind::Label => {}
        }
    }

    /// Tells the day of *now*; one worker does.
    pub fn tell_today(&mut self, now: Option<Moment>) {
        let today = now.map(|now| packed_day(day_of(now)));
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
        self.rows.iter_mut().for_each(|input| close(input, tick));
        self.records.iter_mut().for_each(|input| close(input, tick));
        close(&mut self.sums, tick);
        close(&mut self.today, tick);
        close(&mut self.supply, tick);
        close(&mut self.prices, tick);
        self.now.advance_to(tick);
        self.now.flush();
        self.bank.advance_to(tick);
        self.bank.flush();
        self.gate.advance_to(tick);
        self.gate.flush();
    }
}

fn close<D: differential_dataflow::ExchangeData>(input: &mut InputSession<Tick, D, Diff>, tick: Tick) {
    input.advance_to(tick);
    input.flush();
}

/// What a worker's dataflow starts from: the facts as they are arranged, and the streams beside them.
pub(super) struct FactArrangements<'s> {
    rows: [RowArrangement<'s>; Fact::COUNT],
    /// Every record by [`record_keys`], where facts are published.
    records: Option<RowArrangement<'s>>,
    /// Purchases, their returns and other movements, by institution, item and block of days.
    pub(super) supply: Collection<'s, (u64, Stock)>,
    /// Sums of profiles.
    pub(super) sums: PackedCollection<'s>,
    /// Quantities and charges.
    pub(super) prices: Collection<'s, (u64, Price)>,
    /// The day of *now*, packed, under key 0.
    pub(super) today: PackedArrangement<'s>,
    pub(super) gate: StreamVec<'s, Tick, ()>,
    pub(super) now: StreamVec<'s, Tick, i64>,
    pub(super) bank: BankStream<'s>,
}

impl FactArrangements<'_> {
    /// What is published, if anything is.
    pub(super) fn traces(&self) -> Option<Traces> {
        let records = self.records.as_ref()?.trace.clone();
        Some(Traces { facts: self.rows.iter().map(|rows| rows.trace.clone()).collect(), records })
    }
}

impl<'s> Index<Fact> for FactArrangements<'s> {
    type Output = RowArrangement<'s>;

    fn index(&self, fact: Fact) -> &RowArrangement<'s> {
        &self.rows[fact as usize]
    }
}

/// Opens the inputs of one worker and arranges what comes in.
///
/// What the inputs count of whole populations goes to `counts`. Only where facts are published are all records
/// arranged by their keys.
pub(super) fn open<'s>(
    scope: Scope<'s, Tick>,
    arena: &Arc<Arena>,
    keeps: Keeps,
    counts: &Counts,
    publishes: bool,
) -> (Inputs, FactArrangements<'s>) {
    let (bank_input, bank) = scope.new_input::<Arc<CompiledBank>>();
    let (now_input, now) = scope.new_input::<i64>();
    let (mut inputs, mut arrangements) = (Vec::new(), Vec::new());
    for fact in Fact::ALL {
        let (input, rows) = scope.new_collection::<(u64, RowRef), Diff>();
        inputs.push(input);
        arrangements.push(rows.arrange_shared(fact.name()));
    }
    let (supply_input, supply) = scope.new_collection::<(u64, Stock), Diff>();
    let (sums_input, sums) = scope.new_collection::<(u64, Packed), Diff>();
    let (today_input, today) = scope.new_collection::<(u64, Packed), Diff>();
    let (prices_input, prices) = scope.new_collection::<(u64, Price), Diff>();
    let (gate_input, gate) = scope.new_input::<()>();
    let (records_input, records) = publishes
        .then(|| {
            let (input, rows) = scope.new_collection::<(u64, RowRef), Diff>();
            (input, rows.arrange_shared("facts: records"))
        })
        .unzip();
    let inputs = Inputs {
        arena: Arc::clone(arena),
        rows: inputs.try_into().unwrap_or_else(|_| unreachable!("one input for each fact")),
        records: records_input,
        supply: supply_input,
        sums: sums_input,
        prices: prices_input,
        pre_aggregate: keeps.months.then(PreAggregate::default),
        gate: gate_input,
        today: today_input,
        today_fed: None,
        tallied: [0; Population::COUNT],
        counts: Rc::clone(counts),
        now: now_input,
        bank: bank_input,
    };
    let rows = arrangements.try_into().unwrap_or_else(|_| unreachable!("one arrangement for each fact"));
    let today = today.arrange_shared("facts: today");
    (inputs, FactArrangements { rows, records, supply, sums, prices, today, gate, now, bank })
}
