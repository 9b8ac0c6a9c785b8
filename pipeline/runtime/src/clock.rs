//! The clock of the machine, which bounds *now* and nothing else (contract section 1).

use std::time::SystemTime;

use records::time::{Moment, of_unix};

/// The moment by the clock of the machine, in China Standard Time.
pub fn wall_clock() -> Moment {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    of_unix(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}
