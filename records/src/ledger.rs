//! What stands: for each key the change with the highest revision, netted into facts.
//!
//! The ledger takes changes in order of arrival and answers each with its fate: accepted, stale, a duplicate or
//! a conflict (contract section 1). What the fact base lost and gained is stated in exact `-old +new` rows
//! ([`FactChange`]), so that whoever follows them holds at any time just what the records that stand amount to:
//! fee lines with their reversals netted, sales with their returns taken off, settlements live or not
//! (contract section 4). Reversals, refunds and returns may come before what they name.
//! What hangs on a settlement follows it: its lines are unpaid while it stands and is not live, and a sale that does not
//! say who paid is an insured one while it is live. Fillers are left out of what is stated ([`Ledger::set_fillers`]).
//!
//! Sums of reversals and returns are exact; a net quantity or amount beyond 64 bits is stated as the greatest that fits.
//!
//! # Example
//! ```
//! use records::decode::Decoder;
//! use records::ledger::{Fate, Ledger};
//! use records::row;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (mut decoder, mut ledger) = (Decoder::new(), Ledger::default());
//! let line = br#"{"kind": "person", "rev": 1, "psn_no": "T1", "gend": "1", "brdy": "1960-05-05"}"#;
//! assert_eq!(decoder.decode(line, |change| ledger.apply(change))??, Fate::Stands);
//! assert_eq!(decoder.decode(line, |change| ledger.apply(change))??, Fate::Duplicate);
//!
//! // Another revision: the fact base loses the old row and gains the new one.
//! let line = br#"{"kind": "person", "rev": 2, "psn_no": "T1", "gend": "2", "brdy": "1960-05-05"}"#;
//! decoder.decode(line, |change| ledger.apply(change))??;
//! let facts = ledger.take_facts();
//! assert_eq!(facts.iter().map(|fact| fact.diff).collect::<Vec<_>>(), [1, -1, 1]);
//! let person = row::person(ledger.arena(), facts[2].row);
//! assert_eq!((person.gend.code(), ledger.arena().text(person.psn_no)), ("2", "T1".to_owned()));
//! # Ok(())
//! # }
//! ```

mod clean;
mod codes;
mod returns;
mod settled;
mod settlements;

use std::collections::HashSet;
use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use crate::Kind;
use crate::arena::{Arena, ArenaFull, ArenaWriter, RowRef, TextRef, Texts, Word};
use crate::clock::Clock;
use crate::decode::{Change, Op, Value};
use crate::filler::Fillers;
use crate::row::{self, Dispensing, FeeLine, Head, Intern, Moment, NetLine, RowBuilder};
use crate::schema::fields;
use codes::clean_sale;
use returns::{Map, Returns};
use settled::Settled;

/// One fact lost (`diff` -1) or gained (+1), and the row of the change that made it so.
///
/// A change that stands without altering any fact is stated as one with `diff` 0, its row being the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FactChange {
    /// The fact: a row as sent or a derived one.
    pub row: RowRef,
    /// -1, +1, or 0.
    pub diff: i8,
    /// The change, as its row as sent.
    pub cause: RowRef,
}

/// The fate of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It stands.
    Stands,
    /// Accepted, but already superseded on arrival.
    Stale,
    /// Its key, revision and content were there before.
    Duplicate,
    /// Its key and revision were there before with another content.
    Conflict,
}

/// Signed sums of the standing reversals of one fee line, and its netted row.
#[derive(Clone, Copy, Debug, Default)]
struct Reversals {
    cnt: i128,
    amount: i128,
    fund: i128,
    count: u32,
    row: RowRef,
}

/// What fits into 64 bits, else the nearest that does.
fn clamped(sum: i128) -> i64 {
    i64::try_from(sum).unwrap_or(if sum > 0 { i64::MAX } else { i64::MIN })
}

/// One version of a record in the place of another.
#[derive(Clone, Copy, Debug)]
struct Replacement {
    /// The row that stood, none if the record did not stand.
    old: Option<RowRef>,
    /// The row that stands now, none if the record is withdrawn.
    new: Option<RowRef>,
    /// The change that brought it.
    cause: RowRef,
}

struct Names {
    writer: ArenaWriter,
    texts: Texts,
}

impl Intern for Names {
    type Error = ArenaFull;
    fn intern(&mut self, text: &str) -> Result<TextRef, ArenaFull> {
        self.texts.intern(&mut self.writer, text)
    }
}

