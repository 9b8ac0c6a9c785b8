//! Where facts come in: each goes under every key by which somebody looks for it.

use std::ops::Index;
use std::rc::Rc;
use std::sync::Arc;

use differential_dataflow::input::{Input as _, InputSession};
use records::Kind;
use records::arena::{Arena, Ref, TextRef};
use records::row::{self, Moment, day_of};
use timely::dataflow::operators::vec::Input as _;
use timely::dataflow::{InputHandleVec, Scope, StreamVec};

use crate::compiled_bank::CompiledBank;
use crate::coverage::{Count, Counts, Population};
use crate::detector::bed_count::day_row;
use crate::detector::stock_balance::{Stock, block_key};
use crate::fact::Fact;
use crate::judge::BankStream;
use crate::policy::Keeps;
use crate::pre_aggregate::PreAggregate;
use crate::profile::{Price, ProfileOwner, subject_key};
use crate::publish::{Traces, record_keys};
use crate::views::{
    ArrangeShared, Collection, Diff, RowArrangement, RowCollection, Tick, pair_key, visit_key,
};

type RowInput = InputSession<Tick, (u64, Ref), Diff>;

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
    sums: RowInput,
    /// Quantities and charges by institution, item and month, as counts.
    prices: InputSession<Tick, (u64, Price), Diff>,
    /// Where there are rules that ask for months.
    pre_aggregate: Option<PreAggregate>,
    /// Opens at ticks whose profiles take in what gathered.
    pub gate: InputHandleVec<Tick, ()>,
    today_fed: Option<Ref>,
    tallied: [Diff; Population::COUNT],
    counts: Counts,
    /// *Now*, sent to every worker.
    pub now: InputHandleVec<Tick, i64>,
    /// Versions of the bank, sent to every worker.
    pub bank: InputHandleVec<Tick, Arc<CompiledBank>>,
}

impl Inputs {
    /// One fact lost (`diff` -1) or gained (+1): it goes under every key by which somebody looks for it.
    pub fn feed(&mut self, fact: Ref, diff: Diff) {
        let arena = Arc::clone(&self.arena);
        if let Some(pre_aggregate) = &mut self.pre_aggregate {
            pre_aggregate.take(&arena, fact, diff);
        }
        if let Some(records) = &mut self.records {
            record_keys(&arena, fact, |key| records.update((key, fact), diff));
        }
        match row::kind(&arena, fact) {
            Kind::Institution => self.put(Fact::Institution, u64::from(row::key(&arena, fact).0), fact, diff),
            Kind::Person => self.put(Fact::Person, u64::from(row::key(&arena, fact).0), fact, diff),
            Kind::PersonFact => {
                let person = row::person_fact(&arena, fact).psn_no;
                self.put(Fact::PersonFact, u64::from(person), fact, diff);
            }
            Kind::Enrolment => {
                let person = row::enrolment(&arena, fact).psn_no;
                self.put(Fact::EnrolmentOfPerson, u64::from(person), fact, diff);
                self.put(Fact::AnyEnrolment, 0, 0, diff);
            }
            Kind::Visit => self.put(Fact::Visit, u64::from(row::key(&arena, fact).0), fact, diff),
            Kind::Settlement => self.feed_settlement(&arena, fact, diff),
            Kind::FeeLine => self.feed_line(&arena, fact, diff),
            Kind::Prescription => {
                let prescription = row::prescription(&arena, fact);
                self.put(Fact::OfPrescription, u64::from(prescription.id), fact, diff);
                self.put(Fact::Prescribing, u64::from(prescription.institution), 0, diff);
                if !prescription.cancelled {
                    self.tally(Population::Prescription, diff);
                }
            }
            Kind::Dispensing => self.feed_sale(&arena, fact, diff),
            Kind::Purchase => self.feed_purchase(&arena, fact, diff),
            Kind::StockChange => {
                let change = row::stock_change(&arena, fact);
                let pair = pair_key(change.institution, change.item);
                let day = day_of(change.time);
                let stock = if change.cnt > 0 { Stock::In(pair, day) } else { Stock::Out(pair, day) };
                self.supply.update((block_key(pair, day), stock), diff * change.cnt.abs());
            }
            Kind::StockCount => {
                let count = row::stock_count(&arena, fact);
                self.put(Fact::StockCount, pair_key(count.institution, count.item), fact, diff);
            }
            Kind::Presence => {
                let presence = row::presence(&arena, fact);
                self.put(Fact::Checking, u64::from(presence.institution), 0, diff);
                if presence.pass {
                    self.put(Fact::PassOfPerson, u64::from(presence.psn_no), fact, diff);
                }
            }
            Kind::Invoice => {
                let (code, no) = row::key(&arena, fact);
                self.put(Fact::Bill, pair_key(code, no), fact, diff);
            }
            Kind::Practitioner => {
                let practitioner = row::practitioner(&arena, fact);
                let subject = subject_key(ProfileOwner::Practitioner, practitioner.code);
                self.put(Fact::Practitioner, subject, fact, diff);
                let institution = u64::from(practitioner.institution);
                self.put(Fact::PractitionerOfInstitution, institution, fact, diff);
            }
            Kind::Label => {}
        }
    }

    fn put(&mut self, fact: Fact, key: u64, row: Ref, diff: Diff) {
        self.rows[fact as usize].update((key, row), diff);
    }

    fn tally(&mut self, population: Population, diff: Diff) {
        self.tallied[population as usize] += diff;
    }

