//! The door for programs: changes in, alerts and events out. Errors are problem documents (RFC 9457).

mod alerts;
mod backups;
mod bank;
mod changes;
mod feed;
mod health;
mod problem;

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Query};
use axum::http::request::Parts;
use axum::routing::{get, post};

use crate::inbox::Inbox;
use crate::live::Shared;
use crate::room::UnderWay;
use crate::rules::Rules;
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

/// All that can be asked.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/v1/changes", post(changes::post))
        .route("/v1/alerts", get(alerts::list))
        .route("/v1/alerts/{alert_id}", get(alerts::one))
        .route("/v1/coverage", get(alerts::coverage))
        .route("/v1/rejected", get(alerts::rejected))
        .route("/v1/feed", get(feed::feed))
        .route("/v1/bank", get(bank::in_force))
        .route("/v1/bank/candidate", get(bank::candidate).post(bank::propose).delete(bank::withdraw))
        .route("/v1/bank/candidate/approval", post(bank::approve))
        .route("/v1/bank/candidate/difference", get(bank::difference))
        .route("/v1/backups", post(backups::begin))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/metrics", get(health::metrics))
        .fallback(problem::unknown)
        .method_not_allowed_fallback(problem::other_method)
        // Bodies are read as they come, and never whole.
        .layer(DefaultBodyLimit::disable())
        .with_state(app)
}
