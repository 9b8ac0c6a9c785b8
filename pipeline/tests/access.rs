//! Access, as those who come meet it: who may do what, for which divisions, and how much of it.
//!
//! `FUNDWATCH_READERS=1000 cargo test -p pipeline --test access readers` follows the feed with more readers than the
//! gate does. `FUNDWATCH_ACCEPT=1` writes the tables of `docs/access.md` anew.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

#[path = "support/accept.rs"]
mod accept;
#[expect(dead_code, reason = "not all of it is this test's")]
#[path = "support/banks.rs"]
mod banks;
#[path = "access/client.rs"]
mod client;
#[path = "access/limits.rs"]
mod limits;
#[path = "access/masks.rs"]
mod masks;
#[path = "access/place.rs"]
mod place;
#[path = "support/program.rs"]
mod program;
#[path = "access/readers.rs"]
mod readers;
#[expect(dead_code, reason = "not all of it is this test's")]
#[path = "support/service.rs"]
mod service;
#[path = "access/tls.rs"]
mod tls;
#[path = "access/tools.rs"]
mod tools;

use std::fs;
use std::path::Path;

use client::{ask, events, feed, get};
use place::{INSTITUTIONS, Known, Place, after_death, institutions, known};
use program::fundwatch;
use serde_json::Value;
use serve::access::table::{Bound, May, TABLE, page};

/// A change that is there already.
const CHANGE: &str = r#"{"kind":"person","rev":1,"psn_no":"PSN99999999","gend":"1","brdy":"1950-01-01"}"#;

/// Whether somebody bound to these divisions sees an institution.
fn sees(divisions: &[&str], institution: &str) -> bool {
    let division =
        INSTITUTIONS.iter().find(|(code, _)| *code == institution).and_then(|(_, division)| *division);
    divisions.is_empty() || division.is_some_and(|of| divisions.iter().any(|prefix| of.starts_with(prefix)))
}

/// Each role bound to a division, and each that may be bound to none so.
fn one_of_each() -> Vec<Known> {
    let mut all = Vec::new();
    for role in ["inspector", "head", "rule_owner", "model_owner", "operator", "auditor", "sender"] {
        all.push(known(&format!("{role} of 4401"), &[role], &["4401"]));
        if role != "inspector" {
            all.push(known(&format!("{role} of all"), &[role], &[]));
        }
    }
    all.push(known("inspector of two", &["inspector"], &["450203", "44"]));
    all
}

