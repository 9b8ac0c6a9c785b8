//! Front, workers and view, each on its own thread, joined by short queues.
//!
//! The caller's thread is the front. Ticks go to every worker and to the view; the view waits for the answers
//! of all workers to a tick, makes its events, and hands them to a recorder. When a queue is full, who fills it
//! waits: a tick in work, and some that wait. In a cluster the workers of other processes get the ticks as well, and the view waits
//! for their answers too.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use detectors::alert_view::{AlertEvent, AlertView};
use detectors::compiled_bank::CompiledBank;
use detectors::detector::SPECS;
use detectors::rule_set::RuleSet;
use detectors::worker::{TickIn, TickOut, run};
use records::arena::TextRef;
use records::ledger::Ledger;
use rulebank::Bank;
use timely::WorkerConfig;
use timely::communication::Config as Threads;
use timely::worker::Worker;

use crate::Error;
use crate::bank_folder::no_bank;
use crate::cluster::leader::{Followers, Leader};
use crate::cluster::message::BankMessage;
use crate::cluster::network::Network;
use crate::cluster::status::Status;
use crate::front::Front;
use crate::profile::Profile;

/// Answers that wait in each queue at the most.
const QUEUE: usize = 2;

/// Ticks that wait for the view at the most.
const VIEW_QUEUE: usize = 2 * QUEUE;

/// Ticks that wait for a worker at the most: as many as may be without an answer, and the one that is handed over. So
/// who hands over waits for the view alone, which sees when a process of the cluster is gone.
const WORKER_QUEUE: usize = VIEW_QUEUE + 2;

/// How often who waits for an answer looks whether the cluster goes on.
const LOOK: Duration = Duration::from_millis(50);

/// How long workers of a cluster may take to end when all is done.
const LEAVE: Duration = Duration::from_secs(2);

/// Where the events of a tick go; called on the view's thread, tick by tick.
pub type Recorder = Box<dyn FnMut(&[AlertEvent]) -> Result<(), Error> + Send>;

/// How to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Worker threads.
    pub workers: usize,
    /// *Now*, if it is not the greatest event time.
    pub as_of: Option<i64>,
    /// Where costs are noted, if anybody wants to know.
    pub profile: Option<Profile>,
}

/// Newest tick whose events are recorded, and whether any more will come.
#[derive(Default)]
struct Progress {
    tick: Mutex<(u64, bool)>,
    moved: Condvar,
}

/// What the view is handed.
enum ToView {
    /// A tick, for which it awaits the answers of all workers.
    Tick(TickIn),
    /// Somebody wants to look at it as it is after the ticks before.
    Look(Box<dyn FnOnce(&AlertView) + Send>),
}

/// What workers are made of.
enum Makings {
    /// Threads of this process alone.
    Threads(Threads),
    /// Connections to other processes.
    Cluster(Network),
}

/// Where the answers of the workers come, those of this process first.
struct Answers {
    of_workers: Vec<Receiver<TickOut>>,
    /// Whether the cluster goes on, if it is one.
    status: Option<Status>,
}

impl Answers {
    /// The answers of all to one tick.
    fn next(&self) -> Result<Vec<TickOut>, Error> {
        let next = |worker: &Receiver<TickOut>| loop {
            let answer = match &self.status {
                None => worker.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(_) => worker.recv_timeout(LOOK),
            };
            let failure = || self.status.as_ref().and_then(Status::failure);
            match answer {
                Ok(answer) => return Ok(answer),
                Err(RecvTimeoutError::Timeout) => failure().map_or(Ok(()), Err)?,
                Err(RecvTimeoutError::Disconnected) => {
                    let early = || Error::Engine("a worker ended early".to_owned());
                    return Err(failure().unwrap_or_else(early));
                }
            }
        };
        self.of_workers.iter().map(next).collect()
    }
}

/// A running engine; the thread that holds it is the front.
pub struct Engine {
    /// Lines in.
    pub front: Front,
    to_workers: Vec<SyncSender<TickIn>>,
    followers: Option<Followers>,
    is_cluster: bool,
    to_view: Option<SyncSender<ToView>>,
    view: Option<JoinHandle<Result<AlertView, Error>>>,
    workers: Option<JoinHandle<Result<(), String>>>,
    progress: Arc<Progress>,
    rule_set: RuleSet,
    sent: u64,
    profile: Option<Profile>,
}

