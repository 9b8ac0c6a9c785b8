//! Rules about stays: A04, A05, A14, A15, M15, M18.

use std::collections::{BTreeMap, BTreeSet};

use super::super::decode::{Fields, Key, Value};
use super::super::facts::{Facts, NetLine, Visit, flag, list, required};
use super::super::finding::{Finding, Judgement};
use super::super::tables::has_prefix_of;
use super::super::values::{DAY, day_of, fen, write_day};

const HOUR: i64 = 3600;

/// A04, (stay i, visit v that is no stay), same person: different institutions, day(i.begntime) <
/// day(v.begntime) < day(i.endtime) (absent: unbounded).
///
/// Near: the visit begins on the day on which the stay begins or ends.
pub(crate) fn a04(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    for stay in facts.stays() {
        for visit in facts.visits.values().filter(|visit| !visit.is_stay) {
            if visit.person != stay.person || visit.institution == stay.institution {
                continue;
            }
            let (first, last, on) = (day_of(stay.begin), stay.end.map(day_of), day_of(visit.begin));
            if first < on && last.is_none_or(|last| on < last) {
                let mut finding = Finding::new("A04", vec![stay.id.clone(), visit.id.clone()]);
                finding.show_one("visit", &stay.id);
                finding.show_one("visit", &visit.id);
                finding.claim_fund(facts, &visit.id);
                judgement.findings.push(finding);
            } else if on == first || Some(on) == last {
                judgement.near += 1;
            }
        }
    }
    judgement
}

/// A05, unordered pair of stays of one person: different institutions, min(ends) − max(begins) > 24 hours, an
/// absent end being now.
///
/// Near: the stays overlap, but not by more than 24 hours.
pub(crate) fn a05(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    // The visits are in the order of their ids by bytes, so `first` is the first of the key.
    for first in facts.stays() {
        for second in facts.stays().filter(|second| first.id < second.id) {
            if first.person != second.person || first.institution == second.institution {
                continue;
            }
            let end = first.end.unwrap_or(facts.now).min(second.end.unwrap_or(facts.now));
            let overlap = end - first.begin.max(second.begin);
            if overlap > 24 * HOUR {
                let smaller = if facts.fund(&second.id) < facts.fund(&first.id) { second } else { first };
                let mut finding = Finding::new("A05", vec![first.id.clone(), second.id.clone()]);
                finding.show_one("visit", &first.id);
                finding.show_one("visit", &second.id);
                finding.claim_fund(facts, &smaller.id);
                judgement.findings.push(finding);
            } else if overlap > 0 {
                judgement.near += 1;
            }
        }
    }
    judgement
}

/// A14, stay: ≥ 3 consecutive days in day(begntime) … day(endtime, else now), each with a net line of
/// `med_chrgitm_type` 01 and none of a type other than 01, 02, 07 (absent is other).
///
/// Evidence and amount are the lines of the days of all such runs. Near: the longest run is of two days.
pub(crate) fn a14(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::of(facts.stays().count());
    for stay in facts.stays() {
        let lines: Vec<&NetLine> = facts.lines.iter().filter(|line| line.visit == stay.id).collect();
        let of_day = |day: i64| lines.iter().filter(move |line| line.day == day);
        let is_bed_only = |day: i64| {
            let types: BTreeSet<&str> =
                of_day(day).map(|line| line.charge_type.as_deref().unwrap_or("absent")).collect();
            types.contains("01") && types.is_subset(&BTreeSet::from(["01", "02", "07"]))
        };
        let end = day_of(stay.end.unwrap_or(facts.now));
        // Only a day with a line can be one, so the days between may be left out.
        let days: BTreeSet<i64> = lines
            .iter()
            .map(|line| line.day)
            .filter(|day| (day_of(stay.begin)..=end).contains(day) && is_bed_only(*day))
            .collect();
        let runs = runs(&days);
        let longest = runs.iter().map(Vec::len).max().unwrap_or(0);
        if longest < 3 {
            judgement.near += u64::from(longest == 2);
            continue;
        }
        let mut finding = Finding::new("A14", vec![stay.id.clone()]);
        finding.show_one("visit", &stay.id);
        let mut sum = 0;
        for day in runs.iter().filter(|run| run.len() >= 3).flatten() {
            for line in of_day(*day) {
                finding.show("fee_line", &line.key);
                finding.lay_on_sum_of(line);
                sum += line.sum;
            }
        }
        finding.amount = fen(sum, 6);
        judgement.findings.push(finding);
    }
    judgement
}

/// The runs of consecutive days.
fn runs(days: &BTreeSet<i64>) -> Vec<Vec<i64>> {
    let mut runs: Vec<Vec<i64>> = Vec::new();
    for day in days {
        match runs.last_mut() {
            Some(run) if run.last() == Some(&(day - 1)) => run.push(*day),
            _ => runs.push(vec![*day]),
        }
    }
    runs
}

