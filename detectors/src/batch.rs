//! The immutable batches behind every arrangement, shared by counted reference between threads.
//!
//! Differential's own batches live behind `Rc` and never leave their worker. These live behind `Arc`: whoever
//! holds a clone may read it from any thread while the worker goes on, since what stands in a batch never
//! changes; merging makes a new batch. The layout suits rows that nearly all came once, at one tick: eight bytes
//! for a key and four for where its values end, the value itself, and a bit where its one update is that of
//! the value before.
//!
//! `storage` is the layout and reads a key, `cursor` walks it for differential's operators, `build` fills
//! it from sorted updates, `merge` makes one of two. Levels, pacing and compaction are left to differential's spine.
//!
//! A batch holds fewer than 2^32 updates.

mod build;
mod cursor;
mod merge;
mod storage;

use differential_dataflow::batcher::merge::MergeBatcher;
use differential_dataflow::batcher::merge::chunker::ContainerChunker;
use differential_dataflow::batcher::merge::vec::VecMerger;

use build::Updates;

pub use build::BatchSealer;
pub use storage::{Batch, Diff, Tick};

/// Sorts and consolidates updates as they arrive, and seals those of complete ticks into batches.
pub type Batcher<V> =
    MergeBatcher<ContainerChunker<Updates<V>>, VecMerger<(u64, V), Tick, Diff>, BatchSealer<V>>;
