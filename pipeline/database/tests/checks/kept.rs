//! What is written stands as it was, once.

use std::collections::{BTreeMap, BTreeSet};

use database::{
    AlertFilter, AlertOrder, Batch, CoverageAt, Cursor, Error, IncidentFilter, JournalAside, JournalReject,
    NewRuleVersion, Projector, RejectFilter,
};
use serde_json::value::RawValue;
use wire::{Fen, FenSum, Keyword, Origin, Rejected, RuleCoverage};

use crate::events::{alert, batch, event, lines};
use crate::place::{IDENTITY, Place};

pub(crate) async fn events_become_alerts_each_once(place: &Place) {
    let (mut a, b) = (alert("A01", "V1", 1_000), alert("A02", "V\u{0}2\"é", 5));
    let raised = [event("raised", 1, &a), event("raised", 1, &b)];
    a.amount = Fen(9_000);
    let later = [event("changed", 2, &a), event("withdrawn", 3, &a), event("aged", 3, &b)];
    let (first, second) = (lines(&raised), lines(&later));
    assert_eq!(place.write(&batch(0, &first, Some("P1"))).await, Cursor { sequence: 2, ..Cursor::default() });

    // Who begins twice writes once: the second finds the cursor moved.
    let (mut one, mut other) = (place.projector().await.unwrap(), place.projector().await.unwrap());
    one.write(&batch(2, &second, None)).await.unwrap();
    assert!(matches!(other.write(&batch(2, &second, None)).await, Err(Error::OtherWriter)));
    let database = one.database();

    let of_a = database.history(&a.alert_id).await.unwrap().unwrap();
    assert_eq!(
        (of_a.alert.state.as_str(), of_a.alert.first_sequence, of_a.alert.last_sequence),
        ("withdrawn", 1, 4)
    );
    let events: Vec<_> = of_a.revisions.iter().map(|of| (of.sequence, of.event.as_str(), of.tick)).collect();
    assert_eq!(events, [(Some(1), "raised", 1), (Some(3), "changed", 2), (Some(4), "withdrawn", 3)]);
    // The alert and its causes are what they were, to the byte and to the last digit.
    for (revision, written) in of_a.revisions.iter().zip([&raised[0], &later[0], &later[1]]) {
        assert_eq!(revision.alert.get(), serde_json::to_string(&written.alert).unwrap());
        assert_eq!(revision.causes, written.cause);
    }
    assert_eq!(of_a.alert.alert.get(), serde_json::to_string(&a).unwrap());
    let of_b = database.alert(&b.alert_id).await.unwrap().unwrap();
    assert_eq!(
        (of_b.state.as_str(), of_b.alert.get()),
        ("aged", serde_json::to_string(&b).unwrap().as_str())
    );
    assert!(
        database.alert("none").await.unwrap().is_none() && database.history("none").await.unwrap().is_none()
    );
    let any = database.alerts(&AlertFilter::default(), AlertOrder::Id, None, 10).await.unwrap();
    assert_eq!((any.items.len(), any.next), (2, None));
}

