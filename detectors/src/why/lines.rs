//! Conditions about one fee line: against a table and its person, visit or institution, and in itself.

use records::Kind;
use records::arena::TextRef;
use records::codes::HospitalLevel;
use records::decimal::format_fen;
use records::row::{self, FeeLine, Institution, day_of};
use records::time::completed_years;
use rulebank::Row;
use rust_decimal::Decimal;

use super::codes::{known_sex, other_sex, person};
use super::steps::{Values, Why, day, hours, moment, price, quantity, row_text};
use crate::compile::{decimal, integer};

/// A line and the table rows of the rule for its item and day.
fn listed<'a>(
    why: &mut Why<'_, 'a>,
    visit: TextRef,
    sn: TextRef,
    table: &str,
) -> Option<(FeeLine, Vec<&'a Row>)> {
    let line = why.net_line(visit, sn)?;
    let rows = why.table_rows(table, line.item, day_of(line.time))?;
    Some((line, rows))
}

/// A line of an item that is paid up to an age.
pub(super) fn age_limit(why: &mut Why<'_, '_>, visit: TextRef, sn: TextRef) -> Option<()> {
    let (line, rows) = listed(why, visit, sn, "age_limit")?;
    let person = person(why, line.psn_no)?;
    let on = day_of(line.time);
    let born = ["费用日在出生之后", "the line is of the day of birth or later"];
    let given: Values = vec![("brdy", day(person.brdy)), ("day", day(on))];
    if on < person.brdy {
        return why.missing(born, given, "missing:brdy");
    }
    why.check(born, given, true)?;
    let (days, years) = (i64::from(on - person.brdy), i64::from(completed_years(person.brdy, on)));
    let beyond = |row: &&Row| {
        let max = row.decimal("max").unwrap_or_default();
        if row.text("unit") == "days" { Decimal::from(days) > max } else { Decimal::from(years) >= max }
    };
    why.check(
        [
            "年龄超过限制（按天：大于；按岁：周岁达到）",
            "the person is older than the limit (days: more; years: that many completed)",
        ],
        vec![
            ("brdy", day(person.brdy)),
            ("days", days.to_string()),
            ("age", years.to_string()),
            ("limit", rows.iter().map(|row| row_text(row)).collect::<Vec<_>>().join("; ")),
        ],
        rows.iter().any(beyond),
    )
}

/// A line of an item that is paid for some diagnoses only.
pub(super) fn indication(why: &mut Why<'_, '_>, visit: TextRef, sn: TextRef) -> Option<()> {
    let (line, rows) = listed(why, visit, sn, "indication")?;
    let address = why.needed(Kind::Visit, line.visit, "missing:visit")?;
    let scene = why.scene;
    let codes: Vec<String> =
        row::diagnoses(scene.arena, address).iter().map(|diagnosis| scene.text(diagnosis.code)).collect();
    let known = ["该就诊有诊断", "the visit has diagnoses"];
    if codes.is_empty() {
        return why.missing(known, Vec::new(), "missing:diags");
    }
    why.check(known, vec![("diagnoses", codes.join("; "))], true)?;
    let prefixes: Vec<&String> = rows.iter().flat_map(|row| row.list("prefixes")).collect();
    let fits = |code: &String| prefixes.iter().any(|prefix| code.starts_with(prefix.as_str()));
    why.check(
        ["没有一个诊断属于限定的适应症", "no diagnosis is among those for which the item is paid"],
        vec![
            ("diagnoses", codes.join("; ")),
            ("prefixes", prefixes.iter().map(|prefix| prefix.as_str()).collect::<Vec<_>>().join("; ")),
        ],
        !codes.iter().any(fits),
    )
}

/// The institution of a line, needed by a rule.
fn institution(why: &mut Why<'_, '_>, line: &FeeLine) -> Option<Institution> {
    let address = why.needed(Kind::Institution, line.institution, "missing:institution")?;
    Some(row::institution(why.scene.arena, address))
}

fn level(level: Option<HospitalLevel>) -> String {
    level.map_or("-", HospitalLevel::code).to_owned()
}

/// A line of an item that only institutions of some level are paid for.
pub(super) fn level_limit(why: &mut Why<'_, '_>, visit: TextRef, sn: TextRef) -> Option<()> {
    let (line, rows) = listed(why, visit, sn, "level_limit")?;
    let institution = institution(why, &line)?;
    let known = ["医院等级已知", "the level of the institution is known"];
    if institution.level.is_none() {
        return why.missing(known, Vec::new(), "missing:hosp_lv");
    }
    why.check(known, vec![("level", level(institution.level))], true)?;
    // 01 is the highest: the strictest row has the smallest number.
    let lowest = rows.iter().map(|row| HospitalLevel::from_code(row.text("lowest_lv"))).min().flatten();
    why.check(
        [
            "医院等级低于要求的最低等级（01最高）",
            "the institution ranks below the lowest level (01 is the highest)",
        ],
        vec![("level", level(institution.level)), ("lowest", level(lowest))],
        institution.level > lowest,
    )
}

