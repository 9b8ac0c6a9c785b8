//! [`each`]: every row of one arrangement with the rows that share its key in others.

use std::sync::Arc;

use differential_dataflow::AsCollection;
use differential_dataflow::ExchangeData;
use records::arena::Ref;
use timely::dataflow::channels::pact::Pipeline;
use timely::dataflow::operators::generic::OutputBuilder;
use timely::dataflow::operators::generic::builder_rc::OperatorBuilder;

use super::arrangement_reader::{ArrangementReader, BatchSpan, State, keys_of, updates};
use super::pending_ticks::{PendingTicks, Ports};
use super::{Judged, OperatorContext, Sink};
use crate::compiled_bank::CompiledBank;
use crate::views::{Arrangement, Diff};

/// Judges each row of `main` with the rows of its key in `contexts`.
///
/// `reads_bank(old, new)` tells whether the function reads something that differs between two banks.
pub fn each<'s, V, F>(
    context: &OperatorContext<'s>,
    name: &'static str,
    main: &Arrangement<'s, V>,
    contexts: &[&Arrangement<'s, Ref>],
    reads_bank: fn(&CompiledBank, &CompiledBank) -> bool,
    judge: F,
) -> Judged<'s>
where
    V: ExchangeData,
    F: FnMut(&CompiledBank, u64, &V, &[Vec<(Ref, Diff)>], &mut Sink) + 'static,
{
    mount(context, name, main, contexts, reads_bank, Box::new(|_, _| Concern::everything()), Box::new(judge))
}

/// What another bank makes a judge say differently: rows of the main arrangement, and keys by what stands there in
/// the first of its contexts. It may hold of too much, which costs time, never of too little.
pub struct Concern<V> {
    row: Tells<V>,
    context: Option<Tells<Ref>>,
}

/// Says of a row whether something holds.
type Tells<V> = Box<dyn Fn(&V) -> bool>;

impl<V> Concern<V> {
    fn everything() -> Concern<V> {
        Concern::of(|_| true)
    }
    /// These rows.
    pub fn of(row: impl Fn(&V) -> bool + 'static) -> Concern<V> {
        Concern { row: Box::new(row), context: None }
    }
    /// And all rows of the keys of such a context.
    pub fn and_under(self, context: impl Fn(&Ref) -> bool + 'static) -> Concern<V> {
        Concern { context: Some(Box::new(context)), ..self }
    }
}

/// What came in at a tick.
struct Work<V> {
    /// Rows of the main arrangement that came and went, by key.
    rows: Vec<(u64, V, Diff)>,
    /// Keys owner context changed.
    keys: Vec<u64>,
}

impl<V> Default for Work<V> {
    fn default() -> Self {
        Work { rows: Vec::new(), keys: Vec::new() }
    }
}

/// As [`each`]; when the bank changes, only that is judged again which `concerned(old, new)` says.
pub fn each_concerned<'s, V, C, F>(
    context: &OperatorContext<'s>,
    name: &'static str,
    main: &Arrangement<'s, V>,
    contexts: &[&Arrangement<'s, Ref>],
    reads_bank: fn(&CompiledBank, &CompiledBank) -> bool,
    concerned: C,
    judge: F,
) -> Judged<'s>
where
    V: ExchangeData,
    C: Fn(&Arc<CompiledBank>, &Arc<CompiledBank>) -> Concern<V> + 'static,
    F: FnMut(&CompiledBank, u64, &V, &[Vec<(Ref, Diff)>], &mut Sink) + 'static,
{
    mount(context, name, main, contexts, reads_bank, Box::new(concerned), Box::new(judge))
}

type Concerned<V> = Box<dyn Fn(&Arc<CompiledBank>, &Arc<CompiledBank>) -> Concern<V>>;
type Judge<V> = Box<dyn FnMut(&CompiledBank, u64, &V, &[Vec<(Ref, Diff)>], &mut Sink)>;

