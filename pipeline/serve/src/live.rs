//! The live loop: batches become ticks, ticks are judged, committed, and only then made known.
//!
//! One thread takes batches from all sources in the order in which they come. A tick closes after some milliseconds or
//! when it is full; while more is waiting than fits, ticks grow. For each tick: its changes are handed to the engine and
//! written to the disk at the same time; when both are done, one transaction commits the tick with its events, offsets
//! and answers; then the answers are given and the events go out. Whatever a crash cuts off was made known to nobody.

mod adopt;
mod aside;
mod restart;
mod sorted;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use detectors::alert_view::{AlertEvent, AlertView};
use detectors::finding::ReconciledFinding;
use records::time::day_of;
use rulebank::Bank;
use runtime::cluster::leader::Leader;
use runtime::engine::{Engine, Options};
use runtime::front::Outcome;
use runtime::source::is_white;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use store::{EventKind, State, Store};
use tokio::sync::watch;
use tracing::field::Empty;
use tracing::{Span, debug, debug_span, info, warn};
use wire::rejected::raw_line;
use wire::{Event, Keyword, Origin as Place, Rejected};

use crate::Error;
use crate::about::{self, HELD, SHADOW, Stated};
use crate::at_hand::{ageing_note, is_ageing};
use crate::batch::{Answer, Batch, Origin, Refused, Request};
use crate::budget::{AlertsConfig, Budget, NOTE};
use crate::candidate::{Owed, Recorded, recorder};
use crate::clock::{CHINA_AHEAD_SECONDS, limit_of_now, today, wall_clock};
use crate::divisions::Divisions;
use crate::fail;
use crate::feed::Feed;
use crate::inbox::{Note, ToLive};
use crate::judged::Judged;
use crate::kafka::headers::{self, StoredHeader};
use crate::metrics::Metrics;
use crate::metrics::changes::{Fate, Source, Tally};
use crate::metrics::ticks::Parts;
use crate::recover::{self, stored};
use crate::troubles::Troubles;
use sorted::{AsideLines, Sorted};

/// Without changes, how long until profiles take in what gathered.
const QUIET: Duration = Duration::from_secs(1);

/// How often profiles take in what gathered while changes go on.
const PROFILES: Duration = Duration::from_secs(600);

/// How long a full disk is left alone before it is tried again.
const DISK_PAUSE: Duration = Duration::from_secs(1);

/// How long a tick is waited for while something is owed.
const OWED_PAUSE: Duration = Duration::from_millis(20);

/// How ticks close.
#[derive(Clone, Copy, Debug)]
pub struct TickPolicy {
    /// After so long, counted from the first change that waits.
    pub after: Duration,
    /// After so many changes, if as many are waiting.
    pub changes: usize,
}

/// How the loop runs.
#[derive(Clone, Copy, Debug)]
pub struct How {
    /// Worker threads.
    pub workers: usize,
    /// How ticks close.
    pub policy: TickPolicy,
    /// How many alerts are fed.
    pub alerts: AlertsConfig,
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
    /// What goes wrong beside the loop.
    pub beside: Troubles,
    /// Whether the service is to end: nothing is waited for any more.
    pub ending: AtomicBool,
    /// What was counted since the start.
    pub metrics: Metrics,
    /// Held by whoever makes an engine beside the one that serves: memory is for one of them.
    pub second_engine: Mutex<()>,
}

impl Shared {
    /// Before anything is taken: what the store has.
    pub fn new(state: &State, metrics: Metrics) -> Shared {
        Shared {
            state: state.clone(),
            feed: Feed::new(state.clone()),
            divisions: Divisions::default(),
            committed: watch::Sender::new(state.last_tick()),
            ready: AtomicBool::new(false),
            trouble: Mutex::default(),
            beside: Troubles::default(),
            ending: AtomicBool::new(false),
            metrics,
            second_engine: Mutex::default(),
        }
    }

    /// Says what is wrong; nothing, if it is none.
    pub fn set_trouble(&self, trouble: Option<String>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }
}

/// The live loop.
pub struct Live {
    engine: Engine,
    store: Store,
    recorded: Recorded,
    shared: Arc<Shared>,
    policy: TickPolicy,
    /// Whether there are changes that profiles have not taken in.
    unprofiled: bool,
    /// What a change of rules led to and is not yet stated.
    owed: Owed,
    /// Whether what is owed is so because records went.
    is_ageing: bool,
    /// How many alerts may be fed, and what is held.
    budget: Budget,
}

