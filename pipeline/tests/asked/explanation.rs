//! Why an alert stands, as a running service says it.

use std::fs;

use detectors::detector::SPECS;
use reports::explain::gather;
use reports::run_folder::RunFolder;
use serde_json::{Value, json};
use synth::{Recipe, Schemes};
use wire::explanation::Explanation;

use super::program::fundwatch;
use super::{Place, sale, take};

const CODE: &str = "81340000000000000001";

/// Why an alert stands.
fn explained(service: &super::Service, alert_id: &str) -> Value {
    let answer = service.get(&format!("/v1/alerts/{alert_id}/explanation")).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// The same as text, in a language if one is asked for.
fn page(service: &super::Service, alert_id: &str, query: &str) -> String {
    let head = format!(
        "GET /v1/alerts/{alert_id}/explanation{query} HTTP/1.1\r\nHost: test\r\nAccept: text/plain\r\n\
         Connection: close\r\n\r\n"
    );
    let answer = service.ask(&head, b"").unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    String::from_utf8(answer.body).unwrap()
}

#[test]
fn a_correction_changes_what_is_said_and_so_does_a_withdrawal() {
    let place = Place::new();
    let service = place.serve();
    take(&service, &[sale("S-1", "H1", CODE), sale("S-2", "H1", CODE)]);
    let page_of = service.get("/v1/alerts?rule=T01").unwrap().json();
    let alert = page_of["items"][0].clone();
    let id = alert["alert_id"].as_str().unwrap().to_owned();
    let first = explained(&service, &id);
    assert_eq!((&first["state"], &first["alert"]["amount"]), (&json!("standing"), &json!("38.50")));
    let record = |told: &Value, key: &str| {
        let found = told["records"].as_array().unwrap().iter().find(|record| record["key"] == key).cloned();
        found.unwrap_or_else(|| panic!("no record {key}: {told}"))
    };
    assert_eq!(record(&first, "S-2")["fields"]["finl_trns_pric"], "38.5");
    let taken = |told: &Value| -> Vec<(String, String)> {
        let laid = told["money"]["laid"].as_array().unwrap();
        let of = |share: &Value, name: &str| share[name].as_str().unwrap().to_owned();
        laid.iter().map(|share| (of(share, "key"), of(share, "taken"))).collect()
    };
    assert_eq!(taken(&first), [("S-2".to_owned(), "38.50".to_owned())]);
    assert_eq!(first["history"].as_array().unwrap().len(), 1);
    assert!(first["rule"]["next_step"]["zh"].as_str().is_some_and(|text| !text.is_empty()), "{first}");

    let mut dearer = sale("S-2", "H1", CODE);
    (dearer["rev"], dearer["finl_trns_pric"]) = (json!(2), json!("40.00"));
    take(&service, &[dearer]);
    let second = explained(&service, &id);
    let corrected = record(&second, "S-2");
    assert_eq!((&corrected["rev"], &corrected["fields"]["finl_trns_pric"]), (&json!(2), &json!("40")));
    assert_eq!(second["alert"]["amount"], "40.00");
    assert_eq!(taken(&second), [("S-2".to_owned(), "40.00".to_owned())]);
    let events = |told: &Value| -> Vec<String> {
        let history = told["history"].as_array().unwrap().iter();
        history.map(|entry| entry["event"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(events(&second), ["raised", "changed"]);
    assert_eq!(second["history"][1]["cause"][0]["key"], "S-2");
    assert!(second["tick"].as_u64() > first["tick"].as_u64());

    // For people, in both languages.
    let chinese = page(&service, &id, "");
    let message = second["alert"]["message"]["zh"].as_str().unwrap();
    assert!(chinese.contains(message) && chinese.contains("下一步") && chinese.contains("成立"), "{chinese}");
    assert_eq!(page(&service, &id, "?lang=zh"), chinese);
    let english = page(&service, &id, "?lang=en");
    let message = second["alert"]["message"]["en"].as_str().unwrap();
    assert!(english.contains(message) && english.contains("The next step"), "{english}");

    take(&service, &[json!({"kind": "dispensing", "op": "del", "rev": 2, "sel_id": "S-1"})]);
    let third = explained(&service, &id);
    assert_eq!(
        (&third["state"], events(&third).last().unwrap().as_str()),
        (&json!("withdrawn"), "withdrawn")
    );
    assert_eq!(
        (&third["records"], &third["money"], &third["values"]),
        (&json!([]), &Value::Null, &json!({}))
    );
    assert_eq!(third["rule"], second["rule"]);
    assert!(page(&service, &id, "?lang=en").contains("withdrawn"));

    for (path, status, code) in [
        ("T01-00000000000000000000000000000000/explanation".to_owned(), 404, "not_found"),
        (format!("{id}/explanation?lang=fr"), 400, "bad_request"),
        (format!("{id}/explanation?language=en"), 400, "bad_request"),
    ] {
        let answer = service.get(&format!("/v1/alerts/{path}")).unwrap();
        assert_eq!((answer.status, answer.json()["code"].as_str()), (status, Some(code)), "{path}");
    }
}

#[test]
fn a_service_says_of_every_alert_what_a_run_over_the_same_records_says() {
    let place = Place::new();
    let at = place.folder.path();
    let recipe = Recipe { seed: 7, visits: 1_500, months: 2, schemes: Schemes::All, strength: 1.0 };
    synth::write(&recipe, &at.join("region"), &mut |_| {}).unwrap();
    let done =
        fundwatch(at, &["run", "region/records", "--rules", "region/rules", "--out", "out", "--quiet"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    let run = RunFolder::open(&at.join("out"), SPECS).unwrap();
    let rules = at.join("region/rules");
    let service = place.serve_with(&["--rules", rules.to_str().unwrap()]);
    let changes = fs::read(at.join("region/records/changes.ndjson")).unwrap();
    assert_eq!(service.post(None, &changes).unwrap().status, 202);
    // What models find comes when it is quiet.
    let wanted = fs::read_to_string(at.join("out/alerts.ndjson")).unwrap().lines().count();
    let begun = std::time::Instant::now();
    while service.alerts().len() < wanted {
        assert!(begun.elapsed() < super::PATIENCE, "{} of {wanted} alerts", service.alerts().len());
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    let (mut cut, mut after_others) = (0, 0);
    for (nth, (id, alert)) in service.alerts().iter().enumerate() {
        // From the text itself: its fields are in the order of the record.
        let answer = service.get(&format!("/v1/alerts/{id}/explanation")).unwrap();
        let told: Explanation = serde_json::from_slice(&answer.body).unwrap();
        let of_run = gather(&run, id).unwrap();
        assert_eq!(&serde_json::to_value(&told.alert).unwrap(), alert);
        assert_eq!(
            Explanation { history: Vec::new(), ..told.clone() },
            Explanation { history: Vec::new(), ..of_run }
        );
        assert_eq!(told.history.first().map(|entry| &*entry.event), Some("raised"), "{id}");
        let money = told.money.unwrap();
        cut += usize::from(money.laid.iter().any(|share| share.taken < share.laid));
        after_others += usize::from(!money.before.is_empty());
        if nth % 50 == 0 {
            assert!(page(&service, id, "").contains(&told.alert.message.zh));
        }
    }
    assert!(cut > 5 && after_others > 5, "money that others took is shown: {cut}, {after_others}");
}

#[test]
fn alert_records_money_and_history_are_those_of_one_tick_while_corrections_come() {
    let place = Place::new();
    let service = place.serve();
    take(&service, &[sale("S-1", "H1", CODE), sale("S-2", "H1", CODE)]);
    let alerts = service.get("/v1/alerts?rule=T01").unwrap().json();
    let id = alerts["items"][0]["alert_id"].as_str().unwrap().to_owned();
    let corrected = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for rev in 2..=60 {
                let mut other = sale("S-2", "H1", CODE);
                (other["rev"], other["finl_trns_pric"]) = (json!(rev), json!(format!("{rev}.00")));
                take(&service, &[other]);
            }
            corrected.store(true, std::sync::atomic::Ordering::Release);
        });
        let mut seen = std::collections::BTreeSet::new();
        loop {
            let is_last = corrected.load(std::sync::atomic::Ordering::Acquire);
            let told = explained(&service, &id);
            let records = told["records"].as_array().unwrap();
            let record = records.iter().find(|record| record["key"] == "S-2").unwrap();
            let price = record["fields"]["finl_trns_pric"].as_str().unwrap();
            let (yuan, rest) = price.split_once('.').unwrap_or((price, ""));
            assert_eq!(told["alert"]["amount"], format!("{yuan}.{rest:0<2}"), "{told}");
            assert_eq!(told["money"]["laid"][0]["taken"], told["alert"]["amount"], "{told}");
            // Each revision was an event.
            let rev = record["rev"].as_u64().unwrap();
            assert_eq!(told["history"].as_array().unwrap().len() as u64, rev, "{told}");
            seen.insert(rev);
            if is_last {
                break;
            }
        }
        assert!(seen.len() > 2 && seen.last() == Some(&60), "{seen:?}");
    });
}
