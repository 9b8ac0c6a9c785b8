//! Walks a batch in the way differential's operators ask for.

use std::marker::PhantomData;

use differential_dataflow::trace::Cursor;
use differential_dataflow::trace::cursor::Navigable;
use differential_dataflow::trace::implementations::BatchContainer;

use super::storage::{Batch, Diff, Tick};

/// A place in a [`Batch`].
#[derive(Debug)]
pub struct BatchCursor<V> {
    /// Number of the current key.
    key: usize,
    /// Number of the current value.
    val: usize,
    /// Where the values of the current key end.
    end: usize,
    values: PhantomData<V>,
}

impl<V> BatchCursor<V> {
    /// Goes to the first value of the current key.
    #[inline]
    fn enter_key(&mut self, batch: &Batch<V>) {
        if self.key < batch.0.keys.len() {
            let values = batch.0.values_of(self.key);
            (self.val, self.end) = (values.start, values.end);
        } else {
            (self.val, self.end) = (0, 0);
        }
    }
}

impl<V: Ord + Clone + 'static> Navigable for Batch<V> {
    type Cursor = BatchCursor<V>;

    fn cursor(&self) -> BatchCursor<V> {
        let mut cursor = BatchCursor { key: 0, val: 0, end: 0, values: PhantomData };
        cursor.enter_key(self);
        cursor
    }
}

impl<V: Ord + Clone + 'static> Cursor for BatchCursor<V> {
    type Storage = Batch<V>;
    type Key<'a> = &'a u64;
    type ValOwn = V;
    type Val<'a> = &'a V;
    type Time = Tick;
    type TimeGat<'a> = &'a Tick;
    type Diff = Diff;
    type DiffGat<'a> = &'a Diff;
    type KeyContainer = Vec<u64>;
    type ValContainer = Vec<V>;
    type TimeContainer = Vec<Tick>;
    type DiffContainer = Vec<Diff>;

    #[inline]
    fn key_valid(&self, batch: &Batch<V>) -> bool {
        self.key < batch.0.keys.len()
    }
    #[inline]
    fn val_valid(&self, _batch: &Batch<V>) -> bool {
        self.val < self.end
    }
    #[inline]
    fn key<'a>(&self, batch: &'a Batch<V>) -> &'a u64 {
        &batch.0.keys[self.key]
    }
    #[inline]
    fn val<'a>(&self, batch: &'a Batch<V>) -> &'a V {
        &batch.0.vals[self.val]
    }
    #[inline]
    fn get_key<'a>(&self, batch: &'a Batch<V>) -> Option<&'a u64> {
        batch.0.keys.get(self.key)
    }
    #[inline]
    fn get_val<'a>(&self, batch: &'a Batch<V>) -> Option<&'a V> {
        self.val_valid(batch).then(|| self.val(batch))
    }
    #[inline]
    fn map_times<L: FnMut(&Tick, &Diff)>(&mut self, batch: &Batch<V>, mut logic: L) {
        for (tick, diff) in batch.0.updates_of(self.val) {
            logic(tick, diff);
        }
    }
    #[inline]
    fn step_key(&mut self, batch: &Batch<V>) {
        self.key = batch.0.keys.len().min(self.key + 1);
        self.enter_key(batch);
    }
    #[inline]
    fn seek_key(&mut self, batch: &Batch<V>, key: &u64) {
        let keys = &batch.0.keys;
        self.key += keys.advance(self.key, keys.len(), |other| other < key);
        self.enter_key(batch);
    }
    #[inline]
    fn step_val(&mut self, _batch: &Batch<V>) {
        self.val = self.end.min(self.val + 1);
    }
    #[inline]
    fn seek_val(&mut self, batch: &Batch<V>, val: &V) {
        self.val += batch.0.vals.advance(self.val, self.end, |other| other < val);
    }
    #[inline]
    fn rewind_keys(&mut self, batch: &Batch<V>) {
        self.key = 0;
        self.enter_key(batch);
    }
    #[inline]
    fn rewind_vals(&mut self, batch: &Batch<V>) {
        self.enter_key(batch);
    }
}
