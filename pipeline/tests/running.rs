//! What is done with a service while it runs: another bank comes into force, and the state is copied.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

#[expect(dead_code, reason = "not all of it is this test's")]
#[path = "support/banks.rs"]
mod banks;
#[expect(dead_code, reason = "not all of it is this test's")]
#[path = "support/program.rs"]
mod program;
#[expect(dead_code, reason = "not all of it is this test's")]
#[path = "support/service.rs"]
mod service;

use banks::{bent, copy};
use program::fundwatch;
use serde_json::Value;
use service::{PATIENCE, Service, fold, free_port, start};
use synth::{Recipe, Schemes};

fn serve(at: &Path, data: &str, rules: &Path) -> Service {
    let data = at.join(data);
    let args = ["--data", data.to_str().unwrap(), "--rules", rules.to_str().unwrap()];
    let mut service = start(&args, free_port(), &at.join("log"), &[]);
    assert!(service.is_ready(), "{}", fs::read_to_string(at.join("log")).unwrap());
    service
}

/// The changes of a region, and its bank.
fn region(at: &Path) -> (Vec<Vec<u8>>, PathBuf) {
    let folder = at.join("region");
    let recipe = Recipe { seed: 5, visits: 1_500, months: 2, schemes: Schemes::All, strength: 1.0 };
    synth::write(&recipe, &folder, &mut |_| {}).unwrap();
    let lines = fs::read(folder.join("records/changes.ndjson")).unwrap();
    let lines = lines.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    (lines, folder.join("rules"))
}

