//! More used than there can have been.
//!
//! A hot item at a large hospital has millions of uses, so uses are summed by day (and price) before anything
//! is scanned: a pair of institution and item costs as many steps as it has days with movement.

use std::collections::BTreeMap;

use records::arena::{Arena, Ref};
use records::row::{self, Day};
use rulebank::{DetectorSpec, ParamKind, ParamSpec};
use serde::{Deserialize, Serialize};

use crate::coverage::{Count, Missing};
use crate::finding::{Claim, Finding, Money, Out, Part, RuleIx, Value, compare_records};
use crate::judge::Sink;
use crate::knowledge::{Compiler, Knowledge, decimal, exact, exact_quantity, fen_of};
use crate::views::{Diff, pair_of};

/// What a rule may tell it.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "stock_balance",
    table: None,
    params: &[
        ParamSpec {
            name: "tolerance",
            doc: "Share of the supply by which uses may exceed it.",
            kind: ParamKind::Decimal { min: "0", max: "10" },
            default: "0.05",
        },
        ParamSpec {
            name: "units",
            doc: "Units by which uses may exceed the supply besides.",
            kind: ParamKind::Decimal { min: "0", max: "1000000" },
            default: "2",
        },
    ],
    values: &["item", "day", "used", "supply", "excess"],
};

/// A rule; both limits in units of 10^-10.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BalanceRule {
    rule: RuleIx,
    tolerance: i128,
    units: i128,
}
/// All of them.
pub type Rules = Vec<BalanceRule>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler
        .rules_of(SPEC.name)
        .into_iter()
        .map(|(rule, text)| BalanceRule {
            rule,
            tolerance: exact(decimal(&text, "tolerance")),
            units: exact(decimal(&text, "units")),
        })
        .collect()
}

/// What moved the stock of an item at an institution; the quantity is the count of the row, summed by what
/// stands here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Stock {
    /// Quantities used on a day at a price.
    Used(Day, Option<i64>),
    /// Quantities that came in on a day.
    In(Day),
    /// Quantities that went out on a day, other than by use.
    Out(Day),
    /// Purchases there are.
    Bought,
    /// A stock count.
    Counted(Ref),
}

/// A pair of institution and item at which more was used than there can have been.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Excess {
    day: Day,
    used: i128,
    supply: i128,
    excess: i128,
}

/// Judges a pair of institution and item, but for its institution and the uses its money is laid on.
pub fn judge(arena: &Arena, bank: &Knowledge, key: u64, stock: &[(Stock, Diff)], sink: &mut Sink) {
    let bought = stock.iter().any(|(what, n)| matches!(what, Stock::Bought) && *n > 0);
    let opening = opening_count(arena, stock);
    if !bought && opening.is_none() {
        return;
    }
    let opened = opening.map_or(Day::MIN, |(_, day, _)| day);
    let mut days: BTreeMap<Day, (i128, i128)> = BTreeMap::new();
    let mut lowest_price: Option<i64> = None;
    for (what, quantity) in stock {
        match what {
            Stock::Used(day, price) if *day > opened => {
                days.entry(*day).or_default().0 += exact_quantity(*quantity);
                lowest_price = lowest_price.into_iter().chain(*price).min();
            }
            Stock::In(day) if *day > opened => days.entry(*day).or_default().1 += exact_quantity(*quantity),
            Stock::Out(day) if *day > opened => days.entry(*day).or_default().1 -= exact_quantity(*quantity),
            _ => {}
        }
    }
    let start = opening.map_or(0, |(_, _, quantity)| exact_quantity(quantity));
    let (institution, item) = pair_of(key);
    for rule in &bank.detectors.stock_balance {
        sink.count(Count::Subject(rule.rule));
        let Some(worst) = greatest_excess(rule, start, &days) else { continue };
        let amount = fen_of(worst.excess, lowest_price.unwrap_or(0));
        let shown = |exact: i128| Value::Quantity(i64::try_from(exact / 1_000_000).unwrap_or(i64::MAX));
        let verdict = bank.verdict(rule.rule, false);
        sink.say(Out::Finding(Box::new(Finding {
            rule: rule.rule,
            verdict: if opening.is_some() { verdict } else { INDICATOR },
            key: vec![Part::Text(institution), Part::Text(item)],
            institution,
            evidence: opening.iter().map(|(row, _, _)| *row).collect(),
            occurred: i64::from(worst.day) * 86_400,
            claim: Claim::Laid(amount, Vec::new()),
            values: vec![
                Value::Text(item),
                Value::Day(worst.day),
                shown(worst.used),
                shown(worst.supply),
                shown(worst.excess),
            ],
        })));
    }
}

