//! Recipes about what is done to whom: indications, and items, operations and diagnoses of one sex or one age.

use crate::histories::calendar::{DAY, HOUR, civil, day};
use crate::histories::charts::{diagnosis, operations};
use crate::histories::papers::Visit;
use crate::histories::record::{Cell, ONE, text};
use crate::histories::region::Region;
use crate::histories::tables::Row;

/// D08, S07, H25: a diagnosis that is the prefix, longer, shorter, written small; an empty chart and none.
pub(crate) fn no_indication(region: &mut Region) {
    let Some(row) = region.row("indication") else { return };
    let item = region.item_named(row.get("item"));
    let day = region.day_for(&row);
    let visit = new_visit(region, day);
    let prefixes: Vec<String> = row.get("prefixes").split(';').map(str::to_owned).collect();
    let prefix = region.dice.pick(&prefixes);
    let code = near_prefix(region, &prefix);
    match region.dice.below(8) {
        0 => region.poor_chart(&visit, &code),
        1 => {}
        2 => {
            let list = vec![diagnosis("Z99", Some(true), None), diagnosis(&code, None, None)];
            region.amend(&visit, "diags", Cell::Records(list));
        }
        _ => region.amend(&visit, "diags", Cell::Records(vec![diagnosis(&code, Some(true), Some(1))])),
    }
    let mut visit = visit;
    if region.dice.chance(1, 12) {
        // A line of a visit that never arrives.
        visit.id = region.id("V");
    }
    for _ in 0..region.dice.between(1, 2) {
        let at = region.on(day);
        let line = region.line(&visit, &item, at, ONE);
        region.bill(line);
    }
}

/// H04, H18, H24: an item of one sex for the other, for its own, for somebody of neither, for somebody unknown.
pub(crate) fn item_of_the_other_sex(region: &mut Region) {
    let Some(row) = region.row("sex_limit") else { return };
    let item = region.item_named(row.get("item"));
    let day = region.day_for(&row);
    let mut visit = region.visit_about(day);
    visit.person = patient(region, &row);
    let at = region.on(day);
    let line = region.line(&visit, &item, at, ONE);
    region.bill(line);
}

/// M05: an operation whose code begins so, one that is shorter, two of one prefix, one twice.
pub(crate) fn operation_of_the_other_sex(region: &mut Region) {
    let Some(row) = region.row("operation_sex") else { return };
    let visit = visit_of_patient(region, &row);
    let code = near_prefix(region, row.get("prefix"));
    let longer = format!("{code}9");
    let codes = region.dice.pick(&[
        vec![&*code],
        vec![&*code],
        vec!["47.0", &code],
        vec![&*code, &code],
        vec![&*code, &longer],
    ]);
    region.amend(&visit, "oprns", operations(&codes, visit.begin));
}

/// M20: a diagnosis whose code begins so, one that is shorter, two of one prefix, one twice.
pub(crate) fn diagnosis_of_the_other_sex(region: &mut Region) {
    let Some(row) = region.row("diagnosis_sex") else { return };
    let visit = visit_of_patient(region, &row);
    diagnose(region, &visit, &row);
}

/// M21: a diagnosis on the birthday of its least and its greatest age, the day before, a year later, before birth.
pub(crate) fn diagnosis_of_another_age(region: &mut Region) {
    let Some(row) = region.row("diagnosis_age") else { return };
    let begin = region.day_for(&row);
    let mut ages = vec![5, 18, 70];
    for column in ["min_years", "max_years"] {
        if !row.get(column).is_empty() {
            ages.extend([row.whole(column) + 1, row.whole(column), row.whole(column)]);
        }
    }
    let age = region.dice.pick(&ages);
    let (year, month, of_month) = civil(begin);
    let birth = day(year - age, month, of_month) + region.dice.pick(&[-1, 0, 0, 1]);
    let person = match region.dice.below(12) {
        0 => "P-never".to_owned(),
        1 => region.person(),
        _ => region.fresh_person(birth),
    };
    let place = region.place();
    let at = region.on(begin);
    let visit = region.visit(&person, &place.code, "11", at, Some(at + HOUR));
    diagnose(region, &visit, &row);
}

/// Gives `visit` a diagnosis that begins, or nearly begins, with the prefix of `row`; sometimes two of them.
fn diagnose(region: &mut Region, visit: &Visit, row: &Row) {
    let code = near_prefix(region, row.get("prefix"));
    let list = match region.dice.below(6) {
        0 => vec![diagnosis(&code, Some(true), None), diagnosis(&code, None, None)],
        1 => vec![diagnosis("Z99", Some(true), None), diagnosis(&format!("{code}x"), None, None)],
        2 => vec![diagnosis(&code, None, None), diagnosis(&format!("{code}9"), None, Some(3))],
        _ => vec![diagnosis(&code, Some(true), Some(1))],
    };
    region.amend(visit, "diags", Cell::Records(list));
}

/// A code that begins with `prefix`, mostly; else one a letter shorter or in other letters.
fn near_prefix(region: &mut Region, prefix: &str) -> String {
    let code = match region.dice.below(8) {
        0 => prefix.chars().take(prefix.chars().count().saturating_sub(1)).collect(),
        1 => prefix.to_lowercase(),
        2 => format!("x{prefix}"),
        3 | 4 => format!("{prefix}.1"),
        _ => prefix.to_owned(),
    };
    if code.is_empty() { "E11.9".to_owned() } else { code }
}

/// Somebody of the sex of `row`, of the other, of neither, or unknown.
fn patient(region: &mut Region, row: &Row) -> String {
    let gend = row.get("gend").to_owned();
    let other = if gend == "1" { "2" } else { "1" };
    match region.dice.below(12) {
        0 => "P-never".to_owned(),
        1 | 2 => region.person(),
        3 => region.fresh_person_of("0", day(1990, 1, 1)),
        4 => region.fresh_person_of("9", day(1990, 1, 1)),
        5 | 6 => region.fresh_person_of(&gend, day(1990, 1, 1)),
        _ => region.fresh_person_of(other, day(1990, 1, 1)),
    }
}

/// A visit of such a patient that begins on a day of `row`.
fn visit_of_patient(region: &mut Region, row: &Row) -> Visit {
    let person = patient(region, row);
    let day = region.day_for(row);
    let place = region.hospital();
    let at = region.on(day);
    let med_type = region.dice.pick(&["11", "21"]);
    region.visit(&person, &place.code, med_type, at, Some(at + 2 * DAY))
}

/// A visit on `day` that nobody has written anything about.
fn new_visit(region: &mut Region, day: i64) -> Visit {
    let (person, place) = (region.person(), region.place());
    let at = region.on(day);
    let mut visit = region.visit(&person, &place.code, "11", at, Some(at + HOUR));
    region.amend(&visit, "dept_codg", text("03"));
    region.settle_some(&mut visit);
    visit
}
