//! What the parts of the graph share: where findings and counts are gathered, and how rows find their route.

use differential_dataflow::consolidation::consolidate_updates;
use differential_dataflow::{AsCollection, VecCollection};
use records::arena::Ref;
use timely::dataflow::channels::pact::Pipeline;
use timely::dataflow::operators::generic::OutputBuilder;
use timely::dataflow::operators::generic::builder_rc::OperatorBuilder;

use crate::compiled_bank::CompiledBank;
use crate::coverage::Count;
use crate::finding::{Finding, KeyPart, Out, Route, RuleIx};
use crate::judge::{Judged, OperatorContext, whole};
use crate::views::{Arrangement, Collection, Diff, RowArrangement, RowCollection, Tick, pair_key, pair_of};

pub(super) fn never(_: &CompiledBank, _: &CompiledBank) -> bool {
    false
}

/// The row that stands under a key with at most one.
pub(super) fn one(rows: &[(Ref, Diff)]) -> Option<Ref> {
    rows.iter().find(|(_, count)| *count > 0).map(|(row, _)| *row)
}

/// Findings and counts of many judges, joined.
#[derive(Default)]
pub(super) struct Collector<'s> {
    pub(super) findings: Vec<Collection<'s, Finding>>,
    pub(super) counted: Vec<Collection<'s, Count>>,
}

impl<'s> Collector<'s> {
    /// Keeps what a judge counted; hands back what it said.
    pub(super) fn collect_counts(&mut self, judged: Judged<'s>) -> Collection<'s, Out> {
        self.counted.push(judged.counted);
        judged.said
    }

    /// Keeps what a judge counted and found.
    pub(super) fn collect_findings(&mut self, judged: Judged<'s>) -> Collection<'s, Out> {
        let said = self.collect_counts(judged);
        self.findings.push(findings_of(&said));
        said
    }
}

/// The rows that were said to belong to a route, by their key.
pub(super) fn route<'s>(said: &Collection<'s, Out>, name: &str, route: Route) -> RowArrangement<'s> {
    rows_of(said, route).arrange_by_key_named(name)
}

pub(super) fn rows_of<'s>(said: &Collection<'s, Out>, route: Route) -> RowCollection<'s> {
    said.clone().flat_map(move |out| match out {
        Out::Row(to, key, row) if to == route => Some((key, row)),
        _ => None,
    })
}

/// Keys that have at least one row, as rows 0 of route [`Route::Has`].
pub(super) fn has<'s>(
    context: &OperatorContext<'s>,
    name: &'static str,
    index: &RowArrangement<'s>,
) -> Judged<'s> {
    whole(context, name, &[index], NONE, never, |_, key, state, sink| {
        if state.rows(0).iter().any(|(_, count)| *count > 0) {
            sink.emit(Out::Row(Route::Has, key, 0));
        }
    })
}

/// No arrangements of a second type.
pub(super) const NONE: &[&Arrangement<'static, Ref>] = &[];

/// Rows of a route by the low half of their key, with the rule in the value: `key = rule, scope`.
pub(super) fn concluding<'s>(said: &Collection<'s, Out>, name: &str, route: Route) -> Arrangement<'s, u64> {
    rows_of(said, route)
        .map(|(key, row)| {
            let (rule, scope) = pair_of(key);
            (u64::from(scope), pair_key(rule, row))
        })
        .arrange_by_key_named(name)
}

/// The rule and the row of a value of [`concluding`].
pub(super) fn case_of(case: u64) -> (RuleIx, Ref) {
    let (rule, row) = pair_of(case);
    (RuleIx::try_from(rule).expect("a rule's number was widened"), row)
}

/// A row, its tick, its count.
type Update<D> = (D, Tick, Diff);

/// Rows of several routes by their key, the findings, and the sums of profiles with their amounts as counts: each taken
/// out in one pass.
pub(super) fn split<'s, const N: usize>(
    said: Collection<'s, Out>,
    routes: [Route; N],
) -> ([RowCollection<'s>; N], Collection<'s, Finding>, RowCollection<'s>) {
    let mut builder = OperatorBuilder::new("split".to_owned(), said.inner.scope());
    let mut said_in = builder.new_input(said.inner, Pipeline);
    let (mut ports, mut rows) = (Vec::with_capacity(N), Vec::with_capacity(N));
    for _ in routes {
        let (port, stream) = builder.new_output::<Vec<Update<(u64, Ref)>>>();
        ports.push(OutputBuilder::from(port));
        rows.push(stream.as_collection());
    }
    let (port, findings) = builder.new_output::<Vec<Update<Finding>>>();
    let mut findings_out = OutputBuilder::from(port);
    let (port, sums) = builder.new_output::<Vec<Update<(u64, Ref)>>>();
    let mut sums_out = OutputBuilder::from(port);
    builder.build(move |_capabilities| {
        let mut taken: [Vec<Update<(u64, Ref)>>; N] = std::array::from_fn(|_| Vec::new());
        let mut found: Vec<Update<Finding>> = Vec::new();
        let mut summed: Vec<Update<(u64, Ref)>> = Vec::new();
        move |_frontiers| {
            said_in.for_each(|capability, said| {
                for (out, tick, diff) in said.drain(..) {
                    match out {
                        Out::Row(to, key, row) => {
                            if let Some(nth) = routes.iter().position(|route| *route == to) {
                                taken[nth].push(((key, row), tick, diff));
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
                let Some(tick) = capability.least().copied() else { return };
                for (nth, (port, rows)) in ports.iter_mut().zip(&mut taken).enumerate() {
                    if !rows.is_empty() {
                        let capability = capability.delayed(&tick, nth);
                        port.activate().session(&capability).give_iterator(rows.drain(..));
                    }
                }
                if !found.is_empty() {
                    let capability = capability.delayed(&tick, N);
                    findings_out.activate().session(&capability).give_iterator(found.drain(..));
                }
                if !summed.is_empty() {
                    let capability = capability.delayed(&tick, N + 1);
                    sums_out.activate().session(&capability).give_iterator(summed.drain(..));
                }
            });
        }
    });
    let rows: [RowCollection<'s>; N] =
        rows.try_into().unwrap_or_else(|_| panic!("one stream for each route"));
    (rows, findings.as_collection(), sums.as_collection())
}

/// The first part of a finding's key, as a key.
pub(super) fn first_text(finding: &Finding) -> u64 {
    match finding.key.first() {
        Some(KeyPart::Text(text)) => u64::from(*text),
        _ => 0,
    }
}

pub(super) fn findings_of<'s>(said: &Collection<'s, Out>) -> VecCollection<'s, Tick, Finding, Diff> {
    said.clone().flat_map(|out| match out {
        Out::Finding(finding) => Some(*finding),
        _ => None,
    })
}
