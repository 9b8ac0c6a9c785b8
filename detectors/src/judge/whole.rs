//! [`whole`]: all rows of a key together.

use std::sync::Arc;

use differential_dataflow::AsCollection;
use differential_dataflow::ExchangeData;
use timely::dataflow::channels::pact::Pipeline;
use timely::dataflow::operators::generic::OutputBuilder;
use timely::dataflow::operators::generic::builder_rc::OperatorBuilder;

use super::arrangement_reader::{ArrangementReader, BatchSpan, State, keys_of};
use super::pending_ticks::{PendingTicks, Ports};
use super::{Judged, OperatorContext, Sink};
use crate::compiled_bank::CompiledBank;
use crate::views::{Arrangement, Diff, Tick};

/// Which side of a tick.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

/// An arrangement, and what it holds of the key in hand once that was asked for.
struct KeyReader<V: ExchangeData> {
    reader: ArrangementReader<V>,
    state: Option<State<V>>,
}

impl<V: ExchangeData> KeyReader<V> {
    fn of(index: &Arrangement<'_, V>) -> KeyReader<V> {
        KeyReader { reader: ArrangementReader::new(index.trace.clone()), state: None }
    }

    fn take(&mut self, key: u64, tick: Tick, side: Side) -> Vec<(V, Diff)> {
        let state = self.state.get_or_insert_with(|| {
            let mut state = State::new();
            self.reader.read(key, tick, &mut state);
            state
        });
        std::mem::take(if side == Side::Before { &mut state.before } else { &mut state.after })
    }
}

/// All rows of one key, read when asked for: both sides of the tick at once, the second from memory.
pub struct KeyRows<'a, V: ExchangeData, W: ExchangeData> {
    key: u64,
    tick: Tick,
    side: Side,
    rows: &'a mut [KeyReader<V>],
    more: &'a mut [KeyReader<W>],
}

impl<V: ExchangeData, W: ExchangeData> KeyRows<'_, V, W> {
    /// Values of the key in the `input`-th arrangement, with counts; to be asked once.
    pub fn rows(&mut self, input: usize) -> Vec<(V, Diff)> {
        self.rows[input].take(self.key, self.tick, self.side)
    }
    /// Values of the key in the `input`-th arrangement of the second type, with counts; to be asked once.
    pub fn more(&mut self, input: usize) -> Vec<(W, Diff)> {
        self.more[input].take(self.key, self.tick, self.side)
    }
}