/// Keys of one kind and the row that stands for each, cut into 256 parts that grow one at a time.
struct Keys(Box<[HashTable<RowRef>]>);

/// Mixes both parts by one wide multiplication, high half folded onto the low one.
fn hash_key(key: (TextRef, TextRef)) -> u64 {
    let pair = u64::from(key.0) << 32 | u64::from(key.1);
    let product =
        (u128::from(pair) ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xd6e8_feb8_6659_fd93_a5a5_3c6e_f372_fe95);
    let folded = (product ^ (product >> 64)) & u128::from(u64::MAX);
    u64::try_from(folded).unwrap_or(0)
}

impl Keys {
    fn new() -> Keys {
        Keys((0..256).map(|_| HashTable::new()).collect())
    }
    /// Makes room for so many keys.
    fn expect(&mut self, arena: &Arena, count: usize) {
        let parts = self.0.len();
        for part in &mut self.0 {
            part.reserve(count / parts, |row| hash_key(row::key(arena, *row)));
        }
    }
    fn part(key: (TextRef, TextRef)) -> (u64, usize) {
        let hash = hash_key(key);
        (hash, (hash >> 48 & 0xff) as usize)
    }
    fn get(&self, arena: &Arena, kind: Kind, key: (TextRef, TextRef)) -> Option<RowRef> {
        let (hash, part) = Keys::part(key);
        self.0[part].find(hash, |row| is_key(arena, kind, *row, key)).copied()
    }
    /// The place of a key, taken or free.
    fn entry(&mut self, arena: &Arena, kind: Kind, key: (TextRef, TextRef)) -> Entry<'_, RowRef> {
        let (hash, part) = Keys::part(key);
        let rehash = |row: &RowRef| hash_key(row::key(arena, *row));
        self.0[part].entry(hash, |row| is_key(arena, kind, *row, key), rehash)
    }
}

#[inline]
fn is_key(arena: &Arena, kind: Kind, row: RowRef, key: (TextRef, TextRef)) -> bool {
    arena.word(row, 1) == key.0.word() && (!row::two_part_key(kind) || arena.word(row, 2) == key.1.word())
}

/// Changes in, facts out.
pub struct Ledger {
    names: Names,
    keys: Vec<Keys>,
    /// Content hashes of revisions that do not stand; rev + 1, or 0 for the last one without rev.
    superseded: Map<(Kind, TextRef, TextRef, u64), u64>,
    reversals: Map<(TextRef, TextRef), Reversals>,
    settled: Settled,
    fillers: Fillers,
    /// Derived rows of purchases with fillers among their trace codes.
    clean_purchases: Map<TextRef, RowRef>,
    returns: Returns,
    clock: Clock,
    /// The row that moved *now* on last.
    newest_row: Option<RowRef>,
    row: RowBuilder,
    facts: Vec<FactChange>,
}

impl Default for Ledger {
    fn default() -> Self {
        Ledger {
            names: Names { writer: ArenaWriter::default(), texts: Texts::default() },
            keys: Kind::ALL.iter().map(|_| Keys::new()).collect(),
            superseded: Map::default(),
            reversals: Map::default(),
            settled: Settled::default(),
            fillers: Fillers::default(),
            clean_purchases: Map::default(),
            returns: Returns::default(),
            clock: Clock::default(),
            newest_row: None,
            row: RowBuilder::default(),
            facts: Vec::new(),
        }
    }
}

impl Ledger {
    /// The memory of rows and texts, for readers.
    pub fn arena(&self) -> &Arc<Arena> {
        self.names.writer.arena()
    }

    /// The address of the next word of that memory.
    pub fn next_word(&self) -> u64 {
        self.names.writer.next()
    }

    /// Makes room for about so many changes to come.
    ///
    /// The shares are those of an ordinary feed. Where they are off, tables grow as they would have.
    pub fn expect(&mut self, changes: usize) {
        let arena = Arc::clone(self.arena());
        self.names.texts.expect(&arena, changes * 2 / 5);
        self.keys[Kind::FeeLine as usize].expect(&arena, changes * 3 / 5);
        for kind in [Kind::Visit, Kind::Settlement, Kind::Prescription, Kind::Presence] {
            self.keys[kind as usize].expect(&arena, changes / 14);
        }
    }

