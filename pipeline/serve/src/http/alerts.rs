//! `GET /v1/alerts`, `/v1/alerts/{alert_id}` and its `/history`, from the database.

use axum::Json;
use axum::extract::{Path, State};
use database::{AlertFilter, AlertOrder, StoredAlert};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use wire::{Alert, Cause, FenSum};

use super::wanted::of_alerts;
use super::{App, Asked, Problem};
use crate::about::SHADOW;
use crate::access::viewer::Viewer;

of_alerts! {
    /// Which alerts, in which order, and from where on.
    Wanted {
        incident: Option<String>,
        sort: Option<String>,
        total: Option<bool>,
        limit: Option<usize>,
        after: Option<String>,
    }
}

impl Wanted {
    fn order(&self) -> Result<AlertOrder, Problem> {
        match self.sort.as_deref() {
            None | Some("alert_id") => Ok(AlertOrder::Id),
            Some("occurred") => Ok(AlertOrder::Occurred),
            Some("amount") => Ok(AlertOrder::Amount),
            Some("counted_amount") => Ok(AlertOrder::CountedAmount),
            Some("sequence") => Ok(AlertOrder::Sequence),
            Some(_) => {
                Err(Problem::bad_request("sort: alert_id, occurred, amount, counted_amount or sequence"))
            }
        }
    }
}

/// A page of alerts.
#[derive(Serialize)]
pub(super) struct Alerts {
    items: Vec<Box<RawValue>>,
    next: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_total: Option<FenSum>,
}

/// An alert and what happened to it.
#[derive(Serialize, Deserialize)]
pub(super) struct History {
    alert_id: String,
    state: String,
    incident: String,
    revisions: Vec<RevisionLine>,
}

/// An event of an alert.
#[derive(Serialize, Deserialize)]
struct RevisionLine {
    /// Its sequence in the feed; none of an event that is in no feed.
    sequence: Option<u64>,
    /// Of an event that is in no feed: `held` or `shadow`, in which the alert was, or which it left.
    #[serde(skip_serializing_if = "Option::is_none")]
    aside: Option<String>,
    event: String,
    tick: u64,
    entered: String,
    cause: Vec<Cause>,
    alert: Box<RawValue>,
}

/// An alert as a viewer sees it, and behind its fields the state.
fn with_state(of: &StoredAlert, viewer: &Viewer) -> Result<Box<RawValue>, Problem> {
    let wrong = || Problem::unavailable(format!("alert {} of the database is none", of.alert_id));
    let seen = seen(&of.alert, viewer)?;
    let fields = seen.get().trim_end().strip_suffix('}').ok_or_else(wrong)?;
    let state = serde_json::to_string(&of.state).map_err(|_| wrong())?;
    RawValue::from_string(format!("{fields},\"state\":{state}}}")).map_err(|_| wrong())
}

/// An alert as a viewer sees it: as it was written, where nothing is masked.
fn seen(alert: &RawValue, viewer: &Viewer) -> Result<Box<RawValue>, Problem> {
    if viewer.sees_persons() {
        return Ok(alert.to_owned());
    }
    let alert: Alert = serde_json::from_str(alert.get()).map_err(crate::Error::from)?;
    Ok(serde_json::value::to_raw_value(&viewer.alert(alert)).map_err(crate::Error::from)?)
}

/// One alert that a viewer sees; what is foreign is answered as what is not there.
pub(super) async fn visible(app: &App, viewer: &Viewer, alert_id: &str) -> Result<StoredAlert, Problem> {
    viewer.is_known()?;
    let found = app.current_database().await?.alert(alert_id).await?;
    let found = found.ok_or_else(|| no_alert(alert_id))?;
    if found.state == SHADOW && !viewer.sees_shadow() {
        return Err(no_alert(alert_id));
    }
    let alert: Alert = serde_json::from_str(found.alert.get()).map_err(crate::Error::from)?;
    let institution = alert.institution.as_deref();
    if viewer.sees(institution) { Ok(found) } else { Err(viewer.foreign(institution, no_alert(alert_id))) }
}

/// A page of alerts.
pub(super) async fn list(
    State(app): State<App>,
    viewer: Viewer,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Alerts>, Problem> {
    viewer.is_known()?;
    let filter = AlertFilter { incident: wanted.incident.clone(), ..wanted.filter(&viewer)? };
    let (order, limit) = (wanted.order()?, viewer.page(wanted.limit)?);
    let database = app.current_database().await?;
    let page = database.alerts(&filter, order, wanted.after.as_deref(), limit).await?;
    let items = page.items.iter().map(|of| with_state(of, &viewer)).collect::<Result<_, _>>()?;
    let total = match wanted.total {
        Some(true) => Some(database.alerts_total(&filter).await?),
        _ => None,
    };
    let (count, amount) = (total.map(|total| total.count), total.map(|total| total.amount));
    Ok(Json(Alerts { items, next: page.next, total: count, amount_total: amount }))
}

/// One alert, in whatever state.
pub(super) async fn one(
    State(app): State<App>,
    viewer: Viewer,
    Path(alert_id): Path<String>,
) -> Result<Json<Box<RawValue>>, Problem> {
    Ok(Json(with_state(&visible(&app, &viewer, &alert_id).await?, &viewer)?))
}

/// What happened to an alert.
pub(super) async fn history(
    State(app): State<App>,
    viewer: Viewer,
    Path(alert_id): Path<String>,
) -> Result<Json<History>, Problem> {
    visible(&app, &viewer, &alert_id).await?;
    let found = app.current_database().await?.history(&alert_id).await?;
    let found = found.ok_or_else(|| no_alert(&alert_id))?;
    let line = |of: database::Revision| -> Result<RevisionLine, Problem> {
        let alert: Alert = serde_json::from_str(of.alert.get()).map_err(crate::Error::from)?;
        Ok(RevisionLine {
            sequence: of.sequence,
            aside: of.aside,
            event: of.event,
            tick: of.tick,
            entered: of.entered_at,
            cause: viewer.causes(&alert, of.causes),
            alert: seen(&of.alert, &viewer)?,
        })
    };
    let shown = |of: &database::Revision| viewer.sees_shadow() || of.aside.as_deref() != Some(SHADOW);
    Ok(Json(History {
        alert_id: found.alert.alert_id,
        state: found.alert.state,
        incident: found.alert.incident_id,
        revisions: found.revisions.into_iter().filter(shown).map(line).collect::<Result<_, _>>()?,
    }))
}

pub(super) fn no_alert(alert_id: &str) -> Problem {
    Problem::not_found(format!("there is no alert {alert_id}"))
}
