//! Where facts come in: each goes under every key by which somebody looks for it.

use std::ops::Index;
use std::rc::Rc;
use std::sync::Arc;

use differential_dataflow::input::{Input as _, InputSession};
use records::Kind;
use records::arena::{Arena, Packed, RowRef, TextRef};
use records::codes::PresenceScene;
use records::row::{self, Moment, day_of};
use timely::dataflow::operators::vec::Input as _;
use timely::dataflow::{InputHandleVec, Scope, StreamVec};

use crate::carried::CarriedStock;
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
        match row::kind(&arena, row) {
            Kind::Institution => self.put(Fact::Institution, u64::from(row::key(&arena, row).0), row, diff),
            Kind::Person => self.put(Fact::Person, u64::from(row::key(&arena, row).0), row, diff),
            Kind::PersonFact => {
                let person = row::person_fact(&arena, row).psn_no;
                self.put(Fact::PersonFact, u64::from(person), row, diff);
            }
            Kind::Enrolment => {
                let person = row::enrolment(&arena, row).psn_no;
                self.put(Fact::EnrolmentOfPerson, u64::from(person), row, diff);
                self.put(Fact::AnyEnrolment, 0, RowRef::NONE, diff);
            }
            Kind::Visit => self.put(Fact::Visit, u64::from(row::key(&arena, row).0), row, diff),
            Kind::Settlement => self.feed_settlement(&arena, row, diff),
            Kind::FeeLine => self.feed_line(&arena, row, diff),
            Kind::Prescription => {
                let prescription = row::prescription(&arena, row);
                self.put(Fact::OfPrescription, u64::from(prescription.id), row, diff);
                self.put(Fact::Prescribing, u64::from(prescription.institution), RowRef::NONE, diff);
                if !prescription.cancelled {
                    self.tally(Population::Prescription, diff);
                }
            }
            Kind::Dispensing => self.feed_sale(&arena, row, diff),
            Kind::Purchase => self.feed_purchase(&arena, row, diff),
            Kind::StockChange => {
                let change = row::stock_change(&arena, row);
                let pair = pair_key(change.institution, change.item);
                let day = day_of(change.time);
                let stock = if change.cnt > 0 { Stock::In(pair, day) } else { Stock::Out(pair, day) };
                self.supply.update((block_key(pair, day), stock), diff * change.cnt.abs());
            }
            Kind::StockCount => {
                let count = row::stock_count(&arena, row);
                self.put(Fact::StockCount, pair_key(count.institution, count.item), row, diff);
            }
            Kind::Presence => {
                let presence = row::presence(&arena, row);
                if presence.scene != PresenceScene::SignIn {
                    self.put(Fact::Checking, u64::from(presence.institution), RowRef::NONE, diff);
                }
                if presence.pass {
                    self.put(Fact::PassOfPerson, u64::from(presence.psn_no), row, diff);
                }
            }
            Kind::Invoice => {
                let (code, no) = row::key(&arena, row);
                self.put(Fact::Bill, pair_key(code, no), row, diff);
            }
            Kind::Practitioner => {
                let practitioner = row::practitioner(&arena, row);
                let subject = subject_key(ProfileOwner::Practitioner, practitioner.code);
                self.put(Fact::Practitioner, subject, row, diff);
                let institution = u64::from(practitioner.institution);
                self.put(Fact::PractitionerOfInstitution, institution, row, diff);
            }
            Kind::Label => {}
        }
    }

    fn put(&mut self, fact: Fact, key: u64, row: RowRef, diff: Diff) {
        self.rows[fact as usize].update((key, row), diff);
    }

    fn tally(&mut self, population: Population, diff: Diff) {
        self.tallied[population as usize] += diff;
    }

    /// A live settlement, under its visit, person, institution and invoice.
    fn feed_settlement(&mut self, arena: &Arena, row: RowRef, diff: Diff) {
        let settlement = row::settlement(arena, row);
        if !settlement.live {
            return;
        }
        self.put(Fact::SettlementOfVisit, u64::from(settlement.visit), row, diff);
        self.tally(Population::LiveSettlement, diff);
        self.put(Fact::SettlementOfPerson, u64::from(settlement.psn_no), row, diff);
        self.put(Fact::SettlementOfInstitution, u64::from(settlement.institution), row, diff);
        if settlement.bill_code.is_some() && settlement.bill_no.is_some() {
            self.put(Fact::Bill, pair_key(settlement.bill_code, settlement.bill_no), row, diff);
        }
    }

    /// A fee line as it stands: what is sent counts as sent, what is net is judged.
    fn feed_line(&mut self, arena: &Arena, row: RowRef, diff: Diff) {
        let line = row::fee_line_place(arena, row);
        self.tally(Population::SentLine, diff);
        if line.rx.is_some() {
            self.put(Fact::VisitWithRx, u64::from(line.visit), RowRef::NONE, diff);
        }
        if line.reverses.is_some() {
            let original = pair_key(line.visit, line.reverses);
            self.put(Fact::DoubtfulLine, original, row::as_sent(arena, row), diff);
        } else if line.is_doubtful {
            let own = pair_key(line.visit, line.sn);
            self.put(Fact::DoubtfulLine, own, row::as_sent(arena, row), diff);
        }
        if line.is_netted {
            self.put(Fact::NettedLine, pair_key(line.visit, line.sn), RowRef::NONE, diff);
        }
        if line.is_net {
            self.tally(Population::NetLine, diff);
            self.put(Fact::LineOfVisit, u64::from(line.visit), row, diff);
            if line.rx.is_some() {
                self.put(Fact::OfPrescription, u64::from(line.rx), row, diff);
            }
        }
    }

    /// A sale of which something is left, under its visit, prescription and trace codes.
    fn feed_sale(&mut self, arena: &Arena, row: RowRef, diff: Diff) {
        let sale = row::dispensing(arena, row);
        if sale.is_return || sale.cnt <= 0 {
            if sale.rx.is_some() {
                self.put(Fact::GoneWithRx, u64::from(sale.rx), row, diff);
            }
            return;
        }
        self.tally(Population::Sale, diff);
        self.put(Fact::LineOfVisit, visit_key(sale.visit, sale.id), row, diff);
        if sale.rx.is_some() {
            self.put(Fact::OfPrescription, u64::from(sale.rx), row, diff);
        }
        if sale.insured {
            self.put_codes(Fact::SaleOfCode, sale.codes, row, diff);
        }
    }

    /// A purchase or a return of one: under its trace codes, and as supply of its day.
    fn feed_purchase(&mut self, arena: &Arena, row: RowRef, diff: Diff) {
        let purchase = row::purchase(arena, row);
        let pair = pair_key(purchase.institution, purchase.item);
        let day = day_of(purchase.time);
        if !purchase.is_return {
            self.put(Fact::Bought, pair, RowRef::NONE, diff);
            if !purchase.codes.is_empty() {
                self.put(Fact::BoughtWithCodes, pair, RowRef::NONE, diff);
            }
        }
        self.put(Fact::Buying, u64::from(purchase.institution), RowRef::NONE, diff);
        self.put_codes(Fact::PurchaseOfCode, purchase.codes, row, diff);
        let stock = if purchase.is_return { Stock::Out(pair, day) } else { Stock::Bought(pair, day) };
        self.supply.update((block_key(pair, day), stock), diff * purchase.cnt);
    }

    /// A record under each of its trace codes, once.
    fn put_codes(&mut self, fact: Fact, mut codes: Vec<TextRef>, row: RowRef, diff: Diff) {
        codes.sort_unstable();
        codes.dedup();
        for code in codes {
            self.put(fact, u64::from(code), row, diff);
        }
    }

    /// What records that are at hand no more did to the stock of an item, in as few movements as give every balance
    /// from their last day on: supplies on their first day, uses on their last, so that no day before is above its own.
    pub fn carry(&mut self, stock: &CarriedStock) {
        let pair = pair_key(stock.institution, stock.item);
        if stock.bought {
            self.put(Fact::Bought, pair, RowRef::NONE, 1);
            self.put(Fact::Buying, u64::from(stock.institution), RowRef::NONE, 1);
        }
        let used = Stock::UsedBefore(pair, stock.last_used, stock.lowest_price);
        let movements = [
            (stock.last_used, used, stock.used),
            (stock.first_supplied, Stock::In(pair, stock.first_supplied), stock.supplied),
        ];
        for (day, movement, quantity) in movements.into_iter().filter(|(.., quantity)| *quantity != 0) {
            self.supply.update((block_key(pair, day), movement), quantity);
        }
    }

    /// Feeds the day of *now*; one worker does.
    pub fn feed_today(&mut self, now: Option<Moment>) {
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
