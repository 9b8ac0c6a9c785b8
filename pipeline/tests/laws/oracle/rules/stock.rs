//! Rules about stock held, bought and used: G02, G03.

use std::collections::BTreeSet;

use super::super::decode::Key;
use super::super::facts::{Facts, amount, day, required, time};
use super::super::finding::{Finding, Judgement};
use super::super::tables::{Row, rows};
use super::super::values::{DAY, UNIT, day_of, fen, read_day};
use super::limit;

/// Something sold or billed out of the stock of an institution.
struct Use {
    record: (&'static str, Key),
    day: i64,
    cnt: i128,
    price: Option<i128>,
    /// det_item_fee_sumamt of a line, price × cnt of a sale: its own money in fen.
    own: i128,
    /// fund_amt of a line, price × cnt of a sale, in units of 10^-12.
    paid: i128,
}

/// G02, (institution, item) that has a purchase or a count: on some day d, up to day(now), used > supply × (1 + 0.05) + 2;
/// a row of table `stock_tolerance` valid on day d whose prefix the item starts with gives other numbers: the longest
/// prefix, then the smaller tolerance, then the smaller units.
///
/// A day without movement counts too, so each day on which a row begins or has ended is looked at.
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

        let grants = rows(facts.tables, "stock_tolerance");
        let grants: Vec<&Row> = grants
            .iter()
            .filter(|row| !row.cell("prefix").is_empty() && item.starts_with(row.cell("prefix")))
            .collect();
        let edges = grants.iter().flat_map(|row| {
            let (from, to) = (read_day(row.cell("valid_from")), read_day(row.cell("valid_to")));
            from.into_iter().chain(to.map(|to| to + 1))
        });
        let mut days: BTreeSet<i64> =
            supplied.iter().map(|(day, _)| *day).chain(uses.iter().map(|one| one.day)).chain(edges).collect();
        days.retain(|day| is_after(*day) && *day <= day_of(facts.now));
        // Excess in units of 10^-12: used − supply × (1 + tolerance) − units.
        let mut greatest: Option<(i128, i64)> = None;
        let mut is_short = false;
        for day in days {
            let supply = opening_cnt
                + supplied.iter().filter(|(when, _)| *when <= day).map(|(_, cnt)| cnt).sum::<i128>();
            let used: i128 = uses.iter().filter(|one| one.day <= day).map(|one| one.cnt).sum();
            let valid = grants.iter().filter(|row| row.is_valid(day));
            let (tolerance, units) = valid
                .map(|row| (-(row.cell("prefix").len() as i64), limit(row, "tolerance"), limit(row, "units")))
                .min()
                .map_or((50_000, 2 * UNIT), |(_, tolerance, units)| (tolerance, units));
            let excess = used * UNIT - supply * (UNIT + tolerance) - units * UNIT;
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
            judgement.lacks(&key, "institution");
            continue;
        }
        let mut finding = Finding::new("G02", key);
        finding.show_one("institution", institution);
        match opening {
            Some((count, _)) => finding.show("stock_count", count),
            None => finding.verdict = "indicator",
        }
        let lowest = uses.iter().filter_map(|one| one.price).min().unwrap_or(0);
        finding.amount = fen(excess * lowest, 18);
        finding.occurred = Some(worst_day * DAY);
        for one in uses.into_iter().filter(|one| one.day <= worst_day) {
            finding.laid.insert(one.record, one.own);
        }
        judgement.findings.push(finding);
    }
    judgement
}

/// G03, (institution, item): on some day a use, no purchase of it (move purchase) in d − 89 … d, and no standing
/// stock_count of it > 0; judged only for institutions with any purchase record.
///
/// A purchase return is a purchase record too, of whatever item. A subject that would be found lacks first its
/// institution, which is the evidence, then the purchase record. Amount and lay are the uses of all such days.
/// Near: nothing was counted, and every use has its purchase in time.
pub(crate) fn g03(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    let lines = facts.lines.iter().map(|line| (line.institution.as_str(), line.item.as_str()));
    let sales = facts.insured_sales().map(|sale| (sale.institution.as_str(), sale.item.as_str()));
    let pairs: BTreeSet<(&str, &str)> = lines.chain(sales).collect();
    for (institution, item) in pairs {
        let of_pair = |kind: &'static str| {
            facts.all(kind).map(|(_, fields)| fields).filter(move |fields| {
                required(fields, "fixmedins_code") == institution && required(fields, "med_list_codg") == item
            })
        };
        let is_counted = of_pair("stock_count").any(|count| amount(count, "inv_cnt").expect("required") > 0);
        let bought: Vec<i64> = of_pair("purchase")
            .filter(|purchase| required(purchase, "move") == "purchase")
            .map(|purchase| day_of(time(purchase, "stoin_time").expect("required")))
            .collect();
        let all = uses(facts, institution, item);
        let is_any = !all.is_empty();
        let unbought: Vec<Use> = all
            .into_iter()
            .filter(|one| !bought.iter().any(|day| (one.day - 89..=one.day).contains(day)))
            .collect();
        if is_counted || unbought.is_empty() {
            judgement.near += u64::from(!is_counted && is_any);
            continue;
        }
        let key: Key = vec![institution.to_owned(), item.to_owned()];
        let has_purchases =
            facts.all("purchase").any(|(_, fields)| required(fields, "fixmedins_code") == institution);
        if facts.named("institution", institution).is_none() {
            judgement.lacks(&key, "institution");
        } else if !has_purchases {
            judgement.lacks(&key, "purchase");
        } else {
            let mut finding = Finding::new("G03", key);
            finding.show_one("institution", institution);
            finding.amount = fen(unbought.iter().map(|one| one.paid).sum(), 12);
            for one in unbought {
                let own = fen(one.paid, 12);
                finding.laid.insert(one.record, own);
            }
            judgement.findings.push(finding);
        }
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
                paid: line.fund * UNIT,
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
                paid: sale.worth(),
            });
        }
    }
    uses
}
