//! Conditions about diagnosis and operation codes: the sex and the age that they mean.

use records::Kind;
use records::arena::TextRef;
use records::codes::Sex;
use records::row::{self, Person, Visit, day_of};
use records::time::completed_years;
use rulebank::Row;

use super::steps::{Values, Why, day, row_text};

/// The visit, if it has the code, and the table rows whose prefix begins it.
fn coded<'a>(
    why: &mut Why<'_, 'a>,
    visit: TextRef,
    code: TextRef,
    table: &str,
    operation: bool,
) -> Option<(Visit, Vec<&'a Row>)> {
    let scene = why.scene;
    let visit = why.visit(visit)?;
    let address = scene.find(Kind::Visit, (visit.id, TextRef::NONE))?;
    let codes: Vec<TextRef> = match operation {
        true => row::operations(scene.arena, address),
        false => row::diagnoses(scene.arena, address).iter().map(|diagnosis| diagnosis.code).collect(),
    };
    let text = scene.text(code);
    let listed: Vec<String> = codes.iter().map(|code| scene.text(*code)).collect();
    let condition = match operation {
        true => ["该就诊有此手术操作", "the visit has this operation"],
        false => ["该就诊有此诊断", "the visit has this diagnosis"],
    };
    let values = vec![("code", text.clone()), ("codes", listed.join("; "))];
    why.check(condition, values, codes.contains(&code))?;
    let on = day_of(visit.begin);
    let rows: Vec<&Row> = scene
        .table(why.rule, table)
        .filter(|row| row.holds_on(on))
        .filter(|row| !row.text("prefix").is_empty() && text.starts_with(row.text("prefix")))
        .collect();
    let mut values: Values = vec![("code", text), ("day", day(on))];
    values.extend(rows.iter().map(|row| ("row", row_text(row))));
    why.check(
        [
            &format!("知识表 {table} 有就诊开始日有效、前缀与之相符的行"),
            &format!(
                "table {table} has a row whose prefix begins the code and that holds on the visit's first day"
            ),
        ],
        values,
        !rows.is_empty(),
    )?;
    Some((visit, rows))
}

/// The person of a visit or line, needed by a rule.
pub(super) fn person(why: &mut Why<'_, '_>, psn_no: TextRef) -> Option<Person> {
    let address = why.needed(Kind::Person, psn_no, "missing:person")?;
    Some(row::person(why.scene.arena, address))
}

/// The person's sex, if it is known.
pub(super) fn known_sex(why: &mut Why<'_, '_>, person: &Person) -> Option<Sex> {
    let condition = ["性别已知", "the person's sex is known"];
    if !person.gend.is_known() {
        return why.missing(condition, vec![("gend", person.gend.code_or_unknown())], "missing:gend");
    }
    why.check(condition, vec![("gend", person.gend.code().to_owned())], true)?;
    Some(person.gend)
}

/// Whether a row of another sex is violated.
pub(super) fn other_sex(why: &mut Why<'_, '_>, rows: &[&Row], gend: Sex) -> Option<()> {
    let gend = gend.code().to_owned();
    let mut values: Values = vec![("gend", gend.clone())];
    values.extend(rows.iter().map(|row| ("sex", row.text("gend").to_owned())));
    why.check(
        ["性别与知识表要求不符", "a row means another sex than the person's"],
        values,
        rows.iter().any(|row| row.text("gend") != gend),
    )
}

/// (visit, code) meant for another sex.
pub(super) fn sex(why: &mut Why<'_, '_>, visit: TextRef, code: TextRef, operation: bool) -> Option<()> {
    let table = if operation { "operation_sex" } else { "diagnosis_sex" };
    let (visit, rows) = coded(why, visit, code, table, operation)?;
    let person = person(why, visit.psn_no)?;
    let gend = known_sex(why, &person)?;
    other_sex(why, &rows, gend)
}

/// (visit, diagnosis) meant for another age.
pub(super) fn age(why: &mut Why<'_, '_>, visit: TextRef, code: TextRef) -> Option<()> {
    let (visit, rows) = coded(why, visit, code, "diagnosis_age", false)?;
    let person = person(why, visit.psn_no)?;
    let on = day_of(visit.begin);
    let born = ["就诊时已出生", "the visit begins on or after the day of birth"];
    let given: Values = vec![("brdy", day(person.brdy)), ("day", day(on))];
    if on < person.brdy {
        return why.missing(born, given, "missing:brdy");
    }
    why.check(born, given, true)?;
    let years = i64::from(completed_years(person.brdy, on));
    let mut values: Values = vec![("age", years.to_string())];
    values.extend(rows.iter().map(|row| ("row", row_text(row))));
    let outside = rows.iter().any(|row| {
        row.integer("min_years").is_some_and(|min| years < min)
            || row.integer("max_years").is_some_and(|max| years > max)
    });
    why.check(["年龄在该诊断的范围之外", "the person's age is outside a row's range"], values, outside)
}
