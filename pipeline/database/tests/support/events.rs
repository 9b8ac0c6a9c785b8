//! Events that a check makes up.

use database::{About, AboutKind, Batch, JournalEvent};
use wire::{Alert, Bilingual, Cause, Event, Fen, Keyword, RecordName, Subject};

/// An alert of a rule about a key, with what filters look at.
pub(crate) fn alert(rule: &str, key: &str, amount: i64) -> Alert {
    let key = vec![key.to_owned()];
    Alert {
        alert_id: wire::alert_id(rule, &key),
        rule: rule.to_owned(),
        rule_version: "1.0".to_owned(),
        family: Keyword::Borrowed("identity"),
        phase: Keyword::Borrowed("post"),
        verdict: Keyword::Borrowed("definite"),
        severity: Keyword::Borrowed("high"),
        subject: Subject { r#type: Keyword::Borrowed("visit"), id: key[0].clone() },
        institution: Some("H1".to_owned()),
        occurred: "2025-03-01 09:00:00".to_owned(),
        amount: Fen(amount),
        counted_amount: Fen(amount / 2),
        evidence: vec![RecordName { kind: Keyword::Borrowed("visit"), key: key[0].clone() }],
        message: Bilingual::new("一", "one"),
        key,
        ..Alert::default()
    }
}

/// An event with two causes, one of them without a revision.
pub(crate) fn event(what: &'static str, tick: u64, alert: &Alert) -> Event {
    let cause = |key: &str, rev| Cause { kind: Keyword::Borrowed("visit"), key: key.to_owned(), rev };
    let cause = vec![cause("a", Some(i64::MAX.cast_unsigned())), cause("b", None)];
    Event { event: Keyword::Borrowed(what), tick, cause, alert: alert.clone() }
}

/// Lines as the journal has them.
pub(crate) fn lines(events: &[Event]) -> Vec<Vec<u8>> {
    events.iter().map(|event| serde_json::to_vec(event).unwrap()).collect()
}

/// A batch of lines behind a sequence, all about one person or about nobody.
pub(crate) fn batch<'a>(after: u64, lines: &'a [Vec<u8>], person: Option<&str>) -> Batch<'a> {
    let about = person.map(|id| About { kind: AboutKind::Person, id: id.to_owned() });
    let events = (after + 1..).zip(lines);
    Batch {
        events: events
            .map(|(sequence, line)| JournalEvent { sequence, line, about: about.clone() })
            .collect(),
        at: "2026-01-02 03:04:05".to_owned(),
        ..Batch::default()
    }
}
