//! The commands beside `run`, as a person uses them: what they print, what they leave, how they end.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

use std::fs;
use std::path::Path;

#[path = "support/program.rs"]
mod program;

use program::fundwatch;

/// The text of a file of the built-in bank.
fn built_in(file: &str) -> String {
    let bank = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rulebank");
    fs::read_to_string(bank.join(file)).unwrap()
}

/// A bank of one rule file.
fn bank_of(rule: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("bank/rules/mine")).unwrap();
    fs::write(folder.path().join("bank/rules/mine/rule.toml"), rule).unwrap();
    folder
}

#[test]
fn the_built_in_bank_has_no_mistakes_and_holds_in_its_cases() {
    let here = tempfile::tempdir().unwrap();
    let done = fundwatch(here.path(), &["rules", "check"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.out.ends_with(": no mistakes\n"), "{done:?}");
    let done = fundwatch(here.path(), &["rules", "test"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.out.ends_with(": all hold\n"), "{done:?}");
}

#[test]
fn rules_are_listed_and_shown_in_both_languages() {
    let here = tempfile::tempdir().unwrap();
    let list = fundwatch(here.path(), &["rules", "list"]);
    assert_eq!(list.code, Some(0));
    let id = list.out.lines().nth(1).and_then(|line| line.split_whitespace().next()).unwrap();
    let [en, zh] = ["en", "zh"].map(|lang| fundwatch(here.path(), &["rules", "show", id, "--lang", lang]));
    assert_eq!((en.code, zh.code), (Some(0), Some(0)));
    assert!(en.out.starts_with(id) && en.out.contains("\nWhy\n"), "{}", en.out);
    assert!(zh.out.starts_with(id) && zh.out.contains("\n为什么\n"), "{}", zh.out);
    let unknown = fundwatch(here.path(), &["rules", "show", "Z99"]);
    assert_eq!((unknown.code, unknown.out.as_str()), (Some(2), ""));
    assert!(unknown.err.contains(id), "{}", unknown.err);
}

#[test]
fn a_check_that_finds_a_mistake_ends_with_1_and_says_where() {
    let bank = bank_of("id = \"A05\"\nversion = 1\n");
    let done = fundwatch(bank.path(), &["rules", "check", "--rules", "bank"]);
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.out.contains("--> bank/rules/mine/rule.toml:2:"), "{}", done.out);
    // What needs a valid bank ends with 2 instead.
    for args in [["rules", "test", "--rules", "bank"], ["rules", "list", "--rules", "bank"]] {
        let done = fundwatch(bank.path(), &args);
        assert_eq!((done.code, done.out.as_str()), (Some(2), ""));
        assert!(done.err.contains("bank/rules/mine/rule.toml:2:"), "{}", done.err);
    }
    let nowhere = fundwatch(bank.path(), &["rules", "check", "--rules", "nowhere"]);
    assert_eq!(nowhere.code, Some(2), "{nowhere:?}");
}

/// A rule whose mends a bank in one go: whoever needs the bank tells all that is wrong with it.
#[test]
fn every_command_tells_every_mistake_of_a_bank_before_it_does_anything() {
    let bank = bank_of("id = \"A05\"\nversion = 1\n");
    let tables = bank.path().join("bank/tables");
    fs::create_dir_all(&tables).unwrap();
    let header = "code,class,valid_from,valid_to,source\n";
    fs::write(tables.join("med_type.csv"), format!("{header}21,inpatient,,,s\n21,care,,,s\n")).unwrap();
    let header = "rule,item,unit,max,valid_from,valid_to,source\n";
    fs::write(tables.join("age_limit.csv"), format!("{header}S14,X,days,28,,,s\nD06,X,weeks,4,,,s\n"))
        .unwrap();
    let places = [
        "bank/rules/mine/rule.toml:2:11",
        "bank/tables/age_limit.csv:2:1",
        "bank/tables/age_limit.csv:3:7",
        "bank/tables/med_type.csv:3:1",
    ];
    let hints = [
        "hint: one of: C01, C02, D06, ",
        "hint: one of: days, years",
        "hint: let the earlier row end the day before",
    ];
    let done = fundwatch(bank.path(), &["rules", "check", "--rules", "bank"]);
    assert_eq!(done.code, Some(1), "{done:?}");
    for said in places.iter().chain(&hints) {
        assert!(done.out.contains(said), "{said}: {}", done.out);
    }
    for args in [
        &["run", "nowhere", "--out", "out"][..],
        &["rules", "test"],
        &["rules", "list"],
        &["rules", "show", "A05"],
    ] {
        let done = fundwatch(bank.path(), &[args, &["--rules", "bank"]].concat());
        assert_eq!((done.code, done.out.as_str()), (Some(2), ""), "{args:?}");
        for said in places.iter().chain(&hints) {
            assert!(done.err.contains(said), "{args:?}, {said}: {}", done.err);
        }
    }
    assert!(!bank.path().join("out").exists());
}

#[test]
fn a_case_that_does_not_hold_ends_the_test_with_1_and_says_what_was_found() {
    let rule = built_in("rules/extended/care_after_death.toml");
    let bank = bank_of(&rule.replacen("amounts = [\"45.00\"]", "amounts = [\"46.00\"]", 1));
    let done = fundwatch(bank.path(), &["rules", "test", "--rules", "bank"]);
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.out.contains("should come to 46.00 yuan and comes to 45.00"), "{}", done.out);
    assert!(done.out.contains("in bank/rules/mine/rule.toml"), "{}", done.out);
    let done = fundwatch(bank_of(&rule).path(), &["rules", "test", "--rules", "bank"]);
    assert_eq!(done.code, Some(0), "{done:?}");
}

