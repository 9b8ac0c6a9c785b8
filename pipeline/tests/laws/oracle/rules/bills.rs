//! Rules about settlements, their invoices and who is insured where: E01, E03, E11, F01.

use std::collections::BTreeSet;

use super::super::decode::{Fields, Key};
use super::super::facts::{Facts, Settlement, day, list, required, text};
use super::super::finding::{Finding, Judgement};
use super::super::values::{DAY, day_of, fen};

/// Whether begin ≤ day ≤ end, an absent end being none.
fn covers(fields: &Fields, on: i64) -> bool {
    day(fields, "begin").is_some_and(|begin| begin <= on) && day(fields, "end").is_none_or(|end| on <= end)
}

/// Evidence that settlement, amount its fund_pay_sumamt.
fn claim(finding: &mut Finding, settlement: &Settlement) {
    finding.show_one("settlement", &settlement.id);
    finding.lay_on_settlement(settlement);
    finding.amount = fen(settlement.fund, 6);
}

/// E01, live settlement: fund_pay_sumamt > 0, and no `status` 1 enrolment of the person with the settlement's insutype
/// (absent: any) covers its day; if no enrolment of anyone stands, not judged.
///
/// Near: exactly one enrolment covers it, or the fund paid nothing.
pub(crate) fn e01(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::of(facts.live.len());
    for settlement in &facts.live {
        let key: Key = vec![settlement.id.clone()];
        if settlement.fund <= 0 {
            judgement.near += 1;
            continue;
        }
        if facts.all("enrolment").next().is_none() {
            judgement.lacks(&key, "enrolment");
            continue;
        }
        let covering = facts.all("enrolment").filter(|(_, enrolment)| {
            required(enrolment, "status") == "1"
                && required(enrolment, "psn_no") == settlement.person
                && settlement
                    .insutype
                    .as_deref()
                    .is_none_or(|wanted| text(enrolment, "insutype") == Some(wanted))
                && covers(enrolment, day_of(settlement.time))
        });
        match covering.count() {
            0 => {
                let mut finding = Finding::new("E01", key);
                claim(&mut finding, settlement);
                judgement.findings.push(finding);
            }
            1 => judgement.near += 1,
            _ => {}
        }
    }
    judgement
}

/// E03, unordered pair of enrolments of one person: both status 1, both insutype 310 or 390, they share ≥ 1 day,
/// insutype or insu_admdvs differ.
///
/// An enrolment that ends before it begins shares no day. The alert's time is the later begin.
/// Near: one of the last two conditions holds and the other does not.
pub(crate) fn e03(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    let basic: Vec<(&Key, &Fields)> = facts
        .all("enrolment")
        .filter(|(_, fields)| {
            required(fields, "status") == "1" && matches!(required(fields, "insutype"), "310" | "390")
        })
        .collect();
    // The enrolments are in the order of their ids by bytes, so `first` is the first of the key.
    for (first_key, first) in &basic {
        for (second_key, second) in basic.iter().filter(|(key, _)| first_key < key) {
            if required(first, "psn_no") != required(second, "psn_no") {
                continue;
            }
            let begin = |fields| day(fields, "begin").expect("required");
            let later = begin(first).max(begin(second));
            let ends = [day(first, "end"), day(second, "end")];
            let do_share = ends.into_iter().flatten().all(|end| later <= end);
            let do_differ = required(first, "insutype") != required(second, "insutype")
                || required(first, "insu_admdvs") != required(second, "insu_admdvs");
            if do_share && do_differ {
                let mut finding = Finding::new("E03", vec![first_key[0].clone(), second_key[0].clone()]);
                finding.show("enrolment", first_key);
                finding.show("enrolment", second_key);
                finding.occurred = Some(later * DAY);
                judgement.findings.push(finding);
            } else {
                judgement.near += u64::from(do_share || do_differ);
            }
        }
    }
    judgement
}

/// E11, live settlement: fund_pay_sumamt > 0, and the institution has agreements (none: not judged) and none of status 1 covers the day.
///
/// Near: exactly one agreement of status 1 covers it, or the fund paid nothing.
pub(crate) fn e11(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::of(facts.live.len());
    for settlement in &facts.live {
        let key: Key = vec![settlement.id.clone()];
        if settlement.fund <= 0 {
            judgement.near += 1;
            continue;
        }
        let Some(institution) = facts.named("institution", &settlement.institution) else {
            judgement.lacks(&key, "institution");
            continue;
        };
        let agreements = list(institution, "agreements");
        if agreements.is_empty() {
            judgement.lacks(&key, "agreements");
            continue;
        }
        let covering = agreements.iter().filter(|agreement| {
            required(agreement, "status") == "1" && covers(agreement, day_of(settlement.time))
        });
        match covering.count() {
            0 => {
                let mut finding = Finding::new("E11", key);
                finding.show_one("institution", &settlement.institution);
                claim(&mut finding, settlement);
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
