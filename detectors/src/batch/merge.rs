//! Makes one batch of two, in steps of bounded work.

use std::cmp::Ordering;

use differential_dataflow::trace::implementations::spine_fueled::{Merger, SpineBatch};
use timely::progress::frontier::AntichainRef;

use super::storage::{Batch, Diff, Storage, Tick};

/// A merge in progress.
#[derive(Debug)]
pub struct BatchMerger<V> {
    /// Keys of each source that are done.
    done: [usize; 2],
    result: Storage<V>,
    /// Ticks before it can no longer be told apart by anyone, and become this one.
    since: Tick,
    /// The updates of the value in work, where they have to be summed.
    stash: Vec<(Tick, Diff)>,
    /// Updates read so far: the work that was done.
    read: usize,
}

impl<V: Ord + Clone + 'static> SpineBatch for Batch<V> {
    type Time = Tick;
    type Merger = BatchMerger<V>;

    fn len(&self) -> usize {
        self.0.updates()
    }
}

impl<V: Ord + Clone + 'static> Merger<Batch<V>> for BatchMerger<V> {
    fn new(a: &Batch<V>, b: &Batch<V>, compaction_frontier: AntichainRef<'_, Tick>) -> Self {
        BatchMerger {
            done: [0; 2],
            result: Storage::with_capacity(a.0.keys.len() + b.0.keys.len(), a.0.vals.len() + b.0.vals.len()),
            // An empty frontier advances nothing, as in differential.
            since: compaction_frontier.first().copied().unwrap_or(0),
            stash: Vec::new(),
            read: 0,
        }
    }

    fn work(&mut self, a: &Batch<V>, b: &Batch<V>, fuel: &mut isize) {
        let (a, b) = (&*a.0, &*b.0);
        let start = self.read;
        let limit = start.saturating_add(usize::try_from(*fuel).unwrap_or(0));
        // Key by key, so that the work can stop between two.
        while self.read < limit {
            let order = match (a.keys.get(self.done[0]), b.keys.get(self.done[1])) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(first), Some(second)) => first.cmp(second),
            };
            match order {
                Ordering::Less => {
                    self.copy_key(a, self.done[0]);
                    self.done[0] += 1;
                }
                Ordering::Greater => {
                    self.copy_key(b, self.done[1]);
                    self.done[1] += 1;
                }
                Ordering::Equal => {
                    self.merge_key(a, b);
                    self.done[0] += 1;
                    self.done[1] += 1;
                }
            }
        }
        *fuel -= isize::try_from(self.read - start).unwrap_or(isize::MAX);
    }

    fn done(self) -> Option<Batch<V>> {
        self.result.finish()
    }
}

impl<V: Ord + Clone> BatchMerger<V> {
    /// Takes over a key that only `source` has.
    fn copy_key(&mut self, source: &Storage<V>, key: usize) {
        for value in source.values_of(key) {
            self.copy_value(source, value);
        }
        self.result.end_key(source.keys[key]);
    }

    /// Merges the values of a key that both sources have.
    fn merge_key(&mut self, a: &Storage<V>, b: &Storage<V>) {
        let (mut first, mut second) = (a.values_of(self.done[0]), b.values_of(self.done[1]));
        while !first.is_empty() && !second.is_empty() {
            match a.vals[first.start].cmp(&b.vals[second.start]) {
                Ordering::Less => {
                    self.copy_value(a, first.start);
                    first.start += 1;
                }
                Ordering::Greater => {
                    self.copy_value(b, second.start);
                    second.start += 1;
                }
                Ordering::Equal => {
                    let updates = [a.updates_of(first.start), b.updates_of(second.start)];
                    self.sum(&a.vals[first.start], updates);
                    first.start += 1;
                    second.start += 1;
                }
            }
        }
        for value in first {
            self.copy_value(a, value);
        }
        for value in second {
            self.copy_value(b, value);
        }
        self.result.end_key(a.keys[self.done[0]]);
    }

    /// Takes over a value that only `source` has under its key.
    #[inline]
    fn copy_value(&mut self, source: &Storage<V>, value: usize) {
        match source.updates_of(value) {
            // Nearly all: one update, which nothing can cancel.
            [(tick, diff)] => {
                self.read += 1;
                self.result.push_value(source.vals[value].clone(), &[((*tick).max(self.since), *diff)]);
            }
            updates => self.sum(&source.vals[value], [updates, &[]]),
        }
    }

    /// Sums the updates of a value, tick by tick; keeps the value if anything is left.
    fn sum(&mut self, value: &V, updates: [&[(Tick, Diff)]; 2]) {
        self.stash.clear();
        let since = self.since;
        self.stash.extend(updates.into_iter().flatten().map(|(tick, diff)| ((*tick).max(since), *diff)));
        self.read += self.stash.len();
        differential_dataflow::consolidation::consolidate(&mut self.stash);
        if !self.stash.is_empty() {
            self.result.push_value(value.clone(), &self.stash);
        }
    }
}
