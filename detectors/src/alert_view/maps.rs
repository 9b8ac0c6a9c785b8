//! Maps and sets in no order, and how order is brought into them where it is seen.

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;

pub(super) type Map<K, V> = HashMap<K, V, FixedState>;
pub(super) type Set<K> = HashSet<K, FixedState>;

/// What is in a set, in order.
pub(super) fn sorted<T: Ord + Copy>(set: &Set<T>) -> Vec<T> {
    let mut values: Vec<T> = set.iter().copied().collect();
    values.sort_unstable();
    values
}
