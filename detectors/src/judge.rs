//! The two operators that judge.
//!
//! [`each`] looks at every row of one arrangement with the rows that share its key in others: a fee line with
//! its visit, a stay with the person's identity checks. A new row costs one look; a changed context costs a
//! look at the rows of that key.
//! [`whole`] looks at all rows of a key together: the stays of a person, the sales of a trace code.
//!
//! Both call a pure function and emit the difference between its answers before and after, so they keep no
//! answers of their own: what is remembered is the shared arrangements. The rule bank is one more input; when
//! it changes, everything the function reads of it differently is judged once with the old and once with the
//! new bank.
//!
//! # Contract of the function
//! * **Pure.** Its answer follows from key, rows, bank and the immutable memory of rows alone. What it said of
//!   a state once is withdrawn by asking it again.
//! * **Rows in order.** Rows come sorted by reference, each once, with its count.

use std::collections::BTreeMap;
use std::sync::Arc;

use differential_dataflow::AsCollection;
use differential_dataflow::ExchangeData;
use differential_dataflow::operators::arrange::TraceAgent;
use differential_dataflow::trace::cursor::{Cursor, CursorList, Navigable, cursor_list};
use differential_dataflow::trace::{BatchCursor, Description, Span, TraceReader};
use records::arena::Ref;
use timely::dataflow::channels::pact::Pipeline;
use timely::dataflow::operators::Capability;
use timely::dataflow::operators::generic::OutputBuilder;
use timely::dataflow::operators::generic::builder_rc::OperatorBuilder;
use timely::dataflow::{Scope, StreamVec};
use timely::progress::Antichain;
use timely::progress::frontier::MutableAntichain;

use crate::coverage::Count;
use crate::finding::Out;
use crate::knowledge::Knowledge;
use crate::views::{Diff, Facts, Index, Spine, Tick};

/// What a function says about one state.
#[derive(Debug, Default)]
pub struct Sink {
    weight: Diff,
    said: Vec<(Out, Diff)>,
    counted: Vec<(Count, Diff)>,
}

impl Sink {
    /// States `out`.
    pub fn say(&mut self, out: Out) {
        self.said.push((out, self.weight));
    }
    /// Counts a subject of a rule for the coverage.
    pub fn count(&mut self, count: Count) {
        self.counted.push((count, self.weight));
    }
}

/// What an operator gives: what was said, and what was counted.
pub struct Judged<'s> {
    /// Statements.
    pub said: Facts<'s, Out>,
    /// Counts for the coverage.
    pub counted: Facts<'s, Count>,
}

/// The bank as every operator receives it: a version takes effect at its tick.
pub type BankStream<'s> = StreamVec<'s, Tick, Arc<Knowledge>>;

/// What operators share: where they are built, and the rule bank.
#[derive(Clone)]
pub struct Court<'s> {
    /// Where operators are built.
    pub scope: Scope<'s, Tick>,
    /// Versions of the bank.
    pub bank: BankStream<'s>,
    /// The bank at tick 0.
    pub first_bank: Arc<Knowledge>,
}

/// The values of one key before a tick and with it.
#[derive(Clone)]
struct State<V> {
    before: Vec<(V, Diff)>,
    after: Vec<(V, Diff)>,
}

impl<V> State<V> {
    fn new() -> State<V> {
        State { before: Vec::new(), after: Vec::new() }
    }
}

/// Which side of a tick.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

type Batch<V> = <TraceAgent<Spine<V>> as TraceReader>::Batch;
type BatchSpan<V> = Span<Tick, Batch<V>>;

type Storage<V> = Vec<Batch<V>>;
type Cursors<V> = CursorList<BatchCursor<TraceAgent<Spine<V>>>>;

/// Random access to one arrangement, keys in ascending order.
struct Shelf<V: ExchangeData> {
    trace: TraceAgent<Spine<V>>,
    open: Option<(Cursors<V>, Storage<V>)>,
}

impl<V: ExchangeData> Shelf<V> {
    fn new(trace: TraceAgent<Spine<V>>) -> Self {
        Shelf { trace, open: None }
    }

    /// Starts a pass over ascending keys.
    fn open(&mut self) {
        let everything = Antichain::new();
        let batches =
            self.trace.batches_through(everything.borrow()).expect("the whole trace is a clean cut");
        self.open = Some(cursor_list(batches));
    }

