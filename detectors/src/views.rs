//! The types of the dataflow, named once.
//!
//! Nearly every arrangement maps a 64-bit key to a 4-byte reference to an immutable row, so one compiled
//! operator serves all of them and a fee line costs some nine bytes in each. Keys are identities (or two of
//! them), exchanged by hash: any number of workers gives the same answers.

use differential_dataflow::VecCollection;
use differential_dataflow::operators::arrange::{Arranged, TraceAgent};
use differential_dataflow::trace::implementations::ValSpine;
use records::arena::Ref;

/// Logical time: one per tick of input.
pub type Tick = u64;
/// Everything is counted in this type.
pub type Diff = i64;
/// A collection of `D`.
pub type Collection<'s, D> = VecCollection<'s, Tick, D, Diff>;
/// The batches behind every arrangement: the one place that names them.
pub type Spine<V> = ValSpine<u64, V, Tick, Diff>;
/// An arrangement of `V` by key, shared by all who read it.
pub type Arrangement<'s, V> = Arranged<'s, TraceAgent<Spine<V>>>;
/// Rows by key, not arranged.
pub type RowCollection<'s> = Collection<'s, (u64, Ref)>;
/// An arrangement of rows.
pub type RowArrangement<'s> = Arrangement<'s, Ref>;

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
