//! Every sample through the built program: what it answers is what `samples/*/expected` holds, to the byte.
//!
//! `FUNDWATCH_ACCEPT=1 cargo test -p pipeline --test replay` writes the answers there instead of comparing them.
//! The difference is then read like any other change.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

use std::fs;
use std::path::{Path, PathBuf};

#[path = "support/accept.rs"]
mod accept;
#[path = "support/program.rs"]
mod program;

use accept::accepts;
use program::fundwatch;
use serde_json::Value;

/// The outputs that are the same on every run.
const OUTPUTS: [&str; 4] = ["alerts.ndjson", "events.ndjson", "rejected.ndjson", "coverage.json"];

/// The output that tells times besides, and what it calls them.
const SUMMARY: &str = "summary.json";
const TIMES: [&str; 2] = ["elapsed_s", "records_per_s"];

/// Where the workspace stands; the commands on the samples' pages are typed here.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The arguments of the command on the sample's page, up to where its outputs go.
fn arguments(page: &str) -> Vec<&str> {
    let typed = page.lines().find_map(|line| line.strip_prefix("cargo run --release -- ")).unwrap();
    typed.split_once(" --out ").unwrap().0.split(' ').collect()
}

/// The outputs of a sample by name, without times.
fn answers(sample: &str, workers: &str) -> Vec<(&'static str, String)> {
    let page = fs::read_to_string(root().join("samples").join(sample).join("README.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let mut args = arguments(&page);
    args.extend(["--workers", workers, "--quiet", "--out", out.to_str().unwrap()]);
    let done = fundwatch(&root(), &args);
    assert!(done.code == Some(0) && done.err.is_empty() && done.out.contains("accepted"), "{done:?}");
    let read = |name: &str| fs::read_to_string(out.join(name)).unwrap();
    let mut answers: Vec<(&str, String)> = OUTPUTS.iter().map(|name| (*name, read(name))).collect();
    answers.push((SUMMARY, without_times(&read(SUMMARY))));
    answers
}

fn without_times(summary: &str) -> String {
    let mut summary: Value = serde_json::from_str(summary).unwrap();
    for time in TIMES {
        assert!(summary.as_object_mut().unwrap().remove(time).is_some(), "the summary lacks {time}");
    }
    serde_json::to_string_pretty(&summary).unwrap() + "\n"
}

/// The first line in which two texts differ.
fn difference(expected: &str, said: &str) -> Option<String> {
    if expected == said {
        return None;
    }
    let (mut expected, mut said) = (expected.lines(), said.lines());
    for number in 1.. {
        let (expected, said) = (expected.next(), said.next());
        if expected != said {
            let shown = |line: Option<&str>| line.unwrap_or("(no such line)").to_owned();
            return Some(format!(
                "line {number}\n  expected {}\n  is       {}",
                shown(expected),
                shown(said)
            ));
        }
        if expected.is_none() {
            break;
        }
    }
    Some("the end of a line".to_owned())
}

/// Compares, or writes, the answers to a sample.
fn check(sample: &str) {
    let expected = root().join("samples").join(sample).join("expected");
    let said = answers(sample, "1");
    if accepts() {
        fs::create_dir_all(&expected).unwrap();
        for (name, said) in said {
            fs::write(expected.join(name), said).unwrap();
        }
        return;
    }
    let wrong: Vec<String> = said
        .iter()
        .filter_map(|(name, said)| {
            let expected = fs::read_to_string(expected.join(name)).unwrap_or_default();
            Some(format!("samples/{sample}/expected/{name}: {}", difference(&expected, said)?))
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "\n{}\n\nif this is meant, FUNDWATCH_ACCEPT=1 writes the new answers",
        wrong.join("\n")
    );
}

#[test]
fn every_sample_gives_what_is_expected_of_it() {
    let mut samples: Vec<String> = fs::read_dir(root().join("samples"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    samples.sort();
    assert!(!samples.is_empty());
    samples.iter().for_each(|sample| check(sample));
}

#[test]
fn three_workers_answer_the_first_look_like_one() {
    for ((name, one), (_, three)) in answers("first-look", "1").iter().zip(answers("first-look", "3")) {
        assert_eq!(difference(one, &three), None, "{name}");
    }
}

#[test]
fn a_difference_is_seen() {
    assert_eq!(difference("a\nb\n", "a\nb\n"), None);
    assert!(difference("a\nb\n", "a\nc\n").unwrap().starts_with("line 2\n"));
    assert!(difference("a\n", "a\nb\n").unwrap().contains("(no such line)"));
    assert!(difference("a\n", "a").is_some());
    assert_eq!(
        arguments("```sh\ncargo run --release -- run x --tick 20 --out y\n```"),
        ["run", "x", "--tick", "20"]
    );
}
