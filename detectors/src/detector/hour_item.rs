//! An item charged by the hour, for more hours than the day had, or than the stay had of that day.
//!
//! Reads net fee lines of items in tables by visit, beside the visit (`Visit`): one pass over these lines whenever one
//! of them, the visit or its class changes, shared with `pair_conflict`, `quantity_limit` and `course_limit`. Lines for
//! which no row of these tables is valid on the day never come here.
//! Without the visit, an item and day are not judged (`Missing::Visit`).

use std::collections::BTreeMap;

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row::{self, Day, FeeLine, Visit, day_of};
use records::time::start_of;
use rulebank::{AmountKind, Comparison, DetectorSpec, Subject};

use super::pair_conflict::sorted;
use crate::classes::{Class, Classes};
use crate::compile::{Compiler, Items, Listed};
use crate::coverage::{Count, InstitutionMonth, Missing};
use crate::exact::{exact_quantity, fen_of};
use crate::finding::{AmountBasis, Finding, KeyPart, Value, money_of_lines};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::Out;

const MORE_THAN_HOURS: Comparison = Comparison::new(0, "the quantity is above the hours");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "hour_item",
    table: Some("hour_item"),
    values: &["item", "day", "quantity", "limit"],
    comparisons: &[MORE_THAN_HOURS],
    subject: Subject::Always("visit"),
    keys: &[&["mdtrt_id", "med_list_codg", "day"]],
    amount: Some(AmountKind::QuantityBeyondLimit),
    near: &[Kind::FeeLine, Kind::Visit],
    ..DetectorSpec::BARE
};

/// A row says nothing but that it is there.
type HourItem = Listed<()>;

/// Rows by item.
pub type Rules = Items<()>;

/// Compiles its rows.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.by_item(&SPEC, |_, _| (), |row| (row.rule, row.own))
}

/// The whole hours of a day in which the item can have been used.
///
/// Of a stay, on days of which some part of it is: its hours that day, a begun one counted; else 24.
fn hours(classes: &Classes, visit: &Visit, day: Day) -> i64 {
    if classes.class(visit.med_type, day_of(visit.begin)) != Class::Inpatient {
        return 24;
    }
    let (midnight, next) = (start_of(day), start_of(day + 1));
    let seconds = visit.end.unwrap_or(next).min(next) - visit.begin.max(midnight);
    if seconds > 0 { (seconds + 3599) / 3600 } else { 24 }
}

/// Judges the net lines of a visit, item by item and day by day.
pub fn judge(
    arena: &Arena,
    bank: &Policy,
    rules: &Rules,
    classes: &Classes,
    lines: &BTreeMap<TextRef, Vec<(RowRef, FeeLine)>>,
    visit: Option<RowRef>,
    sink: &mut Sink,
) {
    for (item, lines) in lines {
        let Some(rows) = rules.get(item) else { continue };
        let mut days: BTreeMap<Day, Vec<(RowRef, FeeLine)>> = BTreeMap::new();
        for (address, line) in lines {
            days.entry(day_of(line.time)).or_default().push((*address, *line));
        }
        for (day, lines) in days {
            let holding: Vec<&HourItem> = rows.iter().filter(|row| row.validity.holds(day)).collect();
            for of_rule in holding.chunk_by(|a, b| a.rule == b.rule) {
                let rule = of_rule[0].rule;
                sink.count(Count::Subject(rule));
                let Some(visit) = visit.map(|visit| row::visit(arena, visit)) else {
                    sink.not_judged(rule, Missing::Visit, InstitutionMonth::on(lines[0].1.institution, day));
                    continue;
                };
                let limit = hours(classes, &visit, day) * 10_000;
                let quantity = lines.iter().fold(0i64, |sum, (_, line)| sum.saturating_add(line.cnt));
                if !bank.over(MORE_THAN_HOURS, quantity, limit) {
                    continue;
                }
                let lines = sorted(arena, &lines);
                let price = lines.iter().map(|(_, line)| line.price).max().unwrap_or(0);
                let excess = exact_quantity(quantity) - exact_quantity(limit);
                let own = of_rule.iter().all(|row| row.own);
                sink.emit(Out::Finding(Box::new(Finding {
                    rule,
                    verdict: bank.verdict(rule, own),
                    key: vec![KeyPart::Text(lines[0].1.visit), KeyPart::Text(*item), KeyPart::Day(day)],
                    institution: visit.institution,
                    evidence: lines.iter().map(|(row, _)| *row).collect(),
                    occurred: lines.iter().map(|(_, line)| line.time).max().unwrap_or(i64::MIN),
                    amount_basis: AmountBasis::Laid(fen_of(excess, price), money_of_lines(&lines).1),
                    values: vec![
                        Value::Text(*item),
                        Value::Day(day),
                        Value::Quantity(quantity),
                        Value::Quantity(limit),
                    ],
                })));
            }
        }
    }
}
