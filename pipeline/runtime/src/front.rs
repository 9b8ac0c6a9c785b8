//! The way in: lines become changes, changes become facts, facts are gathered into ticks.
//!
//! One thread does this, in order of arrival, so that everything that follows has one history whatever the
//! number of workers. Nothing is dropped: a line is accepted, a duplicate, or rejected with a reason.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use records::Kind;
use records::decode::{Change, Code, Decoder, Fault};
use records::ledger::{FactChange, Fate, Ledger};
use records::row::{self, Day, Moment};
use records::time::{day_of, limit_of_now, start_of};
use wire::rejected::Raw;
use wire::{Keyword, LineCounts, Origin, Rejected};

use crate::Error;
use crate::retention::{Horizon, StockSums};
use crate::source::{Refused, Row, is_white};
use detectors::carried::CarriedStock;
use detectors::worker::TickIn;

/// What became of a change that could be read.
struct AppliedChange {
    kind: Kind,
    /// None, if it speaks of what is at hand no more.
    fate: Option<Fate>,
    unknown_fields: u32,
    rev: Option<u64>,
}

impl AppliedChange {
    fn by(
        ledger: &mut Ledger,
        horizon: Option<&Horizon>,
        change: &Change<'_>,
    ) -> Result<AppliedChange, Error> {
        let is_before = match horizon {
            Some(horizon) => horizon.is_before(ledger, change)?,
            None => false,
        };
        let fate = if is_before { None } else { Some(ledger.apply(change)?) };
        let (kind, unknown_fields, rev) = (change.kind, change.unknown_fields, change.rev);
        Ok(AppliedChange { kind, fate, unknown_fields, rev })
    }
}

/// An institution of which a change was taken, and the division it stands in; none if it stands no more.
pub type Division = (String, Option<String>);

/// What became of a line or row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken; whether it stands or was superseded on arrival.
    Accepted,
    /// It was there before.
    Duplicate,
    /// It cannot be taken.
    Rejected {
        /// The kind it is of, as far as that is known.
        kind: Option<Kind>,
        /// The contract's code.
        code: Code,
        /// What is wrong with it, for people.
        text: String,
    },
}

/// Where a line or row stands, and how it looks there.
struct LineOrigin<'a> {
    file: &'a str,
    number: u64,
    /// Makes it, where it is to be shown.
    raw: &'a dyn Fn() -> Raw,
}

/// Writes down a line or row that was rejected.
fn write_rejected(outcome: Outcome, origin: &LineOrigin<'_>, to: &mut impl Write) -> io::Result<()> {
    let Outcome::Rejected { code, text, .. } = outcome else { return Ok(()) };
    let raw = (origin.raw)();
    let rejected = Rejected {
        code: Keyword::Borrowed(code.as_str()),
        origin: Origin::of_file(origin.file, origin.number),
        raw: raw.json,
        raw_bytes: raw.bytes,
        text,
    };
    serde_json::to_writer(&mut *to, &rejected)?;
    to.write_all(b"\n")
}

/// Lines in, ticks out.
pub struct Front {
    decoder: Decoder,
    ledger: Ledger,
    counts: [LineCounts; Kind::ALL.len()],
    unknown_kind: LineCounts,
    rejected_by_code: BTreeMap<&'static str, u64>,
    /// The first rejected line of each code since [`Front::begin_file`]: what is wrong with it.
    examples: BTreeMap<&'static str, String>,
    as_of: Option<Moment>,
    /// What *now* is while no record makes it.
    today: Option<Moment>,
    lines: u64,
    lines_in_tick: u64,
    tick: u64,
    divisions: Vec<Division>,
    kind: Option<Kind>,
    /// What is at hand, if not everything is.
    horizon: Option<Horizon>,
    carried: Vec<CarriedStock>,
    set_aside: u64,
}

impl Front {
    /// `as_of` replaces *now*.
    pub fn new(as_of: Option<Moment>) -> Front {
        Front {
            decoder: Decoder::new(),
            ledger: Ledger::default(),
            counts: Default::default(),
            unknown_kind: LineCounts::default(),
            rejected_by_code: BTreeMap::new(),
            examples: BTreeMap::new(),
            as_of,
            today: None,
            lines: 0,
            lines_in_tick: 0,
            tick: 0,
            divisions: Vec::new(),
            kind: None,
            horizon: None,
            carried: Vec::new(),
            set_aside: 0,
        }
    }

    /// Bounds *now* by the day of this moment, unless it was set: records dated later than the day after do not move it,
    /// and it is the beginning of the day while there are no others.
    pub fn bound_now(&mut self, wall_clock: Moment) {
        if self.as_of.is_none() {
            self.ledger.raise_limit(limit_of_now(wall_clock));
            self.today = Some(start_of(day_of(wall_clock)));
        }
    }

