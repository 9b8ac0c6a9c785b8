//! Bills and prescriptions: invoices used twice, drugs that no prescription covers, and more than prescribed.

use super::wiring::{NONE, Wiring, concluding, one, route, rows_of, rule_and_row};
use crate::detector::agreement::Agreement;
use crate::detector::drug_kinds::DrugKinds;
use crate::detector::sale_without_prescription::{Prescribed, SaleWithoutPrescription};
use crate::detector::{invoice_twice, no_prescription, over_prescription, part};
use crate::fact::Fact;
use crate::reads::{Concern, Reads, reclassed};
use crate::shape::one_record;
use crate::statement::{Out, Route};
use crate::views::{ArrangeShared, Collection, RowArrangement, RowCollection};
use records::arena::{RowRef, TextRef};
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
pub(super) fn prescriptions<'s>(
    wiring: &Wiring<'s>,
    without_rx: &RowCollection<'s>,
    unprescribed: &RowCollection<'s>,
) {
    // A prescription with the lines and sales that name it.
    let mut reads = Reads::default();
    let over_prescription = reads.rules(part::over_prescription());
    let drug_kinds = reads.rules(part::drug_kinds());
    let prescribed = wiring.whole(
        "over_prescription, drug_kinds",
        &[wiring.fact(Fact::OfPrescription), wiring.fact(Fact::GoneWithRx)],
        NONE,
        reads,
        move |arena, bank, _, state, sink| {
            let rows = state.rows(0).into_iter().map(|(row, _)| row);
            let mut named = over_prescription::read(arena, rows);
            if named.rx.is_some() {
                // Whoever names a prescription that is there sends prescriptions, whatever became of the sale.
                let gone = state.rows(1).into_iter().map(|(row, _)| row::dispensing(arena, row).institution);
                let here = named.sales.iter().map(|(_, sale)| sale.institution).chain(gone);
                let mut institutions: Vec<TextRef> = here.collect();
                institutions.sort_unstable();
                institutions.dedup();
                for institution in institutions {
                    sink.emit(Out::Row(Route::Linked, u64::from(institution), RowRef::NONE));
                }
            }
            named.rx = named.rx.filter(|(_, rx)| !rx.cancelled);
            let rx = named.rx.as_ref();
            for (row, line) in &named.lines {
                if line.is_drug() && !no_prescription::covers(rx.map(|(_, rx)| rx), line) {
                    sink.emit(Out::Row(Route::DrugBadPrescription, u64::from(line.visit), *row));
                }
            }
            if rx.is_none() {
                for (row, sale) in named.sales.iter().filter(|(_, sale)| sale.needs_rx) {
                    sink.emit(Out::Row(Route::SaleUncovered, u64::from(sale.institution), *row));
                }
            }
            if let Some((row, rx)) = rx {
                one_record::judge::<DrugKinds>(arena, bank, bank.rules_of(drug_kinds), (*row, rx), &(), sink);
            }
            over_prescription::judge(arena, bank, bank.rules_of(over_prescription), &named, sink);
        },
    );
    wiring.collect_findings(&prescribed);
    sales(wiring, unprescribed, &prescribed);

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

/// Sales of what needs a prescription that none covers; of institutions that keep theirs on paper it is not known.
fn sales<'s>(wiring: &Wiring<'s>, unprescribed: &RowCollection<'s>, prescribed: &Collection<'s, Out>) {
    let uncovered: RowArrangement<'s> = unprescribed
        .clone()
        .concat(rows_of(prescribed, Route::SaleUncovered))
        .arrange_shared("sale_without_prescription: sales by institution");
    let linked = route(prescribed, "sale_without_prescription: linked", Route::Linked);
    let links = wiring.whole(
        "sale_without_prescription: links",
        &[&linked],
        NONE,
        Reads::default(),
        |_, _, institution, state, sink| {
            if !state.rows(0).is_empty() {
                sink.emit(Out::Row(Route::Has, institution, RowRef::NONE));
            }
        },
    );
    let links = route(&links, "sale_without_prescription: institutions that link", Route::Has);
    let mut reads = Reads::default();
    let rules = reads.rules(part::sale_without_prescription());
    let found = wiring.each(
        "sale_without_prescription",
        &uncovered,
        &[&links],
        reads,
        move |arena, bank, _, row, links, sink| {
            let sale = row::dispensing(arena, *row);
            let prescribed = Prescribed { covered: false, linked: one(&links[0]).is_some() };
            let rules = bank.rules_of(rules);
            one_record::judge::<SaleWithoutPrescription>(
                arena,
                bank,
                rules,
                (*row, &sale),
                &prescribed,
                sink,
            );
        },
    );
    wiring.collect_findings(&found);
}
