//! Rules about where a person can have been and with whom: A01, A02, A03, A06, A08, A11, M16.

use std::collections::{BTreeMap, BTreeSet};

use super::super::decode::{Key, Value};
use super::super::facts::{Facts, Visit, day, required, time};
use super::super::finding::{Finding, Judgement};
use super::super::values::{DAY, day_of, write_day};

const HOUR: i64 = 3600;

/// A01, (visit v, death f of the person): day(v.begntime) > f.begin + 1.
///
/// Near: the visit begins on the one day of grace.
pub(crate) fn a01(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    for visit in facts.visits.values() {
        for (fact_key, fact) in facts.all("person_fact") {
            if required(fact, "fact") != "death" || required(fact, "psn_no") != visit.person {
                continue;
            }
            let last_day = day(fact, "begin").expect("required") + 1;
            if day_of(visit.begin) > last_day {
                let mut finding = Finding::new("A01", vec![visit.id.clone(), fact_key[0].clone()]);
                finding.show_one("visit", &visit.id);
                finding.show("person_fact", fact_key);
                finding.claim_fund(facts, &visit.id);
                judgement.findings.push(finding);
            } else if day_of(visit.begin) == last_day {
                judgement.near += 1;
            }
        }
    }
    judgement
}

/// A02, (visit v, custody f): f.begin < day(v.begntime) < f.end (absent: unbounded). A03, as A02 with fact
/// `abroad`.
///
/// Near: the visit begins on the first or on the last day of it.
pub(crate) fn away(facts: &Facts<'_>, rule: &'static str, kind: &str) -> Judgement {
    let mut judgement = Judgement::default();
    for visit in facts.visits.values() {
        for (fact_key, fact) in facts.all("person_fact") {
            if required(fact, "fact") != kind || required(fact, "psn_no") != visit.person {
                continue;
            }
            let (begin, end) = (day(fact, "begin").expect("required"), day(fact, "end"));
            let on = day_of(visit.begin);
            if begin < on && end.is_none_or(|end| on < end) {
                let mut finding = Finding::new(rule, vec![visit.id.clone(), fact_key[0].clone()]);
                finding.show_one("visit", &visit.id);
                finding.show("person_fact", fact_key);
                finding.claim_fund(facts, &visit.id);
                judgement.findings.push(finding);
            } else if on == begin || Some(on) == end {
                judgement.near += 1;
            }
        }
    }
    judgement
}

/// A06, (earlier, later) of `pass` presences of one person, consecutive among all of them by (idv_time,
/// idv_id): different institutions, km > 120 × (hours between + 0.5).
///
/// Near: two places apart, reached in time.
pub(crate) fn a06(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    let mut passes: BTreeMap<&str, Vec<(i64, &str, &str)>> = BTreeMap::new();
    for (key, presence) in facts.all("presence") {
        if required(presence, "result") == "pass" {
            passes.entry(required(presence, "psn_no")).or_default().push((
                time(presence, "idv_time").expect("required"),
                &key[0],
                required(presence, "fixmedins_code"),
            ));
        }
    }
    for presences in passes.values_mut() {
        presences.sort();
        for pair in presences.windows(2) {
            let [(from_time, from, here), (to_time, to, there)] = pair else {
                continue;
            };
            if here == there {
                continue;
            }
            let key: Key = vec![(*from).to_owned(), (*to).to_owned()];
            match (place(facts, here), place(facts, there)) {
                (Ok(start), Ok(goal)) => {
                    let hours = (to_time - from_time) as f64 / 3600.0;
                    let distance = kilometres(start, goal);
                    if distance > 120.0 * (hours + 0.5) {
                        let mut finding = Finding::new("A06", key);
                        finding.show_one("presence", from);
                        finding.show_one("presence", to);
                        judgement.findings.push(finding);
                    } else if distance > 0.0 {
                        judgement.near += 1;
                    }
                }
                // Each key once, under the missing thing that stands first in section 2.
                (start, goal) => {
                    let order = ["institution", "lon", "lat"];
                    let lacks = |name: &&str| start.err() == Some(*name) || goal.err() == Some(*name);
                    let missing = order.iter().find(|name| lacks(name)).expect("one of them is missing");
                    judgement.lacks(&key, missing);
                }
            }
        }
    }
    judgement
}

/// Longitude and latitude of an institution, or what is missing.
fn place(facts: &Facts<'_>, institution: &str) -> Result<(f64, f64), &'static str> {
    let fields = facts.named("institution", institution).ok_or("institution")?;
    let number = |name: &'static str| match fields.get(name) {
        Some(Value::Number(number)) => Ok(number.float()),
        _ => Err(name),
    };
    Ok((number("lon")?, number("lat")?))
}

/// Haversine distance in km on an earth of radius 6371.0088 km.
fn kilometres((lon_a, lat_a): (f64, f64), (lon_b, lat_b): (f64, f64)) -> f64 {
    let half_sine = |degrees: f64| (degrees.to_radians() / 2.0).sin();
    let chord = half_sine(lat_b - lat_a).powi(2)
        + lat_a.to_radians().cos() * lat_b.to_radians().cos() * half_sine(lon_b - lon_a).powi(2);
    2.0 * 6371.0088 * chord.sqrt().min(1.0).asin()
}

