//! Backups with what people wrote, and states that take a database over which went on without them.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use crate::postgresql::Server;
use crate::program::fundwatch;
use crate::service::{Service, fold};
use crate::trail::{decide, decisions, lines};
use crate::{Place, after_death, all, ask, send};

fn post(service: &Service, body: &str) {
    assert_eq!(service.post(None, body.as_bytes()).unwrap().status, 202);
}

/// What a command says, which must go.
fn done(place: &Place, args: &[&str]) -> String {
    let done = fundwatch(place.folder.path(), args);
    assert_eq!(done.code, Some(0), "{done:?}");
    done.out
}

fn backup(place: &Place, service: &Service, name: &str) -> String {
    done(place, &["backup", name, "--at", &format!("http://{}", service.address)])
}

/// Ids of alerts of a person.
fn of_person(service: &Service, person: &str) -> Vec<String> {
    let all = service.alerts();
    let mine = all.iter().filter(|(_, alert)| alert["evidence"].to_string().contains(&format!("V{person}-")));
    mine.map(|(id, _)| id.clone()).collect()
}

/// The database has the alerts and histories that follow from the feed, and no other.
fn says_what_the_feed_told(service: &Service) {
    let last = usize::try_from(service.counter("fundwatch_sequence")).unwrap();
    let mut told: BTreeMap<u64, Value> = service.events(0, last).into_iter().collect();
    assert_eq!(service.alerts(), fold(told.values()));
    for alert in all(service, "/v1/alerts?state=any&limit=50") {
        let history = ask(service, &format!("/v1/alerts/{}/history", alert["alert_id"].as_str().unwrap()));
        for of in history["revisions"].as_array().unwrap() {
            let event = told.remove(&of["sequence"].as_u64().unwrap()).unwrap();
            assert_eq!(
                (&of["event"], &of["cause"], &of["alert"]),
                (&event["event"], &event["cause"], &event["alert"])
            );
        }
    }
    assert!(told.is_empty(), "the database lacks {told:?}");
}

#[test]
fn a_backup_has_the_database_and_is_held_against_its_checksums() {
    let place = Place::new(None);
    let service = place.serve();
    post(&service, &after_death("P1", 0..30));
    let ids = of_person(&service, "P1");
    assert!(decide(&service, &ids[0], "one"));
    let said = backup(&place, &service, "noon");
    assert!(said.contains("database.sqlite is in it"), "{said}");
    let from = place.path("data/backups/noon");
    let manifest: Value = serde_json::from_slice(&fs::read(from.join("manifest.json")).unwrap()).unwrap();
    let listed: Vec<&str> =
        manifest["files"].as_array().unwrap().iter().map(|of| of["path"].as_str().unwrap()).collect();
    assert_eq!(listed, ["mask.key", "audit.ndjson", "database.sqlite"]);
    assert!(!place.path("data/backups/noon.database.part").exists());
    // What is decided after it is not in it.
    assert!(decide(&service, &ids[1], "two"));

    // Each file is held against the manifest before anything is written.
    let restore = ["restore", "data/backups/noon", "--data", "elsewhere", "--by", "Chen Li"];
    for name in listed {
        let path = from.join(name);
        let whole = fs::read(&path).unwrap();
        let mut bent = whole.clone();
        let middle = bent.len() / 2;
        bent[middle] ^= 1;
        fs::write(&path, bent).unwrap();
        let refused = fundwatch(place.folder.path(), &restore);
        assert_eq!(refused.code, Some(3), "{name}: {refused:?}");
        assert!(refused.err.contains("damaged") && refused.err.contains(name), "{refused:?}");
        fs::write(&path, whole).unwrap();
        let aside = place.path("aside");
        fs::rename(&path, &aside).unwrap();
        assert_eq!(fundwatch(place.folder.path(), &restore).code, Some(3), "{name} is not there");
        fs::rename(&aside, &path).unwrap();
        assert!(!place.path("elsewhere").exists());
    }
    let said = done(&place, &restore);
    assert!(said.contains("elsewhere/database.sqlite"), "{said}");
    let mut service = place.begin("elsewhere", &[]);
    assert!(service.is_ready(), "{}", place.log());
    assert_eq!(decisions(&place, &service, "elsewhere", &ids), BTreeMap::from([("one".to_owned(), 1)]));
    says_what_the_feed_told(&service);
    let of_restore = all(&service, "/v1/audit?operation=restore&limit=10");
    assert!(of_restore.iter().all(|line| line["who"] == "Chen Li"), "{of_restore:?}");
    assert!(of_restore[0]["detail"].as_str().unwrap().contains("data/backups/noon"), "{of_restore:?}");
    // It is noted once, and after the next start too.
    assert_eq!(service.terminate(), Some(0));
    assert!(!place.path("elsewhere/restored.json").exists());
    let mut service = place.begin("elsewhere", &[]);
    assert!(service.is_ready());
    assert_eq!(all(&service, "/v1/audit?operation=restore&limit=10"), of_restore);
}

