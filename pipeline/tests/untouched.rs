//! What no command writes over: what it reads, what others made, what is no file; and what two at once do to each other.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

#[path = "support/program.rs"]
mod program;

use program::{Done, command, fundwatch};

/// A hospital, a death, and visits after it: an alert each.
fn records(visits: usize) -> String {
    let mut text = String::from(
        "{\"kind\":\"institution\",\"fixmedins_code\":\"H1\",\"fixmedins_type\":\"1\",\"admdvs\":\"330100\"}\n\
         {\"kind\":\"person_fact\",\"fact_id\":\"F1\",\"psn_no\":\"P1\",\"fact\":\"death\",\"begin\":\"2025-01-01\"}\n",
    );
    for visit in 0..visits {
        text.push_str(&format!(
            "{{\"kind\":\"visit\",\"mdtrt_id\":\"V{visit}\",\"psn_no\":\"P1\",\"fixmedins_code\":\"H1\",\
             \"med_type\":\"11\",\"begntime\":\"2025-03-01 09:00:00\"}}\n"
        ));
    }
    text
}

/// A folder with records, and what a run made of them in `out`.
fn after_a_run() -> tempfile::TempDir {
    let here = tempfile::tempdir().unwrap();
    fs::write(here.path().join("in.ndjson"), records(3)).unwrap();
    ok(here.path(), &["run", "in.ndjson", "--out", "out", "--quiet"]);
    here
}

fn ok(at: &Path, args: &[&str]) -> Done {
    let done = fundwatch(at, args);
    assert_eq!(done.code, Some(0), "{args:?}: {done:?}");
    done
}

/// It ends with this code and says these words, and changes nothing of the folder.
fn refused(at: &Path, args: &[&str], code: i32, words: &[&str]) {
    let before = all(at);
    let done = fundwatch(at, args);
    assert_eq!((done.code, done.out.as_str()), (Some(code), ""), "{args:?}: {done:?}");
    for word in words {
        assert!(done.err.contains(word), "{args:?}: {word:?} is not in: {}", done.err);
    }
    assert!(all(at) == before, "{args:?} changed something");
}

/// Everything below a folder: files by their bytes, others by what they are.
fn all(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let about = fs::symlink_metadata(&path).unwrap();
            let what = match about.file_type() {
                kind if kind.is_file() => fs::read(&path).unwrap(),
                kind if kind.is_symlink() => {
                    fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
                }
                kind if kind.is_fifo() => b"a pipe".to_vec(),
                _ => {
                    folders.push(path.clone());
                    b"a folder".to_vec()
                }
            };
            found.insert(path, what);
        }
    }
    found
}

#[test]
fn a_run_never_writes_over_what_it_reads() {
    let here = tempfile::tempdir().unwrap();
    let at = here.path();
    // Records under the names of outputs.
    fs::write(at.join("institutions.ndjson"), records(0)).unwrap();
    fs::write(at.join("labels.ndjson"), records(3)).unwrap();
    for out in [".", "./", "../here", "link"] {
        let _ = symlink(".", at.join("link"));
        let out = out.replace("here", &at.file_name().unwrap().to_string_lossy());
        for force in [&[][..], &["--force"]] {
            let args = [&["run", ".", "--out", &out, "--quiet"][..], force].concat();
            fs::remove_file(at.join("link")).unwrap();
            if out == "link" {
                symlink(".", at.join("link")).unwrap();
                let args =
                    [&["run", "labels.ndjson", "institutions.ndjson", "--out", &out][..], force].concat();
                refused(at, &args, 2, &["is read by this command"]);
            } else {
                refused(at, &args, 2, &["is read by the run"]);
                refused(at, &[&["run", "labels.ndjson", "--out", &out][..], force].concat(), 2, &[]);
            }
            let _ = symlink(".", at.join("link"));
        }
    }
    // By another name of the same file.
    fs::remove_file(at.join("link")).unwrap();
    fs::create_dir(at.join("out")).unwrap();
    fs::hard_link(at.join("labels.ndjson"), at.join("out/alerts.ndjson")).unwrap();
    refused(at, &["run", "labels.ndjson", "--out", "out", "--force"], 2, &["is read by this command"]);
    fs::remove_file(at.join("out/alerts.ndjson")).unwrap();
    // What a run made is no more to be read and replaced than anything else.
    ok(at, &["run", "labels.ndjson", "--out", "out", "--quiet"]);
    for read in ["out/labels.ndjson", "out/explain/records.ndjson"] {
        refused(at, &["run", read, "--out", "out", "--force"], 2, &["is read by this command"]);
    }
    // Its own folder within the one that is read is passed over.
    ok(at, &["run", ".", "--out", "out", "--quiet"]);
}

