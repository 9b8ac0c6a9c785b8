//! Conditions about settlements: insured, contracted, invoiced once; and about enrolments themselves.

use records::Kind;
use records::arena::TextRef;
use records::row::{self, Enrolment, Settlement, day_of};

use super::steps::{Why, day, day_at};

fn live(why: &mut Why<'_, '_>, id: TextRef) -> Option<Settlement> {
    let address = why.record(Kind::Settlement, (id, TextRef::NONE))?;
    let settlement = row::settlement(why.scene.arena, address);
    why.check(
        [
            "该结算有效（未退费、无负数、未被冲销）",
            "the settlement is live (not refunded, not negative, not taken back)",
        ],
        Vec::new(),
        settlement.live,
    )?;
    Some(settlement)
}

fn interval(begin: i32, end: Option<i32>) -> String {
    format!("{}/{}", day(begin), end.map_or_else(|| "..".to_owned(), day))
}

/// A live settlement on a day on which no normal enrolment of the person covers it.
pub(super) fn enrolment(why: &mut Why<'_, '_>, settlement: TextRef) -> Option<()> {
    let scene = why.scene;
    let settlement = live(why, settlement)?;
    let on = day_of(settlement.time);
    let of_person = scene.enrolments_of(settlement.psn_no);
    let covers = |enrolment: &&Enrolment| {
        enrolment.normal
            && (settlement.insutype.is_none() || settlement.insutype == enrolment.insutype)
            && enrolment.begin <= on
            && enrolment.end.is_none_or(|end| on <= end)
    };
    let covering = of_person.iter().find(covers);
    let mut values = vec![("day", day(on)), ("insutype", scene.text(settlement.insutype))];
    values.extend(of_person.iter().map(|enrolment| {
        let status = if enrolment.normal { "1" } else { "2/3" };
        let (id, insutype) = (scene.text(enrolment.id), scene.text(enrolment.insutype));
        let days = interval(enrolment.begin, enrolment.end);
        ("enrolment", format!("{id} {insutype} status {status} {days}"))
    }));
    why.check(
        [
            "该人当日没有该险种的正常参保",
            "no normal enrolment of the person in this insurance covers the day",
        ],
        values,
        covering.is_none(),
    )?;
    let condition = ["有任何人的参保登记", "enrolments of anybody are there"];
    let all = scene.rows(Kind::Enrolment);
    let values = vec![("enrolment", all.len().to_string())];
    if all.is_empty() {
        return why.missing(condition, values, "missing:enrolment");
    }
    why.check(condition, values, true)
}

/// A live settlement on a day on which no active agreement of the institution covers it.
pub(super) fn agreement(why: &mut Why<'_, '_>, settlement: TextRef) -> Option<()> {
    let settlement = live(why, settlement)?;
    let on = day_of(settlement.time);
    let address = why.needed(Kind::Institution, settlement.institution, "missing:institution")?;
    let institution = row::institution(why.scene.arena, address);
    let known = ["该机构有协议记录", "agreements of the institution are known"];
    if institution.agreements.is_empty() {
        return why.missing(known, Vec::new(), "missing:agreements");
    }
    why.check(known, Vec::new(), true)?;
    let covering = institution.agreements.iter().find(|agreement| {
        agreement.active && agreement.begin <= on && agreement.end.is_none_or(|end| on <= end)
    });
    let mut values = vec![("day", day_at(settlement.time))];
    values.extend(institution.agreements.iter().map(|agreement| {
        let status = if agreement.active { "1" } else { "0/2" };
        ("agreements", format!("status {status} {}", interval(agreement.begin, agreement.end)))
    }));
    why.check(["当日没有有效协议", "no active agreement covers the day"], values, covering.is_none())
}

/// Unordered pair of enrolments of one person in basic insurance on the same days.
pub(super) fn double_enrolment(why: &mut Why<'_, '_>, a: TextRef, b: TextRef) -> Option<()> {
    let scene = why.scene;
    let mut both = Vec::new();
    for id in [a, b] {
        let address = why.record(Kind::Enrolment, (id, TextRef::NONE))?;
        both.push(row::enrolment(scene.arena, address));
    }
    let (a, b) = (both[0], both[1]);
    why.check(["是两条不同的登记", "they are two enrolments"], Vec::new(), a.id != b.id)?;
    why.check(
        ["同一人", "both are of one person"],
        vec![("psn_no", scene.text(a.psn_no)), ("psn_no", scene.text(b.psn_no))],
        a.psn_no == b.psn_no,
    )?;
    why.check(["两条状态均为正常", "both are normal (status 1)"], Vec::new(), a.normal && b.normal)?;
    let insurances = [scene.text(a.insutype), scene.text(b.insutype)];
    let given = vec![("insutype_a", insurances[0].clone()), ("insutype_b", insurances[1].clone())];
    why.check(
        [
            "均为职工（310）或居民（390）基本医保",
            "both are basic insurance, of employees (310) or residents (390)",
        ],
        given.clone(),
        insurances.iter().all(|insutype| matches!(insutype.as_str(), "310" | "390")),
    )?;
    let begin = a.begin.max(b.begin);
    let end = a.end.into_iter().chain(b.end).min();
    why.check(
        ["至少有一天重合", "they share a day at least"],
        vec![("begin", day(begin)), ("end", end.map_or_else(|| "-".to_owned(), day))],
        end.is_none_or(|end| begin <= end),
    )?;
    let mut values = given;
    values.extend([("insu_admdvs", scene.text(a.admdvs)), ("insu_admdvs", scene.text(b.admdvs))]);
    why.check(
        ["险种或参保地不同", "insurance or place differ"],
        values,
        (a.insutype, a.admdvs) != (b.insutype, b.admdvs),
    )
}

/// (invoice code, number) on two live settlements or more.
pub(super) fn invoice_twice(why: &mut Why<'_, '_>, code: TextRef, number: TextRef) -> Option<()> {
    let scene = why.scene;
    let mut ids: Vec<String> = scene
        .live()
        .filter(|settlement| (settlement.bill_code, settlement.bill_no) == (code, number))
        .map(|settlement| scene.text(settlement.id))
        .collect();
    ids.sort_unstable();
    why.check(
        ["至少两笔有效结算使用该票据", "two live settlements or more carry the invoice"],
        vec![
            ("bill_code", scene.text(code)),
            ("bill_no", scene.text(number)),
            ("settlements", ids.len().to_string()),
            ("setl_id", ids.join("; ")),
        ],
        ids.len() >= 2,
    )
}