    /// Begins without the records before a horizon: what they did to stocks goes with the next tick, and changes that
    /// speak of them are accepted and set aside.
    ///
    /// # Errors
    /// The memory of texts is full.
    pub fn begin_at(&mut self, horizon: Horizon, carried: &[StockSums]) -> Result<(), Error> {
        self.horizon = Some(horizon);
        let read: Result<Vec<CarriedStock>, Error> =
            carried.iter().map(|sums| sums.read(&mut self.ledger)).collect();
        self.carried.extend(read?);
        Ok(())
    }

    /// The first day that is judged, if the service lets old records go.
    pub fn judged_from(&self) -> Option<Day> {
        self.horizon.as_ref().map(Horizon::judged_from)
    }

    /// Changes that were set aside, for they speak of what is at hand no more.
    pub fn set_aside(&self) -> u64 {
        self.set_aside
    }

    /// The kind of the change that was taken last, as far as it is known.
    pub fn kind(&self) -> Option<Kind> {
        self.kind
    }

    /// The ledger, for what must be interned beside the records.
    pub fn ledger(&mut self) -> &mut Ledger {
        &mut self.ledger
    }

    /// Makes room for about so many records.
    pub fn expect(&mut self, records: u64) {
        /// Beyond this many tables grow as they must.
        const MOST: u64 = 100_000_000;
        self.ledger.expect(usize::try_from(records.min(MOST)).unwrap_or(0));
    }

    /// Takes one change, which is no line of white space; says what became of it.
    ///
    /// # Errors
    /// The memory of rows is full.
    pub fn change(&mut self, line: &[u8]) -> Result<Outcome, Error> {
        let horizon = self.horizon.take();
        let outcome = self.change_beyond(line, horizon.as_ref());
        self.horizon = horizon;
        outcome
    }

    /// As [`Front::change`], of one that is at hand, however old it is.
    ///
    /// # Errors
    /// As [`Front::change`].
    pub fn change_at_hand(&mut self, line: &[u8]) -> Result<Outcome, Error> {
        self.change_beyond(line, None)
    }

    /// Takes a change; one that speaks of what is before the horizon is set aside.
    fn change_beyond(&mut self, line: &[u8], horizon: Option<&Horizon>) -> Result<Outcome, Error> {
        self.count_line();
        let ledger = &mut self.ledger;
        let taken = self.decoder.decode(line, |change| AppliedChange::by(ledger, horizon, change));
        if let Ok(Ok(AppliedChange { kind: Kind::Institution, fate: Some(Fate::Stands), .. })) = &taken {
            self.note_division();
        }
        self.count_fate(None, taken)
    }

    /// Notes where the institution stands whose change was taken last.
    fn note_division(&mut self) {
        let Some(FactChange { row, diff, .. }) = self.ledger.facts().last().copied() else { return };
        let arena = self.ledger.arena();
        let institution = row::institution(arena, row);
        let division = (diff > 0).then(|| arena.text(institution.admdvs));
        self.divisions.push((arena.text(institution.code), division));
    }

    /// The institutions of which changes were taken by [`Front::change`] since the last call.
    pub fn take_divisions(&mut self) -> Vec<Division> {
        std::mem::take(&mut self.divisions)
    }

    /// Counts what its source knows to be no change.
    pub fn refuse(&mut self, code: Code, text: String) -> Outcome {
        self.count_line();
        self.reject(None, code, text)
    }

    /// Takes one line; a white-space line counts for nothing. A rejected one is written to `rejected`.
    ///
    /// # Errors
    /// The memory of rows is full; what went wrong in writing is in the inner result.
    pub fn line(
        &mut self,
        file: &str,
        number: u64,
        line: &[u8],
        rejected: &mut impl Write,
    ) -> Result<io::Result<()>, Error> {
        if is_white(line) {
            return Ok(Ok(()));
        }
        let outcome = self.change(line)?;
        let raw = || Raw::of_line(line, line.len() as u64);
        Ok(write_rejected(outcome, &LineOrigin { file, number, raw: &raw }, rejected))
    }

    /// Takes what its reader knows to be no JSON.
    ///
    /// # Errors
    /// What went wrong in writing.
    pub fn refused(
        &mut self,
        file: &str,
        number: u64,
        refused: &Refused<'_>,
        rejected: &mut impl Write,
    ) -> io::Result<()> {
        let outcome = self.refuse(Code::NotJson, refused.text.clone());
        let raw = || Raw::of_line(refused.head, refused.length);
        write_rejected(outcome, &LineOrigin { file, number, raw: &raw }, rejected)
    }

