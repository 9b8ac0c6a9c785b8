//! Conditions about the goods of an institution: used more than there can have been, used without being bought.

use std::collections::{BTreeMap, BTreeSet};

use records::Kind;
use records::arena::TextRef;
use records::codes::ListType;
use records::row::{self, Day, Dispensing, FeeLine, StockCount, day_of};
use rust_decimal::Decimal;

use super::Scene;
use super::steps::{Why, day, quantity};
use crate::classes::Class;
use crate::compile::{decimal, integer};

/// A use of an item: its day and quantity in ten-thousandths.
fn uses(scene: &Scene<'_>, institution: TextRef, item: TextRef) -> Vec<(Day, i64)> {
    // Services are no goods.
    let lines: Vec<FeeLine> = scene
        .net_lines()
        .filter(|line| {
            line.institution == institution && line.item == item && line.list_type != ListType::Service
        })
        .collect();
    let sales: Vec<Dispensing> = scene
        .sales()
        .filter(|sale| sale.institution == institution && sale.item == item && sale.insured)
        .collect();
    // One pass over the visits: a common item has very many uses.
    let visits: BTreeSet<TextRef> =
        lines.iter().map(|line| line.visit).chain(sales.iter().map(|sale| sale.visit)).collect();
    let is_pharmacy: BTreeMap<TextRef, bool> = scene
        .visits()
        .filter(|(_, visit)| visits.contains(&visit.id))
        .map(|(_, visit)| (visit.id, scene.class(&visit) == Class::Pharmacy))
        .collect();
    let lines = lines
        .iter()
        .filter(|line| is_pharmacy.get(&line.visit) == Some(&false))
        .map(|line| (day_of(line.time), line.cnt));
    let sales = sales
        .iter()
        .filter(|sale| sale.visit.is_none() || is_pharmacy.get(&sale.visit) == Some(&true))
        .map(|sale| (day_of(sale.time), sale.cnt));
    lines.chain(sales).collect()
}

/// Purchases of an institution: day, signed quantity, whether a return.
fn purchases(scene: &Scene<'_>, institution: TextRef) -> Vec<row::Purchase> {
    let all = scene.rows(Kind::Purchase).iter().map(|address| row::purchase(scene.arena, *address));
    all.filter(|purchase| purchase.institution == institution).collect()
}

fn counts(scene: &Scene<'_>, institution: TextRef, item: TextRef) -> Vec<StockCount> {
    let all = scene.rows(Kind::StockCount).iter().map(|address| row::stock_count(scene.arena, *address));
    all.filter(|count| count.institution == institution && count.item == item).collect()
}

fn exact(quantity: i64) -> Decimal {
    Decimal::from_i128_with_scale(i128::from(quantity), 4)
}

