//! One small template per rule, aimed at its threshold, just beside it, and at what it must not see.
//!
//! A recipe writes records down for its rule; that they also meet the records of the others is the point.

#[path = "recipes/goods.rs"]
mod goods;
#[path = "recipes/lines.rs"]
mod lines;
#[path = "recipes/people.rs"]
mod people;

use crate::histories::region::Region;

/// A template: writes its records down.
pub(crate) type Recipe = fn(&mut Region);

/// The recipes, with the rule each aims at.
pub(crate) const RECIPES: [(&str, Recipe); 16] = [
    ("D06", lines::age_limit),
    ("S12", lines::pair_conflict),
    ("S14", lines::quantity_limit),
    ("A01", people::after_death),
    ("A05", people::two_beds),
    ("A06", people::too_fast),
    ("S18", lines::too_soon),
    ("A08", people::empty_bed),
    ("A11", people::companions),
    ("E01", people::uncovered),
    ("F01", people::invoice_twice),
    ("F06", lines::no_prescription),
    ("F07", lines::over_prescription),
    ("P08", goods::resale),
    ("T01", goods::code_twice),
    ("G02", goods::balance),
];
