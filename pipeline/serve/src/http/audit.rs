//! `GET /v1/audit`: who did what; `GET /v1/audit/verify`: whether the trail is as it was written.

use axum::Json;
use axum::extract::State;
use database::{AuditHead, AuditRow};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::asked::number;
use super::{App, Asked, Problem};
use crate::access::viewer::Viewer;

/// Which rows, and from where on.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wanted {
    who: Option<String>,
    operation: Option<String>,
    limit: Option<usize>,
    after: Option<String>,
}

/// The row that was noted elsewhere.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Anchor {
    number: Option<u64>,
    hash: Option<String>,
}

/// A row of the trail.
#[derive(Serialize, Deserialize)]
pub(super) struct AuditLine {
    number: u64,
    at: String,
    who: String,
    role: String,
    operation: String,
    division: Option<String>,
    outcome: String,
    detail: Box<RawValue>,
    previous: String,
    hash: String,
}

/// A page of the trail.
#[derive(Serialize, Deserialize)]
pub(super) struct AuditPage {
    items: Vec<AuditLine>,
    next: Option<u64>,
}

/// What the walk over the trail found.
#[derive(Serialize, Deserialize)]
pub(super) struct Verified {
    /// Whether every row is as it was written.
    whole: bool,
    /// Rows that are as they were written, from the first on.
    rows: u64,
    /// The last of them: to be noted elsewhere.
    head: Head,
    /// What is wrong behind them.
    fault: Option<Fault>,
}

/// A row by its number and hash.
#[derive(Serialize, Deserialize)]
struct Head {
    number: u64,
    hash: String,
}

/// A row that is wrong.
#[derive(Serialize, Deserialize)]
struct Fault {
    number: u64,
    what: String,
}

/// What a row says more, which is JSON if the program wrote it; a row that was tampered with is shown as a text.
fn detail(text: String) -> Result<Box<RawValue>, Problem> {
    let shown = serde_json::value::to_raw_value(&text).map_err(crate::Error::from)?;
    Ok(RawValue::from_string(text).unwrap_or(shown))
}

fn line(of: AuditRow) -> Result<AuditLine, Problem> {
    Ok(AuditLine {
        number: of.number,
        at: of.entry.at,
        who: of.entry.who,
        role: of.entry.role,
        operation: of.entry.operation,
        division: of.entry.division,
        outcome: of.entry.outcome,
        detail: detail(of.entry.detail)?,
        previous: of.previous,
        hash: of.hash,
    })
}

/// Rows of the trail, in the order in which they were written.
pub(super) async fn list(
    State(app): State<App>,
    viewer: Viewer,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<AuditPage>, Problem> {
    let (limit, after) = (viewer.page(wanted.limit)?, number(wanted.after.as_deref())?);
    let database = app.projected.now()?;
    let page = database.audit_rows(wanted.who.as_deref(), wanted.operation.as_deref(), after, limit).await?;
    let next = page.next.and(page.items.last()).map(|last| last.number);
    let items = page.items.into_iter().map(line).collect::<Result<_, _>>()?;
    Ok(Json(AuditPage { items, next }))
}

/// Walks the trail.
pub(super) async fn verify(
    State(app): State<App>,
    Asked(anchor): Asked<Anchor>,
) -> Result<Json<Verified>, Problem> {
    let anchor = match (anchor.number, anchor.hash) {
        (Some(number), Some(hash)) => Some(AuditHead { number, hash }),
        (None, None) => None,
        _ => {
            return Err(Problem::bad_request("number and hash name the row that was noted, both or neither"));
        }
    };
    let found = app.projected.now()?.verify_audit(anchor.as_ref()).await?;
    Ok(Json(Verified {
        whole: found.fault.is_none(),
        rows: found.rows,
        head: Head { number: found.head.number, hash: found.head.hash },
        fault: found.fault.map(|fault| Fault { number: fault.number, what: fault.what.to_owned() }),
    }))
}
