//! `GET /v1/rejected`.

use axum::Json;
use axum::extract::State;
use database::RejectFilter;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use wire::{Keyword, Origin};

use super::asked::number;
use super::{App, Asked, Problem};
use crate::access::viewer::Viewer;

/// Which rejects, and from where on.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wanted {
    code: Option<String>,
    origin: Option<String>,
    limit: Option<usize>,
    after: Option<String>,
}

/// What was rejected, with its number.
#[derive(Serialize, Deserialize)]
pub(super) struct Numbered {
    number: u64,
    code: Keyword,
    origin: Origin,
    raw: Box<RawValue>,
    text: String,
}

/// A page of what was rejected.
#[derive(Serialize, Deserialize)]
pub(super) struct RejectedPage {
    items: Vec<Numbered>,
    next: Option<u64>,
}

/// What was rejected, in the order in which it came.
pub(super) async fn rejected(
    State(app): State<App>,
    viewer: Viewer,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<RejectedPage>, Problem> {
    let (limit, after) = (viewer.page(wanted.limit)?, number(wanted.after.as_deref())?);
    if wanted.origin.as_deref().is_some_and(|origin| !["file", "request", "topic"].contains(&origin)) {
        return Err(Problem::bad_request("origin: file, request or topic"));
    }
    // Whose it would have been cannot be said of what was rejected.
    if !viewer.sees(None) {
        return Ok(Json(RejectedPage { items: Vec::new(), next: None }));
    }
    let filter = RejectFilter { code: wanted.code, origin: wanted.origin };
    let page = app.current_database().await?.rejects(&filter, after, limit).await?;
    let next = page.next.and(page.items.last()).map(|last| last.number);
    let numbered = |of: database::StoredReject| {
        let line = viewer.rejected(of.line);
        Numbered { number: of.number, code: line.code, origin: line.origin, raw: line.raw, text: line.text }
    };
    let items = page.items.into_iter().map(numbered).collect();
    Ok(Json(RejectedPage { items, next }))
}