/// Compiles a bank against the identities of a ledger, which takes the bank's fillers for such from here on.
///
/// # Errors
/// The bank has a rule that is not in the rule_set, or the memory of texts is full.
pub fn compile(bank: &Bank, rule_set: &RuleSet, ledger: &mut Ledger) -> Result<Arc<CompiledBank>, Error> {
    compile_noting(bank, rule_set, ledger, &mut |_, _| {})
}

/// As [`compile`]; `note` hears of each text where it stands.
fn compile_noting(
    bank: &Bank,
    rule_set: &RuleSet,
    ledger: &mut Ledger,
    note: &mut dyn FnMut(&str, TextRef),
) -> Result<Arc<CompiledBank>, Error> {
    ledger.set_fillers(bank.tables.fillers())?;
    let mut failed = None;
    let compiled = CompiledBank::compile_in(bank, rule_set, &mut |text| {
        let at = ledger.intern(text).unwrap_or_else(|full| {
            failed = Some(full);
            TextRef::NONE
        });
        note(text, at);
        at
    });
    let Some(compiled) = compiled else {
        let text = "a running engine takes only rules that it was started with";
        return Err(Error::arguments(text));
    };
    failed.map_or_else(|| Ok(Arc::new(compiled)), |full| Err(full.into()))
}

/// As [`compile`], with what a follower needs to compile it too.
fn compile_for_followers(
    bank: &Bank,
    rule_set: &RuleSet,
    ledger: &mut Ledger,
) -> Result<(Arc<CompiledBank>, BankMessage), Error> {
    let mut texts = BTreeMap::new();
    let compiled = compile_noting(bank, rule_set, ledger, &mut |text, at| {
        texts.insert(text.to_owned(), at);
    })?;
    Ok((compiled, BankMessage { files: bank.files.clone(), texts: texts.into_iter().collect() }))
}

/// Reads a bank for the detectors of this program.
///
/// # Errors
/// Every mistake in it.
pub fn load_bank(folder: Option<&std::path::Path>) -> Result<Bank, Error> {
    if let Some(mistake) = folder.and_then(no_bank) {
        return Err(Error::bank(vec![mistake]));
    }
    rulebank::load(folder, SPECS).map_err(Error::bank)
}

impl Engine {
    /// Starts the threads.
    ///
    /// # Errors
    /// The memory of texts is full, or a thread cannot be started.
    pub fn start(bank: &Bank, options: &Options, recorder: Recorder) -> Result<Engine, Error> {
        Engine::start_among(&[bank], options, recorder)
    }

    /// As [`Engine::start`], on the first of these banks; [`Engine::change_bank`] can go to the rules of all of them.
    ///
    /// # Errors
    /// As [`Engine::start`].
    pub fn start_among(banks: &[&Bank], options: &Options, recorder: Recorder) -> Result<Engine, Error> {
        Engine::start_with(banks, options, recorder, None)
    }

    /// As [`Engine::start`], with the workers of the followers beside those of this process.
    ///
    /// # Errors
    /// As [`Engine::start`]; a follower has ended.
    pub fn start_leading(
        bank: &Bank,
        options: &Options,
        recorder: Recorder,
        leader: Leader,
    ) -> Result<Engine, Error> {
        Engine::start_with(&[bank], options, recorder, Some(leader))
    }