#[test]
fn what_no_run_made_is_replaced_only_if_that_was_said_and_then_it_is_named() {
    let here = after_a_run();
    let at = here.path();
    let run = ["run", "in.ndjson", "--out", "out", "--quiet"];
    let force = ["run", "in.ndjson", "--out", "out", "--quiet", "--force"];
    // A run's own files go, and what our other commands made beside them stays.
    ok(at, &["list", "--from", "out", "--out", "out/list.html"]);
    ok(at, &["dossier", "H1", "--from", "out", "--out", "out/pages/d.html"]);
    let list = fs::read(at.join("out/list.html")).unwrap();
    assert_eq!(ok(at, &run).err, "");
    assert_eq!(fs::read(at.join("out/list.html")).unwrap(), list);
    // What is nobody's that we know is named, whatever it is called, and stays if it is in nobody's way.
    for mine in ["notes.txt", "more/deep/notes.txt", "more.ndjson"] {
        let path = at.join("out").join(mine);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "mine").unwrap();
        let first = Path::new(mine).iter().next().unwrap().to_str().unwrap();
        refused(
            at,
            &run,
            2,
            &["none of our commands made", &format!("these stay as they are:\n  out/{first}")],
        );
        ok(at, &force);
        assert_eq!(fs::read(&path).unwrap(), b"mine");
        fs::remove_file(&path).unwrap();
    }
    // What hides, what is empty, and what the system puts there is in nobody's way.
    fs::write(at.join("out/.gitignore"), "*").unwrap();
    fs::write(at.join("out/log.txt"), "").unwrap();
    fs::create_dir(at.join("out/lost+found")).unwrap();
    assert_eq!(ok(at, &run).err, "");
    for mine in ["labels.ndjson", "explain/notes.txt", "explain/bank/rules/mine.toml", "alerts.ndjson"] {
        let path = at.join("out").join(mine);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "mine").unwrap();
        refused(at, &run, 2, &[&format!("out/{mine}"), "--force"]);
        let done = ok(at, &force);
        assert!(done.err.contains("replaced") && done.err.contains(mine), "{done:?}");
        assert!(fs::read(&path).map_or(true, |bytes| bytes != b"mine"), "{mine}");
        assert_eq!(ok(at, &run).err, "");
    }
    // A folder that no run made.
    fs::create_dir(at.join("other")).unwrap();
    for name in ["summary.json", "events.ndjson"] {
        fs::write(at.join("other").join(name), "mine").unwrap();
    }
    let to_other = ["run", "in.ndjson", "--out", "other", "--quiet"];
    refused(at, &to_other, 2, &["other/summary.json", "other/events.ndjson"]);
    // An empty file has nothing to lose.
    fs::write(at.join("other/summary.json"), "").unwrap();
    fs::remove_file(at.join("other/events.ndjson")).unwrap();
    ok(at, &to_other);
    // Of a region, too.
    fs::create_dir(at.join("region")).unwrap();
    fs::write(at.join("region/notes.txt"), "mine").unwrap();
    let synth = ["synth", "--out", "region", "--visits", "50", "--months", "1", "--quiet"];
    refused(at, &synth, 2, &["region/notes.txt", "--force"]);
    ok(at, &[&synth[..], &["--force"]].concat());
    fs::remove_file(at.join("region/notes.txt")).unwrap();
    // A run's folder within, and its records and banks beside, are of our commands or read by this one.
    ok(at, &["run", "region/records", "--rules", "region/rules", "--out", "region/out", "--quiet"]);
    ok(at, &synth);
    fs::write(at.join("region/mine.ndjson"), records(1)).unwrap();
    ok(at, &["run", "region/mine.ndjson", "--out", "region", "--quiet"]);
    // One whose content is what a run wrote, wherever it was copied to.
    let copy = at.join("copy");
    fs::create_dir_all(copy.join("explain")).unwrap();
    for (path, bytes) in all(&at.join("out")) {
        let to = copy.join(path.strip_prefix(at.join("out")).unwrap());
        if path.is_dir() { fs::create_dir_all(to).unwrap() } else { fs::write(to, bytes).unwrap() }
    }
    ok(at, &["run", "in.ndjson", "--out", "copy", "--quiet"]);
    // And one that an older version made, which knows nothing of who made what.
    fs::remove_file(copy.join(".fundwatch.json")).unwrap();
    for name in ["list.html", "list.draw.json", "list.frame.txt"] {
        fs::remove_file(copy.join(name)).unwrap();
    }
    ok(at, &["run", "in.ndjson", "--out", "copy", "--quiet"]);
    fs::remove_file(copy.join(".fundwatch.json")).unwrap();
    fs::write(copy.join("explain/notes.txt"), "mine").unwrap();
    refused(at, &["run", "in.ndjson", "--out", "copy", "--quiet"], 2, &["copy/explain/notes.txt"]);
}

