//! Recipes about how often somebody comes: many visits on a day, many stays in a quarter of a year.

use crate::histories::calendar::{DAY, HOUR, day};
use crate::histories::region::Region;

/// M16: three visits on a day, four, five; one of them a stay, one after midnight; with the same fund or none.
pub(crate) fn many_a_day(region: &mut Region) {
    let person =
        if region.dice.chance(1, 2) { region.fresh_person(day(1988, 8, 8)) } else { region.person() };
    let day = region.moment() / DAY;
    let fund = region.dice.pick(&[5_000, 40_000]);
    for _ in 0..region.dice.pick(&[3, 4, 4, 5]) {
        let place = region.place();
        let at = if region.dice.chance(1, 10) { (day + 1) * DAY } else { region.on(day) };
        let med_type = region.dice.pick(&["11", "11", "11", "11", "11", "9901", "110104", "41", "21"]);
        let mut visit = region.visit(&person, &place.code, med_type, at, Some(at + HOUR));
        match region.dice.below(6) {
            0 => {}
            1 => region.settle_some(&mut visit),
            2 => {
                region.settle(&mut visit, Some(fund));
                region.settle(&mut visit, Some(1));
            }
            _ => drop(region.settle(&mut visit, Some(fund))),
        }
    }
}

/// M18: four stays within ninety days, the first of them exactly ninety days before the last, or a second less.
pub(crate) fn again_and_again(region: &mut Region) {
    let person =
        if region.dice.chance(2, 3) { region.fresh_person(day(1950, 2, 28)) } else { region.person() };
    let last = region.moment();
    let edge = 90 * DAY + region.dice.pick(&[-1, -1, 0, 1, -DAY]);
    let mut before = vec![0, edge];
    for _ in 0..region.dice.pick(&[1, 2, 2, 3]) {
        let days = region.dice.between(0, 80) * DAY;
        before.push(region.dice.pick(&[0, 1, days, days]));
    }
    for seconds in before {
        let place = region.hospital();
        let begin = last - seconds;
        let med_type = region.dice.pick(&["21", "21", "22", "28", "52", "21", "21", "11"]);
        let mut visit = region.visit(&person, &place.code, med_type, begin, Some(begin + 20 * HOUR));
        region.settle_some(&mut visit);
    }
}
