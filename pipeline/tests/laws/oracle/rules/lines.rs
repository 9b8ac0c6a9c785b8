//! Rules about net fee lines: D06, F06, F07, S12, S14, S18.

use std::collections::{BTreeMap, BTreeSet};

use super::super::decode::{Fields, Key};
use super::super::facts::{Facts, NetLine, amount, day, list, required, text};
use super::super::finding::{Finding, Judgement};
use super::super::tables::{Row, all_own, rule_rows, strictest};
use super::super::values::{UNIT, completed_years, fen, write_day};

/// D06, net line: item in table `age_limit`: unit `days`, age in days at the line's day > max; unit `years`,
/// completed years ≥ max.
///
/// Days and years are no common measure, so the strictest row is taken of each unit by itself.
/// Near: the item has a row and the person's age is known and allowed.
pub(crate) fn d06(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement { subjects: u64::try_from(facts.lines.len()).ok(), ..Default::default() };
    let rows = rule_rows(facts.tables, "age_limit", "D06");
    for line in &facts.lines {
        let valid: Vec<&Row> =
            rows.iter().filter(|row| row.cell("item") == line.item && row.is_valid(line.day)).collect();
        if valid.is_empty() {
            continue;
        }
        let Some(person) = facts.named("person", &line.person) else {
            judgement.not_judged.insert(line.key.clone(), "missing:person".to_owned());
            continue;
        };
        let born = day(person, "brdy").expect("required");
        if line.day < born {
            judgement.not_judged.insert(line.key.clone(), "missing:brdy".to_owned());
            continue;
        }
        let days = i128::from(line.day - born) * UNIT;
        let years = i128::from(completed_years(born, line.day)) * UNIT;
        let of_unit = |unit: &str| {
            let met: Vec<&Row> = valid.iter().filter(|row| row.cell("unit") == unit).copied().collect();
            strictest(&met, |row| -limit(row, "max"))
        };
        let mut firing = of_unit("days");
        firing.retain(|row| days > limit(row, "max"));
        firing.extend(of_unit("years").into_iter().filter(|row| years >= limit(row, "max")));
        if firing.is_empty() {
            judgement.near += 1;
            continue;
        }
        let mut finding = Finding::new("D06", line.key.clone()).read_by(all_own(&firing));
        finding.subject_parts = 2;
        finding.show("fee_line", &line.key);
        finding.show_one("person", &line.person);
        finding.amount = fen(line.fund, 6);
        finding.lay_on_fund_of(line);
        judgement.findings.push(finding);
    }
    judgement
}

/// The number in a row's column, in millionths.
fn limit(row: &Row, column: &str) -> i128 {
    row.number(column).expect("a bank whose limits are no numbers is invalid")
}

/// The standing prescription of that id, unless it is cancelled.
fn valid_prescription<'a>(facts: &Facts<'a>, rx: &str) -> Option<&'a Fields> {
    facts.named("prescription", rx).filter(|fields| required(fields, "state") != "cancelled")
}

/// The prescribed cnt of the item, the sum over the prescription's lines; `None` if it lacks the item.
fn prescribed(prescription: &Fields, item: &str) -> Option<i128> {
    let lines = list(prescription, "lines").iter().filter(|line| required(line, "med_list_codg") == item);
    let counts: Vec<i128> = lines.map(|line| amount(line, "cnt").expect("required")).collect();
    (!counts.is_empty()).then(|| counts.iter().sum())
}

/// F06, net line of list_type 101 or 102 of a visit that is not pharmacy: no rx_id; or no standing prescription
/// of that id with state other than cancelled; or that prescription lacks the item. Judged only where the
/// line's institution has a standing prescription, and for a stay only where some standing fee line of it, as
/// sent, has an rx_id.
///
/// A line whose visit does not stand is no subject. Near: the prescription is there and has the item.
pub(crate) fn f06(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    let mut subjects = 0;
    for line in &facts.lines {
        let Some(visit) = facts.visits.get(&line.visit).filter(|visit| !visit.is_pharmacy) else {
            continue;
        };
        if line.list_type != "101" && line.list_type != "102" {
            continue;
        }
        subjects += 1;
        let prescription = line.rx.as_ref().and_then(|rx| valid_prescription(facts, rx));
        if prescription.is_some_and(|prescription| prescribed(prescription, &line.item).is_some()) {
            judgement.near += 1;
            continue;
        }
        // rx_id is a field of fee_line, which stands before prescription in section 2.
        let has_any_rx = facts
            .all("fee_line")
            .any(|(key, fields)| key[0] == line.visit && text(fields, "rx_id").is_some());
        let has_prescriptions = facts
            .all("prescription")
            .any(|(_, fields)| required(fields, "fixmedins_code") == line.institution);
        if visit.is_stay && !has_any_rx {
            judgement.not_judged.insert(line.key.clone(), "missing:rx_id".to_owned());
        } else if !has_prescriptions {
            judgement.not_judged.insert(line.key.clone(), "missing:prescription".to_owned());
        } else {
            let mut finding = Finding::new("F06", line.key.clone());
            finding.subject_parts = 2;
            finding.show("fee_line", &line.key);
            finding.amount = fen(line.fund, 6);
            finding.lay_on_fund_of(line);
            judgement.findings.push(finding);
        }
    }
    judgement.subjects = Some(subjects);
    judgement
}

/// F07, (rx_id, item) of a standing prescription, not cancelled, that has the item: net cnt of all net lines
/// with that rx_id and item > prescribed cnt.
///
/// Near: something was billed, and no more than was prescribed.
pub(crate) fn f07(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    for (rx, _) in facts.all("prescription") {
        let Some(prescription) = valid_prescription(facts, &rx[0]) else {
            continue;
        };
        let items: BTreeSet<&str> =
            list(prescription, "lines").iter().map(|line| required(line, "med_list_codg")).collect();
        for item in items {
            let lines: Vec<&NetLine> = facts
                .lines
                .iter()
                .filter(|line| line.rx.as_ref() == Some(&rx[0]) && line.item == item)
                .collect();
            let excess = count_of(&lines) - prescribed(prescription, item).unwrap_or(0);
            if excess > 0 {
                let mut finding = Finding::new("F07", vec![rx[0].clone(), item.to_owned()]);
                finding.show("prescription", rx);
                charge_excess(&mut finding, &lines, excess);
                judgement.findings.push(finding);
            } else if !lines.is_empty() {
                judgement.near += 1;
            }
        }
    }
    judgement
}

fn count_of(lines: &[&NetLine]) -> i128 {
    lines.iter().map(|line| line.cnt).sum()
}

/// Evidence those lines, amount excess × highest pric of them.
fn charge_excess(finding: &mut Finding, lines: &[&NetLine], excess: i128) {
    let highest = lines.iter().map(|line| line.price).max().unwrap_or(0);
    finding.amount = fen(excess * highest, 12);
    for line in lines {
        finding.show("fee_line", &line.key);
        finding.lay_on_sum_of(line);
    }
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
                charge_excess(&mut finding, &lines, excess);
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
            let met: Vec<&Row> =
                rows.iter().filter(|row| row.cell("item") == item && row.is_valid(later)).collect();
            let strictest = strictest(&met, |row| limit(row, "min_days"));
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
