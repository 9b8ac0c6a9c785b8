//! What waits until it is asked for.
//!
//! A model looks at a whole peer group at once, so each change of a closed month asks it about everybody again. That
//! is done once for all changes since the last time, not at every tick: this operator holds what changed, and lets it
//! through at the ticks that say so.

use std::collections::BTreeMap;

use differential_dataflow::consolidation::consolidate;
use differential_dataflow::{AsCollection, ExchangeData};
use timely::dataflow::StreamVec;
use timely::dataflow::channels::pact::Pipeline;
use timely::dataflow::operators::Capability;
use timely::dataflow::operators::generic::OutputBuilder;
use timely::dataflow::operators::generic::builder_rc::OperatorBuilder;

use crate::views::{Collection, Diff, Tick};

/// Holds changes until a tick opens the gate; that tick's own are let through with them.
pub fn hold_until<'s, D: ExchangeData>(
    name: &'static str,
    facts: Collection<'s, D>,
    gate: StreamVec<'s, Tick, ()>,
) -> Collection<'s, D> {
    /// How many changes are held before those that cancel are looked for.
    const FEW: usize = 1 << 16;
    let mut builder = OperatorBuilder::new(name.to_owned(), facts.inner.scope());
    let mut facts_in = builder.new_input(facts.inner, Pipeline);
    let mut gate_in = builder.new_input(gate, Pipeline);
    let (output, stream) = builder.new_output::<Vec<(D, Tick, Diff)>>();
    let mut output = OutputBuilder::from(output);
    builder.build(move |_capabilities| {
        let mut held: Vec<(D, Diff)> = Vec::new();
        let mut full = FEW;
        // Changes of ticks that may not be complete yet, and ticks at which the gate opens.
        let mut coming: BTreeMap<Tick, Vec<(D, Diff)>> = BTreeMap::new();
        let mut opens: BTreeMap<Tick, Capability<Tick>> = BTreeMap::new();
        move |frontiers| {
            facts_in.for_each(|_, updates| {
                for (what, tick, diff) in updates.drain(..) {
                    coming.entry(tick).or_default().push((what, diff));
                }
            });
            gate_in.for_each(|capability, _| {
                if let Some(tick) = capability.least().copied() {
                    opens.entry(tick).or_insert_with(|| capability.delayed(&tick, 0));
                }
            });
            let frontier = frontiers.iter().filter_map(|f| f.frontier().iter().copied().min()).min();
            let complete = |tick: Tick| frontier.is_none_or(|frontier| tick < frontier);
            loop {
                let next = coming.keys().chain(opens.keys()).min().copied();
                let Some(tick) = next.filter(|tick| complete(*tick)) else { break };
                held.extend(coming.remove(&tick).unwrap_or_default());
                if let Some(capability) = opens.remove(&tick) {
                    consolidate(&mut held);
                    let updates = held.drain(..).map(|(what, diff)| (what, tick, diff));
                    output.activate().session(&capability).give_iterator(updates);
                    full = FEW;
                } else if held.len() >= full {
                    consolidate(&mut held);
                    full = held.len() * 2 + FEW;
                }
            }
        }
    });
    stream.as_collection()
}
