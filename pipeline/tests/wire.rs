//! Every line that the program writes is one of `wire`: it fits its schema, and read and written again it is the same.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

use std::fs;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tempfile::TempDir;
use wire::list::{ListFacts, ListRow};
use wire::schema::Output;

#[path = "support/left.rs"]
mod left;
#[path = "support/program.rs"]
mod program;

use program::fundwatch;

/// Lines of a file: each is read as its type, and written again byte for byte.
fn check_lines<T: DeserializeOwned + Serialize>(path: &Path, output: &str) -> usize {
    let text = fs::read_to_string(path).unwrap();
    for line in text.lines() {
        check(line, output, path);
        let again = serde_json::to_string(&serde_json::from_str::<T>(line).unwrap()).unwrap();
        assert_eq!(again, line, "{}", path.display());
    }
    text.lines().count()
}

/// A document, written again with the same indents.
fn check_document<T: DeserializeOwned + Serialize>(text: &str, output: &str, path: &Path) {
    check(text, output, path);
    let again = serde_json::to_string_pretty(&serde_json::from_str::<T>(text).unwrap()).unwrap() + "\n";
    assert_eq!(again, text, "{}", path.display());
}

fn check(text: &str, output: &str, path: &Path) {
    let output = Output::named(output).unwrap();
    let faults = output.faults(&serde_json::from_str(text).unwrap());
    assert!(faults.is_empty(), "{}: {faults:?}\n{text}", path.display());
}

/// A run of the sample with a line that is rejected and one that is not UTF-8.
fn ran() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/first-look");
    let more = folder.path().join("more.ndjson");
    fs::write(&more, b"{\"kind\":\"visit\",\"mdtrt_id\":\"V\\\"1\"}\n\xff\xfe\n").unwrap();
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let rules = text(&sample.join("rules"));
    let changes = text(&sample.join("changes.ndjson"));
    let done = fundwatch(folder.path(), &["run", &changes, &text(&more), "--rules", &rules, "--out", "out"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    folder
}

#[test]
fn all_files_of_a_run_are_lines_of_the_schema() {
    let folder = ran();
    let out = folder.path().join("out");
    let at = |name: &str| out.join(name);
    assert!(check_lines::<wire::Alert>(&at("alerts.ndjson"), "alert") > 0);
    assert!(check_lines::<wire::Event>(&at("events.ndjson"), "event") > 0);
    assert!(check_lines::<wire::Owners>(&at("owners.ndjson"), "owners") > 0);
    assert!(check_lines::<wire::Rejected>(&at("rejected.ndjson"), "rejected") >= 2);
    assert!(check_lines::<wire::Institution>(&at("institutions.ndjson"), "institution") > 0);
    let coverage = at("coverage_by_institution.ndjson");
    assert!(check_lines::<wire::InstitutionCoverage>(&coverage, "institution_coverage") > 0);
    check_lines::<wire::Label>(&at("labels.ndjson"), "label");
    assert!(check_lines::<wire::KeptRecord>(&at("explain/records.ndjson"), "kept_record") > 0);
    assert!(check_lines::<wire::KeptFinding>(&at("explain/findings.ndjson"), "kept_finding") > 0);
    let document = |name: &str| fs::read_to_string(at(name)).unwrap();
    check_document::<wire::RunMeta>(&document("explain/run.json"), "run", &at("explain/run.json"));
    check_document::<wire::Summary>(&document("summary.json"), "summary", &at("summary.json"));
    let rules: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&document("coverage.json")).unwrap();
    for of_rule in rules.values() {
        check(&of_rule.to_string(), "rule_coverage", &at("coverage.json"));
    }
    let alert = fs::read_to_string(at("alerts.ndjson")).unwrap();
    let alert: wire::Alert = serde_json::from_str(alert.lines().next().unwrap()).unwrap();
    let why = fundwatch(&out, &["explain", &alert.alert_id, "--from", ".", "--json"]);
    check_document::<wire::explanation::Explanation>(&why.out, "explanation", Path::new("explain --json"));
}

#[test]
fn lists_and_their_facts_are_of_the_schema() {
    let folder = tempfile::tempdir().unwrap();
    left::leave(folder.path());
    let more = ["--control", "1", "--seed", "s", "--days", "60", "--out", "list.ndjson"];
    let done = fundwatch(folder.path(), &[&["list", "--from", "."], &more[..]].concat());
    assert_eq!(done.code, Some(0), "{done:?}");
    let at = |name: &str| folder.path().join(name);
    assert!(check_lines::<ListRow>(&at("list.ndjson"), "list_row") > 0);
    let facts = fs::read_to_string(at("list.draw.json")).unwrap();
    check_document::<ListFacts>(&facts, "list_facts", &at("list.draw.json"));
}

#[test]
fn a_bad_amount_is_named_with_its_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    left::leave(folder.path());
    let owners = folder.path().join("owners.ndjson");
    let text = fs::read_to_string(&owners).unwrap();
    fs::write(&owners, text.replacen("\"counted_amount\":\"", "\"counted_amount\":\"1,", 1)).unwrap();
    let done = fundwatch(folder.path(), &["list", "--from", "."]);
    assert_eq!(done.code, Some(3), "{done:?}");
    assert!(
        done.err.contains("owners.ndjson: line ") && done.err.contains("is no amount of money"),
        "{done:?}"
    );
}

#[test]
fn schemas_are_printed_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let names = fundwatch(folder.path(), &["schema"]);
    assert!(names.out.lines().any(|line| line.starts_with("alert ")), "{names:?}");
    let schema = fundwatch(folder.path(), &["schema", "alert"]);
    assert_eq!(schema.out, Output::named("alert").unwrap().document());
    let wrong = fundwatch(folder.path(), &["schema", "alarm"]);
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
}
