//! Messages for the people who write rules, tables and cases.
//!
//! Each test spoils one thing in a bank that is otherwise right. The golden reports show how a mistake is
//! printed; the lists beside them go through every key, every column and every sort of cell, and hold what is
//! said, which signs are marked, and what the hint is. Nobody should have to read the program to mend a bank.

use std::path::{Path, PathBuf};

use rulebank::BankError;

#[path = "errors/case.rs"]
mod case;
#[path = "fixture/detectors.rs"]
mod detectors;
#[path = "errors/rule.rs"]
mod rule;
#[path = "errors/table.rs"]
mod table;

/// A bank of one rule, A05, as short as a rule can be.
const RULE: &str = r#"id = "A05"
version = "1.0"
status = "active"
family = "fake_patient"
phases = ["pre", "mid"]
verdict = "definite"
severity = "high"
detector = "stay_overlap"
basis = ["law"]
misses = [{ zh = "同院", en = "one house" }]
excuses = [{ zh = "转院", en = "transfer" }]
title = { zh = "重叠", en = "Overlap" }
why = { zh = "因为", en = "Because" }
message = { zh = "重叠{hours}小时", en = "{hours} h" }
next-step = { zh = "查", en = "Look" }
[params]
tolerance_hours = 24
[[change]]
version = "1.0"
on = 2026-11-22
why = "First."
[[case]]
name = "found"
kind = "hit"
facts = """
visit  med_type  begntime
V1     21        2025-03-01 09:00
"""
finds = [["V1", "V2"]]
"#;

/// The mistakes of a folder with these files, named by their paths in it.
fn mistakes(files: &[(&str, &[u8])]) -> Vec<BankError> {
    use std::sync::atomic::{AtomicU32, Ordering};
    static FOLDERS: AtomicU32 = AtomicU32::new(0);
    let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
    let folder: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join("errors").join(number.to_string());
    drop(std::fs::remove_dir_all(&folder));
    for (file, bytes) in files {
        let path = folder.join(file);
        std::fs::create_dir_all(path.parent().expect("below the folder")).expect("a folder for the test");
        std::fs::write(path, bytes).expect("a file for the test");
    }
    let inside = format!("{}/", folder.display());
    let relative = |mut error: BankError| {
        error.file = error.file.replace(&inside, "");
        error.what = error.what.replace(&inside, "");
        error
    };
    let errors = rulebank::load(Some(&folder), detectors::DETECTORS).err().unwrap_or_default();
    errors.into_iter().map(relative).collect()
}

/// The same as it is printed.
fn report(files: &[(&str, &[u8])]) -> String {
    rulebank::check_report(&mistakes(files))
}

/// One mistake: the signs that are marked, what is said, and the hint (empty: none).
type Said<'t> = (&'t str, &'t str, &'t str);

/// Holds what is said of these files, mistake by mistake.
fn check_said(files: &[(&str, &[u8])], expected: &[Said<'_>]) {
    let errors = mistakes(files);
    let marked: Vec<String> = errors
        .iter()
        .map(|e| e.source_line.chars().skip(e.column.saturating_sub(1)).take(e.width).collect())
        .collect();
    let said: Vec<Said<'_>> = errors
        .iter()
        .zip(&marked)
        .map(|(error, marked)| {
            (marked.as_str(), error.what.as_str(), error.hint.as_deref().unwrap_or_default())
        })
        .collect();
    assert_eq!(said, expected, "\n{}", rulebank::check_report(&errors));
    assert!(errors.iter().all(|error| error.line > 0 || expected.is_empty()), "a mistake without its line");
}

/// The rule with one text in it replaced.
fn spoiled(right: &str, wrong: &str) -> String {
    assert!(RULE.contains(right), "{right}");
    RULE.replacen(right, wrong, 1)
}

/// Holds the report on the rule with one text in it replaced.
fn check_rule(right: &str, wrong: &str, expected: &str) {
    let found = report(&[("rules/a05.toml", spoiled(right, wrong).as_bytes())]);
    assert_eq!(found.trim_end(), expected.trim(), "\n{found}");
}

/// Holds what is said of the rule with one text in it replaced.
fn check_rule_said(right: &str, wrong: &str, expected: &[Said<'_>]) {
    check_said(&[("rules/a05.toml", spoiled(right, wrong).as_bytes())], expected);
}

#[test]
fn the_rule_as_it_stands_is_right() {
    check_rule("24", "24", "no mistakes");
}

#[test]
fn every_mistake_of_every_file_is_said_at_once() {
    let rule = RULE.replace("\"high\"", "\"hihg\"").replace("24", "\"x\"");
    let found = report(&[
        ("rules/a.toml", rule.as_bytes()),
        ("rules/b/b.toml", RULE.as_bytes()),
        ("rules/c.toml", RULE.as_bytes()),
        ("tables/age_limit.csv", b"rule,item\nD06,\xd0\xc2\n"),
        ("tables/sex_limit.csv", b"rule,item,gend,valid_from,valid_to,source\nH04,X,male,,,s\nX99,X,1,,,s\n"),
        ("exemptions/a.toml", b"id = 1\n"),
    ]);
    let expected = [
        "table age_limit lacks the columns unit, max, valid_from, valid_to, source",
        "`male` cannot stand under `gend`",
        "`X99` is no rule that reads table sex_limit",
        "`hihg` is no severity",
        "x is no whole number",
        "the rule A05 stands in rules/b/b.toml already",
        "the exemption lacks `rules`, `from`, `why`, `approved_by`, `approved_on`",
        "`id` must be a text in quotes, not an integer",
        "8 mistakes in 5 files",
    ];
    let lines: Vec<&str> = found
        .lines()
        .filter_map(|line| line.strip_prefix("error: ").or(line.contains("mistakes in").then_some(line)))
        .collect();
    assert_eq!(lines, expected, "\n{found}");
}

#[test]
fn two_rules_of_one_id() {
    check_said(
        &[("rules/a.toml", RULE.as_bytes()), ("rules/deep/er/b.toml", RULE.as_bytes())],
        &[("\"A05\"", "the rule A05 stands in rules/a.toml already", "one file, one rule, one id")],
    );
}

#[test]
fn a_folder_that_is_not_there() {
    let errors = rulebank::load(Some(Path::new("no/such")), detectors::DETECTORS).unwrap_err();
    assert_eq!(errors[0].to_string(), "no/such: there is no such folder");
    let hint = "a bank is a folder with tables/*.csv and, if it likes, rules/**/*.toml";
    assert_eq!(errors[0].hint.as_deref(), Some(hint));
}

#[test]
fn files_that_are_not_utf_8() {
    let gbk = [b"id = \"A05\"\ntitle = \"".as_slice(), b"\xd0\xc2\"\n"].concat();
    let said = ("", "the file is not UTF-8 from here on", "save it as UTF-8");
    check_said(&[("rules/a.toml", &gbk)], &[said]);
    check_said(&[("exemptions/a.toml", &gbk)], &[said]);
    // A table may be GB18030 instead; 院 in UTF-8 on another line says that this one is not.
    let mixed = [b"code,class\n21,\xd0\xc2\n".as_slice(), "22,院\n23,院\n".as_bytes()].concat();
    let said = (
        "21,\u{fffd}\u{fffd}",
        "the line is not UTF-8, as the others are",
        "save the table as UTF-8 or as GB18030",
    );
    check_said(&[("tables/med_type.csv", &mixed)], &[said]);
}
