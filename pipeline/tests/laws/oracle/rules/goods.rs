//! Rules about goods sold and held: T01, P08, G02.

use std::collections::{BTreeMap, BTreeSet};

use super::super::decode::Key;
use super::super::facts::{Facts, NetSale, amount, day, required, time};
use super::super::finding::{Finding, Judgement};
use super::super::tables::{Row, all_own, rule_rows, strictest};
use super::super::values::{DAY, UNIT, day_of, fen};

/// T01, trace code: in ≥ 2 insured sales with trdn_flag not 1. Amount the prices of all but the earliest.
///
/// Near: one such sale, and another sale that carries the code but does not count.
pub(crate) fn t01(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    let codes: BTreeSet<&String> = facts.sales.iter().flat_map(|sale| &sale.codes).collect();
    for code in codes {
        let mut sales: Vec<&NetSale> =
            facts.insured_sales().filter(|sale| !sale.is_split && sale.codes.contains(code)).collect();
        if sales.len() < 2 {
            let others = facts.sales.iter().filter(|sale| sale.codes.contains(code)).count();
            judgement.near += u64::from(sales.len() == 1 && others > 1);
            continue;
        }
        sales.sort_by_key(|sale| (sale.time, &sale.id));
        let mut finding = Finding::new("T01", vec![code.clone()]);
        let mut sum = 0;
        for (place, sale) in sales.iter().enumerate() {
            finding.show_one("dispensing", &sale.id);
            if place > 0 {
                let price = sale.price.unwrap_or(0);
                sum += price;
                finding.laid.insert(("dispensing", vec![sale.id.clone()]), fen(price, 6));
            }
        }
        finding.amount = fen(sum, 6);
        judgement.findings.push(finding);
    }
    judgement
}

/// P08, (person, item), item in table `resale_prone`: in some window (t − 180 d, t], t the sel_time of an
/// insured sale of the item to the person, cnt of such sales > limit and ≥ 3 institutions.
///
/// The row is one valid on the day of the sale that ends the window. A sale that names no person is nobody's.
/// Near: in some window one of the two conditions holds and the other does not.
pub(crate) fn p08(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    let rows = rule_rows(facts.tables, "resale_prone", "P08");
    let mut bought: BTreeMap<(&str, &str), Vec<&NetSale>> = BTreeMap::new();
    for sale in facts.insured_sales() {
        if let Some(person) = &sale.person {
            bought.entry((person, &sale.item)).or_default().push(sale);
        }
    }
    for ((person, item), sales) in bought {
        let mut firing: Vec<&Row> = Vec::new();
        let mut shown: BTreeMap<&str, &NetSale> = BTreeMap::new();
        let mut is_near = false;
        for last in &sales {
            let met: Vec<&Row> = rows
                .iter()
                .filter(|row| row.cell("item") == item && row.is_valid(day_of(last.time)))
                .collect();
            let bound =
                |row: &Row| row.number("limit").expect("a bank whose limits are no numbers is invalid");
            let strictest = strictest(&met, |row| -bound(row));
            let Some(row) = strictest.first() else {
                continue;
            };
            let window: Vec<&NetSale> = sales
                .iter()
                .filter(|sale| last.time - 180 * DAY < sale.time && sale.time <= last.time)
                .copied()
                .collect();
            let is_much = window.iter().map(|sale| sale.cnt).sum::<i128>() > bound(row);
            let places: BTreeSet<&str> = window.iter().map(|sale| sale.institution.as_str()).collect();
            if is_much && places.len() >= 3 {
                firing.extend(strictest);
                shown.extend(window.iter().map(|sale| (sale.id.as_str(), *sale)));
            } else {
                is_near |= is_much || places.len() >= 3;
            }
        }
        if firing.is_empty() {
            judgement.near += u64::from(is_near);
            continue;
        }
        let key = vec![person.to_owned(), item.to_owned()];
        let mut finding = Finding::new("P08", key).read_by(all_own(&firing));
        finding.amount = fen(shown.values().map(|sale| sale.worth()).sum(), 12);
        for sale in shown.values() {
            finding.show_one("dispensing", &sale.id);
            finding.lay_on_sale(sale);
        }
        judgement.findings.push(finding);
    }
    judgement
}

