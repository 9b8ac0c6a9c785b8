//! Events become revisions with their causes, alerts as they are after the last of them, and incidents.
//!
//! An alert that is in no feed has a row in that state. When it leaves without an event of the feed, its row becomes
//! again what the feed had made of it, and goes where the feed never knew it; its revisions stay.

use std::collections::BTreeMap;

use crate::Error;
use crate::about::{INSTITUTION_ALONE, IncidentKey};
use crate::backend::Writing;
use crate::journal::ReadEvent;
use crate::statement::{Statement, Value};

const REVISIONS: &str = "revisions (sequence, alert_id, event, tick, entered_at, alert)";

const CAUSES: &str = "causes (sequence, nth, kind, key, rev)";

const ASIDE_REVISIONS: &str = "aside_revisions (number, alert_id, state, event, tick, entered_at, alert)";

const ASIDE_CAUSES: &str = "aside_causes (number, nth, kind, key, rev)";

const INCIDENTS: &str =
    "incidents (incident_id, institution, division, family, person_kind, person, entered_at)";

const ALERTS: &str = "alerts (alert_id, rule, rule_version, family, phase, verdict, severity, subject_type, \
    subject_id, institution, division, occurred, amount, counted_amount, exempted_by, state, incident_id, \
    first_sequence, last_sequence, entered_at, changed_at, alert)";

/// When it entered stays, and so does with which event, once the feed had one.
const ALERT_AGAIN: &str = " ON CONFLICT (alert_id) DO UPDATE SET rule = excluded.rule, \
    rule_version = excluded.rule_version, family = excluded.family, phase = excluded.phase, \
    verdict = excluded.verdict, severity = excluded.severity, subject_type = excluded.subject_type, \
    subject_id = excluded.subject_id, institution = excluded.institution, division = excluded.division, \
    occurred = excluded.occurred, amount = excluded.amount, counted_amount = excluded.counted_amount, \
    exempted_by = excluded.exempted_by, state = excluded.state, incident_id = excluded.incident_id, \
    first_sequence = CASE alerts.first_sequence WHEN 0 THEN excluded.first_sequence \
    ELSE alerts.first_sequence END, last_sequence = CASE excluded.last_sequence WHEN 0 \
    THEN alerts.last_sequence ELSE excluded.last_sequence END, changed_at = excluded.changed_at, alert = excluded.alert";

/// An alert after the events of a batch.
struct Latest<'e, 'a> {
    /// Sequences of the first and the last event of the feed; 0 if it had none.
    first_sequence: u64,
    last_sequence: u64,
    event: &'e ReadEvent<'a>,
    incident: String,
}

/// What the events of a batch come to.
#[derive(Default)]
struct Outcome<'e, 'a> {
    /// Alerts after the last event of the feed.
    fed: BTreeMap<&'e str, Latest<'e, 'a>>,
    /// Alerts that are in no feed at the end.
    aside: BTreeMap<&'e str, Latest<'e, 'a>>,
    /// Events by which alerts left such a state that they were in before.
    left: Vec<&'e ReadEvent<'a>>,
    incidents: BTreeMap<String, IncidentKey<'e>>,
}

impl<'e, 'a> Outcome<'e, 'a> {
    fn of(events: &'e [ReadEvent<'a>], kept: &BTreeMap<String, String>) -> Outcome<'e, 'a> {
        let mut outcome = Outcome::default();
        for event in events {
            outcome.add(event, kept);
        }
        outcome
    }

    fn add(&mut self, event: &'e ReadEvent<'a>, kept: &BTreeMap<String, String>) {
        let alert = &event.alert;
        let id = alert.alert_id.as_str();
        if event.leaves() {
            if self.aside.remove(id).is_none() {
                self.left.push(event);
            }
            return;
        }
        let key = IncidentKey {
            institution: alert.institution.as_deref(),
            family: &alert.family,
            about: event.about,
        };
        let known = self.aside.get(id).or_else(|| self.fed.get(id));
        // What is withdrawn stays where it was: nothing more may be known of it.
        let before = known.map(|latest| &latest.incident).or_else(|| kept.get(id));
        let incident = match before {
            Some(before) if event.about.is_none() && event.state() != "standing" => before.clone(),
            _ => {
                let incident = key.id();
                self.incidents.insert(incident.clone(), key);
                incident
            }
        };
        let fed = self.fed.get(id).map(|latest| (latest.first_sequence, latest.last_sequence));
        let (first, last) = fed.unwrap_or((event.sequence, event.sequence));
        let last_sequence = if event.aside.is_some() { last } else { event.sequence };
        let latest = Latest { first_sequence: first, last_sequence, event, incident };
        let of = if event.aside.is_some() { &mut self.aside } else { &mut self.fed };
        of.insert(id, latest);
    }

    /// Alerts as their rows are to be.
    fn rows(self) -> Vec<Latest<'e, 'a>> {
        let mut rows = self.fed;
        rows.extend(self.aside);
        rows.into_values().collect()
    }
}

