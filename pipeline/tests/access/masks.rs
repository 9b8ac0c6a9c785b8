//! Persons in front of those who need not know them.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;

use serde_json::Value;
use synth::{Recipe, Schemes};

use crate::client::{ask, connect, events, feed, get, head, over};
use crate::place::{Place, known};

/// The tokens of persons in records: their numbers, and the keys of records that are theirs.
fn tokens(changes: &str) -> BTreeSet<String> {
    let mut tokens = BTreeSet::new();
    for line in changes.lines() {
        let change: Value = serde_json::from_str(line).unwrap();
        for field in wire::mask::FIELDS_OF_PERSONS {
            tokens.extend(change[field].as_str().map(str::to_owned));
        }
    }
    tokens
}

/// The tokens that stand anywhere in a text, within longer words too.
fn found(text: &[u8], tokens: &BTreeSet<String>) -> BTreeSet<String> {
    let all: HashSet<&[u8]> = tokens.iter().map(String::as_bytes).collect();
    let lengths: BTreeSet<usize> = tokens.iter().map(String::len).collect();
    let windows = lengths.iter().flat_map(|length| text.windows(*length));
    windows.filter(|some| all.contains(some)).map(|some| String::from_utf8_lossy(some).into_owned()).collect()
}

#[test]
fn no_person_is_named_to_those_who_need_not_know() {
    let place = Place::new();
    let folder = place.path("region");
    let recipe = Recipe { seed: 5, visits: 600, months: 2, schemes: Schemes::All, strength: 1.0 };
    synth::write(&recipe, &folder, &mut |_| {}).unwrap();
    let changes = fs::read_to_string(folder.join("records/changes.ndjson")).unwrap();
    let tokens = tokens(&changes);
    assert!(tokens.len() > 100 && tokens.iter().all(|token| token.len() >= 8), "{:?}", tokens.first());
    let principals: Vec<_> = ["head", "rule_owner", "model_owner", "auditor", "operator"]
        .map(|role| known(role, &[role], &[]))
        .into_iter()
        .collect();
    let rules = folder.join("rules");
    let service = place.serve(&format!("rules = {rules:?}"), &principals);
    let at = service.address;
    let token = |name: &str| principals.iter().find(|of| of.name == name).map(|of| of.token.as_str());
    assert_eq!(ask(at, "POST", "/v1/changes", token("operator"), changes.as_bytes()).unwrap().status, 202);
    // Rejects that name a person in the record, and in the text of what is wrong with it.
    let someone = tokens.first().unwrap();
    let wrong = format!(
        "{{\"kind\":\"person\",\"psn_no\":\"{someone}\"}}\n{{\"kind\":\"visit\",\"psn_no\":\"{someone}\",\
         \"mdtrt_id\":\"V\",\"fixmedins_code\":\"H\",\"med_type\":\"11\",\"begntime\":\"{someone}\"}}\nno {someone}\n"
    );
    let answer = ask(at, "POST", "/v1/changes", token("operator"), wrong.as_bytes()).unwrap();
    assert_eq!(answer.json()["rejected"].as_array().unwrap().len(), 3, "{answer:?}");

    let mut pseudonyms: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for role in ["head", "rule_owner", "model_owner", "auditor", "operator"] {
        let (mut read, mut ids, mut after) = (Vec::new(), Vec::new(), String::new());
        if role != "operator" {
            loop {
                let page = get(at, &format!("/v1/alerts?limit=500&after={after}"), token(role));
                let json = page.json();
                for alert in json["items"].as_array().unwrap() {
                    ids.push(alert["alert_id"].as_str().unwrap().to_owned());
                    pseudonyms.entry(role.to_owned()).or_default().push(alert["key"].to_string());
                }
                read.extend(page.body);
                match json["next"].as_str() {
                    Some(next) => next.clone_into(&mut after),
                    None => break,
                }
            }
            assert!(ids.len() > 100, "{}", ids.len());
            for id in ids.iter().step_by(3) {
                read.extend(get(at, &format!("/v1/alerts/{id}"), token(role)).body);
                let path = format!("/v1/alerts/{id}/explanation");
                let told = get(at, &path, token(role));
                assert!(
                    told.status == 200 && !told.json()["records"].as_array().unwrap().is_empty(),
                    "{told:?}"
                );
                read.extend(told.body);
                let head = head("GET", &path, token(role), "Accept: text/plain\r\n");
                read.extend(over(&mut connect(at).unwrap(), &head, b"").unwrap().body);
            }
        }
        if !["operator", "auditor"].contains(&role) {
            read.extend(feed(at, 0, token(role), |text| events(text).len() >= ids.len()).into_bytes());
        }
        if ["rule_owner", "auditor", "operator"].contains(&role) {
            let rejected = get(at, "/v1/rejected", token(role));
            let items = rejected.json()["items"].as_array().unwrap().clone();
            assert_eq!(items.len(), 3);
            assert_eq!(items[0]["raw"].is_null(), role != "operator", "{role}: {items:?}");
            read.extend(rejected.body);
        }
        let named = found(&read, &tokens);
        if ["head", "operator"].contains(&role) {
            assert!(!named.is_empty(), "{role} sees persons");
        } else {
            assert!(named.is_empty(), "{role} sees {named:?}");
        }
    }
    // For all who see masks these are the same, and as many persons are told apart as there are.
    assert_eq!(pseudonyms["rule_owner"], pseudonyms["auditor"]);
    assert!(pseudonyms["auditor"].iter().any(|key| key.contains("P~")));
    let different = |role: &str| pseudonyms[role].iter().collect::<BTreeSet<_>>().len();
    assert_eq!(different("auditor"), different("head"));
}
