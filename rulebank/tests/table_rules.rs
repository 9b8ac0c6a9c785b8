//! A rule that reads a knowledge table, in a bank of one's own: one file and its rows, whatever its id.
//!
//! Also what one more built-in rule costs: the built-in folders, copied, with one file more are a bank of one rule
//! more, and nothing has to be built.

use std::fs;
use std::path::{Path, PathBuf};

use rulebank::{Bank, BankError};

#[path = "fixture/detectors.rs"]
mod detectors;

const HEADER: &str = "rule,item,unit,max,valid_from,valid_to,source\n";

/// A built-in rule of a table under another id, with its cases.
fn renamed(id: &str) -> String {
    include_str!("../rules/policy/newborn_drug.toml").replace("D06", id)
}

/// A folder of its own for one test.
fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("table-rules").join(name);
    drop(fs::remove_dir_all(&folder));
    for (file, text) in files {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().expect("below the folder")).expect("a folder for the test");
        fs::write(path, text).expect("a file for the test");
    }
    folder
}

fn load(folder: &Path) -> Result<Bank, Vec<BankError>> {
    rulebank::load(Some(folder), detectors::DETECTORS)
}

/// Holds the report on a bank of these files, their folder left out.
fn check(name: &str, files: &[(&str, &str)], expected: &str) {
    let folder = folder(name, files);
    let report = rulebank::check_report(&load(&folder).err().unwrap_or_default());
    assert_eq!(report.replace(&format!("{}/", folder.display()), "").trim(), expected.trim(), "\n{report}");
}

#[test]
fn a_new_rule_and_its_rows_are_a_bank() {
    let (rule, rows) = (renamed("D66"), format!("{HEADER}D66,HORMONE,years,18,,,s\n"));
    let folder = folder("new", &[("rules/hormone.toml", &rule), ("tables/age_limit.csv", &rows)]);
    let bank = load(&folder).unwrap_or_else(|errors| panic!("{}", rulebank::check_report(&errors)));
    assert_eq!(bank.rules.iter().map(|rule| rule.id.as_str()).collect::<Vec<_>>(), ["D66"]);
    assert_eq!(bank.tables.rows("age_limit")[0].rule, "D66");
    assert!(rulebank::show(&bank.rules[0], &bank, rulebank::Lang::En).contains("HORMONE"));
}

#[test]
fn a_bank_may_leave_a_built_in_rule_out_and_keep_its_rows() {
    let rows = format!("{HEADER}D06,NB,days,28,,,s\nD66,HORMONE,years,18,,,s\n");
    check("left-out", &[("rules/a.toml", &renamed("D66")), ("tables/age_limit.csv", &rows)], "no mistakes");
}

#[test]
fn a_row_names_a_rule_whose_detector_reads_its_table() {
    let sex = include_str!("../rules/policy/drug_of_the_other_sex.toml").replace("H04", "H66");
    let rows = format!("{HEADER}H66,X,years,18,,,s\nD67,X,years,18,,,s\nD66,X,years,18,,,s\n");
    check(
        "another-table",
        &[("rules/a.toml", &renamed("D66")), ("rules/b.toml", &sex), ("tables/age_limit.csv", &rows)],
        r"
error: `H66` is no rule that reads table age_limit
  --> tables/age_limit.csv:2:1
  |
2 | H66,X,years,18,,,s
  | ^^^
  hint: one of: C01, C02, D06, D07, D66, H02, H17, S05, S06

error: `D67` is no rule that reads table age_limit
  --> tables/age_limit.csv:3:1
  |
3 | D67,X,years,18,,,s
  | ^^^
  hint: one of: C01, C02, D06, D07, D66, H02, H17, S05, S06

2 mistakes in 1 file
",
    );
}

#[test]
fn a_rule_of_the_bank_hides_the_built_in_one_of_its_id() {
    let sex = include_str!("../rules/policy/drug_of_the_other_sex.toml").replace("H04", "D06");
    let rows = format!("{HEADER}D06,X,days,28,,,s\n");
    check(
        "hidden",
        &[("rules/a.toml", &sex), ("tables/age_limit.csv", &rows)],
        r"
error: `D06` is no rule that reads table age_limit
  --> tables/age_limit.csv:2:1
  |
2 | D06,X,days,28,,,s
  | ^^^
  hint: one of: C01, C02, D07, H02, H17, S05, S06

1 mistake in 1 file
",
    );
}

#[test]
fn the_tables_of_a_case_name_known_rules_too() {
    let rule = renamed("D66").replacen("\nD66,NB,days,14", "\nD67,NB,days,14", 1);
    let line = 1 + rule.lines().position(|line| line.starts_with("D67")).expect("the row");
    let margin = " ".repeat(line.to_string().len());
    let expected = format!(
        "error: `D67` is no rule that reads table age_limit\n  --> rules/a.toml:{line}:1\n{margin} |\n{line} | \
         D67,NB,days,14,,2025-02-28,case\n{margin} | ^^^\n  hint: one of: C01, C02, D06, D07, D66, H02, H17, S05, S06\n\n\
         1 mistake in 1 file"
    );
    check("case", &[("rules/a.toml", &rule)], &expected);
}

/// A mistake in a rule's file is one mistake, not one more for each of its rows.
#[test]
fn rows_of_a_rule_that_cannot_be_read_are_not_mistakes() {
    let rows = format!("{HEADER}D66,HORMONE,years,18,,,s\n");
    for (right, wrong) in
        [("\"medium\"", "\"midium\""), ("\"age_limit\"", "\"age_limits\""), ("family  ", "famliy  ")]
    {
        let rule = renamed("D66").replacen(right, wrong, 1);
        let folder = folder("broken", &[("rules/a.toml", &rule), ("tables/age_limit.csv", &rows)]);
        let errors = load(&folder).unwrap_err();
        assert!(errors.iter().all(|error| error.file.ends_with("a.toml")), "{errors:?}");
    }
}

/// Copies the files of a folder, those of its folders too.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder for the test");
    for entry in fs::read_dir(from).expect("a folder of this crate") {
        let path = entry.expect("an entry").path();
        let copied = to.join(path.file_name().expect("a name"));
        match path.is_dir() {
            true => copy(&path, &copied),
            false => drop(fs::copy(&path, &copied).expect("a file that can be copied")),
        }
    }
}

#[test]
fn a_built_in_rule_of_a_known_detector_is_one_file() {
    let (here, bank) = (Path::new(env!("CARGO_MANIFEST_DIR")), folder("built-in", &[]));
    for name in ["rules", "tables"] {
        copy(&here.join(name), &bank.join(name));
    }
    let built_in = rulebank::load(None, detectors::DETECTORS).expect("the built-in bank");
    let copied = load(&bank).unwrap_or_else(|errors| panic!("{}", rulebank::check_report(&errors)));
    assert_eq!(rulebank::list(&copied), rulebank::list(&built_in));
    // The one file.
    let stay = include_str!("../rules/policy/stay_cut_in_two.toml").replace("M15", "M99");
    fs::write(bank.join("rules/policy/stay_cut_in_three.toml"), stay).expect("a file for the test");
    let more = load(&bank).unwrap_or_else(|errors| panic!("{}", rulebank::check_report(&errors)));
    assert_eq!(more.rules.len(), built_in.rules.len() + 1);
    assert_eq!(
        more.rule("M99").map(|rule| rule.cases.len()),
        copied.rule("M15").map(|rule| rule.cases.len())
    );
}