/// A15, (institution with beds ≥ 1, day): stays with day(begntime) ≤ d < day(endtime, else now) > beds × 1.1.
///
/// An institution that does not stand or tells no beds is no subject. Near: full, but within the factor.
pub(crate) fn a15(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    for (institution, fields) in facts.all("institution") {
        let Some(Value::Whole(beds @ 1..)) = fields.get("beds") else {
            continue;
        };
        let mut occupied: BTreeMap<i64, i64> = BTreeMap::new();
        for stay in facts.stays().filter(|stay| stay.institution == institution[0]) {
            for day in day_of(stay.begin)..day_of(stay.end.unwrap_or(facts.now)) {
                *occupied.entry(day).or_default() += 1;
            }
        }
        for (day, stays) in occupied {
            if i128::from(stays) * 10 > i128::from(*beds) * 11 {
                let mut finding = Finding::new("A15", vec![institution[0].clone(), write_day(day)]);
                finding.show("institution", institution);
                finding.occurred = Some(day * DAY);
                judgement.findings.push(finding);
            } else if stays >= *beds {
                judgement.near += 1;
            }
        }
    }
    judgement
}

/// M15, (earlier, later) of stays of one person at one institution, consecutive by (begntime, mdtrt_id):
/// 0 ≤ day(later.begntime) − day(earlier.endtime) ≤ 15 and the first three characters of the main diagnoses are
/// equal, unless the later one starts with a prefix of table `planned_stay` (valid on the day of its begin).
///
/// A pair that lacks an end or a main diagnosis is judged all the same where what it has fails already: main
/// diagnoses that differ, or days too far apart. A code of less than three characters is compared whole.
/// Near: the main diagnoses are equal, and the days are not 0 to 15 apart.
pub(crate) fn m15(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    let mut stays: BTreeMap<(&str, &str), Vec<&Visit>> = BTreeMap::new();
    for stay in facts.stays() {
        stays.entry((&stay.person, &stay.institution)).or_default().push(stay);
    }
    for stays in stays.values_mut() {
        stays.sort_by_key(|stay| (stay.begin, &stay.id));
        for pair in stays.windows(2) {
            let [earlier, later] = pair else {
                continue;
            };
            let key: Key = vec![earlier.id.clone(), later.id.clone()];
            let gap = earlier.end.map(|end| day_of(later.begin) - day_of(end));
            if is_planned(facts, later) {
                judgement.near += 1;
                continue;
            }
            let main = |stay: &Visit| {
                let code = main_diagnosis(facts.named("visit", &stay.id).expect("it stands"))?;
                Some(code.chars().take(3).collect::<String>())
            };
            let is_equal = main(earlier).zip(main(later)).map(|(one, other)| one == other);
            match (gap.map(|gap| (0..=15).contains(&gap)), is_equal) {
                (Some(true), Some(true)) => {
                    let mut finding = Finding::new("M15", key);
                    finding.show_one("visit", &earlier.id);
                    finding.show_one("visit", &later.id);
                    finding.claim_fund(facts, &later.id);
                    judgement.findings.push(finding);
                }
                (Some(false), Some(true)) => judgement.near += 1,
                (Some(false), _) | (_, Some(false)) => {}
                (None, _) => judgement.lacks(&key, "endtime"),
                (Some(true), None) => judgement.lacks(&key, "diags"),
            }
        }
    }
    judgement
}

/// Whether the main diagnosis of a stay starts with a prefix of table `planned_stay`.
fn is_planned(facts: &Facts<'_>, stay: &Visit) -> bool {
    let main = main_diagnosis(facts.named("visit", &stay.id).expect("it stands"));
    main.is_some_and(|code| has_prefix_of(facts.tables, "planned_stay", false, (&code, day_of(stay.begin))))
}

/// The main diagnosis: maindiag_flag 1, lowest (diag_srt_no, absent last; position).
fn main_diagnosis(visit: &Fields) -> Option<String> {
    let mains = list(visit, "diags").iter().enumerate().filter(|(_, diag)| flag(diag, "maindiag_flag"));
    let main = mains.min_by_key(|(position, diag)| {
        let number = match diag.get("diag_srt_no") {
            Some(Value::Whole(number)) => Some(*number),
            _ => None,
        };
        (number.is_none(), number, *position)
    });
    main.map(|(_, diag)| required(diag, "diag_code").to_owned())
}

/// M18, stay s whose main diagnosis does not start with a prefix of table `planned_stay`: stays of the person with
/// begntime in (s.begntime − 90 d, s.begntime] ≥ 4.
///
/// The stay itself is one of them, and so is another that begins in the same second. Near: they are three, or the stay is
/// planned.
pub(crate) fn m18(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::of(facts.stays().count());
    for stay in facts.stays() {
        let window: Vec<&Visit> = facts
            .stays()
            .filter(|other| {
                other.person == stay.person
                    && stay.begin - 90 * DAY < other.begin
                    && other.begin <= stay.begin
            })
            .collect();
        if window.len() < 4 {
            judgement.near += u64::from(window.len() == 3);
            continue;
        }
        if is_planned(facts, stay) {
            judgement.near += 1;
            continue;
        }
        let mut finding = Finding::new("M18", vec![stay.id.clone()]);
        for other in window {
            finding.show_one("visit", &other.id);
        }
        finding.claim_fund(facts, &stay.id);
        judgement.findings.push(finding);
    }
    judgement
}
