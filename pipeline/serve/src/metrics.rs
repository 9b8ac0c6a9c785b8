//! What the service counts while it runs, for Prometheus: one struct that everybody who does something holds.
//!
//! Where changes flow only atomics and, once a batch or tick, a histogram are touched; what has to be looked up (the
//! disk, the store, memory) is looked up when somebody asks for `/metrics`. A label is a kind, a source, a code, a
//! rule, an operator or a partition: never a person, a record or anything else that stands in one.
//!
//! In reading order: [`changes`] in, [`ticks`], [`outcome`] (events and alerts), [`waiting`] in the inbox, [`streams`]
//! (feed and Kafka), [`place`] (store, disk, memory).

pub mod changes;
pub mod outcome;
pub mod place;
pub mod streams;
pub mod ticks;
pub mod waiting;

use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};

pub use prometheus_client::encoding::prometheus_text::CONTENT_TYPE;
use prometheus_client::encoding::prometheus_text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use store::State;

use changes::Changes;
use outcome::Outcome;
use place::Place;
use streams::Streams;
use ticks::Ticks;
use waiting::Waiting;

/// Everything that is counted.
#[derive(Debug)]
pub struct Metrics {
    /// Changes that came.
    pub changes: Changes,
    /// Ticks, and how far the records' time has come.
    pub ticks: Ticks,
    /// Events, and alerts that stand.
    pub outcome: Outcome,
    /// What waits for its tick.
    pub waiting: Waiting,
    /// The feed and Kafka.
    pub streams: Streams,
    /// Store, disk and memory.
    pub place: Place,
    ready: Gauge,
    processes: Gauge,
    generation: Gauge<u64, AtomicU64>,
    registry: Registry,
    /// One scrape at a time: gauges of it are set before they are written.
    scraping: Mutex<()>,
}

impl Metrics {
    /// Counts from now on, of a service whose state is in the folder `data`; whether sizes of arrangements are wanted.
    pub fn new(state: &State, data: &Path, wants_sizes: bool) -> Metrics {
        let mut registry = Registry::default();
        let of = &mut registry;
        let ready = Gauge::default();
        of.register("fundwatch_ready", "1 while changes are taken, else 0", ready.clone());
        let (processes, generation) = (Gauge::default(), Gauge::default());
        processes.set(1);
        of.register("fundwatch_processes", "Processes that judge together", processes.clone());
        let help = "How often several processes have started on this state; 0 for one process alone";
        of.register("fundwatch_generation", help, generation.clone());
        let info: Family<[(&str, String); 2], Gauge> = Family::default();
        of.register(
            "fundwatch_info",
            "Version of the program and identity of the state; always 1",
            info.clone(),
        );
        let identity = format!("{:016x}", state.identity());
        info.get_or_create(&[("version", env!("CARGO_PKG_VERSION").to_owned()), ("identity", identity)])
            .set(1);
        Metrics {
            changes: Changes::register(of),
            ticks: Ticks::register(of),
            outcome: Outcome::register(of),
            waiting: Waiting::register(of),
            streams: Streams::register(of),
            place: Place::register(of, data, wants_sizes),
            ready,
            processes,
            generation,
            registry,
            scraping: Mutex::default(),
        }
    }

    /// Several processes judge together, in this generation.
    pub fn set_cluster(&self, processes: usize, generation: u64) {
        self.processes.set(i64::try_from(processes).unwrap_or(i64::MAX));
        self.generation.set(generation);
    }

    /// All of it as text.
    ///
    /// # Errors
    /// A value has no text, which is a mistake of the program.
    pub fn text(&self, state: &State, is_ready: bool) -> Result<String, std::fmt::Error> {
        let _one = self.scraping.lock().unwrap_or_else(PoisonError::into_inner);
        self.ready.set(i64::from(is_ready));
        self.ticks.look();
        self.streams.look(state.last_sequence());
        self.place.look(state);
        let mut text = String::with_capacity(64 << 10);
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
