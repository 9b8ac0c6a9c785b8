//! [`whole`]: all rows of a key together.
//!
//! A key under which anything changed is judged twice, as it was and as it is, and the difference is emitted. The
//! rows of a key are read when the judge asks for them, both sides of the tick in one pass.

use std::sync::Arc;

use differential_dataflow::ExchangeData;
use records::arena::{Arena, Packed, RowRef};
use timely::dataflow::operators::generic::builder_rc::OperatorBuilder;

use super::arrangement_reader::{ArrangementReader, State};
use super::context::{JudgeOutput, OperatorContext};
use super::operator::{batch_inputs, connect, note_keys};
use super::pending_ticks::PendingTicks;
use crate::compiled_bank::CompiledBank;
use crate::reads::Reads;
use crate::sink::Sink;
use crate::views::{Arrangement, Diff, PackedArrangement, RowArrangement, Tick};

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
    fn of(arrangement: &Arrangement<'_, V>) -> KeyReader<V> {
        KeyReader { reader: ArrangementReader::new(arrangement.trace.clone()), state: None }
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

/// The readers of all inputs.
struct Readers<W: ExchangeData> {
    rows: Vec<KeyReader<RowRef>>,
    packed: Vec<KeyReader<Packed>>,
    values: Vec<KeyReader<W>>,
}

impl<W: ExchangeData> Readers<W> {
    /// Starts a pass over ascending keys.
    fn open(&mut self) {
        self.rows.iter_mut().for_each(|input| input.reader.open());
        self.packed.iter_mut().for_each(|input| input.reader.open());
        self.values.iter_mut().for_each(|input| input.reader.open());
    }

    /// Forgets what was read of the key before.
    fn next_key(&mut self) {
        self.rows.iter_mut().for_each(|input| input.state = None);
        self.packed.iter_mut().for_each(|input| input.state = None);
        self.values.iter_mut().for_each(|input| input.state = None);
    }

    /// Every key of any input.
    fn keys(&mut self) -> Vec<u64> {
        let mut keys: Vec<u64> = self.rows.iter_mut().flat_map(|input| input.reader.keys()).collect();
        keys.extend(self.packed.iter_mut().flat_map(|input| input.reader.keys()));
        keys.extend(self.values.iter_mut().flat_map(|input| input.reader.keys()));
        keys
    }

    /// Lets go of history that no tick to come can ask for.
    fn close(&mut self, frontier: Tick) {
        self.rows.iter_mut().for_each(|input| input.reader.close(frontier));
        self.packed.iter_mut().for_each(|input| input.reader.close(frontier));
        self.values.iter_mut().for_each(|input| input.reader.close(frontier));
    }
}

/// All rows of one key, read when asked for: both sides of the tick at once, the second from memory.
pub struct KeyRows<'a, W: ExchangeData> {
    key: u64,
    tick: Tick,
    side: Side,
    readers: &'a mut Readers<W>,
}

impl<W: ExchangeData> KeyRows<'_, W> {
    /// Rows of the key in the `input`-th arrangement of rows, with counts; to be asked once.
    pub fn rows(&mut self, input: usize) -> Vec<(RowRef, Diff)> {
        self.readers.rows[input].take(self.key, self.tick, self.side)
    }
    /// Values of the key in the `input`-th arrangement of packed values, with counts; to be asked once.
    pub fn packed(&mut self, input: usize) -> Vec<(Packed, Diff)> {
        self.readers.packed[input].take(self.key, self.tick, self.side)
    }
    /// Values of the key in the `input`-th arrangement of values, with counts; to be asked once.
    pub fn values(&mut self, input: usize) -> Vec<(W, Diff)> {
        self.readers.values[input].take(self.key, self.tick, self.side)
    }
}

