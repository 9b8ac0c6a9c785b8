//! Alerts that stand and are in no feed: those beyond the budget of their rule, which wait for their turn, and those of
//! shadow rules, until somebody makes them active. Neither a crash nor another day loses, doubles or feeds one too early.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[expect(dead_code, reason = "not all of it is this test's")]
#[path = "support/banks.rs"]
mod banks;
#[expect(dead_code, reason = "not all of it is this test's")]
#[path = "support/program.rs"]
mod program;
#[expect(dead_code, reason = "not all of it is this test's")]
#[path = "support/service.rs"]
mod service;

use banks::{bend, copy_built_in};
use program::fundwatch;
use serde_json::{Value, json};
use service::{PATIENCE, Service, fold, free_port, start};

/// Seconds of a day.
const DAY: i64 = 86_400;

/// A sale of one pack with a trace code.
fn sale(id: &str, code: usize, price: usize, day: usize, rev: u64) -> Value {
    json!({
        "kind": "dispensing", "sel_id": id, "rev": rev, "move": "sale", "fixmedins_code": "P99010100001",
        "med_list_codg": "XA01", "cnt": "1", "sel_time": format!("2025-03-{day:02} 09:00:00"),
        "finl_trns_pric": format!("{price}.00"), "mdtrt_setl_type": "1", "psn_no": format!("PSN-{id}"),
        "trace_codes": [format!("8134000000000000{code:04}")],
    })
}

/// Two sales of one trace code: an alert of T01 over the price of the second.
fn twice(code: usize, price: usize) -> [Value; 2] {
    [sale(&format!("S{code}-1"), code, price, 1, 1), sale(&format!("S{code}-2"), code, price, 2, 1)]
}

fn body(changes: impl IntoIterator<Item = Value>) -> Vec<u8> {
    changes.into_iter().fold(Vec::new(), |mut body, change| {
        body.extend(change.to_string().into_bytes());
        body.push(b'\n');
        body
    })
}

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

    /// Starts the service of this place with these lines in its configuration.
    fn serve(&self, lines: &str) -> Service {
        let config = self.path("fundwatch.toml");
        fs::write(&config, format!("data = {:?}\n{lines}\n", self.path("data"))).unwrap();
        let args = ["--config", config.to_str().unwrap()];
        let mut service = start(&args, free_port(), &self.path("log"), &[]);
        assert!(service.is_ready(), "{}", fs::read_to_string(self.path("log")).unwrap());
        service
    }
}

fn kill(mut service: Service) {
    service.child.kill().unwrap();
    service.child.wait().unwrap();
}

/// Amounts of the alerts in a state, by id.
fn amounts(service: &Service, state: &str) -> Vec<String> {
    let page = service.get(&format!("/v1/alerts?state={state}&sort=amount")).unwrap().json();
    let items = page["items"].as_array().unwrap();
    items.iter().map(|alert| alert["amount"].as_str().unwrap().to_owned()).collect()
}

