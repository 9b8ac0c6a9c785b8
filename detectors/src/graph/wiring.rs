//! What the parts of the graph share: the operators with their counts gathered, the findings of all judges, and how
//! rows that a judge emitted find the arrangement of their route.
//!
//! A part calls [`Wiring::each`] or [`Wiring::whole`], and [`Wiring::collect_findings`] on the output where the judge
//! states findings. Nothing that is counted for the coverage can be forgotten.

use std::cell::RefCell;
use std::sync::Arc;

use differential_dataflow::ExchangeData;
use differential_dataflow::consolidation::consolidate_updates;
use differential_dataflow::{AsCollection, VecCollection};
use records::arena::{Arena, Packed, RowRef};
use timely::container::CapacityContainerBuilder;
use timely::dataflow::channels::pact::Pipeline;
use timely::dataflow::operators::InputCapability;
use timely::dataflow::operators::generic::OutputBuilder;
use timely::dataflow::operators::generic::builder_rc::OperatorBuilder;

use super::inputs::FactArrangements;
use crate::compiled_bank::CompiledBank;
use crate::coverage::Count;
use crate::fact::Fact;
use crate::finding::{Finding, KeyPart};
use crate::judge::{JudgeOutput, KeyRows, OperatorContext, each, whole, whole_packed};
use crate::policy::RuleIx;
use crate::reads::Reads;
use crate::sink::Sink;
use crate::statement::{Out, Route};
use crate::views::{
    ArrangeShared, Arrangement, Collection, Diff, PackedArrangement, PackedCollection, RowArrangement,
    RowCollection, Tick, rule_key, rule_of,
};

/// The row, or packed value, that stands under a key with at most one.
pub(super) fn one<V: Copy>(rows: &[(V, Diff)]) -> Option<V> {
    rows.iter().find(|(_, count)| *count > 0).map(|(row, _)| *row)
}