    fn start_with(
        banks: &[&Bank],
        options: &Options,
        recorder: Recorder,
        leader: Option<Leader>,
    ) -> Result<Engine, Error> {
        let mut front = Front::new(options.as_of);
        let rule_set = RuleSet::of(banks);
        let first = banks.first().ok_or_else(|| Error::arguments("no bank to run"))?;
        let (compiled, of_followers) = compile_for_followers(first, &rule_set, front.ledger())?;
        let arena = Arc::clone(front.ledger().arena());
        let count = options.workers.max(1);
        let (to_workers, receivers): (Vec<_>, Vec<_>) =
            (0..count).map(|_| sync_channel::<TickIn>(WORKER_QUEUE)).unzip();
        let (answer, mut answers): (Vec<_>, Vec<_>) =
            (0..count).map(|_| sync_channel::<TickOut>(QUEUE)).unzip();
        // The followers, whose workers come after those of this process.
        let (followers, makings) = match leader {
            Some(leader) => {
                let files = banks.iter().map(|bank| bank.files.clone()).collect();
                let (followers, network, of_others) = leader.start(files, of_followers, front.ledger())?;
                answers.extend(of_others);
                (Some(followers), Makings::Cluster(network))
            }
            None if count == 1 => (None, Makings::Threads(Threads::Thread)),
            None => (None, Makings::Threads(Threads::Process(count))),
        };
        let status = followers.as_ref().map(|followers| followers.status().clone());
        // The view.
        let (to_view, ticks) = sync_channel::<ToView>(VIEW_QUEUE);
        let progress = Arc::new(Progress::default());
        let view = {
            let view = AlertView::new(Arc::clone(&arena), Arc::clone(&compiled));
            let (progress, status) = (Arc::clone(&progress), status.clone());
            spawn("alert view", move || {
                let answers = Answers { of_workers: answers, status };
                let result = keep_view(view, &ticks, &answers, recorder, &progress);
                let mut state = progress.tick.lock().unwrap_or_else(PoisonError::into_inner);
                state.1 = true;
                progress.moved.notify_all();
                result
            })?
        };
        // The workers.
        let ends: Vec<_> = receivers.into_iter().zip(answer).map(|ends| Mutex::new(Some(ends))).collect();
        let profile = options.profile.clone();
        let workers = spawn("workers", move || {
            let work = move |worker: &mut Worker| {
                let _watched = status.as_ref().map(Status::watch_worker);
                let ends = ends[worker.index()].lock().unwrap_or_else(PoisonError::into_inner).take();
                let Some((ticks, answer)) = ends else { return };
                if let Some(profile) = &profile {
                    profile.listen(worker);
                }
                run(worker, &arena, &compiled, || ticks.recv().ok(), |out| answer.send(out).is_ok());
            };
            let guards = match makings {
                Makings::Threads(communication) => {
                    let config = timely::Config { communication, worker: WorkerConfig::default() };
                    timely::execute(config, work)
                }
                Makings::Cluster(network) => {
                    let (allocators, threads) = network.open()?;
                    timely::execute::execute_from(allocators, threads, WorkerConfig::default(), work)
                }
            };
            guards?.join().into_iter().collect::<Result<Vec<()>, String>>().map(|_| ())
        })?;
        Ok(Engine {
            front,
            to_workers,
            is_cluster: followers.is_some(),
            followers,
            to_view: Some(to_view),
            view: Some(view),
            workers: Some(workers),
            progress,
            rule_set,
            sent: 0,
            profile: options.profile.clone(),
        })
    }

    /// Where its costs are noted, if they are.
    pub fn profile(&self) -> Option<&Profile> {
        self.profile.as_ref()
    }

    /// Closes the tick and sends it on; waits while the queues are full.
    ///
    /// # Errors
    /// What ended the engine's threads.
    pub fn close_tick(&mut self) -> Result<(), Error> {
        let tick = self.front.close_tick();
        self.send(tick)
    }

    /// Closes the last tick: profiles take in what gathered. One without lines is only for that.
    ///
    /// # Errors
    /// What ended the engine's threads.
    pub fn close_last_tick(&mut self) -> Result<(), Error> {
        if self.front.lines_in_tick() == 0 && !self.asks_models() {
            return Ok(());
        }
        self.close_tick_with_profiles()
    }

    /// Closes the tick with another bank: other parameters, table rows, exemptions, and rules that came or went.
    ///
    /// # Errors
    /// The bank has a rule of none of the banks that the engine was started with; what ended its threads.
    pub fn change_bank(&mut self, bank: &Bank) -> Result<(), Error> {
        let (compiled, of_followers) = compile_for_followers(bank, &self.rule_set, self.front.ledger())?;
        let mut tick = self.front.close_tick();
        tick.bank = Some(compiled);
        self.send_with(tick, Some(of_followers))
    }

    fn send(&mut self, tick: TickIn) -> Result<(), Error> {
        self.send_with(tick, None)
    }

    /// Sends a tick on; the bank that comes with it, as followers need it.
    fn send_with(&mut self, tick: TickIn, bank: Option<BankMessage>) -> Result<(), Error> {
        self.sent = tick.tick;
        // Stops at the first that is gone: the others may never read again. The view waits first: so there is room at
        // the workers for what it lets pass.
        let seen = self.to_view.as_ref().is_some_and(|view| view.send(ToView::Tick(tick.clone())).is_ok());
        let followed = match &mut self.followers {
            Some(followers) if seen => followers.send(&tick, bank, self.front.ledger())?,
            _ => seen,
        };
        let sent = followed && self.to_workers.iter().all(|worker| worker.send(tick.clone()).is_ok());
        if sent { Ok(()) } else { Err(self.why_it_stopped()) }
    }

