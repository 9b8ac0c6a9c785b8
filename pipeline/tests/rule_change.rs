//! `fundwatch rules diff` through the built program: what it writes is the difference of two runs, and it says so in
//! text and on a page. That this holds of all histories and changes is a law (`laws/rule_change.rs`).

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

#[expect(dead_code, reason = "not all of it is this test's")]
#[path = "support/banks.rs"]
mod banks;
#[path = "support/program.rs"]
mod program;

use banks::{bend, copy};
use program::{Done, fundwatch};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A folder with the banks `old` and `new` on the tables of the busy month; in the new one, files of rules are changed.
fn banks(changes: &[(&str, &str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for bank in ["old", "new"] {
        copy(&root().join("rulebank/rules"), &folder.path().join(bank).join("rules"));
        let tables = folder.path().join(bank).join("tables");
        copy(&root().join("samples/busy-month/rules/tables"), &tables);
        fs::copy(root().join("rulebank/tables/med_type.csv"), tables.join("med_type.csv")).unwrap();
    }
    for (file, from, to) in changes {
        bend(&folder.path().join("new").join(file), from, to);
    }
    folder
}

fn records() -> String {
    root().join("samples/busy-month/records").to_str().unwrap().to_owned()
}

fn diff(at: &Path, banks: [&str; 2], more: &[&str]) -> Done {
    let records = records();
    let mut args = vec!["rules", "diff", banks[0], banks[1], &records, "--quiet"];
    args.extend(more);
    fundwatch(at, &args)
}

fn rows(path: &Path) -> Vec<Value> {
    fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The alerts of a run, by id.
fn run(at: &Path, bank: &str) -> BTreeMap<String, Value> {
    let records = records();
    let out = format!("out-{bank}");
    let done = fundwatch(at, &["run", &records, "--rules", bank, "--out", &out, "--quiet"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    let id = |alert: &Value| alert["alert_id"].as_str().unwrap().to_owned();
    rows(&at.join(out).join("alerts.ndjson")).into_iter().map(|alert| (id(&alert), alert)).collect()
}

const COMPANIONS: &str = "rules/extended/companion_stays.toml";
const ABSENCE: &str = "rules/extended/absence_after_admission.toml";

#[test]
fn the_difference_is_that_of_two_runs() {
    let changes = [
        (COMPANIONS, "persons = 3", "persons = 5"),
        (ABSENCE, "status   = \"active\"", "status   = \"retired\""),
        ("tables/price_cap.csv", "S01,", "S01,X"),
    ];
    of_two_runs(&changes);
}

#[test]
fn the_difference_of_other_classes_of_visits_is_that_of_two_runs() {
    of_two_runs(&[("tables/med_type.csv", "21,inpatient,", "21,outpatient,")]);
}

/// Holds the difference that each bank makes after the other against whole runs with both.
fn of_two_runs(changes: &[(&str, &str, &str)]) {
    let folder = banks(changes);
    let at = folder.path();
    let (old, new) = (run(at, "old"), run(at, "new"));
    for (names, [from, to]) in [(["old", "new"], [&old, &new]), (["new", "old"], [&new, &old])] {
        let done = diff(at, names, &["--out", "one.ndjson"]);
        assert_eq!(done.code, Some(0), "{done:?}");
        let again = diff(at, names, &["--out", "two.ndjson", "--workers", "2"]);
        assert_eq!(again.out, done.out);
        assert_eq!(fs::read(at.join("one.ndjson")).unwrap(), fs::read(at.join("two.ndjson")).unwrap());
        let mut folded = from.clone();
        let lines = rows(&at.join("one.ndjson"));
        assert!(lines.is_sorted_by_key(|line| line["alert_id"].as_str().map(str::to_owned)));
        for line in lines {
            let id = line["alert_id"].as_str().unwrap().to_owned();
            assert_eq!(folded.remove(&id).unwrap_or(Value::Null), line["before"]);
            assert_ne!(line["before"], line["alert"]);
            if !line["alert"].is_null() {
                folded.insert(id, line["alert"].clone());
            }
        }
        assert!(folded == *to, "the difference laid over the old alerts is not the new ones");
    }
}

#[test]
fn what_differs_is_told_with_its_cause_in_both_languages() {
    let folder = banks(&[(COMPANIONS, "persons = 3", "persons = 5")]);
    let done = diff(folder.path(), ["old", "new"], &["--lang", "en", "--out", "a.html", "--out", "a.ndjson"]);
    assert_eq!((done.code, done.err.as_str()), (Some(0), ""));
    for said in ["A11  parameter persons 3 -> 5", "0 added, 2 withdrawn, 8 changed", "cause: rule A11"] {
        assert!(done.out.contains(said), "{said}: {}", done.out);
    }
    // Money that a group no longer takes is counted by the stays that were split: they name the same cause.
    let lines = rows(&folder.path().join("a.ndjson"));
    let split: Vec<&Value> = lines.iter().filter(|line| line["rule"] == "M15").collect();
    assert_eq!(split.len(), 8);
    for line in split {
        assert_eq!(line["cause"][0]["key"], "A11");
        assert_eq!(line["differs"], serde_json::json!(["counted_amount"]));
    }
    let page = fs::read_to_string(folder.path().join("a.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && !page.contains("<script"));
    assert!(page.contains("parameter persons 3 -&gt; 5"), "{page}");
    let zh = diff(folder.path(), ["old", "new"], &["--lang", "zh"]);
    assert!(zh.out.contains("新增 0 条，撤回 2 条，变更 8 条"), "{}", zh.out);
}

#[test]
fn banks_that_say_the_same_differ_in_nothing_and_wrong_arguments_are_told() {
    let folder = banks(&[]);
    let same = diff(folder.path(), ["old", "new"], &["--lang", "en", "--out", "a.ndjson"]);
    assert_eq!(same.code, Some(0));
    assert!(same.out.contains("Nothing.") && same.out.contains("No alert differs."), "{}", same.out);
    assert_eq!(fs::read(folder.path().join("a.ndjson")).unwrap(), b"");
    let wrong = diff(folder.path(), ["old", "new"], &["--out", "a.txt"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.err.contains("ends in .ndjson or .html"), "{}", wrong.err);
    let missing = diff(folder.path(), ["old", "nowhere"], &[]);
    assert_eq!(missing.code, Some(2), "{}", missing.err);
}

#[test]
fn the_page_for_rule_writers_shows_what_the_program_answers() {
    let page = fs::read_to_string(root().join("docs/write-a-rule.md")).unwrap();
    let shown = page.split_once("$ fundwatch rules diff ").unwrap().1.split_once("```").unwrap().0;
    let (command, shown) = shown.split_once('\n').unwrap();
    let folder = banks(&[(COMPANIONS, "persons = 3", "persons = 5")]);
    let new = folder.path().join("new");
    fs::remove_dir_all(new.join("rules/models")).unwrap();
    let typed: Vec<&str> = command.split(" | ").next().unwrap().split(' ').collect();
    let mut args = vec!["rules", "diff", "--quiet"];
    args.extend(typed.iter().map(|word| if *word == "mybank" { new.to_str().unwrap() } else { word }));
    let done = fundwatch(&root(), &args);
    assert_eq!(done.code, Some(0), "{done:?}");
    let said = done.out.replace(new.to_str().unwrap(), "mybank");
    let lines: Vec<&str> = said.lines().take(shown.lines().count()).collect();
    assert_eq!(shown.trim_end(), lines.join("\n").trim_end());
}
