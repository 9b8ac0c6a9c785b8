//! Findings become alerts: priced, laid on records, reconciled visit by visit.
//!
//! A finding says what its amount speaks of; here the settlements that decide it are looked up, the amount is laid on
//! records, and where several findings lie on one record each yuan is taken once, the gravest first.

use std::sync::Arc;

use differential_dataflow::AsCollection;
use differential_dataflow::VecCollection;
use timely::dataflow::operators::vec::Map as _;

use super::wiring::{Wiring, rows_of};
use crate::fact::Fact;
use crate::finding::{Finding, Laid, PricedFinding, ReconciledFinding};
use crate::judge::{each, whole};
use crate::money;
use crate::reads::Reads;
use crate::statement::{Out, Route};
use crate::views::{ArrangeShared, Arrangement, Diff, RowArrangement, Tick};

/// Findings become alerts.
pub(super) fn reconcile<'s>(wiring: &Wiring<'s>) -> VecCollection<'s, Tick, ReconciledFinding, Diff> {
    let context = &wiring.context;
    let mut findings = std::mem::take(&mut *wiring.findings.borrow_mut()).into_iter();
    let findings = findings.next().expect("there is at least one judge").concatenate(findings);

    // The amount, and whether an exemption lets the finding off.
    let prices = settlements_by_finding(wiring, &findings);
    let findings: Arrangement<'s, Finding> =
        findings.map(|finding| (finding.id(), finding)).arrange_shared("money: findings");
    let mut reads = Reads::default();
    let exempts = reads.exempts();
    let priced = whole(
        context,
        "money: price",
        &[&prices],
        &[&findings],
        reads,
        move |arena, bank, _, state, sink| {
            let findings = state.values(0);
            if !findings.is_empty() {
                let settlements = state.rows(0);
                for (finding, _) in &findings {
                    let exempts = bank.exempts_of(exempts);
                    let priced = money::price(arena, bank, exempts, finding, &settlements);
                    sink.emit(Out::Priced(Box::new(priced)));
                }
            }
        },
    );
    let priced = priced.output.flat_map(|out| match out {
        Out::Priced(priced) => Some((priced.finding.id(), *priced)),
        _ => None,
    });

    // Laid on records, visit by visit; severity, status and slot of a rule never change while the graph runs.
    let arena = wiring.arena();
    let bank = Arc::clone(&context.first_bank);
    let laid: Arrangement<'s, Laid> = priced
        .clone()
        .flat_map(move |(_, priced)| money::laid(&arena, &bank, &priced))
        .arrange_shared("money: laid by visit");
    let taken = whole(
        context,
        "money: reconcile",
        &[wiring.fact(Fact::SettlementOfVisit), wiring.fact(Fact::LineOfVisit)],
        &[&laid],
        Reads::default(),
        |arena, bank, _, state, sink| {
            let laid: Vec<Laid> = state.values(0).into_iter().map(|(laid, _)| laid).collect();
            if !laid.is_empty() {
                let settlements = state.rows(0);
                money::reconcile(arena, bank, laid, &settlements, || state.rows(1), sink);
            }
        },
    );

    // What each finding took, back at the finding.
    let taken = taken.output.inner.flat_map(|(out, tick, diff)| match out {
        Out::Taken(finding, row, fen) => Some(((finding, row), tick, diff * fen)),
        _ => None,
    });
    let taken: RowArrangement<'s> = taken.as_collection().arrange_shared("money: taken");
    let priced: Arrangement<'s, PricedFinding> = priced.arrange_shared("money: priced findings");
    let alerts =
        whole(context, "money: alert", &[&taken], &[&priced], Reads::default(), |_, _, _, state, sink| {
            let priced = state.values(0);
            if !priced.is_empty() {
                let taken = state.rows(0);
                for (priced, _) in &priced {
                    sink.emit(Out::Reconciled(Box::new(money::alert(priced, &taken))));
                }
            }
        });
    alerts.output.flat_map(|out| match out {
        Out::Reconciled(alert) => Some(*alert),
        _ => None,
    })
}

/// The settlements that decide the amount of a finding, by the finding's number.
fn settlements_by_finding<'s>(
    wiring: &Wiring<'s>,
    findings: &VecCollection<'s, Tick, Finding, Diff>,
) -> RowArrangement<'s> {
    let context = &wiring.context;

    // The settlements of the visits that a finding's amount speaks of.
    let funds: Arrangement<'s, u64> = findings
        .clone()
        .flat_map(|finding| {
            let id = finding.id();
            money::visits_needed(&finding).into_iter().map(move |visit| (u64::from(visit), id))
        })
        .arrange_shared("money: findings by visit");
    let funds = each(
        context,
        "money: fund",
        &funds,
        &[wiring.fact(Fact::SettlementOfVisit)],
        Reads::default(),
        |_, _, _, finding, settlements, sink| {
            for (row, _) in &settlements[0] {
                sink.emit(Out::Row(Route::Price, *finding, *row));
            }
        },
    );

    // Those that were withdrawn or refunded: lines of theirs cost the fund nothing.
    let arena = wiring.arena();
    let deaths: Arrangement<'s, u64> = findings
        .clone()
        .flat_map(move |finding| {
            let id = finding.id();
            let needed = money::settlements_needed(&arena, &finding).into_iter();
            needed.map(move |settlement| (u64::from(settlement), id))
        })
        .arrange_shared("money: findings by settlement");
    let deaths = each(
        context,
        "money: dead",
        &deaths,
        &[wiring.fact(Fact::DeadSettlement)],
        Reads::default(),
        |_, _, _, finding, dead, sink| {
            for (row, _) in &dead[0] {
                sink.emit(Out::Row(Route::Price, *finding, *row));
            }
        },
    );

    rows_of(&funds.output, Route::Price)
        .concat(rows_of(&deaths.output, Route::Price))
        .arrange_shared("money: settlements by finding")
}
