//! The types of the dataflow, named once.
//!
//! Nearly every arrangement maps a 64-bit key to a 4-byte reference to an immutable row, so one compiled
//! operator serves all of them and a fee line costs some five and a half bytes in each. Keys are identities (or two of
//! them), exchanged by hash: any number of workers gives the same answers. A key is a bare number where it travels; it
//! is made of typed words and taken apart into them here.

use differential_dataflow::VecCollection;
use differential_dataflow::operators::arrange::{Arranged, TraceAgent};
use differential_dataflow::trace::implementations::spine_fueled;
use differential_dataflow::{ExchangeData, Hashable};
use records::arena::{Packed, RowRef, TextRef, Word};

use crate::batch::{Batch, Batcher};
pub use crate::batch::{Diff, Tick};
use crate::policy::RuleIx;

/// A collection of `D`.
pub type Collection<'s, D> = VecCollection<'s, Tick, D, Diff>;
/// The batches behind every arrangement: the one place that names them.
pub type Spine<V> = spine_fueled::Spine<Batch<V>>;
/// An arrangement of `V` by key, shared by all who read it.
pub type Arrangement<'s, V> = Arranged<'s, TraceAgent<Spine<V>>>;
/// Rows by key, not arranged.
pub type RowCollection<'s> = Collection<'s, (u64, RowRef)>;
/// An arrangement of rows.
pub type RowArrangement<'s> = Arrangement<'s, RowRef>;
/// Packed values by key, not arranged.
pub type PackedCollection<'s> = Collection<'s, (u64, Packed)>;
/// An arrangement of packed values.
pub type PackedArrangement<'s> = Arrangement<'s, Packed>;

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

/// A key of two words: mostly identities, and their order counts.
#[inline]
pub fn pair_key(first: impl Word, second: impl Word) -> u64 {
    u64::from(first.word()) << 32 | u64::from(second.word())
}

/// The two words of a key that [`pair_key`] made; what they are is for the caller to say.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the halves of a key")]
pub fn pair_of<A: Word, B: Word>(key: u64) -> (A, B) {
    (A::from_word((key >> 32) as u32), B::from_word(key as u32))
}

/// The one word that is a whole key, as `u64::from` made it; of a pair the second.
#[inline]
pub fn one_of<A: Word>(key: u64) -> A {
    pair_of::<Packed, A>(key).1
}

/// A key of a rule and what its findings are gathered by, or of a rule and a row of a case.
#[inline]
pub fn rule_key(rule: RuleIx, of: impl Word) -> u64 {
    pair_key(Packed::new(u32::from(rule)), of)
}

/// The rule of a key that [`rule_key`] made, and what it is of.
#[inline]
pub fn rule_of<A: Word>(key: u64) -> (RuleIx, A) {
    let (rule, of) = pair_of::<Packed, A>(key);
    (RuleIx::try_from(rule.word()).expect("a rule's number was widened"), of)
}

/// Key of things that belong to a visit, or, for a sale without one, to the sale alone.
///
/// Identities of different kinds may have the same text and so the same word; the mark keeps them apart.
#[inline]
pub fn visit_key(visit: TextRef, own: impl Word) -> u64 {
    if visit.is_none() { 1 << 40 | u64::from(own.word()) } else { u64::from(visit) }
}

/// The visit of a key that [`visit_key`] made, if it is of one.
pub fn visit_of_key(key: u64) -> Option<TextRef> {
    // The key of what belongs to no visit is wider than a word.
    u32::try_from(key).ok().map(TextRef::from_word)
}
