//! `GET /v1/alerts`, `/v1/alerts/{alert_id}`, `/v1/coverage`, `/v1/rejected`.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use wire::{Alert, Rejected};

use super::{App, Asked, Problem, at_length};
use crate::access::viewer::Viewer;
use crate::live::StoredReject;

/// Which alerts, and from where on.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    rule: Option<String>,
    family: Option<String>,
    verdict: Option<String>,
    severity: Option<String>,
    fixmedins_code: Option<String>,
    limit: Option<usize>,
    after: Option<String>,
}

/// Of an alert, what is asked for.
#[derive(Deserialize)]
struct Heads<'a> {
    #[serde(borrow)]
    rule: &'a str,
    #[serde(borrow)]
    family: &'a str,
    #[serde(borrow)]
    verdict: &'a str,
    #[serde(borrow)]
    severity: &'a str,
    institution: Option<String>,
}

impl Wanted {
    fn wants_all(&self) -> bool {
        let asked = [&self.rule, &self.family, &self.verdict, &self.severity, &self.fixmedins_code];
        asked.iter().all(|asked| asked.is_none())
    }

    fn wants(&self, alert: &[u8]) -> bool {
        let Ok(alert) = serde_json::from_slice::<Heads<'_>>(alert) else { return false };
        let is = |asked: &Option<String>, found: &str| asked.as_deref().is_none_or(|asked| asked == found);
        is(&self.rule, alert.rule)
            && is(&self.family, alert.family)
            && is(&self.verdict, alert.verdict)
            && is(&self.severity, alert.severity)
            && is(&self.fixmedins_code, alert.institution.as_deref().unwrap_or_default())
    }
}

/// A page of alerts.
#[derive(Serialize)]
pub(super) struct Alerts {
    items: Vec<WithState>,
    next: Option<String>,
}

/// An alert as in `alerts.ndjson`, and how it is with it.
#[derive(Serialize)]
pub(super) struct WithState {
    #[serde(flatten)]
    alert: Alert,
    state: &'static str,
}

fn with_state(alert: &[u8], viewer: &Viewer) -> Result<WithState, Problem> {
    let alert = serde_json::from_slice(alert).map_err(|error| Problem::unavailable(error.to_string()))?;
    Ok(WithState { alert: viewer.alert(alert), state: "standing" })
}

/// The institution of an alert.
fn institution(alert: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Institution {
        institution: Option<String>,
    }
    serde_json::from_slice::<Institution>(alert).ok()?.institution
}

/// A page of the alerts that stand, by `alert_id`.
pub(super) async fn list(
    State(app): State<App>,
    viewer: Viewer,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Alerts>, Problem> {
    let limit = viewer.page(wanted.limit)?;
    viewer.is_known()?;
    at_length(move || {
        let after = wanted.after.clone().unwrap_or_default();
        let (all, sees_all) = (wanted.wants_all(), viewer.divisions().is_empty());
        let wants = |alert: &[u8]| {
            (all || wanted.wants(alert)) && (sees_all || viewer.sees(institution(alert).as_deref()))
        };
        let page = app.shared.state.alerts(&after, limit, wants)?;
        let next = page.items.last().filter(|_| page.more).map(|(alert_id, _)| alert_id.clone());
        let items =
            page.items.iter().map(|(_, alert)| with_state(alert, &viewer)).collect::<Result<_, _>>()?;
        Ok(Json(Alerts { items, next }))
    })
    .await
}

/// One alert that stands.
pub(super) async fn one(
    State(app): State<App>,
    viewer: Viewer,
    Path(alert_id): Path<String>,
) -> Result<Json<WithState>, Problem> {
    viewer.is_known()?;
    let none = || Problem::not_found(format!("no alert {alert_id} stands"));
    let Some((_, alert)) = app.shared.state.alert(&alert_id)? else { return Err(none()) };
    let institution = institution(&alert);
    if !viewer.sees(institution.as_deref()) {
        return Err(viewer.foreign(institution.as_deref(), none()));
    }
    Ok(Json(with_state(&alert, &viewer)?))
}

/// What was judged, by rule.
pub(super) async fn coverage(State(app): State<App>) -> Result<impl IntoResponse, Problem> {
    Ok(Json(app.inbox.look(|view| view.coverage()).await?))
}

/// From where on.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct From {
    limit: Option<usize>,
    after: Option<u64>,
}

/// What was rejected, with its number.
#[derive(Serialize)]
pub(super) struct Numbered {
    number: u64,
    #[serde(flatten)]
    line: Rejected,
}

/// A page of what was rejected.
#[derive(Serialize)]
pub(super) struct RejectedPage {
    items: Vec<Numbered>,
    next: Option<u64>,
}

/// What was rejected, in the order in which it came.
pub(super) async fn rejected(
    State(app): State<App>,
    viewer: Viewer,
    Asked(from): Asked<From>,
) -> Result<Json<RejectedPage>, Problem> {
    let limit = viewer.page(from.limit)?;
    // Whose it would have been cannot be said of what was rejected.
    if !viewer.sees(None) {
        return Ok(Json(RejectedPage { items: Vec::new(), next: None }));
    }
    at_length(move || {
        let page = app.shared.state.rejects(from.after.unwrap_or(0), limit)?;
        let next = page.items.last().filter(|_| page.more).map(|(number, _)| *number);
        let read = |(number, line): &(u64, Vec<u8>)| {
            let stored: StoredReject = serde_json::from_slice(line)?;
            Ok(Numbered { number: *number, line: viewer.rejected(stored.line) })
        };
        let items: Result<Vec<Numbered>, serde_json::Error> = page.items.iter().map(read).collect();
        let items = items.map_err(|error| Problem::unavailable(error.to_string()))?;
        Ok(Json(RejectedPage { items, next }))
    })
    .await
}
