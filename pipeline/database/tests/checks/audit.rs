//! Decisions and the audit trail are only added to, and whoever gets past that is found out.

use database::{AuditEntry, AuditHead, Batch, Database, Error, JournalAside, NewDisposition};
use wire::Fen;

use crate::events::{alert, batch, event, lines};
use crate::place::Place;

fn entry(nth: u32) -> AuditEntry {
    AuditEntry {
        at: "2026-01-02 03:04:05".to_owned(),
        who: format!("w{nth}"),
        role: "inspector".to_owned(),
        operation: "look".to_owned(),
        division: nth.is_multiple_of(2).then(|| "3401".to_owned()),
        outcome: "done".to_owned(),
        detail: format!("{{\"nth\":{nth}}}"),
    }
}

fn decision(alert_id: &str, revision: Option<u64>) -> NewDisposition {
    NewDisposition {
        alert_id: alert_id.to_owned(),
        revision,
        decision: "confirmed".to_owned(),
        decided_by: "w".to_owned(),
        decided_at: "2026-01-02 03:04:05".to_owned(),
        amount: Some(Fen(i64::MAX)),
        reason: "seen".to_owned(),
    }
}

pub(crate) async fn decisions_stay(place: &Place) {
    let (mut a, b) = (alert("A01", "V1", 1), alert("A01", "V2", 1));
    let mut events = vec![event("raised", 1, &a), event("raised", 1, &b)];
    a.amount = Fen(2);
    events.push(event("changed", 2, &a));
    let written = lines(&events);
    place.write(&batch(0, &written, None)).await;
    let database = place.open().await;
    let first = database.dispose(&decision(&a.alert_id, None), &entry(1)).await.unwrap();
    assert_eq!((first.number, first.revision, first.amount), (1, 3, Some(Fen(i64::MAX))));
    let second = database.dispose(&decision(&a.alert_id, Some(1)), &entry(2)).await.unwrap();
    assert_eq!((second.number, second.revision), (2, 1));
    // What is refused leaves nothing, in the trail neither.
    for (alert_id, revision) in [("none", None), (a.alert_id.as_str(), Some(2))] {
        let refused = database.dispose(&decision(alert_id, revision), &entry(3)).await;
        assert!(matches!(refused, Err(Error::NoAlert(_))), "{refused:?}");
    }
    let odd = NewDisposition { decision: "burnt".to_owned(), ..decision(&a.alert_id, None) };
    assert!(database.dispose(&odd, &entry(3)).await.is_err());
    // The alert goes; what was decided of it stays.
    let gone = lines(&[event("withdrawn", 3, &a)]);
    place.write(&batch(3, &gone, None)).await;
    database.close().await;
    let database = place.open().await;
    assert_eq!(database.dispositions(&a.alert_id).await.unwrap(), [first, second]);
    assert_eq!(database.dispositions(&b.alert_id).await.unwrap(), []);
    assert_eq!(database.verify_audit(None).await.unwrap().rows, 2);
}

pub(crate) async fn what_is_only_added_to_cannot_be_changed(place: &Place) {
    let a = alert("A01", "V1", 1);
    let written = lines(&[event("raised", 1, &a)]);
    place.write(&batch(0, &written, None)).await;
    place.open().await.dispose(&decision(&a.alert_id, None), &entry(1)).await.unwrap();
    let line = &lines(&[event("raised", 2, &alert("A01", "V2", 1))])[0];
    let aside = vec![JournalAside { number: 1, after: 1, state: "held", line, about: None }];
    place.write(&Batch { aside, ..batch(1, &[], None) }).await;
    for table in ["audit", "revisions", "causes", "dispositions", "aside_revisions", "aside_causes"] {
        let column = if table == "revisions" || table == "causes" { "sequence" } else { "number" };
        for sql in [format!("UPDATE {table} SET {column} = 7"), format!("DELETE FROM {table}")] {
            let refused = place.meddle(&sql).await;
            assert!(refused.as_ref().is_err_and(|why| why.contains("added")), "{sql}: {refused:?}");
        }
        if place.url.starts_with("postgres") {
            assert!(place.meddle(&format!("TRUNCATE {table}")).await.is_err());
        }
    }
}

