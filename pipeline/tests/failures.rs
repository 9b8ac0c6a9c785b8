//! What goes wrong outside: missing files, broken banks, a killed run, garbage. Nothing of it may leave
//! half an output under a final name, lose a line in silence, or be told as something else.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

use std::fs;
use std::path::Path;

#[path = "support/entries.rs"]
mod entries;
#[path = "support/program.rs"]
mod program;

use entries::entries_of_json;
use program::{Done, command, fundwatch};
use records::splitmix::SplitMix64;
use serde_json::Value;

/// The files of a run.
const OUTPUTS: [&str; 5] =
    ["alerts.ndjson", "events.ndjson", "rejected.ndjson", "coverage.json", "summary.json"];

/// A death and `visits` visits long after it, each an alert; then a line that is rejected for each.
fn after_death(visits: usize) -> String {
    let mut text = String::from(
        "{\"kind\":\"person_fact\",\"fact_id\":\"F1\",\"psn_no\":\"P1\",\"fact\":\"death\",\"begin\":\"2025-01-01\"}\n",
    );
    for visit in 0..visits {
        text.push_str(&format!(
            "{{\"kind\":\"visit\",\"mdtrt_id\":\"V{visit}\",\"psn_no\":\"P1\",\"fixmedins_code\":\"H1\",\
             \"med_type\":\"11\",\"begntime\":\"2025-03-01 09:00:00\"}}\n{{\"kind\":\"visit\",\"rev\":{visit}}}\n"
        ));
    }
    text
}

fn has_no_outputs(out: &Path) {
    for name in OUTPUTS {
        assert!(!out.join(name).exists(), "{name} has its final name");
    }
}

/// Files under working names.
fn drafts(out: &Path) -> Vec<String> {
    let names =
        fs::read_dir(out).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|name| name.ends_with(".part")).collect()
}

fn says(done: &Done, code: i32, words: &[&str]) {
    assert_eq!(done.code, Some(code), "{done:?}");
    assert_eq!(done.out, "", "an error is no result");
    for word in words {
        assert!(done.err.contains(word), "{word:?} is not in: {}", done.err);
    }
}

#[test]
fn an_output_folder_that_cannot_be_made_ends_the_run_with_3() {
    let here = tempfile::tempdir().unwrap();
    fs::write(here.path().join("changes.ndjson"), after_death(1)).unwrap();
    let done = fundwatch(here.path(), &["run", "changes.ndjson", "--out", "changes.ndjson/out", "--quiet"]);
    says(&done, 3, &["cannot write changes.ndjson/out"]);
}

#[test]
fn a_path_that_is_not_there_ends_the_run_with_3_before_any_work() {
    let here = tempfile::tempdir().unwrap();
    fs::write(here.path().join("changes.ndjson"), after_death(1)).unwrap();
    let done = fundwatch(here.path(), &["run", "changes.ndjson", "nowhere", "--out", "out", "--quiet"]);
    says(&done, 3, &["cannot read nowhere", "No such file"]);
    assert!(!here.path().join("out").exists());
}

#[cfg(unix)]
#[test]
fn a_file_of_a_folder_that_cannot_be_read_is_no_gap() {
    use std::os::unix::fs::PermissionsExt as _;
    let here = tempfile::tempdir().unwrap();
    let folder = here.path().join("in");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("a.ndjson"), after_death(1)).unwrap();
    let broken = folder.join("b.ndjson");
    std::os::unix::fs::symlink("nowhere", &broken).unwrap();
    let args = ["run", "in", "--out", "out", "--quiet"];
    says(&fundwatch(here.path(), &args), 3, &["cannot read in/b.ndjson"]);
    fs::remove_file(&broken).unwrap();
    fs::write(&broken, after_death(1)).unwrap();
    fs::set_permissions(&broken, fs::Permissions::from_mode(0o000)).unwrap();
    // Root reads everything.
    if fs::read(&broken).is_err() {
        says(&fundwatch(here.path(), &args), 3, &["cannot read in/b.ndjson"]);
    }
    assert!(!here.path().join("out").exists());
}

