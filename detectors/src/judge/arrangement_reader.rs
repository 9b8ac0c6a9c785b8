//! Reading arrangements: batch by batch as they come, and key by key as they stand.

use differential_dataflow::ExchangeData;
use differential_dataflow::operators::arrange::TraceAgent;
use differential_dataflow::trace::cursor::{Cursor, CursorList, Navigable, cursor_list};
use differential_dataflow::trace::{BatchCursor, Span, TraceReader};
use timely::progress::Antichain;

use crate::views::{Diff, Spine, Tick};

type Batch<V> = <TraceAgent<Spine<V>> as TraceReader>::Batch;
pub(super) type BatchSpan<V> = Span<Tick, Batch<V>>;

type Storage<V> = Vec<Batch<V>>;
type Cursors<V> = CursorList<BatchCursor<TraceAgent<Spine<V>>>>;

/// Random access to one arrangement, keys in ascending order.
pub(super) struct ArrangementReader<V: ExchangeData> {
    trace: TraceAgent<Spine<V>>,
    open: Option<(Cursors<V>, Storage<V>)>,
}

impl<V: ExchangeData> ArrangementReader<V> {
    pub(super) fn new(trace: TraceAgent<Spine<V>>) -> Self {
        ArrangementReader { trace, open: None }
    }

    /// Starts a pass over ascending keys.
    pub(super) fn open(&mut self) {
        self.open = Some(cursor_list(self.batches()));
    }

    /// Reads the values of `key` that stand before a tick and with it, with their counts, in one pass.
    pub(super) fn read(&mut self, key: u64, tick: Tick, state: &mut State<V>) {
        state.before.clear();
        state.after.clear();
        let Some((cursor, storage)) = &mut self.open else { return };
        cursor.seek_key(storage, &key);
        if cursor.get_key(storage) != Some(&key) {
            return;
        }
        cursor.rewind_vals(storage);
        while let Some(value) = cursor.get_val(storage) {
            let (mut before, mut after) = (0, 0);
            cursor.map_times(storage, |at, diff| {
                if *at < tick {
                    before += *diff;
                }
                if *at <= tick {
                    after += *diff;
                }
            });
            if before != 0 {
                state.before.push((value.clone(), before));
            }
            if after != 0 {
                state.after.push((value.clone(), after));
            }
            cursor.step_val(storage);
        }
    }

    /// Every key of the arrangement, ascending.
    pub(super) fn keys(&mut self) -> Vec<u64> {
        self.keys_with(|_| true)
    }

    /// The keys under which there is, or was, a value of which `wanted` holds; ascending.
    ///
    /// Batch by batch: nothing is merged, and what a value counts is not asked.
    pub(super) fn keys_with(&mut self, wanted: impl Fn(&V) -> bool) -> Vec<u64> {
        let mut keys = Vec::new();
        for batch in self.batches() {
            let mut cursor = batch.cursor();
            while let Some(key) = cursor.get_key(&batch) {
                while let Some(value) = cursor.get_val(&batch) {
                    if wanted(value) {
                        keys.push(*key);
                        break;
                    }
                    cursor.step_val(&batch);
                }
                cursor.step_key(&batch);
            }
        }
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    fn batches(&mut self) -> Vec<Batch<V>> {
        let everything = Antichain::new();
        self.trace.batches_through(everything.borrow()).expect("the whole trace is a clean cut")
    }

    /// Lets go of the batches and of history before `frontier`.
    pub(super) fn close(&mut self, frontier: Tick) {
        self.open = None;
        // What came before stays distinguishable from what is to come, and nothing else does.
        let distinguishable = Antichain::from_elem(frontier.saturating_sub(1));
        self.trace.set_logical_compaction(distinguishable.borrow());
        self.trace.set_physical_compaction(Antichain::from_elem(frontier).borrow());
    }
}

/// The values of one key before a tick and with it.
#[derive(Clone)]
pub(super) struct State<V> {
    pub(super) before: Vec<(V, Diff)>,
    pub(super) after: Vec<(V, Diff)>,
}

impl<V> State<V> {
    pub(super) fn new() -> State<V> {
        State { before: Vec::new(), after: Vec::new() }
    }
}

/// Calls `see(key, value, tick, diff)` for every update of a batch.
pub(super) fn updates<V: ExchangeData>(batch: &Batch<V>, mut see: impl FnMut(u64, &V, Tick, Diff)) {
    let mut cursor = batch.cursor();
    while let Some(key) = cursor.get_key(batch) {
        while let Some(value) = cursor.get_val(batch) {
            cursor.map_times(batch, |tick, diff| see(*key, value, *tick, *diff));
            cursor.step_val(batch);
        }
        cursor.step_key(batch);
    }
}

/// Calls `see(key, tick)` for every key of a span and every tick at which it has updates.
pub(super) fn keys_of<V: ExchangeData>(span: &BatchSpan<V>, mut see: impl FnMut(u64, Tick)) {
    let Some(batch) = &span.inner else { return };
    // Nearly always a batch is of one tick, and its values need not be looked at.
    let (lower, upper) = (span.desc.lower().elements(), span.desc.upper().elements());
    if let ([lower], [upper]) = (lower, upper)
        && *upper == lower + 1
    {
        let mut cursor = batch.cursor();
        while let Some(key) = cursor.get_key(batch) {
            see(*key, *lower);
            cursor.step_key(batch);
        }
    } else {
        updates::<V>(batch, |key, _, tick, _| see(key, tick));
    }
}
