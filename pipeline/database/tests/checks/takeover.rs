//! A state that was put back from a backup takes over the database of the one that was copied.

use std::collections::BTreeMap;

use database::{
    AlertFilter, AlertOrder, Ancestor, Batch, Cursor, Database, Error, JournalAside, JournalReject, Lineage,
    Projector, ToPutRight,
};
use wire::{Event, Fen, Origin, Rejected};

use crate::audit::decides;
use crate::events::{alert, batch, event, lines};
use crate::place::{IDENTITY, Place};

/// What the state had when it was copied: four events of the feed, one aside, one reject.
const END: Cursor = Cursor { sequence: 4, reject: 1, aside: 1 };

fn restored(identity: u64) -> Lineage {
    let ancestors = vec![Ancestor { identity: IDENTITY, end: END }];
    Lineage { ancestors, identity, may_take_over: true }
}

fn reject(number: u64) -> JournalReject {
    let line = Rejected {
        code: std::borrow::Cow::Borrowed("not_json"),
        text: "x".to_owned(),
        raw_bytes: None,
        raw: wire::rejected::nothing(),
        origin: Origin { request: Some(String::new()), line: Some(number), ..Origin::default() },
    };
    JournalReject { number, line, key: None }
}

/// Events of the feed: one alert changes before and behind the end, one is withdrawn behind it, one only comes behind it.
fn history() -> Vec<Vec<u8>> {
    let (mut a, b, c, d) =
        (alert("A01", "V1", 1), alert("A01", "V2", 1), alert("A01", "V3", 1), alert("A01", "V4", 1));
    let mut events: Vec<Event> = vec![event("raised", 1, &a), event("raised", 1, &b)];
    a.amount = Fen(2);
    events.extend([event("changed", 2, &a), event("raised", 2, &c)]);
    a.amount = Fen(3);
    events.extend([event("changed", 3, &a), event("withdrawn", 3, &b), event("raised", 3, &d)]);
    lines(&events)
}

/// Writes what a state has up to some events; what is aside comes behind the fourth event and the last.
async fn write(projector: &mut Projector, history: &[Vec<u8>], aside: &[Vec<u8>], rejects: u64) {
    let asides = (1..).zip(aside).map(|(number, line)| JournalAside {
        number,
        after: if number == 1 { 4 } else { history.len() as u64 },
        state: "held",
        line,
        about: None,
    });
    let batch = Batch {
        aside: asides.collect(),
        rejects: (1..=rejects).map(reject).collect(),
        divisions: vec![("H1".to_owned(), Some("340100".to_owned()))],
        ..batch(0, history, Some("P1"))
    };
    projector.write(&batch).await.unwrap();
}

/// All alerts as people see them, without the times at which they were written.
async fn alerts(database: &Database) -> BTreeMap<String, String> {
    let any = AlertFilter { state: None, ..AlertFilter::default() };
    let page = database.alerts(&any, AlertOrder::Id, None, 100).await.unwrap();
    let shown = |of: &database::StoredAlert| {
        format!(
            "{} {} {:?} {} {} {}",
            of.state, of.incident_id, of.division, of.first_sequence, of.last_sequence, of.alert
        )
    };
    page.items.iter().map(|of| (of.alert_id.clone(), shown(of))).collect()
}

fn aside() -> [Vec<u8>; 2] {
    let (held, later) = (alert("A02", "V1", 1), alert("A02", "V2", 1));
    let of = |alert| lines(&[event("held", 2, alert)]).remove(0);
    [of(&held), of(&later)]
}