#[test]
fn each_role_does_what_the_table_says_and_each_refusal_is_noted() {
    let place = Place::new();
    let principals = one_of_each();
    let service = place.serve("", &principals);
    let at = service.address;
    let sender = &principals.iter().find(|of| of.name == "sender of all").unwrap().token;
    let mut body = institutions();
    for (nth, (code, _)) in INSTITUTIONS.iter().enumerate() {
        body.push_str(&after_death(u32::try_from(nth).unwrap(), code));
    }
    body.push_str(&format!("{CHANGE}\n{{\"kind\":\"person\",\"psn_no\":\"PSN88888888\"}}\n"));
    let answer = ask(at, "POST", "/v1/changes", Some(sender), body.as_bytes()).unwrap();
    assert_eq!(answer.status, 202, "{answer:?}");
    let head = principals.iter().find(|of| of.name == "head of all").unwrap();
    let alerts = get(at, "/v1/alerts", Some(&head.token)).json();
    let of_institution = |code: &str| {
        let mut items = alerts["items"].as_array().unwrap().iter();
        let alert = items.find(|alert| alert["institution"] == code).unwrap();
        alert["alert_id"].as_str().unwrap().to_owned()
    };
    let targets: Vec<(&str, String)> =
        INSTITUTIONS.iter().map(|(code, _)| (*code, of_institution(code))).collect();

    let incidents = get(at, "/v1/incidents", Some(&head.token)).json();
    let incident_of = |code: &str| {
        let mut items = incidents["items"].as_array().unwrap().iter();
        let incident = items.find(|incident| incident["fixmedins_code"] == code).unwrap();
        incident["incident_id"].as_str().unwrap().to_owned()
    };

    let mut refused: Vec<(String, String, String)> = Vec::new();
    let mut asked = 0;
    for route in serve::http::routes().entered() {
        // Each with an alert of one's own, of another division, and of none.
        let paths: Vec<(Option<&str>, String)> = match route.path.split_once('{') {
            None => vec![(None, route.path.to_owned())],
            Some((_, rest)) if rest.starts_with("alert_id}") => targets
                .iter()
                .map(|(code, alert_id)| (Some(*code), route.path.replace("{alert_id}", alert_id)))
                .collect(),
            Some((_, rest)) if rest.starts_with("incident_id}") => INSTITUTIONS
                .iter()
                .map(|(code, _)| (Some(*code), route.path.replace("{incident_id}", &incident_of(code))))
                .collect(),
            Some((_, rest)) if rest.starts_with("rule}") => {
                let rule = &targets[0].1[..3];
                vec![(None, route.path.replace("{rule}", rule))]
            }
            Some(_) => panic!("{}: give this test something that stands there", route.path),
        };
        let body: &[u8] = match (route.method.as_str(), route.path) {
            ("POST", "/v1/changes") => CHANGE.as_bytes(),
            ("POST", path) if path.ends_with("/dispositions") => br#"{"decision":"in_review","by":"x"}"#,
            ("POST", _) => b"{}",
            _ => b"",
        };
        for (institution, path) in &paths {
            let everybody = route.operation.row().may == May::Everybody;
            let operation = route.operation.name().to_owned();
            for (token, outcome) in [(None, "unknown"), (Some("fw_0000"), "unknown"), (Some(""), "unknown")] {
                let answer = ask(at, route.method.as_str(), path, token, body).unwrap();
                asked += 1;
                if everybody {
                    assert_eq!(answer.status, 200, "{path}: {answer:?}");
                    continue;
                }
                assert_eq!(answer.status, 401, "{path} {token:?}: {answer:?}");
                assert!(answer.headers["www-authenticate"].starts_with("Bearer"));
                refused.push((String::new(), operation.clone(), outcome.to_owned()));
            }
            for who in &principals {
                let may = TABLE.iter().find(|row| row.operation == route.operation).unwrap();
                let may = match may.may {
                    May::Everybody | May::Known => true,
                    May::Roles(roles) => roles.iter().any(|role| who.roles.contains(&role.name())),
                };
                let theirs = institution.is_none_or(|code| sees(&who.divisions, code));
                let (wanted, outcome) = match (may, theirs) {
                    (false, _) => (&[403][..], Some("refused")),
                    (true, false) => (&[404][..], Some("foreign")),
                    (true, true) if route.path == "/v1/changes" => (&[202][..], None),
                    // No bank is proposed here; that is said to those only who may know.
                    (true, true) if route.path.starts_with("/v1/bank/candidate") => (&[400, 404][..], None),
                    // What is handed in here is no body of theirs: they come so far as to say so.
                    (true, true) if route.method == "POST" => (&[200, 201, 202, 400, 409, 422][..], None),
                    (true, true) => (&[200][..], None),
                };
                let answer = ask(at, route.method.as_str(), path, Some(&who.token), body).unwrap();
                asked += 1;
                let text = || String::from_utf8_lossy(&answer.body).into_owned();
                assert!(wanted.contains(&answer.status), "{} {path}: {} {}", who.name, answer.status, text());
                if let Some(outcome) = outcome {
                    refused.push((who.name.clone(), operation.clone(), outcome.to_owned()));
                }
            }
        }
    }
    eprintln!("{asked} requests, {} refused", refused.len());
    // Acts that were allowed are entries, too.
    let is_refusal =
        |entry: &Value| ["unknown", "refused", "foreign"].contains(&entry["outcome"].as_str().unwrap());
    let entries = place.audit_of(refused.len(), is_refusal);
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap().to_owned();
    let noted: Vec<(String, String, String)> = entries
        .iter()
        .filter(|entry| is_refusal(entry))
        .map(|entry| (text(entry, "who"), text(entry, "operation"), text(entry, "outcome")))
        .collect();
    assert_eq!(noted, refused);
    let foreign = entries.iter().find(|entry| entry["outcome"] == "foreign").unwrap();
    assert_eq!(foreign["division"], "450203");
    assert!(text(foreign, "detail").contains("GET /v1/alerts/"), "{foreign}");
    // No token stands in the audit or in what the service says.
    let written = fs::read_to_string(place.path("data/audit.ndjson")).unwrap() + &place.log();
    assert!(principals.iter().all(|of| !written.contains(&of.token)) && !written.contains("fw_0000"));
    serve::access::audit_file::verify(&place.path("data/audit.ndjson")).unwrap();
}