impl Live {
    /// Opens the engine, with the followers if there are any, on what the store has; events that a change of rules or of
    /// the program led to, or records that went, are committed.
    ///
    /// # Errors
    /// The store is damaged, the engine does not start, the disk is full.
    pub fn open(
        store: Store,
        shared: Arc<Shared>,
        bank: &Bank,
        (how, leader): (How, Option<Leader>),
        progress: impl FnMut(u64),
    ) -> Result<Live, Error> {
        let (recorder, recorded) = recorder();
        let options = Options { workers: how.workers, as_of: None, profile: shared.metrics.place.profile() };
        let mut engine = match leader {
            Some(leader) => Engine::start_leading(bank, &options, recorder, leader)?,
            None => Engine::start(bank, &options, recorder)?,
        };
        engine.front.ledger().raise_limit(limit_of_now(wall_clock()));
        let is_ageing = is_ageing(&store.state().snapshot()?)?;
        let events = recover::recover(&store, &mut engine, is_ageing, progress)?;
        shared.divisions.take(engine.front.take_divisions());
        shared.divisions.set_known();
        // Before anybody waits for a tick.
        engine.look(AlertView::expect_questions)?;
        recorded.begin();
        let mut live = Live {
            engine,
            store,
            recorded,
            shared,
            policy: how.policy,
            unprofiled: false,
            owed: Owed::new(),
            is_ageing,
            budget: Budget::new(how.alerts),
        };
        live.resume_budget()?;
        if is_ageing || !events.is_empty() {
            let tick = live.engine.front.last_tick();
            let count = events.len();
            live.commit_and_publish(tick, events, &Outcomes::default())?;
            let why = if is_ageing { "old records went" } else { "rules or program are others than before" };
            info!(tick, events = count, why, "alerts differ");
        }
        live.watch_memory();
        live.note_standing()?;
        live.note_now();
        Ok(live)
    }

    /// Goes on with what is noted of the budgets and with what is held.
    fn resume_budget(&mut self) -> Result<(), Error> {
        let snapshot = self.store.state().snapshot()?;
        let noted = snapshot.note(NOTE)?.map(|note| serde_json::from_slice(&note)).transpose()?;
        let held = |(state, rule, count): (String, String, u64)| (state == HELD).then_some((rule, count));
        self.budget.resume(noted, snapshot.aside_counts()?.into_iter().filter_map(held).collect());
        self.take_budgets()
    }

    /// Takes the budgets of the bank in force.
    fn take_budgets(&mut self) -> Result<(), Error> {
        let active = |view: &AlertView| view.compiled_bank().active().cloned().collect();
        let rules = self.engine.look(active)?;
        self.budget.set_rules(rules);
        Ok(())
    }

    /// Notes the alerts that stand by rule, and those aside of the feed.
    fn note_standing(&mut self) -> Result<(), Error> {
        let judged_from = self.engine.front.judged_from();
        let standing = self.engine.look(move |view| {
            let bank = view.compiled_bank();
            let mut alerts: BTreeMap<String, usize> =
                bank.active().map(|rule| (rule.id.clone(), 0)).collect();
            let is_judged = |alert: &&ReconciledFinding| {
                judged_from.is_none_or(|from| day_of(alert.priced.finding.occurred) >= from)
            };
            for alert in view.standing().filter(is_judged) {
                let rule = &bank.rules[usize::from(alert.priced.finding.rule)].id;
                *alerts.entry(rule.clone()).or_default() += 1;
            }
            alerts
        })?;
        let counts = self.store.state().snapshot()?.aside_counts()?;
        let shared = Arc::clone(&self.shared);
        let outcome = &shared.metrics.outcome;
        let fed = |(rule, alerts): (&String, &usize)| {
            let held = usize::try_from(self.budget.held(rule)).unwrap_or(usize::MAX);
            (rule.clone(), alerts.saturating_sub(held))
        };
        outcome.set_standing(standing.iter().map(fed));
        for (state, rule, count) in counts {
            outcome.set_aside(&state, &rule, count);
        }
        for rule in self.shadow_rules()? {
            outcome.name_aside(SHADOW, &rule);
        }
        Ok(())
    }

