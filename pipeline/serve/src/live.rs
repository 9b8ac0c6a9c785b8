//! The live loop: batches become ticks, ticks are judged, committed, and only then made known.
//!
//! One thread takes batches from all sources in the order in which they come. A tick closes after some milliseconds or
//! when it is full; while more is waiting than fits, ticks grow. For each tick: its changes are handed to the engine and
//! written to the disk at the same time; when both are done, one transaction commits the tick with its events, offsets
//! and answers; then the answers are given and the events go out. Whatever a crash cuts off was made known to nobody.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use detectors::alert_view::AlertEvent;
use records::time::{DAY_SECONDS, day_of, start_of};
use rulebank::Bank;
use runtime::engine::{Engine, Options, Recorder};
use runtime::front::Outcome;
use runtime::source::is_white;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use store::{EventKind, State, Store};
use tokio::sync::watch;
use wire::rejected::raw_line;
use wire::{Event, Keyword, Origin as Place, Rejected};

use crate::Error;
use crate::about;
use crate::batch::{Answer, Batch, Origin, Refused, Request};
use crate::divisions::Divisions;
use crate::fail;
use crate::feed::Feed;
use crate::inbox::ToLive;
use crate::recover;

/// Without changes, how long until profiles take in what gathered.
const QUIET: Duration = Duration::from_secs(1);

/// How often profiles take in what gathered while changes go on.
const PROFILES: Duration = Duration::from_secs(600);

/// How long a full disk is left alone before it is tried again.
const DISK_PAUSE: Duration = Duration::from_secs(1);

/// How ticks close.
#[derive(Clone, Copy, Debug)]
pub struct TickPolicy {
    /// After so long, counted from the first change that waits.
    pub after: Duration,
    /// After so many changes, if as many are waiting.
    pub changes: usize,
}

/// What others see of the loop.
pub struct Shared {
    /// Alerts and events that are durable.
    pub state: State,
    /// Events as they are committed.
    pub feed: Feed,
    /// Where institutions stand.
    pub divisions: Divisions,
    /// Told whenever a tick was committed: its number.
    pub committed: watch::Sender<u64>,
    /// Whether changes are taken.
    pub ready: AtomicBool,
    /// Why not, if something is wrong.
    pub trouble: Mutex<Option<String>>,
    /// Whether the service is to end: nothing is waited for any more.
    pub ending: AtomicBool,
    /// What was counted since the start.
    pub counted: Counted,
}

/// Counts since the start.
#[derive(Debug, Default)]
pub struct Counted {
    /// Changes taken.
    pub accepted: AtomicU64,
    /// Changes that were there before.
    pub duplicate: AtomicU64,
    /// Changes that could not be taken.
    pub rejected: AtomicU64,
    /// Ticks.
    pub ticks: AtomicU64,
    /// Events.
    pub events: AtomicU64,
    /// Microseconds that ticks took, from the first change in hand to the commit.
    pub tick_micros: AtomicU64,
}

impl Shared {
    /// Before anything is taken: what the store has.
    pub fn new(state: &State) -> Shared {
        Shared {
            state: state.clone(),
            feed: Feed::new(state.clone()),
            divisions: Divisions::default(),
            committed: watch::Sender::new(state.last_tick()),
            ready: AtomicBool::new(false),
            trouble: Mutex::default(),
            ending: AtomicBool::new(false),
            counted: Counted::default(),
        }
    }

    /// Says what is wrong; nothing, if it is none.
    pub fn set_trouble(&self, trouble: Option<String>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }
}

/// Events of the tick in work, as the view's thread records them.
pub(crate) type Recorded = Arc<Mutex<Vec<AlertEvent>>>;

/// Events of a tick, and what is known beside each.
type Judged = (Vec<Event>, Vec<Vec<u8>>);

/// The live loop.
pub struct Live {
    engine: Engine,
    store: Store,
    recorded: Recorded,
    shared: Arc<Shared>,
    policy: TickPolicy,
    /// Whether there are changes that profiles have not taken in.
    unprofiled: bool,
}

/// Seconds of the wall clock in China Standard Time.
pub(crate) fn wall_clock() -> i64 {
    const CHINA_AHEAD_SECONDS: i64 = 8 * 3_600;
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX).saturating_add(CHINA_AHEAD_SECONDS)
}