    /// Interns a text that no record brought, such as an item of a knowledge table.
    ///
    /// # Errors
    /// [`ArenaFull`].
    pub fn intern(&mut self, text: &str) -> Result<TextRef, ArenaFull> {
        self.names.intern(text)
    }

    /// Where a text stands, if a record or a table ever brought it.
    pub fn find(&self, text: &str) -> Option<TextRef> {
        self.names.texts.find(self.names.writer.arena(), text)
    }

    /// The greatest event time of the records that stand.
    pub fn now(&self) -> Option<Moment> {
        self.clock.newest()
    }

    /// Records dated behind this moment do not move *now*, as yet; the limit only goes on.
    pub fn raise_limit(&mut self, limit: Moment) {
        self.clock.raise_limit(limit);
    }

    /// How many records are dated behind the limit.
    pub fn beyond_limit(&self) -> u64 {
        self.clock.beyond()
    }

    /// Records that stand and are dated behind the limit, the latest first: at most so many of them.
    ///
    /// It looks at all that stands, once, if there is any such record.
    pub fn latest_beyond_limit(&self, most: usize) -> Vec<(RowRef, Moment)> {
        let Some(limit) = self.clock.limit().filter(|_| self.clock.beyond() > 0) else { return Vec::new() };
        let arena = self.names.writer.arena();
        let mut beyond: Vec<(RowRef, Moment)> = self
            .all_standing()
            .filter_map(|row| Some((row, row::event_time(arena, row)?)))
            .filter(|(_, moment)| *moment > limit)
            .collect();
        // Of those dated alike, the order of arrival.
        beyond.sort_by_key(|(row, moment)| (std::cmp::Reverse(*moment), *row));
        beyond.truncate(most);
        beyond
    }

    /// The record that *now* comes from: of those dated alike the first to have arrived, unless it was replaced since.
    pub fn newest_record(&self) -> Option<RowRef> {
        let (now, arena) = (self.clock.newest()?, self.names.writer.arena());
        if let Some(row) = self.newest_row
            && row::event_time(arena, row) == Some(now)
            && self.keys[row::kind(arena, row) as usize].get(
                arena,
                row::kind(arena, row),
                row::key(arena, row),
            ) == Some(row)
        {
            return Some(row);
        }
        self.all_standing().filter(|row| row::event_time(arena, *row) == Some(now)).min()
    }

    /// The rows of all records that stand, in no order.
    fn all_standing(&self) -> impl Iterator<Item = RowRef> {
        let arena = self.names.writer.arena();
        let rows = self.keys.iter().flat_map(|keys| keys.0.iter().flat_map(HashTable::iter));
        rows.copied().filter(|row| !row::head(arena, *row).del)
    }

    /// What changed since it was taken last, in order.
    pub fn facts(&self) -> &[FactChange] {
        &self.facts
    }

    /// What changed since the last call, in order.
    pub fn take_facts(&mut self) -> Vec<FactChange> {
        std::mem::take(&mut self.facts)
    }

    /// Takes one change.
    ///
    /// # Errors
    /// [`ArenaFull`] when 16 GiB of rows and texts are used up.
    pub fn apply(&mut self, change: &Change<'_>) -> Result<Fate, ArenaFull> {
        let kind = change.kind;
        let key = self.intern_key(change)?;
        // What stands for this key decides the fate of the change: its revision first, then its content.
        let slot = self.keys[kind as usize].entry(self.names.writer.arena(), kind, key);
        let standing = match &slot {
            Entry::Occupied(taken) => Some(*taken.get()),
            Entry::Vacant(_) => None,
        };
        let head = standing.map(|row| row::head(self.names.writer.arena(), row));
        if let Some(head) = head {
            if head.rev == change.rev {
                if head.content_hash == change.content_hash {
                    return Ok(Fate::Duplicate);
                }
                if change.rev.is_some() {
                    return Ok(Fate::Conflict);
                }
            } else {
                let revision = (kind, key.0, key.1, change.rev.map_or(0, |rev| rev + 1));
                if head.rev > change.rev {
                    // Older than what stands: only its hash is kept, so that a repetition is no conflict.
                    return Ok(match self.superseded.insert(revision, change.content_hash) {
                        Some(before) if before == change.content_hash => Fate::Duplicate,
                        Some(before) if change.rev.is_some() => {
                            self.superseded.insert(revision, before);
                            Fate::Conflict
                        }
                        _ => Fate::Stale,
                    });
                }
                let revision = (kind, key.0, key.1, head.rev.map_or(0, |rev| rev + 1));
                self.superseded.insert(revision, head.content_hash);
            }
        }
        // It stands: its row is written and takes the key.
        row::write(&mut self.row, change, key, &mut self.names)?;
        let row = self.names.writer.push(self.row.words())?;
        match slot {
            Entry::Occupied(mut taken) => *taken.get_mut() = row,
            Entry::Vacant(free) => {
                free.insert(row);
            }
        }
        // A row that withdraws its record states no fact, neither now nor when it is replaced.
        let old = standing.filter(|_| head.is_some_and(|head: Head| !head.del));
        let new = (change.op == Op::Put).then_some(row);
        self.tick_clock(old, new);
        let stated = self.facts.len();
        self.stand(kind, key, Replacement { old, new, cause: row })?;
        if self.facts.len() == stated {
            self.facts.push(FactChange { row, diff: 0, cause: row });
        }
        Ok(Fate::Stands)
    }