/// No rows beside those that are judged.
pub(super) const ALONE: &[&RowArrangement<'static>] = &[];

/// No arrangements of a further type.
pub(super) const NONE: &[&PackedArrangement<'static>] = &[];

/// A dataflow while it is built.
pub(super) struct Wiring<'s> {
    pub(super) context: OperatorContext<'s>,
    pub(super) facts: FactArrangements<'s>,
    /// What judges found, on its way to alerts.
    pub(super) findings: RefCell<Vec<Collection<'s, Finding>>>,
    /// What judges counted.
    pub(super) counted: RefCell<Vec<Collection<'s, Count>>>,
}

impl<'s> Wiring<'s> {
    /// The memory of rows, for closures over collections.
    pub(super) fn arena(&self) -> Arc<Arena> {
        Arc::clone(&self.context.arena)
    }

    /// The arrangement of a fact.
    pub(super) fn fact(&self, fact: Fact) -> &RowArrangement<'s> {
        &self.facts[fact]
    }

    fn collect_counts(&self, judged: JudgeOutput<'s>) -> Collection<'s, Out> {
        self.counted.borrow_mut().push(judged.counted);
        judged.output
    }

    /// Collects the findings that a judge stated.
    pub(super) fn collect_findings(&self, output: &Collection<'s, Out>) {
        self.findings.borrow_mut().push(findings_of(output));
    }

    /// [`each`], with what it counted collected.
    pub(super) fn each<V: ExchangeData, J: ExchangeData>(
        &self,
        name: &'static str,
        main: &Arrangement<'s, V>,
        joined: &[&Arrangement<'s, J>],
        reads: Reads<V, J>,
        judge: impl FnMut(&Arena, &CompiledBank, u64, &V, &[Vec<(J, Diff)>], &mut Sink) + 'static,
    ) -> Collection<'s, Out> {
        self.collect_counts(each(&self.context, name, main, joined, reads, judge))
    }

    /// [`whole`], with what it counted collected.
    pub(super) fn whole<W: ExchangeData>(
        &self,
        name: &'static str,
        rows: &[&RowArrangement<'s>],
        values: &[&Arrangement<'s, W>],
        reads: Reads,
        judge: impl FnMut(&Arena, &CompiledBank, u64, &mut KeyRows<'_, W>, &mut Sink) + 'static,
    ) -> Collection<'s, Out> {
        self.collect_counts(whole(&self.context, name, rows, values, reads, judge))
    }

    /// [`whole_packed`], with what it counted collected.
    pub(super) fn whole_packed<W: ExchangeData>(
        &self,
        name: &'static str,
        rows: &[&RowArrangement<'s>],
        packed: &[&PackedArrangement<'s>],
        values: &[&Arrangement<'s, W>],
        reads: Reads,
        judge: impl FnMut(&Arena, &CompiledBank, u64, &mut KeyRows<'_, W>, &mut Sink) + 'static,
    ) -> Collection<'s, Out> {
        self.collect_counts(whole_packed(&self.context, name, rows, packed, values, reads, judge))
    }

    /// Keys of a fact that have at least one row, each with [`RowRef::NONE`].
    pub(super) fn has(&self, name: &'static str, fact: Fact, arranged: &str) -> RowArrangement<'s> {
        let has = self.whole(name, &[self.fact(fact)], NONE, Reads::default(), |_, _, key, state, sink| {
            if state.rows(0).iter().any(|(_, count)| *count > 0) {
                sink.emit(Out::Row(Route::Has, key, RowRef::NONE));
            }
        });
        route(&has, arranged, Route::Has)
    }
}

/// The rows that were stated to belong to a route, by their key.
pub(super) fn route<'s>(output: &Collection<'s, Out>, name: &str, route: Route) -> RowArrangement<'s> {
    rows_of(output, route).arrange_shared(name)
}

/// The same, not arranged.
pub(super) fn rows_of<'s>(output: &Collection<'s, Out>, route: Route) -> RowCollection<'s> {
    output.clone().flat_map(move |out| match out {
        Out::Row(to, key, row) if to == route => Some((key, row)),
        _ => None,
    })
}

/// Rows of a route by the low half of their key, with the rule in the value: `key = rule, scope`.
pub(super) fn concluding<'s>(output: &Collection<'s, Out>, name: &str, route: Route) -> Arrangement<'s, u64> {
    rows_of(output, route)
        .map(|(key, row)| {
            let (rule, scope) = rule_of::<Packed>(key);
            (u64::from(scope), rule_key(rule, row))
        })
        .arrange_shared(name)
}

/// The rule and the row of a value of [`concluding`].
pub(super) fn rule_and_row(undecided: u64) -> (RuleIx, RowRef) {
    rule_of(undecided)
}

/// The packed values that were stated to belong to a route, by their key, not arranged.
pub(super) fn packed_of<'s>(output: &Collection<'s, Out>, route: Route) -> PackedCollection<'s> {
    output.clone().flat_map(move |out| match out {
        Out::Packed(to, key, packed) if to == route => Some((key, packed)),
        _ => None,
    })
}

/// A row, its tick, its count.
type Update<D> = (D, Tick, Diff);

