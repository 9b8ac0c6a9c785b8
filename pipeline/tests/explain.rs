//! `fundwatch explain` over whole runs: every alert explains itself, and every subject without one is answered.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use detectors::detector::SPECS;
use pipeline::explain::not;
use reports::explain::{gather, page};
use reports::run_folder::RunFolder;
use rulebank::Lang;
use serde_json::Value;
use wire::explanation::RecordAmount;
use wire::{Alert, Bilingual, Fen};

#[path = "support/program.rs"]
mod program;

use program::fundwatch;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A finished run: its temporary folder, its outputs, what it read.
struct Run {
    folder: tempfile::TempDir,
    records: PathBuf,
}

impl Run {
    /// Runs records and tables of these folders.
    fn of(records: &Path, rules: &Path, more: &[&str]) -> Run {
        let folder = tempfile::tempdir().unwrap();
        let run = Run { folder, records: records.to_owned() };
        let out = run.out();
        let mut args = vec!["run", records.to_str().unwrap(), "--rules", rules.to_str().unwrap()];
        args.extend(["--out", out.to_str().unwrap(), "--quiet"]);
        args.extend(more);
        let done = fundwatch(run.folder.path(), &args);
        assert_eq!(done.code, Some(0), "{done:?}");
        run
    }

    fn sample() -> Run {
        let sample = root().join("samples/first-look");
        Run::of(&sample.join("changes.ndjson"), &sample.join("rules"), &[])
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    fn alerts(&self) -> Vec<Alert> {
        let text = fs::read_to_string(self.out().join("alerts.ndjson")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// What `--not` answers.
    fn not(&self, rule: &str, key: &[String]) -> Value {
        let kept = RunFolder::open(&self.out(), SPECS).unwrap();
        let words: Vec<String> = [rule.to_owned()].into_iter().chain(key.iter().cloned()).collect();
        let text = not::not(&kept, &words, std::slice::from_ref(&self.records), true, Lang::En).unwrap();
        serde_json::from_str(&text).unwrap()
    }
}

/// Every alert tells its records and its money to the fen, in both languages.
fn check_alerts(run: &Run) {
    let kept = RunFolder::open(&run.out(), SPECS).unwrap();
    for alert in run.alerts() {
        let told = gather(&kept, &alert.alert_id).unwrap();
        let id = &alert.alert_id;
        assert_eq!(told.alert, alert);
        let records: BTreeSet<(&str, &str)> =
            told.records.iter().map(|record| (record.kind.as_ref(), record.key.as_str())).collect();
        for evidence in &alert.evidence {
            assert!(records.contains(&(evidence.kind.as_ref(), evidence.key.as_str())), "{id}: {evidence:?}");
        }
        assert!(told.records.iter().all(|record| !record.fields.is_empty()), "{id}");
        let money = told.money.as_ref().unwrap();
        let sum = |of: fn(&RecordAmount) -> Fen| -> Fen { money.laid.iter().map(of).sum() };
        assert_eq!(sum(|share| share.taken), alert.counted_amount, "{id}: {money:?}");
        let laid = sum(|share| share.laid).fen();
        assert_eq!(laid + money.not_laid.fen(), alert.amount.fen(), "{id}: {money:?}");
        for share in &money.laid {
            assert!(share.taken_before.fen() + share.taken.fen() <= share.own.fen(), "{id}: {share:?}");
        }
        let events: Vec<&str> = told.history.iter().map(|event| event.event.as_ref()).collect();
        assert!(events.first() == Some(&"raised") && events.last() != Some(&"withdrawn"), "{id}: {events:?}");
        for lang in [Lang::Zh, Lang::En] {
            let text = page::page(&told, None, lang);
            let in_lang = |text: &Bilingual| if lang == Lang::Zh { text.zh.clone() } else { text.en.clone() };
            let (message, next) = (in_lang(&alert.message), in_lang(&told.rule.next_step));
            assert!(text.contains(message.as_str()) && text.contains(next.as_str()), "{text}");
        }
    }
}

/// Every alert stands by its conditions too.
fn check_not(run: &Run, most: usize) {
    for alert in run.alerts().iter().take(most) {
        let answer = run.not(&alert.rule, &alert.key);
        assert_eq!(answer["verdict"], "stands", "{} {:?}: {answer:#}", alert.rule, alert.key);
        assert_eq!(answer["in_run"], true, "{answer:#}");
        assert_eq!(answer["alert_id"], alert.alert_id.as_str());
    }
}

#[test]
fn every_alert_of_the_sample_explains_itself() {
    let run = Run::sample();
    assert!(run.alerts().len() >= 5);
    check_alerts(&run);
    check_not(&run, usize::MAX);
    // The kept bank is the bank again.
    let bank = run.out().join("explain/bank");
    let again = Run::of(&run.records, &bank, &[]);
    assert_eq!(again.alerts(), run.alerts());
}

#[test]
fn every_alert_of_a_made_up_region_explains_itself() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("region");
    let done = fundwatch(
        folder.path(),
        &["synth", "--out", at.to_str().unwrap(), "--visits", "300", "--seed", "5", "--quiet"],
    );
    assert_eq!(done.code, Some(0), "{done:?}");
    let run = Run::of(&at.join("records/changes.ndjson"), &at.join("rules"), &["--tick", "500"]);
    check_alerts(&run);
    check_not(&run, 60);
    // The beginning of several ids names them all.
    let alerts = run.alerts();
    let same = alerts.chunk_by(|a, b| a.rule == b.rule).find(|same| same.len() > 1).unwrap();
    let out = run.out();
    let args = ["explain", &same[0].rule, "--from", out.to_str().unwrap()];
    let refused = fundwatch(run.folder.path(), &args);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    for alert in same.iter().take(10) {
        assert!(refused.err.contains(&alert.alert_id), "{}", refused.err);
    }
}

#[test]
fn an_alert_is_named_by_the_beginning_of_its_id() {
    let run = Run::sample();
    let alerts = run.alerts();
    let out = run.out();
    let explain = |id: &str, more: &[&str]| {
        let args = [&["explain", id, "--from", out.to_str().unwrap()], more].concat();
        fundwatch(run.folder.path(), &args)
    };
    let alert = &alerts[0];
    let others = alerts[1..].iter().map(|other| other.alert_id.as_str());
    let common = |other: &str| other.bytes().zip(alert.alert_id.bytes()).take_while(|(a, b)| a == b).count();
    let shortest = others.map(common).max().unwrap() + 1;
    let by_beginning = explain(&alert.alert_id[..shortest], &["--lang", "zh"]);
    assert_eq!(by_beginning.code, Some(0), "{by_beginning:?}");
    assert!(by_beginning.out.contains(&alert.message.zh), "{}", by_beginning.out);
    assert!(explain(&alert.alert_id, &["--lang", "en"]).out.contains(&alert.message.en));
    let json: Value = serde_json::from_str(&explain(&alert.alert_id, &["--json"]).out).unwrap();
    assert_eq!(json["alert"]["alert_id"], alert.alert_id.as_str());
    let refused = explain("no-such-alert", &[]);
    assert!(refused.code == Some(2) && refused.err.contains("no-such-alert"), "{refused:?}");
    let nowhere = fundwatch(run.folder.path(), &["explain", "A", "--from", "nowhere"]);
    assert!(nowhere.code == Some(2) && nowhere.err.contains("fundwatch run"), "{nowhere:?}");
}

#[test]
fn a_record_that_is_not_there_is_withdrawn_rejected_or_was_never_sent() {
    let folder = tempfile::tempdir().unwrap();
    let line = |id: &str, rest: &str| {
        format!(
            r#"{{"kind":"visit","rev":1,"mdtrt_id":"{id}","psn_no":"P","fixmedins_code":"H{id}","med_type":"21","begntime":"2025-03-01 10:00:00","endtime":"2025-03-09 10:00:00"{rest}}}"#
        )
    };
    let lines = [
        line("V1", ""),
        line("V2", ""),
        line("V3", r#","online_flag":"maybe""#),
        r#"{"kind":"visit","op":"del","rev":2,"mdtrt_id":"V2"}"#.to_owned(),
    ];
    let records = folder.path().join("changes.ndjson");
    fs::write(&records, lines.join("\n")).unwrap();
    let rules = folder.path().join("rules/tables");
    fs::create_dir_all(&rules).unwrap();
    let run = Run::of(&records, &folder.path().join("rules"), &[]);
    let bank = RunFolder::open(&run.out(), SPECS).unwrap().bank().unwrap();
    let overlap = bank.rules.iter().find(|rule| rule.detector == "stay_overlap").unwrap();
    for (other, because) in [("V2", "withdrawn"), ("V3", "rejected"), ("V4", "never_sent")] {
        let answer = run.not(&overlap.id, &["V1".to_owned(), other.to_owned()]);
        assert_eq!(answer["verdict"], "fails", "{answer:#}");
        let last = answer["conditions"].as_array().unwrap().last().unwrap();
        assert_eq!(last["absent"]["because"], because, "{answer:#}");
        assert_eq!(last["absent"]["key"], other);
    }
    let args = ["explain", "--not", &overlap.id, "V1", "V3", "--from", "out", "--lang", "en"];
    let told = fundwatch(run.folder.path(), &[&args[..], &[records.to_str().unwrap()]].concat());
    assert_eq!(told.code, Some(0), "{told:?}");
    assert!(told.out.contains("online_flag") && told.out.contains(":3 bad_value"), "{}", told.out);
}