/// The last moment of the day after this one: later records do not move *now* (contract section 1).
pub(crate) fn limit_of_now(wall_clock: i64) -> i64 {
    start_of(day_of(wall_clock)) + 2 * DAY_SECONDS - 1
}

impl Live {
    /// Opens the engine on what the store has; events that a change of rules or of the program led to are committed.
    ///
    /// # Errors
    /// The store is damaged, the engine does not start, the disk is full.
    pub fn open(
        store: Store,
        shared: Arc<Shared>,
        bank: &Bank,
        workers: usize,
        policy: TickPolicy,
        progress: impl FnMut(u64),
    ) -> Result<Live, Error> {
        let recorded = Recorded::default();
        let recording = Arc::new(AtomicBool::new(false));
        let recorder: Recorder = {
            let (recorded, recording) = (Arc::clone(&recorded), Arc::clone(&recording));
            Box::new(move |events| {
                if recording.load(Ordering::Acquire) {
                    recorded.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(events);
                }
                Ok(())
            })
        };
        let options = Options { workers, as_of: None, profile: None };
        let mut engine = Engine::start(bank, &options, recorder)?;
        engine.front.ledger().raise_limit(limit_of_now(wall_clock()));
        let (events, beside) = recover::recover(&store, &mut engine, progress)?;
        shared.divisions.take(engine.front.take_divisions());
        recording.store(true, Ordering::Release);
        let mut live = Live { engine, store, recorded, shared, policy, unprofiled: false };
        if !events.is_empty() {
            let tick = live.engine.front.last_tick();
            live.commit_and_publish(tick, &(events, beside), &Outcomes::default())?;
        }
        Ok(live)
    }

    /// Takes batches until it is told to stop, or nobody can hand it any.
    ///
    /// # Errors
    /// The engine stopped, or the disk failed otherwise than by being full.
    pub fn run(mut self, handed: &Receiver<ToLive>) -> Result<(), Error> {
        self.shared.ready.store(true, Ordering::Release);
        let ended = self.take_all(handed);
        self.shared.ready.store(false, Ordering::Release);
        if let Err(error) = &ended {
            self.shared.set_trouble(Some(crate::error::with_sources(error)));
        }
        ended?;
        self.engine.finish()?;
        Ok(())
    }

