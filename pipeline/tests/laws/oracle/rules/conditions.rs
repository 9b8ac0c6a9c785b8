//! Rules about what fits a person's sex and diagnoses: H04 H18 H24, M05, M20, and D08 S07 H25.

use std::collections::BTreeSet;

use super::super::decode::{Fields, Key};
use super::super::facts::{Facts, Visit, list, required};
use super::super::finding::{Finding, Judgement};
use super::super::tables::{Row, all_own, rule_rows};
use super::super::values::day_of;
use super::valid_rows;

/// Whether the code starts with the prefix as sent; an empty prefix is ignored.
fn starts_with(code: &str, prefix: &str) -> bool {
    !prefix.is_empty() && code.starts_with(prefix)
}

/// The person's sex, `1` or `2`, or what of it is missing.
fn sex(person: Option<&Fields>) -> Result<&str, &'static str> {
    match required(person.ok_or("person")?, "gend") {
        known @ ("1" | "2") => Ok(known),
        _ => Err("gend"),
    }
}

/// H04 / H18 / H24, net line: item in table `sex_limit` and the person's gend is 1 or 2 and differs; 0 or 9: not
/// judged.
///
/// Of several rows any that is violated fires. Near: the person's sex is the one that every row asks for.
pub(crate) fn sex_limit(facts: &Facts<'_>, rule: &'static str) -> Judgement {
    let mut judgement = Judgement::of(facts.lines.len());
    let rows = rule_rows(facts.tables, "sex_limit", rule);
    for line in &facts.lines {
        let valid = valid_rows(&rows, &line.item, line.day);
        if valid.is_empty() {
            continue;
        }
        let sex = match sex(facts.named("person", &line.person)) {
            Ok(sex) => sex,
            Err(missing) => {
                judgement.lacks(&line.key, missing);
                continue;
            }
        };
        let firing: Vec<&Row> = valid.into_iter().filter(|row| row.cell("gend") != sex).collect();
        judgement.fires(&firing, || Finding::of_line(rule, line).with("person", &line.person));
    }
    judgement
}

/// M05, (visit, operation code): code starts with a prefix of table `operation_sex` and gend differs (0, 9: not
/// judged).
pub(crate) fn m05(facts: &Facts<'_>) -> Judgement {
    code_sex(facts, "M05", "operation_sex", ("oprns", "oprn_code"))
}

/// M20, (visit, diagnosis code): code starts with a prefix of table `diagnosis_sex` and gend differs (0, 9: not
/// judged).
pub(crate) fn m20(facts: &Facts<'_>) -> Judgement {
    code_sex(facts, "M20", "diagnosis_sex", ("diags", "diag_code"))
}

/// The codes of a visit that do not fit its person's sex; a code given twice is one subject.
///
/// The rows are those valid on the day of the visit's begin, also for an operation with a date of its own.
/// Near: a prefix fits, and the person's sex is the one that every such row asks for.
fn code_sex(facts: &Facts<'_>, rule: &'static str, table: &str, (codes, code): (&str, &str)) -> Judgement {
    let mut judgement = Judgement::default();
    let rows = rule_rows(facts.tables, table, rule);
    for visit in facts.visits.values() {
        for code in codes_of(facts, visit, codes, code) {
            let met = prefix_rows(&rows, code, day_of(visit.begin));
            if met.is_empty() {
                continue;
            }
            let key: Key = vec![visit.id.clone(), code.to_owned()];
            let sex = match sex(facts.named("person", &visit.person)) {
                Ok(sex) => sex,
                Err(missing) => {
                    judgement.lacks(&key, missing);
                    continue;
                }
            };
            let firing: Vec<&Row> = met.into_iter().filter(|row| row.cell("gend") != sex).collect();
            judgement.fires(&firing, || {
                Finding::new(rule, key).with("visit", &visit.id).with("person", &visit.person)
            });
        }
    }
    judgement
}

/// The rows that count on `day` and whose prefix the code starts with.
pub(super) fn prefix_rows<'a>(rows: &'a [Row], code: &str, day: i64) -> Vec<&'a Row> {
    rows.iter().filter(|row| row.is_valid(day) && starts_with(code, row.cell("prefix"))).collect()
}

/// The different codes in one of a visit's lists.
pub(super) fn codes_of<'a>(facts: &Facts<'a>, visit: &Visit, codes: &str, code: &str) -> BTreeSet<&'a str> {
    let fields = facts.named("visit", &visit.id).expect("it stands");
    list(fields, codes).iter().map(|row| required(row, code)).collect()
}

/// D08 / S07 / H25, net line: item in table `indication` and no diagnosis of the visit starts with one of its
/// prefixes; a visit without diagnoses is not judged.
///
/// The prefixes of all valid rows of the rule are united, so all of them are the rows that fire. A row without
/// any prefix still puts its item in the table, and then nothing indicates it. Near: a diagnosis fits.
pub(crate) fn indication(facts: &Facts<'_>, rule: &'static str) -> Judgement {
    let mut judgement = Judgement::of(facts.lines.len());
    let rows = rule_rows(facts.tables, "indication", rule);
    // All of them are rules of payment policy.
    for line in facts.lines.iter().filter(|line| !line.is_unpaid) {
        let valid = valid_rows(&rows, &line.item, line.day);
        if valid.is_empty() {
            continue;
        }
        let Some(visit) = facts.visits.get(&line.visit) else {
            judgement.lacks(&line.key, "visit");
            continue;
        };
        let diagnoses = codes_of(facts, visit, "diags", "diag_code");
        if diagnoses.is_empty() {
            judgement.lacks(&line.key, "diags");
            continue;
        }
        let mut prefixes = valid.iter().flat_map(|row| row.cell("prefixes").split(';'));
        if prefixes.any(|prefix| diagnoses.iter().any(|diagnosis| starts_with(diagnosis, prefix))) {
            judgement.near += 1;
            continue;
        }
        let finding = Finding::of_line(rule, line).with("visit", &line.visit);
        judgement.findings.push(finding.read_by(all_own(&valid)));
    }
    judgement
}
