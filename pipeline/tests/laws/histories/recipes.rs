//! One small template per rule, aimed at its threshold, just beside it, and at what it must not see.
//!
//! A recipe writes records down for its rule, or for the rules of one table; that they also meet the records of the
//! others is the point.

#[path = "recipes/clinic.rs"]
mod clinic;
#[path = "recipes/cover.rs"]
mod cover;
#[path = "recipes/goods.rs"]
mod goods;
#[path = "recipes/limits.rs"]
mod limits;
#[path = "recipes/lines.rs"]
mod lines;
#[path = "recipes/people.rs"]
mod people;
#[path = "recipes/shops.rs"]
mod shops;
#[path = "recipes/sources.rs"]
mod sources;
#[path = "recipes/stays.rs"]
mod stays;
#[path = "recipes/visits.rs"]
mod visits;

use crate::histories::region::Region;

/// A template: writes its records down.
pub(crate) type Recipe = fn(&mut Region);

/// The recipes, with the first rule each aims at.
pub(crate) const RECIPES: [(&str, Recipe); 54] = [
    ("A01", people::after_death),
    ("A02", people::held_or_away),
    ("A04", people::in_two_places),
    ("A05", people::two_beds),
    ("A06", people::too_fast),
    ("A08", people::empty_bed),
    ("A11", people::companions),
    ("A14", stays::only_a_bed),
    ("A15", stays::full_house),
    ("D06", lines::age_limit),
    // Eight rules share the table.
    ("S05", lines::age_limit),
    ("D08", clinic::no_indication),
    ("S07", clinic::no_indication),
    ("D10", limits::course),
    ("S10", limits::course),
    ("D12", limits::level),
    ("S11", limits::level),
    ("E01", cover::uncovered),
    ("E03", cover::covered_twice),
    ("E11", cover::no_agreement),
    ("F01", cover::invoice_twice),
    ("F06", lines::no_prescription),
    ("F07", lines::over_prescription),
    ("F08", stays::more_hours),
    ("G02", goods::balance),
    ("G03", shops::no_supply),
    ("H04", clinic::item_of_the_other_sex),
    ("H18", clinic::item_of_the_other_sex),
    ("M02", sources::wrong_sum),
    ("M05", clinic::operation_of_the_other_sex),
    ("M07", sources::late_upload),
    ("M08", stays::outside_the_stay),
    ("M12", sources::many_drugs),
    ("M15", stays::back_again),
    ("M16", visits::many_a_day),
    ("M18", visits::again_and_again),
    ("M20", clinic::diagnosis_of_the_other_sex),
    ("M21", clinic::diagnosis_of_another_age),
    ("P04", shops::no_slip),
    ("P06", shops::oversold),
    ("P08", goods::resale),
    ("S01", limits::price),
    ("S12", lines::pair_conflict),
    ("S14", lines::quantity_limit),
    ("S18", lines::too_soon),
    ("T01", goods::code_twice),
    ("T04", shops::too_few_codes),
    ("T05", shops::code_never_bought),
    ("T06", shops::expired),
    // Those that hit seldom come twice.
    ("A14", stays::only_a_bed),
    ("G02", goods::balance),
    ("M15", stays::back_again),
    ("P06", shops::oversold),
    ("S12", lines::pair_conflict),
];
