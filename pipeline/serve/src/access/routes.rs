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

    /// A route with its handler.
    #[must_use]
    pub fn enter(
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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use axum::body::Body;
    use axum::http::{Request, StatusCode};
    use tower::ServiceExt as _;

    use super::*;
    use crate::Error;
    use crate::access::audit::{self, Audit, Entry, Sink, now};
    use crate::access::config::Limits;
    use crate::access::mask::Mask;
    use crate::access::principal::Principals;

    /// Keeps entries until there is no room.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<(Vec<Entry>, bool)>>);

    impl Sink for Kept {
        fn keep(&mut self, entries: &[Entry]) -> Result<Vec<audit::Kept>, Error> {
            let mut kept = self.0.lock().unwrap();
            if kept.1 {
                return Err(Error::config("no room"));
            }
            kept.0.extend_from_slice(entries);
            Ok(vec![audit::Kept::default(); entries.len()])
        }

        fn take_back(&mut self, _: &[String]) -> Result<bool, Error> {
            Ok(false)
        }

        fn entries(&self) -> u64 {
            self.0.lock().unwrap().0.len() as u64
        }
    }

    #[tokio::test]
    async fn an_act_is_in_the_audit_before_it_is_done_or_it_is_not_done() {
        let (kept, done) = (Kept::default(), Arc::new(Mutex::new(Vec::new())));
        let audit = Audit::start(Box::new(kept.clone()), now, drop).unwrap();
        let (principals, mask) = (Principals::new(Vec::new()), Mask::new(&[1; 32]));
        let access = Access::new(principals, Limits::default(), audit, Default::default(), mask);
        let act = {
            let (kept, done) = (kept.clone(), Arc::clone(&done));
            move |body: String| async move {
                done.lock().unwrap().push(kept.0.lock().unwrap().0.len());
                if body == "bad" { StatusCode::CONFLICT } else { StatusCode::OK }
            }
        };
        let routes = Routes::default().post(Operation::RulesApply, "/act", act);
        let none = || async { StatusCode::NOT_FOUND };
        let router = routes.finish(Arc::new(access), none, none, ());
        let ask = async |body: &'static str| {
            let request = Request::post("/act?person=P1").body(Body::from(body)).unwrap();
            router.clone().oneshot(request).await.unwrap().status().as_u16()
        };
        assert_eq!(ask("good").await, 200);
        assert_eq!(ask("bad").await, 409);
        kept.0.lock().unwrap().1 = true;
        assert_eq!(ask("good").await, 503);
        // Each was written down before it was done, and the third was not done.
        assert_eq!(done.lock().unwrap().first(), Some(&1));
        assert_eq!(done.lock().unwrap().len(), 2);
        kept.0.lock().unwrap().1 = false;
        assert_eq!(ask("good").await, 200);
        let kept = kept.0.lock().unwrap();
        let outcomes: Vec<&str> = kept.0.iter().map(|entry| entry.outcome.as_str()).collect();
        // The refusal to which the disk had no answer comes later, as a number.
        assert_eq!(outcomes.iter().filter(|of| **of == "allowed").count(), 3, "{outcomes:?}");
        assert!(kept.0.iter().all(|entry| !entry.detail.contains("P1")));
    }
}