    /// A settlement, under its visit, person, institution and invoice; one that is not live only by itself.
    fn feed_settlement(&mut self, arena: &Arena, fact: Ref, diff: Diff) {
        let settlement = row::settlement(arena, fact);
        if !settlement.live {
            self.put(Fact::DeadSettlement, u64::from(settlement.id), fact, diff);
            return;
        }
        self.put(Fact::SettlementOfVisit, u64::from(settlement.visit), fact, diff);
        self.tally(Population::LiveSettlement, diff);
        self.put(Fact::SettlementOfPerson, u64::from(settlement.psn_no), fact, diff);
        self.put(Fact::SettlementOfInstitution, u64::from(settlement.institution), fact, diff);
        if settlement.bill_code != 0 && settlement.bill_no != 0 {
            self.put(Fact::Bill, pair_key(settlement.bill_code, settlement.bill_no), fact, diff);
        }
    }

    /// A fee line as it stands: what is sent counts as sent, what is net is judged.
    fn feed_line(&mut self, arena: &Arena, fact: Ref, diff: Diff) {
        let line = row::fee_line_place(arena, fact);
        self.tally(Population::SentLine, diff);
        if line.rx != 0 {
            self.put(Fact::VisitWithRx, u64::from(line.visit), 0, diff);
        }
        if line.reverses != 0 {
            let original = pair_key(line.visit, line.reverses);
            self.put(Fact::DoubtfulLine, original, row::as_sent(arena, fact), diff);
        } else if line.is_doubtful {
            let own = pair_key(line.visit, line.sn);
            self.put(Fact::DoubtfulLine, own, row::as_sent(arena, fact), diff);
        }
        if line.is_netted {
            self.put(Fact::NettedLine, pair_key(line.visit, line.sn), 0, diff);
        }
        if line.is_net {
            self.tally(Population::NetLine, diff);
            self.put(Fact::LineOfVisit, u64::from(line.visit), fact, diff);
            if line.rx != 0 {
                self.put(Fact::OfPrescription, u64::from(line.rx), fact, diff);
            }
        }
    }

    /// A sale of which something is left, under its visit, prescription and trace codes.
    fn feed_sale(&mut self, arena: &Arena, fact: Ref, diff: Diff) {
        let sale = row::dispensing(arena, fact);
        if sale.cnt <= 0 {
            return;
        }
        self.tally(Population::Sale, diff);
        self.put(Fact::LineOfVisit, visit_key(sale.visit, sale.id), fact, diff);
        if sale.rx != 0 {
            self.put(Fact::OfPrescription, u64::from(sale.rx), fact, diff);
        }
        if sale.insured && !sale.split {
            self.tally(Population::PackSale, diff);
        }
        if sale.insured {
            self.put_codes(Fact::SaleOfCode, sale.codes, fact, diff);
        }
    }

    /// A purchase or a return of one: under its trace codes, and as supply of its day.
    fn feed_purchase(&mut self, arena: &Arena, fact: Ref, diff: Diff) {
        let purchase = row::purchase(arena, fact);
        let pair = pair_key(purchase.institution, purchase.item);
        let day = day_of(purchase.time);
        if !purchase.is_return {
            self.put(Fact::Bought, pair, 0, diff);
        }
        self.put(Fact::Buying, u64::from(purchase.institution), 0, diff);
        self.put_codes(Fact::PurchaseOfCode, purchase.codes, fact, diff);
        let stock = if purchase.is_return { Stock::Out(pair, day) } else { Stock::Bought(pair, day) };
        self.supply.update((block_key(pair, day), stock), diff * purchase.cnt);
    }

    /// A record under each of its trace codes, once.
    fn put_codes(&mut self, fact: Fact, mut codes: Vec<TextRef>, row: Ref, diff: Diff) {
        codes.sort_unstable();
        codes.dedup();
        for code in codes {
            self.put(fact, u64::from(code), row, diff);
        }
    }

    /// Tells the day of *now*; one worker does.
    pub fn tell_today(&mut self, now: Option<Moment>) {
        let today = now.map(|now| day_row(day_of(now)));
        if today != self.today_fed {
            for (day, diff) in [(self.today_fed, -1), (today, 1)] {
                if let Some(day) = day {
                    self.rows[Fact::Today as usize].update((0, day), diff);
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
        self.rows.iter_mut().chain([&mut self.sums]).for_each(|input| close(input, tick));
        self.records.iter_mut().for_each(|input| close(input, tick));
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
    pub(super) sums: RowCollection<'s>,
    /// Quantities and charges.
    pub(super) prices: Collection<'s, (u64, Price)>,
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
        let (input, rows) = scope.new_collection::<(u64, Ref), Diff>();
        inputs.push(input);
        arrangements.push(rows.arrange_shared(fact.name()));
    }
    let (supply_input, supply) = scope.new_collection::<(u64, Stock), Diff>();
    let (sums_input, sums) = scope.new_collection::<(u64, Ref), Diff>();
    let (prices_input, prices) = scope.new_collection::<(u64, Price), Diff>();
    let (gate_input, gate) = scope.new_input::<()>();
    let (records_input, records) = publishes
        .then(|| {
            let (input, rows) = scope.new_collection::<(u64, Ref), Diff>();
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
        today_fed: None,
        tallied: [0; Population::COUNT],
        counts: Rc::clone(counts),
        now: now_input,
        bank: bank_input,
    };
    let rows = arrangements.try_into().unwrap_or_else(|_| unreachable!("one arrangement for each fact"));
    (inputs, FactArrangements { rows, records, supply, sums, prices, gate, now, bank })
}