#[test]
fn lists_and_the_feed_have_what_is_of_ones_division() {
    let place = Place::new();
    let principals = one_of_each();
    let service = place.serve("", &principals);
    let at = service.address;
    let of = |name: &str| principals.iter().find(|of| of.name == name).unwrap();
    let mut body = institutions();
    for nth in 0..30 {
        body.push_str(&after_death(nth, INSTITUTIONS[nth as usize % 3].0));
    }
    let sender = Some(of("sender of 4401").token.as_str());
    assert_eq!(ask(at, "POST", "/v1/changes", sender, body.as_bytes()).unwrap().status, 202);
    for who in principals.iter().filter(|who| ["inspector", "head", "rule_owner"].contains(&who.roles[0])) {
        let (mut items, mut after) = (Vec::new(), String::new());
        loop {
            let page = get(at, &format!("/v1/alerts?limit=4&after={after}"), Some(&who.token)).json();
            items.extend(page["items"].as_array().unwrap().clone());
            match page["next"].as_str() {
                Some(next) => next.clone_into(&mut after),
                None => break,
            }
        }
        let seen = INSTITUTIONS.iter().filter(|(code, _)| sees(&who.divisions, code)).count();
        assert_eq!(items.len(), seen * 10, "{}", who.name);
        assert!(items.iter().all(|alert| sees(&who.divisions, alert["institution"].as_str().unwrap())));
        // The feed has the same, with gaps where others' events stand.
        let text = feed(at, 0, Some(&who.token), |text| events(text).len() >= seen * 10);
        let of_feed = events(&text);
        assert!(of_feed.is_sorted_by(|one, other| one.0 < other.0));
        let institution = |event: &Value| event["alert"]["institution"].as_str().unwrap().to_owned();
        assert!(of_feed.iter().all(|(_, event)| sees(&who.divisions, &institution(event))));
        // Who comes back in the middle gets what followed.
        let middle = of_feed[of_feed.len() / 2].0;
        let rest: Vec<(u64, Value)> = of_feed.iter().filter(|(id, _)| *id > middle).cloned().collect();
        let text = feed(at, middle, Some(&who.token), |text| events(text).len() >= rest.len());
        assert_eq!(events(&text), rest);
    }
    // An institution that moves takes its alerts along.
    let moved = institutions().replace("440103", "450299").replace("\"rev\":1", "\"rev\":2");
    assert_eq!(ask(at, "POST", "/v1/changes", sender, moved.as_bytes()).unwrap().status, 202);
    let inspector = Some(of("inspector of 4401").token.as_str());
    assert_eq!(get(at, "/v1/alerts", inspector).json()["items"].as_array().unwrap().len(), 0);
    // Whose a reject would be is not known: who is bound to a division sees none.
    let bound = Some(of("operator of 4401").token.as_str());
    let free = Some(of("operator of all").token.as_str());
    assert_eq!(ask(at, "POST", "/v1/changes", free, b"nonsense").unwrap().status, 202);
    let count = |token| get(at, "/v1/rejected", token).json()["items"].as_array().unwrap().len();
    assert_eq!((count(bound), count(free)), (0, 1));
    let own = get(at, "/v1/access", inspector).json();
    assert_eq!(own["name"], "inspector of 4401");
    assert_eq!(own["divisions"], serde_json::json!(["4401"]));
    assert!(own["operations"].as_array().unwrap().iter().any(|of| of == "alerts.persons"));
}

#[test]
fn without_protection_it_does_not_start() {
    let place = Place::new();
    let somebody = known("a", &["head"], &[]);
    let wide = "listen = \"0.0.0.0:0\"\n";
    let refused = |config: &str, principals: &[Known]| {
        place.configure(config, principals);
        for args in [&["config", "check", "fundwatch.toml"][..], &["serve", "--config", "fundwatch.toml"]] {
            let done = fundwatch(place.folder.path(), args);
            assert_eq!(done.code, Some(2), "{args:?}: {done:?}");
            if args[0] == "serve" {
                return done.err;
            }
        }
        unreachable!()
    };
    assert!(refused(wide, &[]).contains("add [[access.principals]]"));
    assert!(refused(wide, std::slice::from_ref(&somebody)).contains("add [tls]"));
    assert!(refused("[access]\nplaintext = \"yes\"\n", &[]).contains("behind a gateway"));
    assert!(refused("[tls]\ncertificate = \"none.pem\"\nkey = \"none.pem\"\n", &[]).contains("none.pem"));
    let mut unbound = somebody.clone();
    unbound.lines = unbound.lines.replace("head", "inspector");
    assert!(refused("", &[unbound]).contains("at least one division"));
    // Behind a gateway, and said so, it starts.
    place.configure(&format!("{wide}[access]\nplaintext = \"behind a gateway\"\n"), &[somebody]);
    let done = fundwatch(place.folder.path(), &["config", "check", "fundwatch.toml"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.out.contains("1 principal"), "{}", done.out);
    // The address of the command line counts as that of the file does.
    let done = fundwatch(place.folder.path(), &["serve", "--listen", "0.0.0.0:0", "--data", "d"]);
    assert_eq!(done.code, Some(2), "{done:?}");
}

/// The part of a page between two marks.
fn between<'t>(text: &'t str, name: &str) -> &'t str {
    let (begin, end) = (format!("<!-- {name} begins -->\n"), format!("<!-- {name} ends -->"));
    let at = text.find(&begin).unwrap_or_else(|| panic!("no {begin}")) + begin.len();
    &text[at..at + text[at..].find(&end).unwrap()]
}

#[test]
fn the_page_has_the_tables_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/access.md");
    let stored = fs::read_to_string(&path).unwrap();
    let mut routes = String::from("| route | operation | bounded by division |\n|---|---|---|\n");
    for route in serve::http::routes().entered() {
        let bound = if route.operation.row().bound == Bound::Division { "yes" } else { "" };
        routes.push_str(&format!(
            "| `{} {}` | `{}` | {bound} |\n",
            route.method,
            route.path,
            route.operation.name()
        ));
    }
    let mut wanted = stored.clone();
    for (name, table) in [("table", page()), ("routes", routes)] {
        let old = between(&wanted, name).to_owned();
        wanted = wanted
            .replace(&format!("<!-- {name} begins -->\n{old}"), &format!("<!-- {name} begins -->\n{table}"));
    }
    if accept::accepts() {
        fs::write(&path, wanted).unwrap();
    } else {
        assert_eq!(stored, wanted, "docs/access.md is not what the code says; FUNDWATCH_ACCEPT=1 writes it");
    }
}
