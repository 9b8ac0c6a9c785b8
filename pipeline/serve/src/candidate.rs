//! A bank that may come into force: an engine of its own beside the one that serves, on the same changes.
//!
//! It loads what the store has, under the bank in force; then it goes to the other bank, and what it answers to that
//! is the difference: every alert that comes, goes or changes over the whole history, with what in the bank is the
//! cause. Until somebody decides it follows the stream. Meanwhile nothing changes for anybody, but that the program
//! takes twice the memory; while changes come, the load leaves half of its time to them.
//!
//! What is handed over in the end is the engine with all that differs from the alerts of one snapshot, so that the live
//! loop has to look only at what came since.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use detectors::alert_view::AlertEvent;
use rulebank::Bank;
use runtime::engine::{Engine, Options, Recorder};
use runtime::profile::Profile;
use runtime::retention::{Horizon, StockSums};
use store::{Base, Position, Snapshot, State};
use wire::{AlertDifference, Cause};

use crate::Error;
use crate::at_hand::{carried, horizon, load};
use crate::clock::{limit_of_now, wall_clock};
use crate::judged::{Judged, Standing, Stands, occurred};
use crate::recover::{Difference, Stored, beside, differences, standing, stored};

/// Changes of a tick of the load; small, so that the load can pause between them.
const TICK: u64 = 20_000;

/// Events that are read at a time.
const PAGE: usize = 1_000;

/// What the view's thread records.
#[derive(Default)]
pub(crate) struct Record {
    /// Whether events are recorded.
    is_on: AtomicBool,
    events: Mutex<Vec<AlertEvent>>,
    judged: Mutex<Option<Instant>>,
}

/// A record that two threads have.
pub(crate) type Recorded = Arc<Record>;

impl Record {
    /// Records events from now on.
    pub(crate) fn begin(&self) {
        self.is_on.store(true, Ordering::Release);
    }

