//! The conditions that `explain --not` asks hold, in random histories, of just what the engine finds.
//!
//! Found subjects have no condition that fails, and of all other keys that the records can make up one does, or
//! something is missing, by the reasons and in the numbers of the coverage.

use std::path::Path;

use detectors::detector::SPECS;
use records::time::{parse_date, parse_time};

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
