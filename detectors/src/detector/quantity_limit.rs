//! More of an item than is paid per day or per visit.
//!
//! Reads the net lines of a visit whose items are in a table of items by visit, all together, beside the visit: read
//! once for this detector, `pair_conflict`, `course_limit` and `hour_item`, and again when one of these lines or the
//! visit's record changes. Lines of other items never come here. A line counts if a row holds on its own day; the limit
//! is the strictest row that any of the lines met.
//!
//! It needs no record but the lines, so that no reason for not judging is stated; the visit serves to name the
//! institution.

use std::cmp::Ordering;

use records::arena::{RowRef, TextRef};
use records::row::{Day, FeeLine, day_of};
use rulebank::{AmountKind, Comparison, DetectorSpec, Row};

use crate::compile::{Compiler, Items};
use crate::condition::{Condition, comparisons};
use crate::exact::{exact, exact_quantity, exact_text, fen_of};
use crate::finding::{AmountBasis, MessageWord, Value, money_of_lines, shown};
use crate::shape::item_cap::{self, Charged, ItemCap, OfItem};
use crate::why::steps::{Why, quantity};

const ABOVE_MAX: Comparison = Comparison::new(0, "the quantity is above max");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "quantity_limit",
    table: Some("quantity_limit"),
    values: &["item", "quantity", "limit", "unit", "day"],
    comparisons: &comparisons::<1, _>(QuantityLimit::CONDITIONS),
    keys: &[&["mdtrt_id", "med_list_codg", "day"], &["mdtrt_id", "med_list_codg"]],
    amount: Some(AmountKind::QuantityBeyondLimit),
    ..item_cap::SPEC
};

/// What a row of the table states.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantity {
    /// Whether it is a limit for each day, not for each visit.
    pub per_day: bool,
    /// In units of 10^-10.
    pub max: i128,
}

/// Rows by item, the strictest of a rule and unit first.
pub type Rules = Items<Quantity>;

/// Compiles its rows.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.by_item(
        &SPEC,
        |_, row| QuantityLimit::states(row),
        |limit| (limit.rule, limit.what.per_day, limit.what.max, limit.own),
    )
}

/// Quantities of an item by day or by visit.
#[derive(Debug)]
pub struct QuantityLimit;

impl Charged<'_, QuantityLimit> {
    /// What is charged beyond the limit, in units of 10^-10.
    fn excess(&self) -> i128 {
        exact_quantity(self.quantity()) - self.cap.what.max
    }
}

impl ItemCap for QuantityLimit {
    const SPEC: DetectorSpec = SPEC;
    const CONDITIONS: &'static [Condition<OfItem<QuantityLimit>>] = &[Condition::holds(
        ["数量超过限额", "the quantity is above the limit"],
        |charged| {
            let unit = if charged.day.is_some() { "day" } else { "visit" };
            vec![
                ("quantity", quantity(charged.quantity())),
                ("limit", exact_text(charged.cap.what.max)),
                ("unit", unit.to_owned()),
            ]
        },
        &[ABOVE_MAX],
        |bank, charged| bank.over(ABOVE_MAX, charged.excess(), 0),
    )];
    type States = Quantity;

    fn states(row: &Row) -> Quantity {
        Quantity { per_day: row.text("unit") == "day", max: exact(row.decimal("max").unwrap_or_default()) }
    }
    fn is_by_day(limit: &Quantity) -> bool {
        limit.per_day
    }
    fn stricter(a: &Quantity, b: &Quantity) -> Ordering {
        a.max.cmp(&b.max)
    }
    fn amount(charged: &Charged<'_, QuantityLimit>, lines: &[(RowRef, FeeLine)]) -> AmountBasis {
        let amount = fen_of(charged.excess(), charged.highest_price());
        AmountBasis::Laid(amount, money_of_lines(lines).1)
    }
    fn values(charged: &Charged<'_, QuantityLimit>, lines: &[(RowRef, FeeLine)]) -> Vec<Value> {
        let limit = charged.cap.what;
        let first = lines.first().map_or(Day::MIN, |(_, line)| day_of(line.time));
        vec![
            Value::Text(charged.item()),
            Value::Quantity(charged.quantity()),
            shown(limit.max),
            Value::Word(if limit.per_day { MessageWord::EachDay } else { MessageWord::EachVisit }),
            Value::Day(charged.day.unwrap_or(first)),
        ]
    }
}

/// Goes through the conditions of (visit, item) or (visit, item, day).
pub fn why(why: &mut Why<'_, '_>, rules: &Rules, key: &[TextRef]) -> Option<()> {
    item_cap::why::<QuantityLimit>(why, rules, key)
}
