//! Decisions and the audit trail are only added to, and each line of the trail is written once.

use database::{AuditRow, Disposition, Error, JournalAside, Noted};
use wire::Fen;

use crate::events::{alert, batch, event, lines};
use crate::place::Place;

/// A row of a trail whose hashes are made up.
pub(crate) fn row(number: u64) -> AuditRow {
    let hash = |number: u64| if number == 0 { String::new() } else { format!("{number:064}") };
    AuditRow {
        number,
        at: "2026-01-02 03:04:05".to_owned(),
        who: format!("w{number}"),
        role: "inspector".to_owned(),
        operation: "look".to_owned(),
        division: number.is_multiple_of(2).then(|| "3401".to_owned()),
        outcome: "done".to_owned(),
        detail: format!("nth {number}"),
        disposition: None,
        previous: hash(number - 1),
        hash: hash(number),
        line: format!("{{\"number\":{number}}}"),
    }
}

/// A row that notes a decision on an alert.
pub(crate) fn decides(number: u64, decision: u64, alert_id: &str, identity: u64, revision: u64) -> Noted {
    let decision = Disposition {
        number: decision,
        alert_id: alert_id.to_owned(),
        identity: format!("{identity:016x}"),
        revision,
        decision: "confirmed".to_owned(),
        decided_by: "w".to_owned(),
        decided_at: "2026-01-02 03:04:05".to_owned(),
        amount: Some(Fen(i64::MAX)),
        reason: "seen".to_owned(),
        audit: number,
    };
    Noted { row: AuditRow { disposition: Some(decision.number), ..row(number) }, decision: Some(decision) }
}

fn plain(number: u64) -> Noted {
    Noted { row: row(number), decision: None }
}

pub(crate) async fn decisions_stay(place: &Place) {
    let (mut a, b) = (alert("A01", "V1", 1), alert("A01", "V2", 1));
    let mut events = vec![event("raised", 1, &a), event("raised", 1, &b)];
    a.amount = Fen(2);
    events.push(event("changed", 2, &a));
    let written = lines(&events);
    place.write(&batch(0, &written, None)).await;
    let database = place.open().await;
    assert_eq!(database.revision(&a.alert_id, None).await.unwrap(), 3);
    assert_eq!(database.revision(&a.alert_id, Some(1)).await.unwrap(), 1);
    for (alert_id, revision) in [("none", None), (a.alert_id.as_str(), Some(2))] {
        let refused = database.revision(alert_id, revision).await;
        assert!(matches!(refused, Err(Error::NoAlert(_))), "{refused:?}");
    }
    let (first, second) = (decides(2, 1, &a.alert_id, 7, 3), decides(3, 2, &a.alert_id, 7, 1));
    database.note(&[plain(1), first.clone()]).await.unwrap();
    database.note(std::slice::from_ref(&second)).await.unwrap();
    // What is refused leaves nothing, of its row neither.
    let mut odd = decides(4, 3, &a.alert_id, 7, 3);
    odd.decision.as_mut().unwrap().decision = "burnt".to_owned();
    assert!(database.note(&[odd]).await.is_err());
    // The alert goes; what was decided of it stays.
    let gone = lines(&[event("withdrawn", 3, &a)]);
    place.write(&batch(3, &gone, None)).await;
    database.close().await;
    let database = place.open().await;
    let decisions = [&first, &second].map(|noted| noted.decision.clone().unwrap());
    assert_eq!(database.dispositions(&a.alert_id).await.unwrap(), decisions);
    assert_eq!(database.dispositions(&b.alert_id).await.unwrap(), []);
    assert_eq!(database.noted(i64::MIN, i64::MAX).await.unwrap(), [plain(1), first, second]);
    let of_w2 = database.audit_rows(Some("w2"), Some("look"), 0, 5).await.unwrap();
    assert_eq!(of_w2.items.iter().map(|row| row.number).collect::<Vec<_>>(), [2]);
}

