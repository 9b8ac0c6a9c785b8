//! The types of the dataflow, named once.
//!
//! Nearly every arrangement maps a 64-bit key to a 4-byte reference to an immutable row, so one compiled
//! operator serves all of them and a fee line costs some five and a half bytes in each. Keys are identities (or two of
//! them), exchanged by hash: any number of workers gives the same answers.

use differential_dataflow::VecCollection;
use differential_dataflow::operators::arrange::{Arranged, TraceAgent};
use differential_dataflow::trace::implementations::spine_fueled;
use differential_dataflow::{ExchangeData, Hashable};
use records::arena::Ref;

use crate::batch::{Batch, Batcher};
pub use crate::batch::{Diff, Tick};

/// A collection of `D`.
pub type Collection<'s, D> = VecCollection<'s, Tick, D, Diff>;
/// The batches behind every arrangement: the one place that names them.
pub type Spine<V> = spine_fueled::Spine<Batch<V>>;
/// An arrangement of `V` by key, shared by all who read it.
pub type Arrangement<'s, V> = Arranged<'s, TraceAgent<Spine<V>>>;
/// Rows by key, not arranged.
pub type RowCollection<'s> = Collection<'s, (u64, Ref)>;
/// An arrangement of rows.
pub type RowArrangement<'s> = Arrangement<'s, Ref>;

/// What can be arranged by its key, in batches that other threads can read.
pub trait ArrangeShared<'s, V: ExchangeData> {
    /// Brings together the values of each key, on the worker that [`worker_of`] names.
    fn arrange_shared(self, name: &str) -> Arrangement<'s, V>;
}

impl<'s, V: ExchangeData> ArrangeShared<'s, V> for Collection<'s, (u64, V)> {
    fn arrange_shared(self, name: &str) -> Arrangement<'s, V> {
        self.arrange_named::<Batcher<V>, Spine<V>>(name, Batcher::new)
    }
}

/// The number of the worker, of so many, on which the values of a key are.
///
/// As timely exchanges: it may differ between builds of the program, and is not to be written down.
pub fn worker_of(key: u64, workers: usize) -> usize {
    usize::try_from(key.hashed() % workers.max(1) as u64).unwrap_or(0)
}

/// A key of two identities.
#[inline]
pub fn pair_key(a: Ref, b: Ref) -> u64 {
    u64::from(a) << 32 | u64::from(b)
}

/// The two identities of a key.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the low half is the second identity")]
pub fn pair_of(key: u64) -> (Ref, Ref) {
    ((key >> 32) as u32, key as u32)
}

/// Key of things that belong to a visit, or, for a sale without one, to the sale alone.
///
/// Identities of different kinds may have the same text and so the same reference; the mark keeps them apart.
#[inline]
pub fn visit_key(visit: Ref, own: Ref) -> u64 {
    if visit == 0 { 1 << 40 | u64::from(own) } else { u64::from(visit) }
}
