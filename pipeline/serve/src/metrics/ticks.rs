//! Ticks: how many, how long they and their parts took, how many changes they had; and how far *now* has come.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use records::time::{Day, day_of};

use crate::clock::CHINA_AHEAD_SECONDS;

/// Upper ends of the buckets of times, in seconds.
const SECONDS: [f64; 21] = [
    0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3,
    0.5, 1.0, 2.0, 5.0, 10.0,
];

/// Upper ends of the buckets of changes.
const CHANGES: [f64; 12] =
    [1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1_000.0, 3_000.0, 10_000.0, 30_000.0, 100_000.0, 300_000.0];

/// Histograms of the parts of a tick.
type Parted = Family<[(&'static str, &'static str); 1], Histogram, fn() -> Histogram>;

fn of_seconds() -> Histogram {
    Histogram::new(SECONDS)
}

/// How long the parts of a tick took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parts {
    /// Its changes were decoded and handed to the engine.
    pub take: Duration,
    /// The engine judged; meanwhile they were written.
    pub judge: Duration,
    /// They were written, and the disk has them.
    pub append: Duration,
    /// The transaction.
    pub commit: Duration,
    /// From the first change in hand to the commit.
    pub whole: Duration,
}

/// Counters and histograms of ticks.
#[derive(Debug)]
pub struct Ticks {
    count: Counter,
    whole: Histogram,
    take: Histogram,
    judge: Histogram,
    append: Histogram,
    commit: Histogram,
    changes: Histogram,
    handed_in: Histogram,
    now: Gauge,
    behind: Gauge,
    beyond: Gauge<u64, AtomicU64>,
    set_aside: Gauge<u64, AtomicU64>,
    /// *Now* as seconds since 1970 UTC; the smallest number before there is one.
    now_at: AtomicI64,
}

impl Ticks {
    pub(super) fn register(registry: &mut Registry) -> Ticks {
        let parts = Parted::new_with_constructor(of_seconds);
        let help = "Time of the parts of a tick; append goes on while the engine judges";
        registry.register("fundwatch_tick_part_seconds", help, parts.clone());
        let part = |name| parts.get_or_create_owned(&[("part", name)]);
        let ticks = Ticks {
            count: Counter::default(),
            whole: of_seconds(),
            take: part("take"),
            judge: part("judge"),
            append: part("append"),
            commit: part("commit"),
            changes: Histogram::new(CHANGES),
            handed_in: of_seconds(),
            now: Gauge::default(),
            behind: Gauge::default(),
            beyond: Gauge::default(),
            set_aside: Gauge::default(),
            now_at: AtomicI64::new(i64::MIN),
        };
        registry.register("fundwatch_ticks", "Ticks with changes that were committed", ticks.count.clone());
        let help = "Time of a tick, from its changes in hand to the commit";
        registry.register("fundwatch_tick_seconds", help, ticks.whole.clone());
        registry.register("fundwatch_tick_changes", "Changes of a tick", ticks.changes.clone());
        let help = "Time of a batch of changes, from when there was room for it to the commit";
        registry.register("fundwatch_hand_in_to_commit_seconds", help, ticks.handed_in.clone());
        let help = "Now, the newest event time of the records, as seconds since 1970; 0 before there is one";
        registry.register("fundwatch_now_timestamp_seconds", help, ticks.now.clone());
        let help = "How far now is behind the clock of the machine; 0 before there is a now";
        registry.register("fundwatch_now_behind_seconds", help, ticks.behind.clone());
        let help = "Records dated beyond the day after today, which do not move now yet";
        registry.register("fundwatch_records_beyond_now", help, ticks.beyond.clone());
        let help = "Changes that were set aside since records were let go, for they speak of what went";
        registry.register("fundwatch_changes_set_aside", help, ticks.set_aside.clone());
        ticks
    }

    /// Ticks with changes since the start.
    pub fn count(&self) -> u64 {
        self.count.get()
    }

    /// A tick was committed.
    pub fn add(&self, changes: u64, parts: &Parts) {
        self.count.inc();
        self.changes.observe(changes as f64);
        self.whole.observe(parts.whole.as_secs_f64());
        self.take.observe(parts.take.as_secs_f64());
        self.judge.observe(parts.judge.as_secs_f64());
        self.append.observe(parts.append.as_secs_f64());
        self.commit.observe(parts.commit.as_secs_f64());
    }

    /// A batch that waited since then is committed.
    pub fn committed(&self, since: Instant) {
        self.handed_in.observe(since.elapsed().as_secs_f64());
    }

    /// How many changes were set aside, for they speak of records that went.
    pub fn note_set_aside(&self, changes: u64) {
        self.set_aside.set(changes);
    }

    /// Where *now* is, as seconds since 1970 UTC, and how many records are beyond it.
    pub fn set_now(&self, now: Option<i64>, beyond: u64) {
        self.now_at.store(now.unwrap_or(i64::MIN), Ordering::Release);
        self.beyond.set(beyond);
    }

    /// The day of *now*, China Standard Time; none before there is a *now*.
    pub fn now_day(&self) -> Option<Day> {
        let now = self.now_at.load(Ordering::Acquire);
        (now != i64::MIN).then(|| day_of(now + CHINA_AHEAD_SECONDS))
    }

    pub(super) fn look(&self) {
        let now = self.now_at.load(Ordering::Acquire);
        if now == i64::MIN {
            return;
        }
        let clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        self.now.set(now);
        self.behind.set(i64::try_from(clock.as_secs()).unwrap_or(i64::MAX).saturating_sub(now));
    }
}