#[test]
fn a_broken_bank_ends_the_run_with_2_before_any_input_is_looked_for() {
    let header = "rule,item,unit,max,valid_from,valid_to,source\n";
    for (file, text, place) in [
        ("rules/mine/broken.toml", "id = \"A05\"\nversion = \n".to_owned(), "broken.toml:2:"),
        ("rules/mine/wrong.toml", "id = \"A05\"\nnonsense = 1\n".to_owned(), "wrong.toml:2:1"),
        (
            "tables/age_limit.csv",
            format!("{header}D06,X,days,28,,,s\nD06,X,weeks,4,,,s\n"),
            "age_limit.csv:3:",
        ),
        ("tables/age_limit.csv", format!("{header}A05,X,days,28,,,s\n"), "age_limit.csv:2:"),
        ("tables/age_limits.csv", header.to_owned(), "age_limits.csv"),
    ] {
        let here = tempfile::tempdir().unwrap();
        let path = here.path().join("bank").join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        let done = fundwatch(here.path(), &["run", "nowhere", "--out", "out", "--rules", "bank", "--quiet"]);
        says(&done, 2, &["the rule bank is invalid", place]);
        assert!(!here.path().join("out").exists());
    }
    let here = tempfile::tempdir().unwrap();
    let done = fundwatch(here.path(), &["run", "nowhere", "--out", "out", "--rules", "no-bank", "--quiet"]);
    says(&done, 2, &["no-bank"]);
}

#[test]
fn a_folder_that_has_nothing_of_a_bank_is_none() {
    let here = tempfile::tempdir().unwrap();
    fs::create_dir(here.path().join("in")).unwrap();
    fs::write(here.path().join("in/changes.ndjson"), after_death(1)).unwrap();
    for folder in ["/", "in"] {
        let words = ["the rule bank is invalid", "this is no bank", "tables/"];
        for args in [
            &["run", "in", "--out", "out", "--quiet", "--rules", folder][..],
            &["rules", "list", "--rules", folder],
            &["rules", "test", "--rules", folder],
            &["rules", "diff", "builtin", folder, "in", "--quiet"],
        ] {
            says(&fundwatch(here.path(), args), 2, &words);
        }
        let checked = fundwatch(here.path(), &["rules", "check", "--rules", folder]);
        assert_eq!(checked.code, Some(1), "{checked:?}");
        assert!(checked.out.contains("this is no bank"), "{checked:?}");
    }
    assert!(!here.path().join("out").exists());
    // An empty folder is a bank without tables.
    fs::create_dir(here.path().join("bank")).unwrap();
    let args = ["run", "in", "--out", "out", "--quiet", "--rules", "bank"];
    assert_eq!(fundwatch(here.path(), &args).code, Some(0));
}

#[test]
fn wrong_arguments_end_with_2_before_any_input_is_looked_for() {
    let here = tempfile::tempdir().unwrap();
    for as_of in ["yesterday", "2025-02-29", "2025-03-01 24:00:00", "1899-12-31", ""] {
        let done = fundwatch(here.path(), &["run", "nowhere", "--out", "out", "--as-of", as_of, "--quiet"]);
        says(&done, 2, &["--as-of"]);
    }
    for args in [
        &["run", "--out", "out"][..],
        &["run", "nowhere"],
        &["run", "nowhere", "--out", "out", "--workers", "0"],
        &["run", "nowhere", "--out", "out", "--tick", "0"],
        &["run", "nowhere", "--out", "out", "--no-such-option"],
    ] {
        says(&fundwatch(here.path(), args), 2, &["try '--help'"]);
    }
    assert!(!here.path().join("out").exists());
}

/// A child that does not outlive its test.
#[cfg(target_os = "linux")]
struct Guard(std::process::Child);

