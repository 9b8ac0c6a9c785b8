//! How the suspected amounts share the money that was really paid: `counted_amount`, in fen.

use std::collections::BTreeMap;

use super::facts::{Facts, Rec};
use super::finding::Finding;
use super::values::fen;

/// What each finding takes, in the order of `findings`.
pub(crate) fn count(facts: &Facts<'_>, findings: &[Finding]) -> Vec<i128> {
    let mut counted = vec![0; findings.len()];
    let mut turns: Vec<usize> = (0..findings.len()).collect();
    turns.sort_by_key(|index| findings[*index].turn());
    let mut left_of_record: BTreeMap<Rec, i128> = BTreeMap::new();
    let mut left_of_visit: BTreeMap<String, Option<i128>> = BTreeMap::new();
    for index in turns {
        let finding = &findings[index];
        // The amount is laid on its records in their order, on each up to its own money, until it is used up.
        let mut unlaid = finding.amount;
        for (record, own) in &finding.laid {
            let laid = unlaid.min(*own);
            unlaid -= laid;
            let (money, visit) = money_and_visit(facts, record);
            let of_record = left_of_record.entry(record.clone()).or_insert(money);
            let mut taken = laid.min(*of_record);
            if let Some(visit) = visit {
                let bound = left_of_visit.entry(visit).or_insert_with_key(|visit| visit_bound(facts, visit));
                if let Some(left) = bound {
                    taken = taken.min(*left);
                    *left -= taken;
                }
            }
            *of_record -= taken;
            counted[index] += taken;
        }
    }
    counted
}

/// The money a record has to give, and the visit it belongs to by mdtrt_id.
fn money_and_visit(facts: &Facts<'_>, (kind, key): &Rec) -> (i128, Option<String>) {
    match *kind {
        "settlement" => {
            let settlement = facts.live.iter().find(|live| live.id == key[0]).expect("laid on a live one");
            (fen(settlement.fund, 6), Some(settlement.visit.clone()))
        }
        "fee_line" => {
            let line = facts.lines.iter().find(|line| line.key == *key).expect("laid on a net line");
            (fen(line.sum, 6), Some(line.visit.clone()))
        }
        _ => {
            let sale = facts.sales.iter().find(|sale| sale.id == key[0]).expect("laid on a net sale");
            (sale.worth_fen(), sale.visit.clone())
        }
    }
}

/// What fund and account paid for the visit; unsettled, what its net lines cost; with neither, no bound.
fn visit_bound(facts: &Facts<'_>, visit: &str) -> Option<i128> {
    let paid: Vec<i128> =
        facts.live_of(visit).map(|settlement| settlement.fund + settlement.account).collect();
    let cost: Vec<i128> =
        facts.lines.iter().filter(|line| line.visit == visit).map(|line| line.sum).collect();
    if !paid.is_empty() {
        Some(fen(paid.iter().sum(), 6))
    } else if !cost.is_empty() {
        Some(fen(cost.iter().sum(), 6))
    } else {
        None
    }
}
