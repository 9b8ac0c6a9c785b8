//! Conditions about sales: too much for one person, trace codes, expired packs.

use std::collections::BTreeSet;

use records::Kind;
use records::arena::TextRef;
use records::row::{self, Dispensing, day_of};
use records::time::DAY_SECONDS;
use rust_decimal::Decimal;

use super::steps::{Why, day, day_at, moment, quantity};
use crate::compile::integer;

/// An insured sale.
fn insured(why: &mut Why<'_, '_>, sale: &Dispensing) -> Option<()> {
    why.check(["为医保结算的销售", "it was paid by insurance (mdtrt_setl_type 1)"], Vec::new(), sale.insured)
}

/// (person, item) of which a person fetched too much from too many institutions in some window.
pub(super) fn resale(why: &mut Why<'_, '_>, person: TextRef, item: TextRef) -> Option<()> {
    let scene = why.scene;
    let mut sales: Vec<Dispensing> =
        scene.sales().filter(|sale| sale.insured && sale.psn_no == person && sale.item == item).collect();
    sales.sort_by(|a, b| a.time.cmp(&b.time).then_with(|| scene.compare(a.id, b.id)));
    why.check(
        ["该人有该项目的医保销售", "there are insured sales of the item to the person"],
        vec![("psn_no", scene.text(person)), ("item", scene.text(item)), ("sales", sales.len().to_string())],
        !sales.is_empty(),
    )?;
    let (days, least) = (integer(why.rule, "days"), integer(why.rule, "institutions"));
    let mut best: Option<Window> = None;
    for last in &sales {
        let rows = scene.rows_for(why.rule, "resale_prone", item, day_of(last.time));
        let Some(limit) = rows.iter().filter_map(|row| row.decimal("limit")).min() else { continue };
        let opens = last.time - days * DAY_SECONDS;
        let within: Vec<&Dispensing> =
            sales.iter().filter(|sale| opens < sale.time && sale.time <= last.time).collect();
        let sum = within.iter().fold(0i64, |sum, sale| sum.saturating_add(sale.cnt));
        let institutions: BTreeSet<TextRef> = within.iter().map(|sale| sale.institution).collect();
        let over = Decimal::from_i128_with_scale(i128::from(sum), 4) > limit;
        let rank = (over, institutions.len(), sum);
        if best.as_ref().is_none_or(|best| rank > best.rank) {
            best = Some(Window { rank, span: format!("({}, {}]", moment(opens), moment(last.time)), limit });
        }
    }
    let table = [
        "知识表 resale_prone 有该项目当日有效的行",
        "table resale_prone has a row for the item that holds on the day of a sale",
    ];
    why.check(table, vec![("item", scene.text(item))], best.is_some())?;
    let Window { rank: (over, institutions, sum), span, limit } = best?;
    let mut values = vec![("days", days.to_string()), ("begin", span), ("quantity", quantity(sum))];
    values.push(("limit", limit.normalize().to_string()));
    why.check(["某一窗口内的数量超过限额", "in some window the quantity is above the limit"], values, over)?;
    why.check(
        ["且来自足够多的机构", "and comes from enough institutions"],
        vec![("institutions", institutions.to_string()), ("limit", least.to_string())],
        i64::try_from(institutions).unwrap_or(i64::MAX) >= least,
    )
}

/// A window that ends with a sale; the one that ranks highest comes closest to the rule.
struct Window {
    /// Whether the quantity is above the limit; institutions; quantity in ten-thousandths.
    rank: (bool, usize, i64),
    /// Its begin, left out, and its end.
    span: String,
    limit: Decimal,
}

/// A trace code in two insured sales or more.
pub(super) fn trace_code_twice(why: &mut Why<'_, '_>, code: TextRef) -> Option<()> {
    let scene = why.scene;
    let carrying: Vec<Dispensing> = scene.sales().filter(|sale| sale.codes.contains(&code)).collect();
    let given = |sale: &Dispensing| format!("{} {}", scene.text(sale.id), moment(sale.time));
    why.check(
        ["有销售带该追溯码（已退货的除外）", "sales carry the code, returns taken off"],
        vec![
            ("code", scene.text(code)),
            ("sales", carrying.iter().map(given).collect::<Vec<_>>().join("; ")),
        ],
        !carrying.is_empty(),
    )?;
    let counting: Vec<&Dispensing> = carrying.iter().filter(|sale| sale.insured && !sale.split).collect();
    why.check(
        ["其中医保结算且未拆零的至少两次", "two of them or more are insured and of unsplit packs"],
        vec![("sales", counting.iter().map(|sale| given(sale)).collect::<Vec<_>>().join("; "))],
        counting.len() >= 2,
    )
}

