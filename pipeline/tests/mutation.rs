//! The cases of the built-in bank notice as many mutated rules as its baseline says, and the command says so.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

use std::fs;
use std::path::Path;

#[path = "support/program.rs"]
mod program;

use program::fundwatch;

const RULE: &str = include_str!("../../rulebank/rules/extended/care_after_death.toml");

/// A bank of one rule.
fn bank_of(rule: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("bank/rules")).unwrap();
    fs::write(folder.path().join("bank/rules/rule.toml"), rule).unwrap();
    folder
}

/// What `rules mutate` says of the bank in this folder.
fn mutate(at: &Path, more: &[&str]) -> program::Done {
    fundwatch(at, &[&["rules", "mutate", "--rules", "bank"], more].concat())
}

/// Rule A01 with nothing but its hits: nobody sees that one day of grace is needed.
fn only_hits() -> String {
    let (head, cases) = RULE.split_once("[[case]]").unwrap();
    let mut text = head.to_owned();
    for case in cases.split("[[case]]").filter(|case| case.contains("\"hit\"")) {
        text += &format!("[[case]]{case}");
    }
    text
}

#[test]
fn the_built_in_bank_notices_what_its_baseline_says() {
    let here = tempfile::tempdir().unwrap();
    let done = fundwatch(here.path(), &["rules", "mutate", "--json", "mutants.json"]);
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    let report: serde_json::Value =
        serde_json::from_slice(&fs::read(here.path().join("mutants.json")).unwrap()).unwrap();
    let [noticed, all] = ["noticed", "all"].map(|key| report["total"][key].as_u64().unwrap());
    assert!(noticed * 10 >= all * 9, "at least nine of ten: {}", done.out);
    for rule in report["rules"].as_array().unwrap() {
        assert_eq!(rule["failing_cases"], serde_json::json!([]), "{rule}");
    }
}

#[test]
fn a_case_that_goes_is_missed_and_the_baseline_holds_the_bank_to_it() {
    let bank = bank_of(RULE);
    let whole = mutate(bank.path(), &[]);
    assert_eq!(whole.code, Some(0), "{}", whole.out);
    assert!(!whole.out.contains("unnoticed: grace_days") && whole.out.contains("A01  "), "{}", whole.out);
    let accepted = mutate(bank.path(), &["--accept"]);
    assert_eq!(accepted.code, Some(0), "{}", accepted.out);
    assert!(accepted.out.ends_with("accepted: bank/mutation-baseline.toml\n"), "{}", accepted.out);

    fs::write(bank.path().join("bank/rules/rule.toml"), only_hits()).unwrap();
    let weaker = mutate(bank.path(), &[]);
    assert_eq!(weaker.code, Some(1), "{}", weaker.out);
    assert!(weaker.out.contains("unnoticed: grace_days 1 -> 0 (bank/rules/rule.toml)"), "{}", weaker.out);
    assert!(weaker.out.contains("a case got weaker, or a new threshold has none"), "{}", weaker.out);
    assert_eq!(mutate(bank.path(), &["--accept"]).code, Some(0));
    assert_eq!(mutate(bank.path(), &[]).code, Some(0), "what was accepted holds");
}

#[test]
fn what_is_called_equivalent_is_left_out_until_a_case_notices_it() {
    let bank = bank_of(&only_hits());
    let baseline = bank.path().join("bank/mutation-baseline.toml");
    let excuse = "[[equivalent]]\nrule = \"A01\"\nwhat = \"grace_days 1 -> 0\"\nwhy = \"for this test\"\n";
    fs::write(&baseline, format!("[rules]\n{excuse}")).unwrap();
    let done = mutate(bank.path(), &["--accept"]);
    assert!(done.out.contains("1 equivalent") && !done.out.contains("grace_days 1 -> 0"), "{}", done.out);
    assert!(fs::read_to_string(&baseline).unwrap().contains("why  = \"for this test\""));

    fs::write(bank.path().join("bank/rules/rule.toml"), RULE).unwrap();
    let done = mutate(bank.path(), &["--accept"]);
    assert!(done.out.contains("though the baseline calls it equivalent: grace_days 1 -> 0"), "{}", done.out);
    assert!(!fs::read_to_string(&baseline).unwrap().contains("\n[[equivalent]]"));
}

#[test]
fn wrong_arguments_and_cases_that_fail_are_said() {
    let bank = bank_of(&RULE.replacen("amounts = [\"45.00\"]", "amounts = [\"46.00\"]", 1));
    let done = mutate(bank.path(), &[]);
    assert_eq!(done.code, Some(1));
    assert!(done.out.contains("A01 is not tested: its own cases do not hold"), "{}", done.out);
    assert_eq!(mutate(bank.path(), &["--rule", "Z99"]).code, Some(2));
    assert_eq!(fundwatch(bank.path(), &["rules", "mutate", "--accept"]).code, Some(2));
    fs::write(bank.path().join("bank/mutation-baseline.toml"), "[rules]\nA01 = 3\n").unwrap();
    let done = mutate(bank.path(), &[]);
    assert_eq!(done.code, Some(2));
    assert!(done.err.contains("bank/mutation-baseline.toml:2:"), "{}", done.err);
}