    /// Reads the values of `key` that stand before a tick and with it, with their counts, in one pass.
    fn read(&mut self, key: u64, tick: Tick, state: &mut State<V>) {
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
    fn keys(&mut self) -> Vec<u64> {
        let mut keys = Vec::new();
        self.open();
        if let Some((cursor, storage)) = &mut self.open {
            while let Some(key) = cursor.get_key(storage) {
                keys.push(*key);
                cursor.step_key(storage);
            }
        }
        self.open();
        keys
    }

    /// Lets go of the batches and of history before `frontier`.
    fn close(&mut self, frontier: Tick) {
        self.open = None;
        // What came before stays distinguishable from what is to come, and nothing else does.
        let told = Antichain::from_elem(frontier.saturating_sub(1));
        self.trace.set_logical_compaction(told.borrow());
        self.trace.set_physical_compaction(Antichain::from_elem(frontier).borrow());
    }
}

/// Calls `see(key, value, tick, diff)` for every update of a batch.
fn updates<V: ExchangeData>(batch: &Batch<V>, mut see: impl FnMut(u64, &V, Tick, Diff)) {
    let mut cursor = batch.cursor();
    while let Some(key) = cursor.get_key(batch) {
        while let Some(value) = cursor.get_val(batch) {
            cursor.map_times(batch, |tick, diff| see(*key, value, *tick, *diff));
            cursor.step_val(batch);
        }
        cursor.step_key(batch);
    }
}

/// Calls `see(key, tick)` for every key of a batch and every tick at which it has updates.
fn keys_of<V: ExchangeData>(desc: &Description<Tick>, batch: &Batch<V>, mut see: impl FnMut(u64, Tick)) {
    // Nearly always a batch is of one tick, and its values need not be looked at.
    let (lower, upper) = (desc.lower().elements(), desc.upper().elements());
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

/// Smallest tick that may still come on any input; `None` when all are closed.
fn frontier_of(frontiers: &[MutableAntichain<Tick>]) -> Option<Tick> {
    frontiers.iter().filter_map(|frontier| frontier.frontier().iter().copied().min()).min()
}

/// Ticks with work to do, each with the capabilities to answer it (statements, counts).
type Pending<W> = BTreeMap<Tick, (W, [Capability<Tick>; 2])>;

/// Sums equal entries and drops those that cancel.
fn consolidate<T: Ord>(entries: &mut Vec<(T, Diff)>) {
    differential_dataflow::consolidation::consolidate(entries);
}

/// Judges each row of `main` with the rows of its key in `contexts`.
///
/// `reads_bank(old, new)` tells whether the function reads something that differs between two banks.
pub fn each<'s, V, F>(
    court: &Court<'s>,
    name: &'static str,
    main: &Index<'s, V>,
    contexts: &[&Index<'s, Ref>],
    reads_bank: fn(&Knowledge, &Knowledge) -> bool,
    judge: F,
) -> Judged<'s>
where
    V: ExchangeData,
    F: FnMut(&Knowledge, u64, &V, &[Vec<(Ref, Diff)>], &mut Sink) + 'static,
{
    each_concerned(court, name, main, contexts, reads_bank, |_, _, _| true, judge)
}

/// As [`each`]; when the bank changes, only rows are judged again of which `concerned(old, new, row)` says so.
pub fn each_concerned<'s, V, C, F>(
    court: &Court<'s>,
    name: &'static str,
    main: &Index<'s, V>,
    contexts: &[&Index<'s, Ref>],
    reads_bank: fn(&Knowledge, &Knowledge) -> bool,
    concerned: C,
    mut judge: F,
) -> Judged<'s>
where
    V: ExchangeData,
    C: Fn(&Knowledge, &Knowledge, &V) -> bool + 'static,
    F: FnMut(&Knowledge, u64, &V, &[Vec<(Ref, Diff)>], &mut Sink) + 'static,
{
    struct Work<V> {
        rows: Vec<(u64, V, Diff)>,
        keys: Vec<u64>,
        bank: Option<Arc<Knowledge>>,
    }

    let mut builder = OperatorBuilder::new(name.to_owned(), court.scope);
    let mut rows_in = builder.new_input(main.stream.clone(), Pipeline);
    let mut contexts_in: Vec<_> =
        contexts.iter().map(|context| builder.new_input(context.stream.clone(), Pipeline)).collect();
    let mut bank_in = builder.new_input(court.bank.clone(), Pipeline);
    let (said_out, said) = builder.new_output::<Vec<(Out, Tick, Diff)>>();
    let (counted_out, counted) = builder.new_output::<Vec<(Count, Tick, Diff)>>();
    let (mut said_out, mut counted_out) = (OutputBuilder::from(said_out), OutputBuilder::from(counted_out));
    let mut shelf = Shelf::new(main.trace.clone());
    let mut shelves: Vec<Shelf<Ref>> = contexts.iter().map(|c| Shelf::new(c.trace.clone())).collect();
    let mut bank = Arc::clone(&court.first_bank);

    builder.build(move |_capabilities| {
        let mut pending: Pending<Work<V>> = BTreeMap::new();
        let mut sink = Sink::default();
        let mut states: Vec<State<Ref>> = shelves.iter().map(|_| State::new()).collect();
        let mut before: Vec<Vec<(Ref, Diff)>> = shelves.iter().map(|_| Vec::new()).collect();
        let mut after = before.clone();
        let mut old: State<V> = State::new();
        let mut last_frontier = 0;
        move |frontiers| {
            let fresh = |capability: [Capability<Tick>; 2]| {
                (Work { rows: Vec::new(), keys: Vec::new(), bank: None }, capability)
            };
            rows_in.for_each(|capability, spans: &mut Vec<BatchSpan<V>>| {
                for batch in spans.drain(..).filter_map(|span| span.inner) {
                    updates::<V>(&batch, |key, value, tick, diff| {
                        pending
                            .entry(tick)
                            .or_insert_with(|| {
                                fresh([capability.delayed(&tick, 0), capability.delayed(&tick, 1)])
                            })
                            .0
                            .rows
                            .push((key, value.clone(), diff));
                    });
                }
            });
            for input in &mut contexts_in {
                input.for_each(|capability, spans: &mut Vec<BatchSpan<Ref>>| {
                    for span in spans.drain(..) {
                        let Some(batch) = span.inner else { continue };
                        keys_of::<Ref>(&span.desc, &batch, |key, tick| {
                            let work = pending.entry(tick).or_insert_with(|| {
                                fresh([capability.delayed(&tick, 0), capability.delayed(&tick, 1)])
                            });
                            if work.0.keys.last() != Some(&key) {
                                work.0.keys.push(key);
                            }
                        });
                    }
                });
            }
            bank_in.for_each(|capability, banks| {
                let Some(tick) = capability.least().copied() else { return };
                pending
                    .entry(tick)
                    .or_insert_with(|| fresh([capability.delayed(&tick, 0), capability.delayed(&tick, 1)]))
                    .0
                    .bank = banks.pop();
            });
            let frontier = frontier_of(frontiers);
            let ready = |tick: Tick| frontier.is_none_or(|frontier| tick < frontier);
            while let Some(entry) = pending.first_entry() {
                let tick = *entry.key();
                if !ready(tick) {
                    break;
                }
                let (mut work, capabilities) = entry.remove();
                for shelf in &mut shelves {
                    shelf.open();
                }
                let old_bank = Arc::clone(&bank);
                let rejudge = work.bank.as_ref().is_some_and(|new| reads_bank(&old_bank, new));
                if let Some(new) = work.bank.take() {
                    bank = new;
                }
                work.keys.sort_unstable();
                work.keys.dedup();
                let every = if rejudge { shelf.keys() } else { Vec::new() };
                if !work.keys.is_empty() {
                    shelf.open();
                }
                let mut rows = work.rows.into_iter().peekable();
                let mut keys = work.keys.into_iter().peekable();
                let mut every = every.into_iter().peekable();
                loop {
                    let next = [rows.peek().map(|row| row.0), keys.peek().copied(), every.peek().copied()];
                    let Some(key) = next.into_iter().flatten().min() else { break };
                    let of_context = keys.next_if_eq(&key).is_some();
                    let of_bank = every.next_if_eq(&key).is_some();
                    old.before.clear();
                    if of_context || of_bank {
                        shelf.read(key, tick, &mut old);
                        if !of_context {
                            old.before.retain(|(row, _)| concerned(&old_bank, &bank, row));
                        }
                    }
                    if old.before.is_empty() && rows.peek().is_none_or(|row| row.0 != key) {
                        continue;
                    }
                    for (nth, shelf) in shelves.iter_mut().enumerate() {
                        shelf.read(key, tick, &mut states[nth]);
                        std::mem::swap(&mut states[nth].before, &mut before[nth]);
                        std::mem::swap(&mut states[nth].after, &mut after[nth]);
                    }
                    if !old.before.is_empty() {
                        let start = (sink.said.len(), sink.counted.len());
                        for (row, count) in &old.before {
                            sink.weight = -count;
                            judge(&old_bank, key, row, &before, &mut sink);
                            sink.weight = *count;
                            judge(&bank, key, row, &after, &mut sink);
                        }
                        cancel(&mut sink.said, start.0);
                        cancel(&mut sink.counted, start.1);
                    }
                    while let Some((_, row, diff)) = rows.next_if(|row| row.0 == key) {
                        sink.weight = diff;
                        judge(&bank, key, &row, &after, &mut sink);
                    }
                }
                consolidate(&mut sink.counted);
                if !sink.said.is_empty() {
                    let mut output = said_out.activate();
                    let mut session = output.session(&capabilities[0]);
                    session.give_iterator(sink.said.drain(..).map(|(out, diff)| (out, tick, diff)));
                }
                if !sink.counted.is_empty() {
                    let mut output = counted_out.activate();
                    let mut session = output.session(&capabilities[1]);
                    session.give_iterator(sink.counted.drain(..).map(|(count, diff)| (count, tick, diff)));
                }
            }
            if let Some(frontier) = frontier
                && frontier > last_frontier
            {
                last_frontier = frontier;
                shelf.close(frontier);
                for shelf in &mut shelves {
                    shelf.close(frontier);
                }
            }
        }
    });
    Judged { said: said.as_collection(), counted: counted.as_collection() }
}

/// Sums and drops what cancels among the entries from `start` on.
fn cancel<T: Ord>(entries: &mut Vec<(T, Diff)>, start: usize) {
    let mut tail = entries.split_off(start);
    consolidate(&mut tail);
    entries.append(&mut tail);
}

/// All rows of one key, read when asked for: both sides of the tick at once, the second from memory.
pub struct KeyRows<'a, V: ExchangeData, W: ExchangeData> {
    key: u64,
    tick: Tick,
    side: Side,
    rows: &'a mut [(Shelf<V>, Option<State<V>>)],
    more: &'a mut [(Shelf<W>, Option<State<W>>)],
}

fn side_of<V: ExchangeData>(
    (shelf, state): &mut (Shelf<V>, Option<State<V>>),
    key: u64,
    tick: Tick,
    side: Side,
) -> Vec<(V, Diff)> {
    let state = state.get_or_insert_with(|| {
        let mut state = State::new();
        shelf.read(key, tick, &mut state);
        state
    });
    // A function asks for an input once; what it is given it may keep.
    std::mem::take(if side == Side::Before { &mut state.before } else { &mut state.after })
}

impl<V: ExchangeData, W: ExchangeData> KeyRows<'_, V, W> {
    /// Values of the key in the `input`-th arrangement, with counts; to be asked once.
    pub fn rows(&mut self, input: usize) -> Vec<(V, Diff)> {
        side_of(&mut self.rows[input], self.key, self.tick, self.side)
    }
    /// Values of the key in the `input`-th arrangement of the second type, with counts; to be asked once.
    pub fn more(&mut self, input: usize) -> Vec<(W, Diff)> {
        side_of(&mut self.more[input], self.key, self.tick, self.side)
    }
}

