//! `POST /v1/alerts/{alert_id}/dispositions`: a decision; `GET`: all decisions of an alert.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use database::{AuditEntry, DECISIONS, Disposition, NewDisposition};
use records::time::format_time;
use serde::{Deserialize, Serialize};
use wire::Fen;

use super::alerts::visible;
use super::{App, Problem, read};
use crate::access::viewer::Viewer;
use crate::clock::wall_clock;

/// Bytes of a body, and characters of a reason and of a name, at the most.
pub(super) const BODY_BYTES_MAX: usize = 64 << 10;
const REASON_MAX: usize = 4_000;
const NAME_MAX: usize = 200;

/// A decision, as it is sent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Decided {
    /// `confirmed`, `dismissed`, `in_review` or `reopened`.
    decision: String,
    /// Who decided.
    by: String,
    /// Why.
    #[serde(default)]
    reason: String,
    /// What is confirmed of the amount, yuan.
    #[serde(default)]
    amount: Option<Fen>,
    /// The sequence of the event that was looked at; the last one if none is named.
    #[serde(default)]
    revision: Option<u64>,
}

/// A decision.
#[derive(Serialize, Deserialize)]
pub(super) struct DispositionLine {
    number: u64,
    alert_id: String,
    revision: u64,
    decision: String,
    by: String,
    at: String,
    amount: Option<Fen>,
    reason: String,
}

/// All decisions of an alert.
#[derive(Serialize, Deserialize)]
pub(super) struct Dispositions {
    items: Vec<DispositionLine>,
}

/// What the audit trail says of a decision.
#[derive(Serialize)]
struct Detail<'a> {
    alert_id: &'a str,
    decision: &'a str,
    amount: Option<Fen>,
}

fn line(of: Disposition) -> DispositionLine {
    DispositionLine {
        number: of.number,
        alert_id: of.alert_id,
        revision: of.revision,
        decision: of.decision,
        by: of.decided_by,
        at: of.decided_at,
        amount: of.amount,
        reason: of.reason,
    }
}

/// A decision, if it is one.
fn checked(decided: Decided) -> Result<Decided, Problem> {
    if !DECISIONS.contains(&decided.decision.as_str()) {
        return Err(Problem::bad_request(format!("decision: {}", DECISIONS.join(", "))));
    }
    let by = decided.by.trim();
    if by.is_empty() || by.chars().count() > NAME_MAX {
        return Err(Problem::bad_request(format!("by: who decided, 1 to {NAME_MAX} characters")));
    }
    if decided.reason.chars().count() > REASON_MAX {
        return Err(Problem::bad_request(format!("reason: up to {REASON_MAX} characters")));
    }
    if decided.amount.is_some_and(|amount| amount.fen() < 0) {
        return Err(Problem::bad_request("amount: not below 0"));
    }
    Ok(decided)
}

/// Takes a decision; answered when it is durable.
pub(super) async fn post(
    State(app): State<App>,
    viewer: Viewer,
    Path(alert_id): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<DispositionLine>), Problem> {
    let decided = checked(read(body, BODY_BYTES_MAX)?)?;
    // Who is known by name decides under that name.
    let by = viewer.name().map_or_else(|| decided.by.trim().to_owned(), str::to_owned);
    let at = format_time(wall_clock());
    let alert = visible(&app, &viewer, &alert_id).await?;
    let database = app.current_database().await?;
    let detail = Detail { alert_id: &alert_id, decision: &decided.decision, amount: decided.amount };
    let entry = AuditEntry {
        at: at.clone(),
        who: by.clone(),
        role: viewer.role().to_owned(),
        operation: "dispose".to_owned(),
        division: alert.division,
        outcome: "done".to_owned(),
        detail: serde_json::to_string(&detail).map_err(crate::Error::from)?,
    };
    let new = NewDisposition {
        alert_id,
        revision: decided.revision,
        decision: decided.decision,
        decided_by: by,
        decided_at: at,
        amount: decided.amount,
        reason: decided.reason,
    };
    let disposition = database.dispose(&new, &entry).await?;
    Ok((StatusCode::CREATED, Json(line(disposition))))
}

/// All decisions of an alert, the first first.
pub(super) async fn list(
    State(app): State<App>,
    viewer: Viewer,
    Path(alert_id): Path<String>,
) -> Result<Json<Dispositions>, Problem> {
    visible(&app, &viewer, &alert_id).await?;
    let database = app.current_database().await?;
    let items = database.dispositions(&alert_id).await?.into_iter().map(line).collect();
    Ok(Json(Dispositions { items }))
}
