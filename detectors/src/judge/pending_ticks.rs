//! Ticks with work to do, and the way out for what is stated.

use std::collections::BTreeMap;
use std::sync::Arc;

use timely::container::CapacityContainerBuilder;
use timely::dataflow::operators::generic::OutputBuilder;
use timely::dataflow::operators::{Capability, InputCapability};
use timely::progress::frontier::MutableAntichain;

use crate::compiled_bank::CompiledBank;
use crate::coverage::{Count, Population};
use crate::reads::{Concern, Reads};
use crate::sink::Sink;
use crate::statement::Out;
use crate::views::{Diff, Tick};

/// What is to be done at one tick, with the right to answer it.
pub(super) struct Task<W> {
    /// What came in.
    pub(super) work: W,
    /// Another version of the bank.
    bank: Option<Arc<CompiledBank>>,
    /// One for statements, one for counts.
    capabilities: [Capability<Tick>; 2],
}

impl<W> Task<W> {
    /// Lets another version of the bank, if there is one, take the place of `bank`; gives the version that was in force
    /// and what of the difference concerns an operator that reads `reads`.
    pub(super) fn change_bank<V, J>(
        &mut self,
        bank: &mut Arc<CompiledBank>,
        reads: &Reads<V, J>,
    ) -> (Arc<CompiledBank>, Option<Concern<V, J>>) {
        let old = Arc::clone(bank);
        let concern = self.bank.take().and_then(|new| {
            *bank = new;
            reads.concern(&old, bank)
        });
        (old, concern)
    }
}

/// Tasks by tick.
pub(super) struct PendingTicks<W> {
    tasks: BTreeMap<Tick, Task<W>>,
    frontier: Tick,
}

impl<W: Default> PendingTicks<W> {
    pub(super) fn new() -> PendingTicks<W> {
        PendingTicks { tasks: BTreeMap::new(), frontier: 0 }
    }

    /// The task of a tick; `capability` came with what is to be noted there.
    pub(super) fn at(&mut self, tick: Tick, capability: &InputCapability<Tick>) -> &mut Task<W> {
        self.tasks.entry(tick).or_insert_with(|| Task {
            work: W::default(),
            bank: None,
            capabilities: [capability.delayed(&tick, 0), capability.delayed(&tick, 1)],
        })
    }

    /// Notes new versions of the bank; the last one of a message counts.
    pub(super) fn note_bank(
        &mut self,
        capability: &InputCapability<Tick>,
        banks: &mut Vec<Arc<CompiledBank>>,
    ) {
        if let Some(tick) = capability.least().copied() {
            self.at(tick, capability).bank = banks.pop();
        }
    }

    /// The next task whose tick is complete on all inputs.
    pub(super) fn next(&mut self, frontiers: &[MutableAntichain<Tick>]) -> Option<(Tick, Task<W>)> {
        let tick = *self.tasks.first_key_value()?.0;
        let complete = smallest(frontiers).is_none_or(|frontier| tick < frontier);
        complete.then(|| self.tasks.pop_first()).flatten()
    }

    /// Where all inputs have come to, if they have moved since the last call.
    pub(super) fn moved(&mut self, frontiers: &[MutableAntichain<Tick>]) -> Option<Tick> {
        let frontier = smallest(frontiers).filter(|frontier| *frontier > self.frontier)?;
        self.frontier = frontier;
        Some(frontier)
    }
}

/// Smallest tick that may still come on any input; `None` when all are closed.
fn smallest(frontiers: &[MutableAntichain<Tick>]) -> Option<Tick> {
    frontiers.iter().filter_map(|frontier| frontier.frontier().iter().copied().min()).min()
}

type Port<D> = OutputBuilder<Tick, CapacityContainerBuilder<Vec<(D, Tick, Diff)>>>;

/// The two ways out of a judge.
pub(super) struct Ports {
    pub(super) output: Port<Out>,
    pub(super) counted: Port<Count>,
}

impl Ports {
    /// Sends what the sink holds.
    pub(super) fn send<W>(&mut self, sink: &mut Sink, tick: Tick, task: &Task<W>) {
        for (population, count) in Population::ALL.into_iter().zip(&mut sink.tallied) {
            match std::mem::take(count) {
                0 => (),
                count => sink.counted.push((Count::Each(population), count)),
            }
        }
        differential_dataflow::consolidation::consolidate(&mut sink.counted);
        if !sink.emitted.is_empty() {
            let mut output = self.output.activate();
            let mut session = output.session(&task.capabilities[0]);
            session.give_iterator(sink.emitted.drain(..).map(|(out, diff)| (out, tick, diff)));
        }
        if !sink.counted.is_empty() {
            let mut output = self.counted.activate();
            let mut session = output.session(&task.capabilities[1]);
            session.give_iterator(sink.counted.drain(..).map(|(count, diff)| (count, tick, diff)));
        }
    }
}