/// Judges all rows of a key together.
///
/// `reads_bank(old, new)` tells whether the function reads something that differs between two banks.
pub fn whole<'s, V, W, F>(
    context: &OperatorContext<'s>,
    name: &'static str,
    rows: &[&Arrangement<'s, V>],
    more: &[&Arrangement<'s, W>],
    reads_bank: fn(&CompiledBank, &CompiledBank) -> bool,
    judge: F,
) -> Judged<'s>
where
    V: ExchangeData,
    W: ExchangeData,
    F: FnMut(&CompiledBank, u64, &mut KeyRows<'_, V, W>, &mut Sink) + 'static,
{
    mount(context, name, rows, more, reads_bank, Box::new(|_, _| None), Box::new(judge))
}

/// The keys that another bank concerns: those with such a value in the arrangement of this number.
pub type Keyed<V> = (usize, Box<dyn Fn(&V) -> bool>);

/// As [`whole`]; when the bank changes, only the keys are judged again that `concerned(old, new)` says, if it says any
/// less than all.
pub fn whole_concerned<'s, V, W, C, F>(
    context: &OperatorContext<'s>,
    name: &'static str,
    rows: &[&Arrangement<'s, V>],
    more: &[&Arrangement<'s, W>],
    reads_bank: fn(&CompiledBank, &CompiledBank) -> bool,
    concerned: C,
    judge: F,
) -> Judged<'s>
where
    V: ExchangeData,
    W: ExchangeData,
    C: Fn(&Arc<CompiledBank>, &Arc<CompiledBank>) -> Option<Keyed<V>> + 'static,
    F: FnMut(&CompiledBank, u64, &mut KeyRows<'_, V, W>, &mut Sink) + 'static,
{
    mount(context, name, rows, more, reads_bank, Box::new(concerned), Box::new(judge))
}

type Concerned<V> = Box<dyn Fn(&Arc<CompiledBank>, &Arc<CompiledBank>) -> Option<Keyed<V>>>;
type Judge<V, W> = Box<dyn FnMut(&CompiledBank, u64, &mut KeyRows<'_, V, W>, &mut Sink)>;

/// The operator: compiled once for each pair of types of rows, not for each judge.
fn mount<'s, V: ExchangeData, W: ExchangeData>(
    context: &OperatorContext<'s>,
    name: &'static str,
    rows: &[&Arrangement<'s, V>],
    more: &[&Arrangement<'s, W>],
    reads_bank: fn(&CompiledBank, &CompiledBank) -> bool,
    concerned: Concerned<V>,
    mut judge: Judge<V, W>,
) -> Judged<'s> {
    let mut builder = OperatorBuilder::new(name.to_owned(), context.scope);
    let mut rows_in: Vec<_> = rows.iter().map(|i| builder.new_input(i.stream.clone(), Pipeline)).collect();
    let mut more_in: Vec<_> = more.iter().map(|i| builder.new_input(i.stream.clone(), Pipeline)).collect();
    let mut bank_in = builder.new_input(context.bank.clone(), Pipeline);
    let (said_out, said) = builder.new_output();
    let (counted_out, counted) = builder.new_output();
    let mut ports = Ports { said: OutputBuilder::from(said_out), counted: OutputBuilder::from(counted_out) };
    let mut rows: Vec<KeyReader<V>> = rows.iter().map(|index| KeyReader::of(index)).collect();
    let mut more: Vec<KeyReader<W>> = more.iter().map(|index| KeyReader::of(index)).collect();
    let mut bank = Arc::clone(&context.first_bank);

    builder.build(move |_capabilities| {
        // The work of a tick is the keys that changed.
        let mut pending: PendingTicks<Vec<u64>> = PendingTicks::new();
        let mut sink = Sink::default();
        move |frontiers| {
            for input in &mut rows_in {
                input.for_each(|capability, spans: &mut Vec<BatchSpan<V>>| {
                    for span in spans.drain(..) {
                        keys_of(&span, |key, tick| pending.at(tick, &capability).work.push(key));
                    }
                });
            }
            for input in &mut more_in {
                input.for_each(|capability, spans: &mut Vec<BatchSpan<W>>| {
                    for span in spans.drain(..) {
                        keys_of(&span, |key, tick| pending.at(tick, &capability).work.push(key));
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
                let mut keys = std::mem::take(&mut task.work);
                if rejudge {
                    match concerned(&old_bank, &bank) {
                        Some((nth, wanted)) => keys.append(&mut rows[nth].reader.keys_with(wanted)),
                        None => {
                            keys = rows.iter_mut().flat_map(|reader| reader.reader.keys()).collect();
                            keys.extend(more.iter_mut().flat_map(|reader| reader.reader.keys()));
                        }
                    }
                }
                keys.sort_unstable();
                keys.dedup();
                rows.iter_mut().for_each(|reader| reader.reader.open());
                more.iter_mut().for_each(|reader| reader.reader.open());
                for key in keys {
                    rows.iter_mut().for_each(|reader| reader.state = None);
                    more.iter_mut().for_each(|reader| reader.state = None);
                    sink.difference(|sink| {
                        for (bank, weight, side) in [(&old_bank, -1, Side::Before), (&bank, 1, Side::After)] {
                            sink.weight = weight;
                            let mut state = KeyRows { key, tick, side, rows: &mut rows, more: &mut more };
                            judge(bank, key, &mut state, sink);
                        }
                    });
                }
                ports.send(&mut sink, tick, &task);
            }
            if let Some(frontier) = pending.moved(frontiers) {
                rows.iter_mut().for_each(|reader| reader.reader.close(frontier));
                more.iter_mut().for_each(|reader| reader.reader.close(frontier));
            }
        }
    });
    Judged { said: said.as_collection(), counted: counted.as_collection() }
}
