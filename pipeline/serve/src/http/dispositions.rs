//! `POST /v1/alerts/{alert_id}/dispositions`: a decision; `GET`: all decisions of an alert.
//!
//! A decision is taken when the audit trail has it on the disk; the database gets it from there.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use database::DECISIONS;
use records::time::format_time;
use serde::{Deserialize, Serialize};
use wire::Fen;

use super::alerts::visible;
use super::{App, Problem, read};
use crate::access::audit::{Decision, Entry};
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
    /// Whether its revision is none of this state's events: it went when the state was put back from a backup.
    revision_lost: bool,
}

/// All decisions of an alert.
#[derive(Serialize, Deserialize)]
pub(super) struct Dispositions {
    items: Vec<DispositionLine>,
}

fn line(of: Decision, revision_lost: bool) -> DispositionLine {
    let Decision { number, alert_id, revision, decision, by, at, amount, reason, state: _ } = of;
    DispositionLine { number, alert_id, revision, decision, by, at, amount, reason, revision_lost }
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
    let revision = database.revision(&alert_id, decided.revision).await?;
    let mut decision = Decision {
        number: 0,
        alert_id,
        state: format!("{:016x}", app.shared.state.identity()),
        revision,
        decision: decided.decision,
        by: by.clone(),
        at,
        amount: decided.amount,
        reason: decided.reason,
    };
    let entry = Entry {
        who: by,
        role: viewer.role().to_owned(),
        operation: viewer.operation.name().to_owned(),
        division: alert.division,
        outcome: "done".to_owned(),
        detail: viewer.request.to_string(),
        decision: Some(decision.clone()),
        ..Entry::default()
    };
    let kept = viewer.access.audit.must(entry).await;
    let kept = kept.map_err(|error| Problem::unavailable(error.to_string()))?;
    decision.number = kept.decision;
    // It is taken, and found as soon as the database has it; who asks next finds it, unless that does not answer.
    let _ = app.projected.with_entry(kept.number).await;
    Ok((StatusCode::CREATED, Json(line(decision, false))))
}

/// All decisions of an alert, the first first.
pub(super) async fn list(
    State(app): State<App>,
    viewer: Viewer,
    Path(alert_id): Path<String>,
) -> Result<Json<Dispositions>, Problem> {
    let database = app.current_database().await?;
    let decisions = database.dispositions(&alert_id).await?;
    // An alert may be gone with the events that a restore took; what was decided of it is not, and is shown to those who
    // are bound to no division, for nobody knows any more whose it was.
    let is_gone = !decisions.is_empty() && database.alert(&alert_id).await?.is_none();
    if !is_gone || !viewer.divisions().is_empty() {
        visible(&app, &viewer, &alert_id).await?;
    }
    let lost = database.lost_revisions_of(&alert_id).await?;
    let items = decisions.into_iter().map(|of| {
        let is_lost = lost.contains(&of.number);
        line(of.into(), is_lost)
    });
    Ok(Json(Dispositions { items: items.collect() }))
}
