//! Which records stay at hand, so that what happens from a day on is judged as if all did.
//!
//! The rules state how far back they look ([`rulebank::looks_back`]). A record goes when it is farther back than any rule
//! looks from the first day that is judged; a visit, its settlements and lines go together, by the newest of them. Of
//! uses and purchases that go, the sums stay ([`detectors::carried`]). What belongs to no time stays, and so do stock
//! counts, which open balances.
//!
//! [`Selection`] goes twice through changes: [`Selection::read`] all, then [`Kept::keeps`] says of each whether it
//! stays. The changes of a record stay or go together, so that revisions and repetitions are known as before.

use std::collections::{BTreeMap, HashMap, HashSet};

use detectors::carried::{Carried, CarriedStock};
use detectors::classes::Classes;
use foldhash::fast::FixedState;
use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::decode::{Change, Decoder};
use records::ledger::{Fate, Ledger};
use records::row::{self, Day, Moment, day_of};
use rulebank::Bank;
use rulebank::looks_back::{self, Reach};
use serde::{Deserialize, Serialize};

use crate::Error;

/// A stay that is judged may have begun so many days before: the records of its first day are at hand.
pub const LONGEST_STAY_DAYS: i64 = 183;

/// Kinds that stay whatever rules look at: they belong to no time, or open balances.
const TIMELESS: [Kind; 7] = [
    Kind::Institution,
    Kind::Practitioner,
    Kind::Person,
    Kind::PersonFact,
    Kind::Enrolment,
    Kind::StockCount,
    Kind::Label,
];

/// From which day on records are at hand, by kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Horizon {
    /// The first day that is judged.
    judged_from: Day,
    /// By the name of a kind, the first day of which its records are at hand; all are of kinds that do not stand here.
    first_days: BTreeMap<String, Day>,
}

impl Horizon {
    /// What a bank needs so that everything from a day on is judged.
    pub fn new(bank: &Bank, judged_from: Day) -> Horizon {
        let stated = looks_back::of_bank(bank);
        let of = |kind| stated.get(&kind).copied().unwrap_or(Reach::Days(0));
        // A line is judged with its visit and its settlement, and money lies on both.
        let line = of(Kind::FeeLine);
        let visit = of(Kind::Visit).max(line);
        let settlement = of(Kind::Settlement).max(visit);
        let reach = |kind| match kind {
            Kind::Visit => visit,
            Kind::Settlement | Kind::Invoice => settlement,
            Kind::Prescription | Kind::Dispensing => of(kind).max(line),
            kind if TIMELESS.contains(&kind) => Reach::Ever,
            kind => of(kind),
        };
        let first_day = |kind| match reach(kind) {
            Reach::Ever => None,
            Reach::Days(days) => {
                let first = i64::from(judged_from) - days - LONGEST_STAY_DAYS;
                Some((Kind::name(kind).to_owned(), Day::try_from(first).unwrap_or(Day::MIN)))
            }
        };
        Horizon { judged_from, first_days: Kind::ALL.into_iter().filter_map(first_day).collect() }
    }

    /// The first day that is judged.
    pub fn judged_from(&self) -> Day {
        self.judged_from
    }

    /// The first day whose records of a kind are at hand; none if all are.
    pub fn first_day(&self, kind: Kind) -> Option<Day> {
        self.first_days.get(kind.name()).copied()
    }

    /// Whether a record of a kind is at hand, of which this is the newest moment.
    fn holds(&self, kind: Kind, newest: Moment) -> bool {
        self.first_day(kind).is_none_or(|first| day_of(newest) >= first)
    }

    /// Whether a change speaks of what is at hand no more: it is dated before, and neither its record nor its visit is
    /// known.
    ///
    /// # Errors
    /// The memory of texts is full.
    pub fn is_before(&self, ledger: &mut Ledger, change: &Change<'_>) -> Result<bool, Error> {
        let dated = row::sent_event_time(change);
        if dated.is_none_or(|dated| self.holds(change.kind, dated)) {
            return Ok(false);
        }
        Ok(!ledger.knows(change)?)
    }
}

