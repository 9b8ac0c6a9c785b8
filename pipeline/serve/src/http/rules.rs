//! `GET /v1/rules`: which version of which rule has judged since when; `GET /v1/coverage`: what was judged.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use database::RuleVersion;
use serde::{Deserialize, Serialize};
use wire::RuleCoverage;

use super::asked::number;
use super::{App, Asked, Problem};
use crate::access::viewer::Viewer;

/// Which rule, and from where on.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wanted {
    rule: Option<String>,
    limit: Option<usize>,
    after: Option<String>,
}

/// A version of a rule.
#[derive(Serialize, Deserialize)]
pub(super) struct VersionLine {
    number: u64,
    rule: String,
    version: String,
    status: String,
    bank: String,
    since_tick: u64,
    since: String,
    applied_by: Option<String>,
    approved_by: Option<String>,
}

/// A page of versions.
#[derive(Serialize, Deserialize)]
pub(super) struct Versions {
    items: Vec<VersionLine>,
    next: Option<u64>,
}

fn line(RuleVersion { number, version: of }: RuleVersion) -> VersionLine {
    VersionLine {
        number,
        rule: of.rule,
        version: of.version,
        status: of.status,
        bank: of.bank_hash,
        since_tick: of.since_tick,
        since: of.since,
        applied_by: of.applied_by,
        approved_by: of.approved_by,
    }
}

/// Versions of rules, in the order in which they came.
pub(super) async fn list(
    State(app): State<App>,
    viewer: Viewer,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Versions>, Problem> {
    let (limit, after) = (viewer.page(wanted.limit)?, number(wanted.after.as_deref())?);
    let page = app.projected.now()?.rule_versions(wanted.rule.as_deref(), after, limit).await?;
    let next = page.next.and(page.items.last()).map(|last| last.number);
    Ok(Json(Versions { items: page.items.into_iter().map(line).collect(), next }))
}

/// What was judged, by rule, as of the last tick.
pub(super) async fn coverage(
    State(app): State<App>,
) -> Result<Json<BTreeMap<String, RuleCoverage>>, Problem> {
    Ok(Json(app.inbox.look(|view| view.coverage()).await?))
}
