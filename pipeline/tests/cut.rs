//! What is left when a command is cut: by a signal, by a disk or a stderr that is full, by a reader who has gone. And
//! that the next command, and whoever reads, is not misled by it.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

#[path = "support/program.rs"]
mod program;

use program::{Done, command, fundwatch};

/// Visits after a death at a hospital, an alert each.
fn records(hospital: &str, visits: usize) -> String {
    let mut text = format!(
        "{{\"kind\":\"institution\",\"fixmedins_code\":\"{hospital}\",\"fixmedins_type\":\"1\",\"admdvs\":\"330100\"}}\n\
         {{\"kind\":\"person_fact\",\"fact_id\":\"F1\",\"psn_no\":\"P1\",\"fact\":\"death\",\"begin\":\"2025-01-01\"}}\n",
    );
    for visit in 0..visits {
        text.push_str(&format!(
            "{{\"kind\":\"visit\",\"mdtrt_id\":\"{hospital}-{visit}\",\"psn_no\":\"P1\",\"fixmedins_code\":\"{hospital}\",\
             \"med_type\":\"11\",\"begntime\":\"2025-03-01 09:00:00\"}}\n{{\"kind\":\"visit\",\"rev\":{visit}}}\n"
        ));
    }
    text
}

fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Nothing under a working name.
fn is_tidy(folder: &Path) {
    let left: Vec<String> =
        names(folder).into_iter().filter(|name| name.ends_with(".part") || name.ends_with(".lock")).collect();
    assert_eq!(left, [""; 0]);
}

/// The bytes of a run's outputs, but for the summary, which has a time in it.
fn outputs(out: &Path) -> BTreeMap<String, Vec<u8>> {
    let kept = |name: &String| !name.starts_with('.') && name != "summary.json" && name != "explain";
    let mut outputs: BTreeMap<String, Vec<u8>> = names(out)
        .into_iter()
        .filter(kept)
        .map(|name| (name.clone(), fs::read(out.join(name)).unwrap()))
        .collect();
    for name in ["records.ndjson", "findings.ndjson", "run.json"] {
        if let Ok(bytes) = fs::read(out.join("explain").join(name)) {
            outputs.insert(format!("explain/{name}"), bytes);
        }
    }
    outputs
}

