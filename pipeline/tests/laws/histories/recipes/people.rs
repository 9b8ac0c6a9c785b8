//! Recipes about people and where they are: dead, held, abroad, in two places, in two beds, with companions.

use crate::histories::calendar::{DAY, HOUR, day};
use crate::histories::papers::Visit;
use crate::histories::record::{Cell, Record, text};
use crate::histories::region::{Place, Region};
use crate::histories::tables::EXTENDED;

/// A01: a visit on the day of death, on the day of grace, and on the day after it.
pub(crate) fn after_death(region: &mut Region) {
    let person = region.person();
    let moment = region.moment();
    let begin = moment / DAY;
    for _ in 0..region.dice.pick(&[1, 1, 1, 2]) {
        let mut fact = Record::new("person_fact")
            .with("fact_id", text(region.id("F")))
            .with("psn_no", text(&*person))
            .with("fact", text(region.dice.pick(&["death", "death", "death", "custody", "abroad"])))
            .with("begin", Cell::Date(begin + region.dice.pick(&[0, 0, 0, 1])));
        if region.dice.chance(1, 6) {
            fact.set("end", Cell::Date(begin));
        }
        region.add(fact);
    }
    for _ in 0..region.dice.between(1, 2) {
        let slip = region.dice.pick(&[0, 1, 1, 2, 2, 3]);
        let at = region.on(begin + slip);
        let place = region.place();
        let med_type = region.dice.pick(&["11", "21", "41"]);
        let mut visit = region.visit(&person, &place.code, med_type, at, Some(at + HOUR));
        for _ in 0..region.dice.between(0, 2) {
            region.settle(&mut visit, None);
        }
    }
}

/// A02, A03: care on the first and the last day of an absence, inside it and after it; one without end, one without days.
pub(crate) fn held_or_away(region: &mut Region) {
    let person = region.person();
    let begin = region.moment() / DAY;
    let length = region.dice.pick(&[0, 1, 2, 3, 10]);
    let mut fact = Record::new("person_fact")
        .with("fact_id", text(region.id("F")))
        .with("psn_no", text(&*person))
        .with("fact", text(region.dice.pick(&["custody", "abroad"])))
        .with("begin", Cell::Date(begin));
    match region.dice.below(6) {
        0 => {}
        1 => fact.set("end", Cell::Date(begin - 2)),
        _ => fact.set("end", Cell::Date(begin + length)),
    }
    region.add(fact);
    for _ in 0..region.dice.between(1, 3) {
        let slip = region.dice.pick(&[0, 1, 1, length - 1, length, length + 1, length / 2, 20]);
        let at = region.on(begin + slip);
        let place = region.place();
        let med_type = region.dice.pick(&["11", "21", "61"]);
        let mut visit = region.visit(&person, &place.code, med_type, at, Some(at + HOUR));
        region.settle_some(&mut visit);
    }
}

/// A04: seen elsewhere on the first and the last day of a stay and between them; the stay open, or the place the same.
pub(crate) fn in_two_places(region: &mut Region) {
    let person = region.person();
    let bed = region.hospital();
    let begin = region.moment();
    let length = region.dice.pick(&[1, 2, 3, 6]);
    let end = region.on(begin / DAY + length);
    let open = region.dice.chance(1, 5);
    let med_type = region.dice.pick(&["21", "52", "28", "21", EXTENDED[0]]);
    let mut stay = region.visit(&person, &bed.code, med_type, begin, (!open).then_some(end));
    region.settle_some(&mut stay);
    witness(region, &stay, &bed);
    for _ in 0..region.dice.between(1, 2) {
        let slip = region.dice.pick(&[0, 1, 1, length - 1, length, length + 1]);
        let at = region.on(begin / DAY + slip);
        let other = if region.dice.chance(1, 8) { bed.clone() } else { region.place() };
        let med_type = region.dice.pick(&["11", "11", "41", "61", EXTENDED[0], EXTENDED[1], "21"]);
        let mut visit = region.visit(&person, &other.code, med_type, at, Some(at + HOUR));
        region.settle_some(&mut visit);
    }
}

/// A05: two beds at once for exactly 24 hours, a second more, a second less; with open ends, up to *now*.
pub(crate) fn two_beds(region: &mut Region) {
    let person = region.person();
    let (one, two) = (region.hospital(), region.hospital());
    let slip = region.dice.pick(&[-1, 0, 1, HOUR, -5 * HOUR]);
    let open = region.dice.chance(1, 4);
    let length = region.dice.between(2, 6) * DAY;
    let (begin, end, later, later_end) = if open {
        let later = region.horizon - 24 * HOUR - slip;
        (later - length, None, later, region.dice.pick(&[None, Some(region.horizon)]))
    } else {
        let begin = region.moment();
        let end = begin + length;
        let later = end - 24 * HOUR - slip;
        (begin, Some(end), later, Some(end + region.dice.pick(&[0, DAY, 9 * DAY])))
    };
    let med_types = ["21", "52", "28", "21", "21", "9902", "11"];
    for (place, begin, end) in [(one, begin, end), (two, later, later_end)] {
        let med_type = region.dice.pick(&med_types);
        let mut visit = region.visit(&person, &place.code, med_type, begin, end);
        region.settle_some(&mut visit);
        witness(region, &visit, &place);
    }
}

