//! The facts of a running dataflow, for readers on other threads.
//!
//! A [`Publisher`] is given to every worker when it starts. After each complete tick a worker hands in the batches
//! of its arrangements of facts; when all workers did, they become the newest [`Snapshot`]. A reader takes it and
//! reads for as long as it likes, while ticks go on: batches never change, and a snapshot is of one complete tick.
//!
//! A worker without a publisher does nothing of this and keeps nothing for it. With one, it arranges every record
//! once more, by its own key (its first part), since no judge needs them so.
//!
//! Who waits for what is left to the reader: a snapshot says its tick ([`Snapshot::as_of`]).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use differential_dataflow::consolidation::consolidate;
use differential_dataflow::operators::arrange::TraceAgent;
use differential_dataflow::trace::TraceReader;
use records::Kind;
use records::arena::{Arena, Packed, RowRef, TextRef};
use records::row::{self, Moment};
use timely::progress::Antichain;

use crate::batch::Batch;
use crate::compiled_bank::CompiledBank;
use crate::fact::Fact;
use crate::views::{Diff, Spine, Tick, pair_key, worker_of};

/// Where workers hand in what readers take; clones are the same place.
///
/// ```
/// use detectors::publish::Publisher;
///
/// let publisher = Publisher::new(1);
/// // Clones go to the workers: `detectors::worker::run_publishing`. Nothing stands before the first tick.
/// assert!(publisher.newest().is_none());
/// ```
#[derive(Clone, Debug)]
pub struct Publisher(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    workers: usize,
    /// Ticks that some workers have handed in: by worker.
    open: Mutex<BTreeMap<Tick, Vec<Option<Shard>>>>,
    newest: RwLock<Option<Arc<Snapshot>>>,
}

impl Publisher {
    /// A place for so many workers.
    pub fn new(workers: usize) -> Publisher {
        let (open, newest) = (Mutex::default(), RwLock::default());
        Publisher(Arc::new(Shared { workers: workers.max(1), open, newest }))
    }

    /// The facts after the newest tick that all workers completed.
    pub fn newest(&self) -> Option<Arc<Snapshot>> {
        self.0.newest.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes the shard of a worker; with the last one of a tick there is a new snapshot.
    pub(crate) fn hand_in(
        &self,
        worker: usize,
        as_of: Tick,
        now: Option<Moment>,
        bank: &Arc<CompiledBank>,
        shard: Shard,
    ) {
        let mut open: MutexGuard<'_, _> = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        let shards = open.entry(as_of).or_insert_with(|| vec![None; self.0.workers]);
        if let Some(place) = shards.get_mut(worker) {
            *place = Some(shard);
        }
        if shards.iter().any(Option::is_none) {
            return;
        }
        let shards = open.remove(&as_of).into_iter().flatten().flatten().collect();
        let snapshot = Arc::new(Snapshot { as_of, now, bank: Arc::clone(bank), shards });
        // Still under the lock of `open`: snapshots replace each other in the order of their ticks.
        *self.0.newest.write().unwrap_or_else(PoisonError::into_inner) = Some(snapshot);
    }
}

/// What one worker has of the facts.
#[derive(Clone, Debug)]
pub(crate) struct Shard {
    /// By [`Fact`].
    facts: Vec<Vec<Batch<RowRef>>>,
    records: Vec<Batch<RowRef>>,
}

/// The facts after a complete tick.
#[derive(Debug)]
pub struct Snapshot {
    as_of: Tick,
    now: Option<Moment>,
    bank: Arc<CompiledBank>,
    /// By worker.
    shards: Vec<Shard>,
}

impl Snapshot {
    /// The tick: all that came up to and with it is seen, and nothing else.
    pub fn as_of(&self) -> Tick {
        self.as_of
    }

    /// *Now* at the end of the tick.
    pub fn now(&self) -> Option<Moment> {
        self.now
    }

    /// The bank by which the tick was judged.
    pub fn bank(&self) -> &Arc<CompiledBank> {
        &self.bank
    }

    /// The rows that stand under a key of a fact, ascending, with how often.
    pub fn rows(&self, fact: Fact, key: u64) -> Vec<(RowRef, Diff)> {
        let shard = self.shards.get(worker_of(key, self.shards.len()));
        shard.map_or_else(Vec::new, |shard| self.values(&shard.facts[fact as usize], key))
    }