fn signal(child: &Child, signal: &str) {
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

fn until(what: &str, child: &mut Child, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(child.try_wait().unwrap().is_none(), "{what}: it ended by itself");
        assert!(begun.elapsed() < Duration::from_secs(120), "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn whenever_a_run_is_killed_readers_see_one_run_whole_or_are_told() {
    let here = tempfile::tempdir().unwrap();
    let at = here.path();
    let mut whole = Vec::new();
    for (name, visits) in [("A", 40), ("B", 60)] {
        fs::write(at.join(format!("{name}.ndjson")), records(name, visits)).unwrap();
        let made = fundwatch(at, &["run", &format!("{name}.ndjson"), "--out", name, "--quiet"]);
        assert_eq!(made.code, Some(0), "{made:?}");
        whole.push(outputs(&at.join(name)));
    }
    let begun = Instant::now();
    let done = fundwatch(at, &["run", "A.ndjson", "--out", "out", "--quiet"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    let run_ms = u64::try_from(begun.elapsed().as_millis()).unwrap().max(4);
    let (mut told, mut seen) = (0, [0, 0]);
    for turn in 0..48 {
        let input = ["B.ndjson", "A.ndjson"][turn % 2];
        let args = ["run", input, "--out", "out", "--quiet"];
        let mut child = command(at, &args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // More often near its end, where files take their names.
        let after = run_ms * (30 + 2 * u64::try_from(turn).unwrap()) / 100;
        std::thread::sleep(Duration::from_millis(after));
        child.kill().unwrap();
        child.wait().unwrap();
        let list = fundwatch(at, &["list", "--from", "out"]);
        let found = whole.iter().position(|whole| *whole == outputs(&at.join("out")));
        match (list.code, found) {
            (Some(0), Some(which)) => seen[which] += 1,
            (Some(2), _) => {
                told += 1;
                assert!(list.err.contains("run once more"), "{list:?}");
                for args in [
                    &["dossier", "A", "--from", "out", "--out", "a.html"][..],
                    &["eval", "--from", "out", "--truth", "labels", "--out", "e"],
                    &["explain", "A01", "--from", "out"],
                ] {
                    assert_eq!(fundwatch(at, args).code, Some(2));
                }
                let again = fundwatch(at, &args);
                assert_eq!(again.code, Some(0), "{again:?}");
            }
            _ => panic!("{list:?} of a mixture: {:?}", names(&at.join("out"))),
        }
    }
    eprintln!("{told} times told, {seen:?} times whole");
    let done = fundwatch(at, &["run", "B.ndjson", "--out", "out", "--quiet"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(outputs(&at.join("out")) == whole[1]);
    is_tidy(&at.join("out"));
}

#[test]
fn files_that_were_taking_their_names_are_no_run() {
    let here = tempfile::tempdir().unwrap();
    let at = here.path();
    fs::write(at.join("in.ndjson"), records("H", 3)).unwrap();
    let run = ["run", "in.ndjson", "--out", "out", "--quiet"];
    assert_eq!(fundwatch(at, &run).code, Some(0));
    // As a kill between two names leaves it.
    let made = at.join("out/.fundwatch.json");
    let text = fs::read_to_string(&made).unwrap();
    assert!(text.contains("\"publishing\": []"), "{text}");
    fs::write(&made, text.replacen("\"publishing\": []", "\"publishing\": [\"run\"]", 1)).unwrap();
    fs::rename(at.join("out/explain"), at.join("out/.explain.old-1.part")).unwrap();
    for args in [
        &["list", "--from", "out"][..],
        &["list", "--from", "out", "--out", "l.html"],
        &["dossier", "H", "--from", "out", "--out", "d.html"],
        &["eval", "--from", "out", "--truth", "labels", "--out", "e"],
        &["explain", "A01", "--from", "out"],
        &["explain", "--not", "A01", "V1", "--from", "out", "in.ndjson"],
    ] {
        let done = fundwatch(at, args);
        assert_eq!(done.code, Some(2), "{args:?}: {done:?}");
        assert!(done.err.contains("run once more into this folder"), "{done:?}");
    }
    assert_eq!(fundwatch(at, &run).code, Some(0));
    assert_eq!(fundwatch(at, &["list", "--from", "out"]).code, Some(0));
    is_tidy(&at.join("out"));
    // What cannot be removed of an older folder wedges nothing.
    fs::write(at.join("out/.explain.old-1.part"), "in the way").unwrap();
    for _ in 0..2 {
        assert_eq!(fundwatch(at, &run).code, Some(0));
    }
    assert_eq!(fundwatch(at, &["list", "--from", "out"]).code, Some(0));
}

/// Signals that end a command, but those that this test was started to ignore: the command ignores them as well.
fn ending_signals() -> Vec<&'static str> {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
    let ignored = u64::from_str_radix(ignored.trim(), 16).unwrap();
    let all = [("-TERM", 15), ("-INT", 2), ("-HUP", 1)];
    all.into_iter().filter(|(_, number)| ignored >> (number - 1) & 1 == 0).map(|(name, _)| name).collect()
}

#[test]
fn a_command_that_is_ended_takes_its_drafts_along() {
    let here = tempfile::tempdir().unwrap();
    let at = here.path();
    let signals = ending_signals();
    let last = *signals.last().unwrap();
    for number in signals {
        let out = at.join("out");
        // Noise without end: only a signal ends this run.
        let args = ["run", "/dev/urandom", "--out", "out", "--tick", "1000", "--quiet"];
        let mut child = command(at, &args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        until("the run writes", &mut child, || {
            fs::metadata(out.join(".rejected.ndjson.part")).is_ok_and(|about| about.len() > 0)
        });
        signal(&child, number);
        let ended = child.wait().unwrap();
        assert!(ended.signal().is_some() && ended.code().is_none(), "{number}: {ended:?}");
        assert_eq!(names(&out), [""; 0], "{number}");
    }
    // What the system's folder for temporary files had of it.
    let scratch = at.join("tmp");
    fs::create_dir(&scratch).unwrap();
    for args in [&["demo"][..], &["bench", "--visits", "40000", "--quiet"]] {
        let mut child = command(at, args);
        let child = child.env("TMPDIR", &scratch).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = child.spawn().unwrap();
        until("there is a folder", &mut child, || !names(&scratch).is_empty());
        std::thread::sleep(Duration::from_millis(100));
        signal(&child, last);
        assert!(child.wait().unwrap().signal().is_some());
        assert_eq!(names(&scratch), [""; 0], "{args:?}");
    }
    let args = ["synth", "--out", "made", "--visits", "200000", "--quiet"];
    let mut child = command(at, &args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("there is a folder", &mut child, || !names(&at.join("made")).is_empty());
    std::thread::sleep(Duration::from_millis(100));
    signal(&child, "-TERM");
    assert!(child.wait().unwrap().signal().is_some());
    assert_eq!(names(&at.join("made")), [""; 0]);
}

/// Runs a line of the shell with the program as `$0`.
fn shell(at: &Path, line: &str) -> Done {
    let done =
        Command::new("sh").args(["-c", line, env!("CARGO_BIN_EXE_fundwatch")]).current_dir(at).output();
    let done = done.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Done { code: done.status.code(), out: text(&done.stdout), err: text(&done.stderr) }
}

#[test]
fn a_disk_that_is_full_leaves_what_was_there_and_no_draft() {
    let here = tempfile::tempdir().unwrap();
    let at = here.path();
    fs::write(at.join("small.ndjson"), records("H", 3)).unwrap();
    fs::write(at.join("large.ndjson"), records("H", 4000)).unwrap();
    assert_eq!(fundwatch(at, &["run", "small.ndjson", "--out", "out", "--quiet"]).code, Some(0));
    let before = outputs(&at.join("out"));
    // Files may not be longer than so many blocks of 512 bytes: noticed in the middle of the run or at its end.
    for blocks in [1, 8, 100, 900, 3000] {
        let done = shell(
            at,
            &format!(
                "trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" run large.ndjson --out out --tick 500 --quiet"
            ),
        );
        assert_eq!(done.code, Some(3), "{blocks}: {done:?}");
        assert!(done.err.contains("error: cannot write out/") && done.err.lines().count() == 1, "{done:?}");
        assert!(outputs(&at.join("out")) == before, "{blocks}: something was touched");
        is_tidy(&at.join("out"));
    }
    let done = shell(at, "trap '' XFSZ; ulimit -f 100; exec \"$0\" synth --out made --visits 20000 --quiet");
    assert_eq!(done.code, Some(3), "{done:?}");
    assert!(done.err.contains("cannot write made/"), "{done:?}");
    assert_eq!(names(&at.join("made")), [""; 0]);
}

#[test]
fn whether_anybody_listens_changes_neither_files_nor_exit_codes() {
    let here = tempfile::tempdir().unwrap();
    let at = here.path();
    fs::create_dir(at.join("in")).unwrap();
    fs::write(at.join("in/a.ndjson"), records("H", 30)).unwrap();
    // Something is said on stderr: this is skipped.
    fs::write(at.join("in/notes.txt"), "x").unwrap();
    let done = shell(at, "\"$0\" run in --out out");
    assert!(done.code == Some(0) && done.err.contains("skipped"), "{done:?}");
    let right = outputs(&at.join("out"));
    for deaf in ["2>/dev/full", "2>&-", ">&- 2>&-", ">/dev/full", "| true", "2>&1 | true"] {
        let _ = fs::remove_dir_all(at.join("out"));
        let done = shell(at, &format!("\"$0\" run in --out out {deaf}"));
        // A disk that takes no result is a failure; what was written stays all the same.
        let code = if deaf == ">/dev/full" { 3 } else { 0 };
        assert_eq!(done.code, Some(code), "{deaf}: {done:?}");
        assert!(outputs(&at.join("out")) == right, "{deaf}");
        assert!(!done.err.contains("panicked"), "{done:?}");
    }
    for (line, code) in [
        ("run nowhere --out out", 3),
        ("run in", 2),
        ("run in --out out --as-of never", 2),
        ("explain A01", 2),
        ("rules check --rules nowhere", 2),
        ("--no-such-option", 2),
        ("--help", 0),
        ("rules list", 0),
        ("rules diff builtin builtin in", 0),
        ("demo", 0),
    ] {
        for deaf in ["2>/dev/full", "2>&-", "2>&1 >&- | true"] {
            let line = format!("\"$0\" {line} {deaf}; echo \"ended with $?\" >> codes");
            // In a pipe the code is that of what comes last; it is asked for before.
            let line = match deaf.contains('|') {
                true => line.replace(
                    " 2>&1 >&- | true; echo \"ended with $?\" >> codes",
                    " 2>&1 >&-; echo \"ended with $?\" >> codes",
                ),
                false => line,
            };
            let _ = fs::remove_file(at.join("codes"));
            let done = shell(at, &line);
            assert_eq!(
                fs::read_to_string(at.join("codes")).unwrap(),
                format!("ended with {code}\n"),
                "{line}: {done:?}"
            );
        }
    }
}

#[test]
fn a_long_run_goes_on_when_stderr_is_full() {
    let here = tempfile::tempdir().unwrap();
    let at = here.path();
    assert!(Command::new("mkfifo").arg(at.join("pipe")).status().unwrap().success());
    // It waits for its input longer than a line of progress keeps silent.
    let feed = "(cat in.ndjson; sleep 11; cat in.ndjson) > pipe & \"$0\" run pipe --out out 2>/dev/full";
    fs::write(at.join("in.ndjson"), records("H", 30)).unwrap();
    let done = shell(at, feed);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.out.contains("duplicates"), "{done:?}");
}

#[test]
fn a_folder_for_temporary_files_that_takes_nothing_is_said_to_be_one() {
    let here = tempfile::tempdir().unwrap();
    let at = here.path();
    for (line, code) in
        [("TMPDIR=/nowhere \"$0\" demo", 3), ("TMPDIR=/nowhere \"$0\" bench --visits 1000 --quiet", 3)]
    {
        let done = shell(at, line);
        assert_eq!(done.code, Some(code), "{line}: {done:?}");
        assert!(done.err.contains("/nowhere"), "{line}: {done:?}");
    }
}

#[test]
fn numbers_that_nobody_has_room_for_are_bounded_or_refused() {
    let here = tempfile::tempdir().unwrap();
    let at = here.path();
    fs::write(at.join("in.ndjson"), records("H", 30)).unwrap();
    for args in [
        &["bench", "--visits", "18446744073709551615"][..],
        &["bench", "--visits", "500000001"],
        &["synth", "--out", "made", "--visits", "18446744073709551615"],
    ] {
        let done = fundwatch(at, args);
        assert_eq!(done.code, Some(2), "{args:?}: {done:?}");
        assert!(done.err.contains(args[args.len() - 1]), "{done:?}");
    }
    assert_eq!(fundwatch(at, &["run", "in.ndjson", "--out", "one", "--quiet"]).code, Some(0));
    // As much address space as a run of 8 workers takes, and less than 256 took.
    let done = shell(at, "\"$0\" run in.ndjson --out many --quiet --workers 256 & sleep 0.2; wait $!");
    assert_eq!(done.code, Some(0), "{done:?}");
    let cores = std::thread::available_parallelism().unwrap().get();
    let granted = (4 * cores).max(8);
    assert!(
        granted >= 256 || done.err.contains(&format!("256 workers were asked for and {granted} work")),
        "{done:?}"
    );
    assert!(outputs(&at.join("many")) == outputs(&at.join("one")));
}

#[test]
fn a_service_has_no_more_workers_than_the_machine_has_room_for() {
    let here = tempfile::tempdir().unwrap();
    let at = here.path();
    let log = fs::File::create(at.join("log")).unwrap();
    let args = ["serve", "--data", "state", "--listen", "127.0.0.1:0", "--workers", "256"];
    let mut child = command(at, &args).stdout(Stdio::null()).stderr(log).spawn().unwrap();
    let said = || fs::read_to_string(at.join("log")).unwrap();
    until("it is ready", &mut child, || said().contains("ready: "));
    let granted = (4 * std::thread::available_parallelism().unwrap().get()).max(8);
    let threads = fs::read_dir(format!("/proc/{}/task", child.id())).unwrap().count();
    child.kill().unwrap();
    child.wait().unwrap();
    if granted < 256 {
        assert!(said().contains("fewer workers than were asked for"), "{}", said());
        assert!(threads < 256, "{threads} threads");
    }
}

#[test]
fn a_run_that_gets_no_more_memory_says_so_and_leaves_nothing_that_is_taken_for_a_run() {
    let here = tempfile::tempdir().unwrap();
    let at = here.path();
    fs::write(at.join("large.ndjson"), records("H", 60_000)).unwrap();
    fs::write(at.join("small.ndjson"), records("H", 3)).unwrap();
    assert_eq!(fundwatch(at, &["run", "small.ndjson", "--out", "out", "--quiet"]).code, Some(0));
    let before = outputs(&at.join("out"));
    let done = shell(at, "ulimit -v 300000; exec \"$0\" run large.ndjson --out out --quiet");
    assert_eq!(done.code, Some(3), "{done:?}");
    assert!(done.err.contains("memory"), "{done:?}");
    assert!(outputs(&at.join("out")) == before, "something was touched");
    assert_eq!(fundwatch(at, &["run", "small.ndjson", "--out", "out", "--quiet"]).code, Some(0));
    is_tidy(&at.join("out"));
}