/// Alerts that are held, or of shadow rules, stand in their state; what they went through is one history with the feed's,
/// however the batches are cut.
pub(crate) async fn what_is_aside_of_the_feed_has_its_state(place: &Place) {
    let (held, shadow, tried) = (alert("A01", "V1", 10), alert("X01", "V2", 20), alert("X01", "V3", 30));
    let back = alert("A02", "V4", 40);
    let fed = lines(&[
        event("raised", 1, &back),
        event("withdrawn", 2, &back),
        event("raised", 3, &held),
        event("withdrawn", 5, &held),
        event("raised", 6, &tried),
    ]);
    // Each with the sequence behind which it happened.
    let aside = [
        (1, "held", event("raised", 1, &held)),
        (1, "shadow", event("raised", 1, &shadow)),
        (1, "shadow", event("raised", 1, &tried)),
        (2, "held", event("changed", 2, &held)),
        (2, "held", event("raised", 3, &back)),
        (3, "held", event("released", 3, &held)),
        (3, "held", event("withdrawn", 4, &back)),
        (5, "shadow", event("withdrawn", 6, &tried)),
        (5, "shadow", event("withdrawn", 6, &shadow)),
    ];
    let aside_lines: Vec<Vec<u8>> = aside.iter().map(|(.., of)| serde_json::to_vec(of).unwrap()).collect();
    let all: Vec<JournalAside<'_>> = (1..)
        .zip(aside.iter().zip(&aside_lines))
        .map(|(number, ((after, state, _), line))| JournalAside {
            number,
            after: *after,
            state,
            line,
            about: None,
        })
        .collect();
    // Up to these sequences in turn, at first none; at the last one everything.
    let (mut written, mut noted) = (0, 0);
    for reached in [0, 1, 2, 3, 5] {
        let some = &fed[written..reached];
        let fits = all[noted..].iter().take_while(|of| of.after <= reached as u64).cloned().collect();
        let batch = Batch { aside: fits, ..batch(written as u64, some, None) };
        noted += batch.aside.len();
        if !batch.is_empty() {
            place.write(&batch).await;
        }
        written = reached;
        if reached == 2 {
            let database = place.open().await;
            let state =
                async |of: &wire::Alert| database.alert(&of.alert_id).await.unwrap().map(|of| of.state);
            assert_eq!(state(&held).await.as_deref(), Some("held"));
            assert_eq!(state(&shadow).await.as_deref(), Some("shadow"));
            assert_eq!(state(&back).await.as_deref(), Some("held"));
        }
    }
    let database = place.open().await;
    let cursor = place.projector().await.unwrap().cursor();
    assert_eq!((cursor.sequence, cursor.aside), (5, 9));
    check_aside(&database, [&held, &shadow, &tried, &back]).await;
}

/// The same in one batch.
pub(crate) async fn what_leaves_in_one_batch_leaves_no_trace(place: &Place) {
    let (held, again) = (alert("A01", "V1", 10), alert("A01", "V2", 10));
    let fed = lines(&[event("raised", 2, &held), event("raised", 1, &again), event("withdrawn", 2, &again)]);
    let aside = [
        (0, event("raised", 1, &held)),
        (1, event("released", 2, &held)),
        (3, event("raised", 3, &again)),
        (3, event("withdrawn", 4, &again)),
    ];
    let lines: Vec<Vec<u8>> = aside.iter().map(|(_, of)| serde_json::to_vec(of).unwrap()).collect();
    let aside = (1..)
        .zip(aside.iter().zip(&lines))
        .map(|(number, ((after, _), line))| JournalAside {
            number,
            after: *after,
            state: "held",
            line,
            about: None,
        })
        .collect();
    place.write(&Batch { aside, ..batch(0, &fed, None) }).await;
    let database = place.open().await;
    let of = database.alert(&held.alert_id).await.unwrap().unwrap();
    assert_eq!((of.state.as_str(), of.first_sequence, of.last_sequence), ("standing", 1, 1));
    let of = database.alert(&again.alert_id).await.unwrap().unwrap();
    assert_eq!((of.state.as_str(), of.first_sequence, of.last_sequence), ("withdrawn", 2, 3));
}