/// Writes the events of a batch.
pub(super) async fn write(
    writing: &mut Writing,
    events: &[ReadEvent<'_>],
    divisions: &BTreeMap<String, String>,
    at: &str,
) -> Result<(), Error> {
    if events.is_empty() {
        return Ok(());
    }
    revisions(writing, events, at).await?;
    write_alerts(writing, events, divisions, at).await
}

/// Writes what the events of a batch leave: alerts and incidents.
pub(super) async fn write_alerts(
    writing: &mut Writing,
    events: &[ReadEvent<'_>],
    divisions: &BTreeMap<String, String>,
    at: &str,
) -> Result<(), Error> {
    let kept = kept_incidents(writing, events).await?;
    let outcome = Outcome::of(events, &kept);
    let division = |institution: Option<&str>| {
        Value::from(institution.and_then(|code| divisions.get(code)).map(String::as_str))
    };
    for event in &outcome.left {
        leave(writing, event, at).await?;
    }
    let rows = outcome.incidents.iter().map(|(incident, key)| {
        vec![
            incident.into(),
            key.institution.into(),
            division(key.institution),
            key.family.into(),
            key.about.map_or(INSTITUTION_ALONE, |about| about.kind.name()).into(),
            key.about.map(|about| about.id.as_str()).into(),
            at.into(),
        ]
    });
    writing.insert(INCIDENTS, rows.collect(), " ON CONFLICT (incident_id) DO NOTHING").await?;
    let latest = outcome.rows();
    let rows = latest.iter().map(|latest| {
        let (event, alert) = (latest.event, &latest.event.alert);
        vec![
            (&alert.alert_id).into(),
            (&alert.rule).into(),
            (&alert.rule_version).into(),
            (&alert.family).into(),
            (&alert.phase).into(),
            (&alert.verdict).into(),
            (&alert.severity).into(),
            (&*alert.subject.r#type).into(),
            (&alert.subject.id).into(),
            alert.institution.as_deref().into(),
            division(alert.institution.as_deref()),
            (&alert.occurred).into(),
            alert.amount.fen().into(),
            alert.counted_amount.fen().into(),
            alert.exempted_by.as_deref().into(),
            event.state().into(),
            (&latest.incident).into(),
            latest.first_sequence.into(),
            latest.last_sequence.into(),
            at.into(),
            at.into(),
            event.line.alert.get().into(),
        ]
    });
    writing.insert(ALERTS, rows.collect(), ALERT_AGAIN).await
}

/// Writes every event with its causes, each into the tables of its journal.
async fn revisions(writing: &mut Writing, events: &[ReadEvent<'_>], at: &str) -> Result<(), Error> {
    let causes = |number: u64, event: &'_ ReadEvent<'_>| -> Vec<Vec<Value<'static>>> {
        let nth = (0_u64..).zip(&event.line.cause);
        nth.map(|(nth, cause)| {
            let rev = cause.rev.map(|rev| i64::try_from(rev).unwrap_or(i64::MAX));
            let (kind, key) = (cause.kind.to_string(), cause.key.clone());
            vec![number.into(), nth.into(), kind.into(), key.into(), rev.into()]
        })
        .collect()
    };
    let fed = || events.iter().filter(|event| event.aside.is_none());
    let aside = || events.iter().filter_map(|event| Some((event.aside?, event)));
    let rows = fed().map(|event| {
        vec![
            event.sequence.into(),
            (&event.alert.alert_id).into(),
            (&*event.line.event).into(),
            event.line.tick.into(),
            at.into(),
            event.line.alert.get().into(),
        ]
    });
    writing.insert(REVISIONS, rows.collect(), "").await?;
    writing.insert(CAUSES, fed().flat_map(|event| causes(event.sequence, event)).collect(), "").await?;
    let rows = aside().map(|(mark, event)| {
        vec![
            mark.number.into(),
            (&event.alert.alert_id).into(),
            mark.state.into(),
            (&*event.line.event).into(),
            event.line.tick.into(),
            at.into(),
            event.line.alert.get().into(),
        ]
    });
    writing.insert(ASIDE_REVISIONS, rows.collect(), "").await?;
    let rows = aside().flat_map(|(mark, event)| causes(mark.number, event));
    writing.insert(ASIDE_CAUSES, rows.collect(), "").await
}

/// An alert that was in no feed leaves: where the feed had it, it is as it was withdrawn there; else its row goes.
async fn leave(writing: &mut Writing, event: &ReadEvent<'_>, at: &str) -> Result<(), Error> {
    let id = &event.alert.alert_id;
    let mut was = Statement::new("UPDATE alerts SET state = 'withdrawn', changed_at = ");
    was.bind(at).push(" WHERE first_sequence > 0 AND state = ").bind(event.state());
    was.push(" AND alert_id = ").bind(id);
    writing.execute(&was).await?;
    let mut gone = Statement::new("DELETE FROM alerts WHERE state = ");
    gone.bind(event.state()).push(" AND alert_id = ").bind(id);
    writing.execute(&gone).await?;
    Ok(())
}

/// The incidents, as the database has them, of alerts that end and of which it is not said whom they were about.
async fn kept_incidents(
    writing: &mut Writing,
    events: &[ReadEvent<'_>],
) -> Result<BTreeMap<String, String>, Error> {
    let mut kept = BTreeMap::new();
    for event in events.iter().filter(|event| event.about.is_none() && event.state() != "standing") {
        let mut ask = Statement::new("SELECT incident_id FROM alerts WHERE alert_id = ");
        ask.bind(&event.alert.alert_id);
        if let Some(row) = writing.row(&ask).await? {
            kept.insert(event.alert.alert_id.clone(), row.text(0)?);
        }
    }
    Ok(kept)
}