/// What [`split`] takes out.
pub(super) struct Split<'s, const N: usize, const M: usize> {
    /// Rows of each route, by their key.
    pub(super) rows: [RowCollection<'s>; N],
    /// Packed values of each route, by their key.
    pub(super) packed: [PackedCollection<'s>; M],
    /// Findings.
    pub(super) findings: Collection<'s, Finding>,
    /// Sums of profiles, their amounts as counts.
    pub(super) sums: PackedCollection<'s>,
}

/// Rows and packed values of several routes by their key, the findings, and the sums of profiles: each taken out in one
/// pass.
pub(super) fn split<'s, const N: usize, const M: usize>(
    output: Collection<'s, Out>,
    routes: [Route; N],
    packed_routes: [Route; M],
) -> Split<'s, N, M> {
    let mut builder = OperatorBuilder::new("split".to_owned(), output.inner.scope());
    let mut output_in = builder.new_input(output.inner, Pipeline);
    let (mut rows_out, mut rows) = (Vec::with_capacity(N), Vec::with_capacity(N));
    for _ in routes {
        let (port, stream) = builder.new_output::<Vec<Update<(u64, RowRef)>>>();
        rows_out.push(OutputBuilder::from(port));
        rows.push(stream.as_collection());
    }
    let (mut packed_out, mut packed) = (Vec::with_capacity(M), Vec::with_capacity(M));
    for _ in packed_routes {
        let (port, stream) = builder.new_output::<Vec<Update<(u64, Packed)>>>();
        packed_out.push(OutputBuilder::from(port));
        packed.push(stream.as_collection());
    }
    let (port, findings) = builder.new_output::<Vec<Update<Finding>>>();
    let mut findings_out = OutputBuilder::from(port);
    let (port, sums) = builder.new_output::<Vec<Update<(u64, Packed)>>>();
    let mut sums_out = OutputBuilder::from(port);
    builder.build(move |_capabilities| {
        let mut taken_rows: [Vec<Update<(u64, RowRef)>>; N] = std::array::from_fn(|_| Vec::new());
        let mut taken_packed: [Vec<Update<(u64, Packed)>>; M] = std::array::from_fn(|_| Vec::new());
        let mut found: Vec<Update<Finding>> = Vec::new();
        let mut summed: Vec<Update<(u64, Packed)>> = Vec::new();
        move |_frontiers| {
            output_in.for_each(|capability, updates| {
                for (out, tick, diff) in updates.drain(..) {
                    match out {
                        Out::Row(to, key, row) => {
                            if let Some(nth) = routes.iter().position(|route| *route == to) {
                                taken_rows[nth].push(((key, row), tick, diff));
                            }
                        }
                        Out::Packed(to, key, packed) => {
                            if let Some(nth) = packed_routes.iter().position(|route| *route == to) {
                                taken_packed[nth].push(((key, packed), tick, diff));
                            }
                        }
                        Out::Finding(finding) => found.push((*finding, tick, diff)),
                        Out::Sum(key, cell, amount) => {
                            summed.push(((key, cell), tick, diff.wrapping_mul(amount)));
                        }
                        _ => (),
                    }
                }
                // A subject's cell is met again and again in a batch.
                consolidate_updates(&mut summed);
                for (nth, (port, rows)) in rows_out.iter_mut().zip(&mut taken_rows).enumerate() {
                    hand_out(port, rows, &capability, nth);
                }
                for (nth, (port, packed)) in packed_out.iter_mut().zip(&mut taken_packed).enumerate() {
                    hand_out(port, packed, &capability, N + nth);
                }
                hand_out(&mut findings_out, &mut found, &capability, N + M);
                hand_out(&mut sums_out, &mut summed, &capability, N + M + 1);
            });
        }
    });
    Split {
        rows: rows.try_into().unwrap_or_else(|_| panic!("one stream for each route")),
        packed: packed.try_into().unwrap_or_else(|_| panic!("one stream for each route")),
        findings: findings.as_collection(),
        sums: sums.as_collection(),
    }
}

/// Sends updates out of the `nth` port, if there are any.
fn hand_out<D: ExchangeData>(
    port: &mut OutputBuilder<Tick, CapacityContainerBuilder<Vec<Update<D>>>>,
    updates: &mut Vec<Update<D>>,
    capability: &InputCapability<Tick>,
    nth: usize,
) {
    let Some(tick) = capability.least().copied().filter(|_| !updates.is_empty()) else { return };
    let capability = capability.delayed(&tick, nth);
    port.activate().session(&capability).give_iterator(updates.drain(..));
}

/// The first part of a finding's key, as a key.
pub(super) fn first_text(finding: &Finding) -> u64 {
    match finding.key.first() {
        Some(KeyPart::Text(text)) => u64::from(*text),
        _ => 0,
    }
}

pub(super) fn findings_of<'s>(output: &Collection<'s, Out>) -> VecCollection<'s, Tick, Finding, Diff> {
    output.clone().flat_map(|out| match out {
        Out::Finding(finding) => Some(*finding),
        _ => None,
    })
}