    /// Whether any revision of the record that a change is of is here, or the visit that it is of.
    ///
    /// # Errors
    /// [`ArenaFull`].
    pub fn knows(&mut self, change: &Change<'_>) -> Result<bool, ArenaFull> {
        let key = self.intern_key(change)?;
        let visit = (self.names.intern(row::sent_visit(change))?, TextRef::NONE);
        let arena = self.names.writer.arena();
        let has = |kind: Kind, key| self.keys[kind as usize].get(arena, kind, key).is_some();
        Ok(has(change.kind, key) || (visit.0.is_some() && has(Kind::Visit, visit)))
    }

    /// The row that the newest revision of the record is that a change is of, also of a withdrawn one.
    ///
    /// # Errors
    /// [`ArenaFull`].
    pub fn newest(&mut self, change: &Change<'_>) -> Result<Option<RowRef>, ArenaFull> {
        let key = self.intern_key(change)?;
        Ok(self.keys[change.kind as usize].get(self.names.writer.arena(), change.kind, key))
    }

    fn intern_key(&mut self, change: &Change<'_>) -> Result<(TextRef, TextRef), ArenaFull> {
        let mut parts = [TextRef::NONE; 2];
        let key_fields = fields(change.kind).iter().take_while(|field| field.key);
        for ((part, _), value) in parts.iter_mut().zip(key_fields).zip(change.values) {
            if let Value::Text(text) = value {
                *part = self.names.intern(text)?;
            }
        }
        Ok((parts[0], parts[1]))
    }

    fn tick_clock(&mut self, old: Option<RowRef>, new: Option<RowRef>) {
        let arena = self.names.writer.arena();
        let moment = |row: Option<RowRef>| row.and_then(|row| row::event_time(arena, row));
        let (row, old, new) = (new, moment(old), moment(new));
        if old == new {
            return;
        }
        if let Some(new) = new {
            let before = self.clock.newest();
            self.clock.add(new);
            if self.clock.newest() > before {
                self.newest_row = row;
            }
        }
        if let Some(old) = old
            && self.clock.remove(old)
        {
            let standing = self
                .keys
                .iter()
                .flat_map(|keys| keys.0.iter().flat_map(HashTable::iter))
                .filter(|row| !row::head(arena, **row).del)
                .filter_map(|row| row::event_time(arena, *row));
            self.clock.rebuild(standing);
        }
    }

    /// States what follows from another version of a record.
    fn stand(
        &mut self,
        kind: Kind,
        key: (TextRef, TextRef),
        replacement: Replacement,
    ) -> Result<(), ArenaFull> {
        match kind {
            Kind::FeeLine => self.stand_line(key, replacement),
            Kind::Settlement => self.stand_settlement(key.0, replacement),
            Kind::Dispensing => self.stand_dispensing(key.0, replacement),
            Kind::Purchase => self.stand_purchase(key.0, replacement),
            _ => {
                let Replacement { old, new, cause } = replacement;
                self.restate(old.unwrap_or_default(), new.unwrap_or_default(), cause);
                Ok(())
            }
        }
    }

    fn restate(&mut self, was: RowRef, is: RowRef, cause: RowRef) {
        if was == is {
            return;
        }
        if was.is_some() {
            self.facts.push(FactChange { row: was, diff: -1, cause });
        }
        if is.is_some() {
            self.facts.push(FactChange { row: is, diff: 1, cause });
        }
    }