pub(crate) async fn a_restored_state_takes_the_database_over(place: &Place) {
    let (history, aside) = (history(), aside());
    let mut projector = place.projector().await.unwrap();
    write(&mut projector, &history, &aside, 2).await;
    let id = |key: &str| alert("A01", key, 1).alert_id;
    let (early, late) = (decides(1, 1, &id("V1"), IDENTITY, 3), decides(2, 2, &id("V4"), IDENTITY, 7));
    let again = decides(3, 3, &id("V1"), IDENTITY, 5);
    projector.database().note(&[early, late, again]).await.unwrap();
    let was = projector.cursor();
    projector.close().await;

    // Another state is refused, and so is one that was not put back just now.
    for lineage in [
        Lineage::of(8),
        Lineage { may_take_over: false, ..restored(8) },
        Lineage { ancestors: vec![Ancestor { identity: 9, end: END }], ..restored(8) },
    ] {
        let refused = Projector::open(place.open().await, &lineage).await;
        assert!(matches!(refused, Err(Error::OtherState { .. })), "it was taken: {lineage:?}");
    }
    let (mut projector, taken) = Projector::open(place.open().await, &restored(8)).await.unwrap();
    let taken = taken.unwrap();
    assert_eq!((taken.was, taken.cut, projector.cursor()), (was, END, END));
    let database = projector.database().clone();
    // Of the alerts that had events behind the end, those that are left are written anew from them.
    let to_put_right = database.to_put_right(100).await.unwrap();
    let sequences: BTreeMap<String, (Vec<u64>, Vec<u64>)> = to_put_right
        .iter()
        .map(|of| (of.alert_id.clone(), (of.sequences.clone(), of.aside.clone())))
        .collect();
    let held = |key: &str| alert("A02", key, 1).alert_id;
    assert_eq!(
        sequences,
        BTreeMap::from([
            (id("V1"), (vec![1, 3], vec![])),
            (id("V2"), (vec![2], vec![])),
            (id("V4"), (vec![], vec![])),
            (held("V2"), (vec![], vec![])),
        ])
    );
    let whole = batch(0, &history[..4], Some("P1"));
    for some in to_put_right.chunks(2) {
        let wanted = |of: &&ToPutRight, sequence: u64| of.sequences.contains(&sequence);
        let events = whole.events.iter();
        let events = events.filter(|event| some.iter().any(|of| wanted(&of, event.sequence))).cloned();
        let batch = Batch { events: events.collect(), at: whole.at.clone(), ..Batch::default() };
        projector.put_right(some, &batch).await.unwrap();
    }
    assert_eq!(database.to_put_right(100).await.unwrap(), []);

    // It is as one that was filled by the restored state alone.
    let fresh = tempfile::tempdir().unwrap();
    let fresh = Place { url: format!("sqlite:{}", fresh.path().join("fresh.sqlite").display()) };
    let mut other = fresh.projector().await.unwrap();
    write(&mut other, &history[..4], &aside[..1], 1).await;
    assert_eq!(alerts(&database).await, alerts(other.database()).await);
    assert_eq!(alerts(&database).await.len(), 4);
    // Decisions stay, and those of what went are named.
    let numbers = |of: Vec<(u64, String)>| of.into_iter().map(|(number, _)| number).collect::<Vec<_>>();
    assert_eq!(numbers(database.decisions_on_lost_revisions().await.unwrap()), [2, 3]);
    assert_eq!(numbers(database.decisions_without_alert().await.unwrap()), [2]);
    assert_eq!(database.dispositions(&id("V1")).await.unwrap().len(), 2);
    assert_eq!(database.lost_revisions_of(&id("V1")).await.unwrap().into_iter().collect::<Vec<_>>(), [3]);
    // It goes on with events of its own.
    let more = lines(&[event("withdrawn", 3, &alert("A01", "V3", 1))]);
    projector.write(&batch(4, &more, None)).await.unwrap();
    assert!(alerts(&database).await[&id("V3")].starts_with("withdrawn"));

    // The state that was copied does not take it back, and another restore from the same backup does.
    let back = Projector::open(place.open().await, &Lineage::of(IDENTITY)).await;
    assert!(matches!(back, Err(Error::OtherState { .. })));
    let (again, taken) = Projector::open(place.open().await, &restored(10)).await.unwrap();
    assert_eq!((taken.unwrap().cut, again.cursor()), (END, END));
    let kept = "SELECT count(*) FROM lost_revisions WHERE identity = '0000000000000008'";
    assert_eq!(place.count(kept).await, 1);
    assert_eq!(place.count("SELECT count(*) FROM lost_revisions").await, 4);
}
