//! The conditions that `explain --not` asks hold, in random histories, of just what the engine finds.
//!
//! Found subjects have no condition that fails, and of all other keys that the records can make up one does, or
//! something is missing, by the reasons and in the numbers of the coverage.

use std::path::Path;

use detectors::detector::SPECS;
use records::time::{parse_date, parse_time};
use rulebank::Param;
use serde_json::{Value, json};

#[path = "../../../detectors/tests/support/conditions.rs"]
mod conditions;

use super::histories::{History, history};
use conditions::{World, compare};

/// A rule whose keys are more is asked for what was found.
const KEYS: usize = 20_000;
/// Lines of a history.
const LINES: usize = 200;
/// Histories looked at.
const HISTORIES: u64 = 24;

#[test]
fn all_conditions_hold_of_just_what_the_engine_finds() {
    let (mut asked, mut stand, mut not_judged) = (0, 0, 0);
    for seed in 1..=HISTORIES {
        let history = history(seed, LINES);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let bank = bank(folder.path(), &history);
        let as_of = history.as_of.as_deref().and_then(|text| {
            parse_time(text).or_else(|| parse_date(text).map(|day| i64::from(day) * 86_400))
        });
        // What is not UTF-8 is rejected like the beginning of an object.
        let text = |line: &Vec<u8>| String::from_utf8(line.clone()).unwrap_or_else(|_| "{".to_owned());
        let world = World { steps: vec![history.lines.iter().map(text).collect()], as_of };
        let compared = compare(&bank, &world, KEYS);
        assert!(compared.wrong.is_empty(), "seed {seed}:\n{}", compared.wrong.join("\n"));
        asked += compared.asked;
        stand += compared.stand;
        not_judged += compared.not_judged;
    }
    let seen = format!("{asked} keys, {stand} stand, {not_judged} not judged");
    assert!(stand > 500 && asked > 10 * stand && not_judged > 100, "{seen}");
}

/// The built-in rules on the history's tables.
fn bank(folder: &Path, history: &History) -> rulebank::Bank {
    let tables = folder.join("tables");
    std::fs::create_dir_all(&tables).expect("a temporary folder");
    for (name, text) in &history.tables {
        std::fs::write(tables.join(name).with_extension("csv"), text).expect("a temporary folder");
    }
    rulebank::load(Some(folder), SPECS).unwrap_or_else(|errors| panic!("{}", rulebank::check_report(&errors)))
}

/// Profiles kept by adding and taking away are those of counting again, and so are the models' opinions of them: any
/// subject's month that does not lie at its peers' median is found under the lowest threshold, with score and drivers.
#[test]
fn months_are_what_counting_again_gives() {
    let built_in = rulebank::load(None, SPECS).expect("the built-in bank");
    let (mut asked, mut stand, mut not_judged) = (0, 0, 0);
    for seed in 1..=HISTORIES {
        let history = history(seed, LINES);
        let text = |line: &Vec<u8>| String::from_utf8(line.clone()).unwrap_or_else(|_| "{".to_owned());
        let mut lines: Vec<String> = history.lines.iter().map(text).map(|line| alike(&line)).collect();
        lines.extend(DOCTORS.iter().map(|code| {
            json!({
                "kind": "practitioner", "prac_psn_code": code, "prac_psn_type": "doctor", "fixmedins_code": "H1",
            })
            .to_string()
        }));
        let mut bank = built_in.clone();
        bank.rules = low_thresholds(&built_in);
        // Long after the last month, so that all are over.
        let as_of = parse_date("2099-01-01").map(|day| i64::from(day) * 86_400);
        let steps = lines.chunks(LINES / 4).map(<[String]>::to_vec).collect();
        let compared = compare(&bank, &World { steps, as_of }, KEYS);
        assert!(compared.wrong.is_empty(), "seed {seed}:\n{}", compared.wrong.join("\n"));
        asked += compared.asked;
        stand += compared.stand;
        not_judged += compared.not_judged;
    }
    let seen = format!("{asked} keys, {stand} stand, {not_judged} not judged");
    assert!(stand > 150 && asked > 5 * stand && not_judged > 100, "{seen}");
}

/// Doctors of all visits, lines and prescriptions.
const DOCTORS: [&str; 5] = ["D1", "D2", "D3", "D4", "D5"];

/// The line with institutions of one type and level, so that they are peers, and somebody who treats and bills.
fn alike(line: &str) -> String {
    let Ok(Value::Object(mut record)) = serde_json::from_str::<Value>(line) else { return line.to_owned() };
    let doctor = DOCTORS[line.len() % DOCTORS.len()];
    let set = match record.get("kind").and_then(Value::as_str) {
        Some("institution") => &[("fixmedins_type", "1"), ("hosp_lv", "03")][..],
        Some("visit" | "prescription") => &[("dr_codg", doctor)],
        Some("fee_line") => &[("bilg_dr_codg", doctor)],
        _ => &[],
    };
    for (field, value) in set {
        record.insert((*field).to_owned(), Value::from(*value));
    }
    Value::Object(record).to_string()
}

/// A rule for every subject and method, that finds nearly everybody.
fn low_thresholds(bank: &rulebank::Bank) -> Vec<rulebank::Rule> {
    let any = bank.rules.iter().find(|rule| rule.detector == "outlier").expect("a rule that asks a model");
    let subjects = ["institutions", "practitioners"];
    let methods = ["robust_z", "mahalanobis", "isolation", "rise"];
    let pairs = subjects.iter().flat_map(|of| methods.iter().map(move |method| (of, method)));
    let rule = |(nth, (of, method)): (usize, (&&str, &&str))| {
        let mut rule = any.clone();
        rule.id = format!("N{nth:02}");
        for (name, value) in [
            ("of", Param::Choice((*of).to_owned())),
            ("method", Param::Choice((*method).to_owned())),
            ("threshold", Param::Decimal("0.001".parse().expect("a number"))),
            ("min_peers", Param::Integer(3)),
            ("months", Param::Integer(3)),
        ] {
            rule.params.insert(name.to_owned(), value);
        }
        rule
    };
    pairs.enumerate().map(rule).collect()
}
