//! *Now*: the greatest event time of the records that stand, under arrivals and withdrawals.
//!
//! Only the newest distinct moments are counted, at most [`KEPT`] of them; everything at or below the horizon
//! is forgotten. If withdrawals ever eat through what is kept, the caller scans what stands once more.

use std::collections::BTreeMap;

use crate::time::Moment;

/// How many distinct moments are counted at the most.
pub const KEPT: usize = 256;

/// Counts of the newest event times.
#[derive(Debug, Default)]
pub struct Clock {
    counts: BTreeMap<Moment, u32>,
    /// Moments below this one are not counted.
    horizon: Option<Moment>,
}

impl Clock {
    /// A record with this event time stands.
    #[inline]
    pub fn add(&mut self, moment: Moment) {
        if self.horizon.is_some_and(|horizon| moment < horizon) {
            return;
        }
        *self.counts.entry(moment).or_insert(0) += 1;
        if self.counts.len() > KEPT {
            let middle = self.counts.keys().nth(KEPT / 2).copied();
            if let Some(middle) = middle {
                self.counts = self.counts.split_off(&middle);
                self.horizon = Some(middle);
            }
        }
    }

    /// It stands no more. Returns whether the newest moment is now unknown and must be found by a scan.
    #[must_use]
    pub fn remove(&mut self, moment: Moment) -> bool {
        if let Some(count) = self.counts.get_mut(&moment) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&moment);
            }
        }
        self.counts.is_empty() && self.horizon.is_some()
    }

    /// Starts again from all event times that stand.
    pub fn rebuild(&mut self, moments: impl Iterator<Item = Moment>) {
        *self = Clock::default();
        for moment in moments {
            self.add(moment);
        }
    }

    /// The newest moment; `None` while nothing with an event time stands.
    pub fn newest(&self) -> Option<Moment> {
        self.counts.last_key_value().map(|(moment, _)| *moment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_moment_follows_withdrawals() {
        let mut clock = Clock::default();
        let all: Vec<Moment> = (0..10_000).collect();
        for moment in &all {
            clock.add(*moment);
        }
        for top in (1..10_000).rev() {
            assert_eq!(clock.newest(), Some(top));
            if clock.remove(top) {
                clock.rebuild(all[..usize::try_from(top).unwrap()].iter().copied());
            }
        }
        assert_eq!(clock.newest(), Some(0));
        assert!(!clock.remove(0));
        assert_eq!(clock.newest(), None);
    }
}
