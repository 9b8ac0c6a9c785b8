//! The door for programs: changes in, alerts and events out. Errors are problem documents (RFC 9457).

mod alerts;
mod asked;
mod audit;
mod changes;
mod dispositions;
mod document;
mod feed;
mod health;
mod incidents;
pub mod openapi;
mod operation;
mod problem;
mod rejected;
mod routes;
mod rules;

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Query};
use axum::http::request::Parts;

use crate::inbox::Inbox;
use crate::live::Shared;
use crate::projection::Projected;
use crate::room::UnderWay;
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
    /// The database, and how far it has come.
    pub projected: Projected,
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

/// All that can be asked: the table of routes.
pub fn router(app: App) -> Router {
    let all = routes::routes().into_iter().fold(Router::new(), |router, route| {
        let operations = route.operations.into_iter().map(|operation| operation.router);
        operations.fold(router, |router, operation| router.route(route.path, operation))
    });
    all.fallback(problem::unknown)
        .method_not_allowed_fallback(problem::other_method)
        // Bodies are read as they come, and never whole.
        .layer(DefaultBodyLimit::disable())
        .with_state(app)
}
