//! The whole reasoning on one screen: which facts meet where, and who judges them.
//!
//! Facts come in by key ([`Inputs::feed`]); each arrangement is built once and shared. Judges are pure
//! functions of [`crate::detector`] and [`crate::money`]; what they say flows on by [`crate::finding::Route`] or
//! as findings. Findings are priced, laid on records, reconciled visit by visit, and leave as alerts. The graph
//! is fixed: rules, tables and *now* are inputs like the facts.

mod alerts;
mod beds;
mod bills;
mod facts;
mod goods;
mod hall;
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

use crate::coverage::Count;
use crate::finding::Alert;
use crate::judge::Court;
use crate::knowledge::Knowledge;
use crate::views::{Diff, Tick};
pub use facts::Inputs;
use hall::Hall;

/// Changes of the coverage, as a worker gathers them.
type Counts = Rc<RefCell<Vec<(Count, Tick, Diff)>>>;

/// What one worker gives: alerts and counts as they change.
#[derive(Clone, Default)]
pub struct Outputs {
    /// Alerts withdrawn (-1) and stated (+1).
    pub alerts: Rc<RefCell<Vec<(Alert, Tick, Diff)>>>,
    /// Changes of the coverage.
    pub counts: Counts,
}

/// Builds the dataflow of one worker.
///
/// `first_bank` is the bank before the first tick; later versions come through [`Inputs::bank`].
pub fn mount<'s>(
    scope: Scope<'s, Tick>,
    arena: &Arc<Arena>,
    first_bank: &Arc<Knowledge>,
    probe: &ProbeHandle<Tick>,
) -> (Inputs, Outputs) {
    let outputs = Outputs::default();
    let (inputs, facts) = facts::open(scope, arena, first_bank.keeps, &outputs.counts);
    let court = Court { scope, bank: facts.bank.clone(), first_bank: Arc::clone(first_bank) };
    let mut hall = Hall::default();

    let visits = lines::visits(&court, arena, &mut hall, &facts);
    let sorted = lines::sort(&court, arena, &mut hall, &facts);

    people::outside_facts(&court, arena, &mut hall, &facts, &visits.of_person);
    people::visits(&court, arena, &mut hall, &facts, &visits.of_person);
    people::codes(&court, arena, &mut hall, &facts, &visits.coded);
    people::presence(&court, arena, &mut hall, &facts, &visits.stays);
    people::companions(&court, arena, &mut hall, &visits.stays);
    people::enrolment(&court, arena, &mut hall, &facts);
    beds::occupancy(&court, arena, &mut hall, &facts, &visits.bed_steps);
    beds::bed_only(&court, arena, &mut hall, &facts, sorted.bed_days.clone());
    bills::invoices(&court, arena, &mut hall, &facts);
    bills::agreements(&court, arena, &mut hall, &facts);
    bills::prescriptions(&court, arena, &mut hall, &facts, &sorted.without_rx);
    goods::trace_codes(&court, arena, &mut hall, &facts);
    goods::stock(&court, arena, &mut hall, &facts, &sorted.uses);
    lines::arithmetic(&court, arena, &mut hall, &facts);
    if first_bank.keeps.months {
        let sums = visits.sums.concat(sorted.sums.clone());
        profiles::outliers(&court, arena, &mut hall, &facts, sums);
    }
    lines::tables(&court, arena, &mut hall, &facts, sorted);

    let alerts = alerts::reconcile(&court, arena, &mut hall, &facts);

    let kept = Rc::clone(&outputs.alerts);
    alerts.inner.clone().sink(Pipeline, "alerts out", move |(input, _)| {
        input.for_each(|_, updates| kept.borrow_mut().append(updates));
    });
    let mut counted = hall.counted.into_iter();
    let counts = counted.next().expect("there is at least one judge").concatenate(counted);
    let kept = Rc::clone(&outputs.counts);
    counts.inner.clone().sink(Pipeline, "counts out", move |(input, _)| {
        input.for_each(|_, updates| kept.borrow_mut().append(updates));
    });
    alerts.inner.probe_with(probe);
    counts.inner.probe_with(probe);
    (inputs, outputs)
}