/// The operator: compiled once for each type of row, not for each judge.
fn mount<'s, V: ExchangeData>(
    context: &OperatorContext<'s>,
    name: &'static str,
    main: &Arrangement<'s, V>,
    contexts: &[&Arrangement<'s, Ref>],
    reads_bank: fn(&CompiledBank, &CompiledBank) -> bool,
    concerned: Concerned<V>,
    mut judge: Judge<V>,
) -> Judged<'s> {
    let mut builder = OperatorBuilder::new(name.to_owned(), context.scope);
    let mut rows_in = builder.new_input(main.stream.clone(), Pipeline);
    let mut contexts_in: Vec<_> =
        contexts.iter().map(|context| builder.new_input(context.stream.clone(), Pipeline)).collect();
    let mut bank_in = builder.new_input(context.bank.clone(), Pipeline);
    let (said_out, said) = builder.new_output();
    let (counted_out, counted) = builder.new_output();
    let mut ports = Ports { said: OutputBuilder::from(said_out), counted: OutputBuilder::from(counted_out) };
    let mut reader = ArrangementReader::new(main.trace.clone());
    let mut readers: Vec<ArrangementReader<Ref>> =
        contexts.iter().map(|c| ArrangementReader::new(c.trace.clone())).collect();
    let mut bank = Arc::clone(&context.first_bank);

    builder.build(move |_capabilities| {
        let mut pending: PendingTicks<Work<V>> = PendingTicks::new();
        let mut sink = Sink::default();
        let mut state: State<Ref> = State::new();
        let mut before: Vec<Vec<(Ref, Diff)>> = readers.iter().map(|_| Vec::new()).collect();
        let mut after = before.clone();
        let mut old: State<V> = State::new();
        move |frontiers| {
            rows_in.for_each(|capability, spans: &mut Vec<BatchSpan<V>>| {
                for batch in spans.drain(..).filter_map(|span| span.inner) {
                    updates::<V>(&batch, |key, value, tick, diff| {
                        pending.at(tick, &capability).work.rows.push((key, value.clone(), diff));
                    });
                }
            });
            for input in &mut contexts_in {
                input.for_each(|capability, spans: &mut Vec<BatchSpan<Ref>>| {
                    for span in spans.drain(..) {
                        keys_of(&span, |key, tick| pending.at(tick, &capability).work.keys.push(key));
                    }
                });
            }
            bank_in.for_each(|capability, banks| pending.note_bank(&capability, banks));
            while let Some((tick, mut task)) = pending.next(frontiers) {
                let old_bank = Arc::clone(&bank);
                let rejudge = task.bank.as_ref().is_some_and(|new| reads_bank(&old_bank, new));
                if let Some(new) = task.bank.take() {
                    bank = new;
                }
                let work = std::mem::take(&mut task.work);
                let mut keys = work.keys;
                let concern = rejudge.then(|| concerned(&old_bank, &bank));
                let every = concern.as_ref().map_or_else(Vec::new, |concern| reader.keys_with(&concern.row));
                if let Some(context) = concern.as_ref().and_then(|concern| concern.context.as_ref())
                    && let Some(first) = readers.first_mut()
                {
                    keys.append(&mut first.keys_with(context));
                }
                keys.sort_unstable();
                keys.dedup();
                if !keys.is_empty() || !every.is_empty() {
                    reader.open();
                }
                readers.iter_mut().for_each(ArrangementReader::open);
                let mut rows = work.rows.into_iter().peekable();
                let mut keys = keys.into_iter().peekable();
                let mut every = every.into_iter().peekable();
                loop {
                    let next = [rows.peek().map(|row| row.0), keys.peek().copied(), every.peek().copied()];
                    let Some(key) = next.into_iter().flatten().min() else { break };
                    let of_context = keys.next_if_eq(&key).is_some();
                    let of_bank = every.next_if_eq(&key).is_some();
                    old.before.clear();
                    if of_context || of_bank {
                        reader.read(key, tick, &mut old);
                        if let Some(concern) = concern.as_ref().filter(|_| !of_context) {
                            old.before.retain(|(row, _)| (concern.row)(row));
                        }
                    }
                    if old.before.is_empty() && rows.peek().is_none_or(|row| row.0 != key) {
                        continue;
                    }
                    for (reader, (before, after)) in readers.iter_mut().zip(before.iter_mut().zip(&mut after))
                    {
                        reader.read(key, tick, &mut state);
                        std::mem::swap(&mut state.before, before);
                        std::mem::swap(&mut state.after, after);
                    }
                    if !old.before.is_empty() {
                        sink.difference(|sink| {
                            for (row, count) in &old.before {
                                sink.weight = -count;
                                judge(&old_bank, key, row, &before, sink);
                                sink.weight = *count;
                                judge(&bank, key, row, &after, sink);
                            }
                        });
                    }
                    while let Some((_, row, diff)) = rows.next_if(|row| row.0 == key) {
                        sink.weight = diff;
                        judge(&bank, key, &row, &after, &mut sink);
                    }
                }
                ports.send(&mut sink, tick, &task);
            }
            if let Some(frontier) = pending.moved(frontiers) {
                reader.close(frontier);
                readers.iter_mut().for_each(|reader| reader.close(frontier));
            }
        }
    });
    Judged { said: said.as_collection(), counted: counted.as_collection() }
}
