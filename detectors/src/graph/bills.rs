//! Bills and prescriptions: invoices used twice, drugs that no prescription covers, and more than prescribed.

use std::sync::Arc;

use records::arena::Arena;

use super::collector::{Collector, NONE, case_of, concluding, has, never, one, route, rows_of};
use super::facts::FactArrangements;
use super::lines::reclassed;
use crate::compiled_bank::CompiledBank;
use crate::detector::{
    agreement, drug_kinds, invoice_twice, no_prescription, over_prescription, sale_without_prescription,
};
use crate::finding::{Out, Route};
use crate::judge::{Concern, OperatorContext, each, each_concerned, whole};
use crate::views::{RowArrangement, RowCollection};

/// Invoices.
pub(super) fn invoices<'s>(
    context: &OperatorContext<'s>,
    arena: &Arc<Arena>,
    collector: &mut Collector<'s>,
    facts: &FactArrangements<'s>,
) {
    {
        let reader = Arc::clone(arena);
        let differ =
            |a: &CompiledBank, b: &CompiledBank| a.detectors.invoice_twice != b.detectors.invoice_twice;
        collector.collect_findings(whole(
            context,
            "invoice_twice",
            &[&facts.bills],
            NONE,
            differ,
            move |bank, key, state, sink| {
                invoice_twice::judge(&reader, bank, key, &state.rows(0), sink);
            },
        ));
    }
}

/// Settlements and the agreements of their institutions.
pub(super) fn agreements<'s>(
    context: &OperatorContext<'s>,
    arena: &Arc<Arena>,
    collector: &mut Collector<'s>,
    facts: &FactArrangements<'s>,
) {
    let reader = Arc::clone(arena);
    let differ = |a: &CompiledBank, b: &CompiledBank| a.detectors.agreement != b.detectors.agreement;
    collector.collect_findings(each(
        context,
        "agreement",
        &facts.settlements_of_institution,
        &[&facts.institutions],
        differ,
        move |bank, _, row, institutions, sink| {
            agreement::judge(&reader, bank, *row, one(&institutions[0]), sink);
        },
    ));
}

/// Prescriptions: what they do not cover, and what goes beyond them.
pub(super) fn prescriptions<'s>(
    context: &OperatorContext<'s>,
    arena: &Arc<Arena>,
    collector: &mut Collector<'s>,
    facts: &FactArrangements<'s>,
    without_rx: &RowCollection<'s>,
) {
    {
        let reader = Arc::clone(arena);
        let differ = |a: &CompiledBank, b: &CompiledBank| {
            let (a, b) = (&a.detectors, &b.detectors);
            a.over_prescription != b.over_prescription
                || a.drug_kinds != b.drug_kinds
                || a.sale_without_prescription != b.sale_without_prescription
        };
        let prescribed = collector.collect_findings(whole(
            context,
            "over_prescription, drug_kinds, sale_without_prescription",
            &[&facts.by_prescription],
            NONE,
            differ,
            move |bank, _, state, sink| {
                let over_prescription::Named { rx, lines, sales } =
                    over_prescription::read(&reader, &state.rows(0));
                let rx = rx.filter(|(_, rx)| !rx.cancelled);
                for (row, line) in &lines {
                    if line.is_drug() && !no_prescription::covers(rx.as_ref().map(|(_, rx)| rx), line) {
                        sink.emit(Out::Row(Route::DrugBadPrescription, u64::from(line.visit), *row));
                    }
                }
                for (row, sale) in &sales {
                    sale_without_prescription::judge(bank, *row, sale, rx.is_some(), sink);
                }
                if let Some((row, rx)) = &rx {
                    drug_kinds::judge(bank, *row, rx, sink);
                    over_prescription::judge(&reader, bank, (*row, rx), &lines, &sales, sink);
                }
            },
        ));
        let suspicious: RowArrangement<'s> = without_rx
            .clone()
            .concat(rows_of(&prescribed, Route::DrugBadPrescription))
            .arrange_by_key_named("no_prescription: by visit");
        let reader = Arc::clone(arena);
        let differ = |a: &CompiledBank, b: &CompiledBank| {
            !a.same_classes(b) || a.detectors.no_prescription != b.detectors.no_prescription
        };
        let reread = Arc::clone(arena);
        let concerned = move |old: &Arc<CompiledBank>, new: &Arc<CompiledBank>| {
            let rules = old.detectors.no_prescription != new.detectors.no_prescription;
            Concern::of(move |_| rules).and_under(reclassed(&reread, old, new))
        };
        let suspicious = collector.collect_counts(each_concerned(
            context,
            "no_prescription",
            &suspicious,
            &[&facts.visits, &facts.visits_with_rx],
            differ,
            concerned,
            move |bank, _, row, contexts, sink| {
                let sent = one(&contexts[1]).is_some();
                no_prescription::judge(&reader, bank, *row, one(&contexts[0]), sent, sink);
            },
        ));
        let suspicious = concluding(&suspicious, "no_prescription: by institution", Route::DrugSuspicious);
        let sends =
            collector.collect_counts(has(context, "no_prescription: prescribing", &facts.prescribing));
        let sends = route(&sends, "no_prescription: institutions that prescribe", Route::Has);
        let reader = Arc::clone(arena);
        collector.collect_findings(each(
            context,
            "no_prescription: conclude",
            &suspicious,
            &[&sends],
            never,
            move |bank, _, &case, has, sink| {
                let (rule, row) = case_of(case);
                no_prescription::conclude(&reader, bank, rule, row, one(&has[0]).is_some(), sink);
            },
        ));
    }
}
