//! Recipes about the limits of items: days of a course, levels of institutions, greatest prices.

use crate::histories::calendar::HOUR;
use crate::histories::papers::Visit;
use crate::histories::places::LEVELS;
use crate::histories::record::{Cell, ONE, text};
use crate::histories::region::Region;

/// D10, S10: as many days as a course has and one or two more; two lines on a day, a day taken back.
pub(crate) fn course(region: &mut Region) {
    let Some(row) = region.row("course_limit") else { return };
    let item = region.item_named(row.get("item"));
    let last = region.day_for(&row);
    let visit = region.visit_about(last);
    let days = (row.whole("max_days") + region.dice.pick(&[-1, 0, 0, 1, 1, 2])).max(1);
    for back in 0..days {
        let day = last - back * region.dice.pick(&[1, 1, 1, 2]);
        for _ in 0..region.dice.pick(&[1, 1, 1, 2]) {
            let at = region.on(day);
            let line = region.line(&visit, &item, at, ONE);
            region.add(line.clone());
            if region.dice.chance(1, 8) {
                let reversal = region.reversal(&line, ONE);
                region.add(reversal);
            }
        }
    }
}

/// D12, S11: an institution of the lowest level allowed, one below, one above, of no level or of one there is not.
pub(crate) fn level(region: &mut Region) {
    let Some(row) = region.row("level_limit") else { return };
    let item = region.item_named(row.get("item"));
    let lowest = row.whole("lowest_lv");
    let levels = [lowest, lowest + 1, lowest + 1, (lowest - 1).max(1)].map(|level| format!("{level:02}"));
    let day = region.day_for(&row);
    let mut visit = match region.dice.below(6) {
        0 => region.visit_about(day),
        1 => {
            let level = region.dice.pick(&LEVELS);
            visit_at(region, Some(level), day)
        }
        2 => visit_at(region, None, day),
        _ => {
            let level = region.dice.pick(&levels);
            visit_at(region, Some(&level), day)
        }
    };
    if region.dice.chance(1, 12) {
        visit.place = "H-never".to_owned();
    }
    let at = region.on(day);
    let line = region.line(&visit, &item, at, ONE);
    region.bill(line);
}

/// S01: exactly the price allowed, a millionth more, much more; where the level has a cap of its own, or none is known.
pub(crate) fn price(region: &mut Region) {
    let Some(row) = region.row("price_cap") else { return };
    let item = region.item_named(row.get("item"));
    let day = region.day_for(&row);
    let visit = match (region.dice.below(6), row.get("hosp_lv")) {
        (0, _) => region.visit_about(day),
        (1, _) => visit_at(region, None, day),
        (2, _) | (_, "") => {
            let level = region.dice.pick(&LEVELS);
            visit_at(region, Some(level), day)
        }
        (_, level) => visit_at(region, Some(level), day),
    };
    let cap = row.millionths("cap");
    for _ in 0..region.dice.between(1, 2) {
        let pric = (cap + region.dice.pick(&[-1, 0, 0, 1, 10_000, 5_005_005, 50_000_000])).max(0);
        let mut priced = item.clone();
        priced.pric = (pric, 6);
        let cnt = region.dice.pick(&[ONE, ONE, 3 * ONE, 3_333]);
        let at = region.on(day);
        let mut line = region.line(&visit, &priced, at, cnt);
        if region.dice.chance(1, 12) {
            line.set("fixmedins_code", text("H-never"));
        }
        region.bill(line);
    }
}

/// A visit on `day` at an institution of this level.
fn visit_at(region: &mut Region, level: Option<&str>, day: i64) -> Visit {
    let said: Vec<(&'static str, Cell)> = level.map(|level| ("hosp_lv", text(level))).into_iter().collect();
    let place = region.fresh_place(said);
    if level.is_none()
        && let Some(record) = region.records.last_mut()
    {
        record.drop_field("hosp_lv");
    }
    let person = region.person();
    let at = region.on(day);
    let mut visit = region.visit(&person, &place.code, "11", at, Some(at + HOUR));
    region.settle_some(&mut visit);
    visit
}
