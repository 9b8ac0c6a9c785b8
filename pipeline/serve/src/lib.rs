//! The live service: the same dataflow for ever, and a crash at any moment loses nothing and doubles nothing.
//!
//! ```text
//!   sources                     the live loop (one thread)                   readers
//!   http::changes  --+          a tick: take, judge | write, commit,   +--  http::feed   (server-sent events)
//!   folder, kafka  --+-> inbox  then answer and publish               -+--  http::alerts (what is durable)
//!                                                                        +--  kafka::publish, kafka::dead_letters
//!                                                                        +--  projection   (the database)
//! ```
//!
//! In reading order: [`config`] is how it runs; [`batch`] what a source hands in at the [`inbox`]; [`live`] makes ticks of
//! it; [`recover`] brings the engine back to where it was; [`feed`] hands out events; [`door`] lets people and
//! programs in, [`access`] says what they may do, and [`http`] answers them; [`rules`] changes the bank in force;
//! [`metrics`] is what is counted. The only crate with connections and timers: below it nothing knows them.

mod about;
pub mod access;
mod at_hand;
pub mod backup;
pub mod batch;
pub mod budget;
mod candidate;
pub mod clock;
mod cluster;
pub mod cluster_config;
pub mod config;
pub mod database_config;
pub mod divisions;
pub mod doctor;
pub mod door;
mod entrance;
mod error;
mod fail;
pub mod feed;
pub mod folder;
mod hex;
pub mod http;
pub mod inbox;
mod judged;
pub mod kafka;
pub mod live;
pub mod metrics;
mod patience;
pub mod projection;
pub mod recover;
pub mod retention;
pub mod room;
pub mod rules;
pub mod sight;
pub mod supervisor;
mod takeover;
pub mod trail;
pub mod troubles;
pub mod versions;
pub mod wanted;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use store::Store;
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};
use tracing::{info, warn};

use access::audit_file::AUDIT_FILE;
pub use backup::restore;
use cluster::Leading;
pub use config::Config;
use entrance::Entrance;
pub use error::{Error, START_AGAIN};
use folder::Watch;
use http::App;
use inbox::Inbox;
use kafka::consume::{self, Consume};
use kafka::dead_letters::{self, DeadLetters};
use kafka::lag::{self, Lag};
use kafka::publish::{self, Publish};
use live::{How, Live, Shared};
use metrics::Metrics;
use projection::{Projected, Projection};
use retention::Ageing;
use room::UnderWay;
use rules::Rules;
use runtime::cluster::status::Status;
use sight::Sight;
use trail::Trail;

/// What the service tells while it starts and ends.
pub enum Progress {
    /// So many changes of the store went through the engine again.
    Loading(u64),
    /// It takes changes at this address.
    Ready(SocketAddr),
    /// How the processes of a cluster come together.
    Cluster(String),
    /// Something beside the live loop goes wrong, and is tried again.
    Trouble(String),
    /// It was told to end, and finishes the tick in work.
    Ending,
}

/// Whom the service tells how it goes.
pub type Tell = Arc<dyn Fn(Progress) + Send + Sync>;

/// One who logs it first.
fn logged(tell: &Tell) -> Tell {
    let tell = Arc::clone(tell);
    Arc::new(move |progress| {
        match &progress {
            // The program says itself where it can be reached.
            Progress::Loading(0) | Progress::Ready(_) => {}
            Progress::Loading(changes) => info!(changes, "loading"),
            Progress::Cluster(what) => info!("{what}"),
            Progress::Trouble(what) => warn!("{what}"),
            Progress::Ending => info!("told to end: the tick in work is finished"),
        }
        tell(progress);
    })
}

/// How long sources and publishers may take to end, once the last tick is committed: what they leave undone is done
/// after the next start.
const LEAVE: Duration = Duration::from_secs(2);

