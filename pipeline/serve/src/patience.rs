//! An engine that is made beside the one that serves leaves time to it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::Error;
use crate::live::Shared;

/// A pause is never longer.
const PAUSE_MAX: Duration = Duration::from_millis(500);

/// Leaves time to the engine that serves: while changes come, they go first.
pub(crate) struct Patience<'a> {
    shared: &'a Shared,
    ticks: u64,
}

impl Patience<'_> {
    /// Nothing was seen yet.
    pub(crate) fn new(shared: &Shared) -> Patience<'_> {
        Patience { shared, ticks: 0 }
    }

    /// After so much time of work it pauses as long, if changes came meanwhile.
    ///
    /// # Errors
    /// The service ends.
    pub(crate) fn pause(&mut self, worked: Duration) -> Result<(), Error> {
        if self.shared.ending.load(Ordering::Acquire) {
            return Err(Error::Ended);
        }
        let now = self.shared.metrics.ticks.count();
        if std::mem::replace(&mut self.ticks, now) != now {
            std::thread::sleep(worked.min(PAUSE_MAX));
        }
        Ok(())
    }
}