async fn check_aside(database: &database::Database, [held, shadow, tried, back]: [&wire::Alert; 4]) {
    let history = database.history(&held.alert_id).await.unwrap().unwrap();
    let of: Vec<_> = history
        .revisions
        .iter()
        .map(|of| (of.sequence, of.aside.as_deref(), of.event.as_str(), of.tick))
        .collect();
    assert_eq!(
        of,
        [
            (None, Some("held"), "raised", 1),
            (None, Some("held"), "changed", 2),
            (None, Some("held"), "released", 3),
            (Some(3), None, "raised", 3),
            (Some(4), None, "withdrawn", 5)
        ]
    );
    assert!(history.revisions.iter().all(|of| of.causes.len() == 2));
    let state = async |of: &wire::Alert| {
        let of = database.alert(&of.alert_id).await.unwrap();
        of.map(|of| (of.state, of.first_sequence, of.last_sequence))
    };
    assert_eq!(state(held).await, Some(("withdrawn".to_owned(), 3, 4)));
    // The feed never had it: nothing is left but its revisions.
    assert_eq!(state(shadow).await, None);
    assert_eq!(state(tried).await, Some(("standing".to_owned(), 5, 5)));
    assert_eq!(state(back).await, Some(("withdrawn".to_owned(), 1, 2)));
    let without = AlertFilter { without: Some("standing".to_owned()), ..AlertFilter::default() };
    let found = database.alerts(&without, AlertOrder::Id, None, 10).await.unwrap();
    assert!(found.items.len() == 2 && found.items.iter().all(|of| of.state == "withdrawn"));
}

pub(crate) async fn a_dead_mans_alerts_are_one_incident(place: &Place) {
    let alerts: Vec<_> = (0..48).map(|nth| alert("A01", &format!("V{nth}"), 1_000 + nth)).collect();
    let raised: Vec<_> = alerts.iter().map(|alert| event("raised", 1, alert)).collect();
    let written = lines(&raised);
    place.write(&batch(0, &written, Some("P-dead"))).await;
    let other = lines(&[
        event("raised", 2, &alert("A01", "W", i64::MAX)),
        event("raised", 2, &alert("A03", "X", i64::MAX)),
    ]);
    place.write(&batch(48, &other, None)).await;
    // What ends without it being known whom it was about stays in its incident.
    let ends: Vec<_> = alerts.iter().take(3).map(|alert| event("withdrawn", 3, alert)).collect();
    let ends = lines(&ends);
    place.write(&batch(50, &ends, None)).await;
    let database = place.open().await;
    let standing = IncidentFilter {
        alerts: AlertFilter { state: Some("standing".to_owned()), ..AlertFilter::default() },
        person: None,
    };
    let all = database.incidents(&standing, None, 10).await.unwrap();
    assert_eq!((all.items.len(), all.next), (2, None));
    let dead = all.items.iter().find(|incident| incident.person_kind == "person").unwrap();
    assert_eq!((dead.count, dead.state.as_str(), dead.person.as_deref()), (45, "standing", Some("P-dead")));
    assert_eq!(dead.rules, ["A01"]);
    let alone = all.items.iter().find(|incident| incident.person_kind == "institution").unwrap();
    // More than 64 bits hold.
    assert_eq!(alone.amount, FenSum(2 * i128::from(i64::MAX)));
    assert_eq!(alone.rules, ["A01", "A03"]);
    let whole = database.incident(&dead.incident_id, &AlertFilter::default()).await.unwrap().unwrap();
    assert_eq!((whole.count, whole.amount), (48, FenSum((0..48).map(|nth| 1_000 + nth).sum())));
    let withdrawn = AlertFilter { state: Some("withdrawn".to_owned()), ..AlertFilter::default() };
    let gone = database.incident(&dead.incident_id, &withdrawn).await.unwrap().unwrap();
    assert_eq!((gone.count, gone.state.as_str()), (3, "withdrawn"));
    assert!(database.incident("I-none", &AlertFilter::default()).await.unwrap().is_none());
    let of_person = IncidentFilter { person: Some("P-dead".to_owned()), ..standing };
    assert_eq!(database.incidents(&of_person, None, 10).await.unwrap().items.len(), 1);
}

