//! Conditions about a person and other registers: facts, journeys, visits in a day, companions.

use std::collections::{BTreeMap, BTreeSet};

use records::Kind;
use records::arena::TextRef;
use records::row::{self, Day, Presence, Visit, day_of};
use rust_decimal::prelude::ToPrimitive;

use super::steps::{Why, day, hours, moment};
use crate::classes::Class;
use crate::compile::{choice, decimal, integer};

/// (visit, fact): after a death and the days of grace, or strictly between the begin and end of another fact.
pub(super) fn person_fact(why: &mut Why<'_, '_>, visit: TextRef, fact: TextRef) -> Option<()> {
    let arena = why.scene.arena;
    let visit = why.visit(visit)?;
    let fact_row = why.record(Kind::PersonFact, (fact, TextRef::NONE))?;
    let fact = row::person_fact(arena, fact_row);
    let wanted = choice(why.rule, "fact").to_owned();
    let is = records::render::fields(arena, fact_row)
        .into_iter()
        .find(|(name, _)| *name == "fact")
        .map(|(_, value)| value)
        .unwrap_or_default();
    why.check(
        [&format!("该事实为 {wanted}"), &format!("the fact is {wanted}")],
        vec![("fact", is.clone())],
        is == wanted,
    )?;
    why.check(
        ["事实与就诊属于同一人", "the fact is about the person of the visit"],
        vec![("psn_no", arena.text(visit.psn_no)), ("psn_no", arena.text(fact.psn_no))],
        fact.psn_no == visit.psn_no,
    )?;
    let visit_day = day_of(visit.begin);
    if wanted == "death" {
        let grace = integer(why.rule, "grace_days");
        return why.check(
            ["就诊开始日晚于死亡日加宽限天数", "the visit begins later than the death and the days of grace"],
            vec![
                ("visit_day", day(visit_day)),
                ("begin", day(fact.begin)),
                ("grace_days", grace.to_string()),
            ],
            i64::from(visit_day) > i64::from(fact.begin) + grace,
        );
    }
    why.check(
        ["就诊开始日晚于事实开始日", "the visit begins on a day after the fact's begin"],
        vec![("visit_day", day(visit_day)), ("begin", day(fact.begin))],
        fact.begin < visit_day,
    )?;
    why.check(
        ["就诊开始日早于事实结束日", "the visit begins on a day before the fact's end"],
        vec![("visit_day", day(visit_day)), ("end", fact.end.map_or_else(|| "-".to_owned(), day))],
        fact.end.is_none_or(|end| visit_day < end),
    )
}

/// (earlier, later) of passes of one person that follow each other, too far apart for the time between them.
pub(super) fn travel(why: &mut Why<'_, '_>, earlier: TextRef, later: TextRef) -> Option<()> {
    let scene = why.scene;
    let a = pass(why, earlier)?;
    let b = pass(why, later)?;
    why.check(
        ["两次核验为同一人", "both checks are of one person"],
        vec![("psn_no", scene.text(a.psn_no)), ("psn_no", scene.text(b.psn_no))],
        a.psn_no == b.psn_no,
    )?;
    let mut passes: Vec<Presence> = scene.passes_of(a.psn_no);
    passes.sort_by(|a, b| a.time.cmp(&b.time).then_with(|| scene.compare(a.id, b.id)));
    let follows = passes.windows(2).any(|two| two[0].id == a.id && two[1].id == b.id);
    why.check(
        [
            "两次核验在该人全部通过的核验中先后相邻",
            "the second follows the first among all checks that the person passed",
        ],
        vec![
            ("idv_time", moment(a.time)),
            ("idv_time", moment(b.time)),
            ("checks", passes.len().to_string()),
        ],
        follows,
    )?;
    why.check(
        ["两次核验在不同机构", "they were at different institutions"],
        vec![("institution_a", scene.text(a.institution)), ("institution_b", scene.text(b.institution))],
        a.institution != b.institution,
    )?;
    let mut places = Vec::new();
    for institution in [a.institution, b.institution] {
        places.push(
            scene
                .find(Kind::Institution, (institution, TextRef::NONE))
                .map(|p| row::institution(scene.arena, p)),
        );
    }
    let needed: [(&str, bool); 3] = [
        ("missing:institution", places.iter().all(Option::is_some)),
        ("missing:lon", places.iter().flatten().all(|address| address.lon.is_some())),
        ("missing:lat", places.iter().flatten().all(|address| address.lat.is_some())),
    ];
    let condition = ["两机构的经纬度已知", "longitude and latitude of both institutions are known"];
    let values =
        vec![("institution_a", scene.text(a.institution)), ("institution_b", scene.text(b.institution))];
    if let Some((reason, _)) = needed.into_iter().find(|(_, known)| !known) {
        return why.missing(condition, values, reason);
    }
    why.check(condition, values, true)?;
    too_far(why, places.into_iter().flatten().collect(), b.time - a.time)
}

