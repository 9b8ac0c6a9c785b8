//! Each yuan once: what a finding amounts to, on which records that is laid, and what is left to count.
//!
//! Contract section 3, `counted_amount`. First an amount is *laid* on the records it is made of, in order of
//! (kind, key), on each up to its own money. Then, visit by visit and in the order of alerts, each alert
//! *takes* what it laid as far as it is left of the record and of the visit. What shadow rules find takes beside that,
//! among itself alone, as if there were no other.

use std::collections::HashMap;

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row::{self, Settlement};

use crate::exact::{fen_of, sale_money};
use crate::exempt::{Exempt, exempted_by};
use crate::finding::{
    AmountBasis, Finding, Laid, Money, PricedFinding, ReconciledFinding, compare_keys, compare_records,
};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::Out;
use crate::views::{Diff, visit_key};

/// Visits whose live settlements a finding needs.
pub fn visits_needed(finding: &Finding) -> Vec<TextRef> {
    match &finding.amount_basis {
        AmountBasis::Fund(visits) | AmountBasis::AllButLargestFund(visits) => visits.clone(),
        AmountBasis::SmallerFund(a, b) => vec![*a, *b],
        _ => Vec::new(),
    }
}

/// Gives a finding its amount, and its mark if it is exempted.
///
/// `beside`: the live settlements of the visits needed, and the finding's institution where an exemption asks for it.
pub fn price(
    arena: &Arena,
    bank: &Policy,
    exempts: &[Exempt],
    finding: &Finding,
    beside: &[(RowRef, Diff)],
) -> PricedFinding {
    let of_kind =
        |kind: Kind| beside.iter().map(|(row, _)| *row).filter(move |row| row::kind(arena, *row) == kind);
    let institution = of_kind(Kind::Institution).next();
    let mut funds: Vec<(RowRef, Settlement)> =
        of_kind(Kind::Settlement).map(|row| (row, row::settlement(arena, row))).collect();
    let (amount, money) = match &finding.amount_basis {
        AmountBasis::Nothing => (0, Vec::new()),
        AmountBasis::Fund(_) => fund(arena, &funds),
        AmountBasis::SmallerFund(first, second) => {
            let sum = |visit: TextRef| -> i128 {
                funds.iter().filter(|(_, s)| s.visit == visit).map(|(_, s)| i128::from(s.fund)).sum()
            };
            let smaller = if sum(*second) < sum(*first) { *second } else { *first };
            funds.retain(|(_, settlement)| settlement.visit == smaller);
            fund(arena, &funds)
        }
        AmountBasis::AllButLargestFund(visits) => {
            let mut sums: HashMap<TextRef, i128> = HashMap::new();
            for (_, settlement) in &funds {
                *sums.entry(settlement.visit).or_default() += i128::from(settlement.fund);
            }
            let sum = |visit: &TextRef| sums.get(visit).copied().unwrap_or(0);
            let mut largest: Option<TextRef> = None;
            for visit in visits {
                if largest.is_none_or(|largest| sum(visit) > sum(&largest)) {
                    largest = Some(*visit);
                }
            }
            funds.retain(|(_, settlement)| Some(settlement.visit) != largest);
            fund(arena, &funds)
        }
        AmountBasis::FundAmount(line_row) => {
            let line = row::fee_line(arena, *line_row);
            let own = line.fund.max(0);
            (own, vec![Money { row: *line_row, own }])
        }
        AmountBasis::Uses(uses) => uses_money(arena, uses),
        AmountBasis::LinesOn(_) | AmountBasis::UsesOn(_) => (0, Vec::new()),
        AmountBasis::Laid(amount, money) => (*amount, money.clone()),
    };
    let mut left = amount;
    let mut laid = Vec::new();
    for money in &money {
        let fen = left.min(money.own);
        if fen > 0 {
            laid.push((money.row, fen));
            left -= fen;
        }
    }
    let mut finding = finding.clone();
    if matches!(
        finding.amount_basis,
        AmountBasis::Fund(_) | AmountBasis::SmallerFund(..) | AmountBasis::AllButLargestFund(_)
    ) {
        let latest = funds.iter().map(|(_, settlement)| settlement.time).max();
        finding.occurred = finding.occurred.max(latest.unwrap_or(finding.occurred));
    }
    // The records are in `behind` from here on; the amount_basis has done its work.
    finding.amount_basis = AmountBasis::Nothing;
    let exempted_by = exempted_by(arena, bank, exempts, (&finding, institution));
    PricedFinding {
        finding,
        amount,
        laid,
        behind: money.iter().map(|money| money.row).collect(),
        exempted_by,
    }
}

/// `fund_amt` of lines and price x quantity of sales; rounded once.
fn uses_money(arena: &Arena, uses: &[RowRef]) -> (i64, Vec<Money>) {
    const FEN: i128 = 100_000_000; // a fen in units of 10^-10 yuan
    let mut exact = 0i128;
    let mut money = Vec::with_capacity(uses.len());
    for row in uses {
        let own = if row::kind(arena, *row) == Kind::FeeLine {
            let line = row::fee_line(arena, *row);
            exact = exact.saturating_add(i128::from(line.fund) * FEN);
            line.fund.max(0)
        } else {
            let sale = row::dispensing(arena, *row);
            let price = i128::from(sale.price.unwrap_or(0));
            exact = exact.saturating_add(i128::from(sale.cnt) * price);
            sale_money(&sale)
        };
        money.push(Money { row: *row, own });
    }
    // 10^-10 yuan are a quantity at a price of a millionth.
    (fen_of(exact.saturating_mul(1_000_000), 1), money)
}