/// (institution, item) of which more was used on some day than there can have been.
pub(super) fn stock_balance(why: &mut Why<'_, '_>, institution: TextRef, item: TextRef) -> Option<()> {
    let scene = why.scene;
    let of_item: Vec<row::Purchase> =
        purchases(scene, institution).into_iter().filter(|purchase| purchase.item == item).collect();
    let opening = counts(scene, institution, item)
        .into_iter()
        .min_by(|a, b| a.day.cmp(&b.day).then_with(|| scene.compare(a.id, b.id)));
    let bought = of_item.iter().filter(|purchase| !purchase.is_return).count();
    let opened =
        opening.map(|count| format!("{} {} {}", scene.text(count.id), day(count.day), quantity(count.cnt)));
    why.check(
        ["该机构有该项目的采购或盘点", "the institution has a purchase or a stock count of the item"],
        vec![("bought", bought.to_string()), ("opening", opened.unwrap_or_else(|| "-".to_owned()))],
        bought > 0 || opening.is_some(),
    )?;
    // Used and supplied by day, after the day of the opening.
    let mut days: BTreeMap<Day, (i64, i64)> = BTreeMap::new();
    for (on, cnt) in uses(scene, institution, item) {
        let used = &mut days.entry(on).or_default().0;
        *used = used.saturating_add(cnt);
    }
    let mut supplies: Vec<(Day, i64)> = Vec::new();
    for purchase in &of_item {
        let sign = if purchase.is_return { -1 } else { 1 };
        supplies.push((day_of(purchase.time), sign * purchase.cnt));
    }
    for address in scene.rows(Kind::StockChange) {
        let change = row::stock_change(scene.arena, *address);
        if change.institution == institution && change.item == item {
            supplies.push((day_of(change.time), change.cnt));
        }
    }
    for (on, cnt) in supplies {
        let supply = &mut days.entry(on).or_default().1;
        *supply = supply.saturating_add(cnt);
    }
    let (tolerance, units) = (decimal(why.rule, "tolerance"), decimal(why.rule, "units"));
    let (mut used, mut supply) = (0i64, opening.map_or(0, |count| count.cnt));
    let mut worst: Option<(Decimal, Day, i64, i64)> = None;
    for (on, (uses, supplies)) in days {
        if opening.is_some_and(|count| on <= count.day) {
            continue;
        }
        used = used.saturating_add(uses);
        supply = supply.saturating_add(supplies);
        let excess = exact(used) - exact(supply) * (Decimal::ONE + tolerance) - units;
        if worst.is_none_or(|(greatest, ..)| excess > greatest) {
            worst = Some((excess, on, used, supply));
        }
    }
    let condition = [
        "某日累计使用量超过可用量乘以（1加容许误差）再加容许单位数",
        "on some day more was used than supplied, the tolerance and the units granted",
    ];
    let Some((excess, on, used, supply)) = worst else {
        return why.check(condition, vec![("used", "0".to_owned())], false);
    };
    why.check(
        condition,
        vec![
            ("day", day(on)),
            ("used", quantity(used)),
            ("supply", quantity(supply)),
            ("tolerance", tolerance.to_string()),
            ("units", units.to_string()),
            ("excess", excess.normalize().to_string()),
        ],
        excess > Decimal::ZERO,
    )?;
    why.needed(Kind::Institution, institution, "missing:institution")?;
    Some(())
}

/// (institution, item) used on a day without a purchase in the days before, and without stock.
pub(super) fn supply_gap(why: &mut Why<'_, '_>, institution: TextRef, item: TextRef) -> Option<()> {
    let scene = why.scene;
    let mut uses = uses(scene, institution, item);
    uses.sort_unstable();
    let values = vec![("item", scene.text(item)), ("used", uses.len().to_string())];
    why.check(["该机构使用过该项目", "the institution used the item"], values, !uses.is_empty())?;
    let days = integer(why.rule, "days");
    let all = purchases(scene, institution);
    let bought: Vec<Day> = all
        .iter()
        .filter(|purchase| !purchase.is_return && purchase.item == item)
        .map(|purchase| day_of(purchase.time))
        .collect();
    let last = |on: Day| bought.iter().copied().filter(|bought| *bought <= on).max();
    let without = uses.iter().find(|(on, _)| last(*on).is_none_or(|last| i64::from(on - last) >= days));
    // Where every use is supplied, the one that came nearest is shown.
    let shown = without.or_else(|| uses.iter().max_by_key(|(on, _)| last(*on).map(|last| on - last)));
    let on = shown.map(|(on, _)| *on)?;
    why.check(
        ["某日使用而此前规定天数内没有采购", "on some day it was used and not bought in the days up to it"],
        vec![
            ("day", day(on)),
            ("bought", last(on).map_or_else(|| "-".to_owned(), day)),
            ("days", days.to_string()),
        ],
        without.is_some(),
    )?;
    let counted = counts(scene, institution, item).into_iter().find(|count| count.cnt > 0);
    why.check(
        ["没有大于零的盘点", "no stock count of the item is above zero"],
        vec![(
            "opening",
            counted.map_or_else(
                || "-".to_owned(),
                |count| format!("{} {}", day(count.day), quantity(count.cnt)),
            ),
        )],
        counted.is_none(),
    )?;
    why.needed(Kind::Institution, institution, "missing:institution")?;
    let buys = ["该机构有任何采购记录", "the institution sends purchases"];
    let values = vec![("bought", all.len().to_string())];
    if all.is_empty() {
        return why.missing(buys, values, "missing:purchase");
    }
    why.check(buys, values, true)
}
