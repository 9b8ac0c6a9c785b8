//! Recipes about stays: only a bed, more stays than beds, more hours than a day has, lines outside, back too soon.

use crate::histories::calendar::{DAY, HOUR};
use crate::histories::record::{Cell, ONE, text};
use crate::histories::region::Region;

/// A14: three days, or two, on which nothing but the bed is billed; with nursing, with a drug taken back, with a gap.
pub(crate) fn only_a_bed(region: &mut Region) {
    let place = region.hospital();
    let person = region.person();
    let begin = region.moment().min(region.horizon - 3 * DAY);
    let length = region.dice.pick(&[2, 2, 3, 4]);
    let end = match region.dice.below(8) {
        0 => None,
        // It ended before its last lines, or before it began.
        1 => Some(begin + DAY),
        2 => Some(begin - DAY),
        _ => Some(begin + length * DAY),
    };
    let med_type = region.dice.pick(&["21", "21", "21", "52", "11"]);
    let mut visit = region.visit(&person, &place.code, med_type, begin, end);
    region.settle_some(&mut visit);
    let bed = region.item();
    let spoiled = region.dice.between(0, 2 * length);
    for day in 0..=length {
        let day_of_line = begin / DAY + day;
        let mut kinds = vec!["01"];
        if region.dice.chance(1, 5) {
            kinds.push(region.dice.pick(&["02", "07"]));
        }
        if day == spoiled {
            kinds =
                region.dice.pick(&[vec!["02"], vec!["01", "05"], vec!["01", ""], vec!["01", "05"], vec![]]);
        }
        for kind in kinds {
            let at = region.on(day_of_line);
            let mut line = region.line(&visit, &bed, at, ONE);
            line.drop_field("med_chrgitm_type");
            if !kind.is_empty() {
                line.set("med_chrgitm_type", text(kind));
            }
            region.add(line.clone());
            if kind == "05" && region.dice.chance(1, 2) {
                let back = region.dice.pick(&[ONE, ONE, 1]);
                let reversal = region.reversal(&line, back);
                region.add(reversal);
            }
        }
    }
}

/// A15: as many stays as beds, one more, and so many that a tenth more is exactly reached; the last day is free.
pub(crate) fn full_house(region: &mut Region) {
    let (beds, stays) = match region.dice.below(12) {
        0 => (10, region.dice.pick(&[11, 12])),
        1 => (0, 2),
        2 => (2, 3),
        _ => (1, region.dice.pick(&[1, 2, 2, 3])),
    };
    let place = region.fresh_place(vec![("beds", Cell::Number(beds, 0))]);
    let day = region.moment() / DAY;
    let length = region.dice.pick(&[0, 1, 1, 2]);
    for _ in 0..stays {
        let person = region.person();
        let slip = region.dice.pick(&[0, 0, 0, 1, -length]);
        let begin = region.on(day + slip);
        let end = region.on(day + slip + length);
        let late = region.horizon - begin < 3 * DAY;
        let open = late && region.dice.chance(1, 4);
        let med_type = region.dice.pick(&["21", "21", "22", "11"]);
        region.visit(&person, &place.code, med_type, begin, (!open).then_some(end));
    }
}