    fn take_all(&mut self, handed: &Receiver<ToLive>) -> Result<(), Error> {
        let (mut last_change, mut last_profiles) = (Instant::now(), Instant::now());
        loop {
            if last_change.elapsed() >= QUIET || last_profiles.elapsed() >= PROFILES {
                self.be_quiet()?;
                (last_change, last_profiles) = (Instant::now(), Instant::now());
            }
            match handed.recv_timeout(QUIET.saturating_sub(last_change.elapsed())) {
                Ok(ToLive::Batch(first)) => {
                    let (batches, next) = self.gather(first, handed);
                    self.tick(batches)?;
                    last_change = Instant::now();
                    match next {
                        Some(ToLive::Look(look)) => self.engine.look(look)?,
                        Some(ToLive::Stop) => return Ok(()),
                        Some(ToLive::Batch(_)) | None => {}
                    }
                }
                Ok(ToLive::Look(look)) => self.engine.look(look)?,
                Ok(ToLive::Stop) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Waits for more that belongs into the tick; what is no batch comes after it.
    fn gather(&self, first: Batch, handed: &Receiver<ToLive>) -> (Vec<Batch>, Option<ToLive>) {
        let closes = Instant::now() + self.policy.after;
        let mut changes = first.entries.len();
        let mut batches = vec![first];
        while changes < self.policy.changes {
            let left = closes.saturating_duration_since(Instant::now());
            match handed.recv_timeout(left) {
                Ok(ToLive::Batch(batch)) => {
                    changes += batch.entries.len();
                    batches.push(batch);
                }
                Ok(other) => return (batches, Some(other)),
                Err(_) => break,
            }
        }
        (batches, None)
    }

    /// Without changes: the day goes on, and profiles take in what gathered.
    fn be_quiet(&mut self) -> Result<(), Error> {
        let now = self.engine.front.now();
        self.engine.front.ledger().raise_limit(limit_of_now(wall_clock()));
        let profiles = std::mem::take(&mut self.unprofiled) && self.engine.asks_models();
        if !profiles && self.engine.front.now() == now {
            return Ok(());
        }
        if profiles {
            self.engine.close_tick_with_profiles()?
        } else {
            self.engine.close_tick()?
        }
        let events = self.judged()?;
        self.commit_and_publish(self.engine.front.last_tick(), &events, &Outcomes::default())
    }

    fn tick(&mut self, batches: Vec<Batch>) -> Result<(), Error> {
        let begun = Instant::now();
        self.engine.front.ledger().raise_limit(limit_of_now(wall_clock()));
        let mut outcomes = Outcomes::default();
        for batch in &batches {
            self.take(batch, &mut outcomes)?;
        }
        self.shared.divisions.take(self.engine.front.take_divisions());
        fail::point("tick taken");
        // The engine judges while the changes are written.
        self.engine.close_tick()?;
        let tick = self.engine.front.last_tick();
        if !outcomes.taken.is_empty() {
            let changes = || outcomes.taken.iter().map(|(nth, bytes)| &batches[*nth].bytes[bytes.clone()]);
            patiently(&self.shared, || self.store.append(tick, changes()))?;
        }
        fail::point("tick appended");
        let events = self.judged()?;
        fail::point("tick judged");
        self.commit_and_publish(tick, &events, &outcomes)?;
        fail::point("tick committed");
        let counted = &self.shared.counted;
        counted.ticks.fetch_add(1, Ordering::Relaxed);
        let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        counted.tick_micros.fetch_add(micros, Ordering::Relaxed);
        self.unprofiled = true;
        // Durable: who waits is answered. Nobody may wait any more.
        for (batch, answer) in batches.into_iter().zip(outcomes.answers) {
            if let Some(waiting) = batch.answer {
                let _ = waiting.send(answer);
            }
        }
        fail::point("tick answered");
        Ok(())
    }

    /// Takes the changes of a batch into the tick.
    fn take(&mut self, batch: &Batch, outcomes: &mut Outcomes) -> Result<(), Error> {
        let nth = outcomes.answers.len();
        let mut answer = Answer::default();
        for entry in &batch.entries {
            let change = &batch.bytes[entry.bytes.clone()];
            let outcome = match &entry.refused {
                Some((code, text)) => self.engine.front.refuse(*code, text.clone()),
                None if is_white(change) => continue,
                None => self.engine.front.change(change)?,
            };
            match outcome {
                Outcome::Accepted => {
                    answer.accepted += 1;
                    outcomes.taken.push((nth, entry.bytes.clone()));
                }
                Outcome::Duplicate => answer.duplicate += 1,
                Outcome::Rejected { code, text, .. } => {
                    let code = code.as_str();
                    let origin = place(&batch.origin, entry.of, entry.place);
                    let raw = raw_line(entry.original.clone().map_or(change, |of| &batch.bytes[of]));
                    let line = Rejected { code: Keyword::Borrowed(code), origin, raw, text: text.clone() };
                    let key = entry.key.clone().map(|of| raw_line(&batch.bytes[of]));
                    outcomes.rejects.push(serde_json::to_vec(&StoredReject { line, key })?);
                    answer.rejected.push(Refused { line: entry.place, code: code.to_owned(), text });
                }
            }
        }
        let counted = &self.shared.counted;
        counted.accepted.fetch_add(answer.accepted, Ordering::Relaxed);
        counted.duplicate.fetch_add(answer.duplicate, Ordering::Relaxed);
        counted.rejected.fetch_add(answer.rejected.len() as u64, Ordering::Relaxed);
        let last = batch.entries.last().map_or(0, |entry| entry.place);
        match &batch.origin {
            Origin::Request { id, before, changes, body_hash } => {
                answer.accepted += before.accepted;
                answer.duplicate += before.duplicate;
                answer.rejected.splice(0..0, before.rejected.iter().cloned());
                if let Some(id) = id {
                    let kept = Request {
                        changes: changes + batch.entries.len() as u64,
                        body_hash: *body_hash,
                        answer: answer.clone(),
                    };
                    outcomes.requests.push((id.clone(), serde_json::to_vec(&kept)?));
                }
            }
            Origin::File { name, complete } => {
                let next = if *complete { u64::MAX } else { last };
                outcomes.offsets.push((name.clone(), next));
            }
            Origin::Topics(partitions) => {
                let next = |of: &crate::batch::Partition| u64::try_from(of.next).unwrap_or(0);
                outcomes.offsets.extend(partitions.iter().map(|of| (of.name(), next(of))));
            }
        }
        outcomes.answers.push(answer);
        Ok(())
    }

    /// Waits until all that was sent is judged; gives the events, and whom each is about.
    fn judged(&mut self) -> Result<Judged, Error> {
        self.engine.settle()?;
        let recorded = std::mem::take(&mut *self.recorded.lock().unwrap_or_else(PoisonError::into_inner));
        let ledger = &*self.engine.front.ledger();
        let whom = |event: &AlertEvent| {
            about::beside(ledger.arena(), ledger, &event.line.alert.subject, &event.evidence)
        };
        let beside = recorded.iter().map(whom).collect();
        Ok((recorded.into_iter().map(|event| event.line).collect(), beside))
    }

    fn commit_and_publish(&mut self, tick: u64, judged: &Judged, outcomes: &Outcomes) -> Result<(), Error> {
        let lines = self.commit(tick, judged, outcomes)?;
        self.shared.counted.events.fetch_add(lines.len() as u64, Ordering::Relaxed);
        self.shared.feed.publish(lines);
        self.shared.committed.send_replace(tick);
        Ok(())
    }

    /// Commits a tick; gives its events with their sequences.
    fn commit(
        &mut self,
        tick: u64,
        (events, beside): &Judged,
        outcomes: &Outcomes,
    ) -> Result<Vec<crate::feed::Line>, Error> {
        let mut lines = Vec::with_capacity(events.len());
        let mut alerts = Vec::with_capacity(events.len());
        for event in events {
            lines.push(serde_json::to_vec(event)?);
            alerts.push(serde_json::to_vec(&event.alert)?);
        }
        let stored: Vec<store::Event<'_>> = events
            .iter()
            .zip(lines.iter().zip(&alerts))
            .map(|(event, (line, alert))| store::Event {
                kind: kind_of(event),
                alert_id: &event.alert.alert_id,
                line,
                alert,
            })
            .collect();
        let first = self.store.last_sequence() + 1;
        let whole = store::Tick {
            tick,
            events: &stored,
            beside,
            offsets: &outcomes.offsets,
            requests: &outcomes.requests,
            rejects: &outcomes.rejects,
        };
        patiently(&self.shared, || self.store.commit(&whole).map(drop))?;
        Ok((first..).zip(lines.into_iter().map(Arc::from)).collect())
    }
}

/// What was rejected, as it is kept: with the key of its message.
#[derive(Serialize, Deserialize)]
pub struct StoredReject {
    /// The line of `rejected.ndjson`.
    pub line: Rejected,
    /// The key of its message: its text, or `{"base64": ...}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Box<RawValue>>,
}

/// What became of the changes of a tick.
#[derive(Debug, Default)]
struct Outcomes {
    /// Those that were taken: which batch, and where in its bytes.
    taken: Vec<(usize, std::ops::Range<usize>)>,
    rejects: Vec<Vec<u8>>,
    requests: Vec<(String, Vec<u8>)>,
    offsets: Vec<(String, u64)>,
    /// By batch.
    answers: Vec<Answer>,
}

fn kind_of(event: &Event) -> EventKind {
    match &*event.event {
        "raised" => EventKind::Raised,
        "withdrawn" => EventKind::Withdrawn,
        _ => EventKind::Changed,
    }
}

fn place(origin: &Origin, of: usize, place: u64) -> Place {
    match origin {
        Origin::Request { id, .. } => Place::of_request(id.as_deref().unwrap_or_default(), place),
        Origin::File { name, .. } => Place::of_file(name.as_str(), place),
        Origin::Topics(partitions) => {
            let (topic, partition) = partitions.get(of).map_or(("", 0), |of| (&of.topic, of.partition));
            Place::of_topic(topic, partition, place)
        }
    }
}

/// Does something on the disk; while that is full, waits and does it again, unless the service is to end.
fn patiently(shared: &Shared, mut work: impl FnMut() -> Result<(), store::Error>) -> Result<(), Error> {
    let was_ready = shared.ready.load(Ordering::Acquire);
    loop {
        match work() {
            Err(error) if error.is_full() && !shared.ending.load(Ordering::Acquire) => {
                shared.ready.store(false, Ordering::Release);
                let why = crate::error::with_sources(&error);
                shared.set_trouble(Some(format!("nothing is taken until there is room: {why}")));
                std::thread::sleep(DISK_PAUSE);
            }
            done => {
                if done.is_ok() {
                    shared.ready.store(was_ready, Ordering::Release);
                    shared.set_trouble(None);
                }
                return Ok(done?);
            }
        }
    }
}
