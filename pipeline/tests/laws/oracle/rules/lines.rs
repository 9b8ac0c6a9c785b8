//! Rules about one fee line as such: M02, M07, M08, S01, and D12 S11.

use super::super::facts::{Facts, amount, text};
use super::super::finding::{Finding, Judgement};
use super::super::tables::{Row, all_own, rule_rows, strictest};
use super::super::values::{UNIT, day_of, fen};
use super::{limit, valid_rows};

/// M02, line as sent: has init_feedetl_sn and offsets nothing, or abs(cnt × pric − det_item_fee_sumamt) > 0.01 +
/// 0.005 × abs(cnt).
///
/// Every standing line is judged. One offsets something if its init_feedetl_sn names a standing line of its
/// visit that has none itself, whatever is left of that. Near: the sum is not the product, but within the
/// tolerance.
pub(crate) fn m02(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::of(facts.all("fee_line").count());
    for (key, line) in facts.all("fee_line") {
        let offsets_nothing = text(line, "init_feedetl_sn").is_some_and(|named| {
            let original = facts.record("fee_line", &vec![key[0].clone(), named.to_owned()]);
            original.is_none_or(|original| text(original, "init_feedetl_sn").is_some())
        });
        let of = |name| amount(line, name).expect("required");
        // In units of 10^-12: 0.01 is 10^10 of them, 0.005 is 5,000 millionths of a millionth.
        let apart = (of("cnt") * of("pric") - of("det_item_fee_sumamt") * UNIT).abs();
        if offsets_nothing || apart > 10_000_000_000 + 5_000 * of("cnt").abs() {
            let mut finding = Finding::new("M02", key.clone());
            finding.show("fee_line", key);
            judgement.findings.push(finding);
        } else if apart > 0 {
            judgement.near += 1;
        }
    }
    judgement
}

/// M07, net line: recv_time of its standing change − fee_ocur_time > 24 hours; without recv_time not judged.
///
/// The standing change is that of the original. Near: it came later than it happened, but within the hours.
pub(crate) fn m07(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::of(facts.lines.len());
    for line in &facts.lines {
        match line.received.map(|received| received - line.time) {
            None => judgement.lacks(&line.key, "recv_time"),
            Some(86_401..) => {
                let mut finding = Finding::new("M07", line.key.clone());
                finding.show("fee_line", &line.key);
                judgement.findings.push(finding);
            }
            Some(late) => judgement.near += u64::from(late > 0),
        }
    }
    judgement
}

/// M08, net line of a stay: day(fee_ocur_time) < day(begntime) − 3 or > day(endtime) + 3 (no endtime: no upper
/// bound).
///
/// A line whose visit does not stand is no subject. Near: outside the days of the stay, by three at most.
pub(crate) fn m08(facts: &Facts<'_>) -> Judgement {
    let stay_of = |visit: &str| facts.visits.get(visit).filter(|visit| visit.is_stay);
    let mut judgement =
        Judgement::of(facts.lines.iter().filter(|line| stay_of(&line.visit).is_some()).count());
    for line in &facts.lines {
        let Some(stay) = stay_of(&line.visit) else {
            continue;
        };
        let is_outside = |days: i64| {
            line.day < day_of(stay.begin) - days || stay.end.is_some_and(|end| line.day > day_of(end) + days)
        };
        if is_outside(3) {
            judgement.findings.push(Finding::of_line("M08", line).with("visit", &line.visit));
        } else {
            judgement.near += u64::from(is_outside(0));
        }
    }
    judgement
}

/// The place of a level, 1 to 11 from the highest.
fn rank(level: &str) -> i128 {
    level.parse().expect("a bank whose levels are no numbers is invalid")
}

/// The institution's hosp_lv, or what of it is missing: the institution, or a level of 01 to 11.
fn level<'a>(facts: &Facts<'a>, institution: &str) -> Result<&'a str, &'static str> {
    let fields = facts.named("institution", institution).ok_or("institution")?;
    let known = text(fields, "hosp_lv").filter(|level| {
        let is_number = level.len() == 2 && level.bytes().all(|byte| byte.is_ascii_digit());
        is_number && ("01"..="11").contains(level)
    });
    known.ok_or("hosp_lv")
}

/// D12 / S11, net line: item in table `level_limit` and hosp_lv of the institution ranks below lowest_lv.
///
/// A line of which the fund paid nothing is clean. 01 ranks highest, so the strictest row has the smallest number. A line with a valid row needs the level, even
/// where 11 would do. Near: the institution ranks high enough.
pub(crate) fn level_limit(facts: &Facts<'_>, rule: &'static str) -> Judgement {
    let mut judgement = Judgement::of(facts.lines.len());
    let rows = rule_rows(facts.tables, "level_limit", rule);
    for line in facts.lines.iter().filter(|line| !line.is_unpaid) {
        let strictest =
            strictest(&valid_rows(&rows, &line.item, line.day), |row| -rank(row.cell("lowest_lv")));
        let Some(row) = strictest.first() else {
            continue;
        };
        match level(facts, &line.institution) {
            Err(missing) => judgement.lacks(&line.key, missing),
            Ok(level) if rank(level) > rank(row.cell("lowest_lv")) => {
                let finding = Finding::of_line(rule, line).with("institution", &line.institution);
                judgement.findings.push(finding.read_by(all_own(&strictest)));
            }
            Ok(_) => judgement.near += 1,
        }
    }
    judgement
}

/// S01, net line: item in table `price_cap` (a row of the institution's hosp_lv before one for all levels;
/// without a known hosp_lv not judged if a valid row of the item names a level) and pric > cap. Amount
/// (pric − cap) × cnt.
///
/// If a valid row names a level, the level is needed before any price is looked at. If none does, the price is
/// compared first, and only a line above the cap needs the institution, as its evidence.
/// Near: a cap applies and is kept.
pub(crate) fn s01(facts: &Facts<'_>) -> Judgement {
    let mut judgement = Judgement::of(facts.lines.len());
    let rows = rule_rows(facts.tables, "price_cap", "S01");
    for line in &facts.lines {
        let valid = valid_rows(&rows, &line.item, line.day);
        let of_level = |level: &str| -> Vec<&Row> {
            valid.iter().filter(|row| row.cell("hosp_lv") == level).copied().collect()
        };
        let mut applying = of_level("");
        if valid.len() > applying.len() {
            match level(facts, &line.institution) {
                Err(missing) => {
                    judgement.lacks(&line.key, missing);
                    continue;
                }
                Ok(level) if !of_level(level).is_empty() => applying = of_level(level),
                Ok(_) => {}
            }
        }
        let strictest = strictest(&applying, |row| -limit(row, "cap"));
        let Some(row) = strictest.first() else {
            continue;
        };
        let excess = line.price - limit(row, "cap");
        if excess <= 0 {
            judgement.near += 1;
        } else if facts.named("institution", &line.institution).is_none() {
            judgement.lacks(&line.key, "institution");
        } else {
            let mut finding = Finding::new("S01", line.key.clone()).read_by(all_own(&strictest));
            finding.show("fee_line", &line.key);
            finding.show_one("institution", &line.institution);
            finding.amount = fen(excess * line.cnt, 12);
            finding.lay_on_sum_of(line);
            judgement.findings.push(finding);
        }
    }
    judgement
}
