//! The layout of a batch: keys, their values, the updates of the values.
//!
//! Most values of an arrangement carry one update, and the same one as the value before: came once, at the same
//! tick. Such a value costs one bit; only a value whose updates differ has a list of its own. `marks` has a bit
//! for every value, set where a list begins; how many are set up to a value is the number of its list. A value
//! without a list has the *last* update of the list before it.

use std::sync::Arc;

/// Logical time: one per tick of input.
pub type Tick = u64;
/// Everything is counted in this type.
pub type Diff = i64;

/// Immutable updates of keys and values, sorted; clones share them, between threads too.
#[derive(Debug)]
pub struct Batch<V>(pub(super) Arc<Storage<V>>);

impl<V> Clone for Batch<V> {
    fn clone(&self) -> Self {
        Batch(Arc::clone(&self.0))
    }
}

impl<V: Ord> Batch<V> {
    /// Number of updates.
    pub fn updates(&self) -> usize {
        self.0.updates
    }

    /// Keys, ascending, each once.
    pub fn keys(&self) -> &[u64] {
        &self.0.keys
    }

    /// The values of `key` with what they count after every tick up to `as_of`, ascending; counts may be zero.
    pub fn values_at(&self, key: u64, as_of: Tick) -> impl Iterator<Item = (&V, Diff)> {
        let values = self.0.keys.binary_search(&key).map_or(0..0, |index| self.0.values_of(index));
        values.map(move |value| (&self.0.vals[value], self.0.count_at(value, as_of)))
    }

    /// Every key with every value and what it counts after every tick up to `as_of`; counts may be zero.
    pub fn all_at(&self, as_of: Tick) -> impl Iterator<Item = (u64, &V, Diff)> {
        self.0.keys.iter().enumerate().flat_map(move |(index, key)| {
            let values = self.0.values_of(index);
            values.map(move |value| (*key, &self.0.vals[value], self.0.count_at(value, as_of)))
        })
    }

    /// Bytes on the heap, without those that values own themselves.
    pub fn heap_bytes(&self) -> usize {
        let storage = &*self.0;
        storage.keys.capacity() * 8
            + storage.ends.capacity() * 4
            + storage.vals.capacity() * size_of::<V>()
            + storage.marks.capacity() * size_of::<Marks>()
            + storage.lists.capacity() * 4
            + storage.times.capacity() * 16
    }
}

/// Which of 64 values begin a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marks {
    /// Lists that begin before these values.
    before: u32,
    /// Low and high half of one bit for each value; halves, so that no padding is lost.
    bits: [u32; 2],
}

impl Marks {
    fn word(self) -> u64 {
        u64::from(self.bits[1]) << 32 | u64::from(self.bits[0])
    }
}

/// What a batch holds.
#[derive(Debug)]
pub(super) struct Storage<V> {
    /// Keys, ascending.
    pub(super) keys: Vec<u64>,
    /// Where the values of each key end.
    pub(super) ends: Vec<u32>,
    /// Values, ascending within their key.
    pub(super) vals: Vec<V>,
    marks: Vec<Marks>,
    /// Where each list of updates ends.
    lists: Vec<u32>,
    /// The updates of the lists.
    times: Vec<(Tick, Diff)>,
    /// All updates, those that cost a bit included.
    updates: usize,
}

impl<V> Storage<V> {
    pub(super) fn with_capacity(keys: usize, vals: usize) -> Storage<V> {
        Storage {
            keys: Vec::with_capacity(keys),
            ends: Vec::with_capacity(keys),
            vals: Vec::with_capacity(vals),
            marks: Vec::with_capacity(vals.div_ceil(64)),
            lists: Vec::new(),
            times: Vec::new(),
            updates: 0,
        }
    }

    pub(super) fn updates(&self) -> usize {
        self.updates
    }

    /// Numbers of the values of the key with this number.
    #[inline]
    pub(super) fn values_of(&self, key: usize) -> std::ops::Range<usize> {
        let begin = if key == 0 { 0 } else { self.ends[key - 1] as usize };
        begin..self.ends[key] as usize
    }

    /// The updates of the value with this number, by tick.
    #[inline]
    pub(super) fn updates_of(&self, value: usize) -> &[(Tick, Diff)] {
        let marks = self.marks[value / 64];
        let (word, bit) = (marks.word(), value % 64);
        // The bits up to and with the value's own; there is always a list, as the first value begins one.
        let list = (marks.before + (word << (63 - bit)).count_ones()) as usize - 1;
        let end = self.lists[list] as usize;
        let begin = if word >> bit & 1 == 0 {
            end - 1
        } else if list == 0 {
            0
        } else {
            self.lists[list - 1] as usize
        };
        &self.times[begin..end]
    }

    /// What a value counts after every tick up to `as_of`.
    fn count_at(&self, value: usize, as_of: Tick) -> Diff {
        self.updates_of(value).iter().filter(|(tick, _)| *tick <= as_of).map(|(_, diff)| diff).sum()
    }

    /// Adds a value of the key in work, with its updates: by tick, each tick once, at least one.
    #[inline]
    pub(super) fn push_value(&mut self, value: V, updates: &[(Tick, Diff)]) {
        let bit = self.vals.len() % 64;
        if bit == 0 {
            self.marks.push(Marks { before: offset(self.lists.len()), bits: [0; 2] });
        }
        if !(updates.len() == 1 && self.times.last() == updates.first()) {
            if let Some(marks) = self.marks.last_mut() {
                marks.bits[bit / 32] |= 1 << (bit % 32);
            }
            self.times.extend_from_slice(updates);
            self.lists.push(offset(self.times.len()));
        }
        self.vals.push(value);
        self.updates += updates.len();
    }

    /// Ends the key in work, if it has values.
    #[inline]
    pub(super) fn end_key(&mut self, key: u64) {
        let end = offset(self.vals.len());
        if self.ends.last().copied().unwrap_or(0) < end {
            self.keys.push(key);
            self.ends.push(end);
        }
    }

    /// The batch, if there is anything in it.
    pub(super) fn finish(mut self) -> Option<Batch<V>> {
        // What a merge reserved for updates that cancelled is given back.
        if self.vals.capacity() - self.vals.len() > self.vals.len() / 8 {
            self.vals.shrink_to_fit();
            self.marks.shrink_to_fit();
        }
        if self.keys.capacity() - self.keys.len() > self.keys.len() / 8 {
            self.keys.shrink_to_fit();
            self.ends.shrink_to_fit();
        }
        self.lists.shrink_to_fit();
        self.times.shrink_to_fit();
        (self.updates > 0).then(|| Batch(Arc::new(self)))
    }
}

/// A number of values or updates as it is kept.
#[inline]
fn offset(count: usize) -> u32 {
    u32::try_from(count).expect("a batch holds fewer than 2^32 updates")
}
