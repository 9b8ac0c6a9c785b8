//! The sixteen core rules, each beside its line of section 5, all parameters at their defaults.

#[path = "rules/bills.rs"]
mod bills;
#[path = "rules/goods.rs"]
mod goods;
#[path = "rules/lines.rs"]
mod lines;
#[path = "rules/people.rs"]
mod people;

use super::facts::Facts;
use super::finding::Judgement;

type Rule = fn(&Facts<'_>) -> Judgement;

/// The rules by id.
pub(crate) const ALL: [(&str, Rule); 16] = [
    ("A01", people::a01),
    ("A05", people::a05),
    ("A06", people::a06),
    ("A08", people::a08),
    ("A11", people::a11),
    ("D06", lines::d06),
    ("E01", bills::e01),
    ("F01", bills::f01),
    ("F06", lines::f06),
    ("F07", lines::f07),
    ("G02", goods::g02),
    ("P08", goods::p08),
    ("S12", lines::s12),
    ("S14", lines::s14),
    ("S18", lines::s18),
    ("T01", goods::t01),
];