const INDICATOR: u8 = 2;

/// The earliest stock count by (invdate, cnt_id): its row, day and quantity.
fn opening_count(arena: &Arena, stock: &[(Stock, Diff)]) -> Option<(Ref, Day, i64)> {
    stock
        .iter()
        .filter_map(|(what, _)| match what {
            Stock::Counted(place) => Some((*place, row::stock_count(arena, *place))),
            _ => None,
        })
        .min_by(|(_, a), (_, b)| a.day.cmp(&b.day).then_with(|| arena.compare(a.id, b.id)))
        .map(|(place, count)| (place, count.day, count.cnt))
}

/// The first day of the greatest excess of uses over supply x (1 + tolerance) + units.
fn greatest_excess(rule: &BalanceRule, start: i128, days: &BTreeMap<Day, (i128, i128)>) -> Option<Excess> {
    const ONE: i128 = 10_000_000_000;
    let (mut used, mut supply) = (0i128, start);
    let mut worst: Option<Excess> = None;
    for (day, (used_today, supplied_today)) in days {
        used += used_today;
        supply += supplied_today;
        // In units of 10^-20, so that the product with the tolerance is exact.
        let excess = used * ONE - supply * (ONE + rule.tolerance) - rule.units * ONE;
        if excess > 0 && worst.as_ref().is_none_or(|worst| excess > worst.excess) {
            worst = Some(Excess { day: *day, used, supply, excess });
        }
    }
    // Quantities have 4 places and limits are cut to 10; the product has 14, of which 10 are kept.
    worst.map(|worst| Excess { excess: worst.excess / ONE, ..worst })
}

/// Adds the institution's record, or says that it is missing.
pub fn with_institution(finding: &Finding, institution: Option<Ref>, sink: &mut Sink) {
    match institution {
        None => sink.count(Count::NotJudged(finding.rule, Missing::Institution)),
        Some(institution) => {
            let mut finding = finding.clone();
            finding.evidence.push(institution);
            sink.say(Out::Finding(Box::new(finding)));
        }
    }
}

/// Lays the amount on the uses after the opening, up to and with the day.
pub fn with_uses(arena: &Arena, finding: &Finding, uses: &[(Ref, Diff)], sink: &mut Sink) {
    let mut finding = finding.clone();
    let last = row::day_of(finding.occurred);
    let opened = finding
        .evidence
        .iter()
        .find(|place| row::kind(arena, **place) == records::Kind::StockCount)
        .map_or(Day::MIN, |place| row::stock_count(arena, *place).day);
    let mut money: Vec<Money> = uses
        .iter()
        .filter_map(|(place, _)| {
            let (time, own) = match row::kind(arena, *place) {
                records::Kind::FeeLine => {
                    let line = row::fee_line(arena, *place);
                    (line.time, line.amount.max(0))
                }
                _ => {
                    let sale = row::dispensing(arena, *place);
                    (sale.time, super::resale::sale_money(&sale))
                }
            };
            let day = row::day_of(time);
            (opened < day && day <= last).then_some(Money { row: *place, own })
        })
        .collect();
    money.sort_by(|a, b| compare_records(arena, a.row, b.row));
    if let Claim::Laid(_, on) = &mut finding.claim {
        *on = money;
    }
    sink.say(Out::Finding(Box::new(finding)));
}