    /// The events since the last call.
    pub(crate) fn take(&self) -> Vec<AlertEvent> {
        std::mem::take(&mut *self.events.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// When the last tick was judged.
    pub(crate) fn judged(&self) -> Option<Instant> {
        *self.judged.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What records for an engine, and what it records.
pub(crate) fn recorder() -> (Recorder, Recorded) {
    let recorded = Recorded::default();
    let to = Arc::clone(&recorded);
    let recorder = Box::new(move |events: &[AlertEvent]| {
        *to.judged.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        if to.is_on.load(Ordering::Acquire) {
            to.events.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(events);
        }
        Ok(())
    });
    (recorder, recorded)
}

/// An engine on another bank, which follows the store.
pub(crate) struct Candidate {
    pub(crate) engine: Engine,
    pub(crate) recorded: Recorded,
    state: State,
    /// Where in the segments it has come to.
    at: Position,
    /// Of the alerts that the change of the bank touched, what in it is the cause.
    causes: BTreeMap<String, Vec<Cause>>,
    /// Whether it judges from a later day on than the engine that serves.
    ages: bool,
}

/// A candidate that is ready to serve, and what it knows of one moment.
pub(crate) struct Ready {
    pub(crate) candidate: Candidate,
    /// The moment.
    snapshot: Snapshot,
    /// What differed then.
    differing: BTreeMap<String, Difference>,
}

/// Where the load begins.
pub(crate) enum Beginning<'a> {
    /// With what the store has at hand.
    Stored,
    /// With a base that does not count yet: what is at hand from it on, and what it carries.
    At(&'a Base, &'a Horizon, &'a [StockSums]),
}

/// Takes a change of the load, which is of this tick, into the engine, in ticks between which is waited.
fn take(
    engine: &mut Engine,
    (tick, change): (u64, &[u8]),
    begun: &mut Instant,
    wait: &mut impl FnMut(u64, Duration) -> Result<(), Error>,
) -> Result<(), Error> {
    load(&mut engine.front, tick, change)?;
    if engine.front.lines_in_tick() >= TICK {
        engine.close_tick()?;
        engine.settle()?;
        wait(engine.front.lines(), begun.elapsed())?;
        *begun = Instant::now();
    }
    Ok(())
}

impl Candidate {
    /// Loads an engine on the first of these banks; `wait` is asked between ticks, and ends it with an error.
    ///
    /// # Errors
    /// The store is damaged, the engine stopped, it was told to end.
    pub(crate) fn load(
        banks: &[&Bank],
        (workers, profile): (usize, Option<Profile>),
        state: &State,
        beginning: Beginning<'_>,
        mut wait: impl FnMut(u64, Duration) -> Result<(), Error>,
    ) -> Result<Candidate, Error> {
        let (recorder, recorded) = recorder();
        let options = Options { workers, as_of: None, profile };
        let mut engine = Engine::start_among(banks, &options, recorder)?;
        engine.front.ledger().raise_limit(limit_of_now(wall_clock()));
        let at = Position::default();
        let (followed, causes) = (state.clone(), BTreeMap::new());
        let mut candidate = Candidate { engine, recorded, state: followed, at, causes, ages: false };
        candidate.begin(beginning, &mut wait)?;
        // What came while it was loading is loaded in turn, until little is left. A stream that fills the time which is
        // left to it is never caught up with by pausing: then no more pauses are made.
        let (mut behind, mut pauses) = (u64::MAX, true);
        while behind > TICK {
            let mut wait = |taken, took| wait(taken, if pauses { took } else { Duration::ZERO });
            let before = std::mem::replace(&mut behind, candidate.follow(&state.snapshot()?, &mut wait)?);
            pauses &= behind < before / 2;
        }
        candidate.engine.close_tick_with_profiles()?;
        candidate.engine.settle()?;
        candidate.recorded.begin();
        Ok(candidate)
    }

    /// Begins where it is to begin.
    fn begin(
        &mut self,
        beginning: Beginning<'_>,
        wait: &mut impl FnMut(u64, Duration) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let snapshot = self.state.snapshot()?;
        match beginning {
            Beginning::Stored => {
                if let Some(horizon) = horizon(&snapshot)? {
                    self.engine.front.begin_at(horizon, &carried(&snapshot)?)?;
                }
            }
            Beginning::At(base, horizon, sums) => {
                self.engine.front.begin_at(horizon.clone(), sums)?;
                let folder = self.state.folder().to_owned();
                let (engine, mut begun) = (&mut self.engine, Instant::now());
                base.changes(&folder, |tick, change| take(engine, (tick, change), &mut begun, wait))?;
                (self.at, self.ages) = (base.from, true);
            }
        }
        Ok(())
    }

    /// Takes the changes up to a snapshot; gives how many they were.
    fn follow(
        &mut self,
        snapshot: &Snapshot,
        wait: &mut impl FnMut(u64, Duration) -> Result<(), Error>,
    ) -> Result<u64, Error> {
        let (engine, mut begun) = (&mut self.engine, Instant::now());
        let before = engine.front.lines();
        engine.front.ledger().raise_limit(limit_of_now(wall_clock()));
        snapshot.replay(self.at, |tick, change| take(engine, (tick, change), &mut begun, wait))?;
        if engine.front.lines_in_tick() > 0 {
            engine.close_tick()?;
        }
        engine.settle()?;
        self.at = snapshot.position()?;
        Ok(engine.front.lines() - before)
    }

    /// Goes to the other bank; gives what that does to the alerts, by id, and to what shadow rules find.
    ///
    /// # Errors
    /// The engine stopped.
    pub(crate) fn change_bank(&mut self, bank: &Bank) -> Result<[Vec<AlertDifference>; 2], Error> {
        self.recorded.take();
        self.engine.change_bank(bank)?;
        self.engine.settle()?;
        let mut found = [Vec::new(), Vec::new()];
        for AlertEvent { line, change, shadow, .. } in self.recorded.take() {
            let Some(change) = change else { continue };
            let [before, after] =
                [&change.before, &change.after].map(|side| side.as_ref().map(|of| &of.line));
            found[usize::from(shadow)].extend(AlertDifference::between(before, after, &line.cause));
            self.causes.insert(line.alert.alert_id, line.cause);
        }
        Ok(found)
    }

    /// Takes what was committed since, while nobody has decided.
    ///
    /// # Errors
    /// The store is damaged, the engine stopped.
    pub(crate) fn keep_up(&mut self) -> Result<(), Error> {
        self.follow(&self.state.snapshot()?, &mut |_, _| Ok(()))?;
        // What it says of single ticks is of no use to anybody yet.
        self.recorded.take();
        Ok(())
    }

    fn judged(&self) -> Judged {
        Judged(self.engine.front.judged_from())
    }

    /// Makes it ready to serve: all that differs at this moment.
    ///
    /// # Errors
    /// The store is damaged, the engine stopped.
    pub(crate) fn into_ready(mut self) -> Result<Ready, Error> {
        self.keep_up()?;
        let judged = self.judged();
        let snapshot = self.state.snapshot()?;
        self.follow(&snapshot, &mut |_, _| Ok(()))?;
        self.engine.close_tick_with_profiles()?;
        self.engine.settle()?;
        self.recorded.take();
        let standing = self.engine.look(|view| {
            view.expect_questions();
            standing(view)
        })?;
        let by_id = |found: Difference| (found.alert_id.clone(), found);
        let differing = differences(&snapshot, standing, judged)?.into_iter().map(by_id).collect();
        Ok(Ready { candidate: self, snapshot, differing })
    }
}

/// An alert that the engine and the store have otherwise.
pub(crate) struct Debt {
    /// How it stands.
    pub(crate) stands: Stands,
    /// Whom it is about.
    pub(crate) beside: Vec<u8>,
    /// Why, if that is known.
    pub(crate) cause: Option<Vec<Cause>>,
}

/// All that is owed, by `alert_id`.
pub(crate) type Owed = BTreeMap<String, Debt>;

impl Ready {
    /// Takes what came since, and gives the engine and all alerts that it has otherwise than the store; nothing may be
    /// committed meanwhile.
    ///
    /// # Errors
    /// The store is damaged, the engine stopped.
    pub(crate) fn take_over(self) -> Result<(Engine, Recorded, Owed), Error> {
        let Ready { mut candidate, snapshot, differing } = self;
        let now = candidate.state.snapshot()?;
        candidate.follow(&now, &mut |_, _| Ok(()))?;
        let judged = candidate.judged();
        // How alerts stand now that changed since the snapshot: by the candidate, or by the engine that served.
        let mut changed: BTreeMap<String, Option<Standing>> = BTreeMap::new();
        for AlertEvent { line, shadow, .. } in candidate.recorded.take() {
            let is_there = line.event != "withdrawn";
            let alert_id = line.alert.alert_id.clone();
            changed.insert(alert_id, is_there.then_some(Standing { alert: line.alert, shadow }));
        }
        let mut touched: BTreeSet<String> = changed.keys().chain(differing.keys()).cloned().collect();
        let mut after = snapshot.last_sequence()?;
        loop {
            let page = now.events(after, PAGE)?;
            for (sequence, line) in &page.items {
                let head: wire::event::EventHead = serde_json::from_slice(line)?;
                touched.insert(head.alert.alert_id);
                after = *sequence;
            }
            if !page.more {
                break;
            }
        }
        let mut after = snapshot.last_aside()?;
        loop {
            let page = now.aside_events(after, PAGE)?;
            for line in &page.items {
                let head: wire::event::EventHead = serde_json::from_slice(&line.line)?;
                touched.insert(head.alert.alert_id);
                after = line.number;
            }
            if !page.more {
                break;
            }
        }
        let mut owed = Owed::new();
        for id in touched {
            let kept = stored(&now, &id)?;
            let of_store = kept.as_ref().map(|kept| occurred(&kept.line)).transpose()?;
            let of_store = of_store.as_deref();
            let stands = match (changed.remove(&id), differing.get(&id)) {
                (Some(changed), _) => judged.stands(of_store, changed),
                (None, Some(found)) => Some(found.stands.clone()),
                (None, None) => {
                    let before = stored(&snapshot, &id)?.map(Stored::into_standing).transpose()?;
                    judged.stands(of_store, before)
                }
            };
            let Some(mut stands) = stands else { continue };
            // What goes because records went is not withdrawn.
            if candidate.ages && stands == Stands::Gone && differing.contains_key(&id) {
                stands = Stands::Aged;
            }
            let found = Difference { stored: kept, alert_id: id, stands };
            if !found.is_none()? {
                let by_age = || candidate.ages.then(|| vec![judged.cause()]);
                let cause = candidate.causes.remove(&found.alert_id).or_else(by_age);
                owed.insert(found.alert_id, Debt { stands: found.stands, beside: Vec::new(), cause });
            }
        }
        let subject = |debt: &Debt| debt.stands.alert().map(|of| (of.alert_id.clone(), of.subject.clone()));
        let subjects = owed.values().filter_map(subject).collect();
        for (id, known) in beside(&mut candidate.engine, subjects)? {
            if let Some(debt) = owed.get_mut(&id) {
                debt.beside = known;
            }
        }
        Ok((candidate.engine, candidate.recorded, owed))
    }
}
