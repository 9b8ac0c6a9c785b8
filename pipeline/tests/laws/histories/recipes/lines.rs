//! Recipes about fee lines: ages, pairs, quantities, gaps, prescriptions.

use crate::histories::calendar::{DAY, HOUR, civil, day};
use crate::histories::record::{Cell, ONE, text};
use crate::histories::region::Region;
use crate::histories::tables::Row;

/// D06 and its like: lines on the last day of an age, on the first day beyond it, and for a person nobody knows.
pub(crate) fn age_limit(region: &mut Region) {
    let Some(row) = region.row("age_limit") else { return };
    for _ in 0..2 {
        let aimed = region.day_for(&row);
        of_age(region, &row, aimed);
    }
}

/// A line for somebody who on `day_of_row`, or on a day of their own, is about as old as `row` allows.
fn of_age(region: &mut Region, row: &Row, day_of_row: i64) {
    let item = region.item_named(row.get("item"));
    let max = row.whole("max");
    let person = if region.dice.chance(1, 2) {
        let slip = region.dice.pick(&[-1, 0, 1]);
        let birth = if row.get("unit") == "days" {
            day_of_row - max + slip
        } else {
            let (year, month, of_month) = civil(day_of_row);
            day(year - max, month, of_month) + slip
        };
        region.fresh_person(birth)
    } else {
        region.person()
    };
    let slip = region.dice.pick(&[-1, 0, 1, 2]);
    let aimed = match region.births.get(&person) {
        Some(birth) if row.get("unit") == "days" => birth + max + slip,
        Some(birth) => {
            let (year, month, of_month) = civil(*birth);
            day(year + max, month, of_month) + slip
        }
        None => day_of_row,
    };
    let inside = (region.first..=region.horizon / DAY).contains(&aimed);
    let day = if inside && region.dice.chance(3, 4) { aimed } else { day_of_row };
    let mut visit = region.visit_about(day);
    if region.dice.chance(5, 6) {
        visit.person = person;
    }
    let at = region.on(day);
    let cnt = region.dice.pick(&[ONE, 2 * ONE]);
    let line = region.line(&visit, &item, at, cnt);
    region.bill(line);
}

/// S12: both items on one day, on two, in two visits, or one of them taken back.
pub(crate) fn pair_conflict(region: &mut Region) {
    let Some(row) = region.row("pair_conflict") else { return };
    let (paid, denied) = (region.item_named(row.get("item_paid")), region.item_named(row.get("item_denied")));
    let day = region.day_for(&row);
    let visit = region.visit_about(day);
    let mut other = visit.clone();
    let mut other_day = day;
    let mut taken_back = false;
    match region.dice.below(8) {
        0 => other = region.visit_about(day),
        1 | 2 => other_day = day + region.dice.pick(&[-1, 1]),
        3 => taken_back = true,
        _ => {}
    }
    for _ in 0..region.dice.between(1, 2) {
        let at = region.on(day);
        let line = region.line(&visit, &paid, at, ONE);
        region.bill(line);
    }
    for _ in 0..region.dice.between(1, 2) {
        let at = region.on(other_day);
        let line = region.line(&other, &denied, at, 2 * ONE);
        region.add(line.clone());
        if taken_back {
            let back = region.dice.pick(&[ONE, 2 * ONE, 2 * ONE, 3 * ONE]);
            let reversal = region.reversal(&line, back);
            region.add(reversal);
        }
    }
}

/// S14: exactly the max, a ten-thousandth over it, one over it; in several lines, with reversals, over the row's days.
pub(crate) fn quantity_limit(region: &mut Region) {
    let Some(row) = region.row("quantity_limit") else { return };
    let item = region.item_named(row.get("item"));
    let max = row.quantity("max");
    let first = region.day_for(&row);
    let visit = region.visit_about(first);
    let over = region.dice.pick(&[-ONE, 0, 0, 1, ONE, 3 * ONE]);
    let target = (max + over).max(1);
    let parts = region.dice.between(1, 3);
    for part in 0..parts {
        let share = if part == 0 { target - (parts - 1) * (target / parts) } else { target / parts };
        if share == 0 {
            continue;
        }
        let spread = region.dice.pick(&[0, 0, 0, 1, 2]);
        let at = region.on(first + spread);
        let surplus = region.dice.pick(&[0, 0, 0, ONE, 5_000]);
        let mut line = region.line(&visit, &item, at, share + surplus);
        if region.dice.chance(1, 4) {
            line.set("pric", Cell::Number(region.dice.between(1, 99_999_999), 6));
        }
        region.add(line.clone());
        if surplus > 0 {
            let reversal = region.reversal(&line, surplus);
            region.add(reversal);
        }
    }
}

