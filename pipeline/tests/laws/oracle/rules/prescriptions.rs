//! Rules about prescriptions and what is billed and sold on them: F06, F07, M12, P04, P06.

use std::collections::BTreeSet;

use super::super::decode::{Fields, Key};
use super::super::facts::{Facts, NetLine, NetSale, amount, list, required, text};
use super::super::finding::{Finding, Judgement};
use super::super::values::fen;

/// The standing prescription of that id, unless it is cancelled.
fn valid_prescription<'a>(facts: &Facts<'a>, rx: &str) -> Option<&'a Fields> {
    facts.named("prescription", rx).filter(|fields| required(fields, "state") != "cancelled")
}

/// The standing prescriptions that are not cancelled.
fn valid_prescriptions<'a>(facts: &Facts<'a>) -> Vec<(&'a Key, &'a Fields)> {
    facts.all("prescription").filter(|(_, fields)| required(fields, "state") != "cancelled").collect()
}

/// The prescribed cnt of the item, the sum over the prescription's lines; `None` if it lacks the item.
fn prescribed(prescription: &Fields, item: &str) -> Option<i128> {
    let lines = list(prescription, "lines").iter().filter(|line| required(line, "med_list_codg") == item);
    let counts: Vec<i128> = lines.map(|line| amount(line, "cnt").expect("required")).collect();
    (!counts.is_empty()).then(|| counts.iter().sum())
}

/// The different items of a prescription.
fn items(prescription: &Fields) -> BTreeSet<&str> {
    list(prescription, "lines").iter().map(|line| required(line, "med_list_codg")).collect()
}

/// F06, net line of list_type 101 or 102 of a visit that is not pharmacy: no rx_id; or no standing prescription
/// of that id with state other than cancelled; or that prescription lacks the item. Judged only where the
/// line's institution has a standing prescription, and for a stay only where some standing fee line of it, as
/// sent, has an rx_id.
///
/// A line whose visit does not stand is no subject. Near: the prescription is there and has the item.
pub(crate) fn f06(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    let mut subjects = 0;
    for line in &facts.lines {
        let Some(visit) = facts.visits.get(&line.visit).filter(|visit| !visit.is_pharmacy) else {
            continue;
        };
        if line.list_type != "101" && line.list_type != "102" {
            continue;
        }
        subjects += 1;
        let prescription = line.rx.as_ref().and_then(|rx| valid_prescription(facts, rx));
        if prescription.is_some_and(|prescription| prescribed(prescription, &line.item).is_some()) {
            judgement.near += 1;
            continue;
        }
        // rx_id is a field of fee_line, which stands before prescription in section 2.
        let has_any_rx = facts
            .all("fee_line")
            .any(|(key, fields)| key[0] == line.visit && text(fields, "rx_id").is_some());
        let has_prescriptions = facts
            .all("prescription")
            .any(|(_, fields)| required(fields, "fixmedins_code") == line.institution);
        if visit.is_stay && !has_any_rx {
            judgement.lacks(&line.key, "rx_id");
        } else if !has_prescriptions {
            judgement.lacks(&line.key, "prescription");
        } else {
            judgement.findings.push(Finding::of_line("F06", line));
        }
    }
    judgement.subjects = Some(subjects);
    judgement
}

/// F07, (rx_id, item) of a standing prescription, not cancelled, that has the item: net cnt of all net lines
/// with that rx_id and item > prescribed cnt.
///
/// Near: something was billed, and no more than was prescribed.
pub(crate) fn f07(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    for (rx, prescription) in valid_prescriptions(facts) {
        for item in items(prescription) {
            let lines: Vec<&NetLine> = facts
                .lines
                .iter()
                .filter(|line| line.rx.as_ref() == Some(&rx[0]) && line.item == item)
                .collect();
            let billed: i128 = lines.iter().map(|line| line.cnt).sum();
            let excess = billed - prescribed(prescription, item).unwrap_or(0);
            if excess > 0 {
                let mut finding = Finding::new("F07", vec![rx[0].clone(), item.to_owned()]);
                finding.show("prescription", rx);
                finding.charge_excess(&lines, excess);
                judgement.findings.push(finding);
            } else if !lines.is_empty() {
                judgement.near += 1;
            }
        }
    }
    judgement
}

/// P06, (rx_id, item) of a standing prescription, not cancelled, that has the item: cnt of all sales with that
/// rx_id and item > prescribed cnt. Amount excess × highest price of them.
///
/// All sales count, insured or not; one without a price has the price 0. Near: something was sold, and no more
/// than was prescribed.
pub(crate) fn p06(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    for (rx, prescription) in valid_prescriptions(facts) {
        for item in items(prescription) {
            let sales: Vec<&NetSale> = facts
                .sales
                .iter()
                .filter(|sale| sale.rx.as_ref() == Some(&rx[0]) && sale.item == item)
                .collect();
            let sold: i128 = sales.iter().map(|sale| sale.cnt).sum();
            let excess = sold - prescribed(prescription, item).unwrap_or(0);
            if excess > 0 {
                let mut finding = Finding::new("P06", vec![rx[0].clone(), item.to_owned()]);
                finding.show("prescription", rx);
                let highest = sales.iter().filter_map(|sale| sale.price).max().unwrap_or(0);
                finding.amount = fen(excess * highest, 12);
                for sale in sales {
                    finding.show_one("dispensing", &sale.id);
                    finding.lay_on_sale(sale);
                }
                judgement.findings.push(finding);
            } else if !sales.is_empty() {
                judgement.near += 1;
            }
        }
    }
    judgement
}

/// P04, sale: rx_flag 1 and (no rx_id or no standing prescription of that id with state other than cancelled). Judged only
/// where the sale's institution has some standing sale or return, as sent, whose rx_id names a standing prescription of
/// any state.
///
/// The prescription need not have the item. Near: rx_flag 1, and the prescription is there.
pub(crate) fn p04(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::of(facts.sales.len());
    for sale in facts.sales.iter().filter(|sale| sale.needs_rx) {
        if sale.rx.as_ref().is_some_and(|rx| valid_prescription(facts, rx).is_some()) {
            judgement.near += 1;
            continue;
        }
        let is_linked = facts.all("dispensing").any(|(_, fields)| {
            required(fields, "fixmedins_code") == sale.institution
                && text(fields, "rx_id").is_some_and(|rx| facts.named("prescription", rx).is_some())
        });
        if !is_linked {
            judgement.lacks(&vec![sale.id.clone()], "rx_id");
            continue;
        }
        let mut finding = Finding::new("P04", vec![sale.id.clone()]);
        finding.show_one("dispensing", &sale.id);
        finding.amount = sale.worth_fen();
        finding.lay_on_sale(sale);
        judgement.findings.push(finding);
    }
    judgement
}

/// M12, prescription not cancelled: distinct items of list_type 101 (absent is no drug) > 5.
///
/// Near: five of them.
pub(crate) fn m12(facts: &Facts<'_>) -> Judgement {
    let prescriptions = valid_prescriptions(facts);
    let mut judgement = Judgement::of(prescriptions.len());
    for (rx, prescription) in prescriptions {
        let drugs: BTreeSet<&str> = list(prescription, "lines")
            .iter()
            .filter(|line| text(line, "list_type") == Some("101"))
            .map(|line| required(line, "med_list_codg"))
            .collect();
        if drugs.len() > 5 {
            let mut finding = Finding::new("M12", rx.clone());
            finding.show("prescription", rx);
            judgement.findings.push(finding);
        } else {
            judgement.near += u64::from(drugs.len() == 5);
        }
    }
    judgement
}
