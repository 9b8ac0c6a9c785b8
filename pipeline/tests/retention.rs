//! Old records are let go while the service runs: what is judged stays as it is for a run over everything, what is
//! judged no more stays as it stood, and a crash changes neither.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[expect(dead_code, reason = "not all of it is this test's")]
#[path = "support/program.rs"]
mod program;
#[expect(dead_code, reason = "not all of it is this test's")]
#[path = "support/service.rs"]
mod service;
#[path = "support/supervised.rs"]
mod supervised;

use program::fundwatch;
use serde_json::Value;
use service::{PATIENCE, Service, free_port, start};
use supervised::start_cluster;
use synth::{Recipe, Schemes};

/// Rules that gather what belongs together over more days than are judged: what they say of it now is what is at hand.
const GATHERING: [&str; 4] = ["A11", "P08", "T05", "G03"];

/// What one service says when records have gone, and a cluster when they are to go.
const DONE: [&str; 2] = ["old records are gone from memory", "old records are let go, "];

type Alerts = BTreeMap<String, Value>;

fn alert_of(line: &str) -> (String, Value) {
    let alert: Value = serde_json::from_str(line).unwrap();
    (alert["alert_id"].as_str().unwrap().to_owned(), alert)
}

/// A region of two years, and a bank for it without the rules that look back for years.
fn region(at: &Path) -> (Vec<Vec<u8>>, PathBuf) {
    let folder = at.join("region");
    let recipe = Recipe { seed: 5, visits: 3_000, months: 22, schemes: Schemes::All, strength: 1.0 };
    synth::write(&recipe, &folder, &mut |_| {}).unwrap();
    let rules = folder.join("rules");
    for (name, text) in rulebank::load(None, detectors::detector::SPECS).unwrap().files {
        let path = rules.join(&name);
        let rises = text.contains("= \"rise\"");
        if name.starts_with("rules/") && !rises {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let text: Vec<String> = text.lines().map(bounded).collect();
            fs::write(path, text.join("\n")).unwrap();
        }
    }
    // The planted cases end some months before the records do.
    let changes = folder.join("records/changes.ndjson");
    let lines = fs::read(&changes).unwrap();
    let lines: Vec<Vec<u8>> = lines.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let lines = lines[..lines.len() * 17 / 22].to_vec();
    fs::write(&changes, lines.concat()).unwrap();
    (lines, rules)
}

/// A line of a rule file: who looks back for years does so for half a year here.
fn bounded(line: &str) -> String {
    if line.starts_with("looks_back_days") { "looks_back_days = 180".to_owned() } else { line.to_owned() }
}

/// The alerts of a run over everything.
fn run(at: &Path) -> Alerts {
    let args = ["run", "region/records", "--rules", "region/rules", "--out", "out", "--quiet"];
    let done = fundwatch(at, &args);
    assert_eq!(done.code, Some(0), "{done:?}");
    fs::read_to_string(at.join("out/alerts.ndjson")).unwrap().lines().map(alert_of).collect()
}

struct Place {
    folder: tempfile::TempDir,
    rules: PathBuf,
    /// More than one are a cluster.
    processes: usize,
}

impl Place {
    fn begin(&self, envs: &[(&str, &str)]) -> Service {
        let config = self.folder.path().join("fundwatch.toml");
        fs::write(&config, "[retention]\njudged_days = 160\nevery_days = 40\n").unwrap();
        let data = self.folder.path().join("data");
        let args = [
            ["--config", config.to_str().unwrap()],
            ["--data", data.to_str().unwrap()],
            ["--rules", self.rules.to_str().unwrap()],
        ];
        let (address, log) = (free_port(), self.folder.path().join("log"));
        if self.processes == 1 {
            return start(&args.concat(), address, &log, envs);
        }
        start_cluster(self.processes, &args.concat(), address, &log)
    }

