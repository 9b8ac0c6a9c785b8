//! Conditions about several lines of an item: too many days, too much, too soon, beside another item.

use std::collections::BTreeSet;

use records::arena::TextRef;
use records::row::{Day, FeeLine, day_of};
use records::time::start_of;
use rulebank::Row;
use rust_decimal::Decimal;

use super::steps::{Values, Why, day, moment, quantity, row_text};

/// Net lines of an item in a visit, each with the rows that hold on its day; only those that have one.
fn counting<'a>(
    why: &mut Why<'_, 'a>,
    visit: TextRef,
    item: TextRef,
    table: &str,
    counts: impl Fn(&Row) -> bool,
) -> Option<Vec<(FeeLine, Vec<&'a Row>)>> {
    let scene = why.scene;
    let mut lines = scene.lines_of(visit);
    lines.retain(|line| line.item == item);
    let sns: Vec<String> = lines.iter().map(|line| scene.text(line.sn)).collect();
    why.check(
        ["该就诊有该项目的明细（冲销后）", "the visit has lines of the item, reversals taken off"],
        vec![("mdtrt_id", scene.text(visit)), ("item", scene.text(item)), ("feedetl_sn", sns.join("; "))],
        !lines.is_empty(),
    )?;
    let rows = |line: &FeeLine| -> Vec<&'a Row> {
        let rows = scene.rows_for(why.rule, table, item, day_of(line.time));
        rows.into_iter().filter(|row| counts(row)).collect()
    };
    let lines: Vec<(FeeLine, Vec<&Row>)> =
        lines.into_iter().map(|line| (line, rows(&line))).filter(|(_, rows)| !rows.is_empty()).collect();
    let mut stated: Vec<String> =
        lines.iter().flat_map(|(_, rows)| rows.iter().map(|row| row_text(row))).collect();
    stated.sort_unstable();
    stated.dedup();
    let id = &why.rule.id;
    let holds = !lines.is_empty();
    why.check(
        [
            &format!("知识表 {table} 在这些明细当日有归 {id} 的行"),
            &format!("table {table} has a row of {id} for the item that holds on the day of a line"),
        ],
        stated.into_iter().map(|row| ("row", row)).collect(),
        holds,
    )?;
    Some(lines)
}

fn sum(lines: &[(FeeLine, Vec<&Row>)]) -> i64 {
    lines.iter().fold(0, |sum, (line, _)| sum.saturating_add(line.cnt))
}

fn exact(quantity: i64) -> Decimal {
    Decimal::from_i128_with_scale(i128::from(quantity), 4)
}

/// (visit, item) on more days than are paid.
pub(super) fn course_limit(why: &mut Why<'_, '_>, visit: TextRef, item: TextRef) -> Option<()> {
    let lines = counting(why, visit, item, "course_limit", |_| true)?;
    let days: BTreeSet<Day> = lines.iter().map(|(line, _)| day_of(line.time)).collect();
    let max =
        lines.iter().flat_map(|(_, rows)| rows.iter().filter_map(|row| row.integer("max_days"))).min()?;
    why.check(
        ["使用天数超过最多支付天数", "the item was billed on more days than are paid"],
        vec![
            ("days", days.len().to_string()),
            ("day", days.iter().map(|on| day(*on)).collect::<Vec<_>>().join("; ")),
            ("limit", max.to_string()),
        ],
        i64::try_from(days.len()).unwrap_or(i64::MAX) > max,
    )
}

/// (visit, item) or (visit, item, day) of more than is paid.
pub(super) fn quantity_limit(
    why: &mut Why<'_, '_>,
    visit: TextRef,
    item: TextRef,
    on: Option<TextRef>,
) -> Option<()> {
    let on = match on {
        Some(part) => Some(why.day(part)?),
        None => None,
    };
    let unit = if on.is_some() { "day" } else { "visit" };
    let mut lines = counting(why, visit, item, "quantity_limit", |row| row.text("unit") == unit)?;
    if let Some(on) = on {
        lines.retain(|(line, _)| day_of(line.time) == on);
        let values = vec![("day", day(on))];
        why.check(["当日有该项目的明细", "there are such lines on the day"], values, !lines.is_empty())?;
    }
    let max = lines.iter().flat_map(|(_, rows)| rows.iter().filter_map(|row| row.decimal("max"))).min()?;
    let sum = sum(&lines);
    why.check(
        ["数量超过限额", "the quantity is above the limit"],
        vec![("quantity", quantity(sum)), ("limit", max.normalize().to_string()), ("unit", unit.to_owned())],
        exact(sum) > max,
    )
}

