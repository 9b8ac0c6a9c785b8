//! Rules about how much of an item, how often and beside what: D10 S10, F08, S12, S14, S18.

use std::collections::{BTreeMap, BTreeSet};

use super::super::decode::Key;
use super::super::facts::{Facts, NetLine, Visit};
use super::super::finding::{Finding, Judgement};
use super::super::tables::{Row, all_own, rule_rows, strictest};
use super::super::values::{DAY, UNIT, fen, write_day};
use super::{limit, valid_rows};

fn count_of(lines: &[&NetLine]) -> i128 {
    lines.iter().map(|line| line.cnt).sum()
}

/// D10 / S10, (visit, item): distinct days with net lines of the item > max of table `course_limit`. Amount the
/// sum of det_item_fee_sumamt of the days beyond the max, earliest days kept.
///
/// A line counts if a row is valid on its own day and it is not known that the fund paid nothing of it; the limit is the
/// strictest of all rows that the subject's lines meet. Near: the limit is kept.
pub(crate) fn course_limit(facts: &Facts<'_>, rule: &'static str) -> Judgement {
    let mut judgement = Judgement::default();
    let rows = rule_rows(facts.tables, "course_limit", rule);
    let mut subjects: BTreeMap<Key, (Vec<&NetLine>, Vec<&Row>)> = BTreeMap::new();
    for line in facts.lines.iter().filter(|line| !line.is_unpaid) {
        let met = valid_rows(&rows, &line.item, line.day);
        if !met.is_empty() {
            let subject = subjects.entry(vec![line.visit.clone(), line.item.clone()]).or_default();
            subject.0.push(line);
            subject.1.extend(met);
        }
    }
    for (key, (lines, met)) in subjects {
        let strictest = strictest(&met, |row| -limit(row, "max_days"));
        let most = limit(strictest[0], "max_days") / UNIT;
        let days: BTreeSet<i64> = lines.iter().map(|line| line.day).collect();
        let beyond: BTreeSet<i64> = days.into_iter().skip(usize::try_from(most).unwrap_or(0)).collect();
        if beyond.is_empty() {
            judgement.near += 1;
            continue;
        }
        let mut finding = Finding::new(rule, key).read_by(all_own(&strictest));
        let mut sum = 0;
        for line in lines {
            finding.show("fee_line", &line.key);
            if beyond.contains(&line.day) {
                sum += line.sum;
                finding.lay_on_sum_of(line);
            }
        }
        finding.amount = fen(sum, 6);
        judgement.findings.push(finding);
    }
    judgement
}

/// F08, (visit, item, day): item in table `hour_item`; net cnt > 24; for a stay, on days of which some part of
/// [begntime, endtime or end of day) is: > ceil(hours of it ∩ the day).
///
/// What is allowed depends on the visit, so it must stand. Near: no more than is allowed.
pub(crate) fn f08(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    let rows = rule_rows(facts.tables, "hour_item", "F08");
    let mut subjects: BTreeMap<(&str, &str, i64), Vec<&NetLine>> = BTreeMap::new();
    for line in &facts.lines {
        subjects.entry((&line.visit, &line.item, line.day)).or_default().push(line);
    }
    for ((visit, item, day), lines) in subjects {
        let met = valid_rows(&rows, item, day);
        if met.is_empty() {
            continue;
        }
        let key: Key = vec![visit.to_owned(), item.to_owned(), write_day(day)];
        let Some(visit) = facts.visits.get(visit) else {
            judgement.lacks(&key, "visit");
            continue;
        };
        let excess = count_of(&lines) - hours_allowed(visit, day) * UNIT;
        if excess <= 0 {
            judgement.near += 1;
            continue;
        }
        let mut finding = Finding::new("F08", key).read_by(all_own(&met));
        finding.charge_excess(&lines, excess);
        judgement.findings.push(finding);
    }
    judgement
}

/// The hours of the day that the visit may be charged for.
fn hours_allowed(visit: &Visit, day: i64) -> i128 {
    let (midnight, next) = (day * DAY, (day + 1) * DAY);
    let seconds = visit.end.unwrap_or(next).min(next) - visit.begin.max(midnight);
    if visit.is_stay && seconds > 0 { i128::from((seconds + 3599) / 3600) } else { 24 }
}

