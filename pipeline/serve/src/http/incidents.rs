//! `GET /v1/incidents`, `/v1/incidents/{incident_id}`.

use axum::Json;
use axum::extract::{Path, State};
use database::{Incident, IncidentFilter};
use serde::{Deserialize, Serialize};
use wire::FenSum;

use super::asked::of_state;
use super::wanted::of_alerts;
use super::{App, Asked, Problem};
use crate::access::viewer::Viewer;

of_alerts! {
    /// Which incidents, by what their alerts are.
    Wanted {
        person: Option<String>,
        limit: Option<usize>,
        after: Option<String>,
    }
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

fn line(of: Incident, viewer: &Viewer) -> IncidentLine {
    let is_person = of.person_kind == "person";
    let person = of.person.map(|id| if is_person { viewer.person(&id) } else { id });
    IncidentLine {
        incident_id: of.incident_id,
        state: of.state,
        family: of.family,
        fixmedins_code: of.institution,
        division: of.division,
        person_kind: of.person_kind,
        person,
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
    viewer: Viewer,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Incidents>, Problem> {
    viewer.is_known()?;
    let limit = viewer.page(wanted.limit)?;
    // Who does not see persons by their numbers cannot try numbers, either.
    if wanted.person.is_some() && !viewer.sees_persons() {
        return Err(Problem::forbidden("alerts.persons"));
    }
    let filter = IncidentFilter { alerts: wanted.filter(&viewer)?, person: wanted.person };
    let page = app.current_database().await?.incidents(&filter, wanted.after.as_deref(), limit).await?;
    Ok(Json(Incidents {
        items: page.items.into_iter().map(|of| line(of, &viewer)).collect(),
        next: page.next,
    }))
}

/// One incident; of all its alerts, unless a state is asked for.
pub(super) async fn one(
    State(app): State<App>,
    viewer: Viewer,
    Path(incident_id): Path<String>,
    Asked(wanted): Asked<WantedOne>,
) -> Result<Json<IncidentLine>, Problem> {
    let of = of_state(&viewer, Some(wanted.state.as_deref().unwrap_or("any")))?;
    viewer.is_known()?;
    let none = || Problem::not_found(format!("there is no incident {incident_id} with such alerts"));
    let found = app.current_database().await?.incident(&incident_id, &of).await?;
    let found = found.ok_or_else(none)?;
    if !viewer.sees(found.institution.as_deref()) {
        return Err(viewer.foreign(found.institution.as_deref(), none()));
    }
    Ok(Json(line(found, &viewer)))
}