pub(crate) async fn alerts_move_with_their_institution(place: &Place) {
    let moved = |division: Option<&str>| Batch {
        divisions: vec![("H1".to_owned(), division.map(str::to_owned))],
        at: "2026-01-02 03:04:05".to_owned(),
        ..Batch::default()
    };
    let database = place.open().await;
    let found = async |digits: &str| {
        let filter = AlertFilter { divisions: vec![digits.to_owned()], ..AlertFilter::default() };
        let incidents = IncidentFilter { alerts: filter.clone(), person: None };
        let alerts = database.alerts(&filter, AlertOrder::Id, None, 10).await.unwrap().items.len();
        assert_eq!(database.incidents(&incidents, None, 10).await.unwrap().items.len(), alerts.min(1));
        alerts
    };
    place.write(&moved(Some("340100"))).await;
    let events = lines(&[event("raised", 1, &alert("A01", "V1", 1))]);
    place.write(&batch(0, &events, None)).await;
    assert_eq!((found("34").await, found("3401").await, found("3402").await), (1, 1, 0));
    place.write(&moved(Some("340200"))).await;
    assert_eq!((found("34").await, found("3401").await, found("3402").await), (1, 0, 1));
    // An institution of which nothing is known any more stands nowhere.
    place.write(&moved(None)).await;
    assert_eq!((found("34").await, found("").await), (0, 0));
}

pub(crate) async fn rejects_and_coverage_are_kept(place: &Place) {
    let raw = r#"{"a":12345678901234567890.10, "b":"\u0000"}"#;
    let origins = [
        Origin::of_file("inbox/a.csv", 3),
        Origin::of_request("", 1),
        Origin::of_topic("t", 2, i64::MAX.cast_unsigned()),
    ];
    let reject = |(number, origin): (u64, &Origin)| JournalReject {
        number,
        line: Rejected {
            code: Keyword::Borrowed(if number == 2 { "not_json" } else { "missing_field" }),
            origin: origin.clone(),
            raw_bytes: None,
            raw: RawValue::from_string(raw.to_owned()).unwrap(),
            text: "it is \u{0} wrong".to_owned(),
        },
        key: (number == 3).then(|| RawValue::from_string("\"k\"".to_owned()).unwrap()),
    };
    let coverage = |rules: &[(&str, i64)]| {
        let of = |(rule, judged): &(&str, i64)| {
            ((*rule).to_owned(), RuleCoverage { judged: *judged, ..RuleCoverage::default() })
        };
        Some(CoverageAt { tick: 9, rules: rules.iter().map(of).collect() })
    };
    let batch = Batch {
        rejects: (1..).zip(&origins).map(reject).collect(),
        coverage: coverage(&[("A01", 5), ("A02", 6)]),
        at: "2026-01-02 03:04:05".to_owned(),
        ..Batch::default()
    };
    assert_eq!(place.write(&batch).await, Cursor { reject: 3, ..Cursor::default() });
    place.write(&Batch { coverage: coverage(&[("A01", 7)]), ..Batch::default() }).await;
    let database = place.open().await;
    let all = database.rejects(&RejectFilter::default(), 0, 2).await.unwrap();
    assert_eq!(all.next.as_deref(), Some("2"));
    let rest = database.rejects(&RejectFilter::default(), 2, 2).await.unwrap();
    let found: Vec<_> = all.items.iter().chain(&rest.items).collect();
    assert_eq!(found.iter().map(|of| of.line.origin.clone()).collect::<Vec<_>>(), origins);
    assert!(found.iter().all(|of| of.line.raw.get() == raw), "{found:?}");
    assert_eq!(found[2].key.as_ref().map(|key| key.get()), Some("\"k\""));
    let of = async |code: Option<&str>, origin: Option<&str>| {
        let filter = RejectFilter { code: code.map(str::to_owned), origin: origin.map(str::to_owned) };
        let found = database.rejects(&filter, 0, 10).await.unwrap().items;
        found.iter().map(|of| of.number).collect::<Vec<_>>()
    };
    assert_eq!(of(Some("missing_field"), None).await, [1, 3]);
    assert_eq!(of(None, Some("request")).await, [2]);
    assert_eq!(of(Some("missing_field"), Some("topic")).await, [3]);
    let rules: BTreeMap<String, i64> =
        database.coverage().await.unwrap().rules.into_iter().map(|(rule, of)| (rule, of.judged)).collect();
    assert_eq!(rules, BTreeMap::from([("A01".to_owned(), 7)]));

    // A version is noted when it is another than before.
    let version = |rule: &str, version: &str| NewRuleVersion {
        rule: rule.to_owned(),
        version: version.to_owned(),
        status: "active".to_owned(),
        bank_hash: "b".to_owned(),
        ..NewRuleVersion::default()
    };
    let noted = async |of: &[NewRuleVersion]| database.note_rule_versions(of).await.unwrap();
    assert_eq!(noted(&[version("A01", "1.0"), version("A02", "1.0")]).await, 2);
    assert_eq!(noted(&[version("A01", "1.1"), version("A02", "1.0")]).await, 1);
    assert_eq!(noted(&[version("A01", "1.0")]).await, 1);
    let page = database.rule_versions(Some("A01"), 0, 10).await.unwrap().items;
    let versions: Vec<_> = page.iter().map(|of| (of.number, of.version.version.as_str())).collect();
    assert_eq!(versions, [(1, "1.0"), (3, "1.1"), (4, "1.0")]);
}

