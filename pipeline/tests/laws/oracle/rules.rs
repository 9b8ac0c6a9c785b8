//! The core rules, each beside its line of section 5, all parameters at their defaults.
//!
//! Ids that share a line of the contract share a function: a table's `rule` cell decides which of them it is.

#[path = "rules/ages.rs"]
mod ages;
#[path = "rules/bills.rs"]
mod bills;
#[path = "rules/conditions.rs"]
mod conditions;
#[path = "rules/goods.rs"]
mod goods;
#[path = "rules/lines.rs"]
mod lines;
#[path = "rules/people.rs"]
mod people;
#[path = "rules/prescriptions.rs"]
mod prescriptions;
#[path = "rules/quantities.rs"]
mod quantities;
#[path = "rules/stays.rs"]
mod stays;
#[path = "rules/stock.rs"]
mod stock;

use super::facts::Facts;
use super::finding::Judgement;
use super::tables::Row;

type Rule = fn(&Facts<'_>) -> Judgement;

/// The rules by id.
pub(crate) const ALL: [(&str, Rule); 58] = [
    ("A01", people::a01),
    ("A02", |facts| people::away(facts, "A02", "custody")),
    ("A03", |facts| people::away(facts, "A03", "abroad")),
    ("A04", stays::a04),
    ("A05", stays::a05),
    ("A06", people::a06),
    ("A08", people::a08),
    ("A11", people::a11),
    ("A14", stays::a14),
    ("A15", stays::a15),
    ("C01", |facts| ages::age_limit(facts, "C01")),
    ("C02", |facts| ages::age_limit(facts, "C02")),
    ("D06", |facts| ages::age_limit(facts, "D06")),
    ("D07", |facts| ages::age_limit(facts, "D07")),
    ("D08", |facts| conditions::indication(facts, "D08")),
    ("D10", |facts| quantities::course_limit(facts, "D10")),
    ("D12", |facts| lines::level_limit(facts, "D12")),
    ("E01", bills::e01),
    ("E03", bills::e03),
    ("E11", bills::e11),
    ("F01", bills::f01),
    ("F06", prescriptions::f06),
    ("F07", prescriptions::f07),
    ("F08", quantities::f08),
    ("G02", stock::g02),
    ("G03", stock::g03),
    ("H02", |facts| ages::age_limit(facts, "H02")),
    ("H04", |facts| conditions::sex_limit(facts, "H04")),
    ("H17", |facts| ages::age_limit(facts, "H17")),
    ("H18", |facts| conditions::sex_limit(facts, "H18")),
    ("H24", |facts| conditions::sex_limit(facts, "H24")),
    ("H25", |facts| conditions::indication(facts, "H25")),
    ("M02", lines::m02),
    ("M05", conditions::m05),
    ("M07", lines::m07),
    ("M08", lines::m08),
    ("M12", prescriptions::m12),
    ("M15", stays::m15),
    ("M16", people::m16),
    ("M18", stays::m18),
    ("M20", conditions::m20),
    ("M21", ages::m21),
    ("P04", prescriptions::p04),
    ("P06", prescriptions::p06),
    ("P08", goods::p08),
    ("S01", lines::s01),
    ("S05", |facts| ages::age_limit(facts, "S05")),
    ("S06", |facts| ages::age_limit(facts, "S06")),
    ("S07", |facts| conditions::indication(facts, "S07")),
    ("S10", |facts| quantities::course_limit(facts, "S10")),
    ("S11", |facts| lines::level_limit(facts, "S11")),
    ("S12", quantities::s12),
    ("S14", quantities::s14),
    ("S18", quantities::s18),
    ("T01", goods::t01),
    ("T04", goods::t04),
    ("T05", goods::t05),
    ("T06", goods::t06),
];

/// The rows of `item` that count on `day`.
fn valid_rows<'a>(rows: &'a [Row], item: &str, day: i64) -> Vec<&'a Row> {
    rows.iter().filter(|row| row.cell("item") == item && row.is_valid(day)).collect()
}

/// The number in a row's column, in millionths.
fn limit(row: &Row, column: &str) -> i128 {
    row.number(column).expect("a bank whose limits are no numbers is invalid")
}
