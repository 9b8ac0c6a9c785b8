//! The knowledge tables of the region.
//!
//! Beside the rows in force there are rows out of force about hot ordinary items, so that a reader who forgets the
//! dates drowns in alerts.

use crate::catalogue::Catalogue;
use crate::diagnosis::{OPERATIONS, SPECIFIC};
use crate::limits::{HIGH_LEVEL, RESALE_LIMIT};
use crate::text::owned;

/// In force on every simulated day.
const DATED: &str = "2020-01-01,,invented\n";
/// Over long before the first of them.
const EXPIRED: &str = "2012-01-01,2019-12-31,invented\n";

/// One table: its columns before the dates, its rows in force and its rows out of force.
fn table(columns: &str, dated: impl Iterator<Item = String>, expired: Option<String>) -> String {
    let mut text = format!("{columns},valid_from,valid_to,source\n");
    for row in dated {
        text += &format!("{row},{DATED}");
    }
    if let Some(row) = expired {
        text += &format!("{row},{EXPIRED}");
    }
    text
}

/// File stem and content of every table.
pub(crate) fn tables(catalogue: &Catalogue) -> Vec<(&'static str, String)> {
    let mut tables = of_patients(catalogue);
    tables.extend(of_prices(catalogue));
    tables.extend(of_sickness());
    tables
}

/// For whom, for what, how long and where an item is paid.
fn of_patients(catalogue: &Catalogue) -> Vec<(&'static str, String)> {
    let limits = &catalogue.limits;
    let code = |item: usize| &catalogue.items[item].code;
    let (drug, service) = (code(catalogue.drugs[0]), code(catalogue.services[0]));
    let ages = limits.ages.iter().map(|limit| {
        let unit = if limit.in_days { "days" } else { "years" };
        format!("{},{},{unit},{}", limit.rule, code(limit.item), limit.max)
    });
    let sexes =
        limits.sexes.iter().map(|limit| format!("{},{},{}", limit.rule, code(limit.item), limit.gend));
    let indications = limits
        .indications
        .iter()
        .map(|limit| format!("{},{},{}", limit.rule, code(limit.item), limit.prefixes.join(";")));
    let courses =
        limits.courses.iter().map(|limit| format!("{},{},{}", limit.rule, code(limit.item), limit.max));
    let levels =
        limits.levels.iter().map(|limit| format!("{},{},{:02}", limit.rule, code(limit.item), limit.lowest));
    vec![
        ("age_limit", table("rule,item,unit,max", ages, Some(format!("D06,{drug},days,28")))),
        ("sex_limit", table("rule,item,gend", sexes, Some(format!("H18,{service},2")))),
        ("indication", table("rule,item,prefixes", indications, Some(format!("D08,{drug},Q99")))),
        ("course_limit", table("rule,item,max_days", courses, Some(format!("D10,{drug},1")))),
        ("level_limit", table("rule,item,lowest_lv", levels, Some(format!("S11,{service},01")))),
    ]
}

/// How much, how often, how dear, and with what.
fn of_prices(catalogue: &Catalogue) -> Vec<(&'static str, String)> {
    let limits = &catalogue.limits;
    let code = |item: usize| &catalogue.items[item].code;
    let (first, second) = (code(catalogue.services[0]), code(catalogue.services[1]));
    let yuan = |price: i64| {
        owned(|t| {
            t.price(price);
        })
    };
    let caps = limits.caps.iter().flat_map(|limit| {
        let high = limit.high.into_iter().flat_map(move |high| {
            (1..=HIGH_LEVEL).map(move |level| format!("S01,{},{level:02},{}", code(limit.item), yuan(high)))
        });
        std::iter::once(format!("S01,{},,{}", code(limit.item), yuan(limit.cap))).chain(high)
    });
    let pairs = limits.pairs.iter().map(|&(paid, denied)| format!("S12,{},{}", code(paid), code(denied)));
    let quantities = limits.quantities.iter().map(|limit| {
        let unit = if limit.per_visit { "visit" } else { "day" };
        format!("S14,{},{unit},{}", code(limit.item), limit.max)
    });
    let hourly = limits.hourly.iter().map(|&item| format!("F08,{}", code(item)));
    let cycles = limits.cycles.iter().chain([&limits.refill]);
    let cycles = cycles.map(|&(item, days)| format!("S18,{},{days}", code(item)));
    let resale = limits.resale.iter().map(|&drug| format!("P08,{},{RESALE_LIMIT}", code(drug)));
    vec![
        ("price_cap", table("rule,item,hosp_lv,cap", caps, Some(format!("S01,{first},,0.01")))),
        ("pair_conflict", table("rule,item_paid,item_denied", pairs, Some(format!("S12,{first},{second}")))),
        ("quantity_limit", table("rule,item,unit,max", quantities, Some(format!("S14,{first},day,0")))),
        ("hour_item", table("rule,item", hourly, Some(format!("F08,{first}")))),
        ("cycle_gap", table("rule,item,min_days", cycles, Some(format!("S18,{first},90")))),
        ("resale_prone", table("rule,item,limit", resale, None)),
    ]
}

/// Who can have what.
fn of_sickness() -> Vec<(&'static str, String)> {
    let years = |years: Option<i64>| years.map(|years| years.to_string()).unwrap_or_default();
    let operations = OPERATIONS.iter().map(|(chapter, gend)| format!("M05,{chapter}.,{gend}"));
    let sexed = SPECIFIC.iter().filter(|specific| !specific.gend.is_empty());
    let sexed = sexed.map(|specific| format!("M20,{},{}", specific.prefix, specific.gend));
    let aged = SPECIFIC.iter().filter(|specific| specific.is_aged());
    let aged = aged.map(|specific| {
        format!("M21,{},{},{}", specific.prefix, years(specific.min_years), years(specific.max_years))
    });
    vec![
        ("operation_sex", table("rule,prefix,gend", operations, Some("M05,4,2".to_owned()))),
        ("diagnosis_sex", table("rule,prefix,gend", sexed, Some("M20,J,2".to_owned()))),
        ("diagnosis_age", table("rule,prefix,min_years,max_years", aged, Some("M21,J,150,".to_owned()))),
    ]
}