pub(crate) async fn each_line_of_the_trail_is_written_once(place: &Place) {
    let database = place.open().await;
    assert_eq!(database.audit_head().await.unwrap(), (0, String::new()));
    database.note(&[plain(1), plain(2)]).await.unwrap();
    // Again, with a gap, or behind another line than the one that is there.
    let mut other = plain(3);
    other.row.previous = row(1).hash;
    for wrong in [plain(2), plain(4), other] {
        let refused = database.note(&[wrong]).await;
        assert!(matches!(refused, Err(Error::OtherWriter)), "{refused:?}");
    }
    // Of two who write at once one is told so.
    let (one, two) = (place.open().await, place.open().await);
    let (third, again) = ([plain(3)], [plain(3)]);
    let (one, two) = tokio::join!(one.note(&third), two.note(&again));
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    assert_eq!(database.audit_head().await.unwrap(), (3, row(3).hash));
    // What the trail goes on with otherwise is taken out again, with its decisions.
    database.note(&[decides(4, 1, "A", 7, 1), decides(5, 2, "A", 7, 1)]).await.unwrap();
    let projector = place.projector().await.unwrap();
    database.cut_audit(4).await.unwrap();
    projector.close().await;
    assert_eq!(database.audit_head().await.unwrap().0, 4);
    assert_eq!(database.dispositions("A").await.unwrap().len(), 1);
}

pub(crate) async fn what_is_only_added_to_cannot_be_changed(place: &Place) {
    let a = alert("A01", "V1", 1);
    let written = lines(&[event("raised", 1, &a)]);
    place.write(&batch(0, &written, None)).await;
    place.open().await.note(&[decides(1, 1, &a.alert_id, 7, 1)]).await.unwrap();
    let line = &lines(&[event("raised", 2, &alert("A01", "V2", 1))])[0];
    let aside = vec![JournalAside { number: 1, after: 1, state: "held", line, about: None }];
    place.write(&database::Batch { aside, ..batch(1, &[], None) }).await;
    for sql in [
        "INSERT INTO lost_revisions SELECT 'x', sequence, alert_id, event, tick, entered_at, alert FROM revisions",
        "INSERT INTO audit_before SELECT number, at, who, role, operation, division, outcome, detail, previous, hash \
         FROM audit",
        "INSERT INTO dispositions_before SELECT number, alert_id, revision, decision, decided_by, decided_at, amount, \
         reason FROM dispositions",
    ] {
        place.meddle(sql).await.unwrap();
    }
    for table in [
        "audit",
        "revisions",
        "causes",
        "dispositions",
        "aside_revisions",
        "aside_causes",
        "lost_revisions",
        "audit_before",
        "dispositions_before",
    ] {
        let by_sequence = ["revisions", "causes", "lost_revisions"].contains(&table);
        let column = if by_sequence { "sequence" } else { "number" };
        for sql in [format!("UPDATE {table} SET {column} = 7"), format!("DELETE FROM {table}")] {
            let refused = place.meddle(&sql).await;
            assert!(refused.as_ref().is_err_and(|why| why.contains("added")), "{sql}: {refused:?}");
        }
        if place.url.starts_with("postgres") {
            assert!(place.meddle(&format!("TRUNCATE {table}")).await.is_err());
        }
    }
}

/// A database of the version before, with two entries of its own trail, one of them of a decision.
pub(crate) async fn a_trail_of_the_version_before_is_kept(place: &Place) {
    place.begin_as_of(2).await;
    for sql in [
        "INSERT INTO projection (id, identity, sequence, reject) VALUES (1, '0000000000000007', 0, 0)",
        "INSERT INTO audit VALUES (1, 'at', 'w1', 'head', 'look', NULL, 'done', '{}', 'p', 'h1')",
        "INSERT INTO audit VALUES (2, 'at', 'w2', 'head', 'dispose', '34', 'done', '{}', 'h1', 'h2')",
        "INSERT INTO dispositions VALUES (1, 'A01-1', 3, 'confirmed', 'w2', 'at', 1250, 'seen')",
        "INSERT INTO dispositions VALUES (2, 'A01-2', 4, 'dismissed', 'w3', 'at', NULL, '')",
    ] {
        place.meddle(sql).await.unwrap();
    }
    let database = place.open().await;
    let before = database.before().await.unwrap();
    let found: Vec<_> = before
        .iter()
        .map(|of| {
            let decision = of.decision.as_ref();
            let decided = decision.map(|of| (of.number, &*of.alert_id, &*of.identity, of.amount));
            (of.row.number, &*of.row.who, &*of.row.hash, decided)
        })
        .collect();
    let identity = "0000000000000007";
    assert_eq!(
        found,
        [
            (1, "w1", "h1", None),
            (2, "w2", "h2", Some((1, "A01-1", identity, Some(Fen(1250))))),
            // One that has no entry is not left out.
            (0, "", "", Some((2, "A01-2", identity, None))),
        ]
    );
    assert_eq!(database.audit_head().await.unwrap().0, 0);
}