    /// Rules of another bank are there from now on; what stands of them comes with their events.
    fn name_rules(&mut self) -> Result<(), Error> {
        let active = |view: &AlertView| view.compiled_bank().active().map(|rule| rule.id.clone()).collect();
        let rules: Vec<String> = self.engine.look(active)?;
        rules.iter().for_each(|rule| self.shared.metrics.outcome.name(rule));
        for rule in self.shadow_rules()? {
            self.shared.metrics.outcome.name_aside(SHADOW, &rule);
        }
        Ok(())
    }

    /// The shadow rules of the bank in force.
    fn shadow_rules(&mut self) -> Result<Vec<String>, Error> {
        let shadow = |view: &AlertView| view.compiled_bank().shadow().map(|rule| rule.id.clone()).collect();
        Ok(self.engine.look(shadow)?)
    }

    /// Whether something is to be stated without changes: what is owed, or what is held and has room.
    fn owes(&mut self) -> bool {
        self.budget.turn(today());
        !self.owed.is_empty() || self.budget.has_room()
    }

    /// Tells whose memory it is.
    fn watch_memory(&mut self) {
        let profile = self.engine.profile().cloned();
        self.shared.metrics.place.watch(self.engine.front.ledger().arena(), profile);
    }

    /// Notes how far the records' time has come.
    fn note_now(&mut self) {
        let now = self.engine.front.now().map(|now| now - CHINA_AHEAD_SECONDS);
        self.shared.metrics.ticks.set_now(now, self.engine.front.ledger().beyond_limit());
        self.shared.metrics.ticks.note_set_aside(self.engine.front.set_aside());
    }

