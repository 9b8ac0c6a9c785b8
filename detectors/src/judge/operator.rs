//! What the two operators are built of alike: arrangements and the bank that come in, statements and counts that go out.
//!
//! The inputs of arrangements are opened first, [`connect`] adds the bank and the ways out; an operator that is joined to
//! an arrangement notes at every tick which keys changed there ([`note_keys`]).

use std::sync::Arc;

use differential_dataflow::{AsCollection, ExchangeData};
use timely::dataflow::channels::pact::{ParallelizationContract, Pipeline};
use timely::dataflow::operators::generic::builder_rc::OperatorBuilder;
use timely::dataflow::operators::generic::{InputHandleCore, OutputBuilder};

use super::arrangement_reader::{BatchSpan, keys_of};
use super::context::{JudgeOutput, OperatorContext};
use super::pending_ticks::{PendingTicks, Ports};
use crate::compiled_bank::CompiledBank;
use crate::views::{Arrangement, Tick};

/// An input from the same worker, in containers of type `C`.
pub(super) type InputOf<C> = InputHandleCore<Tick, C, <Pipeline as ParallelizationContract<Tick, C>>::Puller>;

/// The batches of an arrangement as they are made.
pub(super) type BatchInput<V> = InputOf<Vec<BatchSpan<V>>>;

/// Opens an input for the batches of each arrangement.
pub(super) fn batch_inputs<'s, V: ExchangeData>(
    builder: &mut OperatorBuilder<'s, Tick>,
    arrangements: &[&Arrangement<'s, V>],
) -> Vec<BatchInput<V>> {
    arrangements.iter().map(|of| builder.new_input(of.stream.clone(), Pipeline)).collect()
}

/// Opens what comes after the arrangements: the input of the bank, and the ways out with what arrives there.
pub(super) fn connect<'s>(
    builder: &mut OperatorBuilder<'s, Tick>,
    context: &OperatorContext<'s>,
) -> (InputOf<Vec<Arc<CompiledBank>>>, Ports, JudgeOutput<'s>) {
    let bank_in = builder.new_input(context.bank.clone(), Pipeline);
    let (output_port, output) = builder.new_output();
    let (counted_port, counted) = builder.new_output();
    let ports =
        Ports { output: OutputBuilder::from(output_port), counted: OutputBuilder::from(counted_port) };
    (bank_in, ports, JudgeOutput { output: output.as_collection(), counted: counted.as_collection() })
}

/// Notes the keys that changed in these arrangements, each at its tick.
pub(super) fn note_keys<V: ExchangeData, W: Default>(
    inputs: &mut [BatchInput<V>],
    pending: &mut PendingTicks<W>,
    keys: impl Fn(&mut W) -> &mut Vec<u64>,
) {
    for input in inputs {
        input.for_each(|capability, spans| {
            for span in spans.drain(..) {
                keys_of(&span, |key, tick| keys(&mut pending.at(tick, &capability).work).push(key));
            }
        });
    }
}