fn fund(arena: &Arena, settlements: &[(RowRef, Settlement)]) -> (i64, Vec<Money>) {
    let mut settlements = settlements.to_vec();
    settlements.sort_by(|(_, a), (_, b)| arena.compare(a.id, b.id));
    let sum: i128 = settlements.iter().map(|(_, settlement)| i128::from(settlement.fund)).sum();
    let money = settlements.iter().map(|(row, s)| Money { row: *row, own: s.fund.max(0) }).collect();
    (i64::try_from(sum.max(0)).unwrap_or(i64::MAX), money)
}

/// What a priced finding laid, by the visit of each record (or the sale alone); nothing if it is exempted.
pub fn laid(arena: &Arena, bank: &Policy, priced: &PricedFinding) -> Vec<(u64, Laid)> {
    let finding = &priced.finding;
    if priced.exempted_by.is_some() {
        return Vec::new();
    }
    let id = finding.id();
    let entry = |row: RowRef, fen: i64| Laid {
        severity: bank.rules[usize::from(finding.rule)].severity,
        verdict: finding.verdict,
        rule: finding.rule,
        key: finding.key.clone(),
        finding: id,
        row,
        fen,
    };
    priced.laid.iter().map(|(row, fen)| (visit_of(arena, *row), entry(*row, *fen))).collect()
}

/// The key of the visit a record's money belongs to.
pub fn visit_of(arena: &Arena, row: RowRef) -> u64 {
    match row::kind(arena, row) {
        Kind::Settlement => visit_key(row::settlement(arena, row).visit, row),
        Kind::FeeLine => visit_key(row::fee_line(arena, row).visit, row),
        _ => {
            let sale = row::dispensing(arena, row);
            visit_key(sale.visit, sale.id)
        }
    }
}

/// Own money of a record, fen, never below 0.
pub fn own_money(arena: &Arena, row: RowRef) -> i64 {
    match row::kind(arena, row) {
        Kind::Settlement => row::settlement(arena, row).fund,
        Kind::FeeLine => row::fee_line(arena, row).amount,
        _ => sale_money(&row::dispensing(arena, row)),
    }
    .max(0)
}

/// What a visit can lose at the most: what fund and account paid; before settlement, what is on the bill.
fn bound(
    arena: &Arena,
    settlements: &[(RowRef, Diff)],
    lines: impl FnOnce() -> Vec<(RowRef, Diff)>,
) -> Option<i128> {
    let live: Vec<Settlement> = settlements.iter().map(|(row, _)| row::settlement(arena, *row)).collect();
    if !live.is_empty() {
        return Some(live.iter().map(|s| i128::from(s.fund) + i128::from(s.account)).sum::<i128>().max(0));
    }
    let mut sum: Option<i128> = None;
    for (row, _) in lines() {
        if row::kind(arena, row) == Kind::FeeLine {
            let line = row::fee_line(arena, row);
            if line.is_net() {
                sum = Some(sum.unwrap_or(0) + i128::from(line.amount));
            }
        }
    }
    sum.map(|sum| sum.max(0))
}

/// Lets the findings of one visit take what they laid, in the order of alerts: those of active rules among themselves,
/// and those of shadow rules among themselves.
pub fn reconcile(
    arena: &Arena,
    bank: &Policy,
    laid: Vec<Laid>,
    settlements: &[(RowRef, Diff)],
    lines: impl FnOnce() -> Vec<(RowRef, Diff)>,
    sink: &mut Sink,
) {
    let bound = bound(arena, settlements, lines);
    let (shadow, active): (Vec<Laid>, Vec<Laid>) =
        laid.into_iter().partition(|entry| bank.is_shadow(entry.rule));
    for competing in [active, shadow] {
        take(arena, competing, bound, sink);
    }
}

/// Lets findings that compete take what they laid, up to what a visit can lose.
fn take(arena: &Arena, mut laid: Vec<Laid>, bound: Option<i128>, sink: &mut Sink) {
    laid.sort_by(|a, b| {
        (a.severity, a.verdict, a.rule)
            .cmp(&(b.severity, b.verdict, b.rule))
            .then_with(|| compare_keys(arena, &a.key, &b.key))
            .then_with(|| compare_records(arena, a.row, b.row))
    });
    let mut left_of_visit = bound;
    let mut left_of_record: HashMap<RowRef, i64> = HashMap::new();
    for entry in laid {
        let left = left_of_record.entry(entry.row).or_insert_with(|| own_money(arena, entry.row));
        let mut fen = entry.fen.min(*left);
        if let Some(visit) = &mut left_of_visit {
            fen = i64::try_from((*visit).min(i128::from(fen))).unwrap_or(fen);
            *visit -= i128::from(fen);
        }
        *left -= fen;
        if fen > 0 {
            sink.emit(Out::Taken(entry.finding, entry.row, fen));
        }
    }
}

/// An alert from a priced finding and the sum it took.
pub fn alert(priced: &PricedFinding, taken: &[(RowRef, Diff)]) -> ReconciledFinding {
    ReconciledFinding {
        priced: priced.clone(),
        counted: taken.iter().map(|(_, fen)| *fen).sum(),
        taken: taken.to_vec(),
    }
}
