//! The live service, as its users meet it: what it answers, what it keeps, and that no crash loses or doubles anything.
//!
//! `FUNDWATCH_KILLS=200 cargo test -p pipeline --test live kills` kills it more often than the gate does.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[expect(dead_code, reason = "not all of it is this test's")]
#[path = "support/banks.rs"]
mod banks;
#[expect(dead_code, reason = "not all of it is this test's")]
#[path = "support/program.rs"]
mod program;
#[path = "support/service.rs"]
mod service;

use banks::{bend, copy_built_in};
use program::fundwatch;
use records::splitmix::SplitMix64;
use serde_json::{Value, json};
use service::{PATIENCE, Service, fold, free_port, start};
use synth::{Recipe, Schemes};

/// A folder with a service's state, and what is asked of it.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Place {
        Place { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts the service on the folder, with a bank if one is named.
    fn begin(&self, rules: Option<&Path>, envs: &[(&str, &str)]) -> Service {
        let data = self.path("data");
        let mut args = vec!["--data", data.to_str().unwrap()];
        if let Some(rules) = rules {
            args.extend(["--rules", rules.to_str().unwrap()]);
        }
        start(&args, free_port(), &self.path("log"), envs)
    }

    /// As [`Place::begin`], and it takes changes.
    fn serve(&self, rules: Option<&Path>) -> Service {
        let mut service = self.begin(rules, &[]);
        assert!(service.is_ready(), "it ended: {}", self.log());
        service
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }
}

/// A death, and a visit long after it: an alert of the built-in rules.
fn after_death(nth: u32) -> String {
    let death = json!({"kind": "person_fact", "rev": 1, "fact_id": format!("F{nth}"),
        "psn_no": format!("P{nth}"), "fact": "death", "begin": "2025-01-01"});
    let visit = json!({"kind": "visit", "rev": 1, "mdtrt_id": format!("V{nth}"), "psn_no": format!("P{nth}"),
        "fixmedins_code": "H1", "med_type": "11", "begntime": "2025-03-01 09:00:00"});
    format!("{death}\n{visit}\n")
}

/// A region: its changes, its bank, and the alerts of a run over them at once.
struct Region {
    lines: Vec<Vec<u8>>,
    rules: PathBuf,
    alerts: BTreeMap<String, Value>,
}