/// Runs until it is told to end.
///
/// # Errors
/// The configuration does not fit, the state is damaged or another's, the engine or the disk failed.
pub fn serve(config: &Config, tell: &Tell) -> Result<(), Error> {
    config.check()?;
    clock::set(config.clock);
    let tell = &logged(tell);
    if let Some(cluster) = config.cluster.as_ref().filter(|cluster| cluster.process > 0) {
        return cluster::serve(config, cluster, tell);
    }
    let store = Store::open(&config.data)?;
    let database = config.database.address(&config.data)?;
    let metrics = Metrics::new(store.state(), &config.data, config.metrics.arrangements);
    let (inbox, handed) = Inbox::new(metrics.waiting.clone());
    let shared = Arc::new(Shared::new(store.state(), metrics));
    let workers = usize::from(config.workers);
    let judges = (workers, config.cluster.is_some());
    let rules = Rules::open(config.rules.as_deref(), &config.data, judges, &shared, &inbox)?;
    let bank = rules.bank();
    let leading = Leading::open(config, &shared, rules.in_force().configured)?;
    let cluster = leading.as_ref().map(Leading::status);
    let (data, count) = (config.data.display(), bank.rules.len());
    info!(version = env!("CARGO_PKG_VERSION"), %data, rules = count, workers, "starting");
    // It is reachable before it is ready, and says that it loads.
    let system = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Error::System)?;
    let address = config.listen;
    let listener = system.block_on(async { door::listen(address) });
    let listener = listener.map_err(|source| Error::Listen { address, source })?;
    let address = listener.local_addr().unwrap_or(address);
    let entrance = Entrance::open(config, &shared, tell)?;
    let audit = entrance.audit();
    let projected = Projected::default();
    let projection = Projection {
        address: database.clone(),
        state: shared.state.clone(),
        committed: shared.committed.subscribe(),
        divisions: shared.divisions.clone(),
        inbox: inbox.clone(),
        handle: system.handle().clone(),
        rules: rules.clone(),
        trail: Trail { audit: audit.clone(), path: config.data.join(AUDIT_FILE) },
        projected: projected.clone(),
    };
    projection.prepare()?;
    let app = App {
        inbox: inbox.clone(),
        under_way: UnderWay::default(),
        shared: Arc::clone(&shared),
        rules: rules.clone(),
        data: Arc::from(config.data.as_path()),
        backups: Arc::from(config.backups()),
        sight: Sight::default(),
        projected,
        alerts: config.alerts,
        trail: projection.trail.clone(),
        database,
    };
    system.spawn(entrance.door(app).open(listener));
    system.spawn(entrance.open_anew(Arc::clone(tell)));
    let live = {
        let (shared, tell, config) = (Arc::clone(&shared), Arc::clone(tell), config.clone());
        thread("live", move || {
            let loading = |changes| tell(Progress::Loading(changes));
            let leader = match leading.map(|leading| leading.gather(&shared, &tell)).transpose()? {
                // It was told to end before the others were there.
                Some(None) => return Ok(()),
                leader => leader.flatten(),
            };
            let how = How { workers, policy: config.policy(), alerts: config.alerts };
            let live = Live::open(store, shared, &bank, (how, leader), loading)?;
            tell(Progress::Ready(address));
            live.run(&handed)
        })?
    };
    let fenced = Arc::new(AtomicBool::new(false));
    let beside = Beside { config, shared: &shared, inbox: &inbox, handle: system.handle(), tell };
    let mut others = beside.start(&fenced)?;
    others.push(beside.project(projection)?);
    others.extend(beside.age(rules, workers, cluster.is_some())?);
    let has_failed = || cluster.as_ref().is_some_and(Status::has_failed);
    let has_ended = || live.is_finished() || shared.ending.load(Ordering::Acquire) || has_failed();
    let told = system.block_on(told_to_end(has_ended));
    shared.ending.store(true, Ordering::Release);
    if told.map_err(Error::System)? {
        tell(Progress::Ending);
    }
    // The tick in work is finished first; then the others are left to themselves.
    inbox.stop();
    let ended = live.join().unwrap_or_else(|_| {
        let text = "the live loop panicked; the message stands above";
        Err(Error::Runtime(runtime::Error::Engine(text.to_owned())))
    });
    let begun = Instant::now();
    while begun.elapsed() < LEAVE && !others.iter().all(JoinHandle::is_finished) {
        std::thread::sleep(Duration::from_millis(10));
    }
    // What was refused last is written down, if the disk lets it.
    let settled = system.block_on(async { tokio::time::timeout(LEAVE, audit.settle()).await });
    if settled.is_err() {
        tell(Progress::Trouble("audit: the last entries are not written".to_owned()));
    }
    system.shutdown_background();
    info!(tick = shared.state.last_tick(), sequence = shared.state.last_sequence(), "ended");
    ended?;
    match &config.kafka {
        Some(kafka) if fenced.load(Ordering::Acquire) => Err(Error::Fenced(kafka.group.clone())),
        _ => Ok(()),
    }
}

fn thread<T: Send + 'static>(
    name: &str,
    body: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, Error> {
    std::thread::Builder::new().name(name.to_owned()).spawn(body).map_err(Error::System)
}