/// (visit, item, day) of an item charged by the hour: more hours than there were.
pub(super) fn hour_item(why: &mut Why<'_, '_>, visit: TextRef, item: TextRef, on: TextRef) -> Option<()> {
    let on = why.day(on)?;
    let mut lines = counting(why, visit, item, "hour_item", |_| true)?;
    lines.retain(|(line, _)| day_of(line.time) == on);
    let values = vec![("day", day(on))];
    why.check(["当日有该项目的明细", "there are such lines on the day"], values, !lines.is_empty())?;
    let address = why.needed(records::Kind::Visit, visit, "missing:visit")?;
    let visit = records::row::visit(why.scene.arena, address);
    let (midnight, next) = (start_of(on), start_of(on + 1));
    let (from, to) = (visit.begin.max(midnight), visit.end.unwrap_or(next).min(next));
    // A stay limits the hours only on days of which some part of it is.
    let part = why.scene.is_stay(&visit) && from < to;
    let limit = if part { (to - from + 3599) / 3600 } else { 24 };
    let sum = sum(&lines);
    let mut values: Values = vec![("quantity", quantity(sum)), ("limit", limit.to_string())];
    if part {
        values.extend([("begin", moment(from)), ("end", moment(to))]);
    }
    why.check(
        ["当日计费小时数超过可能的小时数", "more hours were charged on the day than there can have been"],
        values,
        exact(sum) > Decimal::from(limit),
    )
}

/// (visit, day, item paid, item denied) billed together.
pub(super) fn pair_conflict(
    why: &mut Why<'_, '_>,
    visit: TextRef,
    on: TextRef,
    items: [TextRef; 2],
) -> Option<()> {
    let scene = why.scene;
    let on = why.day(on)?;
    let [paid, denied] = items.map(|item| scene.text(item));
    let rows = scene
        .table(why.rule, "pair_conflict")
        .filter(|row| row.text("item_paid") == paid && row.text("item_denied") == denied && row.holds_on(on));
    let rows = rows.count();
    why.check(
        [
            "知识表 pair_conflict 有这两个项目当日有效的行",
            "table pair_conflict has a row for the two items that holds on the day",
        ],
        vec![("item_paid", paid), ("item_denied", denied), ("day", day(on))],
        rows > 0,
    )?;
    let mut lines = scene.lines_of(visit);
    lines.retain(|line| day_of(line.time) == on);
    for (item, condition) in items.into_iter().zip([
        ["当日有已付项目的明细", "the visit has a line of the paid item on the day"],
        ["当日另有不应另付项目的明细", "and one of the item that is not paid beside it"],
    ]) {
        let of_item = lines.iter().filter(|line| line.item == item);
        let sns: Vec<String> = of_item.map(|line| scene.text(line.sn)).collect();
        let values = vec![("item", scene.text(item)), ("feedetl_sn", sns.join("; "))];
        why.check(condition, values, !sns.is_empty())?;
    }
    Some(())
}

/// (person, item, earlier day, later day) that follow each other too soon.
pub(super) fn cycle_gap(
    why: &mut Why<'_, '_>,
    person: TextRef,
    item: TextRef,
    days: [TextRef; 2],
) -> Option<()> {
    let scene = why.scene;
    let (earlier, later) = (why.day(days[0])?, why.day(days[1])?);
    let lines = scene.net_lines().filter(|line| line.item == item && line.psn_no == person);
    let all: BTreeSet<Day> = lines.map(|line| day_of(line.time)).collect();
    let all: Vec<Day> = all.into_iter().collect();
    why.check(
        [
            "两日先后相邻，均有该人该项目的明细（所有机构）",
            "the days follow each other among those with lines of the item to the person, at all institutions",
        ],
        vec![
            ("item", scene.text(item)),
            ("psn_no", scene.text(person)),
            ("earlier", day(earlier)),
            ("later", day(later)),
            ("day", all.iter().map(|on| day(*on)).collect::<Vec<_>>().join("; ")),
        ],
        all.windows(2).any(|two| two == [earlier, later]),
    )?;
    let rows = why.table_rows("cycle_gap", item, later)?;
    let least = rows.iter().filter_map(|row| row.integer("min_days")).max()?;
    let apart = i64::from(later) - i64::from(earlier);
    why.check(
        ["间隔天数少于最短间隔", "the days between are fewer than the item needs"],
        vec![("days", apart.to_string()), ("min_days", least.to_string())],
        apart < least,
    )
}
