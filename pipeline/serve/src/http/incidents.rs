//! `GET /v1/incidents`, `/v1/incidents/{incident_id}`.

use axum::Json;
use axum::extract::{Path, State};
use database::{AlertFilter, Incident, IncidentFilter};
use serde::{Deserialize, Serialize};
use wire::FenSum;

use super::asked::{amount, division, limit, moment, state};
use super::{App, Asked, Problem};

/// Which incidents, by what their alerts are.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wanted {
    rule: Option<String>,
    family: Option<String>,
    verdict: Option<String>,
    severity: Option<String>,
    phase: Option<String>,
    fixmedins_code: Option<String>,
    division: Option<String>,
    occurred_from: Option<String>,
    occurred_to: Option<String>,
    amount_min: Option<String>,
    amount_max: Option<String>,
    state: Option<String>,
    person: Option<String>,
    limit: Option<usize>,
    after: Option<String>,
}

/// In which state the alerts of one incident are that count.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WantedOne {
    state: Option<String>,
}

/// An incident, and what its alerts that were asked for come to.
#[derive(Serialize, Deserialize)]
pub(super) struct IncidentLine {
    incident_id: String,
    state: String,
    family: String,
    fixmedins_code: Option<String>,
    division: Option<String>,
    person_kind: String,
    person: Option<String>,
    count: u64,
    amount: FenSum,
    counted_amount: FenSum,
    rules: Vec<String>,
    first_occurred: String,
    last_occurred: String,
}

/// A page of incidents.
#[derive(Serialize, Deserialize)]
pub(super) struct Incidents {
    items: Vec<IncidentLine>,
    next: Option<String>,
}

fn line(of: Incident) -> IncidentLine {
    IncidentLine {
        incident_id: of.incident_id,
        state: of.state,
        family: of.family,
        fixmedins_code: of.institution,
        division: of.division,
        person_kind: of.person_kind,
        person: of.person,
        count: of.count,
        amount: of.amount,
        counted_amount: of.counted_amount,
        rules: of.rules,
        first_occurred: of.first_occurred,
        last_occurred: of.last_occurred,
    }
}

/// A page of incidents, by id.
pub(super) async fn list(
    State(app): State<App>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Incidents>, Problem> {
    let limit = limit(wanted.limit)?;
    let alerts = AlertFilter {
        rule: wanted.rule,
        family: wanted.family,
        verdict: wanted.verdict,
        severity: wanted.severity,
        phase: wanted.phase,
        institution: wanted.fixmedins_code,
        divisions: division(wanted.division)?,
        occurred_from: moment("occurred_from", wanted.occurred_from.as_deref(), false)?,
        occurred_to: moment("occurred_to", wanted.occurred_to.as_deref(), true)?,
        amount_min: amount("amount_min", wanted.amount_min.as_deref())?,
        amount_max: amount("amount_max", wanted.amount_max.as_deref())?,
        state: state(wanted.state)?,
        incident: None,
    };
    let filter = IncidentFilter { alerts, person: wanted.person };
    let page = app.current_database().await?.incidents(&filter, wanted.after.as_deref(), limit).await?;
    Ok(Json(Incidents { items: page.items.into_iter().map(line).collect(), next: page.next }))
}

/// One incident; of all its alerts, unless a state is asked for.
pub(super) async fn one(
    State(app): State<App>,
    Path(incident_id): Path<String>,
    Asked(wanted): Asked<WantedOne>,
) -> Result<Json<IncidentLine>, Problem> {
    let state = state(Some(wanted.state.unwrap_or_else(|| "any".to_owned())))?;
    match app.current_database().await?.incident(&incident_id, state.as_deref()).await? {
        Some(incident) => Ok(Json(line(incident))),
        None => Err(Problem::not_found(format!("there is no incident {incident_id} with such alerts"))),
    }
}