    /// The standing row of a key, if the record stands.
    pub fn standing(&self, kind: Kind, key: (TextRef, TextRef)) -> Option<RowRef> {
        let arena = self.names.writer.arena();
        self.keys[kind as usize].get(arena, kind, key).filter(|row| !row::head(arena, *row).del)
    }

    // --- fee lines and their reversals ---

    fn stand_line(&mut self, key: (TextRef, TextRef), replacement: Replacement) -> Result<(), ArenaFull> {
        let Replacement { old, new, cause } = replacement;
        let read = |row: Option<RowRef>| row.map(|row| row::fee_line(self.names.writer.arena(), row));
        let (was, is) = (read(old), read(new));
        let is_original = |line: &Option<FeeLine>| line.is_some_and(|line| line.reverses.is_none());
        self.settled.move_line(key, was.as_ref(), is.as_ref());
        // What was stated for this key until now.
        let stated = match self.reversals.get_mut(&key) {
            Some(reversals) if is_original(&was) && reversals.row.is_some() => {
                std::mem::take(&mut reversals.row)
            }
            _ => old.unwrap_or_default(),
        };
        // A reversal leaves the sums of the line it named and enters those of the line it names.
        for (line, sign) in [(was, -1i64), (is, 1)] {
            let Some(line) = line.filter(|line| line.reverses.is_some()) else { continue };
            let target = (key.0, line.reverses);
            let sums = self.reversals.entry(target).or_default();
            sums.cnt += i128::from(sign * line.cnt);
            sums.amount += i128::from(sign * line.amount);
            sums.fund += i128::from(sign * line.fund);
            sums.count = sums.count.saturating_add_signed(if sign > 0 { 1 } else { -1 });
        }
        // Those lines are stated anew; this one follows below.
        for target in
            [was, is].into_iter().flatten().filter(|l| l.reverses.is_some()).map(|l| (key.0, l.reverses))
        {
            if target != key {
                self.net_line(target, cause)?;
            }
        }
        let states = match new {
            Some(row) if is_original(&is) => self.netted(key, row)?,
            other => {
                self.forget_reversals(key);
                other.unwrap_or_default()
            }
        };
        self.restate(stated, states, cause);
        Ok(())
    }

    /// Nets a line again after its reversals changed.
    fn net_line(&mut self, key: (TextRef, TextRef), cause: RowRef) -> Result<(), ArenaFull> {
        let Some(row) = self.standing(Kind::FeeLine, key) else {
            self.forget_reversals(key);
            return Ok(());
        };
        if row::fee_line(self.names.writer.arena(), row).reverses.is_some() {
            self.forget_reversals(key);
            return Ok(());
        }
        let stated = self.reversals.get(&key).map_or(RowRef::NONE, |reversals| reversals.row);
        let states = self.netted(key, row)?;
        self.restate(if stated.is_none() { row } else { stated }, states, cause);
        Ok(())
    }

    fn forget_reversals(&mut self, key: (TextRef, TextRef)) {
        if self.reversals.get(&key).is_some_and(|reversals| reversals.count == 0) {
            self.reversals.remove(&key);
        }
    }

    /// The row that states an original: itself, or a derived one if it has reversals or its settlement is not live.
    fn netted(&mut self, key: (TextRef, TextRef), row: RowRef) -> Result<RowRef, ArenaFull> {
        let line = row::fee_line(self.names.writer.arena(), row);
        let unsettled = self.settled.is_dead(line.settlement);
        let reversals = match self.reversals.get_mut(&key) {
            Some(reversals) => reversals,
            None if unsettled => self.reversals.entry(key).or_default(),
            None => return Ok(row),
        };
        if reversals.count == 0 && !unsettled {
            self.reversals.remove(&key);
            return Ok(row);
        }
        let net = NetLine {
            cnt: clamped(i128::from(line.cnt) + reversals.cnt),
            amount: clamped(i128::from(line.amount) + reversals.amount),
            fund: clamped(i128::from(line.fund) + reversals.fund),
            netted: reversals.count != 0,
            unsettled,
        };
        row::write_net_line(&mut self.row, row, net);
        reversals.row = self.names.writer.push(self.row.words())?;
        Ok(reversals.row)
    }

    // --- sales and their returns ---

