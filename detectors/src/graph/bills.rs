//! Bills and prescriptions: invoices used twice, drugs that no prescription covers, and more than prescribed.

use std::sync::Arc;

use records::arena::Arena;
use records::row;

use super::facts::Indexes;
use super::hall::{Hall, NONE, case_of, concluding, has, never, one, route, rows_of};
use crate::detector::{invoice_twice, no_prescription, over_prescription};
use crate::finding::{Out, Route};
use crate::judge::{Court, each, whole};
use crate::knowledge::Knowledge;
use crate::views::{Facts, RowIndex};

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

/// Prescriptions: what they do not cover, and what goes beyond them.
pub(super) fn prescriptions<'s>(
    court: &Court<'s>,
    arena: &Arc<Arena>,
    hall: &mut Hall<'s>,
    facts: &Indexes<'s>,
    sorted: &Facts<'s, Out>,
) {
    {
        let reader = Arc::clone(arena);
        let differ =
            |a: &Knowledge, b: &Knowledge| a.detectors.over_prescription != b.detectors.over_prescription;
        let prescribed = hall.find(whole(
            court,
            "over_prescription",
            &[&facts.prescriptions, &facts.lines_of_prescription],
            NONE,
            differ,
            move |bank, _, state, sink| {
                let lines = over_prescription::net_lines(&reader, &state.rows(1));
                let rx = one(&state.rows(0)).map(|row| (row, row::prescription(&reader, row)));
                for (row, line) in &lines {
                    if line.is_drug() && !no_prescription::covers(rx.as_ref().map(|(_, rx)| rx), line) {
                        sink.say(Out::Row(Route::DrugBadPrescription, u64::from(line.visit), *row));
                    }
                }
                if let Some((row, rx)) = &rx {
                    over_prescription::judge(&reader, bank, (*row, rx), &lines, sink);
                }
            },
        ));
        let suspicious: RowIndex<'s> = rows_of(sorted, Route::DrugWithoutPrescription)
            .concat(rows_of(&prescribed, Route::DrugBadPrescription))
            .arrange_by_key_named("no_prescription: by visit");
        let reader = Arc::clone(arena);
        let differ = |a: &Knowledge, b: &Knowledge| {
            !a.same_classes(b) || a.detectors.no_prescription != b.detectors.no_prescription
        };
        let suspicious = hall.hear(each(
            court,
            "no_prescription",
            &suspicious,
            &[&facts.visits, &facts.visits_with_rx],
            differ,
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
