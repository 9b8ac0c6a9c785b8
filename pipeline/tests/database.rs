//! The database as its users meet it: what it holds is what the feed told, through crashes of either side.
//!
//! What is tried on PostgreSQL needs Debian's postgresql; where it is missing the tests say so and pass, unless
//! `FUNDWATCH_POSTGRESQL=required`. `FUNDWATCH_KILLS=100` kills the service more often than the gate does.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

#[path = "support/postgresql.rs"]
mod postgresql;
#[path = "support/program.rs"]
mod program;
#[path = "database/restore.rs"]
mod restore;
#[path = "support/service.rs"]
mod service;
#[path = "support/sql.rs"]
mod sql;
#[path = "database/trail.rs"]
mod trail;

use postgresql::Server;
use program::fundwatch;
use records::splitmix::SplitMix64;
use serde_json::{Value, json};
use service::{Answer, PATIENCE, Service, fold, free_port, start};
use synth::{Recipe, Schemes};

/// A folder with a service's configuration and state.
struct Place {
    folder: tempfile::TempDir,
    url: Option<String>,
}

impl Place {
    fn new(url: Option<String>) -> Place {
        Place { folder: tempfile::tempdir().unwrap(), url }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn config(&self, data: &str) -> PathBuf {
        let rules = self.path("region/rules");
        let rules = if rules.exists() { format!("rules = {rules:?}\n") } else { String::new() };
        let database =
            self.url.as_ref().map_or_else(String::new, |url| format!("[database]\nurl = {url:?}\n"));
        let path = self.path(&format!("{data}.toml"));
        fs::write(&path, format!("{rules}data = {:?}\n{database}", self.path(data))).unwrap();
        path
    }

    fn begin(&self, data: &str, envs: &[(&str, &str)]) -> Service {
        let config = self.config(data);
        start(&["--config", config.to_str().unwrap()], free_port(), &self.path("log"), envs)
    }

    fn serve(&self) -> Service {
        let mut service = self.begin("data", &[]);
        assert!(service.is_ready(), "it ended: {}", self.log());
        service
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// A made-up region: its changes in requests, with corrections: some records are withdrawn and sent again.
    fn requests(&self, seed: u64, visits: u64) -> Vec<Vec<u8>> {
        let folder = self.path("region");
        let recipe = Recipe { seed, visits, months: 1, schemes: Schemes::All, strength: 1.0 };
        synth::write(&recipe, &folder, &mut |_| {}).unwrap();
        let lines = fs::read(folder.join("records/changes.ndjson")).unwrap();
        let lines: Vec<&[u8]> = lines.split_inclusive(|byte| *byte == b'\n').collect();
        let mut random = SplitMix64::seeded(seed);
        let mut requests = Vec::new();
        for some in lines.chunks(60) {
            let mut request: Vec<u8> = some.concat();
            for line in some {
                let put: Value = serde_json::from_slice(line).unwrap();
                if put["kind"] == "visit" && random.below(4) == 0 {
                    let rev = |more: u64| put["rev"].as_u64().unwrap_or(0) + more;
                    let del =
                        json!({"kind": "visit", "op": "del", "rev": rev(1), "mdtrt_id": put["mdtrt_id"]});
                    let mut again = put.clone();
                    again["rev"] = json!(rev(2));
                    requests.push(format!("{del}\n").into_bytes());
                    if random.below(2) == 0 {
                        request.extend_from_slice(format!("{again}\n").as_bytes());
                    }
                }
            }
            // The withdrawal comes between two requests, and may come before what it withdraws.
            requests.insert(requests.len().saturating_sub(1), request);
        }
        requests
    }
}

/// A death of a person, and visits long after it: an alert each.
fn after_death(person: &str, visits: std::ops::Range<u32>) -> String {
    let death = json!({"kind": "person_fact", "rev": 1, "fact_id": format!("F{person}"),
        "psn_no": person, "fact": "death", "begin": "2025-01-01"});
    let visit = |nth: u32| {
        json!({"kind": "visit", "rev": 1, "mdtrt_id": format!("V{person}-{nth}"), "psn_no": person,
            "fixmedins_code": "H1", "med_type": "11", "begntime": format!("2025-03-{:02} 09:00:00", nth % 28 + 1)})
    };
    visits.map(visit).fold(format!("{death}\n"), |text, visit| format!("{text}{visit}\n"))
}

/// An institution in a division.
fn hospital(rev: u32, admdvs: &str) -> String {
    json!({"kind": "institution", "rev": rev, "fixmedins_code": "H1", "fixmedins_name": "A", "fixmedins_type": "1",
        "hosp_lv": "05", "admdvs": admdvs, "valid_from": "2020-01-01"})
    .to_string()
}

fn ask(service: &Service, path: &str) -> Value {
    let answer = service.get(path).unwrap();
    assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
    answer.json()
}

/// All items of a paged route.
fn all(service: &Service, path: &str) -> Vec<Value> {
    let (mut items, mut after) = (Vec::new(), String::new());
    loop {
        let page = ask(service, &format!("{path}{after}"));
        items.extend(page["items"].as_array().unwrap().clone());
        after = match &page["next"] {
            Value::Null => return items,
            Value::String(next) => format!("&after={next}"),
            next => format!("&after={next}"),
        };
    }
}

fn send(service: &Service, path: &str, body: &str) -> Answer {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    service.ask(&head, body.as_bytes()).unwrap()
}

/// What the database holds is what the feed told: each event once, and the alerts that follow from them.
fn holds_what_the_feed_told(service: &Service) -> usize {
    let last = service.counter("fundwatch_sequence");
    let events = service.events(0, usize::try_from(last).unwrap());
    let standing = service.alerts();
    assert_eq!(standing, fold(events.iter().map(|(_, event)| event)));
    let ids: BTreeSet<String> =
        events.iter().map(|(_, event)| event["alert"]["alert_id"].as_str().unwrap().to_owned()).collect();
    let any = all(service, "/v1/alerts?state=any&limit=93");
    assert_eq!(
        any.iter().map(|of| of["alert_id"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>(),
        ids
    );
    let gone = events.iter().filter(|(_, event)| event["event"] == "withdrawn").count();
    assert!(gone > 5, "only {gone} alerts were withdrawn");
    let mut told: BTreeMap<u64, Value> = events.into_iter().collect();
    for id in &ids {
        let history = ask(service, &format!("/v1/alerts/{id}/history"));
        for of in history["revisions"].as_array().unwrap() {
            let event =
                json!({"event": of["event"], "tick": of["tick"], "cause": of["cause"], "alert": of["alert"]});
            assert_eq!(told.remove(&of["sequence"].as_u64().unwrap()), Some(event), "{id}");
        }
        assert_eq!(history["state"] == "standing", standing.contains_key(id));
    }
    assert!(told.is_empty(), "the database lacks {told:?}");
    ids.len()
}

/// Sends requests in order, and kills the service now and then while what they led to is written.
fn through_kills(place: &Place, kills: u64) {
    let requests = place.requests(5, 500);
    let every = (requests.len() as u64 / kills).max(1);
    let (mut random, mut killed) = (SplitMix64::seeded(23), 0_u64);
    let mut service = place.serve();
    for (nth, body) in requests.iter().enumerate() {
        let id = format!("request {nth}");
        let dies = (nth as u64).is_multiple_of(every) && killed < kills;
        if dies && killed % 3 == 0 {
            // Between a batch in the database and the next one.
            let _ = (service.child.kill(), service.child.wait());
            service = place.begin("data", &[("FUNDWATCH_FAIL_AT", "events projected")]);
        }
        let begun = Instant::now();
        while !service.post(Some(&id), body).is_ok_and(|answer| answer.status == 202) {
            assert!(begun.elapsed() < PATIENCE, "{id} is not answered: {}", place.log());
            if service.child.try_wait().unwrap().is_some() {
                service = place.begin("data", &[]);
                service.is_ready();
            }
        }
        if dies {
            killed += 1;
            std::thread::sleep(Duration::from_micros(random.below(30_000)));
            let _ = service.child.kill();
            let _ = service.child.wait();
            service = place.serve();
        }
    }
    assert!(holds_what_the_feed_told(&service) > 20);
    assert_eq!(killed, kills.min(requests.len() as u64));
    assert_eq!(service.terminate(), Some(0), "{}", place.log());
    assert!(!place.log().contains("panicked"), "{}", place.log());
}

fn kills() -> u64 {
    std::env::var("FUNDWATCH_KILLS").map_or(9, |kills| kills.parse().unwrap())
}

#[test]
fn kills_lose_nothing_and_double_nothing_in_sqlite() {
    through_kills(&Place::new(None), kills());
}

#[test]
fn kills_lose_nothing_and_double_nothing_in_postgresql() {
    let Some(server) = Server::start("kills") else { return };
    through_kills(&Place::new(Some(server.url())), kills());
}

#[test]
fn postgresql_may_go_and_come_back() {
    let Some(server) = Server::start("gone") else { return };
    let place = Place::new(Some(server.url()));
    let requests = place.requests(6, 400);
    let mut service = place.serve();
    let third = requests.len() / 3;
    for (nth, body) in requests.iter().enumerate() {
        if nth == third {
            server.crash();
        }
        if nth == 2 * third {
            // It is said what is wrong, and only who asks the database is told.
            let begun = Instant::now();
            let refused = loop {
                let answer = service.get("/v1/alerts").unwrap();
                if answer.status != 200 || begun.elapsed() > PATIENCE {
                    break answer;
                }
            };
            assert_eq!((refused.status, &refused.json()["code"]), (503, &json!("unavailable")));
            assert!(refused.json()["detail"].as_str().unwrap().contains("database"), "{}", refused.json());
            assert_eq!(service.get("/health/ready").unwrap().status, 200);
            server.begin();
        }
        assert_eq!(service.post(None, body).unwrap().status, 202);
    }
    let begun = Instant::now();
    while service.get("/v1/alerts").unwrap().status != 200 {
        assert!(begun.elapsed() < PATIENCE, "{}", place.log());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(holds_what_the_feed_told(&service) > 20);
    assert!(place.log().contains("it is tried again"), "{}", place.log());
    // Another state may not write where this one writes.
    let mut other = place.begin("other", &[]);
    assert!(!other.is_ready());
    assert_eq!(other.child.wait().unwrap().code(), Some(3));
    assert!(place.log().contains("another state"), "{}", place.log());
    assert_eq!(service.terminate(), Some(0));
}

#[test]
fn what_was_answered_is_found_at_once() {
    let place = Place::new(None);
    let service = place.serve();
    for nth in 1..=40 {
        let body = after_death(&format!("P{nth}"), 0..2);
        assert_eq!(service.post(None, format!("{body}nonsense\n").as_bytes()).unwrap().status, 202);
        let page = ask(&service, "/v1/alerts?limit=1&total=true");
        assert_eq!(page["total"], 2 * nth);
        assert_eq!(all(&service, "/v1/rejected?limit=1000").len(), nth);
    }
    // Alerts move with their institution, as soon as that has been told.
    for (rev, admdvs) in (1..).zip(["340100", "340200"]) {
        assert_eq!(service.post(None, hospital(rev, admdvs).as_bytes()).unwrap().json()["accepted"], 1);
        let count = |digits: &str| {
            ask(&service, &format!("/v1/alerts?total=true&division={digits}"))["total"].clone()
        };
        assert_eq!((count("34"), count(admdvs)), (json!(80), json!(80)));
        assert_eq!(count(if rev == 1 { "3402" } else { "3401" }), 0);
    }
    let rejected = all(&service, "/v1/rejected?code=not_json&origin=request&limit=7");
    assert_eq!(rejected.len(), 40);
    assert_eq!((&rejected[0]["raw"], &rejected[0]["origin"]["line"]), (&json!("nonsense"), &json!(4)));
    assert!(all(&service, "/v1/rejected?origin=file&limit=7").is_empty());
}

#[test]
fn a_dead_man_is_one_incident_and_what_is_decided_of_him_stays() {
    let place = Place::new(None);
    let mut service = place.serve();
    let body = format!("{}{}", after_death("P1", 0..48), after_death("P2", 0..1));
    assert_eq!(service.post(None, body.as_bytes()).unwrap().status, 202);
    let incidents = all(&service, "/v1/incidents?limit=1");
    assert_eq!(incidents.len(), 2);
    let dead = incidents.iter().find(|of| of["person"] == "P1").unwrap();
    assert_eq!(
        (&dead["count"], &dead["person_kind"], &dead["state"]),
        (&json!(48), &json!("person"), &json!("standing"))
    );
    assert_eq!(
        (&dead["first_occurred"], &dead["fixmedins_code"]),
        (&json!("2025-03-01 09:00:00"), &json!("H1"))
    );
    let id = dead["incident_id"].as_str().unwrap();
    assert_eq!(all(&service, &format!("/v1/alerts?incident={id}&limit=7")).len(), 48);
    assert_eq!(ask(&service, &format!("/v1/incidents/{id}")), *dead);
    assert_eq!(service.get("/v1/incidents/I-none").unwrap().status, 404);

    let alert = all(&service, &format!("/v1/alerts?incident={id}&limit=1000"))[0].clone();
    let at = format!("/v1/alerts/{}/dispositions", alert["alert_id"].as_str().unwrap());
    for bad in [
        "",
        "{}",
        r#"{"decision":"burnt","by":"x"}"#,
        r#"{"decision":"confirmed","by":" "}"#,
        r#"{"decision":"confirmed","by":"x","amount":"1.234"}"#,
        r#"{"decision":"confirmed","by":"x","more":1}"#,
    ] {
        let refused = send(&service, &at, bad);
        assert_eq!((refused.status, &refused.json()["code"]), (400, &json!("bad_request")), "{bad}");
    }
    let long = json!({"decision": "confirmed", "by": "x", "reason": "x".repeat(100_000)}).to_string();
    assert_eq!(send(&service, &at, &long).status, 413);
    assert_eq!(
        send(&service, "/v1/alerts/none/dispositions", r#"{"decision":"reopened","by":"x"}"#).status,
        404
    );
    let first = send(&service, &at, r#"{"decision":"in_review","by":"李","reason":"asked the hospital"}"#);
    assert_eq!(first.status, 201);
    let second = send(&service, &at, r#"{"decision":"confirmed","by":"王","amount":"12.50"}"#);
    assert_eq!(
        (second.status, &second.json()["amount"], &second.json()["number"]),
        (201, &json!("12.50"), &json!(2))
    );
    let head = ask(&service, "/v1/audit/verify")["head"].clone();

    // The visit is withdrawn, and the service dies: the alert is found still, and what was decided of it.
    let visit = alert["key"].as_array().unwrap()[0].clone();
    let gone = json!({"kind": "visit", "op": "del", "rev": 2, "mdtrt_id": visit}).to_string();
    assert_eq!(service.post(None, gone.as_bytes()).unwrap().json()["accepted"], 1);
    let _ = service.child.kill();
    let _ = service.child.wait();
    let mut service = place.serve();
    let found = ask(&service, at.strip_suffix("/dispositions").unwrap());
    assert_eq!((&found["state"], &found["amount"]), (&json!("withdrawn"), &alert["amount"]));
    assert_eq!(ask(&service, &format!("/v1/incidents/{id}?state=withdrawn"))["count"], 1);
    assert_eq!(ask(&service, &at)["items"], json!([first.json(), second.json()]));
    let trail = all(&service, "/v1/audit?operation=dispositions.write&limit=1");
    let done: Vec<&Value> = trail.iter().filter(|row| row["outcome"] == "done").collect();
    assert_eq!(done.iter().map(|row| row["who"].as_str().unwrap()).collect::<Vec<_>>(), ["李", "王"]);
    let of = |anchor: &str| ask(&service, &format!("/v1/audit/verify{anchor}"));
    // What was refused is in it too: allowed and failed for each.
    let rows = head["number"].as_u64().unwrap();
    assert!(rows > 18, "{rows}");
    let noted = format!("?number={rows}&hash={}", head["hash"].as_str().unwrap());
    assert_eq!((&of(&noted)["whole"], &of("")["rows"]), (&json!(true), &json!(rows)));
    let cut = of(&noted.replace(&format!("number={rows}"), &format!("number={}", rows + 1)));
    assert_eq!((&cut["whole"], &cut["fault"]["number"]), (&json!(false), &json!(rows + 1)));
    let rules = all(&service, "/v1/rules?limit=1000");
    assert!(rules.len() > 50 && rules.iter().all(|of| of["bank"].as_str().unwrap().len() == 64));
    assert_eq!(service.terminate(), Some(0));
}

#[test]
fn what_is_asked_wrongly_is_said() {
    let place = Place::new(None);
    let service = place.serve();
    for path in [
        "/v1/alerts?colour=red",
        "/v1/alerts?limit=0",
        "/v1/alerts?limit=1001",
        "/v1/alerts?state=gone",
        "/v1/alerts?sort=luck",
        "/v1/alerts?sort=amount&after=zz",
        "/v1/alerts?occurred_from=yesterday",
        "/v1/alerts?amount_min=1.234",
        "/v1/alerts?division=34x",
        "/v1/alerts?total=maybe",
        "/v1/incidents?sort=amount",
        "/v1/rejected?after=x",
        "/v1/rejected?origin=sky",
        "/v1/audit/verify?number=1",
        "/v1/rules?limit=x",
    ] {
        let refused = service.get(path).unwrap();
        assert_eq!((refused.status, &refused.json()["code"]), (400, &json!("bad_request")), "{path}");
    }
    assert_eq!(service.get("/v1/alerts/none/history").unwrap().status, 404);
    assert_eq!(service.get("/v1/alerts?rule=%00&fixmedins_code=%27%20OR%201=1--").unwrap().status, 200);
    // Every operation of the document is there, and the document is the one that is checked in.
    let document = ask(&service, "/v1/openapi.json");
    for (path, operations) in document["paths"].as_object().unwrap() {
        let path = path.replace("{alert_id}", "none").replace("{incident_id}", "none");
        for method in operations.as_object().unwrap().keys().map(|method| method.to_uppercase()) {
            if path == "/v1/feed" {
                continue;
            }
            let head = format!(
                "{method} {path} HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            );
            let answer = service.ask(&head, b"").unwrap();
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            assert!(
                answer.status != 405 && !text.contains("no address of this service"),
                "{method} {path}: {text}"
            );
        }
    }
}

#[test]
fn a_database_that_cannot_be_used_is_looked_at_and_its_password_is_not_told() {
    let place = Place::new(Some("postgres://u@127.0.0.1:1/d".to_owned()));
    let config = place.config("data");
    let password = place.path("password");
    fs::write(&password, "s3cret\n").unwrap();
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("{text}password_file = {password:?}\n")).unwrap();
    let config = config.to_str().unwrap();
    let checked = fundwatch(place.folder.path(), &["config", "check", config]);
    assert!(checked.out.contains("database postgres://u@127.0.0.1:1/d"), "{checked:?}");
    let looked = fundwatch(place.folder.path(), &["doctor", "--config", config]);
    assert!(
        looked.out.contains("no  database") && looked.out.contains("postgres://u@127.0.0.1:1/d"),
        "{looked:?}"
    );
    // The service takes changes nevertheless.
    let mut service = start(&["--config", config], free_port(), &place.path("log"), &[]);
    assert!(service.is_ready(), "{}", place.log());
    assert_eq!(service.post(None, after_death("P1", 0..1).as_bytes()).unwrap().status, 202);
    assert_eq!(service.get("/v1/alerts").unwrap().status, 503);
    assert_eq!(service.terminate(), Some(0));
    for told in [&checked.out, &looked.out, &place.log()] {
        assert!(!told.contains("s3cret"), "{told}");
    }
}