/// A06: two checks as far apart as a car gets in the time between, and a second more or less.
pub(crate) fn too_fast(region: &mut Region) {
    let person =
        if region.dice.chance(2, 3) { region.fresh_person(day(1980, 2, 29)) } else { region.person() };
    let mut places = region.places.clone();
    region.dice.shuffle(&mut places);
    if region.dice.chance(5, 6) {
        // Mostly two whose distance is known; the stable sort leaves chance its part.
        places.sort_by_key(|place| place.at.is_none());
    }
    let one = places[0].clone();
    let two = places.iter().find(|place| place.at != one.at).unwrap_or(&one).clone();
    let km = match (one.at, two.at) {
        (Some(one), Some(two)) => kilometres(one, two),
        _ => 50.0,
    };
    // The seconds at which 120 km/h and half an hour of slack are just enough, found by counting up.
    let mut enough = 0;
    while km > 120.0 * (f64::from(enough) / 3_600.0 + 0.5) {
        enough += 1;
    }
    let between = (i64::from(enough) + region.dice.pick(&[-1, -1, 0, 1, -600, 600])).max(0);
    let at = region.moment().min(region.horizon - between - 1);
    region.presence(&person, &one.code, at, "pass");
    if region.dice.chance(1, 4) {
        let middle = region.place();
        let result = region.dice.pick(&["fail", "override", "pass"]);
        region.presence(&person, &middle.code, at + between / 2, result);
    }
    let result = region.dice.pick(&["pass", "pass", "pass", "pass", "fail"]);
    region.presence(&person, &two.code, at + between, result);
}

/// A08: a stay of a day and a second with a check at the very edge of the window, or outside it, or failed.
pub(crate) fn empty_bed(region: &mut Region) {
    let place = if region.dice.chance(1, 5) { region.hospital() } else { region.reporting() };
    let person = region.person();
    let open = region.dice.chance(1, 5);
    let length = 24 * HOUR + region.dice.pick(&[-1, 0, 1, 1, DAY, 3 * DAY]);
    let begin = if open { region.horizon - length } else { region.moment() };
    let end = (!open).then_some(begin + length);
    let med_type = region.dice.pick(&["21", "22", "52", "21", "9902"]);
    let mut visit = region.visit(&person, &place.code, med_type, begin, end);
    region.settle_some(&mut visit);
    match region.dice.below(6) {
        0 | 1 => {}
        2 => {
            let edge = begin + region.dice.pick(&[-DAY, DAY]) + region.dice.pick(&[-1, 0, 1]);
            region.presence(&person, &place.code, edge, "pass");
        }
        3 => region.presence(&person, &place.code, begin, "fail"),
        4 => {
            let other = region.place();
            region.presence(&person, &other.code, begin, "pass");
        }
        _ => {
            let other = region.person();
            region.presence(&other, &place.code, begin, "pass");
        }
    }
}

/// A11: three who come and go together twice, or almost: a day too late, once only, two only, one still there.
pub(crate) fn companions(region: &mut Region) {
    let size = region.dice.pick(&[2, 2, 3, 3, 3, 4]);
    // People of their own keep a pair from growing into a group through the others' stays.
    let people: Vec<String> = if region.dice.chance(1, 3) {
        (0..size).map(|_| region.fresh_person(day(1955, 3, 3))).collect()
    } else {
        let mut people = region.people.clone();
        region.dice.shuffle(&mut people);
        people.into_iter().take(size).collect()
    };
    let rounds = region.dice.pick(&[1, 2, 2, 2, 3]);
    let mut place = region.hospital();
    let first = region.dice.between(region.first, (region.horizon / DAY - 30).max(region.first));
    for round in 0..rounds {
        if region.dice.chance(1, 3) {
            place = region.hospital();
        }
        let begin = first + round * 9;
        let length = region.dice.between(1, 5);
        for (index, person) in people.iter().enumerate() {
            // Neighbours in a chain may be near each other while its ends are not.
            let step = i64::try_from(index).expect("few people");
            let slip = region.dice.pick(&[0, 0, 0, 1, step.min(2), 2]);
            let from = region.on(begin + slip);
            let end_day = begin + slip + length + region.dice.pick(&[0, 0, 0, 0, 1]);
            let end = region.on(end_day);
            let open = region.dice.chance(1, 25);
            let mut visit = region.visit(person, &place.code, "21", from, (!open).then_some(end));
            if region.dice.chance(1, 2) {
                region.settle(&mut visit, None);
            }
            witness(region, &visit, &place);
        }
    }
}

/// Most stays have somebody checked in.
fn witness(region: &mut Region, visit: &Visit, place: &Place) {
    if !place.quiet && region.dice.chance(1, 2) {
        region.presence(&visit.person, &visit.place, visit.begin + 300, "pass");
    }
}

/// The great circle between two points in hundredths of a degree.
fn kilometres(one: (i64, i64), two: (i64, i64)) -> f64 {
    let radians =
        |hundredths: i64| f64::from(i32::try_from(hundredths).expect("degrees")).to_radians() / 100.0;
    let (lon, lat) = (radians(two.0 - one.0), radians(two.1 - one.1));
    let half =
        (lat / 2.0).sin().powi(2) + radians(one.1).cos() * radians(two.1).cos() * (lon / 2.0).sin().powi(2);
    2.0 * 6371.0088 * half.sqrt().asin()
}
