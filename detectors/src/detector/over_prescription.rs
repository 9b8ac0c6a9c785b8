//! More on the bill, or over the counter, than was prescribed.
//!
//! Reads all that `OfPrescription` holds under an rx_id: the prescription, the net lines and the sales that name it.
//! They are read together whenever one of them changes, once for this detector, `drug_kinds` and
//! `sale_without_prescription`. Each prescribed item is compared with the sum of its lines, or of its sales, as the
//! rule's `of` sets it.
//!
//! Where the prescription is missing or cancelled nothing is judged, and items that it does not contain are left to
//! `no_prescription`. No reason for not judging is stated.

use std::collections::BTreeMap;

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row::{self, Dispensing, FeeLine, Prescription};
use rulebank::{AmountKind, Comparison, DetectorSpec, ParamKind, ParamSpec, Subject};

use super::pair_conflict::sorted;
use super::resale::money_of_sales;
use crate::compile::{Compiler, choice};
use crate::coverage::Count;
use crate::exact::{exact_quantity, fen_of};
use crate::finding::{AmountBasis, Finding, KeyPart, Money, RuleIx, Value, money_of_lines};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::Out;
use crate::views::Diff;

const MORE_THAN_PRESCRIBED: Comparison = Comparison::new(0, "the quantity is above what was prescribed");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "over_prescription",
    params: &[ParamSpec {
        name: "of",
        doc: "What is compared with the prescription: lines of the bill, or sales.",
        kind: ParamKind::Choice(&["lines", "sales"]),
        default: "lines",
    }],
    values: &["item", "quantity", "prescribed", "rx_id"],
    comparisons: &[MORE_THAN_PRESCRIBED],
    subject: Subject::Always("prescription"),
    keys: &[&["rx_id", "med_list_codg"]],
    amount: Some(AmountKind::QuantityBeyondLimit),
    near: &[Kind::FeeLine, Kind::Prescription],
    ..DetectorSpec::BARE
};

/// Its rules, by what they compare.
#[derive(Debug, Default, PartialEq)]
pub struct Rules {
    lines: Vec<RuleIx>,
    sales: Vec<RuleIx>,
}

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    let mut rules = Rules::default();
    for (ix, rule) in compiler.rules_of(SPEC.name) {
        let of = if choice(&rule, "of") == "sales" { &mut rules.sales } else { &mut rules.lines };
        of.push(ix);
    }
    rules
}

/// What was billed or sold of a prescribed item.
#[derive(Default)]
struct Given {
    quantity: i64,
    highest_price: i64,
    latest: Option<row::Moment>,
    rows: Vec<RowRef>,
    money: Vec<Money>,
}

fn billed(arena: &Arena, lines: &[(RowRef, FeeLine)], item: TextRef) -> Given {
    let lines: Vec<(RowRef, FeeLine)> = lines.iter().filter(|(_, line)| line.item == item).copied().collect();
    let lines = sorted(arena, &lines);
    Given {
        quantity: lines.iter().fold(0, |sum, (_, line)| sum.saturating_add(line.cnt)),
        highest_price: lines.iter().map(|(_, line)| line.price).max().unwrap_or(0),
        latest: lines.iter().map(|(_, line)| line.time).max(),
        rows: lines.iter().map(|(row, _)| *row).collect(),
        money: money_of_lines(&lines).1,
    }
}

fn sold(arena: &Arena, sales: &[(RowRef, Dispensing)], item: TextRef) -> Given {
    let mut sales: Vec<(RowRef, Dispensing)> =
        sales.iter().filter(|(_, sale)| sale.item == item).cloned().collect();
    sales.sort_by(|(_, a), (_, b)| arena.compare(a.id, b.id));
    Given {
        quantity: sales.iter().fold(0, |sum, (_, sale)| sum.saturating_add(sale.cnt)),
        highest_price: sales.iter().map(|(_, sale)| sale.price.unwrap_or(0)).max().unwrap_or(0),
        latest: sales.iter().map(|(_, sale)| sale.time).max(),
        rows: sales.iter().map(|(row, _)| *row).collect(),
        money: money_of_sales(&sales),
    }
}

/// Judges a prescription, not cancelled, with the net lines and the sales that name it.
pub fn judge(
    arena: &Arena,
    bank: &Policy,
    rules: &Rules,
    (rx_row, rx): (RowRef, &Prescription),
    lines: &[(RowRef, FeeLine)],
    sales: &[(RowRef, Dispensing)],
    sink: &mut Sink,
) {
    if rules.lines.is_empty() && rules.sales.is_empty() {
        return;
    }
    let mut prescribed: BTreeMap<TextRef, i64> = BTreeMap::new();
    for line in &rx.lines {
        let sum = prescribed.entry(line.item).or_default();
        *sum = sum.saturating_add(line.cnt);
    }
    for (item, prescribed) in prescribed {
        for rule in rules.lines.iter().chain(&rules.sales) {
            sink.count(Count::Subject(*rule));
        }
        let mut compare = |rules: &[RuleIx], given: Given| {
            if rules.is_empty()
                || given.rows.is_empty()
                || !bank.over(MORE_THAN_PRESCRIBED, given.quantity, prescribed)
            {
                return;
            }
            let excess = exact_quantity(given.quantity) - exact_quantity(prescribed);
            let amount = fen_of(excess, given.highest_price);
            let mut evidence = given.rows;
            evidence.push(rx_row);
            for rule in rules {
                sink.emit(Out::Finding(Box::new(Finding {
                    rule: *rule,
                    verdict: bank.verdict(*rule, false),
                    key: vec![KeyPart::Text(rx.id), KeyPart::Text(item)],
                    institution: rx.institution,
                    evidence: evidence.clone(),
                    occurred: given.latest.map_or(rx.time, |latest| latest.max(rx.time)),
                    amount_basis: AmountBasis::Laid(amount, given.money.clone()),
                    values: vec![
                        Value::Text(item),
                        Value::Quantity(given.quantity),
                        Value::Quantity(prescribed),
                        Value::Text(rx.id),
                    ],
                })));
            }
        };
        if lines.iter().any(|(_, line)| line.item == item) {
            compare(&rules.lines, billed(arena, lines, item));
        }
        if sales.iter().any(|(_, sale)| sale.item == item) {
            compare(&rules.sales, sold(arena, sales, item));
        }
    }
}

/// A prescription and what names it.
#[derive(Debug, Default)]
pub struct Named {
    /// The prescription, if it stands.
    pub rx: Option<(RowRef, Prescription)>,
    /// Net lines.
    pub lines: Vec<(RowRef, FeeLine)>,
    /// Sales.
    pub sales: Vec<(RowRef, Dispensing)>,
}

/// Reads a prescription and what names it.
pub fn read(arena: &Arena, rows: &[(RowRef, Diff)]) -> Named {
    let mut named = Named::default();
    for (address, _) in rows {
        match row::kind(arena, *address) {
            Kind::Prescription => named.rx = Some((*address, row::prescription(arena, *address))),
            Kind::FeeLine => named.lines.push((*address, row::fee_line(arena, *address))),
            _ => named.sales.push((*address, row::dispensing(arena, *address))),
        }
    }
    named
}
