//! An item charged by the hour, for more hours than the day had, or than the stay had of that day.
//!
//! Reads net fee lines of items in tables by visit, beside the visit (`Visit`): one pass over these lines whenever one
//! of them, the visit or its class changes, shared with `pair_conflict`, `quantity_limit` and `course_limit`. Lines for
//! which no row of these tables is valid on the day never come here.
//! Without the visit, an item and day are not judged (`Missing::Visit`).

use std::cmp::Ordering;

use records::arena::{RowRef, TextRef};
use records::row::{FeeLine, Moment, day_of};
use records::time::start_of;
use rulebank::{AmountKind, Comparison, DetectorSpec, Row};

use crate::classes::Class;
use crate::compile::{Compiler, Items};
use crate::condition::{Condition, comparisons};
use crate::exact::{exact_quantity, fen_of};
use crate::finding::{AmountBasis, Value, money_of_lines};
use crate::shape::item_cap::{self, Charged, ItemCap, OfItem};
use crate::why::steps::{Why, moment, quantity};

const MORE_THAN_HOURS: Comparison = Comparison::new(0, "the quantity is above the hours");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "hour_item",
    table: Some("hour_item"),
    values: &["item", "day", "quantity", "limit"],
    comparisons: &comparisons::<1, _>(HourItem::CONDITIONS),
    keys: &[&["mdtrt_id", "med_list_codg", "day"]],
    amount: Some(AmountKind::QuantityBeyondLimit),
    ..item_cap::SPEC
};

/// Rows by item: a row says nothing but that it is there.
pub type Rules = Items<()>;

/// Compiles its rows.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.by_item(&SPEC, |_, _| (), |row| (row.rule, row.own))
}

/// Items that are charged by the hour.
#[derive(Debug)]
pub struct HourItem;

impl Charged<'_, HourItem> {
    /// The part of a stay that lies on the day; none if it is no stay, or none of it does.
    fn part_of_stay(&self) -> Option<(Moment, Moment)> {
        let ((_, visit), day) = (self.visit?, self.day?);
        let is_stay = self.classes.class(visit.med_type, day_of(visit.begin)) == Class::Inpatient;
        let (midnight, next) = (start_of(day), start_of(day + 1));
        let (from, to) = (visit.begin.max(midnight), visit.end.unwrap_or(next).min(next));
        (is_stay && from < to).then_some((from, to))
    }

    /// The whole hours of the day in which the item can have been used: those of the stay, a begun one counted, on
    /// days of which some part of it is; else 24.
    fn hours(&self) -> i64 {
        self.part_of_stay().map_or(24, |(from, to)| (to - from + 3599) / 3600)
    }
}

impl ItemCap for HourItem {
    const SPEC: DetectorSpec = SPEC;
    const CONDITIONS: &'static [Condition<OfItem<HourItem>>] = &[
        OfItem::visit_stands(),
        Condition::holds(
            ["当日计费小时数超过可能的小时数", "more hours were charged on the day than there can have been"],
            |charged| {
                let mut values =
                    vec![("quantity", quantity(charged.quantity())), ("limit", charged.hours().to_string())];
                if let Some((from, to)) = charged.part_of_stay() {
                    values.extend([("begin", moment(from)), ("end", moment(to))]);
                }
                values
            },
            &[MORE_THAN_HOURS],
            |bank, charged| bank.over(MORE_THAN_HOURS, charged.quantity(), charged.hours() * 10_000),
        ),
    ];
    type States = ();

    fn states(_: &Row) {}
    fn is_by_day((): &()) -> bool {
        true
    }
    fn stricter((): &(), (): &()) -> Ordering {
        Ordering::Equal
    }
    fn amount(charged: &Charged<'_, HourItem>, lines: &[(RowRef, FeeLine)]) -> AmountBasis {
        let excess = exact_quantity(charged.quantity()) - exact_quantity(charged.hours() * 10_000);
        AmountBasis::Laid(fen_of(excess, charged.highest_price()), money_of_lines(lines).1)
    }
    fn values(charged: &Charged<'_, HourItem>, _: &[(RowRef, FeeLine)]) -> Vec<Value> {
        let (charges, hours) = (charged.quantity(), charged.hours() * 10_000);
        let day = charged.day.map(Value::Day);
        let quantities = [Value::Quantity(charges), Value::Quantity(hours)];
        [Value::Text(charged.item())].into_iter().chain(day).chain(quantities).collect()
    }
}

/// Goes through the conditions of (visit, item, day).
pub fn why(why: &mut Why<'_, '_>, rules: &Rules, key: &[TextRef]) -> Option<()> {
    item_cap::why::<HourItem>(why, rules, key)
}
