//! The program judges its own list on a made-up region in which few places do most of it.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

use std::fs;
use std::path::Path;

#[path = "support/program.rs"]
mod program;

use program::fundwatch;
use serde_json::Value;

/// Runs a command that must end well; gives what it said.
fn done(at: &Path, args: &[&str]) -> String {
    let done = fundwatch(at, args);
    assert_eq!(done.code, Some(0), "{done:?}");
    done.out
}

/// Puts all rules beside the region's tables: with tables alone only the core rules run, and they ask no model.
fn with_models(at: &Path) {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rulebank/rules");
    for folder in ["extended", "models", "policy"] {
        let to = at.join("rules/rules").join(folder);
        fs::create_dir_all(&to).unwrap();
        for file in fs::read_dir(rules.join(folder)).unwrap().map(Result::unwrap) {
            fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
}

fn report(at: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(at.join("eval/report.json")).unwrap()).unwrap()
}

/// An amount of the report in fen.
fn fen(value: &Value) -> i64 {
    value.as_str().unwrap().replace('.', "").parse().unwrap()
}

#[test]
fn the_first_twenty_of_the_list_hold_three_times_what_chance_does_and_more_than_the_largest() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    done(at, &["synth", "--out", ".", "--visits", "78000", "--months", "3", "--seed", "4", "--quiet"]);
    with_models(at);
    done(at, &["run", "records", "--rules", "rules", "--out", "out", "--quiet"]);
    let list = [
        "list",
        "--from",
        "out",
        "--top",
        "20",
        "--control",
        "30",
        "--seed",
        "a seed",
        "--out",
        "list.ndjson",
    ];
    done(at, &list);
    let judge = |lang| {
        let eval =
            ["eval", "--from", "out", "--truth", "truth.ndjson", "--list", "list.ndjson", "--out", "eval"];
        done(at, &[&eval[..], &["--lang", lang]].concat())
    };
    let said = judge("en");
    assert!(said.contains("Held against planted truth"), "{said}");
    let judged = report(at);
    assert!(judged["run"]["institutions"].as_u64().unwrap() >= 140);
    // Models raise indicators that nobody planted; all that was planted is found, and nothing else is raised.
    let rules = &judged["without_models"];
    assert!(judged["models"]["alerts"].as_u64().is_some_and(|alerts| alerts > 0), "{}", judged["models"]);
    assert_eq!((&rules["wrong"], &rules["missed"]), (&Value::from(0), &Value::from(0)));
    let first = judged["list"]["at"].as_array().unwrap().iter().find(|at| at["k"] == 20).unwrap();
    for list in ["list", "list_without_models"] {
        let money = fen(&first[list]["money"]);
        assert!(money >= 3 * fen(&first["random"]["money"]), "{list}: {first:#}");
        assert!(money > fen(&first["turnover"]["money"]), "{list}: {first:#}");
    }
    let control = &judged["control"];
    assert_eq!((&control["drawn"], &control["decided"]), (&Value::from(30), &Value::from(30)));
    assert!(fen(&control["money_low"]) <= fen(&control["money"]), "{control:#}");

    // Same bytes again, and a page that needs nothing else in either language.
    let bytes = || ["report.json", "report.html"].map(|file| fs::read(at.join("eval").join(file)).unwrap());
    let before = bytes();
    judge("en");
    assert!(before == bytes());
    judge("zh");
    let page = String::from_utf8(bytes()[1].clone()).unwrap();
    assert!(page.contains("lang=\"zh-CN\"") && page.contains("准确率"));
    assert!(!page.contains("<script") && !page.contains("src=") && !page.contains("href=\"http"));
    // Nobody is named.
    let truth = fs::read_to_string(at.join("truth.ndjson")).unwrap();
    let json = String::from_utf8(before[0].clone()).unwrap();
    for line in truth.lines().take(200) {
        let line: Value = serde_json::from_str(line).unwrap();
        for person in line["persons"].as_array().unwrap() {
            let person = person.as_str().unwrap();
            assert!(!page.contains(person) && !json.contains(person), "{person}");
        }
    }
}

#[test]
fn what_is_wrong_with_a_truth_is_told_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    done(at, &["synth", "--out", ".", "--visits", "300", "--months", "1", "--quiet"]);
    done(at, &["run", "records", "--rules", "rules", "--out", "out", "--quiet"]);
    let judge = |text: &str| {
        fs::write(at.join("given.ndjson"), text).unwrap();
        fundwatch(at, &["eval", "--from", "out", "--truth", "given.ndjson", "--out", "eval", "--lang", "en"])
    };
    for (text, wanted) in [
        ("{}\n{\"a\":\n", "given.ndjson: line 1: a label needs case_id"),
        ("\n[1]\n", "line 2: invalid type"),
        ("{\"rule\":\"A01\",\"key\":[\"a\"]}\n", "line 1: missing field `case_id`"),
        (
            "{\"case_id\":\"1\",\"subject_type\":\"visit\",\"subject_id\":\"V\",\"decision\":\"confirmed\",\"decided_at\":\"soon\"}\n",
            "label 1: `soon` is no time",
        ),
    ] {
        let done = judge(text);
        assert_eq!(done.code, Some(3), "{done:?}");
        assert!(done.err.contains(wanted), "{}", done.err);
    }
    assert!(!at.join("eval").exists(), "nothing is left of a judgement that failed");
    // With decisions alone everything that nobody decided is unknown, and that is said.
    let done = judge(
        "{\"kind\":\"label\",\"case_id\":\"1\",\"subject_type\":\"visit\",\"subject_id\":\"V\",\"decision\":\"denied\",\"decided_at\":\"2024-01-01 00:00:00\"}\n",
    );
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.out.contains("not counted as wrong"), "{}", done.out);
    assert_eq!(report(at)["all"]["precision"]["value"], Value::Null);
}