pub(crate) async fn another_states_database_is_refused(place: &Place) {
    place.projector().await.unwrap().close().await;
    let refused = Projector::open(place.open().await, &database::Lineage::of(IDENTITY + 1)).await;
    let Err(error) = refused else { panic!("it was taken") };
    assert!(error.is_final() && error.to_string().contains("0000000000000007"), "{error}");
    // Opening again changes nothing.
    let twice: BTreeSet<String> = place.open().await.schema().await.unwrap();
    assert_eq!(twice, place.open().await.schema().await.unwrap());
    // Tables of a later program are left alone.
    place
        .meddle(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
        SELECT 99, 'later', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1",
        )
        .await
        .unwrap();
    let address = database::Address::read(&place.url, None).unwrap();
    let error = database::Database::open(&address).await.unwrap_err();
    assert!(matches!(error, Error::Migrate(_)) && error.is_final(), "{error:?}");
}

/// Writes batches as large as the service's; a third of the events change an alert that is there.
pub(crate) async fn events_a_second(place: &Place) {
    const BATCHES: u64 = 60;
    const EVENTS: u64 = 1_024;
    let mut projector = place.projector().await.unwrap();
    let begun = std::time::Instant::now();
    let (mut pages, mut bytes) = (Vec::new(), 0);
    for nth in 0..BATCHES {
        let of = |number: u64| {
            let key = if number.is_multiple_of(3) { number / 7 } else { number };
            event("raised", nth, &alert("A01", &format!("visit {key:012}"), i64::try_from(number).unwrap()))
        };
        let written = lines(&(nth * EVENTS..(nth + 1) * EVENTS).map(of).collect::<Vec<_>>());
        bytes += written.iter().map(Vec::len).sum::<usize>();
        let before = std::time::Instant::now();
        projector.write(&batch(nth * EVENTS, &written, Some(&format!("P{}", nth % 40)))).await.unwrap();
        pages.push(before.elapsed());
    }
    let took: std::time::Duration = pages.iter().sum();
    pages.sort();
    eprintln!(
        "{}: {:.0} events/s ({} events of {} bytes, {:?} with making them), a batch of {EVENTS}: median {:?}, longest {:?}",
        &place.url[..6],
        (BATCHES * EVENTS) as f64 / took.as_secs_f64(),
        BATCHES * EVENTS,
        bytes as u64 / (BATCHES * EVENTS),
        begun.elapsed(),
        pages[pages.len() / 2],
        pages.last().unwrap(),
    );
    let total = projector.database().alerts_total(&AlertFilter::default()).await.unwrap();
    assert!(total.count > BATCHES * EVENTS / 2);
}