    fn stand_dispensing(&mut self, id: TextRef, replacement: Replacement) -> Result<(), ArenaFull> {
        let Replacement { old, new, cause } = replacement;
        let arena = Arc::clone(self.names.writer.arena());
        let read = |row: RowRef| (row, clean_sale(&arena, &self.fillers, row));
        let (was, is) = (old.map(read), new.map(read));
        self.change_dispensing(id, was.as_ref(), is.as_ref(), cause)
    }

    /// Follows a dispensing from what it was to what it is, both without fillers.
    fn change_dispensing(
        &mut self,
        id: TextRef,
        was: Option<&(RowRef, Dispensing)>,
        is: Option<&(RowRef, Dispensing)>,
        cause: RowRef,
    ) -> Result<(), ArenaFull> {
        let arena = Arc::clone(self.names.writer.arena());
        let record = |of: Option<&(RowRef, Dispensing)>| of.map(|(_, record)| record.clone());
        let (record_was, record_is) = (record(was), record(is));
        // The first loose return makes the index of sales by trace code, of all sales but this record.
        if self.returns.needs_index(record_is.as_ref()) {
            let sales: Vec<_> = self.keys[Kind::Dispensing as usize]
                .0
                .iter()
                .flat_map(HashTable::iter)
                .filter(|row| !row::head(&arena, **row).del)
                .map(|row| clean_sale(&arena, &self.fillers, *row))
                .filter(|sale| sale.id != id)
                .collect();
            self.returns.build_index(sales.iter());
        }
        self.settled.move_sale(id, record_was.as_ref(), record_is.as_ref());
        // What was stated for this record until now; a return states itself.
        let stated = match was {
            Some((row, sale)) if !sale.is_return => self.returns.forget_net(id).unwrap_or(*row),
            Some((row, _)) => *row,
            None => RowRef::NONE,
        };
        // Other sales from which a return was taken, or to which one came, are stated anew.
        let keys = &self.keys[Kind::Dispensing as usize];
        let look = |sale: TextRef| {
            keys.get(&arena, Kind::Dispensing, (sale, TextRef::NONE))
                .filter(|row| !row::head(&arena, *row).del)
                .map(|row| row::dispensing(&arena, row))
        };
        let touched = self.returns.change(&arena, record_was.as_ref(), record_is.as_ref(), &look);
        for sale in touched {
            if sale != id
                && let Some(row) = self.standing(Kind::Dispensing, (sale, TextRef::NONE))
                && !row::dispensing(&arena, row).is_return
            {
                self.restate_sale(sale, row, cause)?;
            }
        }
        // And this one, if it stands.
        let states = match is {
            Some((row, sale)) if !sale.is_return => self.net_sale(id, *row)?,
            Some((row, _)) => *row,
            None => RowRef::NONE,
        };
        self.restate(stated, states, cause);
        Ok(())
    }

    /// States a sale anew of which something else changed.
    fn restate_sale(&mut self, sale: TextRef, row: RowRef, cause: RowRef) -> Result<(), ArenaFull> {
        let stated = self.returns.forget_net(sale).unwrap_or(row);
        let states = self.net_sale(sale, row)?;
        self.restate(stated, states, cause);
        Ok(())
    }

    /// The row that states a sale: itself, or a derived one if it has returns or fillers, or is insured by its settlement.
    fn net_sale(&mut self, id: TextRef, row: RowRef) -> Result<RowRef, ArenaFull> {
        let arena = Arc::clone(self.names.writer.arena());
        let returned: Vec<_> = self
            .returns
            .of(id)
            .iter()
            .filter_map(|back| self.standing(Kind::Dispensing, (*back, TextRef::NONE)))
            .map(|row| row::dispensing(&arena, row))
            .collect();
        let sale = row::dispensing(&arena, row);
        let by_settlement = !sale.says_who_paid && self.is_live(sale.settlement);
        let clean = self.clean_codes(&sale.codes);
        if returned.is_empty() && !by_settlement && clean.is_none() {
            return Ok(row);
        }
        let left = returned.iter().fold(i128::from(sale.cnt), |left, back| left - i128::from(back.cnt));
        let back: HashSet<TextRef, FixedState> =
            returned.iter().flat_map(|back| back.codes.iter().copied()).collect();
        let mut codes = clean.unwrap_or(sale.codes);
        codes.retain(|code| !back.contains(code));
        row::write_net_sale(&mut self.row, row, clamped(left), &codes, by_settlement);
        let net = self.names.writer.push(self.row.words())?;
        self.returns.remember_net(id, net);
        Ok(net)
    }
}
