//! [`each`]: every row of one arrangement with the rows that share its key in others.
//!
//! A row that comes or goes costs one call of the judge. A key whose joined rows changed, and a row that another bank
//! concerns, cost two calls for each row: once as it was, once as it is. Nothing is remembered between ticks.

use std::sync::Arc;

use differential_dataflow::ExchangeData;
use records::arena::Arena;
use timely::dataflow::channels::pact::Pipeline;
use timely::dataflow::operators::generic::builder_rc::OperatorBuilder;

use super::arrangement_reader::{ArrangementReader, BatchSpan, State, updates};
use super::context::{JudgeOutput, OperatorContext};
use super::operator::{batch_inputs, connect, note_keys};
use super::pending_ticks::{PendingTicks, Task};
use crate::compiled_bank::CompiledBank;
use crate::reads::{Concern, Reads};
use crate::sink::Sink;
use crate::views::{Arrangement, Diff, Tick};

/// Judges each row of `main` with the rows of its key in `joined`: rows of records, or packed values.
///
/// `reads` says what of the bank the judge reads.
pub fn each<'s, V, J, F>(
    context: &OperatorContext<'s>,
    name: &'static str,
    main: &Arrangement<'s, V>,
    joined: &[&Arrangement<'s, J>],
    reads: Reads<V, J>,
    judge: F,
) -> JudgeOutput<'s>
where
    V: ExchangeData,
    J: ExchangeData,
    F: FnMut(&Arena, &CompiledBank, u64, &V, &[Vec<(J, Diff)>], &mut Sink) + 'static,
{
    mount(context, name, main, joined, reads, Box::new(judge))
}

/// What came in at a tick.
struct Work<V> {
    /// Rows of the main arrangement that came and went, by key.
    rows: Vec<(u64, V, Diff)>,
    /// Keys whose joined rows changed.
    keys: Vec<u64>,
}

impl<V> Default for Work<V> {
    fn default() -> Self {
        Work { rows: Vec::new(), keys: Vec::new() }
    }
}

impl<V, J> Concern<V, J> {
    fn is_about(&self, row: &V) -> bool {
        self.rows.iter().any(|concerned| concerned(row))
    }
}

type Judge<V, J> = Box<dyn FnMut(&Arena, &CompiledBank, u64, &V, &[Vec<(J, Diff)>], &mut Sink)>;

/// The operator: compiled once for each type of row, not for each judge.
fn mount<'s, V: ExchangeData, J: ExchangeData>(
    context: &OperatorContext<'s>,
    name: &'static str,
    main: &Arrangement<'s, V>,
    joined: &[&Arrangement<'s, J>],
    reads: Reads<V, J>,
    judge: Judge<V, J>,
) -> JudgeOutput<'s> {
    let mut builder = OperatorBuilder::new(name.to_owned(), context.scope);
    let mut rows_in = builder.new_input(main.stream.clone(), Pipeline);
    let mut joined_in = batch_inputs(&mut builder, joined);
    let (mut bank_in, mut ports, judged) = connect(&mut builder, context);
    let mut rows = RowJudge::new(context, main, joined, reads, judge);

    builder.build(move |_capabilities| {
        let mut pending: PendingTicks<Work<V>> = PendingTicks::new();
        move |frontiers| {
            // Note what comes in at its tick: rows themselves, of joined arrangements the keys alone.
            rows_in.for_each(|capability, spans: &mut Vec<BatchSpan<V>>| {
                for batch in spans.drain(..).filter_map(|span| span.inner) {
                    updates::<V>(&batch, |key, value, tick, diff| {
                        pending.at(tick, &capability).work.rows.push((key, value.clone(), diff));
                    });
                }
            });
            note_keys(&mut joined_in, &mut pending, |work| &mut work.keys);
            bank_in.for_each(|capability, banks| pending.note_bank(&capability, banks));

            // Judge what is complete.
            while let Some((tick, mut task)) = pending.next(frontiers) {
                rows.judge_tick(tick, &mut task);
                ports.send(&mut rows.sink, tick, &task);
            }

            // Let go of history that no tick to come can ask for.
            if let Some(frontier) = pending.moved(frontiers) {
                rows.close(frontier);
            }
        }
    });
    judged
}

/// The judge of rows with what it reads and states.
struct RowJudge<V: ExchangeData, J: ExchangeData> {
    judge: Judge<V, J>,
    reads: Reads<V, J>,
    /// The bank in force.
    bank: Arc<CompiledBank>,
    arena: Arc<Arena>,
    main: ArrangementReader<V>,
    joined: Vec<ArrangementReader<J>>,
    sink: Sink,
    /// The joined rows of the key in hand, before the tick and with it; kept, as all of these, to save allocations.
    before: Vec<Vec<(J, Diff)>>,
    after: Vec<Vec<(J, Diff)>>,
    /// What one joined arrangement holds of the key in hand.
    state: State<J>,
    /// The rows of the key in hand that are judged again, in `before`.
    again: State<V>,
}