/// Sums of a stock, with texts in the place of references: quantities in ten-thousandths, prices in fen, days since
/// 1970-01-01.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockSums {
    fixmedins_code: String,
    med_list_codg: String,
    used: i64,
    last_used: Day,
    lowest_price: Option<i64>,
    supplied: i64,
    first_supplied: Day,
    bought: bool,
}

impl StockSums {
    fn of(arena: &Arena, stock: &CarriedStock) -> StockSums {
        StockSums {
            fixmedins_code: arena.text(stock.institution),
            med_list_codg: arena.text(stock.item),
            used: stock.used,
            last_used: stock.last_used,
            lowest_price: stock.lowest_price,
            supplied: stock.supplied,
            first_supplied: stock.first_supplied,
            bought: stock.bought,
        }
    }

    /// The sums by the references of a ledger.
    ///
    /// # Errors
    /// The memory of texts is full.
    pub fn read(&self, ledger: &mut Ledger) -> Result<CarriedStock, Error> {
        Ok(CarriedStock {
            institution: ledger.intern(&self.fixmedins_code)?,
            item: ledger.intern(&self.med_list_codg)?,
            used: self.used,
            last_used: self.last_used,
            lowest_price: self.lowest_price,
            supplied: self.supplied,
            first_supplied: self.first_supplied,
            bought: self.bought,
        })
    }
}

type Map<K, V> = HashMap<K, V, FixedState>;
type Key = (Kind, TextRef, TextRef);

/// Whether a row is that of a change that withdraws its record: it has nothing but the key.
fn withdraws(arena: &Arena, row: RowRef) -> bool {
    row::head(arena, row::as_sent(arena, row)).del
}

/// Changes that were read, as far as it matters for what stays.
pub struct Selection {
    decoder: Decoder,
    ledger: Ledger,
    before: Option<Horizon>,
    carried: Carried,
    /// By record, the newest moment of any of its revisions.
    newest: Map<Key, Moment>,
    /// By visit, the newest moment of any of its records.
    of_visit: Map<TextRef, Moment>,
    /// Facts that stand.
    standing: HashSet<RowRef, FixedState>,
}

impl Selection {
    /// Nothing is read yet; `before` is the horizon at which records went before, if any did.
    pub fn new(before: Option<Horizon>) -> Selection {
        Selection {
            decoder: Decoder::new(),
            ledger: Ledger::default(),
            before,
            carried: Carried::default(),
            newest: Map::default(),
            of_visit: Map::default(),
            standing: HashSet::default(),
        }
    }

    /// Takes the sums of what went before.
    ///
    /// # Errors
    /// The memory of texts is full.
    pub fn carry(&mut self, sums: &StockSums) -> Result<(), Error> {
        let stock = sums.read(&mut self.ledger)?;
        self.carried.add(&stock);
        Ok(())
    }

    /// Reads a change; one that cannot be taken is passed over, and so is one that was set aside when it came, which
    /// none is that was at hand before.
    ///
    /// # Errors
    /// The memory of rows is full.
    pub fn read(&mut self, change: &[u8], was_at_hand: bool) -> Result<(), Error> {
        let (ledger, before) = (&mut self.ledger, self.before.as_ref().filter(|_| !was_at_hand));
        let taken = self.decoder.decode(change, |change| {
            if let Some(before) = before
                && before.is_before(ledger, change)?
            {
                return Ok((Fate::Duplicate, None, None));
            }
            let fate = ledger.apply(change)?;
            Ok::<_, Error>((fate, row::sent_event_time(change), ledger.newest(change)?))
        });
        let Ok(taken) = taken else { return Ok(()) };
        let (fate, dated, row) = taken?;
        self.follow();
        // A revision that was superseded on arrival has left no row, and is as new as it says.
        if let (Fate::Stale, Some(dated), Some(row)) = (fate, dated, row) {
            self.note(row, dated);
        }
        Ok(())
    }

