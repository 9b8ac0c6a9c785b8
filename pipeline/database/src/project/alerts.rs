//! Events become revisions with their causes, alerts as they are after the last of them, and incidents.

use std::collections::BTreeMap;

use crate::Error;
use crate::about::{INSTITUTION_ALONE, IncidentKey};
use crate::backend::Writing;
use crate::journal::ReadEvent;
use crate::statement::{Statement, Value};

const REVISIONS: &str = "revisions (sequence, alert_id, event, tick, entered_at, alert)";

const CAUSES: &str = "causes (sequence, nth, kind, key, rev)";

const INCIDENTS: &str =
    "incidents (incident_id, institution, division, family, person_kind, person, entered_at)";

const ALERTS: &str = "alerts (alert_id, rule, rule_version, family, phase, verdict, severity, subject_type, \
    subject_id, institution, division, occurred, amount, counted_amount, exempted_by, state, incident_id, \
    first_sequence, last_sequence, entered_at, changed_at, alert)";

/// When it entered, and with which event, stays.
const ALERT_AGAIN: &str = " ON CONFLICT (alert_id) DO UPDATE SET rule = excluded.rule, \
    rule_version = excluded.rule_version, family = excluded.family, phase = excluded.phase, \
    verdict = excluded.verdict, severity = excluded.severity, subject_type = excluded.subject_type, \
    subject_id = excluded.subject_id, institution = excluded.institution, division = excluded.division, \
    occurred = excluded.occurred, amount = excluded.amount, counted_amount = excluded.counted_amount, \
    exempted_by = excluded.exempted_by, state = excluded.state, incident_id = excluded.incident_id, \
    last_sequence = excluded.last_sequence, changed_at = excluded.changed_at, alert = excluded.alert";

/// An alert after the events of a batch.
struct Latest<'e, 'a> {
    first_sequence: u64,
    event: &'e ReadEvent<'a>,
    incident: String,
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
    let kept = kept_incidents(writing, events).await?;
    let (mut latest, mut incidents) = (BTreeMap::<&str, Latest<'_, '_>>::new(), BTreeMap::new());
    for event in events {
        let alert = &event.alert;
        let id = alert.alert_id.as_str();
        let key = IncidentKey {
            institution: alert.institution.as_deref(),
            family: &alert.family,
            about: event.about,
        };
        // What is withdrawn stays where it was: nothing more may be known of it.
        let before = latest.get(id).map(|latest| &latest.incident).or_else(|| kept.get(id));
        let incident = match before {
            Some(before) if event.about.is_none() && event.state() != "standing" => before.clone(),
            _ => {
                let incident = key.id();
                incidents.insert(incident.clone(), key);
                incident
            }
        };
        let first_sequence = latest.get(id).map_or(event.sequence, |latest| latest.first_sequence);
        latest.insert(id, Latest { first_sequence, event, incident });
    }
    let division = |institution: Option<&str>| {
        Value::from(institution.and_then(|code| divisions.get(code)).map(String::as_str))
    };
    let rows = events.iter().map(|event| {
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
    let rows = events.iter().flat_map(|event| {
        (0_u64..).zip(&event.line.cause).map(|(nth, cause)| {
            let rev = cause.rev.map(|rev| i64::try_from(rev).unwrap_or(i64::MAX));
            vec![event.sequence.into(), nth.into(), (&*cause.kind).into(), (&cause.key).into(), rev.into()]
        })
    });
    writing.insert(CAUSES, rows.collect(), "").await?;
    let rows = incidents.iter().map(|(incident, key)| {
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
    let rows = latest.values().map(|latest| {
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
            event.sequence.into(),
            at.into(),
            at.into(),
            event.line.alert.get().into(),
        ]
    });
    writing.insert(ALERTS, rows.collect(), ALERT_AGAIN).await
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
