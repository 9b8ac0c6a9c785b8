//! *Now*: the greatest event time of the records that stand, under arrivals and withdrawals.
//!
//! Only the newest distinct moments are counted, at most [`KEPT`] of them; everything at or below the horizon
//! is forgotten. If withdrawals ever eat through what is kept, the caller scans what stands once more.
//! Moments behind a limit are kept apart and do not move *now* until the limit passes them.

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
    /// Up to which moment records move *now*; all do if none is set.
    limit: Option<Moment>,
    /// Counts of all event times behind it.
    beyond: BTreeMap<Moment, u32>,
}

impl Clock {
    /// A record with this event time stands.
    #[inline]
    pub fn add(&mut self, moment: Moment) {
        if self.limit.is_some_and(|limit| moment > limit) {
            *self.beyond.entry(moment).or_insert(0) += 1;
            return;
        }
        self.count(moment);
    }

    #[inline]
    fn count(&mut self, moment: Moment) {
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
        let is_beyond = self.limit.is_some_and(|limit| moment > limit);
        let counts = if is_beyond { &mut self.beyond } else { &mut self.counts };
        if let Some(count) = counts.get_mut(&moment) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&moment);
            }
        }
        self.counts.is_empty() && self.horizon.is_some()
    }

    /// Starts again from all event times that stand.
    pub fn rebuild(&mut self, moments: impl Iterator<Item = Moment>) {
        *self = Clock { limit: self.limit, ..Clock::default() };
        for moment in moments {
            self.add(moment);
        }
    }

    /// Moves the limit on: it never goes back. What it passes counts from now on.
    pub fn raise_limit(&mut self, limit: Moment) {
        if self.limit.is_some_and(|before| limit <= before) {
            return;
        }
        if self.limit.is_none() {
            let all = std::mem::take(&mut self.counts);
            for (moment, count) in all {
                let counts = if moment > limit { &mut self.beyond } else { &mut self.counts };
                counts.insert(moment, count);
            }
        }
        self.limit = Some(limit);
        let beyond = self.beyond.split_off(&(limit.saturating_add(1)));
        for (moment, count) in std::mem::replace(&mut self.beyond, beyond) {
            (0..count).for_each(|_| self.count(moment));
        }
    }

    /// The limit, if one is set.
    pub fn limit(&self) -> Option<Moment> {
        self.limit
    }

    /// How many records are dated behind the limit.
    pub fn beyond(&self) -> u64 {
        self.beyond.values().map(|count| u64::from(*count)).sum()
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
    fn what_is_dated_beyond_the_limit_waits() {
        let mut clock = Clock::default();
        clock.raise_limit(100);
        [50, 90, 200, 200, 300].into_iter().for_each(|moment| clock.add(moment));
        assert_eq!((clock.newest(), clock.beyond()), (Some(90), 3));
        clock.raise_limit(200);
        assert_eq!((clock.newest(), clock.beyond()), (Some(200), 1));
        clock.raise_limit(100);
        assert!(!clock.remove(300) && !clock.remove(200));
        assert_eq!((clock.newest(), clock.beyond()), (Some(200), 0));
        assert!(!clock.remove(200));
        assert_eq!(clock.newest(), Some(90));
    }

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