    /// Follows the facts of a change.
    fn follow(&mut self) {
        for fact in self.ledger.take_facts() {
            match fact.diff {
                1 => drop(self.standing.insert(fact.row)),
                -1 => drop(self.standing.remove(&fact.row)),
                _ => {}
            }
            for row in [fact.row, fact.cause] {
                let arena = self.ledger.arena();
                let dated = if withdraws(arena, row) { None } else { row::event_time(arena, row) };
                if let Some(dated) = dated {
                    self.note(row, dated);
                }
            }
        }
    }

    fn note(&mut self, row: RowRef, dated: Moment) {
        let arena = self.ledger.arena();
        let visit = if withdraws(arena, row) { TextRef::NONE } else { row::visit_of(arena, row) };
        let (first, second) = row::key(arena, row);
        let newest = self.newest.entry((row::kind(arena, row), first, second)).or_insert(dated);
        *newest = dated.max(*newest);
        if visit.is_some() {
            let newest = self.of_visit.entry(visit).or_insert(dated);
            *newest = dated.max(*newest);
        }
    }

    /// Decides what stays.
    ///
    /// # Errors
    /// The memory of texts is full.
    pub fn decide(mut self, bank: &Bank, horizon: Horizon) -> Result<Kept, Error> {
        let mut full = None;
        let classes = Classes::compile(bank, &mut |text| {
            self.ledger.intern(text).unwrap_or_else(|error| {
                full = Some(error);
                TextRef::NONE
            })
        });
        if let Some(full) = full {
            return Err(full.into());
        }
        // A return belongs to its sale by their codes, fillers left out.
        self.ledger.set_fillers(bank.tables.fillers())?;
        self.follow();
        let mut kept = Kept { selection: self, horizon };
        kept.carry_what_goes(&classes);
        Ok(kept)
    }
}

/// What was decided.
pub struct Kept {
    selection: Selection,
    horizon: Horizon,
}

impl Kept {
    /// Sums up what moved stocks and goes.
    fn carry_what_goes(&mut self, classes: &Classes) {
        let arena = std::sync::Arc::clone(self.selection.ledger.arena());
        let mut openings: Map<(TextRef, TextRef), Day> = Map::default();
        let mut standing: Vec<RowRef> = self.selection.standing.iter().copied().collect();
        standing.sort_unstable();
        let goes: Vec<RowRef> = standing.iter().copied().filter(|fact| !self.stays(&arena, *fact)).collect();
        for fact in standing.into_iter().filter(|fact| row::kind(&arena, *fact) == Kind::StockCount) {
            let count = row::stock_count(&arena, fact);
            let opened = openings.entry((count.institution, count.item)).or_insert(count.day);
            *opened = count.day.min(*opened);
        }
        let Selection { ledger, carried, .. } = &mut self.selection;
        for fact in goes {
            let visit = row::visit_of(&arena, fact);
            let visit = ledger.standing(Kind::Visit, (visit, TextRef::NONE)).filter(|_| visit.is_some());
            let opened = |institution, item| openings.get(&(institution, item)).copied();
            carried.take(&arena, classes, (fact, visit), opened);
        }
    }

    /// Whether the record of a row stays.
    fn stays(&self, arena: &Arena, row: RowRef) -> bool {
        let kind = row::kind(arena, row);
        let (first, second) = row::key(arena, row);
        let visit = if withdraws(arena, row) { TextRef::NONE } else { row::visit_of(arena, row) };
        let own = self.selection.newest.get(&(kind, first, second)).copied();
        let of_visit = self.selection.of_visit.get(&visit).copied().filter(|_| visit.is_some());
        // Of what never had a moment nobody knows how old it is.
        own.max(of_visit).is_none_or(|newest| self.horizon.holds(kind, newest))
    }

    /// Whether a change stays that was read before.
    ///
    /// # Errors
    /// The memory of texts is full.
    pub fn keeps(&mut self, change: &[u8]) -> Result<bool, Error> {
        let Selection { decoder, ledger, .. } = &mut self.selection;
        let row = decoder.decode(change, |change| ledger.newest(change));
        // What cannot be taken now could be when it came: it is rejected again.
        let Ok(row) = row else { return Ok(true) };
        let arena = std::sync::Arc::clone(self.selection.ledger.arena());
        // What has no row was set aside.
        Ok(row?.is_some_and(|row| self.stays(&arena, row)))
    }