/// A line of an item meant for one sex.
pub(super) fn sex_limit(why: &mut Why<'_, '_>, visit: TextRef, sn: TextRef) -> Option<()> {
    let (line, rows) = listed(why, visit, sn, "sex_limit")?;
    let person = person(why, line.psn_no)?;
    let gend = known_sex(why, &person)?;
    other_sex(why, &rows, gend)
}

/// A line above the price cap of its item.
pub(super) fn price_cap(why: &mut Why<'_, '_>, visit: TextRef, sn: TextRef) -> Option<()> {
    let (line, rows) = listed(why, visit, sn, "price_cap")?;
    let by_level = rows.iter().any(|row| !row.text("hosp_lv").is_empty());
    let rank = match by_level {
        true => {
            let institution = institution(why, &line)?;
            let known = [
                "限价按等级区分，医院等级已知",
                "caps differ by level, and that of the institution is known",
            ];
            let values = vec![("level", level(institution.level))];
            if institution.level.is_none() {
                return why.missing(known, values, "missing:hosp_lv");
            }
            why.check(known, values, true)?;
            institution.level
        }
        // One cap for all: the level does not matter.
        false => None,
    };
    let of_level = |wanted: bool| {
        let caps = rows.iter().filter(move |row| match (wanted, row.text("hosp_lv")) {
            (false, text) => text.is_empty(),
            (true, text) => !text.is_empty() && HospitalLevel::from_code(text) == rank,
        });
        caps.filter_map(|row| row.decimal("cap")).min()
    };
    let cap = of_level(true).or_else(|| of_level(false));
    let values = vec![
        ("level", level(rank)),
        ("cap", cap.map_or_else(|| "-".to_owned(), |cap| cap.normalize().to_string())),
    ];
    why.check(["该等级有限价", "there is a cap for the level, or one for all"], values, cap.is_some())?;
    let cap = cap?;
    why.check(
        ["单价高于限价", "the price is above the cap"],
        vec![("price", price(line.price)), ("cap", cap.normalize().to_string())],
        Decimal::from_i128_with_scale(i128::from(line.price), 6) > cap,
    )?;
    if !by_level {
        institution(why, &line)?;
    }
    Some(())
}

/// A line as sent that reverses nothing, or whose amount is not quantity times price.
pub(super) fn line_arithmetic(why: &mut Why<'_, '_>, visit: TextRef, sn: TextRef) -> Option<()> {
    let scene = why.scene;
    let address = why.record(Kind::FeeLine, (visit, sn))?;
    let line = row::fee_line(scene.arena, row::as_sent(scene.arena, address));
    let original =
        line.reverses.is_some().then(|| scene.find(Kind::FeeLine, (visit, line.reverses))).flatten();
    let is_original = original.is_some_and(|address| row::fee_line(scene.arena, address).reverses.is_none());
    let reverses_nothing = line.reverses.is_some() && !is_original;
    // Quantities have 4 places, prices 6, amounts 2: all in units of 10^-10.
    let exact = i128::from(line.cnt) * i128::from(line.price);
    let apart = (exact - i128::from(line.amount) * 100_000_000).abs();
    let allowed = decimal(why.rule, "tolerance")
        + decimal(why.rule, "per_unit") * Decimal::from_i128_with_scale(i128::from(line.cnt).abs(), 4);
    let difference = Decimal::try_from_i128_with_scale(apart, 10).unwrap_or(Decimal::MAX);
    why.check(
        [
            "冲销的原明细不存在，或数量乘单价与金额之差超过容许",
            "it reverses no standing original, or quantity times price differs from its amount by more than allowed",
        ],
        vec![
            ("init_feedetl_sn", scene.text(line.reverses)),
            ("cnt", quantity(line.cnt)),
            ("pric", price(line.price)),
            ("det_item_fee_sumamt", format_fen(line.amount)),
            ("difference", difference.normalize().to_string()),
            ("allowed", allowed.normalize().to_string()),
        ],
        reverses_nothing || difference > allowed,
    )
}

/// A line that came too late.
pub(super) fn late_upload(why: &mut Why<'_, '_>, visit: TextRef, sn: TextRef) -> Option<()> {
    let line = why.net_line(visit, sn)?;
    let known = ["接收时间已知", "the time at which it was received is known"];
    let Some(delay) = line.delay else { return why.missing(known, Vec::new(), "missing:recv_time") };
    let received = line.time.saturating_add(delay);
    why.check(known, vec![("recv_time", moment(received))], true)?;
    let allowed = integer(why.rule, "hours");
    why.check(
        ["接收时间晚于费用发生时间，且超过容许小时数", "it was received later than the hours allowed"],
        vec![
            ("fee_ocur_time", moment(line.time)),
            ("recv_time", moment(received)),
            ("hours", hours(delay)),
            ("limit", allowed.to_string()),
        ],
        delay > allowed * 3600,
    )
}