pub(crate) async fn every_tampering_is_found(place: &Place) {
    let database = place.open().await;
    let mut head = AuditHead { number: 0, hash: String::new() };
    for nth in 1..=8 {
        let row = database.audit(&entry(nth)).await.unwrap();
        head = AuditHead { number: row.number, hash: row.hash };
    }
    // Two who write at once both get a place of their own.
    let (one, other) = (entry(9), entry(10));
    let (one, other) = tokio::join!(database.audit(&one), database.audit(&other));
    let mut numbers = [one.unwrap().number, other.unwrap().number];
    numbers.sort_unstable();
    assert_eq!(numbers, [9, 10]);
    let whole = database.verify_audit(Some(&head)).await.unwrap();
    assert_eq!((whole.rows, &whole.fault), (10, &None));
    let page = database.audit_rows(Some("w3"), None, 0, 5).await.unwrap();
    assert_eq!(page.items.iter().map(|row| row.number).collect::<Vec<_>>(), [3]);
    database.close().await;

    // Whoever tampers has to take the locks off first.
    let triggers = ["audit_no_update", "audit_no_delete"].map(|name| {
        let on = if place.url.starts_with("postgres") { " ON audit" } else { "" };
        format!("DROP TRIGGER {name}{on};")
    });
    place.meddle(&triggers.concat()).await.unwrap();
    place.meddle("DROP INDEX audit_previous; CREATE TABLE copy AS SELECT * FROM audit").await.unwrap();
    let columns = ["at", "who", "role", "operation", "division", "outcome", "detail", "previous", "hash"];
    let mut tamperings: Vec<(String, u64)> = columns
        .iter()
        .map(|column| (format!("UPDATE audit SET {column} = 'x' WHERE number = 4"), 4))
        .collect();
    tamperings.push(("UPDATE audit SET division = NULL WHERE number = 4".to_owned(), 4));
    // A null and an empty text are two things.
    tamperings.push(("UPDATE audit SET division = '' WHERE number = 5".to_owned(), 5));
    tamperings.push(("UPDATE audit SET who = 'w' , role = '6inspector' WHERE number = 6".to_owned(), 6));
    tamperings.push(("DELETE FROM audit WHERE number = 5".to_owned(), 5));
    tamperings.push(("DELETE FROM audit WHERE number = 1".to_owned(), 1));
    tamperings.push(("DELETE FROM audit".to_owned(), 1));
    let insert = "INSERT INTO audit SELECT 0, at, who, role, operation, division, outcome, detail, previous, hash \
        FROM copy WHERE number = 1";
    tamperings.push((insert.to_owned(), 0));
    let behind = insert.replace("SELECT 0", "SELECT 11");
    tamperings.push((behind, 11));
    tamperings.push((
        "DELETE FROM audit WHERE number = 5; UPDATE audit SET number = number - 1 WHERE number > 5"
            .to_owned(),
        5,
    ));
    tamperings.push((
        "UPDATE audit SET number = 100 WHERE number = 6; UPDATE audit SET number = 6 WHERE number = 7; \
         UPDATE audit SET number = 7 WHERE number = 100"
            .to_owned(),
        6,
    ));
    tamperings.push(("DELETE FROM audit WHERE number > 6".to_owned(), 7));
    for (sql, number) in tamperings {
        place.meddle(&sql).await.unwrap();
        let database: Database = place.open().await;
        let found = database.verify_audit(Some(&head)).await.unwrap();
        assert_eq!(found.fault.as_ref().map(|fault| fault.number), Some(number), "{sql}: {found:?}");
        database.close().await;
        place.meddle("DELETE FROM audit; INSERT INTO audit SELECT * FROM copy").await.unwrap();
    }
    let database = place.open().await;
    assert_eq!(database.verify_audit(Some(&head)).await.unwrap(), whole);
    // A tail that was cut off is seen by the head that was noted, and by nothing else.
    place.meddle("DELETE FROM audit WHERE number > 7").await.unwrap();
    assert_eq!(database.verify_audit(None).await.unwrap().fault, None);
    assert!(database.verify_audit(Some(&head)).await.unwrap().fault.is_some());
}