/// The alerts of a run over the region under a bank.
fn alerts_of_run(at: &Path, rules: &Path, out: &str) -> BTreeMap<String, Value> {
    let rules = rules.to_str().unwrap();
    let done = fundwatch(at, &["run", "region/records", "--rules", rules, "--out", out, "--quiet"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    let alerts = fs::read_to_string(at.join(out).join("alerts.ndjson")).unwrap();
    let alert = |line: &str| {
        let alert: Value = serde_json::from_str(line).unwrap();
        (alert["alert_id"].as_str().unwrap().to_owned(), alert)
    };
    alerts.lines().map(alert).collect()
}

fn wait_for(service: &Service, wanted: &BTreeMap<String, Value>) {
    let begun = Instant::now();
    while service.alerts() != *wanted {
        assert!(begun.elapsed() < PATIENCE, "the alerts do not become those of the run");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

fn folded(service: &Service) -> BTreeMap<String, Value> {
    let count = service.counter("fundwatch_sequence");
    let events = service.events(0, usize::try_from(count).unwrap());
    fold(events.iter().map(|(_, event)| event))
}

#[test]
fn another_bank_comes_into_force_while_changes_flow_and_stays_after_a_crash() {
    let place = tempfile::tempdir().unwrap();
    let at = place.path();
    let (lines, rules) = region(at);
    // A rule finds more, and another one is not there any more: its alerts go.
    let mine = bent(at, &rules, "persons = 3", "persons = 2");
    fs::remove_file(mine.join("rules/policy").join(policy_rule(&mine))).unwrap();
    let (before, after) = (alerts_of_run(at, &rules, "before"), alerts_of_run(at, &mine, "after"));
    assert_ne!(before, after, "the bank makes no difference here");

    let mut service = serve(at, "data", &rules);
    let url = format!("http://{}", service.address);
    let (first, rest) = lines.split_at(lines.len() / 2);
    assert_eq!(service.post(Some("first"), &first.concat()).unwrap().status, 202);
    let apply = ["rules", "apply", mine.to_str().unwrap(), "--by", "Li", "--at", &url];
    let done = fundwatch(at, &apply);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.out.contains("waits for another person"), "{done:?}");
    let bank = done.out.split(&[' ', ','][..]).nth(1).unwrap().to_owned();
    // What is shown is what `rules diff` would say of the changes that have come.
    fs::create_dir(at.join("half")).unwrap();
    fs::write(at.join("half/changes.ndjson"), first.concat()).unwrap();
    let diff =
        ["rules", "diff", rules.to_str().unwrap(), mine.to_str().unwrap(), "half", "--out", "d.ndjson"];
    assert_eq!(fundwatch(at, &diff).code, Some(0));
    let diff = fs::read_to_string(at.join("d.ndjson")).unwrap();
    let mut shown = Vec::new();
    let mut next = Some(0);
    while let Some(from) = next {
        let page =
            service.get(&format!("/v1/bank/candidate/difference?limit=7&after={from}")).unwrap().json();
        shown.extend(page["items"].as_array().unwrap().iter().cloned());
        next = page["next"].as_u64();
    }
    let diff: Vec<Value> = diff.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(shown, diff);
    assert!(!shown.is_empty());
    // Nothing has changed for anybody; another bank cannot be proposed, nor this one approved by the same person.
    assert_eq!(fundwatch(at, &apply).code, Some(2));
    let approve = |by: &str| fundwatch(at, &["rules", "approve", &bank[..10], "--by", by, "--at", &url]);
    assert_eq!(approve("Li").code, Some(2));
    std::thread::scope(|scope| {
        // Changes flow while it comes into force.
        let flowing = scope.spawn(|| {
            for (nth, some) in rest.chunks(200).enumerate() {
                assert_eq!(service.post(Some(&format!("r{nth}")), &some.concat()).unwrap().status, 202);
            }
        });
        let done = approve("Wang");
        assert!(done.code == Some(0) && done.out.contains("is in force"), "{done:?}");
        flowing.join().unwrap();
    });
    wait_for(&service, &after);
    assert_eq!(folded(&service), after);
    let versions = service.get("/v1/rules?limit=1000").unwrap().json();
    let of_bank = |line: &&Value| line["bank"] == bank.as_str() && line["approved_by"] == "Wang";
    assert!(versions["items"].as_array().unwrap().iter().any(|line| of_bank(&line)), "{versions}");
    let in_force = service.get("/v1/bank").unwrap().json();
    assert_eq!(in_force["in_force"]["bank"], bank.as_str());
    assert_eq!(in_force["in_force"]["approved_by"], "Wang");

    // It is in force after a crash, and nothing is stated anew.
    let sequence = service.counter("fundwatch_sequence");
    service.child.kill().unwrap();
    service.child.wait().unwrap();
    let service = serve(at, "data", &rules);
    assert_eq!(service.counter("fundwatch_sequence"), sequence);
    assert_eq!(service.get("/v1/bank").unwrap().json()["in_force"]["bank"], bank.as_str());
    wait_for(&service, &after);
}

#[test]
fn a_bank_that_was_taken_back_does_not_come_into_force_with_the_next() {
    let place = tempfile::tempdir().unwrap();
    let at = place.path();
    let (lines, rules) = region(at);
    let (first, next) = (bent(at, &rules, "persons = 3", "persons = 2"), at.join("next"));
    copy(&first, &next);
    fs::remove_file(next.join("rules/policy").join(policy_rule(&next))).unwrap();
    let service = serve(at, "data", &rules);
    assert_eq!(service.post(Some("all"), &lines.concat()).unwrap().status, 202);
    let url = format!("http://{}", service.address);
    let of_bank = |what: &[&str]| {
        let done = fundwatch(at, &[&["rules"], what, &["--at", &url]].concat());
        assert_eq!(done.code, Some(0), "{done:?}");
        done.out.split(&[' ', ','][..]).nth(1).unwrap().to_owned()
    };
    // Faster than whoever waits for a decision on the first looks.
    let withdrawn = of_bank(&["apply", first.to_str().unwrap(), "--by", "Li"]);
    of_bank(&["withdraw"]);
    let bank = of_bank(&["apply", next.to_str().unwrap(), "--by", "Li"]);
    assert_ne!(withdrawn, bank);
    of_bank(&["approve", &bank, "--by", "Wang"]);
    wait_for(&service, &alerts_of_run(at, &next, "out"));
    assert_eq!(service.get("/v1/bank").unwrap().json()["in_force"]["bank"], bank.as_str());
}

/// The file of the first policy rule.
fn policy_rule(bank: &Path) -> String {
    let files = fs::read_dir(bank.join("rules/policy")).unwrap();
    files.map(|entry| entry.unwrap().file_name().into_string().unwrap()).min().unwrap()
}

#[test]
fn a_state_that_is_copied_while_changes_flow_goes_on_in_another_place() {
    let place = tempfile::tempdir().unwrap();
    let at = place.path();
    let (lines, rules) = region(at);
    let wanted = alerts_of_run(at, &rules, "out");
    let service = serve(at, "data", &rules);
    let url = format!("http://{}", service.address);
    let flow = |service: &Service, from: usize, to: usize| {
        for nth in from..to {
            let some: Vec<u8> = lines.iter().skip(nth * 100).take(100).flatten().copied().collect();
            assert_eq!(service.post(Some(&format!("r{nth}")), &some).unwrap().status, 202);
        }
    };
    let parts = lines.len().div_ceil(100);
    flow(&service, 0, parts / 4);
    std::thread::scope(|scope| {
        let flowing = scope.spawn(|| flow(&service, parts / 4, parts / 2));
        let done = fundwatch(at, &["backup", "noon", "--at", &url]);
        assert_eq!(done.code, Some(0), "{done:?}");
        flowing.join().unwrap();
    });
    assert_eq!(fundwatch(at, &["backup", "noon", "--at", &url]).code, Some(2), "it is there already");
    drop(service);

    // On another machine: what came after the backup is sent again, and the rest with it.
    let restore = ["restore", "data/backups/noon", "--data", "elsewhere"];
    let done = fundwatch(at, &restore);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(fundwatch(at, &restore).code, Some(3), "there is a state already");
    let service = serve(at, "elsewhere", &rules);
    flow(&service, 0, parts);
    wait_for(&service, &wanted);
    assert_eq!(folded(&service), wanted);
}