/// What a thread beside the live loop does until it ends; it tells what goes wrong.
type Body = Box<dyn FnOnce(&AtomicBool, &dyn Fn(String)) + Send>;

/// What starts the threads beside the live loop.
struct Beside<'a> {
    config: &'a Config,
    shared: &'a Arc<Shared>,
    inbox: &'a Inbox,
    handle: &'a Handle,
    tell: &'a Tell,
}

impl Beside<'_> {
    /// Starts what writes into the database.
    fn project(&self, projection: Projection) -> Result<JoinHandle<()>, Error> {
        let (shared, tell) = (Arc::clone(self.shared), Arc::clone(self.tell));
        thread("database", move || {
            projection.run(&shared.ending, &|what| tell(Progress::Trouble(what)));
        })
    }

    /// Starts what lets old records go, if they are to go.
    fn age(&self, rules: Rules, workers: usize, is_cluster: bool) -> Result<Option<JoinHandle<()>>, Error> {
        let Some(retention) = self.config.retention else { return Ok(None) };
        let (shared, inbox) = (Arc::clone(self.shared), self.inbox.clone());
        let (ageing, tell) =
            (Ageing { retention, shared, rules, inbox, workers, is_cluster }, Arc::clone(self.tell));
        Ok(Some(thread("retention", move || ageing.run(&|what| tell(Progress::Trouble(what))))?))
    }

    /// Starts what the configuration asks for.
    fn start(&self, fenced: &Arc<AtomicBool>) -> Result<Vec<JoinHandle<()>>, Error> {
        let start = |name: &'static str, body: Body| {
            let (shared, tell) = (Arc::clone(self.shared), Arc::clone(self.tell));
            shared.metrics.streams.watch(name);
            thread(name, move || {
                body(&shared.ending, &|what| {
                    shared.metrics.streams.trouble(name);
                    tell(Progress::Trouble(what));
                })
            })
        };
        let (state, inbox, handle) =
            (|| self.shared.state.clone(), || self.inbox.clone(), || self.handle.clone());
        let watch = Watch { folder: self.config.inbox(), state: state(), inbox: inbox(), handle: handle() };
        let mut started = vec![start("folder", Box::new(move |ending, tell| watch.run(ending, tell)))?];
        let Some(kafka) = &self.config.kafka else { return Ok(started) };
        if !kafka.topics.is_empty() {
            let config = kafka.clone();
            let shared = Arc::clone(self.shared);
            let consume = Consume { config, shared, inbox: inbox(), handle: handle() };
            started.push(start(consume::THREAD, Box::new(move |ending, tell| consume.run(ending, tell)))?);
        }
        if !kafka.topics.is_empty() {
            let lag = Lag { config: kafka.clone(), shared: Arc::clone(self.shared) };
            started.push(start(lag::THREAD, Box::new(move |ending, tell| lag.run(ending, tell)))?);
        }
        if kafka.dead_letters && !kafka.topics.is_empty() {
            let dead = DeadLetters { config: kafka.clone(), shared: Arc::clone(self.shared) };
            started.push(start(dead_letters::THREAD, Box::new(move |ending, tell| dead.run(ending, tell)))?);
        }
        if let Some(topic) = kafka.alert_topic.clone() {
            let (feed, fenced) = (self.shared.feed.clone(), Arc::clone(fenced));
            let (config, shared) = (kafka.clone(), Arc::clone(self.shared));
            let publish = Publish { config, topic, state: state(), feed, handle: handle(), shared };
            let body = move |ending: &AtomicBool, tell: &dyn Fn(String)| {
                // A service that was fenced must not go on: its successor has the stream.
                if !publish.run(ending, tell) {
                    fenced.store(true, Ordering::Release);
                    ending.store(true, Ordering::Release);
                }
            };
            started.push(start(publish::THREAD, Box::new(body))?);
        }
        Ok(started)
    }
}

/// Waits for a signal, or until the loop has ended by itself; says whether it was a signal.
async fn told_to_end(has_ended: impl Fn() -> bool) -> std::io::Result<bool> {
    /// How often it is looked whether the loop goes on.
    const LOOK: Duration = Duration::from_millis(100);
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    loop {
        tokio::select! {
            _ = terminate.recv() => return Ok(true),
            _ = interrupt.recv() => return Ok(true),
            () = tokio::time::sleep(LOOK) => {
                if has_ended() {
                    return Ok(false);
                }
            }
        }
    }
}