    /// Takes batches until it is told to stop, or nobody can hand it any.
    ///
    /// # Errors
    /// The engine stopped, or the disk failed otherwise than by being full.
    pub(crate) fn run(mut self, handed: &Receiver<ToLive>) -> Result<(), Error> {
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
            let owes = self.owes();
            let patience = if owes { OWED_PAUSE } else { QUIET.saturating_sub(last_change.elapsed()) };
            match handed.recv_timeout(patience) {
                Ok(ToLive::Batch(first)) => {
                    let (batches, next) = self.gather(first, handed);
                    self.tick(batches)?;
                    last_change = Instant::now();
                    match next {
                        Some(ToLive::Ask(question)) => question(&mut self.engine)?,
                        Some(ToLive::Adopt(adopt)) => self.adopt(*adopt)?,
                        Some(ToLive::Restart(restart)) => return self.restart(restart),
                        Some(ToLive::Stop) => return Ok(()),
                        Some(ToLive::Batch(_)) | None => {}
                    }
                }
                Ok(ToLive::Ask(question)) => question(&mut self.engine)?,
                Ok(ToLive::Adopt(adopt)) => self.adopt(*adopt)?,
                Ok(ToLive::Restart(restart)) => return self.restart(restart),
                Ok(ToLive::Stop) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Err(RecvTimeoutError::Timeout) if owes => self.be_still()?,
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Waits for more that belongs into the tick; what is no batch comes after it.
    fn gather(&self, first: Batch, handed: &Receiver<ToLive>) -> (Vec<Batch>, Option<ToLive>) {
        // What came while the last tick was in work has waited already.
        let since = first.room.as_ref().map_or_else(Instant::now, |room| room.since);
        let closes = since + self.policy.after;
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
        self.commit_and_publish(self.engine.front.last_tick(), events, &Outcomes::default())?;
        self.note_now();
        Ok(())
    }

    fn tick(&mut self, batches: Vec<Batch>) -> Result<(), Error> {
        let begun = Instant::now();
        let span = debug_span!(
            "tick",
            tick = Empty,
            changes = Empty,
            events = Empty,
            take_ms = Empty,
            judge_ms = Empty,
            append_ms = Empty,
            commit_ms = Empty
        )
        .entered();
        self.engine.front.ledger().raise_limit(limit_of_now(wall_clock()));
        let mut outcomes = Outcomes::default();
        for batch in &batches {
            self.take(batch, &mut outcomes)?;
        }
        self.shared.divisions.take(self.engine.front.take_divisions());
        fail::point("tick taken");
        let changes = self.engine.front.lines_in_tick();
        let mut parts = Parts { take: begun.elapsed(), ..Parts::default() };
        // The engine judges while the changes are written.
        let handed = Instant::now();
        self.engine.close_tick()?;
        let tick = self.engine.front.last_tick();
        let appending = Instant::now();
        if !outcomes.taken.is_empty() {
            let changes = || outcomes.taken.iter().map(|(nth, bytes)| &batches[*nth].bytes[bytes.clone()]);
            patiently(&self.shared, || self.store.append(tick, changes()))?;
        }
        parts.append = appending.elapsed();
        fail::point("tick appended");
        let events = self.judged()?;
        parts.judge =
            self.recorded.judged().map_or_else(Default::default, |at| at.saturating_duration_since(handed));
        fail::point("tick judged");
        let (committing, count) = (Instant::now(), events.len());
        self.commit_and_publish(tick, events, &outcomes)?;
        (parts.commit, parts.whole) = (committing.elapsed(), begun.elapsed());
        fail::point("tick committed");
        self.shared.metrics.ticks.add(changes, &parts);
        self.note_now();
        note(&span, tick, changes, count, &parts);
        self.unprofiled = true;
        // Durable: who waits is answered. Nobody may wait any more.
        for (batch, answer) in batches.into_iter().zip(outcomes.answers) {
            if let Some(room) = &batch.room {
                self.shared.metrics.ticks.committed(room.since);
            }
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
        let (metrics, source) = (&self.shared.metrics.changes, Source::of(&batch.origin));
        let mut tally = Tally::default();
        for entry in &batch.entries {
            let change = &batch.bytes[entry.bytes.clone()];
            let outcome = match &entry.refused {
                Some((code, text)) => self.engine.front.refuse(*code, text.clone()),
                None if is_white(change) => continue,
                None => self.engine.front.change(change)?,
            };
            let kind = self.engine.front.kind();
            match outcome {
                Outcome::Accepted => {
                    tally.add(Fate::Accepted, kind);
                    answer.accepted += 1;
                    outcomes.taken.push((nth, entry.bytes.clone()));
                }
                Outcome::Duplicate => {
                    tally.add(Fate::Duplicate, kind);
                    answer.duplicate += 1;
                }
                Outcome::Rejected { code, text, .. } => {
                    tally.add(Fate::Rejected, kind);
                    metrics.reject(source, code);
                    let code = code.as_str();
                    let origin = place(&batch.origin, entry.of, entry.place);
                    let raw = raw_line(entry.original.clone().map_or(change, |of| &batch.bytes[of]));
                    let line = Rejected {
                        code: Keyword::Borrowed(code),
                        origin,
                        raw,
                        raw_bytes: None,
                        text: text.clone(),
                    };
                    let key = entry.key.clone().map(|of| raw_line(&batch.bytes[of]));
                    let packed = entry.headers.clone();
                    let headers = packed.map_or_else(Vec::new, |of| headers::stored(&batch.bytes[of]));
                    outcomes.rejects.push(serde_json::to_vec(&StoredReject { line, key, headers })?);
                    answer.rejected.push(Refused { line: entry.place, code: code.to_owned(), text });
                }
            }
        }
        metrics.add(source, &tally);
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
            Origin::File { name, reached, complete } => {
                let next = if *complete { u64::MAX } else { *reached };
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
    fn judged(&mut self) -> Result<Vec<Stated>, Error> {
        self.engine.settle()?;
        let judged = self.judged_days();
        // Of what is committed, if not everything that is found is heard.
        let committed = judged.0.map(|_| self.store.state().snapshot()).transpose()?;
        let ledger = &*self.engine.front.ledger();
        let mut stated = Vec::new();
        for AlertEvent { line, evidence, shadow, .. } in self.recorded.take() {
            let event = match &committed {
                None => Some(line),
                Some(committed) => {
                    let kept = stored(committed, &line.alert.alert_id)?;
                    judged.event(kept.is_some_and(|kept| kept.shadow == shadow), line)
                }
            };
            if let Some(event) = event {
                let beside = about::beside(ledger.arena(), ledger, &event.alert.subject, &evidence);
                stated.push(Stated { event, beside, shadow });
            }
        }
        Ok(stated)
    }

    /// From which day on is judged.
    fn judged_days(&self) -> Judged {
        Judged(self.engine.front.judged_from())
    }

    fn commit_and_publish(
        &mut self,
        tick: u64,
        mut events: Vec<Stated>,
        outcomes: &Outcomes,
    ) -> Result<(), Error> {
        self.pay(tick, &mut events)?;
        let sorted = self.sort_out(tick, events)?;
        let lines = self.commit(tick, &sorted, outcomes)?;
        let metrics = &self.shared.metrics.outcome;
        metrics.add(sorted.fed.iter().map(|stated| &stated.event));
        metrics.add_aside(sorted.aside.iter().map(|aside| (aside.state, &aside.stated.event)));
        self.shared.feed.publish(lines);
        self.shared.committed.send_replace(tick);
        Ok(())
    }

    /// Commits a tick; gives its events with their sequences.
    fn commit(
        &mut self,
        tick: u64,
        sorted: &Sorted,
        outcomes: &Outcomes,
    ) -> Result<Vec<crate::feed::Line>, Error> {
        let stated = &sorted.fed;
        let mut lines = Vec::with_capacity(stated.len());
        let mut alerts = Vec::with_capacity(stated.len());
        let mut beside = Vec::with_capacity(stated.len());
        for Stated { event, beside: about, .. } in stated {
            lines.push(serde_json::to_vec(event)?);
            alerts.push(serde_json::to_vec(&event.alert)?);
            beside.push(about.clone());
        }
        let stored: Vec<store::Event<'_>> = stated
            .iter()
            .zip(lines.iter().zip(&alerts))
            .map(|(Stated { event, .. }, (line, alert))| store::Event {
                kind: kind_of(event),
                alert_id: &event.alert.alert_id,
                line,
                alert,
            })
            .collect();
        let aside: Vec<AsideLines> = sorted.aside.iter().map(AsideLines::of).collect::<Result<_, _>>()?;
        let aside: Vec<store::AsideEvent<'_>> =
            sorted.aside.iter().zip(&aside).map(AsideLines::event).collect();
        let is_ageing = self.is_ageing && !self.owed.is_empty();
        let ageing = self.is_ageing.then(|| ageing_note(is_ageing));
        let notes: Vec<Note> = outcomes.notes.iter().chain(&sorted.note).cloned().chain(ageing).collect();
        let first = self.store.last_sequence() + 1;
        let whole = store::Tick {
            tick,
            events: &stored,
            beside: &beside,
            aside: &aside,
            offsets: &outcomes.offsets,
            requests: &outcomes.requests,
            rejects: &outcomes.rejects,
            notes: &notes,
            base: outcomes.base.as_ref(),
        };
        patiently(&self.shared, || self.store.commit(&whole).map(drop))?;
        self.is_ageing = is_ageing;
        Ok((first..).zip(lines.into_iter().map(Arc::from)).collect())
    }
}

/// Writes a tick down in its span, and says that it is done.
fn note(span: &Span, tick: u64, changes: u64, events: usize, parts: &Parts) {
    let milliseconds = |part: Duration| part.as_micros() as f64 / 1_000.0;
    span.record("tick", tick).record("changes", changes).record("events", events);
    span.record("take_ms", milliseconds(parts.take)).record("judge_ms", milliseconds(parts.judge));
    span.record("append_ms", milliseconds(parts.append)).record("commit_ms", milliseconds(parts.commit));
    debug!("tick committed");
}

/// What was rejected, as it is kept: with key and headers of its message.
#[derive(Serialize, Deserialize)]
pub struct StoredReject {
    /// The line of `rejected.ndjson`.
    pub line: Rejected,
    /// The key of its message: its text, or `{"base64": ...}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Box<RawValue>>,
    /// The headers of its message, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<StoredHeader>,
}

/// What became of the changes of a tick.
#[derive(Debug, Default)]
struct Outcomes {
    /// Those that were taken: which batch, and where in its bytes.
    taken: Vec<(usize, std::ops::Range<usize>)>,
    rejects: Vec<Vec<u8>>,
    requests: Vec<(String, Vec<u8>)>,
    offsets: Vec<(String, u64)>,
    /// What is noted with the tick.
    notes: Vec<Note>,
    /// The base that counts from the tick on.
    base: Option<store::Base>,
    /// By batch.
    answers: Vec<Answer>,
}

fn kind_of(event: &Event) -> EventKind {
    match &*event.event {
        "raised" => EventKind::Raised,
        "withdrawn" => EventKind::Withdrawn,
        "aged" => EventKind::Aged,
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
                if shared.trouble.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
                    warn!(why, "the disk is full: nothing is taken until there is room");
                }
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