    /// Closes the tick, and profiles take in what gathered, as at the end of a run.
    ///
    /// # Errors
    /// What ended the engine's threads.
    pub fn close_tick_with_profiles(&mut self) -> Result<(), Error> {
        let tick = self.front.close_tick();
        self.send(TickIn { profiles: true, ..tick })
    }

    /// Whether some rule asks models, whose profiles gather until they are taken in.
    pub fn asks_models(&self) -> bool {
        self.rule_set.asks_models()
    }

    /// Looks at the view as it is when everything sent so far is judged.
    ///
    /// # Errors
    /// What ended the engine's threads.
    pub fn look<T: Send + 'static>(
        &mut self,
        look: impl FnOnce(&AlertView) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, answered) = sync_channel(1);
        let look = Box::new(move |view: &AlertView| {
            // Nobody listens any more: nothing is to be done.
            let _ = answer.send(look(view));
        });
        let sent = self.to_view.as_ref().is_some_and(|view| view.send(ToView::Look(look)).is_ok());
        match answered.recv() {
            Ok(seen) if sent => Ok(seen),
            _ => Err(self.why_it_stopped()),
        }
    }

    /// Waits until everything sent is judged and recorded.
    ///
    /// # Errors
    /// What ended the engine's threads.
    pub fn settle(&mut self) -> Result<(), Error> {
        let mut state = self.progress.tick.lock().unwrap_or_else(PoisonError::into_inner);
        while state.0 < self.sent && !state.1 {
            state = self.progress.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let done = state.0 >= self.sent;
        drop(state);
        if done { Ok(()) } else { Err(self.why_it_stopped()) }
    }

    /// Ends the threads; gives the front with its counts and the view with the alerts that stand.
    ///
    /// # Errors
    /// What ended the engine's threads early.
    pub fn finish(mut self) -> Result<(Front, AlertView), Error> {
        if let Some(followers) = self.followers.take() {
            followers.end()?;
        }
        self.to_workers.clear();
        self.to_view = None;
        let view = self.join()?;
        Ok((self.front, view))
    }

    fn join(&mut self) -> Result<AlertView, Error> {
        let stopped = |what: &str| Error::Engine(format!("{what} panicked; the message stands above"));
        let view = match self.view.take().map(JoinHandle::join) {
            Some(Ok(view)) => view?,
            _ => return Err(stopped("the view")),
        };
        // Workers are waited for only if all went well: of several, one may wait for another that is gone. So may those
        // of a cluster that was told to end: all that they had to do is done.
        let begun = Instant::now();
        while self.is_cluster && self.workers.as_ref().is_some_and(|workers| !workers.is_finished()) {
            if begun.elapsed() > LEAVE {
                return Ok(view);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        match self.workers.take().map(JoinHandle::join) {
            Some(Ok(Ok(()))) => Ok(view),
            Some(Ok(Err(text))) => Err(Error::Engine(text)),
            _ => Err(stopped("a worker")),
        }
    }

    fn why_it_stopped(&mut self) -> Error {
        self.followers = None;
        self.to_workers.clear();
        self.to_view = None;
        match self.join() {
            Err(error) => error,
            Ok(_) => Error::Engine("its threads ended early".to_owned()),
        }
    }
}

fn spawn<T: Send + 'static>(
    name: &str,
    body: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, Error> {
    let builder = std::thread::Builder::new().name(name.to_owned());
    builder.spawn(body).map_err(|error| Error::Engine(format!("cannot start the thread {name}: {error}")))
}

fn keep_view(
    mut view: AlertView,
    to_view: &Receiver<ToView>,
    answers: &Answers,
    mut recorder: Recorder,
    progress: &Progress,
) -> Result<AlertView, Error> {
    while let Ok(handed) = to_view.recv() {
        let tick = match handed {
            ToView::Tick(tick) => tick,
            ToView::Look(look) => {
                look(&view);
                continue;
            }
        };
        recorder(&view.apply_tick(&tick, answers.next()?))?;
        let mut state = progress.tick.lock().unwrap_or_else(PoisonError::into_inner);
        state.0 = tick.tick;
        progress.moved.notify_all();
    }
    Ok(view)
}