    fn serve(&self) -> Service {
        let mut service = self.begin(&[]);
        assert!(service.is_ready(), "{}", self.log());
        service
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// How often records were let go.
    fn times(&self) -> usize {
        self.log().matches(DONE[usize::from(self.processes > 1)]).count()
    }

    /// Changes that were at hand when records were let go last, and how many of them stayed.
    fn last_choice(&self) -> (u64, u64) {
        let log = self.log();
        let last = log.lines().rfind(|line| line.contains(" stay=")).unwrap();
        let number = |name: &str| {
            let rest = last.split(&format!(" {name}=")).nth(1).unwrap();
            rest.split(' ').next().unwrap().parse().unwrap()
        };
        (number("changes"), number("stay"))
    }

    /// The first day that is judged.
    fn judged_from(&self) -> String {
        let log = self.log();
        let done = DONE[usize::from(self.processes > 1)];
        let last = log.lines().rfind(|line| line.contains(done)).unwrap();
        let words = last.split(['=', ' ', '"', ',']);
        let mut days = words.filter(|word| word.len() == 10 && records::time::parse_date(word).is_some());
        days.next_back().unwrap().to_owned()
    }
}

/// All alerts in a state, by id.
fn in_state(service: &Service, state: &str) -> Alerts {
    let (mut alerts, mut after) = (Alerts::new(), String::new());
    loop {
        let path = format!("/v1/alerts?limit=500&state={state}&after={after}");
        let page = service.get(&path).unwrap().json();
        for alert in page["items"].as_array().unwrap() {
            let mut alert = alert.clone();
            assert_eq!(alert.as_object_mut().unwrap().remove("state").unwrap(), state);
            alerts.insert(alert["alert_id"].as_str().unwrap().to_owned(), alert);
        }
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut after),
            None => return alerts,
        }
    }
}

fn occurred(alert: &Value) -> &str {
    alert["occurred"].as_str().unwrap()
}

fn rule(alert: &Value) -> &str {
    alert["rule"].as_str().unwrap()
}

