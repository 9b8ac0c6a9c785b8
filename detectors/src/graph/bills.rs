//! Bills and prescriptions: invoices used twice, drugs that no prescription covers, and more than prescribed.

use std::sync::Arc;

use records::arena::Arena;

use super::facts::Indexes;
use super::hall::{Hall, NONE, case_of, concluding, has, never, one, route, rows_of};
use super::lines::reclassed;
use crate::detector::{
    agreement, drug_kinds, invoice_twice, no_prescription, over_prescription, sale_without_prescription,
};
use crate::finding::{Out, Route};
use crate::judge::{Concern, Court, each, each_concerned, whole};
use crate::knowledge::Knowledge;
use crate::views::{RowIndex, RowsOf};

/// Invoices.
pub(super) fn invoices<'s>(court: &Court<'s>, arena: &Arc<Arena>, hall: &mut Hall<'s>, facts: &Indexes<'s>) {
    {
        let reader = Arc::clone(arena);
        let differ = |a: &Knowledge, b: &Knowledge| a.detectors.invoice_twice != b.detectors.invoice_twice;
        hall.find(whole(
            court,
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
    court: &Court<'s>,
    arena: &Arc<Arena>,
    hall: &mut Hall<'s>,
    facts: &Indexes<'s>,
) {
    let reader = Arc::clone(arena);
    let differ = |a: &Knowledge, b: &Knowledge| a.detectors.agreement != b.detectors.agreement;
    hall.find(each(
        court,
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
    court: &Court<'s>,
    arena: &Arc<Arena>,
    hall: &mut Hall<'s>,
    facts: &Indexes<'s>,
    without_rx: &RowsOf<'s>,
) {
    {
        let reader = Arc::clone(arena);
        let differ = |a: &Knowledge, b: &Knowledge| {
            let (a, b) = (&a.detectors, &b.detectors);
            a.over_prescription != b.over_prescription
                || a.drug_kinds != b.drug_kinds
                || a.sale_without_prescription != b.sale_without_prescription
        };
        let prescribed = hall.find(whole(
            court,
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
                        sink.say(Out::Row(Route::DrugBadPrescription, u64::from(line.visit), *row));
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
        let suspicious: RowIndex<'s> = without_rx
            .clone()
            .concat(rows_of(&prescribed, Route::DrugBadPrescription))
            .arrange_by_key_named("no_prescription: by visit");
        let reader = Arc::clone(arena);
        let differ = |a: &Knowledge, b: &Knowledge| {
            !a.same_classes(b) || a.detectors.no_prescription != b.detectors.no_prescription
        };
        let reread = Arc::clone(arena);
        let concerned = move |old: &Arc<Knowledge>, new: &Arc<Knowledge>| {
            let rules = old.detectors.no_prescription != new.detectors.no_prescription;
            Concern::of(move |_| rules).and_under(reclassed(&reread, old, new))
        };
        let suspicious = hall.hear(each_concerned(
            court,
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
        let sends = hall.hear(has(court, "no_prescription: prescribing", &facts.prescribing));
        let sends = route(&sends, "no_prescription: institutions that prescribe", Route::Has);
        let reader = Arc::clone(arena);
        hall.find(each(
            court,
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
