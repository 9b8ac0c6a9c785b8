//! Conditions about prescriptions: none, too much on the bill, too many drugs.

use std::collections::BTreeSet;

use records::Kind;
use records::arena::TextRef;
use records::codes::ListType;
use records::row::{self, Prescription};

use super::steps::{Values, Why, quantity};
use crate::classes::Class;
use crate::compile::{choice, integer};

/// A prescription that stands and is not cancelled.
fn prescription(why: &mut Why<'_, '_>, id: TextRef) -> Option<Prescription> {
    let address = why.record(Kind::Prescription, (id, TextRef::NONE))?;
    let rx = row::prescription(why.scene.arena, address);
    why.check(["处方未作废", "the prescription is not cancelled"], Vec::new(), !rx.cancelled)?;
    Some(rx)
}

/// A drug line of a visit that is not pharmacy, which no prescription covers.
pub(super) fn no_prescription(why: &mut Why<'_, '_>, visit: TextRef, sn: TextRef) -> Option<()> {
    let scene = why.scene;
    let line = why.net_line(visit, sn)?;
    why.check(
        ["项目为药品或饮片（101、102）", "the item is a drug or herb (101, 102)"],
        vec![("list_type", line.list_type.code().to_owned())],
        line.is_drug(),
    )?;
    let visit = why.visit(line.visit)?;
    let class = scene.class(&visit);
    let values = vec![("med_type", scene.text(visit.med_type))];
    why.check(["就诊不是药店购药", "the visit is not at a pharmacy"], values, class != Class::Pharmacy)?;
    let standing = scene.find(Kind::Prescription, (line.rx, TextRef::NONE)).filter(|_| line.rx.is_some());
    let rx = standing.map(|address| row::prescription(scene.arena, address));
    let lists = rx.as_ref().is_some_and(|rx| rx.lines.iter().any(|listed| listed.item == line.item));
    let cancelled = rx.as_ref().is_some_and(|rx| rx.cancelled);
    let mut values: Values = vec![("rx_id", scene.text(line.rx)), ("item", scene.text(line.item))];
    if let Some(rx) = &rx {
        values
            .push(("state", if rx.cancelled { "cancelled" } else { "issued/reviewed/dispensed" }.to_owned()));
        let listed: Vec<String> = rx.lines.iter().map(|listed| scene.text(listed.item)).collect();
        values.push(("lines", listed.join("; ")));
    }
    why.check(
        [
            "没有处方号，或处方不存在、已作废，或处方中没有该项目",
            "it has no prescription number, or the prescription does not stand, is cancelled or lacks the item",
        ],
        values,
        !lists || cancelled,
    )?;
    let of_visit = scene.sent_lines_of(visit.id).into_iter();
    let with_rx = of_visit.filter(|address| row::fee_line_place(scene.arena, *address).rx.is_some()).count();
    let sends_rx = ["住院：该次住院有任何明细带处方号", "a stay: some line of it has a prescription number"];
    if class == Class::Inpatient {
        let values = vec![("lines", with_rx.to_string())];
        if with_rx == 0 {
            return why.missing(sends_rx, values, "missing:rx_id");
        }
        why.check(sends_rx, values, true)?;
    }
    let here = scene.rows(Kind::Prescription).iter();
    let here = here
        .filter(|address| row::prescription(scene.arena, **address).institution == line.institution)
        .count();
    let sends = ["该机构有任何处方记录", "the institution sends prescriptions"];
    let values = vec![("fixmedins_code", scene.text(line.institution)), ("prescription", here.to_string())];
    if here == 0 {
        return why.missing(sends, values, "missing:prescription");
    }
    why.check(sends, values, true)
}

/// (prescription, item) of which more was billed, or sold, than prescribed.
pub(super) fn over_prescription(why: &mut Why<'_, '_>, rx: TextRef, item: TextRef) -> Option<()> {
    let scene = why.scene;
    let rx = prescription(why, rx)?;
    let of_item = rx.lines.iter().filter(|line| line.item == item);
    let prescribed = of_item.clone().fold(0i64, |sum, line| sum.saturating_add(line.cnt));
    let listed = of_item.count();
    let values = vec![("item", scene.text(item)), ("prescribed", quantity(prescribed))];
    why.check(["处方中有该项目", "the prescription has the item"], values, listed > 0)?;
    let sales = choice(why.rule, "of") == "sales";
    let mut parts: Vec<(String, i64)> = match sales {
        true => scene
            .resting_on(rx.id, Kind::Dispensing)
            .into_iter()
            .map(|address| row::dispensing(scene.arena, address))
            .filter(|sale| sale.item == item)
            .map(|sale| (scene.text(sale.id), sale.cnt))
            .collect(),
        false => scene
            .resting_on(rx.id, Kind::FeeLine)
            .into_iter()
            .map(|address| row::fee_line(scene.arena, address))
            .filter(|line| line.item == item)
            .map(|line| (format!("{}/{}", scene.text(line.visit), scene.text(line.sn)), line.cnt))
            .collect(),
    };
    parts.sort_unstable();
    let sum = parts.iter().fold(0i64, |sum, (_, cnt)| sum.saturating_add(*cnt));
    let given: Vec<String> = parts.iter().map(|(key, cnt)| format!("{key} × {}", quantity(*cnt))).collect();
    let condition = match sales {
        true => ["销售数量超过处方量", "more was sold on it than prescribed"],
        false => ["明细数量超过处方量", "more was billed on it than prescribed"],
    };
    let values = vec![
        ("quantity", quantity(sum)),
        (if sales { "sales" } else { "lines" }, given.join("; ")),
        ("prescribed", quantity(prescribed)),
    ];
    why.check(condition, values, sum > prescribed)
}

/// A prescription with too many different drugs.
pub(super) fn drug_kinds(why: &mut Why<'_, '_>, rx: TextRef) -> Option<()> {
    let rx = prescription(why, rx)?;
    let most = integer(why.rule, "kinds");
    let drugs: BTreeSet<String> = rx
        .lines
        .iter()
        .filter(|line| line.list_type == Some(ListType::Drug))
        .map(|line| why.scene.text(line.item))
        .collect();
    let values = vec![
        ("kinds", drugs.len().to_string()),
        ("item", drugs.iter().map(String::as_str).collect::<Vec<_>>().join("; ")),
        ("limit", most.to_string()),
    ];
    why.check(
        ["不同药品（101）品种数超过上限", "it has more different drugs (list type 101) than allowed"],
        values,
        i64::try_from(drugs.len()).unwrap_or(i64::MAX) > most,
    )
}

/// A sale of what needs a prescription, without one.
pub(super) fn sale_without_prescription(why: &mut Why<'_, '_>, sale: TextRef) -> Option<()> {
    let scene = why.scene;
    let sale = why.sale(sale)?;
    why.check(
        ["该药须凭处方销售（rx_flag 1）", "it needs a prescription (rx_flag 1)"],
        Vec::new(),
        sale.needs_rx,
    )?;
    let valid = scene.valid_prescription(sale.rx);
    why.check(
        [
            "没有处方号，或该处方不存在、已作废",
            "it has no prescription number, or the prescription does not stand or is cancelled",
        ],
        vec![("rx_id", scene.text(sale.rx))],
        valid.is_none(),
    )
}