    /// What the records that go did to stocks, those that went before counted in.
    pub fn carried(&self) -> Vec<StockSums> {
        let arena = self.selection.ledger.arena();
        let mut sums: Vec<StockSums> =
            self.selection.carried.sums().map(|stock| StockSums::of(arena, stock)).collect();
        sums.sort_by(|a, b| {
            (&a.fixmedins_code, &a.med_list_codg).cmp(&(&b.fixmedins_code, &b.med_list_codg))
        });
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        records::time::parse_date(text).unwrap()
    }

    fn line(visit: &str, rev: u32, on: &str) -> String {
        format!(
            r#"{{"kind":"fee_line","rev":{rev},"mdtrt_id":"{visit}","feedetl_sn":"1","setl_id":"S","psn_no":"P","fixmedins_code":"H","fee_ocur_time":"{on} 09:00:00","med_list_codg":"X","list_type":"101","med_chrgitm_type":"09","cnt":"30","pric":"1","det_item_fee_sumamt":"30.00","fund_amt":"20.00"}}"#
        )
    }

    fn visit(visit: &str, on: &str) -> String {
        format!(
            r#"{{"kind":"visit","rev":1,"mdtrt_id":"{visit}","psn_no":"P","fixmedins_code":"H","med_type":"11","begntime":"{on} 08:00:00"}}"#
        )
    }

    /// What stays of changes that came after a horizon or were at hand then, and what is carried.
    fn select(
        before: Option<Horizon>,
        sums: &[StockSums],
        changes: &[(String, bool)],
        from: &str,
    ) -> (Vec<bool>, Vec<StockSums>, Horizon) {
        let bank = rulebank::load(None, detectors::detector::SPECS).unwrap();
        let mut selection = Selection::new(before);
        sums.iter().for_each(|sums| selection.carry(sums).unwrap());
        changes.iter().for_each(|(change, at_hand)| selection.read(change.as_bytes(), *at_hand).unwrap());
        let horizon = Horizon::new(&bank, day(from));
        let mut kept = selection.decide(&bank, horizon.clone()).unwrap();
        let stay = changes.iter().map(|(change, _)| kept.keeps(change.as_bytes()).unwrap()).collect();
        (stay, kept.carried(), horizon)
    }

    #[test]
    fn what_goes_is_carried_once_however_late_it_is_corrected() {
        let purchase = r#"{"kind":"purchase","rev":1,"purc_id":"B","move":"purchase","fixmedins_code":"H","med_list_codg":"X","cnt":"100","stoin_time":"2012-01-05 08:00:00"}"#;
        let came = |text: String| (text, false);
        // The line of the second visit is as old as that of the first, and comes before its visit, which is recent.
        let changes = [
            came(purchase.to_owned()),
            came(visit("V1", "2012-02-01")),
            came(line("V1", 1, "2012-02-01")),
            came(line("V2", 1, "2012-02-01")),
            came(visit("V2", "2025-02-01")),
        ];
        let (stay, sums, horizon) = select(None, &[], &changes, "2025-01-01");
        assert_eq!(stay, [false, false, false, true, true]);
        assert_eq!(
            (sums.len(), sums[0].used, sums[0].supplied, sums[0].bought),
            (1, 300_000, 1_000_000, true)
        );
        // Next time: what was at hand still is, and a correction of what went counts for nothing.
        let changes = [
            (line("V2", 1, "2012-02-01"), true),
            (visit("V2", "2025-02-01"), true),
            came(line("V1", 2, "2012-02-01")),
        ];
        let (stay, again, _) = select(Some(horizon), &sums, &changes, "2025-02-01");
        assert_eq!(stay, [true, true, false]);
        assert_eq!(again, sums);
    }
}
