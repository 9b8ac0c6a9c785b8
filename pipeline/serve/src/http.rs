//! The door for programs: changes in, alerts and events out. Errors are problem documents (RFC 9457).

mod access;
mod alerts;
mod asked;
mod audit;
mod backups;
mod bank;
mod changes;
mod dispositions;
mod document;
mod explanation;
mod feed;
mod health;
mod incidents;
pub mod openapi;
mod operation;
pub(crate) mod problem;
mod queue;
mod rejected;
mod routes;
mod rules;
mod wanted;

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;

use crate::access::control::Access;
use crate::access::routes::Routes;
use crate::budget::AlertsConfig;
use crate::inbox::Inbox;
use crate::live::Shared;
use crate::projection::Projected;
use crate::room::UnderWay;
use crate::rules::Rules;
use crate::sight::Sight;
use crate::trail::Trail;
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
    /// Folder of the state.
    pub data: Arc<Path>,
    /// Folder of backups.
    pub backups: Arc<Path>,
    /// What readers of the feed see of its events.
    pub sight: Sight,
    /// The database, and how far it has come.
    pub projected: Projected,
    /// How many alerts are fed.
    pub alerts: AlertsConfig,
    /// The audit trail.
    pub trail: Trail,
    /// Where the database is.
    pub database: database::Address,
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

/// A body as JSON, of so many bytes at the most on this route.
pub(crate) fn read<T: serde::de::DeserializeOwned>(
    body: Result<Bytes, BytesRejection>,
    most: usize,
) -> Result<T, Problem> {
    let body = body.map_err(|rejection| Problem::of_rejection(&rejection, most))?;
    serde_json::from_slice(&body).map_err(|error| Problem::bad_request(format!("the body: {error}")))
}

/// Does something that may take long on a thread for such work.
pub(crate) async fn at_length<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Problem::unavailable(error.to_string()))?
}

/// All that can be asked, and what each is for: the table of routes.
pub fn routes() -> Routes<App> {
    let all = routes::routes()
        .into_iter()
        .flat_map(|route| route.operations.into_iter().map(move |operation| (route.path, operation)));
    all.fold(Routes::default(), |routes, (path, of)| routes.enter(of.method(), of.right, path, of.router))
}

/// All that can be asked, each behind its gate.
pub fn router(app: App, access: Arc<Access>) -> Router {
    routes().finish(access, problem::unknown, problem::other_method, app)
}
