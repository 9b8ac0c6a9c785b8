//! Bills and prescriptions: invoices used twice, drugs that no prescription covers, and more than prescribed.

use super::wiring::{NONE, Wiring, concluding, one, rows_of, rule_and_row};
use crate::detector::agreement::Agreement;
use crate::detector::drug_kinds::DrugKinds;
use crate::detector::sale_without_prescription::SaleWithoutPrescription;
use crate::detector::{invoice_twice, no_prescription, over_prescription, part};
use crate::fact::Fact;
use crate::reads::{Concern, Reads, reclassed};
use crate::shape::one_record;
use crate::statement::{Out, Route};
use crate::views::{ArrangeShared, RowArrangement, RowCollection};
use records::row;

/// Invoices.
pub(super) fn invoices(wiring: &Wiring<'_>) {
    let mut reads = Reads::default();
    let rules = reads.rules(part::invoice_twice());
    let found = wiring.whole(
        "invoice_twice",
        &[wiring.fact(Fact::Bill)],
        NONE,
        reads,
        move |arena, bank, key, state, sink| {
            invoice_twice::judge(arena, bank, bank.rules_of(rules), key, &state.rows(0), sink);
        },
    );
    wiring.collect_findings(&found);
}

/// Settlements and the agreements of their institutions.
pub(super) fn agreements(wiring: &Wiring<'_>) {
    let mut reads = Reads::default();
    let rules = reads.rules(part::agreement());
    let found = wiring.each(
        "agreement",
        wiring.fact(Fact::SettlementOfInstitution),
        &[wiring.fact(Fact::Institution)],
        reads,
        move |arena, bank, _, row, institutions, sink| {
            let settlement = row::settlement(arena, *row);
            let institution = one(&institutions[0]).map(|row| (row, row::institution(arena, row)));
            let rules = bank.rules_of(rules);
            one_record::judge::<Agreement>(arena, bank, rules, (*row, &settlement), &institution, sink);
        },
    );
    wiring.collect_findings(&found);
}

/// Prescriptions: what they do not cover, and what goes beyond them.
pub(super) fn prescriptions<'s>(wiring: &Wiring<'s>, without_rx: &RowCollection<'s>) {
    // A prescription with the lines and sales that name it.
    let mut reads = Reads::default();
    let over_prescription = reads.rules(part::over_prescription());
    let drug_kinds = reads.rules(part::drug_kinds());
    let sale_without_prescription = reads.rules(part::sale_without_prescription());
    let prescribed = wiring.whole(
        "over_prescription, drug_kinds, sale_without_prescription",
        &[wiring.fact(Fact::OfPrescription)],
        NONE,
        reads,
        move |arena, bank, _, state, sink| {
            let rows = state.rows(0).into_iter().map(|(row, _)| row);
            let mut named = over_prescription::read(arena, rows);
            named.rx = named.rx.filter(|(_, rx)| !rx.cancelled);
            let rx = named.rx.as_ref();
            for (row, line) in &named.lines {
                if line.is_drug() && !no_prescription::covers(rx.map(|(_, rx)| rx), line) {
                    sink.emit(Out::Row(Route::DrugBadPrescription, u64::from(line.visit), *row));
                }
            }
            let rules = bank.rules_of(sale_without_prescription);
            for (row, sale) in &named.sales {
                let (sale, covered) = ((*row, sale), rx.is_some());
                one_record::judge::<SaleWithoutPrescription>(arena, bank, rules, sale, &covered, sink);
            }
            if let Some((row, rx)) = rx {
                one_record::judge::<DrugKinds>(arena, bank, bank.rules_of(drug_kinds), (*row, rx), &(), sink);
            }
            over_prescription::judge(arena, bank, bank.rules_of(over_prescription), &named, sink);
        },
    );
    wiring.collect_findings(&prescribed);

    // Drug lines without a prescription that covers them, with their visit.
    let suspicious: RowArrangement<'s> = without_rx
        .clone()
        .concat(rows_of(&prescribed, Route::DrugBadPrescription))
        .arrange_shared("no_prescription: by visit");
    let mut reads = Reads::default();
    let rules = reads.rules(part::no_prescription());
    let arena = wiring.arena();
    let classes = reads.classes(move |old, new| Concern::keys(0, reclassed(&arena, old, new)));
    let suspicious = wiring.each(
        "no_prescription",
        &suspicious,
        &[wiring.fact(Fact::Visit), wiring.fact(Fact::VisitWithRx)],
        reads,
        move |arena, bank, _, row, joined, sink| {
            let (rules, classes) = (bank.rules_of(rules), bank.classes_of(classes));
            let sent = one(&joined[1]).is_some();
            no_prescription::judge(arena, rules, classes, *row, one(&joined[0]), sent, sink);
        },
    );

    // Of institutions that send no prescription at all it is not known.
    let suspicious = concluding(&suspicious, "no_prescription: by institution", Route::DrugSuspicious);
    let sends = wiring.has(
        "no_prescription: prescribing",
        Fact::Prescribing,
        "no_prescription: institutions that prescribe",
    );
    let found = wiring.each(
        "no_prescription: conclude",
        &suspicious,
        &[&sends],
        Reads::default(),
        |arena, bank, _, &undecided, has, sink| {
            let (rule, row) = rule_and_row(undecided);
            no_prescription::conclude(arena, bank, rule, row, one(&has[0]).is_some(), sink);
        },
    );
    wiring.collect_findings(&found);
}
