//! The clock of the machine, and how far it lets *now* go.

use std::time::SystemTime;

use records::time::{DAY_SECONDS, day_of, start_of};

/// What China Standard Time is ahead of UTC.
pub(crate) const CHINA_AHEAD_SECONDS: i64 = 8 * 3_600;

/// Seconds of the wall clock in China Standard Time.
pub(crate) fn wall_clock() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX).saturating_add(CHINA_AHEAD_SECONDS)
}

/// The last moment of the day after this one: later records do not move *now* (contract section 1).
pub(crate) fn limit_of_now(wall_clock: i64) -> i64 {
    start_of(day_of(wall_clock)) + 2 * DAY_SECONDS - 1
}
