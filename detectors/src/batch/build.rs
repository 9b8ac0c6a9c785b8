//! Fills a batch from sorted updates.

use std::marker::PhantomData;

use differential_dataflow::batcher::merge::Sealer;

use super::storage::{Batch, Diff, Storage, Tick};

/// Updates as they arrive.
pub(super) type Updates<V> = Vec<((u64, V), Tick, Diff)>;

/// Seals sorted, consolidated updates into a [`Batch`].
#[derive(Debug)]
pub struct BatchSealer<V>(PhantomData<V>);

impl<V: Ord + Clone + 'static> Sealer<Updates<V>> for BatchSealer<V> {
    type Output = Batch<V>;

    fn seal(chain: &mut Vec<Updates<V>>) -> Option<Batch<V>> {
        let (keys, vals) = distinct(chain);
        let mut storage = Storage::with_capacity(keys, vals);
        // The value in work, and its updates so far.
        let mut open: Option<(u64, V)> = None;
        let mut updates: Vec<(Tick, Diff)> = Vec::new();
        for ((key, val), tick, diff) in chain.drain(..).flatten() {
            if open.as_ref().is_none_or(|(k, v)| *k != key || *v != val) {
                // Another value: the one before is complete, and with another key, that too.
                if let Some((before, value)) = open.replace((key, val)) {
                    storage.push_value(value, &updates);
                    if before != key {
                        storage.end_key(before);
                    }
                }
                updates.clear();
            }
            updates.push((tick, diff));
        }
        if let Some((key, value)) = open {
            storage.push_value(value, &updates);
            storage.end_key(key);
        }
        storage.finish()
    }
}

/// How many keys, and values of keys, there are.
fn distinct<V: PartialEq>(chain: &[Updates<V>]) -> (usize, usize) {
    let (mut keys, mut vals) = (0, 0);
    let mut before: Option<&(u64, V)> = None;
    for (row, _, _) in chain.iter().flatten() {
        let same_key = before.is_some_and(|before| before.0 == row.0);
        keys += usize::from(!same_key);
        vals += usize::from(!same_key || before.is_some_and(|before| before.1 != row.1));
        before = Some(row);
    }
    (keys, vals)
}
