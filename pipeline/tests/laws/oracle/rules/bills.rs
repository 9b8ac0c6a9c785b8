//! Rules about settlements and their invoices: E01, F01.

use std::collections::BTreeSet;

use super::super::decode::Key;
use super::super::facts::{Facts, day, required, text};
use super::super::finding::{Finding, Judgement};
use super::super::values::{day_of, fen};

/// E01, live settlement: no `status` 1 enrolment of the person with the settlement's insutype (absent: any)
/// covers its day; if no enrolment of anyone stands, not judged.
///
/// Near: exactly one enrolment covers it.
pub(crate) fn e01(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement { subjects: u64::try_from(facts.live.len()).ok(), ..Default::default() };
    for settlement in &facts.live {
        let key: Key = vec![settlement.id.clone()];
        if facts.all("enrolment").next().is_none() {
            judgement.not_judged.insert(key, "missing:enrolment".to_owned());
            continue;
        }
        let settled = day_of(settlement.time);
        let covers = facts.all("enrolment").filter(|(_, enrolment)| {
            required(enrolment, "status") == "1"
                && required(enrolment, "psn_no") == settlement.person
                && settlement
                    .insutype
                    .as_deref()
                    .is_none_or(|wanted| text(enrolment, "insutype") == Some(wanted))
                && day(enrolment, "begin").is_some_and(|begin| begin <= settled)
                && day(enrolment, "end").is_none_or(|end| settled <= end)
        });
        match covers.count() {
            0 => {
                let mut finding = Finding::new("E01", key.clone());
                finding.show("settlement", &key);
                finding.lay_on_settlement(settlement);
                finding.amount = fen(settlement.fund, 6);
                judgement.findings.push(finding);
            }
            1 => judgement.near += 1,
            _ => {}
        }
    }
    judgement
}

/// F01, (bill_code, bill_no), both present: on ≥ 2 live settlements.
///
/// Near: on several standing settlements of which exactly one is live.
pub(crate) fn f01(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    let invoices: BTreeSet<&Key> = facts.live.iter().filter_map(|live| live.bill.as_ref()).collect();
    for invoice in invoices {
        let live: Vec<_> = facts.live.iter().filter(|live| live.bill.as_ref() == Some(invoice)).collect();
        if live.len() < 2 {
            let standing = facts.all("settlement").filter(|(_, fields)| {
                text(fields, "bill_code") == Some(&invoice[0]) && text(fields, "bill_no") == Some(&invoice[1])
            });
            judgement.near += u64::from(standing.count() > 1);
            continue;
        }
        // The settlements are in the order of their ids by bytes: on a tie the first by key is left out.
        let mut largest = live[0];
        for settlement in &live {
            if settlement.fund > largest.fund {
                largest = settlement;
            }
        }
        let mut finding = Finding::new("F01", invoice.clone());
        finding.subject_parts = 2;
        for settlement in &live {
            finding.show_one("settlement", &settlement.id);
            if settlement.id != largest.id {
                finding.lay_on_settlement(settlement);
                finding.amount += fen(settlement.fund, 6);
            }
        }
        judgement.findings.push(finding);
    }
    judgement
}
