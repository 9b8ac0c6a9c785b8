//! The made-up samples: each is what the command on its page makes, and holds what its page promises.
//!
//! `FUNDWATCH_ACCEPT=1 cargo test -p pipeline --test samples` makes them anew where they stand.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

#[path = "support/accept.rs"]
mod accept;
#[path = "support/program.rs"]
mod program;

use accept::accepts;
use program::fundwatch;
use serde_json::Value;

/// The samples that the simulator made.
const MADE: [&str; 2] = ["quiet-month", "busy-month"];

/// What a sample may weigh at most.
const BYTES_MAX: u64 = 5_000_000;

/// Where the workspace stands; the commands on the samples' pages are typed there.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn page(sample: &str) -> String {
    fs::read_to_string(root().join("samples").join(sample).join("README.md")).unwrap()
}

/// The arguments of a command of the program on a page, from its name up to where its outputs go, and what follows.
fn arguments<'a>(page: &'a str, command: &str) -> Vec<&'a str> {
    let typed = page.lines().filter_map(|line| line.strip_prefix("cargo run --release -- "));
    typed.map(|line| line.split(' ').collect::<Vec<_>>()).find(|args| args[0] == command).unwrap()
}

/// As typed, but with the outputs in `out`.
fn into_folder<'a>(mut args: Vec<&'a str>, out: &'a Path) -> Vec<String> {
    let place = args.iter().position(|arg| *arg == "--out").unwrap();
    args[place + 1] = out.to_str().unwrap();
    args.into_iter().chain(["--quiet"]).map(str::to_owned).collect()
}

/// The files below a folder but what the program notes there of them, as paths in it, with what they hold.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.file_name().is_none_or(|name| name != ".fundwatch.json") {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().replace('\\', "/");
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn rows(text: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(text).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Rule, key and amount of alerts or of truth.
fn findings(rows: &[Value]) -> BTreeMap<(String, Vec<String>), String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let finding =
        |row: &Value| (text(&row["rule"]), row["key"].as_array().unwrap().iter().map(text).collect());
    rows.iter().map(|row| (finding(row), text(&row["amount"]))).collect()
}

/// The outputs of a sample, by the run that is typed on its page.
fn run(sample: &str) -> BTreeMap<String, Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let done = fundwatch(&root(), &into_folder(arguments(&page(sample), "run"), &out));
    assert!(done.code == Some(0) && done.err.is_empty(), "{done:?}");
    files(&out)
}

#[test]
fn each_made_sample_is_what_the_command_on_its_page_makes() {
    for sample in MADE {
        let at = root().join("samples").join(sample);
        let folder = tempfile::tempdir().unwrap();
        let accept = accepts();
        let out = if accept { at.as_path() } else { folder.path() };
        let done = fundwatch(&root(), &into_folder(arguments(&page(sample), "synth"), out));
        assert!(done.code == Some(0) && done.out.contains("planted cases"), "{done:?}");
        let mut kept = files(&at);
        kept.retain(|name, _| name != "README.md" && !name.starts_with("expected/"));
        let made = if accept { kept.clone() } else { files(folder.path()) };
        assert_eq!(
            kept.keys().collect::<Vec<_>>(),
            made.keys().collect::<Vec<_>>(),
            "samples/{sample} has other files than the command makes"
        );
        for (name, made) in made {
            assert!(
                kept[&name] == made,
                "samples/{sample}/{name} is not what the command on its page makes; \
                 FUNDWATCH_ACCEPT=1 makes it anew"
            );
        }
        let bytes: u64 = kept.values().map(|content| content.len() as u64).sum();
        assert!(bytes < BYTES_MAX, "samples/{sample} has {bytes} bytes");
    }
}

#[test]
fn in_the_quiet_month_nothing_is_found() {
    let out = run("quiet-month");
    assert_eq!(rows(&out["alerts.ndjson"]), [Value::Null; 0]);
    assert_eq!(rows(&out["rejected.ndjson"]), [Value::Null; 0]);
    let coverage: Value = serde_json::from_slice(&out["coverage.json"]).unwrap();
    let judged = coverage.as_object().unwrap().values().filter_map(|of_rule| of_rule["judged"].as_u64());
    assert!(judged.sum::<u64>() > 10_000, "quiet is not the same as not looked at: {coverage}");
}

#[test]
fn in_the_busy_month_all_that_was_planted_is_found_and_nothing_else() {
    let out = run("busy-month");
    let truth = rows(&fs::read(root().join("samples/busy-month/truth.ndjson")).unwrap());
    assert_eq!(findings(&rows(&out["alerts.ndjson"])), findings(&truth));
    assert_eq!(rows(&out["rejected.ndjson"]), [Value::Null; 0]);
}

#[test]
fn the_page_of_the_busy_month_counts_what_is_in_it() {
    let truth = rows(&fs::read(root().join("samples/busy-month/truth.ndjson")).unwrap());
    let mut cases: Vec<&str> = truth.iter().map(|row| row["case_id"].as_str().unwrap()).collect();
    cases.sort_unstable();
    cases.dedup();
    let mut rules: Vec<&str> = truth.iter().map(|row| row["rule"].as_str().unwrap()).collect();
    rules.sort_unstable();
    rules.dedup();
    let counted = format!("**{} cases, {} findings, {} rules.**", cases.len(), truth.len(), rules.len());
    assert!(page("busy-month").contains(&counted), "the page should say {counted}");
}