#[cfg(target_os = "linux")]
impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_run_leaves_nothing_under_a_final_name_and_the_next_run_cleans_up() {
    use std::process::Stdio;
    use std::time::{Duration, Instant};
    let here = tempfile::tempdir().unwrap();
    let out = here.path().join("out");
    // Noise without end: only a signal ends this run.
    let args = ["run", "/dev/urandom", "--out", "out", "--tick", "1000", "--quiet"];
    let child = command(here.path(), &args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut run = Guard(child);
    let grows = || fs::metadata(out.join(".rejected.ndjson.part")).is_ok_and(|about| about.len() > 0);
    let started = Instant::now();
    while !grows() {
        assert!(run.0.try_wait().unwrap().is_none(), "the run ended by itself");
        assert!(started.elapsed() < Duration::from_secs(60), "nothing is written");
        std::thread::sleep(Duration::from_millis(5));
    }
    drop(run);
    has_no_outputs(&out);
    assert!(!drafts(&out).is_empty());
    fs::write(here.path().join("changes.ndjson"), after_death(1)).unwrap();
    let done = fundwatch(here.path(), &["run", "changes.ndjson", "--out", "out", "--quiet"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(drafts(&out), [""; 0]);
    assert_eq!(fs::read_to_string(out.join("rejected.ndjson")).unwrap().lines().count(), 1);
}

/// Any byte.
fn byte(dice: &mut SplitMix64) -> u8 {
    dice.next_bits().to_le_bytes()[0]
}

/// Runs `bytes` and holds that every line but white space was counted once, and every rejected one told.
fn every_line_is_counted(bytes: &[u8]) {
    let here = tempfile::tempdir().unwrap();
    fs::write(here.path().join("changes.ndjson"), bytes).unwrap();
    let args = ["run", "changes.ndjson", "--out", "out", "--tick", "700", "--workers", "2", "--quiet"];
    let done = fundwatch(here.path(), &args);
    assert_eq!((done.code, done.err.as_str()), (Some(0), ""), "{done:?}");
    let read = |name: &str| fs::read_to_string(here.path().join("out").join(name)).unwrap();
    let summary: Value = serde_json::from_str(&read("summary.json")).unwrap();
    let count = |fate: &str| summary["total"][fate].as_u64().unwrap();
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let whole = entries_of_json(bytes).unwrap();
    assert_eq!(count("accepted") + count("duplicate") + count("rejected"), whole);
    let rejected: Vec<Value> =
        read("rejected.ndjson").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rejected.len() as u64, count("rejected"));
    for entry in &rejected {
        let line = lines[usize::try_from(entry["origin"]["line"].as_u64().unwrap()).unwrap() - 1];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match entry["raw"].as_str() {
            // An object over several lines begins on the line that is named.
            Some(raw) if raw.contains('\n') => {
                assert!(line.trim_ascii().ends_with(raw.lines().next().unwrap().trim_end().as_bytes()));
            }
            Some(raw) => assert_eq!(raw.as_bytes(), line),
            None => assert!(entry["raw"]["base64"].is_string() && std::str::from_utf8(line).is_err()),
        }
    }
}

#[test]
fn random_bytes_are_counted_to_the_last_line() {
    let mut dice = SplitMix64::seeded(0x5eed);
    let mut bytes: Vec<u8> = (0..300_000).map(|_| byte(&mut dice)).collect();
    for _ in 0..20_000 {
        let position = dice.index(bytes.len());
        bytes[position] = *b"\n\r \t{}[]\",:0".get(dice.index(12)).unwrap();
    }
    // What looks like a byte order mark at the start would be skipped and is another test's.
    bytes[0] = b'x';
    every_line_is_counted(&bytes);
}

#[test]
fn damaged_records_are_counted_to_the_last_line() {
    let here = tempfile::tempdir().unwrap();
    let args = ["synth", "--out", ".", "--visits", "400", "--months", "2", "--seed", "6", "--quiet"];
    assert_eq!(fundwatch(here.path(), &args).code, Some(0));
    let mut bytes = fs::read(here.path().join("records/changes.ndjson")).unwrap();
    let mut dice = SplitMix64::seeded(0xdead);
    for _ in 0..bytes.len() / 300 {
        let position = dice.index(bytes.len());
        match dice.index(4) {
            0 => bytes[position] = byte(&mut dice),
            1 => bytes[position] = b'9',
            2 => bytes[position] = b'\n',
            _ => bytes[position] = *b"\"{}[],:-eE.\\ ".get(dice.index(13)).unwrap(),
        }
    }
    every_line_is_counted(&bytes);
}