fn region(at: &Path, visits: u64) -> Region {
    let folder = at.join("region");
    let recipe = Recipe { seed: 11, visits, months: 2, schemes: Schemes::All, strength: 1.0 };
    synth::write(&recipe, &folder, &mut |_| {}).unwrap();
    let done =
        fundwatch(at, &["run", "region/records", "--rules", "region/rules", "--out", "out", "--quiet"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    let alerts = fs::read_to_string(at.join("out/alerts.ndjson")).unwrap();
    let alert = |line: &str| {
        let alert: Value = serde_json::from_str(line).unwrap();
        (alert["alert_id"].as_str().unwrap().to_owned(), alert)
    };
    let lines = fs::read(folder.join("records/changes.ndjson")).unwrap();
    Region {
        lines: lines.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect(),
        rules: folder.join("rules"),
        alerts: alerts.lines().map(alert).collect(),
    }
}

/// Waits until the alerts that stand are these: models are asked a while after the last change.
fn wait_for_alerts(service: &Service, wanted: &BTreeMap<String, Value>) {
    let begun = Instant::now();
    loop {
        let standing = service.alerts();
        if standing == *wanted {
            return;
        }
        if begun.elapsed() > PATIENCE {
            let missing: Vec<_> = wanted.keys().filter(|id| !standing.contains_key(*id)).collect();
            let more: Vec<_> = standing.keys().filter(|id| !wanted.contains_key(*id)).collect();
            let others = wanted.iter().filter(|(id, alert)| standing.get(*id).is_some_and(|of| of != *alert));
            panic!("missing {missing:?}, too many {more:?}, others {:?}", others.collect::<Vec<_>>());
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Where the program ends itself if it is asked to, as it was built for tests.
const FAIL_POINTS: [&str; 5] =
    ["tick taken", "tick appended", "tick judged", "tick committed", "tick answered"];

#[test]
fn kills_lose_nothing_and_double_nothing() {
    let kills: u64 = std::env::var("FUNDWATCH_KILLS").map_or(15, |kills| kills.parse().unwrap());
    let place = Place::new();
    let region = region(place.folder.path(), 600);
    let mut random = SplitMix64::seeded(7);
    // Requests of some dozens of lines, each sent until it is answered.
    let mut requests: Vec<Vec<u8>> = Vec::new();
    let mut rest = region.lines.as_slice();
    while !rest.is_empty() {
        let count = usize::try_from(1 + random.below(80)).unwrap().min(rest.len());
        requests.push(rest[..count].concat());
        rest = &rest[count..];
    }
    let every = (requests.len() as u64 / kills).max(1);
    let mut killed = 0;
    let mut service = place.serve(Some(&region.rules));
    for (nth, body) in requests.iter().enumerate() {
        let id = format!("request {nth}");
        let dies = (nth as u64).is_multiple_of(every) && killed < kills;
        if dies {
            killed += 1;
            if killed % 3 == 0 {
                // At a named point of the next tick.
                let _ = (service.child.kill(), service.child.wait());
                let point = FAIL_POINTS[usize::try_from(killed / 3).unwrap() % FAIL_POINTS.len()];
                service = place.begin(Some(&region.rules), &[("FUNDWATCH_FAIL_AT", point)]);
                assert!(service.is_ready(), "{}", place.log());
            } else {
                // At a random moment while the request is on its way.
                let (pid, after) =
                    (service.child.id().to_string(), Duration::from_micros(random.below(40_000)));
                std::thread::spawn(move || {
                    std::thread::sleep(after);
                    let _ = std::process::Command::new("kill").args(["-9", &pid]).status();
                });
            }
        }
        let begun = Instant::now();
        while !service.post(Some(&id), body).is_ok_and(|answer| answer.status == 202) {
            assert!(begun.elapsed() < PATIENCE, "{id} is not answered: {}", place.log());
            if service.child.try_wait().unwrap().is_some() {
                service = place.begin(Some(&region.rules), &[]);
                service.is_ready();
            }
        }
    }
    // The last kill may be on its way still.
    std::thread::sleep(Duration::from_millis(100));
    if service.child.try_wait().unwrap().is_some() {
        service = place.serve(Some(&region.rules));
    }
    wait_for_alerts(&service, &region.alerts);
    // No event is lost, none is there twice, and all of them together are the alerts.
    let last = service.counter("fundwatch_sequence");
    let events = service.events(0, usize::try_from(last).unwrap());
    assert_eq!(
        events.iter().map(|(sequence, _)| *sequence).collect::<Vec<_>>(),
        (1..=last).collect::<Vec<_>>()
    );
    assert_eq!(fold(events.iter().map(|(_, event)| event)), region.alerts);
    assert!(killed >= kills.min(requests.len() as u64), "killed only {killed} times");
    assert_eq!(service.terminate(), Some(0));
    assert!(!place.log().contains("panicked"), "{}", place.log());
}

#[test]
fn a_request_is_answered_line_by_line_and_once() {
    let place = Place::new();
    let service = place.serve(None);
    let body = format!("{}\nnonsense\n{{\"kind\":\"visit\"}}\n", after_death(1).trim_end());
    let answer = service.post(Some("r1"), body.as_bytes()).unwrap();
    assert_eq!(answer.status, 202);
    let json = answer.json();
    assert_eq!((&json["accepted"], &json["duplicate"]), (&json!(2), &json!(0)));
    let rejected: Vec<_> =
        json["rejected"].as_array().unwrap().iter().map(|of| (&of["line"], &of["code"])).collect();
    assert_eq!(rejected, [(&json!(3), &json!("not_json")), (&json!(4), &json!("missing_field"))]);
    assert_eq!(service.alerts().len(), 1);
    // The same request once more is no new change; the same id with another body is refused.
    assert_eq!(service.post(Some("r1"), body.as_bytes()).unwrap().json(), json);
    assert_eq!(service.counter("fundwatch_changes_accepted_total"), 2);
    let other = service.post(Some("r1"), after_death(2).as_bytes()).unwrap();
    assert_eq!((other.status, other.json()["code"].clone()), (422, json!("other_body")));
    // Without an id the changes themselves are known.
    let again = service.post(None, after_death(1).as_bytes()).unwrap().json();
    assert_eq!((&again["accepted"], &again["duplicate"]), (&json!(0), &json!(2)));
    // A JSON array is a body, too.
    let array = format!("[{}]", after_death(3).trim_end().replace('\n', ","));
    assert_eq!(service.post(None, array.as_bytes()).unwrap().json()["accepted"], 2);
    // And so are objects over several lines; of an array that breaks off the rest is one change.
    let over_lines =
        |line| serde_json::to_string_pretty(&serde_json::from_str::<Value>(line).unwrap()).unwrap() + "\n";
    let pretty: String = after_death(4).lines().map(over_lines).collect();
    assert_eq!(service.post(None, pretty.as_bytes()).unwrap().json()["accepted"], 2);
    let broken = format!("[{},\n{{\"kind\":}},{{}}]", after_death(5).lines().next().unwrap());
    let answer = service.post(None, broken.as_bytes()).unwrap().json();
    assert_eq!(answer["accepted"], 1);
    assert_eq!(
        (&answer["rejected"][0]["line"], answer["rejected"].as_array().unwrap().len()),
        (&json!(2), 1)
    );
    let rejected = service.get("/v1/rejected").unwrap().json();
    assert_eq!(rejected["items"][0]["origin"], json!({"request": "r1", "line": 3}));
    assert_eq!(rejected["items"][0]["raw"], "nonsense");
}

#[test]
fn a_body_that_was_cut_off_goes_on_where_it_is_durable() {
    // More than a batch, all on one line.
    const CHANGES: usize = 25_000;
    let place = Place::new();
    let mut service = place.serve(None);
    let change = |nth: usize| {
        json!({"kind": "person", "psn_no": format!("P{nth}"), "gend": "1", "brdy": "1960-01-01"}).to_string()
    };
    let body = format!("[{}]", (0..CHANGES).map(change).collect::<Vec<_>>().join(","));
    let head = format!(
        "POST /v1/changes HTTP/1.1\r\nHost: test\r\nX-Request-Id: long\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(service.address).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&body.as_bytes()[..body.len() * 9 / 10]).unwrap();
    let begun = Instant::now();
    while service.counter("fundwatch_changes_accepted_total") == 0 {
        assert!(begun.elapsed() < PATIENCE, "{}", place.log());
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(stream);
    let before = service.counter("fundwatch_changes_accepted_total");
    assert!(before < CHANGES as u64);
    let answer = service.post(Some("long"), body.as_bytes()).unwrap().json();
    assert_eq!((&answer["accepted"], &answer["duplicate"]), (&json!(CHANGES), &json!(0)));
    assert_eq!(service.counter("fundwatch_changes_accepted_total"), CHANGES as u64);
    assert_eq!(service.terminate(), Some(0));
}

#[test]
fn alerts_are_asked_by_what_they_are_and_problems_are_documents() {
    let place = Place::new();
    let service = place.serve(None);
    let all: String = (0..5).map(after_death).collect();
    service.post(None, all.as_bytes()).unwrap();
    let of = |query: &str| service.get(&format!("/v1/alerts?{query}")).unwrap().json();
    assert_eq!(of("rule=A01")["items"].as_array().unwrap().len(), 5);
    assert_eq!(of("rule=A02")["items"], json!([]));
    assert_eq!(of("fixmedins_code=H1&limit=2")["items"].as_array().unwrap().len(), 2);
    let (first, next) = (of("limit=3"), of("limit=3")["next"].as_str().unwrap().to_owned());
    let second = of(&format!("limit=3&after={next}"));
    assert_eq!((first["items"].as_array().unwrap().len(), second["items"].as_array().unwrap().len()), (3, 2));
    assert_eq!(second["next"], Value::Null);
    let id = first["items"][0]["alert_id"].as_str().unwrap();
    assert_eq!(service.get(&format!("/v1/alerts/{id}")).unwrap().json(), first["items"][0]);
    assert_eq!(service.get("/v1/coverage").unwrap().json()["A01"]["found"], 5);
    for (path, status, code) in [
        ("/v1/alerts/none", 404, "not_found"),
        ("/v1/nothing", 404, "not_found"),
        ("/v1/alerts?limit=0", 400, "bad_request"),
        ("/v1/alerts?limit=many", 400, "bad_request"),
        ("/v1/alerts?colour=red", 400, "bad_request"),
        ("/v1/feed?after=soon", 400, "bad_request"),
        ("/v1/changes", 405, "method_not_allowed"),
    ] {
        let answer = service.get(path).unwrap();
        assert_eq!((answer.status, answer.json()["code"].clone()), (status, json!(code)), "{path}");
    }
}

#[test]
fn the_feed_goes_on_where_a_reader_left_it() {
    let place = Place::new();
    let mut service = place.serve(None);
    service.post(None, after_death(1).as_bytes()).unwrap();
    service.post(None, after_death(2).as_bytes()).unwrap();
    let all = service.events(0, 2);
    assert_eq!(service.events(all[0].0, 1), all[1..]);
    // Also over a restart, and the next event is the next number.
    assert_eq!(service.terminate(), Some(0));
    service = place.serve(None);
    assert_eq!(service.events(0, 2), all);
    let withdrawn = r#"{"kind": "person_fact", "op": "del", "rev": 2, "fact_id": "F1"}"#;
    service.post(None, withdrawn.as_bytes()).unwrap();
    let next = service.events(2, 1).remove(0);
    assert_eq!((next.0, next.1["event"].as_str()), (3, Some("withdrawn")));
    assert_eq!(next.1["cause"], json!([{"kind": "person_fact", "key": "F1", "rev": 2}]));
    assert_eq!(service.alerts().len(), 1);
}

#[test]
fn rules_that_changed_meanwhile_are_stated_as_events() {
    let place = Place::new();
    let mut service = place.serve(None);
    service.post(None, after_death(1).as_bytes()).unwrap();
    assert_eq!(service.alerts().len(), 1);
    assert_eq!(service.terminate(), Some(0));
    // The same bank without the rule of the dead.
    let bank = place.path("bank");
    copy_built_in(&bank);
    let rule = bank.join("rules/extended/care_after_death.toml");
    bend(&rule, "status   = \"active\"", "status   = \"retired\"");
    let service = place.serve(Some(&bank));
    assert_eq!(service.alerts().len(), 0, "{}", place.log());
    let (_, event) = service.events(1, 1).remove(0);
    assert_eq!((event["event"].as_str(), &event["cause"][0]["kind"]), (Some("withdrawn"), &json!("rule")));
}

#[test]
fn a_folder_is_one_service_s() {
    let place = Place::new();
    let _service = place.serve(None);
    let mut second = place.begin(None, &[]);
    assert_eq!(second.child.wait().unwrap().code(), Some(3));
    assert!(place.log().contains("is in use by another process"), "{}", place.log());
}

#[test]
fn files_of_the_watched_folder_are_taken_once() {
    let place = Place::new();
    let inbox = place.path("data/inbox");
    fs::create_dir_all(inbox.join("visit.csv")).unwrap();
    // A part in a folder, as exporters write it: the folder tells the kind, the header is in capitals.
    fs::write(
        inbox.join("visit.csv/part-0.csv"),
        "MDTRT_ID;PSN_NO;FIXMEDINS_CODE;MED_TYPE;BEGNTIME\nV1;P1\u{3000};H1;11;2025/3/1 9:00\nV2;P1;H1\n",
    )
    .unwrap();
    fs::write(inbox.join("facts.ndjson"), after_death(1).lines().next().unwrap()).unwrap();
    fs::write(inbox.join("more.ndjson.part"), after_death(9)).unwrap();
    let mut service = place.serve(None);
    let begun = Instant::now();
    while service.alerts().is_empty() {
        assert!(begun.elapsed() < PATIENCE, "{}", place.log());
        std::thread::sleep(Duration::from_millis(100));
    }
    let rejected = service.get("/v1/rejected").unwrap().json();
    assert_eq!(rejected["items"][0]["origin"], json!({"file": "inbox/visit.csv/part-0.csv", "line": 3}));
    assert_eq!(service.terminate(), Some(0));
    service = place.serve(None);
    fs::rename(inbox.join("more.ndjson.part"), inbox.join("more.ndjson")).unwrap();
    while service.alerts().len() < 2 {
        assert!(begun.elapsed() < PATIENCE, "{}", place.log());
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(service.counter("fundwatch_changes_accepted_total"), 2, "the other files were taken before");
    assert_eq!(service.counter("fundwatch_changes_duplicate_total"), 0);
}