/// Judges all rows of a key together: those of `rows`, and the values of `values`.
///
/// `reads` says what of the bank the judge reads; a [`crate::reads::Concern`] of its parts names keys by the rows of
/// the arrangements of `rows`.
pub fn whole<'s, W, F>(
    context: &OperatorContext<'s>,
    name: &'static str,
    rows: &[&RowArrangement<'s>],
    values: &[&Arrangement<'s, W>],
    reads: Reads,
    judge: F,
) -> JudgeOutput<'s>
where
    W: ExchangeData,
    F: FnMut(&Arena, &CompiledBank, u64, &mut KeyRows<'_, W>, &mut Sink) + 'static,
{
    mount(context, name, rows, &[], values, reads, Box::new(judge))
}

/// As [`whole`], of a judge that also looks at packed values.
pub fn whole_packed<'s, W, F>(
    context: &OperatorContext<'s>,
    name: &'static str,
    rows: &[&RowArrangement<'s>],
    packed: &[&PackedArrangement<'s>],
    values: &[&Arrangement<'s, W>],
    reads: Reads,
    judge: F,
) -> JudgeOutput<'s>
where
    W: ExchangeData,
    F: FnMut(&Arena, &CompiledBank, u64, &mut KeyRows<'_, W>, &mut Sink) + 'static,
{
    mount(context, name, rows, packed, values, reads, Box::new(judge))
}

type Judge<W> = Box<dyn FnMut(&Arena, &CompiledBank, u64, &mut KeyRows<'_, W>, &mut Sink)>;

/// The operator: compiled once for each type of values, not for each judge.
fn mount<'s, W: ExchangeData>(
    context: &OperatorContext<'s>,
    name: &'static str,
    rows: &[&RowArrangement<'s>],
    packed: &[&PackedArrangement<'s>],
    values: &[&Arrangement<'s, W>],
    reads: Reads,
    mut judge: Judge<W>,
) -> JudgeOutput<'s> {
    let mut builder = OperatorBuilder::new(name.to_owned(), context.scope);
    let mut rows_in = batch_inputs(&mut builder, rows);
    let mut packed_in = batch_inputs(&mut builder, packed);
    let mut values_in = batch_inputs(&mut builder, values);
    let (mut bank_in, mut ports, judged) = connect(&mut builder, context);
    let mut readers = Readers {
        rows: rows.iter().map(|rows| KeyReader::of(rows)).collect(),
        packed: packed.iter().map(|packed| KeyReader::of(packed)).collect(),
        values: values.iter().map(|values| KeyReader::of(values)).collect(),
    };
    let mut bank = Arc::clone(&context.first_bank);
    let arena = Arc::clone(&context.arena);

    builder.build(move |_capabilities| {
        // The work of a tick is the keys that changed.
        let mut pending: PendingTicks<Vec<u64>> = PendingTicks::new();
        let mut sink = Sink::default();
        move |frontiers| {
            note_keys(&mut rows_in, &mut pending, |keys| keys);
            note_keys(&mut packed_in, &mut pending, |keys| keys);
            note_keys(&mut values_in, &mut pending, |keys| keys);
            bank_in.for_each(|capability, banks| pending.note_bank(&capability, banks));

            while let Some((tick, mut task)) = pending.next(frontiers) {
                // Another bank takes effect here: the keys that it concerns are judged with both banks.
                let (old_bank, concern) = task.change_bank(&mut bank, &reads);
                let mut keys = std::mem::take(&mut task.work);
                if let Some(concern) = concern {
                    if !concern.rows.is_empty() {
                        // A judge of whole keys has no rows of its own: every key is meant.
                        keys = readers.keys();
                    } else {
                        for (nth, concerned) in concern.keys {
                            keys.append(&mut readers.rows[nth].reader.keys_with(concerned));
                        }
                    }
                }
                keys.sort_unstable();
                keys.dedup();

                // Both sides of each key, in one pass over the arrangements.
                readers.open();
                for key in keys {
                    readers.next_key();
                    sink.difference(|sink| {
                        for (bank, weight, side) in [(&old_bank, -1, Side::Before), (&bank, 1, Side::After)] {
                            sink.weight = weight;
                            let mut state = KeyRows { key, tick, side, readers: &mut readers };
                            judge(&arena, bank, key, &mut state, sink);
                        }
                    });
                }
                ports.send(&mut sink, tick, &task);
            }

            if let Some(frontier) = pending.moved(frontiers) {
                readers.close(frontier);
            }
        }
    });
    judged
}
