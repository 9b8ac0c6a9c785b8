//! The whole reasoning on one screen: which facts meet where, and who judges them.
//!
//! Collection come in by key ([`Inputs::feed`]); each arrangement is built once and shared. Judges are pure
//! functions of [`crate::detector`] and [`crate::money`]; what they say flows on by [`crate::finding::Route`] or
//! as findings. Findings are priced, laid on records, reconciled visit by visit, and leave as alerts. The graph
//! is fixed: rules, tables and *now* are inputs like the facts.

mod alerts;
mod beds;
mod bills;
mod collector;
mod facts;
mod goods;
mod lines;
mod people;
mod profiles;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use records::arena::Arena;
use timely::dataflow::Scope;
use timely::dataflow::channels::pact::Pipeline;
use timely::dataflow::operators::generic::Operator;
use timely::dataflow::operators::probe::{Handle as ProbeHandle, Probe};

use crate::compiled_bank::CompiledBank;
use crate::coverage::Count;
use crate::finding::ReconciledFinding;
use crate::judge::OperatorContext;
use crate::views::{Diff, Tick};
use collector::Collector;
pub use facts::Inputs;

/// Changes of the coverage, as a worker gathers them.
type Counts = Rc<RefCell<Vec<(Count, Tick, Diff)>>>;

/// What one worker gives: alerts and counts as they change.
#[derive(Clone, Default)]
pub struct Outputs {
    /// Alerts withdrawn (-1) and stated (+1).
    pub alerts: Rc<RefCell<Vec<(ReconciledFinding, Tick, Diff)>>>,
    /// Changes of the coverage.
    pub counts: Counts,
}

/// Builds the dataflow of one worker.
///
/// `first_bank` is the bank before the first tick; later versions come through [`Inputs::bank`].
pub fn mount<'s>(
    scope: Scope<'s, Tick>,
    arena: &Arc<Arena>,
    first_bank: &Arc<CompiledBank>,
    probe: &ProbeHandle<Tick>,
) -> (Inputs, Outputs) {
    let outputs = Outputs::default();
    let (inputs, facts) = facts::open(scope, arena, first_bank.keeps, &outputs.counts);
    let context = OperatorContext { scope, bank: facts.bank.clone(), first_bank: Arc::clone(first_bank) };
    let mut collector = Collector::default();

    let visits = lines::visits(&context, arena, &mut collector, &facts);
    let sorted = lines::sort(&context, arena, &mut collector, &facts);

    people::outside_facts(&context, arena, &mut collector, &facts, &visits.of_person);
    people::visits(&context, arena, &mut collector, &facts, &visits.of_person);
    people::codes(&context, arena, &mut collector, &facts, &visits.coded);
    people::presence(&context, arena, &mut collector, &facts, &visits.stays);
    people::companions(&context, arena, &mut collector, &visits.stays);
    people::enrolment(&context, arena, &mut collector, &facts);
    beds::occupancy(&context, arena, &mut collector, &facts, &visits.bed_steps);
    beds::bed_only(&context, arena, &mut collector, &facts, sorted.bed_days.clone());
    bills::invoices(&context, arena, &mut collector, &facts);
    bills::agreements(&context, arena, &mut collector, &facts);
    bills::prescriptions(&context, arena, &mut collector, &facts, &sorted.without_rx);
    goods::trace_codes(&context, arena, &mut collector, &facts);
    goods::stock(&context, arena, &mut collector, &facts, &sorted.uses);
    lines::arithmetic(&context, arena, &mut collector, &facts);
    if first_bank.keeps.months {
        let sums = visits.sums.concat(sorted.sums.clone());
        profiles::outliers(&context, arena, &mut collector, &facts, sums);
    }
    lines::tables(&context, arena, &mut collector, &facts, sorted);

    let alerts = alerts::reconcile(&context, arena, &mut collector, &facts);

    let kept = Rc::clone(&outputs.alerts);
    alerts.inner.clone().sink(Pipeline, "alerts out", move |(input, _)| {
        input.for_each(|_, updates| kept.borrow_mut().append(updates));
    });
    let mut counted = collector.counted.into_iter();
    let counts = counted.next().expect("there is at least one judge").concatenate(counted);
    let kept = Rc::clone(&outputs.counts);
    counts.inner.clone().sink(Pipeline, "counts out", move |(input, _)| {
        input.for_each(|_, updates| kept.borrow_mut().append(updates));
    });
    alerts.inner.probe_with(probe);
    counts.inner.probe_with(probe);
    (inputs, outputs)
}
