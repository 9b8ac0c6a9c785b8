//! Rules about goods sold and their trace codes: P08, T01, T04, T05, T06.

use std::collections::{BTreeMap, BTreeSet};

use super::super::decode::Key;
use super::super::facts::{Facts, NetSale, required};
use super::super::finding::{Finding, Judgement};
use super::super::tables::{Row, all_own, has_prefix_of, rule_rows, strictest};
use super::super::values::{DAY, UNIT, day_of, fen};
use super::{limit, valid_rows};

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

/// T04, insured sale, trdn_flag not 1: fewer distinct trace codes than floor(cnt) (absent: none), and no row of table
/// `no_trace_code` valid on day(sel_time) whose prefix the item starts with. A sale without mdtrt_setl_type whose setl_id
/// names no live settlement is not judged where it would otherwise fire, else it is no subject.
///
/// Codes and cnt are those of the net sale. Near: exactly as many, and at least one; or a row spares it.
pub(crate) fn t04(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    let mut subjects = 0;
    for sale in facts.sales.iter().filter(|sale| !sale.is_split) {
        let packs = sale.cnt / UNIT;
        let codes = i128::try_from(sale.codes.len()).expect("a small world");
        let of = (sale.item.as_str(), day_of(sale.time));
        let is_spared = has_prefix_of(facts.tables, "no_trace_code", true, of);
        let fires = codes < packs && !is_spared;
        if sale.is_insured && fires {
            let mut finding = Finding::new("T04", vec![sale.id.clone()]);
            finding.show_one("dispensing", &sale.id);
            judgement.findings.push(finding);
        } else if sale.is_insured {
            judgement.near += u64::from(packs > 0 && codes <= packs);
        } else if fires && !sale.says_who_paid {
            judgement.lacks(&vec![sale.id.clone()], "mdtrt_setl_type");
        } else {
            continue;
        }
        subjects += 1;
    }
    judgement.subjects = Some(subjects);
    judgement
}

/// T05, (institution, trace code) in insured sales: the institution has purchases (move purchase) of the sale's item, some
/// of them with trace codes, and none of that item carries the code, purchase returns that list it taken off one for one.
/// Where there are purchases of items of those sales, but none with codes, it is not judged.
///
/// A record carries a code once, however often it lists it, and its time does not matter: the code is carried
/// while more purchases than purchase returns list it. Split packs count too. Where the institution never bought
/// the item, the condition fails and nothing is missing. Near: exactly one more purchase than return lists it.
pub(crate) fn t05(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    let pairs: BTreeSet<(&str, &str)> = facts
        .insured_sales()
        .flat_map(|sale| sale.codes.iter().map(|code| (sale.institution.as_str(), code.as_str())))
        .collect();
    for (institution, code) in pairs {
        let mut unbought: Vec<&NetSale> = Vec::new();
        let (mut is_near, mut is_uncoded) = (false, false);
        for sale in facts.insured_sales() {
            if sale.institution != institution || !sale.codes.contains(code) {
                continue;
            }
            let of_item = |movement: &'static str| {
                facts.all("purchase").map(|(_, fields)| fields).filter(move |fields| {
                    required(fields, "move") == movement
                        && required(fields, "fixmedins_code") == institution
                        && required(fields, "med_list_codg") == sale.item
                })
            };
            let listing = |movement: &'static str| {
                of_item(movement).filter(|fields| facts.codes(fields).contains(code)).count()
            };
            let (bought, returned) = (listing("purchase"), listing("return"));
            if of_item("purchase").next().is_some() && bought <= returned {
                if of_item("purchase").any(|fields| !facts.codes(fields).is_empty()) {
                    unbought.push(sale);
                } else {
                    is_uncoded = true;
                }
            } else {
                is_near |= bought == returned + 1;
            }
        }
        if unbought.is_empty() {
            if is_uncoded {
                judgement.lacks(&vec![institution.to_owned(), code.to_owned()], "trace_codes");
            }
            judgement.near += u64::from(is_near);
            continue;
        }
        let mut finding = Finding::new("T05", vec![institution.to_owned(), code.to_owned()]);
        finding.amount = fen(unbought.iter().map(|sale| sale.worth()).sum(), 12);
        for sale in unbought {
            finding.show_one("dispensing", &sale.id);
            finding.lay_on_sale(sale);
        }
        judgement.findings.push(finding);
    }
    judgement
}

/// T06, sale: day(sel_time) > expy_end.
///
/// A sale that tells no expy_end is not judged. Near: sold on the last day.
pub(crate) fn t06(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::of(facts.sales.len());
    for sale in &facts.sales {
        let key: Key = vec![sale.id.clone()];
        let Some(last_day) = sale.expires else {
            judgement.lacks(&key, "expy_end");
            continue;
        };
        if day_of(sale.time) > last_day {
            let mut finding = Finding::new("T06", key.clone());
            finding.show("dispensing", &key);
            finding.amount = sale.worth_fen();
            finding.lay_on_sale(sale);
            judgement.findings.push(finding);
        } else {
            judgement.near += u64::from(day_of(sale.time) == last_day);
        }
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
            let met = valid_rows(&rows, item, day_of(last.time));
            let strictest = strictest(&met, |row| -limit(row, "limit"));
            let Some(row) = strictest.first() else {
                continue;
            };
            let window: Vec<&NetSale> = sales
                .iter()
                .filter(|sale| last.time - 180 * DAY < sale.time && sale.time <= last.time)
                .copied()
                .collect();
            let is_much = window.iter().map(|sale| sale.cnt).sum::<i128>() > limit(row, "limit");
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