#[test]
fn what_is_no_file_is_never_replaced() {
    let here = after_a_run();
    let at = here.path();
    fs::write(at.join("victim"), "mine").unwrap();
    let pipe = |path: &Path| {
        assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    };
    let run = ["run", "in.ndjson", "--out", "other", "--quiet", "--force"];
    fs::create_dir(at.join("other")).unwrap();
    // Under a name of an output, of a draft, and of what is kept of both.
    for name in [
        "alerts.ndjson",
        ".alerts.ndjson.part",
        "explain",
        ".explain.part",
        ".fundwatch.json",
        ".fundwatch.lock",
    ] {
        let path = at.join("other").join(name);
        for (what, make) in [
            ("victim", &(|path: &Path| symlink(at.join("victim"), path).unwrap()) as &dyn Fn(&Path)),
            ("pipe", &pipe),
        ] {
            make(&path);
            let before = fs::symlink_metadata(&path).unwrap().file_type();
            let done = fundwatch(at, &run);
            assert!(matches!(done.code, Some(2 | 3)), "{name} {what}: {done:?}");
            assert_eq!(fs::symlink_metadata(&path).unwrap().file_type(), before, "{name} {what}");
            fs::remove_file(&path).unwrap();
        }
        if name != "explain" && name != ".explain.part" {
            fs::create_dir(&path).unwrap();
            assert!(matches!(fundwatch(at, &run).code, Some(2 | 3)), "{name}");
            fs::remove_dir(&path).unwrap();
        }
    }
    symlink("/dev/null", at.join("other/alerts.ndjson")).unwrap();
    assert_eq!(fundwatch(at, &run).code, Some(3));
    fs::remove_file(at.join("other/alerts.ndjson")).unwrap();
    // The same of single files.
    symlink(at.join("victim"), at.join("link.html")).unwrap();
    symlink("/dev/full", at.join("full.html")).unwrap();
    fs::create_dir(at.join("folder.html")).unwrap();
    let to = |out| ["dossier", "H1", "--from", "out", "--force", "--out", out];
    refused(at, &to("link.html"), 3, &["a link is in the way"]);
    refused(at, &to("folder.html"), 3, &["a folder is in the way"]);
    // A device is written to and stays.
    refused(at, &to("full.html"), 3, &["No space left on device"]);
    ok(at, &["list", "--from", "out", "--frame-out", "/dev/null"]);
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    fs::create_dir(at.join("judged")).unwrap();
    symlink(at.join("victim"), at.join("judged/report.html")).unwrap();
    let judge = ["eval", "--from", "out", "--truth", "labels", "--out", "judged", "--force"];
    refused(at, &judge, 3, &["a link is in the way"]);
    assert_eq!(fs::read(at.join("victim")).unwrap(), b"mine");
}

#[test]
fn files_of_reports_are_written_over_only_by_their_own_command() {
    let here = after_a_run();
    let at = here.path();
    let truth = r#"{"kind":"label","case_id":"K1","subject_type":"visit","subject_id":"V1","decision":"confirmed","decided_at":"2025-03-02 00:00:00"}"#;
    fs::write(at.join("truth.ndjson"), format!("{truth}\n")).unwrap();
    fs::create_dir_all(at.join("bank/tables")).unwrap();
    fs::write(
        at.join("bank/tables/age_limit.csv"),
        "rule,item,unit,max,valid_from,valid_to,source\nD06,X,days,28,2020-01-01,,s\n",
    )
    .unwrap();
    let commands: [(&[&str], &str); 6] = [
        (&["dossier", "H1", "--from", "out", "--out", "a.html"], "a.html"),
        (&["list", "--from", "out", "--out", "b.ndjson"], "b.ndjson"),
        (&["list", "--from", "out", "--out", "c.xlsx", "--frame-out", "frame"], "frame"),
        (&["eval", "--from", "out", "--truth", "truth.ndjson", "--out", "."], "report.json"),
        (&["rules", "diff", "builtin", "bank", "in.ndjson", "--quiet", "--out", "d.html"], "d.html"),
        (&["synth", "--out", "made", "--visits", "50", "--months", "1", "--quiet"], "made/truth.ndjson"),
    ];
    for (args, file) in commands {
        // Twice: its own it may replace.
        ok(at, args);
        ok(at, args);
        for mine in [b"mine".to_vec(), [fs::read(at.join(file)).unwrap(), b" ".to_vec()].concat()] {
            fs::write(at.join(file), &mine).unwrap();
            refused(at, args, 2, &[file, "--force"]);
        }
        ok(at, &[args, &["--force"]].concat());
        assert_ne!(fs::read(at.join(file)).unwrap(), b"mine");
        ok(at, args);
    }
    // Not by another command, though both are of this program.
    refused(at, &["list", "--from", "out", "--out", "a.html"], 2, &["a.html"]);
    // What is read.
    for (args, file) in [
        (&["list", "--from", "out", "--out", "out/alerts.ndjson"][..], "alerts.ndjson"),
        (&["list", "--from", "out", "--out", "l.ndjson", "--frame-out", "out/explain/run.json"], "run.json"),
        (&["rules", "diff", "builtin", "bank", "in.ndjson", "--out", "in.ndjson"], "in.ndjson"),
        (
            &["list", "estimate", "b.ndjson", "--labels", "truth.ndjson", "--out", "b.draw.json"],
            "b.draw.json",
        ),
    ] {
        refused(at, &[args, &["--force"]].concat(), 2, &[file, "is read by this command"]);
    }
    fs::write(at.join("judged.json"), format!("{truth}\n")).unwrap();
    fs::create_dir(at.join("e")).unwrap();
    fs::hard_link(at.join("judged.json"), at.join("e/report.json")).unwrap();
    let judge = ["eval", "--from", "out", "--truth", "judged.json", "--out", "e", "--force"];
    refused(at, &judge, 2, &["is read by this command"]);
}