/// The last condition of a journey.
#[expect(
    clippy::disallowed_types,
    reason = "the contract prescribes 64-bit floating point here; no float leaves"
)]
#[expect(clippy::cast_precision_loss, reason = "seconds between two civil times are far below 2^53")]
fn too_far(why: &mut Why<'_, '_>, places: Vec<row::Institution>, seconds: i64) -> Option<()> {
    const EARTH_RADIUS_KM: f64 = 6371.0088;
    let (kmh, slack) = (decimal(why.rule, "kmh"), decimal(why.rule, "slack_hours"));
    let [a, b] = places.as_slice() else { return None };
    let ((lon_a, lat_a), (lon_b, lat_b)) = ((a.lon?, a.lat?), (b.lon?, b.lat?));
    let half_phi = ((lat_b - lat_a).to_radians() / 2.0).sin();
    let half_lambda = ((lon_b - lon_a).to_radians() / 2.0).sin();
    let cosines = lat_a.to_radians().cos() * lat_b.to_radians().cos();
    let h = half_phi * half_phi + cosines * half_lambda * half_lambda;
    let km = 2.0 * EARTH_RADIUS_KM * h.sqrt().min(1.0).asin();
    let reach = kmh.to_f64()? * (seconds as f64 / 3600.0 + slack.to_f64()?);
    why.check(
        [
            "两机构间的直线距离超过该时间内能到达的距离",
            "the places are farther apart than anybody travels in that time",
        ],
        vec![
            ("km", format!("{km:.3}")),
            ("hours", hours(seconds)),
            ("slack_hours", slack.to_string()),
            ("kmh", kmh.to_string()),
            ("limit", format!("{reach:.3}")),
        ],
        km > reach,
    )
}

fn pass(why: &mut Why<'_, '_>, id: TextRef) -> Option<Presence> {
    let address = why.record(Kind::Presence, (id, TextRef::NONE))?;
    let check = row::presence(why.scene.arena, address);
    why.check(["核验结果为通过", "the check was passed"], Vec::new(), check.pass)?;
    Some(check)
}

/// (person, day): too many outpatient visits that begin on it.
pub(super) fn visits_a_day(why: &mut Why<'_, '_>, person: TextRef, on: TextRef) -> Option<()> {
    let scene = why.scene;
    let on = why.day(on)?;
    let mut visits = scene.visits_of(person);
    visits.retain(|visit| day_of(visit.begin) == on && scene.class(visit) == Class::Outpatient);
    let most = integer(why.rule, "visits");
    let ids: Vec<String> = visits.iter().map(|visit| scene.text(visit.id)).collect();
    why.check(
        [
            "当日开始的门诊就诊次数超过上限",
            "more outpatient visits of the person begin on the day than allowed",
        ],
        vec![
            ("day", day(on)),
            ("visits", visits.len().to_string()),
            ("mdtrt_id", ids.join("; ")),
            ("limit", most.to_string()),
        ],
        i64::try_from(visits.len()).unwrap_or(i64::MAX) > most,
    )
}

/// An ended stay in days.
struct Ended {
    visit: Visit,
    begin: Day,
    end: Day,
}

fn near(a: &Ended, b: &Ended) -> bool {
    a.visit.institution == b.visit.institution && (a.begin - b.begin).abs() <= 1 && (a.end - b.end).abs() <= 1
}

/// A group of persons joined by stays at the same places on the same days, by its smallest person.
pub(super) fn companions(why: &mut Why<'_, '_>, person: TextRef) -> Option<()> {
    let scene = why.scene;
    let (persons, times) = (integer(why.rule, "persons"), integer(why.rule, "times"));
    let mut at: BTreeMap<(TextRef, Day), Vec<Ended>> = BTreeMap::new();
    let mut of: BTreeMap<TextRef, Vec<(TextRef, Day, usize)>> = BTreeMap::new();
    for (_, visit) in scene.visits().filter(|(_, visit)| scene.is_stay(visit)) {
        let Some(end) = visit.end.map(day_of) else { continue };
        let begin = day_of(visit.begin);
        let cell = at.entry((visit.institution, begin)).or_default();
        of.entry(visit.psn_no).or_default().push((visit.institution, begin, cell.len()));
        cell.push(Ended { visit, begin, end });
    }
    let stays = of.get(&person).map_or(0, Vec::len);
    why.check(
        ["该人有已结束的住院", "the person has stays that ended"],
        vec![("psn_no", scene.text(person)), ("stays", stays.to_string())],
        stays > 0,
    )?;
    let joined = |one: TextRef| -> BTreeMap<TextRef, i64> {
        let mut together: BTreeMap<TextRef, i64> = BTreeMap::new();
        for (institution, begin, nth) in of.get(&one).into_iter().flatten() {
            let stay = &at[&(*institution, *begin)][*nth];
            let cells = (begin - 1..=begin + 1).filter_map(|begin| at.get(&(*institution, begin)));
            for other in cells.flatten().filter(|other| other.visit.psn_no != one && near(stay, other)) {
                *together.entry(other.visit.psn_no).or_default() += 1;
            }
        }
        together
    };
    let of_person = joined(person);
    let most = of_person.iter().max_by_key(|(_, count)| **count);
    why.check(
        [
            "至少与一人多次同时住在同一机构（开始、结束日各差不超过1天）",
            "often enough somebody lay at the same place at the same time (begin and end at most a day apart)",
        ],
        vec![
            ("person", most.map(|(other, _)| scene.text(*other)).unwrap_or_default()),
            ("stays", most.map_or(0, |(_, count)| *count).to_string()),
            ("times", times.to_string()),
        ],
        most.is_some_and(|(_, count)| *count >= times),
    )?;
    let mut group = BTreeSet::from([person]);
    let mut to_visit = vec![person];
    while let Some(one) = to_visit.pop() {
        for (other, count) in joined(one) {
            if count >= times && group.insert(other) {
                to_visit.push(other);
            }
        }
    }
    why.check(
        ["由此相连的人数达到下限", "the group so joined has enough persons"],
        vec![("persons", group.len().to_string()), ("limit", persons.to_string())],
        i64::try_from(group.len()).unwrap_or(i64::MAX) >= persons,
    )?;
    let smallest = group.iter().copied().min_by(|a, b| scene.compare(*a, *b)).unwrap_or(person);
    why.check(
        [
            "该人编号为组内最小（告警以其为主键）",
            "the person's token is the smallest of the group, by which it is known",
        ],
        vec![("smallest", scene.text(smallest))],
        smallest == person,
    )
}
