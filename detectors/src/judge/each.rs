//! [`each`]: every row of one arrangement with the rows that share its key in others.
//!
//! A row that comes or goes costs one call of the judge. A key whose joined rows changed, and a row that another bank
//! concerns, cost two calls for each row: once as it was, once as it is. Nothing is remembered between ticks.

use std::sync::Arc;

use differential_dataflow::AsCollection;
use differential_dataflow::ExchangeData;
use records::arena::Arena;
use timely::dataflow::channels::pact::Pipeline;
use timely::dataflow::operators::generic::OutputBuilder;
use timely::dataflow::operators::generic::builder_rc::OperatorBuilder;

use super::arrangement_reader::{ArrangementReader, BatchSpan, State, keys_of, updates};
use super::context::{Judged, OperatorContext};
use super::pending_ticks::{PendingTicks, Ports};
use crate::compiled_bank::CompiledBank;
use crate::reads::{Concern, Reads};
use crate::sink::Sink;
use crate::views::{Arrangement, Diff};

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
) -> Judged<'s>
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
    mut judge: Judge<V, J>,
) -> Judged<'s> {
    let mut builder = OperatorBuilder::new(name.to_owned(), context.scope);
    let mut rows_in = builder.new_input(main.stream.clone(), Pipeline);
    let mut joined_in: Vec<_> =
        joined.iter().map(|joined| builder.new_input(joined.stream.clone(), Pipeline)).collect();
    let mut bank_in = builder.new_input(context.bank.clone(), Pipeline);
    let (output_port, output) = builder.new_output();
    let (counted_port, counted) = builder.new_output();
    let mut ports =
        Ports { output: OutputBuilder::from(output_port), counted: OutputBuilder::from(counted_port) };
    let mut main_reader = ArrangementReader::new(main.trace.clone());
    let mut readers: Vec<ArrangementReader<J>> =
        joined.iter().map(|joined| ArrangementReader::new(joined.trace.clone())).collect();
    let mut bank = Arc::clone(&context.first_bank);
    let arena = Arc::clone(&context.arena);

    builder.build(move |_capabilities| {
        let mut pending: PendingTicks<Work<V>> = PendingTicks::new();
        let mut sink = Sink::default();
        // Rows of the key in hand, kept to save their allocations.
        let mut state: State<J> = State::new();
        let mut before: Vec<Vec<(J, Diff)>> = readers.iter().map(|_| Vec::new()).collect();
        let mut after = before.clone();
        let mut again: State<V> = State::new();
        move |frontiers| {
            // Note what comes in at its tick: rows themselves, of joined arrangements the keys alone.
            rows_in.for_each(|capability, spans: &mut Vec<BatchSpan<V>>| {
                for batch in spans.drain(..).filter_map(|span| span.inner) {
                    updates::<V>(&batch, |key, value, tick, diff| {
                        pending.at(tick, &capability).work.rows.push((key, value.clone(), diff));
                    });
                }
            });
            for input in &mut joined_in {
                input.for_each(|capability, spans: &mut Vec<BatchSpan<J>>| {
                    for span in spans.drain(..) {
                        keys_of(&span, |key, tick| pending.at(tick, &capability).work.keys.push(key));
                    }
                });
            }
            bank_in.for_each(|capability, banks| pending.note_bank(&capability, banks));

            while let Some((tick, mut task)) = pending.next(frontiers) {
                // Another bank takes effect here; what it concerns is looked for batch by batch.
                let old_bank = Arc::clone(&bank);
                let concern = task.bank.take().and_then(|new| {
                    bank = new;
                    reads.concern(&old_bank, &bank)
                });
                let work = std::mem::take(&mut task.work);
                let mut keys = work.keys;
                let mut of_bank = Vec::new();
                if let Some(concern) = &concern {
                    if !concern.rows.is_empty() {
                        of_bank = main_reader.keys_with(|row| concern.is_about(row));
                    }
                    for (nth, concerned) in &concern.keys {
                        keys.append(&mut readers[*nth].keys_with(concerned));
                    }
                }
                keys.sort_unstable();
                keys.dedup();

                // Walk the three sorted lists of keys together, so that every arrangement is read in one pass.
                if !keys.is_empty() || !of_bank.is_empty() {
                    main_reader.open();
                }
                readers.iter_mut().for_each(ArrangementReader::open);
                let mut rows = work.rows.into_iter().peekable();
                let mut keys = keys.into_iter().peekable();
                let mut of_bank = of_bank.into_iter().peekable();
                loop {
                    let next = [rows.peek().map(|row| row.0), keys.peek().copied(), of_bank.peek().copied()];
                    let Some(key) = next.into_iter().flatten().min() else { break };
                    let is_joined = keys.next_if_eq(&key).is_some();
                    let is_of_bank = of_bank.next_if_eq(&key).is_some();

                    // The rows that stood before and are to be judged again.
                    again.before.clear();
                    if is_joined || is_of_bank {
                        main_reader.read(key, tick, &mut again);
                        if let Some(concern) = concern.as_ref().filter(|_| !is_joined) {
                            again.before.retain(|(row, _)| concern.is_about(row));
                        }
                    }
                    if again.before.is_empty() && rows.peek().is_none_or(|row| row.0 != key) {
                        continue;
                    }
                    for (reader, (before, after)) in readers.iter_mut().zip(before.iter_mut().zip(&mut after))
                    {
                        reader.read(key, tick, &mut state);
                        std::mem::swap(&mut state.before, before);
                        std::mem::swap(&mut state.after, after);
                    }

                    // What was stated of them is retracted by asking the old state and the old bank once more.
                    if !again.before.is_empty() {
                        sink.difference(|sink| {
                            for (row, count) in &again.before {
                                sink.weight = -count;
                                judge(&arena, &old_bank, key, row, &before, sink);
                                sink.weight = *count;
                                judge(&arena, &bank, key, row, &after, sink);
                            }
                        });
                    }
                    // Rows that came and went are judged as things stand now.
                    while let Some((_, row, diff)) = rows.next_if(|row| row.0 == key) {
                        sink.weight = diff;
                        judge(&arena, &bank, key, &row, &after, &mut sink);
                    }
                }
                ports.send(&mut sink, tick, &task);
            }

            // Let go of history that no tick to come can ask for.
            if let Some(frontier) = pending.moved(frontiers) {
                main_reader.close(frontier);
                readers.iter_mut().for_each(|reader| reader.close(frontier));
            }
        }
    });
    Judged { output: output.as_collection(), counted: counted.as_collection() }
}