    /// Takes one row of a table, as [`Front::line`] takes a line.
    ///
    /// # Errors
    /// As [`Front::line`].
    pub fn row(
        &mut self,
        file: &str,
        number: u64,
        row: &Row<'_>,
        rejected: &mut impl Write,
    ) -> Result<io::Result<()>, Error> {
        self.count_line();
        let origin = LineOrigin { file, number, raw: row.raw };
        let Some(kind) = row.kind else {
            let text = row.unknown_kind();
            return Ok(write_rejected(self.reject(None, Code::UnknownKind, text), &origin, rejected));
        };
        if let Some(torn) = row.torn {
            let outcome = self.reject(Some(kind), torn.code(), torn.text());
            return Ok(write_rejected(outcome, &origin, rejected));
        }
        let (ledger, horizon) = (&mut self.ledger, self.horizon.as_ref());
        let cells = row.cells.iter().copied();
        let taken = self
            .decoder
            .decode_row(kind, row.columns, cells, |change| AppliedChange::by(ledger, horizon, change));
        Ok(write_rejected(self.count_fate(Some(kind), taken)?, &origin, rejected))
    }

    fn count_line(&mut self) {
        self.lines += 1;
        self.lines_in_tick += 1;
    }

    /// Counts what became of a line.
    fn count_fate(
        &mut self,
        of_table: Option<Kind>,
        taken: Result<Result<AppliedChange, Error>, Fault>,
    ) -> Result<Outcome, Error> {
        let AppliedChange { kind, fate, unknown_fields, rev } = match taken {
            Ok(applied) => applied?,
            Err(Fault { kind, code, text }) => return Ok(self.reject(of_table.or(kind), code, text)),
        };
        self.kind = Some(kind);
        let counts = &mut self.counts[kind as usize];
        let outcome = match fate {
            Some(Fate::Stands) => Outcome::Accepted,
            None => {
                self.set_aside += 1;
                Outcome::Accepted
            }
            Some(Fate::Stale) => {
                counts.stale += 1;
                Outcome::Accepted
            }
            Some(Fate::Duplicate) => Outcome::Duplicate,
            Some(Fate::Conflict) => {
                let (kind_name, rev) = (kind.name(), rev.unwrap_or_default());
                let text =
                    format!("{kind_name}: revision {rev} of this key was there before with other content");
                return Ok(self.reject(Some(kind), Code::Conflict, text));
            }
        };
        match outcome {
            Outcome::Duplicate => counts.duplicate += 1,
            _ => counts.accepted += 1,
        }
        counts.unknown_fields += u64::from(unknown_fields);
        Ok(outcome)
    }

    fn reject(&mut self, kind: Option<Kind>, code: Code, text: String) -> Outcome {
        self.kind = kind;
        let counts = kind.map_or(&mut self.unknown_kind, |kind| &mut self.counts[kind as usize]);
        counts.rejected += 1;
        *self.rejected_by_code.entry(code.as_str()).or_default() += 1;
        if !self.examples.contains_key(code.as_str()) {
            self.examples.insert(code.as_str(), text.clone());
        }
        Outcome::Rejected { kind, code, text }
    }

    /// What *now* is at the moment.
    pub fn now(&self) -> Option<Moment> {
        self.as_of.or(self.ledger.now()).or(self.today)
    }

    /// Another file begins: examples of what is rejected are of it.
    pub fn begin_file(&mut self) {
        self.examples.clear();
    }

    /// Of each code with which a line was rejected since the file began: what is wrong with the first.
    pub fn examples(&self) -> &BTreeMap<&'static str, String> {
        &self.examples
    }

    /// Goes on after this tick: the next one has the number that follows.
    pub fn go_on_after(&mut self, tick: u64) {
        self.tick = self.tick.max(tick);
    }

    /// Number of the last tick that was closed; 0 before the first.
    pub fn last_tick(&self) -> u64 {
        self.tick
    }

    /// Non-blank lines since the last tick was closed.
    pub fn lines_in_tick(&self) -> u64 {
        self.lines_in_tick
    }

    /// Non-blank lines so far.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Fee lines so far, whatever their fate but rejection.
    pub fn fee_lines(&self) -> u64 {
        let counts = &self.counts[Kind::FeeLine as usize];
        counts.accepted + counts.duplicate
    }

    /// Closes the tick.
    pub fn close_tick(&mut self) -> TickIn {
        self.tick += 1;
        self.lines_in_tick = 0;
        TickIn {
            tick: self.tick,
            facts: Arc::new(self.ledger.take_facts()),
            now: self.now(),
            carried: (!self.carried.is_empty()).then(|| Arc::new(std::mem::take(&mut self.carried))),
            bank: None,
            profiles: false,
        }
    }

    /// Lines by kind (those of unknown kind under `?`), only kinds that occurred.
    pub fn counts(&self) -> Vec<(&'static str, LineCounts)> {
        let kinds = Kind::ALL.iter().map(|kind| (kind.name(), self.counts[*kind as usize]));
        kinds
            .chain([("?", self.unknown_kind)])
            .filter(|(_, counts)| *counts != LineCounts::default())
            .collect()
    }

    /// All lines.
    pub fn total(&self) -> LineCounts {
        let mut total = self.unknown_kind;
        self.counts.iter().for_each(|counts| total.add(counts));
        total
    }

    /// Rejected lines by code.
    pub fn rejected_by_code(&self) -> &BTreeMap<&'static str, u64> {
        &self.rejected_by_code
    }
}