#[test]
fn one_path_is_not_two_files() {
    let here = after_a_run();
    let at = here.path();
    fs::create_dir(at.join("d")).unwrap();
    for frame in ["l.ndjson", "./l.ndjson", "d/../l.ndjson", "l.draw.json"] {
        let args = ["list", "--from", "out", "--out", "l.ndjson", "--frame-out", frame, "--force"];
        refused(at, &args, 2, &["named for two files"]);
    }
    let twice = ["rules", "diff", "builtin", "builtin", "in.ndjson", "--out", "x.html", "--out", "./x.html"];
    refused(at, &twice, 2, &["named for two files"]);
}

#[test]
fn files_of_records_are_their_owners_alone() {
    let here = after_a_run();
    let at = here.path();
    ok(at, &["list", "--from", "out", "--out", "lists/l.html"]);
    ok(at, &["dossier", "H1", "--from", "out", "--out", "lists/d.html"]);
    ok(at, &["eval", "--from", "out", "--truth", "labels", "--out", "judged"]);
    for path in ["out", "lists", "judged"].iter().flat_map(|folder| all(&at.join(folder)).into_keys()) {
        let about = fs::symlink_metadata(&path).unwrap();
        if about.is_file() {
            assert_eq!(about.permissions().mode() & 0o777, 0o600, "{}", path.display());
        }
    }
}

#[test]
fn the_second_of_two_runs_into_one_folder_is_refused_and_the_first_is_whole() {
    let here = tempfile::tempdir().unwrap();
    let at = here.path();
    fs::write(at.join("in.ndjson"), records(3)).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(at.join("pipe")).status().unwrap().success());
    // It reads as long as somebody may write.
    let mut first = command(at, &["run", "pipe", "--out", "out", "--quiet"]);
    let mut first = first.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    while !at.join("out/.fundwatch.lock").exists() {
        assert!(begun.elapsed() < Duration::from_secs(60) && first.try_wait().unwrap().is_none());
        if begun.elapsed() > Duration::from_millis(200) {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut into = fs::OpenOptions::new().write(true).open(at.join("pipe")).unwrap();
    std::io::Write::write_all(&mut into, records(4).as_bytes()).unwrap();
    let begun = Instant::now();
    while !at.join("out/.fundwatch.lock").exists() {
        assert!(begun.elapsed() < Duration::from_secs(60), "the first run has no lock");
        std::thread::sleep(Duration::from_millis(5));
    }
    for args in [
        &["run", "in.ndjson", "--out", "out", "--quiet"][..],
        &["run", "in.ndjson", "--out", "out", "--quiet", "--force"],
        &["synth", "--out", "out", "--visits", "10", "--quiet"],
    ] {
        let second = fundwatch(at, args);
        assert_eq!(second.code, Some(3), "{second:?}");
        assert!(second.err.contains("another command is writing into this folder"), "{second:?}");
    }
    drop(into);
    assert!(first.wait().unwrap().success());
    let alerts = fs::read_to_string(at.join("out/alerts.ndjson")).unwrap();
    assert_eq!(alerts.matches("\"rule\":\"A01\"").count(), 4, "{alerts}");
    assert!(!all(at).keys().any(|path| path.to_string_lossy().ends_with(".part")));
    assert!(!at.join("out/.fundwatch.lock").exists());
    ok(at, &["run", "in.ndjson", "--out", "out", "--quiet"]);
}