/// F08: as many hours of an item as the stay has on its first, a middle and its last day, rounded up; 24 and more.
pub(crate) fn more_hours(region: &mut Region) {
    let Some(row) = region.row("hour_item") else { return };
    let item = region.item_named(row.get("item"));
    let day = region.day_for(&row);
    let stay = region.dice.chance(3, 4);
    let begin = region.on(day) - region.dice.pick(&[0, 0, DAY, 2 * DAY, -DAY]);
    let end = match region.dice.below(8) {
        0 => None,
        1 => Some((begin / DAY + 1) * DAY),
        2 => Some(begin),
        3 => Some(begin - DAY),
        _ => Some(begin + region.dice.pick(&[1, HOUR, HOUR + 1, 5 * HOUR - 60, DAY, 2 * DAY])),
    };
    let (person, place) = (region.person(), region.hospital());
    let med_type = if stay { "21" } else { "11" };
    let mut visit = region.visit(&person, &place.code, med_type, begin, end);
    region.settle_some(&mut visit);
    let inside = end.unwrap_or(i64::MAX).min((day + 1) * DAY) - begin.max(day * DAY);
    let allowed = if stay && inside > 0 { (inside + HOUR - 1) / HOUR } else { 24 };
    let target = allowed * ONE + region.dice.pick(&[-ONE, 0, 0, 1, ONE, ONE]);
    for share in [target - target / 2, target / 2] {
        if share <= 0 {
            continue;
        }
        let at = region.on(day);
        let surplus = region.dice.pick(&[0, 0, 0, ONE]);
        let line = region.line(&visit, &item, at, share + surplus);
        region.add(line.clone());
        if surplus > 0 {
            let reversal = region.reversal(&line, surplus);
            region.add(reversal);
        }
    }
}

/// M08: lines three and four days before a stay and after it; after one without end, and one that ends before it begins.
pub(crate) fn outside_the_stay(region: &mut Region) {
    let (person, place, item) = (region.person(), region.hospital(), region.item());
    let begin = region.moment().min(region.horizon - 9 * DAY);
    let end = match region.dice.below(6) {
        0 => None,
        1 => Some(begin - 2 * DAY),
        _ => Some(begin + region.dice.pick(&[0, HOUR, 4 * DAY])),
    };
    let med_type = region.dice.pick(&["21", "21", "21", "24", "11"]);
    let mut visit = region.visit(&person, &place.code, med_type, begin, end);
    region.settle_some(&mut visit);
    for _ in 0..region.dice.between(1, 3) {
        let day = match end {
            Some(end) if region.dice.chance(1, 2) => end / DAY + region.dice.pick(&[2, 3, 4, 4]),
            _ => begin / DAY - region.dice.pick(&[2, 3, 4, 4]),
        };
        let at = region.on(day);
        let line = region.line(&visit, &item, at, ONE);
        region.bill(line);
    }
}

/// M15: back in the same bed on the day of leaving, after fifteen days and after sixteen, with nearly the same diagnosis.
pub(crate) fn back_again(region: &mut Region) {
    let person = if region.dice.chance(5, 6) { region.fresh_person(-9_000) } else { region.person() };
    let place = region.hospital();
    let begin = region.moment().min(region.horizon - 20 * DAY);
    let length = region.dice.pick(&[0, 2, 5]);
    let end = region.on(begin / DAY + length);
    let gap = region.dice.pick(&[-length, -1, 0, 1, 15, 15, 16, 16]);
    let again = if region.dice.chance(1, 8) { begin } else { region.on(end / DAY + gap) };
    let codes = region.dice.pick(&[
        ["E11.900", "E11.901"],
        ["E11.901", "E11.900"],
        ["I10.x00", "I10"],
        ["E11.900", "E11"],
        ["E1", "E1"],
        ["E1", "E11"],
        ["高血压1", "高血压2"],
        ["I10.x00", "E11.900"],
        ["E11.9", "e11.9"],
    ]);
    let mut stays = vec![(begin, Some(end), codes[0]), (again, Some(again + DAY), codes[1])];
    match region.dice.below(8) {
        0 => stays[0].1 = None,
        1 => stays[1].1 = None,
        // Only neighbours are compared.
        2 => stays.insert(1, (region.on(begin / DAY + 1), Some(end), "C61")),
        _ => {}
    }
    for (begin, end, code) in stays {
        let other = region.hospital();
        let place = if region.dice.chance(1, 12) { other } else { place.clone() };
        let med_type = region.dice.pick(&["21", "21", "22", "22", "22", "52", "52", "11"]);
        let mut visit = region.visit(&person, &place.code, med_type, begin, end);
        if region.dice.chance(9, 10) {
            let diagnoses = region.diagnoses(code);
            region.amend(&visit, "diags", diagnoses);
        } else {
            region.poor_chart(&visit, code);
        }
        region.settle_some(&mut visit);
    }
}
