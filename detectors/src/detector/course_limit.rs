//! An item given on more days of a visit than are paid for.
//!
//! Reads net fee lines of items in tables by visit, beside the visit (`Visit`), which names the institution: one pass
//! over these lines whenever one of them, or the visit, changes, shared with `pair_conflict`, `quantity_limit` and
//! `hour_item`. Lines for which no row of these tables is valid on the day never come here. A line counts where a
//! row of `course_limit` holds on its own day. There is no reason for which an item is not judged.

use std::cmp::Ordering;

use records::arena::{RowRef, TextRef};
use records::row::{Day, FeeLine, day_of};
use rulebank::{AmountKind, Comparison, DetectorSpec, Row};

use crate::compile::{Compiler, Items};
use crate::condition::{Condition, comparisons};
use crate::finding::{AmountBasis, Value, money_of_lines};
use crate::shape::item_cap::{self, Charged, ItemCap, OfItem};
use crate::why::steps::{Why, day};

const MORE_DAYS: Comparison = Comparison::new(0, "there are more days than max_days");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "course_limit",
    table: Some("course_limit"),
    values: &["item", "days", "limit"],
    comparisons: &comparisons::<1, _>(CourseLimit::CONDITIONS),
    keys: &[&["mdtrt_id", "med_list_codg"]],
    amount: Some(AmountKind::ChargesBeyondDays),
    ..item_cap::SPEC
};

/// Rows by item, the strictest of a rule first: the most days.
pub type Rules = Items<i64>;

/// Compiles its rows.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.by_item(&SPEC, |_, row| CourseLimit::states(row), |limit| (limit.rule, limit.what, limit.own))
}

/// Days on which an item is charged in a visit.
#[derive(Debug)]
pub struct CourseLimit;

impl Charged<'_, CourseLimit> {
    fn count(&self) -> i64 {
        i64::try_from(self.days().len()).unwrap_or(i64::MAX)
    }
}

impl ItemCap for CourseLimit {
    const SPEC: DetectorSpec = SPEC;
    const CONDITIONS: &'static [Condition<OfItem<CourseLimit>>] = &[Condition::holds(
        ["使用天数超过最多支付天数", "the item was billed on more days than are paid"],
        |charged| {
            let days: Vec<String> = charged.days().into_iter().map(day).collect();
            vec![
                ("days", days.len().to_string()),
                ("day", days.join("; ")),
                ("limit", charged.cap.what.to_string()),
            ]
        },
        &[MORE_DAYS],
        |bank, charged| bank.over(MORE_DAYS, charged.count(), charged.cap.what),
    )];
    type States = i64;

    fn states(row: &Row) -> i64 {
        row.integer("max_days").unwrap_or(0)
    }
    fn is_by_day(_: &i64) -> bool {
        false
    }
    fn stricter(a: &i64, b: &i64) -> Ordering {
        a.cmp(b)
    }
    fn amount(charged: &Charged<'_, CourseLimit>, lines: &[(RowRef, FeeLine)]) -> AmountBasis {
        let kept = usize::try_from(charged.cap.what).unwrap_or(0);
        let beyond = charged.days().get(kept).copied().unwrap_or(Day::MAX);
        let beyond: Vec<(RowRef, FeeLine)> =
            lines.iter().filter(|(_, line)| day_of(line.time) >= beyond).copied().collect();
        let (amount, money) = money_of_lines(&beyond);
        AmountBasis::Laid(amount, money)
    }
    fn values(charged: &Charged<'_, CourseLimit>, _: &[(RowRef, FeeLine)]) -> Vec<Value> {
        vec![Value::Text(charged.item()), Value::Int(charged.count()), Value::Int(charged.cap.what)]
    }
}

/// Goes through the conditions of (visit, item).
pub fn why(why: &mut Why<'_, '_>, rules: &Rules, key: &[TextRef]) -> Option<()> {
    item_cap::why::<CourseLimit>(why, rules, key)
}
