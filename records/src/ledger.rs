//! What stands: for each key the change with the highest revision, netted into facts.
//!
//! The ledger takes changes in order of arrival and answers each with its fate: accepted, stale, a duplicate or
//! a conflict (contract section 1). What the fact base lost and gained is stated in exact `-old +new` rows
//! ([`FactChange`]), so that whoever follows them holds at any time just what the records that stand amount to:
//! fee lines with their reversals netted, sales with their returns taken off, settlements live or not
//! (contract section 4). Reversals, refunds and returns may come before what they name.
//!
//! Sums of reversals are 64 bits wide and saturate.
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

mod returns;

use std::sync::Arc;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use crate::Kind;
use crate::arena::{Arena, ArenaFull, ArenaWriter, RowRef, TextRef, Texts, Word};
use crate::clock::Clock;
use crate::decode::{Change, Op, Value};
use crate::row::{self, FeeLine, Head, Intern, Moment, RowBuilder};
use crate::schema::fields;
use returns::{Map, Returns};

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
    cnt: i64,
    amount: i64,
    fund: i64,
    count: u32,
    row: RowRef,
}

/// Standing settlements that name this one as their original, and its derived row.
#[derive(Clone, Copy, Debug, Default)]
struct Withdrawn {
    count: u32,
    row: RowRef,
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
    withdrawn: Map<TextRef, Withdrawn>,
    returns: Returns,
    clock: Clock,
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
            withdrawn: Map::default(),
            returns: Returns::default(),
            clock: Clock::default(),
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
        let (old, new) = (moment(old), moment(new));
        if old == new {
            return;
        }
        if let Some(new) = new {
            self.clock.add(new);
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
            sums.cnt = sums.cnt.saturating_add(sign * line.cnt);
            sums.amount = sums.amount.saturating_add(sign * line.amount);
            sums.fund = sums.fund.saturating_add(sign * line.fund);
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
            other => other.unwrap_or_default(),
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

    /// The row that states an original: itself, or a netted one if it has reversals.
    fn netted(&mut self, key: (TextRef, TextRef), row: RowRef) -> Result<RowRef, ArenaFull> {
        let Some(reversals) = self.reversals.get_mut(&key) else { return Ok(row) };
        if reversals.count == 0 {
            self.reversals.remove(&key);
            return Ok(row);
        }
        let line = row::fee_line(self.names.writer.arena(), row);
        row::write_net_line(
            &mut self.row,
            row,
            line.cnt.saturating_add(reversals.cnt),
            line.amount.saturating_add(reversals.amount),
            line.fund.saturating_add(reversals.fund),
        );
        reversals.row = self.names.writer.push(self.row.words())?;
        Ok(reversals.row)
    }

    // --- settlements and those that name them ---

    fn stand_settlement(&mut self, id: TextRef, replacement: Replacement) -> Result<(), ArenaFull> {
        let Replacement { old, new, cause } = replacement;
        let names = |row: Option<RowRef>| {
            row.map(|row| row::settlement(self.names.writer.arena(), row).original)
                .filter(|original| original.is_some() && *original != id)
        };
        let (named, names) = (names(old), names(new));
        // What was stated for this settlement until now.
        let stated = match self.withdrawn.get_mut(&id) {
            Some(withdrawn) if old.is_some() && withdrawn.row.is_some() => std::mem::take(&mut withdrawn.row),
            _ => old.unwrap_or_default(),
        };
        // The settlements that it named and names are stated anew.
        if named != names {
            if let Some(named) = named {
                self.name_settlement(named, -1, cause)?;
            }
            if let Some(names) = names {
                self.name_settlement(names, 1, cause)?;
            }
        }
        let states = match new {
            Some(row) => self.stated_settlement(id, row)?,
            None => RowRef::NONE,
        };
        self.restate(stated, states, cause);
        Ok(())
    }

    /// One settlement more or less names `id` as its original.
    fn name_settlement(&mut self, id: TextRef, sign: i32, cause: RowRef) -> Result<(), ArenaFull> {
        let before = self.withdrawn.get(&id).copied().unwrap_or_default();
        self.withdrawn.entry(id).or_default().count = before.count.saturating_add_signed(sign);
        if let Some(row) = self.standing(Kind::Settlement, (id, TextRef::NONE)) {
            let states = self.stated_settlement(id, row)?;
            self.restate(if before.row.is_none() { row } else { before.row }, states, cause);
        } else if self.withdrawn.get(&id).is_some_and(|withdrawn| withdrawn.count == 0) {
            self.withdrawn.remove(&id);
        }
        Ok(())
    }

    fn stated_settlement(&mut self, id: TextRef, row: RowRef) -> Result<RowRef, ArenaFull> {
        let Some(withdrawn) = self.withdrawn.get_mut(&id) else { return Ok(row) };
        if withdrawn.count == 0 {
            self.withdrawn.remove(&id);
            return Ok(row);
        }
        if withdrawn.row.is_none() || row::as_sent(self.names.writer.arena(), withdrawn.row) != row {
            row::write_withdrawn_settlement(&mut self.row, row);
            withdrawn.row = self.names.writer.push(self.row.words())?;
        }
        Ok(withdrawn.row)
    }

    // --- sales and their returns ---

    fn stand_dispensing(&mut self, id: TextRef, replacement: Replacement) -> Result<(), ArenaFull> {
        let Replacement { old, new, cause } = replacement;
        let arena = Arc::clone(self.names.writer.arena());
        let read = |row: Option<RowRef>| row.map(|row| row::dispensing(&arena, row));
        let (was, is) = (read(old), read(new));
        // The first loose return makes the index of sales by trace code, of all sales but this record.
        if self.returns.needs_index(is.as_ref()) {
            let sales: Vec<_> = self.keys[Kind::Dispensing as usize]
                .0
                .iter()
                .flat_map(HashTable::iter)
                .filter(|row| !row::head(&arena, **row).del)
                .map(|row| row::dispensing(&arena, *row))
                .filter(|sale| sale.id != id)
                .collect();
            self.returns.build_index(sales.iter());
        }
        // What was stated for this record until now; returns state nothing of their own.
        let stated = match &was {
            Some(sale) if !sale.is_return => self.returns.forget_net(id).unwrap_or(old.unwrap_or_default()),
            _ => RowRef::NONE,
        };
        // Other sales from which a return was taken, or to which one came, are stated anew.
        let keys = &self.keys[Kind::Dispensing as usize];
        let look = |sale: TextRef| {
            keys.get(&arena, Kind::Dispensing, (sale, TextRef::NONE))
                .filter(|row| !row::head(&arena, *row).del)
                .map(|row| row::dispensing(&arena, row))
        };
        let touched = self.returns.change(&arena, was.as_ref(), is.as_ref(), &look);
        for sale in touched {
            if sale != id
                && let Some(row) = self.standing(Kind::Dispensing, (sale, TextRef::NONE))
                && !row::dispensing(&arena, row).is_return
            {
                let stated = self.returns.forget_net(sale).unwrap_or(row);
                let states = self.net_sale(sale, row)?;
                self.restate(stated, states, cause);
            }
        }
        // And this one, if it is a sale that stands.
        let states = match (&is, new) {
            (Some(sale), Some(row)) if !sale.is_return => self.net_sale(id, row)?,
            _ => RowRef::NONE,
        };
        self.restate(stated, states, cause);
        Ok(())
    }

    /// The row that states a sale: itself, or what its returns leave of it.
    fn net_sale(&mut self, id: TextRef, row: RowRef) -> Result<RowRef, ArenaFull> {
        let arena = Arc::clone(self.names.writer.arena());
        let returned: Vec<_> = self
            .returns
            .of(id)
            .iter()
            .filter_map(|back| self.standing(Kind::Dispensing, (*back, TextRef::NONE)))
            .map(|row| row::dispensing(&arena, row))
            .collect();
        if returned.is_empty() {
            return Ok(row);
        }
        let sale = row::dispensing(&arena, row);
        let cnt = returned.iter().fold(sale.cnt, |left, back| left.saturating_sub(back.cnt));
        let codes: Vec<TextRef> = sale
            .codes
            .iter()
            .copied()
            .filter(|code| !returned.iter().any(|back| back.codes.contains(code)))
            .collect();
        row::write_net_sale(&mut self.row, row, cnt, &codes);
        let net = self.names.writer.push(self.row.words())?;
        self.returns.remember_net(id, net);
        Ok(net)
    }
}