/// An insured sale of whole packs with fewer trace codes than packs.
pub(super) fn trace_code_missing(why: &mut Why<'_, '_>, sale: TextRef) -> Option<()> {
    let sale = why.sale(sale)?;
    insured(why, &sale)?;
    why.check(["未拆零", "the packs were not split"], Vec::new(), !sale.split)?;
    let codes: BTreeSet<TextRef> = sale.codes.iter().copied().collect();
    let packs = sale.cnt.div_euclid(10_000);
    why.check(
        ["不同追溯码少于整包装数", "there are fewer distinct trace codes than whole packs"],
        vec![("codes", codes.len().to_string()), ("packs", packs.to_string())],
        i64::try_from(codes.len()).unwrap_or(i64::MAX) < packs,
    )
}

/// (institution, code) of insured sales whose item is bought there, but never with the code.
pub(super) fn trace_code_unbought(why: &mut Why<'_, '_>, institution: TextRef, code: TextRef) -> Option<()> {
    let scene = why.scene;
    let here: Vec<Dispensing> = scene
        .sales()
        .filter(|sale| sale.insured && sale.institution == institution && sale.codes.contains(&code))
        .collect();
    let ids: Vec<String> = here.iter().map(|sale| scene.text(sale.id)).collect();
    why.check(
        ["该机构有带该追溯码的医保销售", "the institution has insured sales that carry the code"],
        vec![("code", scene.text(code)), ("sales", ids.join("; "))],
        !here.is_empty(),
    )?;
    let all = scene.rows(Kind::Purchase).iter().map(|address| row::purchase(scene.arena, *address));
    let bought: Vec<row::Purchase> = all.filter(|bought| bought.institution == institution).collect();
    let of = |item: TextRef| bought.iter().filter(move |purchase| purchase.item == item);
    let items: BTreeSet<TextRef> = here.iter().map(|sale| sale.item).collect();
    let bought_items: BTreeSet<TextRef> =
        items.into_iter().filter(|item| of(*item).any(|purchase| !purchase.is_return)).collect();
    let names: Vec<String> = bought_items.iter().map(|item| scene.text(*item)).collect();
    let condition = ["该机构采购过所售项目", "the institution buys the item that was sold"];
    why.check(condition, vec![("item", names.join("; "))], !bought_items.is_empty())?;
    let left = |item: TextRef| -> (i64, i64) {
        let carrying = |back: bool| {
            let those = of(item).filter(|purchase| purchase.is_return == back);
            i64::try_from(those.filter(|purchase| purchase.codes.contains(&code)).count()).unwrap_or(i64::MAX)
        };
        (carrying(false), carrying(true))
    };
    let mut values = Vec::new();
    let mut unbought = false;
    for item in &bought_items {
        let (came, went) = left(*item);
        unbought |= came <= went;
        values.extend([("item", scene.text(*item)), ("bought", format!("{came} - {went}"))]);
    }
    why.check(
        [
            "采购记录（扣除退货）中没有该追溯码",
            "no purchase of the item carries the code, returns taken off one for one",
        ],
        values,
        unbought,
    )
}

/// A sale after the pack expired.
pub(super) fn expired_sale(why: &mut Why<'_, '_>, sale: TextRef) -> Option<()> {
    let sale = why.sale(sale)?;
    let known = ["有效期已知", "the expiry day is known"];
    let Some(expires) = sale.expires else { return why.missing(known, Vec::new(), "missing:expy_end") };
    why.check(known, vec![("expy_end", day(expires))], true)?;
    why.check(
        ["销售日晚于有效期", "it was sold on a day after it expired"],
        vec![("day", day_at(sale.time)), ("expy_end", day(expires))],
        day_of(sale.time) > expires,
    )
}