/// A08, stay: (endtime, else now) − begntime > 24 h, and no `pass` presence of the person at that institution, of another
/// scene than `sign_in`, between begntime − 24 h and begntime + 24 h; judged only where the institution has any standing
/// presence of such a scene.
///
/// Near: a stay long enough that exactly one pass presence covers.
pub(crate) fn a08(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::of(facts.stays().count());
    for stay in facts.stays() {
        if stay.end.unwrap_or(facts.now) - stay.begin <= 24 * HOUR {
            continue;
        }
        let at_institution = || {
            facts
                .all("presence")
                .filter(|(_, presence)| required(presence, "fixmedins_code") == stay.institution)
                .filter(|(_, presence)| required(presence, "scene") != "sign_in")
        };
        let checks = at_institution().filter(|(_, presence)| {
            let apart = time(presence, "idv_time").expect("required") - stay.begin;
            required(presence, "result") == "pass"
                && required(presence, "psn_no") == stay.person
                && (-DAY..=DAY).contains(&apart)
        });
        match checks.count() {
            0 if at_institution().next().is_none() => {
                judgement.lacks(&vec![stay.id.clone()], "presence");
            }
            0 => {
                let mut finding = Finding::new("A08", vec![stay.id.clone()]);
                finding.show_one("visit", &stay.id);
                finding.claim_fund(facts, &stay.id);
                judgement.findings.push(finding);
            }
            1 => judgement.near += 1,
            _ => {}
        }
    }
    judgement
}

/// A11, group of ≥ 3 connected persons, keyed by its smallest psn_no: an edge joins two persons with ≥ 2
/// co-stays; a co-stay is a pair of ended stays of two different persons at one institution whose begin days
/// differ by ≤ 1 and whose end days differ by ≤ 1.
///
/// Near: exactly two connected persons.
pub(crate) fn a11(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    let ended: Vec<(&Visit, i64)> =
        facts.stays().filter_map(|stay| stay.end.map(|end| (stay, day_of(end)))).collect();
    let mut co_stays: BTreeMap<(&str, &str), Vec<[&str; 2]>> = BTreeMap::new();
    for (first, first_end) in &ended {
        for (second, second_end) in &ended {
            let is_co_stay = first.person < second.person
                && first.institution == second.institution
                && (day_of(first.begin) - day_of(second.begin)).abs() <= 1
                && (first_end - second_end).abs() <= 1;
            if is_co_stay {
                let pair = (first.person.as_str(), second.person.as_str());
                co_stays.entry(pair).or_default().push([&first.id, &second.id]);
            }
        }
    }
    co_stays.retain(|_, pairs| pairs.len() >= 2);
    for group in connected(co_stays.keys().copied()) {
        if group.len() < 3 {
            judgement.near += 1;
            continue;
        }
        let smallest = group.first().expect("a group has members");
        let mut finding = Finding::new("A11", vec![(*smallest).to_owned()]);
        let mut stays: BTreeSet<&str> = BTreeSet::new();
        for ((person, _), pairs) in &co_stays {
            if group.contains(person) {
                stays.extend(pairs.iter().flatten());
            }
        }
        for stay in stays {
            finding.show_one("visit", stay);
            finding.claim_fund(facts, stay);
        }
        judgement.findings.push(finding);
    }
    judgement
}

/// The groups of persons that edges connect.
fn connected<'a>(edges: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<BTreeSet<&'a str>> {
    let mut groups: Vec<BTreeSet<&str>> = Vec::new();
    for (one, other) in edges {
        let mut joined = BTreeSet::from([one, other]);
        groups.retain(|group| {
            let is_touched = group.contains(one) || group.contains(other);
            if is_touched {
                joined.extend(group);
            }
            !is_touched
        });
        groups.push(joined);
    }
    groups
}

/// M16, (person, day of begntime): outpatient visits, all institutions, > 3. Amount the sum of fund() less the
/// largest.
///
/// On a tie the visit that is first by key is the largest. Near: three visits.
pub(crate) fn m16(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    let mut days: BTreeMap<(&str, i64), Vec<&Visit>> = BTreeMap::new();
    for visit in facts.visits.values().filter(|visit| visit.is_outpatient) {
        days.entry((&visit.person, day_of(visit.begin))).or_default().push(visit);
    }
    for ((person, day), visits) in days {
        if visits.len() <= 3 {
            judgement.near += u64::from(visits.len() == 3);
            continue;
        }
        // The visits are in the order of their ids by bytes.
        let mut largest = visits[0];
        for visit in &visits {
            if facts.fund(&visit.id) > facts.fund(&largest.id) {
                largest = visit;
            }
        }
        let mut finding = Finding::new("M16", vec![person.to_owned(), write_day(day)]);
        for visit in &visits {
            finding.show_one("visit", &visit.id);
            if visit.id != largest.id {
                finding.claim_fund(facts, &visit.id);
            }
        }
        judgement.findings.push(finding);
    }
    judgement
}