/// Waits until nothing has changed for a while: models are asked after a quiet second, and what ages is stated by and by.
fn settle(service: &Service) {
    let (mut since, mut last) = (Instant::now(), 0);
    let begun = Instant::now();
    while since.elapsed() < Duration::from_secs(4) {
        assert!(begun.elapsed() < 3 * PATIENCE, "it does not come to rest");
        let now = service.counter("fundwatch_sequence");
        if now != last {
            (since, last) = (Instant::now(), now);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Waits until it is quiet, and holds what stands and what is aged against a run over everything; gives the last sequence
/// and both.
fn holds(place: &Place, service: &Service) -> (u64, Alerts, Alerts) {
    let whole = run(place.folder.path());
    settle(service);
    assert!(place.times() >= 2, "records were let go {} times: {}", place.times(), place.log());
    let from = place.judged_from();
    let (read, stay) = place.last_choice();
    assert!(stay < read, "of {read} changes all stay");

    // What is judged: as a run over everything has it.
    let standing = service.alerts();
    assert!(standing.values().all(|alert| occurred(alert) >= from.as_str()), "an old alert stands");
    let is_compared = |alert: &Value| !GATHERING.contains(&rule(alert));
    let compared = |alerts: &Alerts| -> Alerts {
        let judged =
            alerts.iter().filter(|(_, alert)| occurred(alert) >= from.as_str() && is_compared(alert));
        judged.map(|(id, alert)| (id.clone(), alert.clone())).collect()
    };
    let (wanted, found) = (compared(&whole), compared(&standing));
    let differing: Vec<_> = wanted
        .iter()
        .filter(|(id, alert)| found.get(*id) != Some(*alert))
        .map(|(id, alert)| (id, alert, found.get(id)))
        .collect();
    assert!(
        differing.is_empty(),
        "{} of {}: {:#?}",
        differing.len(),
        wanted.len(),
        &differing[..differing.len().min(3)]
    );
    let more: Vec<_> = found.keys().filter(|id| !wanted.contains_key(*id)).collect();
    assert!(more.is_empty(), "{more:?}");
    assert!(wanted.len() > 60, "only {} alerts are judged", wanted.len());

    // What is not: it is aged, and none was withdrawn because records went.
    let aged = in_state(service, "aged");
    let old: BTreeSet<&String> =
        whole.iter().filter(|(_, alert)| occurred(alert) < from.as_str()).map(|(id, _)| id).collect();
    let lost: Vec<_> =
        old.iter().filter(|id| !aged.contains_key(**id) && !standing.contains_key(**id)).collect();
    assert!(lost.is_empty(), "{} of {} old alerts are gone: {lost:?}", lost.len(), old.len());
    let last = service.counter("fundwatch_sequence");
    for (_, event) in service.events(0, usize::try_from(last).unwrap()) {
        let kind = &event["cause"][0]["kind"];
        assert!(!(kind == "retention" && event["event"] == "withdrawn"), "{event}");
        assert_ne!(kind, "rule", "no rule has changed: {event}");
    }
    (last, standing, aged)
}

#[test]
fn what_is_judged_is_as_if_all_were_there_and_what_is_not_stays_as_it_stood() {
    let folder = tempfile::tempdir().unwrap();
    let (lines, rules) = region(folder.path());
    let place = Place { folder, rules, processes: 1 };
    let mut service = place.serve();
    // The stream in pieces; after some of them the service may let records go, and twice it dies meanwhile.
    for (nth, piece) in lines.chunks(lines.len() / 24 + 1).enumerate() {
        let body = piece.concat();
        let begun = Instant::now();
        while !service.post(Some(&format!("piece {nth}")), &body).is_ok_and(|answer| answer.status == 202) {
            assert!(begun.elapsed() < PATIENCE, "{}", place.log());
            if service.child.try_wait().unwrap().is_some() {
                service = place.serve();
            }
        }
        if nth == 16 || nth == 20 {
            let point = if nth == 16 { "base written" } else { "rules after" };
            let _ = service.child.kill();
            service = place.begin(&[("FUNDWATCH_FAIL_AT", point)]);
            let _ = service.is_ready();
        }
        std::thread::sleep(Duration::from_millis(1_500));
        if service.child.try_wait().unwrap().is_some() {
            service = place.serve();
        }
    }
    let held = holds(&place, &service);

    // A late line of what went is accepted, and set aside.
    let late = br#"{"kind":"fee_line","rev":1,"mdtrt_id":"GONE","feedetl_sn":"1","setl_id":"GONE","psn_no":"P","fixmedins_code":"H","fee_ocur_time":"2020-02-01 09:00:00","med_list_codg":"X","list_type":"101","med_chrgitm_type":"09","cnt":"1","pric":"1","det_item_fee_sumamt":"1.00","fund_amt":"1.00"}"#;
    let answer = service.post(None, late).unwrap().json();
    assert_eq!(answer["accepted"], 1, "{answer}");
    assert_eq!(service.counter("fundwatch_changes_set_aside"), 1);

    // A restart loads what is at hand, and nothing is stated anew.
    assert_eq!(service.terminate(), Some(0));
    let service = place.serve();
    settle(&service);
    assert_eq!((service.counter("fundwatch_sequence"), service.alerts(), in_state(&service, "aged")), held);
}

#[test]
fn a_cluster_lets_records_go_by_a_start_of_all() {
    let folder = tempfile::tempdir().unwrap();
    let (lines, rules) = region(folder.path());
    let place = Place { folder, rules, processes: 2 };
    let mut service = place.serve();
    for (nth, piece) in lines.chunks(lines.len() / 12 + 1).enumerate() {
        let (body, begun) = (piece.concat(), Instant::now());
        while !service.post(Some(&format!("piece {nth}")), &body).is_ok_and(|answer| answer.status == 202) {
            assert!(begun.elapsed() < PATIENCE, "{}", place.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        std::thread::sleep(Duration::from_millis(2_500));
    }
    assert!(service.is_ready(), "{}", place.log());
    holds(&place, &service);
    assert_eq!(service.terminate(), Some(0), "{}", place.log());
}
