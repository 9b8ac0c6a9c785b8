//! The clock of the machine, and how far it lets *now* go.

use std::sync::atomic::{AtomicI64, Ordering};

use records::row::Day;
use records::time::day_of;
pub(crate) use records::time::limit_of_now;
use serde::Deserialize;

/// What China Standard Time is ahead of UTC.
pub(crate) const CHINA_AHEAD_SECONDS: i64 = 8 * 3_600;

/// `[clock]` of the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClockConfig {
    /// So many seconds are added to the clock of the machine wherever the service asks it: for tests and rehearsals of
    /// another day. Logs and the audit have the clock of the machine.
    pub ahead_seconds: i64,
}

/// What is added to the clock of the machine.
static AHEAD_SECONDS: AtomicI64 = AtomicI64::new(0);

/// The clock is read so from now on.
pub(crate) fn set(config: ClockConfig) {
    AHEAD_SECONDS.store(config.ahead_seconds, Ordering::Relaxed);
}

/// The day in China, by the wall clock.
pub(crate) fn today() -> Day {
    day_of(wall_clock())
}

/// Seconds of the wall clock in China Standard Time.
pub(crate) fn wall_clock() -> i64 {
    runtime::clock::wall_clock().saturating_add(AHEAD_SECONDS.load(Ordering::Relaxed))
}