    /// All that stands of a fact: one pass over the whole arrangement, by key and row.
    pub fn all(&self, fact: Fact) -> Vec<((u64, RowRef), Diff)> {
        self.pass(self.shards.iter().flat_map(|shard| &shard.facts[fact as usize]))
    }

    /// The records of a kind that stand under a key of [`record_keys`], ascending.
    pub(crate) fn records(&self, arena: &Arena, kind: Kind, key: u64) -> Vec<RowRef> {
        let shard = self.shards.get(worker_of(key, self.shards.len()));
        let rows = shard.map_or_else(Vec::new, |shard| self.values(&shard.records, key));
        // Keys of different kinds may coincide.
        rows.into_iter().map(|(row, _)| row).filter(|row| row::kind(arena, *row) == kind).collect()
    }

    /// All records of a kind that stand, ascending: one pass over all records.
    pub(crate) fn all_records(&self, arena: &Arena, kind: Kind) -> Vec<RowRef> {
        let rows = self.pass(self.shards.iter().flat_map(|shard| &shard.records));
        let mut rows: Vec<RowRef> = rows.into_iter().map(|((_, row), _)| row).collect();
        rows.retain(|row| row::kind(arena, *row) == kind);
        rows.sort_unstable();
        // A record stands under each of its keys.
        rows.dedup();
        rows
    }

    fn values(&self, batches: &[Batch<RowRef>], key: u64) -> Vec<(RowRef, Diff)> {
        let values = batches.iter().flat_map(|batch| batch.values_at(key, self.as_of));
        let mut rows: Vec<(RowRef, Diff)> = values.map(|(row, count)| (*row, count)).collect();
        consolidate(&mut rows);
        rows
    }

    fn pass<'a>(&'a self, batches: impl Iterator<Item = &'a Batch<RowRef>>) -> Vec<((u64, RowRef), Diff)> {
        let updates = batches.flat_map(|batch| batch.all_at(self.as_of));
        let mut rows: Vec<((u64, RowRef), Diff)> = updates
            .filter(|(_, _, count)| *count != 0)
            .map(|(key, row, count)| ((key, *row), count))
            .collect();
        consolidate(&mut rows);
        rows
    }
}

/// The keys under which a record stands among all records: by the first part of its own key and, a visit, by
/// its person.
pub(crate) fn record_keys(arena: &Arena, row: RowRef, mut under: impl FnMut(u64)) {
    let kind = row::kind(arena, row);
    under(record_key(kind, row::key(arena, row).0));
    if kind == Kind::Visit {
        under(visit_of_person_key(row::visit(arena, row).psn_no));
    }
}

/// The key of the records of a kind whose own key begins with this part.
pub(crate) fn record_key(kind: Kind, first: TextRef) -> u64 {
    pair_key(Packed::new(kind as u32), first)
}

/// The key of the visits of a person.
pub(crate) fn visit_of_person_key(person: TextRef) -> u64 {
    pair_key(Packed::new(u32::MAX), person)
}

/// The arrangements of a worker that are published, held open for it.
pub struct Traces {
    /// By [`Fact`].
    pub(crate) facts: Vec<TraceAgent<Spine<RowRef>>>,
    pub(crate) records: TraceAgent<Spine<RowRef>>,
}

impl Traces {
    /// Whether all arrangements have all of a tick: that of a fact that nobody reads may be late.
    pub(crate) fn are_complete(&mut self, tick: Tick) -> bool {
        let mut upper = Antichain::new();
        self.facts.iter_mut().chain([&mut self.records]).all(|trace| {
            trace.read_upper(&mut upper);
            !upper.less_equal(&tick)
        })
    }

    /// The batches as they are after a complete tick; history before it is let go.
    pub(crate) fn shard(&mut self, tick: Tick) -> Shard {
        let facts = self.facts.iter_mut().map(|trace| batches(trace, tick)).collect();
        Shard { facts, records: batches(&mut self.records, tick) }
    }
}

fn batches(trace: &mut TraceAgent<Spine<RowRef>>, tick: Tick) -> Vec<Batch<RowRef>> {
    let everything = Antichain::new();
    let batches = trace.batches_through(everything.borrow()).expect("the whole trace is a clean cut");
    // Later ticks need not tell apart what came up to this one, and may merge it.
    trace.set_logical_compaction(Antichain::from_elem(tick).borrow());
    trace.set_physical_compaction(Antichain::from_elem(tick + 1).borrow());
    batches
}