/// A state is lost after it went on behind its backup, and the database is not.
fn taken_over(place: &mut Place, points: &[&str]) {
    let mut service = place.serve();
    post(&service, &format!("{}{}nonsense\n", after_death("P1", 0..4), after_death("P2", 0..2)));
    let (first, second) = (of_person(&service, "P1"), of_person(&service, "P2"));
    assert!(decide(&service, &first[0], "before"));
    let said = backup(place, &service, "noon");
    assert_eq!(
        said.contains("pg_dump"),
        place.url.as_ref().is_some_and(|url| url.starts_with("postgres")),
        "{said}"
    );
    // Behind the backup: an alert that goes, alerts that come, something rejected, and decisions on both.
    post(&service, &json!({"kind": "visit", "op": "del", "rev": 2, "mdtrt_id": "VP1-1"}).to_string());
    post(&service, &format!("{}more nonsense\n", after_death("P3", 0..3)));
    let third = of_person(&service, "P3");
    assert!(
        decide(&service, &third[0], "on one that came")
            && decide(&service, &second[0], "on one that was there")
    );
    let ids: Vec<String> = [&first[..], &second, &third].concat();
    let noted = ask(&service, "/v1/audit/verify")["head"].clone();
    assert_eq!(service.terminate(), Some(0));

    done(place, &["restore", "data/backups/noon", "--data", "elsewhere", "--by", "Chen Li"]);
    for point in points {
        let mut dying = place.begin("elsewhere", &[("FUNDWATCH_FAIL_AT", point)]);
        assert!(dying.child.wait().unwrap().code().is_none(), "{point}: it did not die: {}", place.log());
    }
    let mut service = place.begin("elsewhere", &[]);
    assert!(service.is_ready(), "{}", place.log());
    let kept = ["before", "on one that came", "on one that was there"];
    let found = decisions(place, &service, "elsewhere", &ids);
    assert_eq!(found.keys().map(String::as_str).collect::<Vec<_>>(), kept);
    says_what_the_feed_told(&service);
    assert_eq!(all(&service, "/v1/rejected?limit=10").len(), 1);
    assert_eq!(service.alerts().len(), 6);
    // The alert that is no more is named, and so is the decision on it; the trail goes on from where it was.
    assert_eq!(service.get(&format!("/v1/alerts/{}", third[0])).unwrap().status, 404);
    let lost = &ask(&service, &format!("/v1/alerts/{}/dispositions", third[0]))["items"][0];
    assert_eq!((&lost["reason"], &lost["revision_lost"]), (&json!("on one that came"), &json!(true)));
    let of = &ask(&service, &format!("/v1/alerts/{}/dispositions", second[0]))["items"][0];
    assert_eq!((&of["reason"], &of["revision_lost"]), (&json!("on one that was there"), &json!(false)));
    let of_restore = all(&service, "/v1/audit?operation=restore&who=Chen%20Li&limit=10");
    let text: String = of_restore.iter().map(|line| line["detail"].as_str().unwrap()).collect();
    assert!(text.contains("data/backups/noon") && text.contains(&third[0]), "{text}");
    let noted = format!("?number={}&hash={}", noted["number"], noted["hash"].as_str().unwrap());
    assert_eq!(ask(&service, &format!("/v1/audit/verify{noted}"))["whole"], true);
    // What came after the backup comes again, and its decision is found with it.
    post(&service, &after_death("P3", 0..3));
    assert_eq!(of_person(&service, "P3"), third);
    says_what_the_feed_told(&service);
    assert!(decide(&service, &third[0], "again"));
    assert_eq!(decisions(place, &service, "elsewhere", &ids).len(), 4);
    // The state that was lost does not take it back.
    assert_eq!(service.terminate(), Some(0));
    let mut old = place.begin("data", &[]);
    assert!(!old.is_ready());
    assert_eq!(old.child.wait().unwrap().code(), Some(3));
    assert!(place.log().contains("another state"), "{}", place.log());
    let mut service = place.begin("elsewhere", &[]);
    assert!(service.is_ready(), "{}", place.log());
}

#[test]
fn a_restored_state_takes_over_a_database_of_sqlite_that_went_on() {
    let mut place = Place::new(None);
    place.url = Some(format!("sqlite:{}", place.path("apart.sqlite").display()));
    taken_over(&mut place, &["database taken over", "alerts put right"]);
}

#[test]
fn a_restored_state_takes_over_a_database_of_postgresql_that_went_on() {
    let Some(server) = Server::start("restore") else { return };
    let mut place = Place::new(Some(server.url()));
    taken_over(&mut place, &["database taken over", "alerts put right"]);
}

#[test]
fn a_database_that_does_not_answer_at_first_is_taken_over_when_it_does() {
    let Some(server) = Server::start("later") else { return };
    let place = Place::new(Some(server.url()));
    let mut service = place.serve();
    post(&service, &after_death("P1", 0..2));
    let ids = of_person(&service, "P1");
    assert!(decide(&service, &ids[0], "before"));
    backup(&place, &service, "noon");
    assert!(decide(&service, &ids[1], "after"));
    assert_eq!(service.terminate(), Some(0));
    done(&place, &["restore", "data/backups/noon", "--data", "elsewhere", "--by", "Chen Li"]);
    server.crash();
    let mut service = place.begin("elsewhere", &[]);
    assert!(service.is_ready(), "{}", place.log());
    // The trail has gone on by itself, so what only the database has comes behind that.
    assert_eq!(send(&service, "/v1/backups", "{}").status, 400);
    server.begin();
    let begun = std::time::Instant::now();
    while service.get("/v1/alerts").unwrap().status != 200 {
        assert!(begun.elapsed() < crate::service::PATIENCE, "{}", place.log());
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let found = decisions(&place, &service, "elsewhere", &ids);
    assert_eq!(found.keys().map(String::as_str).collect::<Vec<_>>(), ["after", "before"]);
    let imported = lines(&place, "elsewhere").into_iter().filter(|line| line["outcome"] == "imported");
    let imported: Vec<Value> = imported.collect();
    assert_eq!(imported.iter().filter(|line| line["decision"]["reason"] == "after").count(), 1);
    says_what_the_feed_told(&service);
}
