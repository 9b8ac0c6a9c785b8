//! Rules about how old a person is: the table `age_limit` (D06, S05, C01, D07, S06, C02, H02, H17) and M21.

use super::super::decode::{Fields, Key};
use super::super::facts::{Facts, day};
use super::super::finding::{Finding, Judgement, speaks_of_payment};
use super::super::tables::{Row, rule_rows, strictest};
use super::super::values::{UNIT, completed_years, day_of};
use super::conditions::{codes_of, prefix_rows};
use super::{limit, valid_rows};

/// When the person was born, or what of it is missing: the person, or an age that is not negative.
fn born(person: Option<&Fields>, on: i64) -> Result<i64, &'static str> {
    let born = day(person.ok_or("person")?, "brdy").expect("required");
    if on < born { Err("brdy") } else { Ok(born) }
}

/// D06 / S05 / C01 / D07 / S06 / C02 / H02 / H17, net line: item in table `age_limit`: unit `days`, age in days
/// at the line's day > max; unit `years`, completed years ≥ max.
///
/// Days and years are no common measure, so the strictest row is taken of each unit by itself. A line whose
/// item has no valid row asks for no person, and for a rule of payment policy a line of which the fund paid nothing is
/// clean. Near: the person's age is known and allowed.
pub(crate) fn age_limit(facts: &Facts<'_>, rule: &'static str) -> Judgement {
    let mut judgement = Judgement::of(facts.lines.len());
    let rows = rule_rows(facts.tables, "age_limit", rule);
    let is_of_payment = speaks_of_payment(rule);
    for line in facts.lines.iter().filter(|line| !(is_of_payment && line.is_unpaid)) {
        let valid = valid_rows(&rows, &line.item, line.day);
        if valid.is_empty() {
            continue;
        }
        let born = match born(facts.named("person", &line.person), line.day) {
            Ok(born) => born,
            Err(missing) => {
                judgement.lacks(&line.key, missing);
                continue;
            }
        };
        let days = i128::from(line.day - born) * UNIT;
        let years = i128::from(completed_years(born, line.day)) * UNIT;
        let of_unit = |unit: &str| {
            let met: Vec<&Row> = valid.iter().filter(|row| row.cell("unit") == unit).copied().collect();
            strictest(&met, |row| -limit(row, "max"))
        };
        let mut firing = of_unit("days");
        firing.retain(|row| days > limit(row, "max"));
        firing.extend(of_unit("years").into_iter().filter(|row| years >= limit(row, "max")));
        judgement.fires(&firing, || Finding::of_line(rule, line).with("person", &line.person));
    }
    judgement
}

/// M21, (visit, diagnosis code): code starts with a prefix of table `diagnosis_age` and completed years at begin
/// < min_years or > max_years (empty: unbounded).
///
/// A code given twice is one subject. Where a prefix fits, the person is needed even if the row bounds nothing.
/// Near: a prefix fits, and the age is within every row's bounds.
pub(crate) fn m21(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    let rows = rule_rows(facts.tables, "diagnosis_age", "M21");
    for visit in facts.visits.values() {
        let begin = day_of(visit.begin);
        for code in codes_of(facts, visit, "diags", "diag_code") {
            let met = prefix_rows(&rows, code, begin);
            if met.is_empty() {
                continue;
            }
            let key: Key = vec![visit.id.clone(), code.to_owned()];
            let years = match born(facts.named("person", &visit.person), begin) {
                Ok(born) => i128::from(completed_years(born, begin)) * UNIT,
                Err(missing) => {
                    judgement.lacks(&key, missing);
                    continue;
                }
            };
            let firing: Vec<&Row> = met
                .into_iter()
                .filter(|row| {
                    row.number("min_years").is_some_and(|least| years < least)
                        || row.number("max_years").is_some_and(|most| years > most)
                })
                .collect();
            judgement.fires(&firing, || {
                Finding::new("M21", key).with("visit", &visit.id).with("person", &visit.person)
            });
        }
    }
    judgement
}