/// Something sold or billed out of the stock of an institution.
struct Use {
    record: (&'static str, Key),
    day: i64,
    cnt: i128,
    price: Option<i128>,
    /// Its own money in fen.
    own: i128,
}

/// G02, (institution, item) that has a purchase or a count: on some day used > supply × 1.05 + 2.
///
/// A purchase return alone is no purchase. Without an opening count the finding is an indicator.
/// Near: on some day more is used than was there, but within the tolerance.
pub(crate) fn g02(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    let bought = facts.all("purchase").filter(|(_, fields)| required(fields, "move") == "purchase");
    let pairs: BTreeSet<(&str, &str)> = bought
        .chain(facts.all("stock_count"))
        .map(|(_, fields)| (required(fields, "fixmedins_code"), required(fields, "med_list_codg")))
        .collect();
    for (institution, item) in pairs {
        let of_pair = |kind: &'static str| {
            facts.all(kind).filter(move |(_, fields)| {
                required(fields, "fixmedins_code") == institution && required(fields, "med_list_codg") == item
            })
        };
        let opening =
            of_pair("stock_count").min_by_key(|(key, fields)| (day(fields, "invdate"), key[0].clone()));
        let opening_day = opening.and_then(|(_, fields)| day(fields, "invdate"));
        let opening_cnt = opening.and_then(|(_, fields)| amount(fields, "inv_cnt")).unwrap_or(0);
        // With an opening count the days up to and with it are ignored.
        let is_after = |day: i64| opening_day.is_none_or(|opening| day > opening);

        let mut supplied: Vec<(i64, i128)> = Vec::new();
        for (_, fields) in of_pair("purchase") {
            let cnt = amount(fields, "cnt").expect("required");
            let day = day_of(time(fields, "stoin_time").expect("required"));
            supplied.push((day, if required(fields, "move") == "return" { -cnt } else { cnt }));
        }
        for (_, fields) in of_pair("stock_change") {
            let cnt = amount(fields, "cnt").expect("required");
            let day = day_of(time(fields, "inv_chg_time").expect("required"));
            let is_in = matches!(required(fields, "inv_chg_type"), "101" | "103" | "106");
            supplied.push((day, if is_in { cnt } else { -cnt }));
        }
        supplied.retain(|(day, _)| is_after(*day));
        let mut uses = uses(facts, institution, item);
        uses.retain(|one| is_after(one.day));

        let days: BTreeSet<i64> =
            supplied.iter().map(|(day, _)| *day).chain(uses.iter().map(|one| one.day)).collect();
        // Excess in units of 10^-8: used − supply × 1.05 − 2.
        let mut greatest: Option<(i128, i64)> = None;
        let mut is_short = false;
        for day in days {
            let supply = opening_cnt
                + supplied.iter().filter(|(when, _)| *when <= day).map(|(_, cnt)| cnt).sum::<i128>();
            let used: i128 = uses.iter().filter(|one| one.day <= day).map(|one| one.cnt).sum();
            let excess = used * 100 - supply * 105 - 2 * UNIT * 100;
            is_short |= used > supply;
            if greatest.is_none_or(|(before, _)| excess > before) {
                greatest = Some((excess, day));
            }
        }
        let Some((excess, worst_day)) = greatest.filter(|(excess, _)| *excess > 0) else {
            judgement.near += u64::from(is_short);
            continue;
        };
        let key = vec![institution.to_owned(), item.to_owned()];
        if facts.named("institution", institution).is_none() {
            judgement.not_judged.insert(key, "missing:institution".to_owned());
            continue;
        }
        let mut finding = Finding::new("G02", key);
        finding.show_one("institution", institution);
        match opening {
            Some((count, _)) => finding.show("stock_count", count),
            None => finding.verdict = "indicator",
        }
        let lowest = uses.iter().filter_map(|one| one.price).min().unwrap_or(0);
        finding.amount = fen(excess * lowest, 14);
        finding.occurred = Some(worst_day * DAY);
        for one in uses.into_iter().filter(|one| one.day <= worst_day) {
            finding.laid.insert(one.record, one.own);
        }
        judgement.findings.push(finding);
    }
    judgement
}

/// A net fee line of list_type 101, 102 or 301 of a visit that is not pharmacy, or an insured sale that has no
/// mdtrt_id or whose visit is pharmacy. One whose visit does not stand is no use.
fn uses(facts: &Facts<'_>, institution: &str, item: &str) -> Vec<Use> {
    let mut uses = Vec::new();
    for line in facts.lines.iter().filter(|line| line.institution == institution && line.item == item) {
        let is_goods = matches!(line.list_type.as_str(), "101" | "102" | "301");
        if is_goods && facts.visits.get(&line.visit).is_some_and(|visit| !visit.is_pharmacy) {
            uses.push(Use {
                record: ("fee_line", line.key.clone()),
                day: line.day,
                cnt: line.cnt,
                price: Some(line.price),
                own: fen(line.sum, 6),
            });
        }
    }
    for sale in facts.insured_sales().filter(|sale| sale.institution == institution && sale.item == item) {
        let is_over_the_counter = sale
            .visit
            .as_ref()
            .is_none_or(|visit| facts.visits.get(visit).is_some_and(|visit| visit.is_pharmacy));
        if is_over_the_counter {
            uses.push(Use {
                record: ("dispensing", vec![sale.id.clone()]),
                day: day_of(sale.time),
                cnt: sale.cnt,
                price: sale.price,
                own: sale.worth_fen(),
            });
        }
    }
    uses
}
