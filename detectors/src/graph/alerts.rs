//! Findings become alerts: priced, laid on records, reconciled visit by visit.

use std::sync::Arc;

use differential_dataflow::AsCollection;
use differential_dataflow::VecCollection;
use records::arena::Arena;
use timely::dataflow::operators::vec::Map as _;

use super::collector::{Collector, never, rows_of};
use super::facts::FactArrangements;
use crate::exempt;
use crate::finding::{Finding, Laid, Out, PricedFinding, ReconciledFinding, Route};
use crate::judge::{OperatorContext, each, whole};
use crate::money;
use crate::views::{Arrangement, Diff, RowArrangement, Tick};

/// Findings become alerts: priced, laid, reconciled visit by visit.
pub(super) fn reconcile<'s>(
    context: &OperatorContext<'s>,
    arena: &Arc<Arena>,
    collector: &mut Collector<'s>,
    facts: &FactArrangements<'s>,
) -> VecCollection<'s, Tick, ReconciledFinding, Diff> {
    let mut findings = std::mem::take(&mut collector.findings).into_iter();
    let findings = findings.next().expect("there is at least one judge").concatenate(findings);

    // What a finding's amount speaks of.
    let funds: Arrangement<'s, u64> = findings
        .clone()
        .flat_map(|finding| {
            let id = finding.id();
            money::visits_needed(&finding).into_iter().map(move |visit| (u64::from(visit), id))
        })
        .arrange_by_key_named("money: findings by visit");
    let funds = each(
        context,
        "money: fund",
        &funds,
        &[&facts.settlements],
        never,
        |_, _, finding, settlements, sink| {
            for (row, _) in &settlements[0] {
                sink.emit(Out::Row(Route::Price, *finding, *row));
            }
        },
    );
    let reader = Arc::clone(arena);
    let deaths: Arrangement<'s, u64> = findings
        .clone()
        .flat_map(move |finding| {
            let id = finding.id();
            let needed = money::settlements_needed(&reader, &finding).into_iter();
            needed.map(move |settlement| (u64::from(settlement), id))
        })
        .arrange_by_key_named("money: findings by settlement");
    let deaths = each(
        context,
        "money: dead",
        &deaths,
        &[&facts.dead_settlements],
        never,
        |_, _, finding, dead, sink| {
            for (row, _) in &dead[0] {
                sink.emit(Out::Row(Route::Price, *finding, *row));
            }
        },
    );
    let prices: RowArrangement<'s> = rows_of(&funds.said, Route::Price)
        .concat(rows_of(&deaths.said, Route::Price))
        .arrange_by_key_named("money: settlements by finding");
    let findings: Arrangement<'s, Finding> =
        findings.map(|finding| (finding.id(), finding)).arrange_by_key_named("money: findings");
    let reader = Arc::clone(arena);
    let priced = whole(
        context,
        "money: price",
        &[&prices],
        &[&findings],
        exempt::differ,
        move |bank, _, state, sink| {
            let findings = state.more(0);
            if !findings.is_empty() {
                let settlements = state.rows(0);
                for (finding, _) in &findings {
                    sink.emit(Out::Priced(Box::new(money::price(&reader, bank, finding, &settlements))));
                }
            }
        },
    );
    let priced = priced.said.flat_map(|out| match out {
        Out::Priced(priced) => Some((priced.finding.id(), *priced)),
        _ => None,
    });

    // Laid on records, visit by visit; severity and place of a rule never change while the graph runs.
    let reader = Arc::clone(arena);
    let bank = Arc::clone(&context.first_bank);
    let laid: Arrangement<'s, Laid> = priced
        .clone()
        .flat_map(move |(_, priced)| money::laid(&reader, &bank, &priced))
        .arrange_by_key_named("money: laid by visit");
    let reader = Arc::clone(arena);
    let taken = whole(
        context,
        "money: reconcile",
        &[&facts.settlements, &facts.lines],
        &[&laid],
        never,
        move |_, _, state, sink| {
            let laid: Vec<Laid> = state.more(0).into_iter().map(|(laid, _)| laid).collect();
            if !laid.is_empty() {
                let settlements = state.rows(0);
                money::reconcile(&reader, laid, &settlements, || state.rows(1), sink);
            }
        },
    );
    let taken = taken.said.inner.flat_map(|(out, tick, diff)| match out {
        Out::Taken(finding, row, fen) => Some(((finding, row), tick, diff * fen)),
        _ => None,
    });
    let taken: RowArrangement<'s> = taken.as_collection().arrange_by_key_named("money: taken");
    let priced: Arrangement<'s, PricedFinding> = priced.arrange_by_key_named("money: priced findings");
    let alerts = whole(context, "money: alert", &[&taken], &[&priced], never, |_, _, state, sink| {
        let priced = state.more(0);
        if !priced.is_empty() {
            let taken = state.rows(0);
            for (priced, _) in &priced {
                sink.emit(Out::Reconciled(Box::new(money::alert(priced, &taken))));
            }
        }
    });
    alerts.said.flat_map(|out| match out {
        Out::Reconciled(alert) => Some(*alert),
        _ => None,
    })
}
