//! Routes: the only way to give the service one. Each names the operation that it is for, and gets its gate.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Extension};
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get, post};

use super::control::Access;
use super::gate::gate;
use super::table::Operation;

/// A route as it was entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entered {
    /// How it is asked.
    pub method: Method,
    /// Its path, with `{name}` for what differs.
    pub path: &'static str,
    /// What it is for.
    pub operation: Operation,
}

/// Routes with a state `S`, each behind its gate.
///
/// A route without an operation cannot be entered; whoever passes the routes on takes the router with all gates.
pub struct Routes<S> {
    router: Router<S>,
    entered: Vec<Entered>,
}

impl<S: Clone + Send + Sync + 'static> Default for Routes<S> {
    fn default() -> Routes<S> {
        Routes { router: Router::new(), entered: Vec::new() }
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// `GET`, and with it `HEAD`.
    #[must_use]
    pub fn get<H, T>(self, operation: Operation, path: &'static str, handler: H) -> Routes<S>
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.enter(Method::GET, operation, path, get(handler))
    }

    /// `POST`.
    #[must_use]
    pub fn post<H, T>(self, operation: Operation, path: &'static str, handler: H) -> Routes<S>
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.enter(Method::POST, operation, path, post(handler))
    }

    fn enter(
        mut self,
        method: Method,
        operation: Operation,
        path: &'static str,
        route: MethodRouter<S>,
    ) -> Routes<S> {
        self.router = self.router.route(path, route.layer(from_fn_with_state(operation, gate)));
        self.entered.push(Entered { method, path, operation });
        self
    }

    /// All that were entered.
    pub fn entered(&self) -> &[Entered] {
        &self.entered
    }

    /// The router: what is none of its paths, and a method that a path does not know, are answered by these two.
    pub fn finish<U, V, T, W>(self, access: Arc<Access>, unknown: U, other_method: V, state: S) -> Router
    where
        U: Handler<T, S>,
        V: Handler<W, S>,
        T: 'static,
        W: 'static,
    {
        self.router
            .fallback(unknown)
            .method_not_allowed_fallback(other_method)
            // Bodies are bounded by their gate, and those of changes are read as they come.
            .layer(DefaultBodyLimit::disable())
            .layer(Extension(access))
            .with_state(state)
    }
}