/// Judges all rows of a key together.
pub fn whole<'s, V, W, F>(
    court: &Court<'s>,
    name: &'static str,
    rows: &[&Index<'s, V>],
    more: &[&Index<'s, W>],
    reads_bank: fn(&Knowledge, &Knowledge) -> bool,
    mut judge: F,
) -> Judged<'s>
where
    V: ExchangeData,
    W: ExchangeData,
    F: FnMut(&Knowledge, u64, &mut KeyRows<'_, V, W>, &mut Sink) + 'static,
{
    struct Work {
        keys: Vec<u64>,
        bank: Option<Arc<Knowledge>>,
    }

    let mut builder = OperatorBuilder::new(name.to_owned(), court.scope);
    let mut rows_in: Vec<_> = rows.iter().map(|i| builder.new_input(i.stream.clone(), Pipeline)).collect();
    let mut more_in: Vec<_> = more.iter().map(|i| builder.new_input(i.stream.clone(), Pipeline)).collect();
    let mut bank_in = builder.new_input(court.bank.clone(), Pipeline);
    let (said_out, said) = builder.new_output::<Vec<(Out, Tick, Diff)>>();
    let (counted_out, counted) = builder.new_output::<Vec<(Count, Tick, Diff)>>();
    let (mut said_out, mut counted_out) = (OutputBuilder::from(said_out), OutputBuilder::from(counted_out));
    let mut rows: Vec<_> = rows.iter().map(|i| (Shelf::<V>::new(i.trace.clone()), None)).collect();
    let mut more: Vec<_> = more.iter().map(|i| (Shelf::<W>::new(i.trace.clone()), None)).collect();
    let mut bank = Arc::clone(&court.first_bank);

    builder.build(move |_capabilities| {
        let mut pending: Pending<Work> = BTreeMap::new();
        let mut sink = Sink::default();
        let mut last_frontier = 0;
        move |frontiers| {
            let fresh =
                |capability: [Capability<Tick>; 2]| (Work { keys: Vec::new(), bank: None }, capability);
            macro_rules! take_keys {
                ($inputs:expr, $value:ty) => {
                    for input in $inputs {
                        input.for_each(|capability, spans: &mut Vec<BatchSpan<$value>>| {
                            for span in spans.drain(..) {
                                let Some(batch) = span.inner else { continue };
                                keys_of::<$value>(&span.desc, &batch, |key, tick| {
                                    let work = pending.entry(tick).or_insert_with(|| {
                                        fresh([capability.delayed(&tick, 0), capability.delayed(&tick, 1)])
                                    });
                                    if work.0.keys.last() != Some(&key) {
                                        work.0.keys.push(key);
                                    }
                                });
                            }
                        });
                    }
                };
            }
            take_keys!(&mut rows_in, V);
            take_keys!(&mut more_in, W);
            bank_in.for_each(|capability, banks| {
                let Some(tick) = capability.least().copied() else { return };
                pending
                    .entry(tick)
                    .or_insert_with(|| fresh([capability.delayed(&tick, 0), capability.delayed(&tick, 1)]))
                    .0
                    .bank = banks.pop();
            });
            let frontier = frontier_of(frontiers);
            while let Some(entry) = pending.first_entry() {
                let tick = *entry.key();
                if frontier.is_some_and(|frontier| frontier <= tick) {
                    break;
                }
                let (mut work, capabilities) = entry.remove();
                let old_bank = Arc::clone(&bank);
                let rejudge = work.bank.as_ref().is_some_and(|new| reads_bank(&old_bank, new));
                if let Some(new) = work.bank.take() {
                    bank = new;
                }
                if rejudge {
                    work.keys = rows.iter_mut().flat_map(|(shelf, _)| shelf.keys()).collect();
                    work.keys.extend(more.iter_mut().flat_map(|(shelf, _)| shelf.keys()));
                }
                work.keys.sort_unstable();
                work.keys.dedup();
                rows.iter_mut().for_each(|(shelf, _)| shelf.open());
                more.iter_mut().for_each(|(shelf, _)| shelf.open());
                for key in work.keys {
                    let start = (sink.said.len(), sink.counted.len());
                    rows.iter_mut().for_each(|(_, state)| *state = None);
                    more.iter_mut().for_each(|(_, state)| *state = None);
                    for (bank, weight, side) in [(&old_bank, -1, Side::Before), (&bank, 1, Side::After)] {
                        sink.weight = weight;
                        let mut state = KeyRows { key, tick, side, rows: &mut rows, more: &mut more };
                        judge(bank, key, &mut state, &mut sink);
                    }
                    cancel(&mut sink.said, start.0);
                    cancel(&mut sink.counted, start.1);
                }
                consolidate(&mut sink.counted);
                if !sink.said.is_empty() {
                    let mut output = said_out.activate();
                    let mut session = output.session(&capabilities[0]);
                    session.give_iterator(sink.said.drain(..).map(|(out, diff)| (out, tick, diff)));
                }
                if !sink.counted.is_empty() {
                    let mut output = counted_out.activate();
                    let mut session = output.session(&capabilities[1]);
                    session.give_iterator(sink.counted.drain(..).map(|(count, diff)| (count, tick, diff)));
                }
            }
            if let Some(frontier) = frontier
                && frontier > last_frontier
            {
                last_frontier = frontier;
                rows.iter_mut().for_each(|(shelf, _)| shelf.close(frontier));
                more.iter_mut().for_each(|(shelf, _)| shelf.close(frontier));
            }
        }
    });
    Judged { said: said.as_collection(), counted: counted.as_collection() }
}
