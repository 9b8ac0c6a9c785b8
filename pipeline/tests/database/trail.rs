//! The audit trail and the decisions in it: one is never without the other, and the database says what the trail says.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::postgresql::Server;
use crate::service::{PATIENCE, Service};
use crate::sql::sql;
use crate::{Place, after_death, all, ask, send};

/// Lines of the trail, as the file has them.
pub(crate) fn lines(place: &Place, data: &str) -> Vec<Value> {
    let text = fs::read_to_string(place.path(&format!("{data}/audit.ndjson"))).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Ids of all alerts that stand.
pub(crate) fn alert_ids(service: &Service) -> Vec<String> {
    service.alerts().into_keys().collect()
}

/// Decides; gives whether it was answered.
pub(crate) fn decide(service: &Service, alert_id: &str, reason: &str) -> bool {
    let body = json!({"decision": "confirmed", "by": "w", "reason": reason}).to_string();
    let head = format!(
        "POST /v1/alerts/{alert_id}/dispositions HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    service.ask(&head, body.as_bytes()).is_ok_and(|answer| answer.status == 201)
}

/// Every decision of the trail is in the database once and no other is, and both are as they were written.
pub(crate) fn decisions(
    place: &Place,
    service: &Service,
    data: &str,
    ids: &[String],
) -> BTreeMap<String, u64> {
    let verified = ask(service, "/v1/audit/verify");
    assert_eq!(verified["whole"], true, "{verified}");
    let mut found = BTreeMap::new();
    for id in ids {
        let answer = service.get(&format!("/v1/alerts/{id}/dispositions")).unwrap();
        // An alert that is no more, and of which nothing was decided.
        if answer.status == 404 {
            continue;
        }
        for of in answer.json()["items"].as_array().unwrap() {
            let number = of["number"].as_u64().unwrap();
            let twice = found.insert(of["reason"].as_str().unwrap().to_owned(), number);
            assert_eq!(twice, None, "a decision stands there twice: {of}");
        }
    }
    let of_trail: BTreeMap<String, u64> = lines(place, data)
        .iter()
        .filter(|line| !line["decision"].is_null())
        .map(|line| &line["decision"])
        .map(|of| (of["reason"].as_str().unwrap().to_owned(), of["number"].as_u64().unwrap()))
        .collect();
    assert_eq!(found, of_trail);
    found
}

fn at_the_points(place: &Place) {
    let service = place.serve();
    assert_eq!(service.post(None, after_death("P1", 0..3).as_bytes()).unwrap().status, 202);
    let ids = alert_ids(&service);
    drop(service);
    // Where it dies, and how many of the decisions are taken then.
    for (nth, (point, taken)) in
        [("decision begun", Some(false)), ("decision kept", Some(true)), ("entries projected", None)]
            .into_iter()
            .enumerate()
    {
        let mut service = place.begin("data", &[("FUNDWATCH_FAIL_AT", point)]);
        if service.is_ready() {
            assert!(!decide(&service, &ids[0], point), "{point}");
        }
        assert!(service.child.wait().unwrap().code().is_none(), "{point}: it did not die");
        let service = place.serve();
        let found = decisions(place, &service, "data", &ids);
        if let Some(taken) = taken {
            assert_eq!(found.contains_key(point), taken, "{point}: {found:?}");
        }
        assert!(decide(&service, &ids[1], &format!("after {nth}")));
        assert!(decisions(place, &service, "data", &ids).contains_key(&format!("after {nth}")));
    }
}

/// Kills at any moment while decisions are taken: what was answered is there.
fn at_any_moment(place: &Place, kills: u64) {
    let mut answered = Vec::new();
    let mut service = place.serve();
    let ids = alert_ids(&service);
    for kill in 0..kills {
        std::thread::scope(|scope| {
            let (service, ids) = (&service, &ids);
            let deciding = scope.spawn(move || {
                let mut answered = Vec::new();
                for nth in 0..1_000 {
                    let reason = format!("{kill}-{nth}");
                    if !decide(service, &ids[nth % ids.len()], &reason) {
                        break;
                    }
                    answered.push(reason);
                }
                answered
            });
            std::thread::sleep(Duration::from_millis(20 + 37 * kill));
            let killed =
                std::process::Command::new("kill").args(["-9", &service.child.id().to_string()]).status();
            assert!(killed.unwrap().success());
            answered.extend(deciding.join().unwrap());
        });
        let _ = service.child.wait();
        service = place.serve();
    }
    let found = decisions(place, &service, "data", &ids);
    for reason in &answered {
        assert!(found.contains_key(reason), "{reason} was answered and is lost");
    }
    assert!(answered.len() > 3, "{answered:?}");
}

#[test]
fn a_decision_and_its_entry_are_one_in_sqlite() {
    let place = Place::new(None);
    at_the_points(&place);
    at_any_moment(&place, 5);
}

#[test]
fn a_decision_and_its_entry_are_one_in_postgresql() {
    let Some(server) = Server::start("decisions") else { return };
    let place = Place::new(Some(server.url()));
    at_the_points(&place);
    at_any_moment(&place, 5);
}

fn tampering(place: &Place, url: &str) {
    let service = place.serve();
    assert_eq!(service.post(None, after_death("P1", 0..2).as_bytes()).unwrap().status, 202);
    let ids = alert_ids(&service);
    // Four entries: each decision is first allowed, and then taken.
    for reason in ["one", "two"] {
        assert!(decide(&service, &ids[0], reason));
    }
    let whole = ask(&service, "/v1/audit/verify");
    assert_eq!((&whole["whole"], &whole["rows"]), (&json!(true), &json!(4)));
    let page = all(&service, "/v1/audit?operation=dispositions.write&limit=3");
    assert_eq!(page.len(), 4);
    assert_eq!((&page[3]["decision"]["reason"], &page[3]["outcome"]), (&json!("two"), &json!("done")));

    // Whoever tampers has to take the locks off first.
    let is_sqlite = url.starts_with("sqlite");
    for table in ["audit", "dispositions"] {
        for of in ["update", "delete"] {
            let on = if is_sqlite { String::new() } else { format!(" ON {table}") };
            sql(url, &format!("DROP TRIGGER {table}_no_{of}{on}"));
        }
        sql(url, &format!("CREATE TABLE {table}_copy AS SELECT * FROM {table}"));
    }
    let mut tamperings: Vec<(String, u64)> =
        ["at", "who", "role", "operation", "division", "outcome", "detail", "previous", "hash", "line"]
            .iter()
            .map(|column| (format!("UPDATE audit SET {column} = 'x' WHERE number = 3"), 3))
            .collect();
    for column in ["alert_id", "identity", "decided_by", "decided_at", "reason"] {
        tamperings.push((format!("UPDATE dispositions SET {column} = 'x' WHERE number = 1"), 2));
    }
    for (text, number) in [
        ("UPDATE audit SET disposition = 7 WHERE number = 2", 2),
        ("UPDATE dispositions SET decision = 'dismissed' WHERE number = 2", 4),
        ("UPDATE dispositions SET amount = 1 WHERE number = 2", 4),
        ("DELETE FROM dispositions WHERE number = 1", 2),
        (
            "INSERT INTO dispositions SELECT 9, alert_id, identity, revision, decision, decided_by, decided_at, amount, \
          reason, 3 FROM dispositions WHERE number = 1",
            3,
        ),
        ("DELETE FROM audit WHERE number = 1", 1),
        ("DELETE FROM audit WHERE number = 4", 4),
        ("DELETE FROM audit", 1),
        (
            "INSERT INTO audit SELECT 0, at, who, role, operation, division, outcome, detail, NULL, previous, hash, line \
          FROM audit WHERE number = 1",
            0,
        ),
        (
            "INSERT INTO audit SELECT 9, at, who, role, operation, division, outcome, detail, NULL, previous, hash, line \
          FROM audit WHERE number = 1",
            5,
        ),
    ] {
        tamperings.push((text.to_owned(), number));
    }
    for (text, number) in tamperings {
        sql(url, &text);
        let found = ask(&service, "/v1/audit/verify");
        assert_eq!(
            (&found["whole"], &found["fault"]["number"]),
            (&json!(false), &json!(number)),
            "{text}: {found}"
        );
        for table in ["audit", "dispositions"] {
            sql(url, &format!("DELETE FROM {table}"));
            sql(url, &format!("INSERT INTO {table} SELECT * FROM {table}_copy"));
        }
    }
    assert_eq!(ask(&service, "/v1/audit/verify"), whole);
    // The trail itself: a line that is changed is named, and so is a tail that was cut off, where its head was noted.
    let path = place.path("data/audit.ndjson");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("\"two\"", "\"2wo\"", 1)).unwrap();
    let found = ask(&service, "/v1/audit/verify");
    assert_eq!((&found["whole"], &found["fault"]["number"]), (&json!(false), &json!(4)), "{found}");
    fs::write(&path, &text).unwrap();
    let of = |number: u64, hash: &Value| {
        ask(&service, &format!("/v1/audit/verify?number={number}&hash={}", hash.as_str().unwrap()))
    };
    assert_eq!(of(4, &whole["head"]["hash"]), whole);
    assert_eq!(of(3, &whole["head"]["hash"])["fault"]["number"], 3);
    assert_eq!(of(9, &whole["head"]["hash"])["fault"]["number"], 5);
}

#[test]
fn every_tampering_is_found_in_sqlite() {
    let place = Place::new(None);
    let url = format!("sqlite:{}", place.path("data/database.sqlite").display());
    tampering(&place, &url);
}

#[test]
fn every_tampering_is_found_in_postgresql() {
    let Some(server) = Server::start("tampering") else { return };
    tampering(&Place::new(Some(server.url())), &server.url());
}

/// A database that is begun anew has all that the trail has.
#[test]
fn decisions_are_made_again_from_the_trail() {
    let place = Place::new(None);
    let mut service = place.serve();
    assert_eq!(service.post(None, after_death("P1", 0..2).as_bytes()).unwrap().status, 202);
    let ids = alert_ids(&service);
    assert!(decide(&service, &ids[0], "one") && decide(&service, &ids[1], "two"));
    let items = ask(&service, &format!("/v1/alerts/{}/dispositions", ids[0]));
    assert_eq!(service.terminate(), Some(0));
    for name in ["database.sqlite", "database.sqlite-wal", "database.sqlite-shm"] {
        let _ = fs::remove_file(place.path("data").join(name));
    }
    let mut service = place.serve();
    assert_eq!(ask(&service, &format!("/v1/alerts/{}/dispositions", ids[0])), items);
    assert_eq!(decisions(&place, &service, "data", &ids).len(), 2);
    // The other way round, too: a trail that was put aside comes back from the database, line by line.
    let text = fs::read(place.path("data/audit.ndjson")).unwrap();
    assert_eq!(service.terminate(), Some(0));
    fs::remove_file(place.path("data/audit.ndjson")).unwrap();
    let service = place.serve();
    assert_eq!(fs::read(place.path("data/audit.ndjson")).unwrap(), text);
    assert_eq!(decisions(&place, &service, "data", &ids).len(), 2);
}

/// A state of the program before: its database had a trail of its own, and the file had the rest.
#[test]
fn a_trail_of_the_version_before_is_taken_into_the_one() {
    let place = Place::new(None);
    let mut service = place.serve();
    assert_eq!(service.post(None, after_death("P1", 0..2).as_bytes()).unwrap().status, 202);
    let ids = alert_ids(&service);
    // An entry of the file.
    assert_eq!(send(&service, "/v1/backups", "{}").status, 400);
    let begun = Instant::now();
    while lines(&place, "data").len() < 2 {
        assert!(begun.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(service.terminate(), Some(0));
    let had = lines(&place, "data").len();
    let (new, old) = (place.path("data/database.sqlite"), place.path("old.sqlite"));
    let url = format!("sqlite:{}", old.display());
    let migrations = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("database/migrations/sqlite");
    for step in ["0001_first.sql", "0002_aside.sql"] {
        sql(&url, &fs::read_to_string(migrations.join(step)).unwrap());
    }
    sql(
        &url,
        &format!(
            "ATTACH '{}' AS new; INSERT INTO projection SELECT 1, identity, 0, 0, 0 FROM new.projection;
             CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, installed_on TIMESTAMP
                 NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, checksum BLOB NOT NULL,
                 execution_time BIGINT NOT NULL);
             INSERT INTO _sqlx_migrations SELECT * FROM new._sqlx_migrations WHERE version < 3;
             INSERT INTO audit VALUES (1, '2026-01-02 03:04:05', 'w1', 'head', 'dispose', '3401', 'done',
                 '{{\"a\":1}}', 'p', 'h1'), (2, '2026-01-02 03:04:06', 'w2', 'head', 'dispose', NULL, 'done', '{{}}',
                 'h1', 'h2');
             INSERT INTO dispositions VALUES (1, '{}', 1, 'confirmed', 'w1', '2026-01-02 03:04:05', 1250, 'seen'),
                 (2, '{}', 2, 'dismissed', 'w2', '2026-01-02 03:04:06', NULL, 'nothing in it')",
            new.display(),
            ids[0],
            ids[1]
        ),
    );
    for name in ["database.sqlite-wal", "database.sqlite-shm"] {
        let _ = fs::remove_file(place.path("data").join(name));
    }
    fs::rename(&old, &new).unwrap();
    // It dies between the two, and takes neither twice.
    let mut dying = place.begin("data", &[("FUNDWATCH_FAIL_AT", "entry imported")]);
    assert!(dying.child.wait().unwrap().code().is_none());
    for _ in 0..2 {
        let mut service = place.serve();
        let found = decisions(&place, &service, "data", &ids);
        assert_eq!(found, BTreeMap::from([("seen".to_owned(), 1), ("nothing in it".to_owned(), 2)]));
        let of = &ask(&service, &format!("/v1/alerts/{}/dispositions", ids[0]))["items"][0];
        assert_eq!(
            (&of["by"], &of["amount"], &of["revision_lost"]),
            (&json!("w1"), &json!("12.50"), &json!(false))
        );
        assert_eq!(service.terminate(), Some(0));
        let trail = lines(&place, "data");
        assert_eq!(trail.len(), had + 2);
        let quoted: Value = serde_json::from_str(trail[had]["detail"].as_str().unwrap()).unwrap();
        assert_eq!(
            (&quoted["hash"], &quoted["detail"], &trail[had]["division"]),
            (&json!("h1"), &json!({"a": 1}), &json!("3401"))
        );
    }
}
