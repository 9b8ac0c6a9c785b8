//! The whole reasoning on one screen: which facts meet where, and who judges them.
//!
//! Facts come in by key ([`Inputs::feed`]); each arrangement is built once and shared. Judges are pure
//! functions of [`crate::detector`] and [`crate::money`]; what they state flows on by [`crate::statement::Route`] or
//! as findings. Findings are priced, laid on records, reconciled visit by visit, and leave as alerts. The graph
//! is fixed: rules, tables and *now* are inputs like the facts.

mod alerts;
mod beds;
mod bills;
mod goods;
mod inputs;
mod lines;
mod people;
mod profiles;
mod wiring;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use records::arena::Arena;
use timely::dataflow::Scope;
use timely::dataflow::channels::pact::Pipeline;
use timely::dataflow::operators::generic::Operator;
use timely::dataflow::operators::probe::{Handle as ProbeHandle, Probe};

use crate::compiled_bank::CompiledBank;
use crate::coverage::Counts;
use crate::finding::ReconciledFinding;
use crate::judge::OperatorContext;
use crate::publish::Traces;
use crate::views::{Diff, Tick};
pub use inputs::Inputs;
use wiring::Wiring;

/// What one worker gives: alerts and counts as they change.
#[derive(Clone, Default)]
pub struct Outputs {
    /// Alerts withdrawn (-1) and stated (+1).
    pub alerts: Rc<RefCell<Vec<(ReconciledFinding, Tick, Diff)>>>,
    /// Changes of the coverage.
    pub counts: Counts,
    /// Arrangements held open for readers on other threads.
    pub traces: Option<Rc<RefCell<Traces>>>,
}

/// Builds the dataflow of one worker.
///
/// `first_bank` is the bank before the first tick; later versions come through [`Inputs::bank`]. With
/// `publishes` the arrangements of the facts are held open ([`Outputs::traces`]).
pub fn mount<'s>(
    scope: Scope<'s, Tick>,
    arena: &Arc<Arena>,
    first_bank: &Arc<CompiledBank>,
    probe: &ProbeHandle<Tick>,
    publishes: bool,
) -> (Inputs, Outputs) {
    let mut outputs = Outputs::default();
    let (inputs, facts) = inputs::open(scope, arena, first_bank.keeps, &outputs.counts, publishes);
    outputs.traces = facts.traces().map(|traces| Rc::new(RefCell::new(traces)));
    let context = OperatorContext {
        scope,
        arena: Arc::clone(arena),
        bank: facts.bank.clone(),
        first_bank: Arc::clone(first_bank),
    };
    let wiring = Wiring { context, facts, findings: RefCell::default(), counted: RefCell::default() };

    // Every visit, line and sale once; then each family with what concerns it.
    let visits = lines::visits(&wiring);
    let sorted = lines::sort(&wiring);
    people::outside_facts(&wiring, &visits.of_person);
    people::visits(&wiring, &visits.of_person);
    people::codes(&wiring, &visits.coded);
    people::journeys(&wiring);
    people::absences(&wiring, &visits.stays);
    people::companions(&wiring, &visits.stays);
    people::enrolment(&wiring);
    beds::occupancy(&wiring, &visits.bed_steps);
    beds::bed_only(&wiring, sorted.bed_days.clone());
    bills::invoices(&wiring);
    bills::agreements(&wiring);
    bills::prescriptions(&wiring, &sorted.without_rx, &sorted.unprescribed);
    goods::trace_codes(&wiring);
    goods::stock(&wiring, &sorted.uses);
    lines::arithmetic(&wiring);
    if first_bank.keeps.months {
        let sums = visits.sums.concat(sorted.sums.clone());
        profiles::outliers(&wiring, sums);
    }
    lines::tables(&wiring, sorted);

    // What was found becomes alerts; what was counted, the coverage.
    let alerts = alerts::reconcile(&wiring);
    let kept = Rc::clone(&outputs.alerts);
    alerts.inner.clone().sink(Pipeline, "alerts out", move |(input, _)| {
        input.for_each(|_, updates| kept.borrow_mut().append(updates));
    });
    let mut counted = wiring.counted.into_inner().into_iter();
    let counts = counted.next().expect("there is at least one judge").concatenate(counted);
    let kept = Rc::clone(&outputs.counts);
    counts.inner.clone().sink(Pipeline, "counts out", move |(input, _)| {
        input.for_each(|_, updates| kept.borrow_mut().append(updates));
    });
    alerts.inner.probe_with(probe);
    counts.inner.probe_with(probe);
    (inputs, outputs)
}