/// S12, (visit, day, item_paid, item_denied): both items of a row of table `pair_conflict` have net lines that
/// day. Evidence the lines of both, amount the sum of item_denied.
///
/// Near: both items in one visit, but on no common day, counted by visit and row.
pub(crate) fn s12(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    let rows = rule_rows(facts.tables, "pair_conflict", "S12");
    let mut firing: BTreeMap<(&str, i64, &str, &str), Vec<&Row>> = BTreeMap::new();
    let visits: BTreeSet<&str> = facts.lines.iter().map(|line| line.visit.as_str()).collect();
    for visit in visits {
        for row in &rows {
            let (paid, denied) = (row.cell("item_paid"), row.cell("item_denied"));
            if paid == denied {
                continue;
            }
            let days_of = |item: &str| -> BTreeSet<i64> {
                facts
                    .lines
                    .iter()
                    .filter(|line| line.visit == visit && line.item == item && row.is_valid(line.day))
                    .map(|line| line.day)
                    .collect()
            };
            let (paid_days, denied_days) = (days_of(paid), days_of(denied));
            for day in paid_days.intersection(&denied_days) {
                firing.entry((visit, *day, paid, denied)).or_default().push(row);
            }
            if paid_days.is_disjoint(&denied_days) && !paid_days.is_empty() && !denied_days.is_empty() {
                judgement.near += 1;
            }
        }
    }
    for ((visit, day, paid, denied), rows) in firing {
        let key = vec![visit.to_owned(), write_day(day), paid.to_owned(), denied.to_owned()];
        let mut finding = Finding::new("S12", key).read_by(all_own(&rows));
        let mut sum = 0;
        for line in facts.lines.iter().filter(|line| line.visit == visit && line.day == day) {
            if line.item == denied {
                sum += line.sum;
                finding.lay_on_sum_of(line);
            }
            if line.item == denied || line.item == paid {
                finding.show("fee_line", &line.key);
            }
        }
        finding.amount = fen(sum, 6);
        judgement.findings.push(finding);
    }
    judgement
}

/// S14, unit `day`: (visit, item, day); unit `visit`: (visit, item): net cnt > max of table `quantity_limit`.
///
/// A line counts if a row of the item and unit is valid on its own day; the limit is the strictest of all rows
/// that the subject's lines meet. Near: the limit is kept.
pub(crate) fn s14(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    let rows = rule_rows(facts.tables, "quantity_limit", "S14");
    for unit in ["day", "visit"] {
        let mut subjects: BTreeMap<Key, (Vec<&NetLine>, Vec<&Row>)> = BTreeMap::new();
        for line in &facts.lines {
            let met: Vec<&Row> = rows
                .iter()
                .filter(|row| {
                    row.cell("unit") == unit && row.cell("item") == line.item && row.is_valid(line.day)
                })
                .collect();
            if met.is_empty() {
                continue;
            }
            let mut key = vec![line.visit.clone(), line.item.clone()];
            if unit == "day" {
                key.push(write_day(line.day));
            }
            let subject = subjects.entry(key).or_default();
            subject.0.push(line);
            subject.1.extend(met);
        }
        for (key, (lines, met)) in subjects {
            let strictest = strictest(&met, |row| -limit(row, "max"));
            let excess = count_of(&lines) - limit(strictest[0], "max");
            if excess > 0 {
                let mut finding = Finding::new("S14", key).read_by(all_own(&strictest));
                finding.charge_excess(&lines, excess);
                judgement.findings.push(finding);
            } else {
                judgement.near += 1;
            }
        }
    }
    judgement
}

/// S18, (person, item, earlier day, later day), consecutive among the days with net lines of the item to the
/// person, all institutions: item in table `cycle_gap` (valid on the later day) and days apart < min_days.
///
/// Near: the item has a row and the days are far enough apart.
pub(crate) fn s18(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    let rows = rule_rows(facts.tables, "cycle_gap", "S18");
    let mut days: BTreeMap<(&str, &str), BTreeSet<i64>> = BTreeMap::new();
    for line in &facts.lines {
        days.entry((&line.person, &line.item)).or_default().insert(line.day);
    }
    for ((person, item), days) in days {
        let days: Vec<i64> = days.into_iter().collect();
        for pair in days.windows(2) {
            let (earlier, later) = (pair[0], pair[1]);
            let strictest = strictest(&valid_rows(&rows, item, later), |row| limit(row, "min_days"));
            let Some(row) = strictest.first() else {
                continue;
            };
            if i128::from(later - earlier) * UNIT >= limit(row, "min_days") {
                judgement.near += 1;
                continue;
            }
            let key = vec![person.to_owned(), item.to_owned(), write_day(earlier), write_day(later)];
            let mut finding = Finding::new("S18", key).read_by(all_own(&strictest));
            let mut sum = 0;
            for line in facts.lines.iter().filter(|line| line.person == person && line.item == item) {
                if line.day == later {
                    sum += line.sum;
                    finding.lay_on_sum_of(line);
                }
                if line.day == later || line.day == earlier {
                    finding.show("fee_line", &line.key);
                }
            }
            finding.amount = fen(sum, 6);
            judgement.findings.push(finding);
        }
    }
    judgement
}