/// S18: the same item again a day before the gap is over, on the day it is over, and with a line in between.
pub(crate) fn too_soon(region: &mut Region) {
    let Some(row) = region.row("cycle_gap") else { return };
    let item = region.item_named(row.get("item"));
    let gap = row.whole("min_days");
    let later = region.day_for(&row);
    let person = if region.dice.chance(1, 3) {
        let birth = day(1970, 6, 1);
        region.fresh_person(birth)
    } else {
        region.person()
    };
    let mut days = vec![later, later - gap + region.dice.pick(&[-1, 0, 1, 1])];
    if region.dice.chance(1, 3) {
        days.push(later - gap / 2);
    }
    for day in days {
        let mut visit = region.visit_about(day);
        visit.person.clone_from(&person);
        let at = region.on(day);
        let line = region.line(&visit, &item, at, ONE);
        region.bill(line);
    }
}

/// F06: a drug on a prescription that is missing, cancelled, of other items, or good; a stay whose lines name none.
pub(crate) fn no_prescription(region: &mut Region) {
    let at = region.moment();
    let place = if region.dice.chance(1, 5) { region.place() } else { region.reporting() };
    let person = region.person();
    let stay = region.dice.chance(1, 3);
    let med_type = if place.pharmacy && region.dice.chance(3, 4) {
        "41"
    } else if stay {
        "21"
    } else {
        "11"
    };
    let mut visit = region.visit(&person, &place.code, med_type, at, Some(at + 2 * DAY));
    if region.dice.chance(2, 3) {
        region.settle(&mut visit, None);
    }
    if region.dice.chance(1, 12) {
        // A visit that never arrives: its lines are no subjects.
        visit.id = region.id("V");
    }
    let drug = region.drug();
    let wrong = region.drug();
    for _ in 0..region.dice.between(1, 3) {
        let when = at + region.dice.between(0, 40) * HOUR;
        let mut line = region.line(&visit, &drug, when, ONE);
        match region.dice.below(8) {
            0 | 1 => {}
            2 => line.set("rx_id", text("RX-never")),
            3 => {
                let rx = region.prescribe(&visit, &wrong, &[ONE], "issued");
                line.set("rx_id", text(rx));
            }
            4 => {
                let rx = region.prescribe(&visit, &drug, &[ONE], "cancelled");
                line.set("rx_id", text(rx));
            }
            _ => {
                let rx = region.prescribe(&visit, &drug, &[ONE], "dispensed");
                line.set("rx_id", text(rx));
            }
        }
        if region.dice.chance(1, 10) {
            line.set("list_type", text("301"));
        }
        if region.dice.chance(1, 8) && line.get("rx_id").is_none() {
            // Only the reversal names a prescription: as sent, the stay has a line that does.
            let reversal = region.reversal(&line, 1).with("rx_id", text("RX-never"));
            region.add(reversal);
        }
        region.bill(line);
    }
}

/// F07: exactly what was prescribed, a ten-thousandth more, one more; from two lines of the order, by two visits.
pub(crate) fn over_prescription(region: &mut Region) {
    let at = region.moment();
    let person = region.person();
    let place = region.reporting();
    let drug = if region.dice.chance(1, 2) { region.drug() } else { region.fresh_item("101") };
    let visit = region.visit(&person, &place.code, "11", at, Some(at + HOUR));
    let (rx, target) = region.prescribe_near(&visit, &drug);
    let second = if region.dice.chance(1, 4) { region.visit_about(at / DAY) } else { visit.clone() };
    for (visit, share) in [(visit, target - target / 2), (second, target / 2)] {
        if share <= 0 {
            continue;
        }
        let surplus = region.dice.pick(&[0, 0, ONE]);
        let mut line = region.line(&visit, &drug, at + 600, share + surplus).with("rx_id", text(&*rx));
        if region.dice.chance(1, 3) {
            line.set("pric", Cell::Number(region.dice.between(1, 9_999), 2));
        }
        region.add(line.clone());
        if surplus > 0 {
            let reversal = region.reversal(&line, surplus);
            region.add(reversal);
        }
    }
}
