//! Where it runs: what the store takes up, what the disk has left, memory and processor time; looked up when asked for.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use records::arena::Arena;
use runtime::profile::Profile;
use store::State;

type Bytes = Gauge<u64, AtomicU64>;
type Seconds = Gauge<f64, AtomicU64>;

/// Gauges of store, disk and process.
#[derive(Debug)]
pub struct Place {
    data: PathBuf,
    segments: Bytes,
    database: Bytes,
    free: Bytes,
    resident: Bytes,
    arena: Bytes,
    started: Seconds,
    processor: Counter<f64, AtomicU64>,
    arrangements: Family<[(&'static str, String); 1], Gauge>,
    wants_sizes: bool,
    /// Of the engine that serves.
    engine: Mutex<Option<(Arc<Arena>, Option<Profile>)>>,
}

impl Place {
    pub(super) fn register(registry: &mut Registry, data: &Path, wants_sizes: bool) -> Place {
        let place = Place {
            data: data.to_owned(),
            segments: Bytes::default(),
            database: Bytes::default(),
            free: Bytes::default(),
            resident: Bytes::default(),
            arena: Bytes::default(),
            started: Seconds::default(),
            processor: Counter::default(),
            arrangements: Family::default(),
            wants_sizes,
            engine: Mutex::default(),
        };
        let mut register =
            |name: &str, help: &str, gauge: &Bytes| registry.register(name, help, gauge.clone());
        register("fundwatch_store_segment_bytes", "Bytes of the changes on the disk", &place.segments);
        register("fundwatch_store_database_bytes", "Bytes of state.redb", &place.database);
        register("fundwatch_disk_free_bytes", "Bytes that are free on the disk of the state", &place.free);
        register("fundwatch_arena_bytes", "Memory of the rows and texts of records", &place.arena);
        register("process_resident_memory_bytes", "Resident memory of the process", &place.resident);
        let help = "When the process was started, as seconds since 1970";
        registry.register("process_start_time_seconds", help, place.started.clone());
        registry.register("process_cpu_seconds", "Processor time of the process", place.processor.clone());
        let help = "Updates that the arrangements of an operator hold";
        registry.register("fundwatch_arrangement_updates", help, place.arrangements.clone());
        place.started.set(process::started().unwrap_or_default());
        place
    }

    /// What an engine notes sizes in, if they are wanted.
    pub fn profile(&self) -> Option<Profile> {
        self.wants_sizes.then(Profile::of_sizes)
    }

    /// Whose memory it is from now on; another engine has other arrangements.
    pub fn watch(&self, rows: &Arc<Arena>, profile: Option<Profile>) {
        *self.engine.lock().unwrap_or_else(PoisonError::into_inner) = Some((Arc::clone(rows), profile));
        self.arrangements.clear();
    }

    /// Looks; what cannot be looked at keeps its last value.
    pub(super) fn look(&self, state: &State) {
        if let Ok(segments) = state.snapshot().and_then(|now| now.segments()) {
            self.segments.set(segments.iter().map(|(_, length)| length).sum());
        }
        if let Ok(about) = fs::metadata(self.data.join("state.redb")) {
            self.database.set(about.len());
        }
        if let Ok(about) = rustix::fs::statvfs(&self.data) {
            self.free.set(about.f_bavail * about.f_frsize);
        }
        if let Some(resident) = process::resident() {
            self.resident.set(resident);
        }
        if let Some(seconds) = process::seconds() {
            self.processor.inc_by((seconds - self.processor.get()).max(0.0));
        }
        let engine = self.engine.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((rows, profile)) = &*engine else { return };
        self.arena.set(rows.bytes());
        if let Some(profile) = profile {
            for (name, updates) in profile.sizes() {
                self.arrangements.get_or_create(&[("operator", name)]).set(updates);
            }
        }
    }
}

/// What Linux tells about the process; none elsewhere.
mod process {
    use std::fs;

    /// Bytes of memory that are resident.
    pub(super) fn resident() -> Option<u64> {
        let text = fs::read_to_string("/proc/self/statm").ok()?;
        let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
        Some(pages * u64::try_from(rustix::param::page_size()).ok()?)
    }

    /// Seconds of processor time.
    pub(super) fn seconds() -> Option<f64> {
        let fields = stat()?;
        let (user, system): (f64, f64) = (fields.get(11)?.parse().ok()?, fields.get(12)?.parse().ok()?);
        Some((user + system) / ticks())
    }

    /// When it was started, as seconds since 1970.
    pub(super) fn started() -> Option<f64> {
        let after: f64 = stat()?.get(19)?.parse().ok()?;
        let text = fs::read_to_string("/proc/stat").ok()?;
        let boot: f64 = text.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
        Some(boot + after / ticks())
    }

    /// Fields of `/proc/self/stat` behind the name of the program, which may have spaces: the first is the state.
    fn stat() -> Option<Vec<String>> {
        let text = fs::read_to_string("/proc/self/stat").ok()?;
        let (_, behind) = text.rsplit_once(") ")?;
        Some(behind.split(' ').map(str::to_owned).collect())
    }

    fn ticks() -> f64 {
        /// As it has been on Linux for decades, should the kernel give an odd number.
        const USUAL: u32 = 100;
        f64::from(u32::try_from(rustix::param::clock_ticks_per_second()).unwrap_or(USUAL))
    }
}