impl<V: ExchangeData, J: ExchangeData> RowJudge<V, J> {
    fn new(
        context: &OperatorContext<'_>,
        main: &Arrangement<'_, V>,
        joined: &[&Arrangement<'_, J>],
        reads: Reads<V, J>,
        judge: Judge<V, J>,
    ) -> RowJudge<V, J> {
        RowJudge {
            judge,
            reads,
            bank: Arc::clone(&context.first_bank),
            arena: Arc::clone(&context.arena),
            main: ArrangementReader::new(main.trace.clone()),
            joined: joined.iter().map(|joined| ArrangementReader::new(joined.trace.clone())).collect(),
            sink: Sink::default(),
            before: vec![Vec::new(); joined.len()],
            after: vec![Vec::new(); joined.len()],
            state: State::new(),
            again: State::new(),
        }
    }

    /// Judges what a tick brought, into the sink.
    fn judge_tick(&mut self, tick: Tick, task: &mut Task<Work<V>>) {
        // Another bank takes effect here; what it concerns is looked for batch by batch.
        let (old_bank, concern) = task.change_bank(&mut self.bank, &self.reads);
        let Work { rows, mut keys } = std::mem::take(&mut task.work);
        let of_bank = concern.as_ref().map(|concern| self.find_concerned(concern, &mut keys));
        let of_bank = of_bank.unwrap_or_default();
        keys.sort_unstable();
        keys.dedup();

        // Walk the three sorted lists of keys together, so that every arrangement is read in one pass.
        if !keys.is_empty() || !of_bank.is_empty() {
            self.main.open();
        }
        self.joined.iter_mut().for_each(ArrangementReader::open);
        let mut rows = rows.into_iter().peekable();
        let mut keys = keys.into_iter().peekable();
        let mut of_bank = of_bank.into_iter().peekable();
        loop {
            let next = [rows.peek().map(|row| row.0), keys.peek().copied(), of_bank.peek().copied()];
            let Some(key) = next.into_iter().flatten().min() else { break };
            let is_joined = keys.next_if_eq(&key).is_some();
            let is_of_bank = of_bank.next_if_eq(&key).is_some();

            // The rows that stood before and are to be judged again.
            self.again.before.clear();
            if is_joined || is_of_bank {
                self.main.read(key, tick, &mut self.again);
                if let Some(concern) = concern.as_ref().filter(|_| !is_joined) {
                    self.again.before.retain(|(row, _)| concern.is_about(row));
                }
            }
            if self.again.before.is_empty() && rows.peek().is_none_or(|row| row.0 != key) {
                continue;
            }
            self.read_joined(key, tick);
            self.judge_again(key, &old_bank);
            // Rows that came and went are judged as things stand now.
            while let Some((_, row, diff)) = rows.next_if(|row| row.0 == key) {
                self.sink.weight = diff;
                (self.judge)(&self.arena, &self.bank, key, &row, &self.after, &mut self.sink);
            }
        }
    }

    /// The keys of rows that another bank concerns; those of joined rows that it concerns are added to `keys`.
    fn find_concerned(&mut self, concern: &Concern<V, J>, keys: &mut Vec<u64>) -> Vec<u64> {
        for (nth, concerned) in &concern.keys {
            keys.append(&mut self.joined[*nth].keys_with(concerned));
        }
        if concern.rows.is_empty() {
            return Vec::new();
        }
        self.main.keys_with(|row| concern.is_about(row))
    }

    /// Reads the joined rows of a key, before the tick and with it.
    fn read_joined(&mut self, key: u64, tick: Tick) {
        for (reader, (before, after)) in
            self.joined.iter_mut().zip(self.before.iter_mut().zip(&mut self.after))
        {
            reader.read(key, tick, &mut self.state);
            std::mem::swap(&mut self.state.before, before);
            std::mem::swap(&mut self.state.after, after);
        }
    }

    /// Judges the rows in `again` twice: what was stated of them is retracted by asking the old state and the old bank
    /// once more.
    fn judge_again(&mut self, key: u64, old_bank: &CompiledBank) {
        if self.again.before.is_empty() {
            return;
        }
        self.sink.difference(|sink| {
            for (row, count) in &self.again.before {
                sink.weight = -count;
                (self.judge)(&self.arena, old_bank, key, row, &self.before, sink);
                sink.weight = *count;
                (self.judge)(&self.arena, &self.bank, key, row, &self.after, sink);
            }
        });
    }

    /// Lets go of history before `frontier`.
    fn close(&mut self, frontier: Tick) {
        self.main.close(frontier);
        self.joined.iter_mut().for_each(|reader| reader.close(frontier));
    }
}