#[test]
fn a_draft_is_tested_but_does_not_run() {
    let rule = built_in("rules/extended/care_after_death.toml");
    let bank = bank_of(&rule.replacen("status   = \"active\"", "status   = \"draft\"", 1));
    let done = fundwatch(bank.path(), &["rules", "test", "--rules", "bank"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.out.contains("holds in "), "{}", done.out);
    let facts = [
        r#"{"kind":"person_fact","fact_id":"F1","psn_no":"P1","fact":"death","begin":"2025-03-02"}"#,
        r#"{"kind":"visit","mdtrt_id":"V1","psn_no":"P1","fixmedins_code":"H1","med_type":"11","begntime":"2025-04-01 09:00:00"}"#,
    ];
    fs::write(bank.path().join("facts.ndjson"), facts.join("\n")).unwrap();
    let done = fundwatch(bank.path(), &["run", "facts.ndjson", "--out", "out", "--rules", "bank"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(fs::read_to_string(bank.path().join("out/alerts.ndjson")).unwrap(), "");
    assert_eq!(fs::read_to_string(bank.path().join("out/coverage.json")).unwrap().trim(), "{}");
}

#[test]
fn a_region_is_made_from_its_seed_alone() {
    let here = tempfile::tempdir().unwrap();
    for out in ["one", "two"] {
        let args = ["synth", "--out", out, "--visits", "300", "--months", "2", "--seed", "4"];
        let done = fundwatch(here.path(), &args);
        assert_eq!(done.code, Some(0), "{done:?}");
        assert!(done.out.contains(&format!("fundwatch run {out}/records")), "{}", done.out);
    }
    for file in ["records/changes.ndjson", "truth.ndjson"] {
        let [one, two] = ["one", "two"].map(|out| fs::read(here.path().join(out).join(file)).unwrap());
        assert!(one == two && !one.is_empty(), "{file} is not the same twice");
    }
    for wrong in [["--schemes", "no_such_scheme"], ["--strength", "2"], ["--visits", "0"]] {
        let done = fundwatch(here.path(), &[&["synth", "--out", "three"], &wrong[..]].concat());
        assert_eq!(done.code, Some(2), "{done:?}");
    }
    assert!(!here.path().join("three").exists());
}

#[test]
fn the_demo_finds_what_was_planted_and_keeps_it_where_it_is_told() {
    let here = tempfile::tempdir().unwrap();
    let done = fundwatch(here.path(), &["demo", "--out", "kept"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    let planted = done.out.lines().find(|line| line.starts_with("planted ")).unwrap();
    let cases = fs::read_to_string(here.path().join("kept/truth.ndjson")).unwrap().lines().count();
    assert!(planted.contains(&format!(" {cases} of {cases} findings raised")), "{planted}");
    for file in ["records/changes.ndjson", "out/alerts.ndjson", "out/events.ndjson", "out/summary.json"] {
        assert!(here.path().join("kept").join(file).is_file(), "{file}");
    }
    for part in ["\n     found     ", "\n     why       ", "\n     basis     ", "\n     next      "] {
        assert_eq!(done.out.matches(part).count(), 4, "{}", done.out);
    }
}

#[test]
fn every_command_explains_itself() {
    let here = tempfile::tempdir().unwrap();
    for command in ["run", "demo", "rules", "synth", "bench"] {
        let done = fundwatch(here.path(), &[command, "--help"]);
        assert_eq!((done.code, done.err.as_str()), (Some(0), ""), "{command}");
        assert!(done.out.contains("Usage:"), "{}", done.out);
    }
    assert_eq!(fundwatch(here.path(), &["nonsense"]).code, Some(2));
}
