//! Findings become alerts: priced, laid on records, reconciled visit by visit.
//!
//! A finding says what its amount speaks of; here the settlements that decide it are looked up, the amount is laid on
//! records, and where several findings lie on one record each yuan is taken once, the gravest first.

use std::sync::Arc;

use differential_dataflow::AsCollection;
use differential_dataflow::VecCollection;
use timely::dataflow::operators::vec::Map as _;

use super::wiring::{Wiring, rows_of};
use crate::coverage::{InstitutionMonth, Missing};
use crate::exempt::Exempt;
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
    let prices = beside_finding(wiring, &findings);
    let findings: Arrangement<'s, Finding> =
        findings.map(|finding| (finding.id(), finding)).arrange_shared("money: findings");
    let mut reads = Reads::default();
    let exempts = reads.exempts();
    let priced =
        wiring.whole("money: price", &[&prices], &[&findings], reads, move |arena, bank, _, state, sink| {
            let findings = state.values(0);
            if !findings.is_empty() {
                let beside = state.rows(0);
                for (finding, _) in &findings {
                    let exempts = bank.exempts_of(exempts);
                    let priced = money::price(arena, bank, exempts, finding, &beside);
                    // What does not fit into an amount would be written as another one.
                    if priced.amount == i64::MAX {
                        let month = InstitutionMonth::at(finding.institution, finding.occurred);
                        sink.not_judged(finding.rule, Missing::Amount, month);
                        continue;
                    }
                    sink.emit(Out::Priced(Box::new(priced)));
                }
            }
        });
    let priced = priced.flat_map(|out| match out {
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

/// The settlements that decide the amount of a finding and the institution that decides whether it is exempted, by the
/// finding's number.
fn beside_finding<'s>(
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

    // Where an exemption is for divisions, the institution, which says in which it stands.
    let places: Arrangement<'s, u64> = findings
        .clone()
        .flat_map(|finding| {
            let institution = finding.institution;
            institution.is_some().then(|| (u64::from(institution), finding.id()))
        })
        .arrange_shared("money: findings by institution");
    let mut reads = Reads::default();
    let exempts = reads.exempts();
    let places = each(
        context,
        "money: division",
        &places,
        &[wiring.fact(Fact::Institution)],
        reads,
        move |_, bank, _, finding, institutions, sink| {
            if bank.exempts_of(exempts).iter().any(Exempt::asks_for_division) {
                for (row, _) in &institutions[0] {
                    sink.emit(Out::Row(Route::Price, *finding, *row));
                }
            }
        },
    );

    rows_of(&funds.output, Route::Price)
        .concat(rows_of(&places.output, Route::Price))
        .arrange_shared("money: beside findings")
}