/// The amounts of a rule's queue, in the order of their turn; that page by page they are the same is asked for too.
fn queue(service: &Service, rule: &str) -> Vec<String> {
    let whole = service.get(&format!("/v1/rules/{rule}/queue")).unwrap().json();
    let (mut items, mut after) = (Vec::new(), String::new());
    loop {
        let page = service.get(&format!("/v1/rules/{rule}/queue?limit=2{after}")).unwrap().json();
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(whole["items"], json!(items));
    assert_eq!(whole["held"], items.len());
    items.iter().map(|item| item["alert"]["amount"].as_str().unwrap().to_owned()).collect()
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// How many alerts of a rule are held.
fn held(service: &Service, rule: &str) -> u64 {
    service.get(&format!("/v1/rules/{rule}/queue?limit=1")).unwrap().json()["held"].as_u64().unwrap()
}

fn gauge(service: &Service, name: &str, rule: &str) -> Option<String> {
    let begins = format!("{name}{{rule=\"{rule}\"}} ");
    service.metrics().lines().find_map(|line| line.strip_prefix(&begins).map(str::to_owned))
}

/// What the events of the feed come to is what stands.
fn feed_is_what_stands(service: &Service, events: usize) {
    assert_eq!(service.counter("fundwatch_sequence"), events as u64);
    let events = service.events(0, events);
    assert!((1..).zip(&events).all(|(nth, (sequence, _))| nth == *sequence), "a sequence is left out");
    assert_eq!(fold(events.iter().map(|(_, event)| event)), service.alerts());
}

#[test]
fn alerts_beyond_the_budget_wait_for_their_turn() {
    let place = Place::new();
    let today = "[alerts]\nbudget = 3";
    let service = place.serve(today);
    // Ten alerts of 11 to 20 yuan in one tick: those of the most money are fed.
    let ten = body((1..=10).flat_map(|code| twice(code, 10 + code)));
    assert_eq!(service.post(Some("ten"), &ten).unwrap().status, 202);
    assert_eq!(amounts(&service, "standing"), ["20.00", "19.00", "18.00"]);
    let waiting: Vec<String> = (11..=17).rev().map(|yuan| format!("{yuan}.00")).collect();
    assert_eq!(amounts(&service, "held"), waiting);
    assert_eq!(queue(&service, "T01"), waiting);
    assert_eq!(amounts(&service, "any").len(), 10);
    feed_is_what_stands(&service, 3);
    let of_rule = |service: &Service| {
        ["fundwatch_alerts", "fundwatch_alerts_held"].map(|name| gauge(service, name, "T01").unwrap())
    };
    assert_eq!(of_rule(&service), ["3", "7"]);
    let page = service.get("/v1/rules/T01/queue?limit=1").unwrap().json();
    assert_eq!((&page["budget"], &page["fed"], &page["held"]), (&json!(3), &json!(3), &json!(7)));
    let alert_id = page["items"][0]["alert"]["alert_id"].as_str().unwrap().to_owned();
    assert_eq!(service.get("/v1/rules/Z99/queue").unwrap().status, 404);
    assert_eq!(service.get("/v1/rules/T01/queue?after=x").unwrap().status, 400);

    // What is held changes where it is, and leaves silently.
    let dearer = body([sale("S1-2", 1, 30, 2, 2), sale("S1-1", 1, 30, 1, 2)]);
    assert_eq!(service.post(None, &dearer).unwrap().status, 202);
    let gone = body([json!({"kind": "dispensing", "op": "del", "sel_id": "S2-2", "rev": 2})]);
    assert_eq!(service.post(None, &gone).unwrap().status, 202);
    let mut waiting = ["30.00", "17.00", "16.00", "15.00", "14.00", "13.00"].map(str::to_owned).to_vec();
    assert_eq!(queue(&service, "T01"), waiting);
    assert_eq!(amounts(&service, "withdrawn"), [""; 0]);
    feed_is_what_stands(&service, 3);

    // A crash neither feeds nor forgets one.
    kill(service);
    let service = place.serve(today);
    assert_eq!((queue(&service, "T01"), of_rule(&service)), (waiting.clone(), ["3", "6"].map(str::to_owned)));
    feed_is_what_stands(&service, 3);

    // On another day the next three are fed, once.
    kill(service);
    let tomorrow = format!("{today}\n[clock]\nahead_seconds = {DAY}");
    let service = place.serve(&tomorrow);
    wait_until("the next three are fed", || held(&service, "T01") == 3);
    let late = waiting.split_off(3);
    assert_eq!(queue(&service, "T01"), late);
    feed_is_what_stands(&service, 6);
    let history = service.get(&format!("/v1/alerts/{alert_id}/history")).unwrap().json();
    let events: Vec<(&Value, &str)> = history["revisions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|of| (&of["sequence"], of["event"].as_str().unwrap()))
        .collect();
    assert_eq!(events.len(), 3, "{history}");
    assert!(events[0].0.is_null() && events[2].0.is_u64(), "{history}");
    assert_eq!([events[0].1, events[1].1, events[2].1], ["raised", "released", "raised"]);
    let cause = &history["revisions"][2]["cause"];
    assert_eq!(cause, &history["revisions"][0]["cause"]);
    assert_eq!(cause[0]["kind"], "dispensing");
    kill(service);
    let service = place.serve(&tomorrow);
    assert_eq!(queue(&service, "T01"), late);
    // New ones wait as well; a withdrawn one gives no room.
    let gone = body([json!({"kind": "dispensing", "op": "del", "sel_id": "S10-2", "rev": 2})]);
    assert_eq!(service.post(None, &gone).unwrap().status, 202);
    assert_eq!(service.post(None, &body(twice(11, 99))).unwrap().status, 202);
    assert_eq!(queue(&service, "T01").len(), 4);
    feed_is_what_stands(&service, 7);

    // Without a budget nothing waits.
    kill(service);
    let service = place.serve("");
    wait_until("all are fed", || held(&service, "T01") == 0);
    feed_is_what_stands(&service, 11);
    assert_eq!(of_rule(&service), ["9", "0"]);
}

/// The built-in rules in a folder, one of them bent.
fn bank(at: &Path, file: &str, from: &str, to: &str) {
    copy_built_in(at);
    bend(&at.join("rules").join(file), from, to);
}

fn rules(service: &Service, at: &Path, args: &[&str]) -> String {
    let url = format!("http://{}", service.address);
    let mut all = vec!["rules"];
    all.extend(args);
    all.extend(["--at", &url]);
    let done = fundwatch(at, &all);
    assert_eq!(done.code, Some(0), "{done:?}");
    done.out
}

/// A person approves what another proposed; waits until it is in force.
fn approve(service: &Service, at: &Path, proposed: &str) {
    let bank = proposed.split(&[' ', ','][..]).nth(1).unwrap();
    rules(service, at, &["approve", bank, "--by", "Wang"]);
    wait_until("the bank is in force", || {
        service.get("/v1/bank/candidate").unwrap().json()["stage"] == "in_force"
    });
}

#[test]
fn a_shadow_rule_is_judged_and_stored_and_fed_when_it_is_promoted() {
    let place = Place::new();
    let at = place.folder.path();
    bank(&place.path("bank"), FILE, "\"active\"", "\"shadow\"\nalert_budget = 4");
    let config = format!("rules = {:?}", place.path("bank"));
    let service = place.serve(&config);
    let five = body((1..=5).flat_map(|code| twice(code, 10 + code)));
    assert_eq!(service.post(None, &five).unwrap().status, 202);
    // An alert of an active rule beside: three packs and one trace code.
    let mut three = sale("N1", 50, 7, 3, 1);
    three["cnt"] = json!("3");
    assert_eq!(service.post(None, &body([three])).unwrap().status, 202);
    let found = ["15.00", "14.00", "13.00", "12.00", "11.00"].map(str::to_owned);
    let stands = |service: &Service, shadow: &[String]| {
        assert_eq!(amounts(service, "shadow"), shadow);
        let fed = service.alerts();
        assert!(fed.len() == 1 && fed.values().all(|alert| alert["rule"] == "T04"), "{fed:?}");
        assert_eq!(gauge(service, "fundwatch_alerts_shadow", "T01"), Some(shadow.len().to_string()));
        assert_eq!(gauge(service, "fundwatch_alerts", "T01"), None);
        assert!(!service.get("/v1/coverage").unwrap().json().as_object().unwrap().contains_key("T01"));
        feed_is_what_stands(service, 1);
    };
    stands(&service, &found);
    kill(service);
    let service = place.serve(&config);
    stands(&service, &found);
    // It goes on being judged after a crash.
    let gone = body([json!({"kind": "dispensing", "op": "del", "sel_id": "S5-1", "rev": 2})]);
    assert_eq!(service.post(None, &gone).unwrap().status, 202);
    stands(&service, &found[1..]);
    assert_eq!(service.post(None, &body(twice(6, 16))).unwrap().status, 202);

    // Promoted, it feeds as much as its budget has.
    let proposed = rules(&service, at, &["promote", "T01", "--by", "Li"]);
    assert!(proposed.contains("T01          5"), "{proposed}");
    assert!(proposed.contains("T01 as a shadow rule: 0 findings added, 5 withdrawn"), "{proposed}");
    approve(&service, at, &proposed);
    wait_until("its alerts are fed", || amounts(&service, "shadow").is_empty());
    assert_eq!(queue(&service, "T01"), ["11.00"]);
    let fed: Vec<String> = amounts(&service, "standing").into_iter().filter(|of| of != "0.00").collect();
    assert_eq!(fed, ["16.00", "14.00", "13.00", "12.00"]);
    feed_is_what_stands(&service, 5);
    let raised = service.events(1, 4);
    for (_, event) in &raised {
        assert_eq!(
            (&event["event"], &event["cause"][0]["key"]),
            (&json!("raised"), &json!("T01")),
            "{event}"
        );
    }
    assert_eq!(gauge(&service, "fundwatch_alerts", "T01").as_deref(), Some("4"));
    assert_eq!(gauge(&service, "fundwatch_alerts_shadow", "T01").as_deref(), Some("0"));
    kill(service);
    let service = place.serve(&config);
    assert_eq!(queue(&service, "T01"), ["11.00"]);
    feed_is_what_stands(&service, 5);

    // A bank with a larger budget comes into force: what waits is fed without a change of records.
    bank(&place.path("larger"), FILE, "status   = \"active\"", "status   = \"active\"\nalert_budget = 9");
    let proposed = rules(&service, at, &["apply", place.path("larger").to_str().unwrap(), "--by", "Li"]);
    assert!(proposed.contains("no alert differs"), "{proposed}");
    approve(&service, at, &proposed);
    wait_until("what waited is fed", || held(&service, "T01") == 0);
    feed_is_what_stands(&service, 6);

    // And back into the shadow: its alerts leave the feed, and stay to be looked at.
    let proposed = rules(&service, at, &["apply", place.path("bank").to_str().unwrap(), "--by", "Li"]);
    approve(&service, at, &proposed);
    wait_until("its alerts are shadow alerts again", || amounts(&service, "shadow").len() == 5);
    assert_eq!(service.alerts().len(), 1);
    feed_is_what_stands(&service, 11);
}

/// Where the built-in rule T01 stands.
const FILE: &str = "extended/trace_code_twice.toml";
