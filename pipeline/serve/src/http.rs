//! The door for programs: changes in, alerts and events out. Errors are problem documents (RFC 9457).

mod access;
mod alerts;
mod backups;
mod bank;
mod changes;
mod feed;
mod health;
pub(crate) mod problem;

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;

use crate::access::control::Access;
use crate::access::routes::Routes;
use crate::access::table::Operation;
use crate::inbox::Inbox;
use crate::live::Shared;
use crate::room::UnderWay;
use crate::rules::Rules;
use crate::sight::Sight;
pub use problem::Problem;

/// What the handlers need.
#[derive(Clone)]
pub struct App {
    /// Where changes go.
    pub inbox: Inbox,
    /// Requests with an id that are being taken.
    pub under_way: UnderWay,
    /// What is durable.
    pub shared: Arc<Shared>,
    /// The bank in force and the one that is proposed.
    pub rules: Rules,
    /// Folder of backups.
    pub backups: Arc<Path>,
    /// What readers of the feed see of its events.
    pub sight: Sight,
}

/// What is asked for behind the `?` of an address; what cannot be read is a problem document.
pub(crate) struct Asked<T>(pub(crate) T);

impl<S: Send + Sync, T: serde::de::DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Asked<T>, Problem> {
        let query: Result<Query<T>, QueryRejection> = Query::from_request_parts(parts, state).await;
        match query {
            Ok(Query(asked)) => Ok(Asked(asked)),
            Err(error) => Err(Problem::bad_request(error.body_text())),
        }
    }
}

/// Does something that may take long on a thread for such work.
pub(crate) async fn at_length<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Problem::unavailable(error.to_string()))?
}

/// All that can be asked, and what each is for. A route is entered here and nowhere else.
pub fn routes() -> Routes<App> {
    Routes::default()
        .post(Operation::ChangesWrite, "/v1/changes", changes::post)
        .get(Operation::AlertsRead, "/v1/alerts", alerts::list)
        .get(Operation::AlertsRead, "/v1/alerts/{alert_id}", alerts::one)
        .get(Operation::CoverageRead, "/v1/coverage", alerts::coverage)
        .get(Operation::RejectedRead, "/v1/rejected", alerts::rejected)
        .get(Operation::FeedRead, "/v1/feed", feed::feed)
        .get(Operation::RulesRead, "/v1/bank", bank::in_force)
        .get(Operation::RulesRead, "/v1/bank/candidate", bank::candidate)
        .post(Operation::RulesApply, "/v1/bank/candidate", bank::propose)
        .post(Operation::RulesApply, "/v1/bank/candidate/withdrawal", bank::withdraw)
        .post(Operation::RulesApprove, "/v1/bank/candidate/approval", bank::approve)
        .get(Operation::RulesRead, "/v1/bank/candidate/difference", bank::difference)
        .post(Operation::Backup, "/v1/backups", backups::begin)
        .get(Operation::AccessRead, "/v1/access", access::own)
        .get(Operation::HealthRead, "/health/live", health::live)
        .get(Operation::HealthRead, "/health/ready", health::ready)
        .get(Operation::MetricsRead, "/metrics", health::metrics)
}

/// All that can be asked, each behind its gate.
pub fn router(app: App, access: Arc<Access>) -> Router {
    routes().finish(access, problem::unknown, problem::other_method, app)
}
