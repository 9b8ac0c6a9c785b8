//! What stands before each route: who comes is recognised, may do what the route is for, or is told why not.

use std::sync::Arc;

use axum::body::{Body, HttpBody as _};
use axum::extract::{Extension, Request, State};
use axum::http::HeaderMap;
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::body::{Bounded, WithUse};
use super::control::{Access, Peer, Use, entry};
use super::principal::{Principal, Shown};
use super::table::{Kind, May, Operation};
use super::viewer::Viewer;
use crate::http::problem::Problem;

/// Characters of a path that are noted.
const PATH_MAX: usize = 200;

/// Answers a request, or refuses it.
pub(super) async fn gate(
    State(operation): State<Operation>,
    Extension(access): Extension<Arc<Access>>,
    request: Request,
    next: Next,
) -> Response {
    match admit(operation, &access, request).await {
        Ok((request, entered)) => {
            let Some((viewer, used)) = entered else { return next.run(request).await };
            let response = next.run(request).await;
            let failed = response.status().is_client_error() || response.status().is_server_error();
            if operation.row().kind == Kind::Act && failed {
                let detail = format!("{}: {}", viewer.request, response.status().as_u16());
                access.audit.note(entry(Some(&viewer.who), operation, "failed", detail));
            }
            // It is being answered until its last byte is out.
            response.map(|body| Body::new(WithUse::new(body, used)))
        }
        Err(problem) => problem.into_response(),
    }
}

/// Who was let in, and that they are counted; nobody, where everybody may come.
type Entered = Option<(Viewer, Use)>;

async fn admit(
    operation: Operation,
    access: &Arc<Access>,
    mut request: Request,
) -> Result<(Request, Entered), Problem> {
    let row = operation.row();
    let entered = if row.may == May::Everybody {
        None
    } else {
        let viewer = recognise(operation, access, &request)?;
        let note = |outcome: &str, why: &str| {
            let detail = format!("{}: {why}", viewer.request);
            access.audit.note(entry(Some(&viewer.who), operation, outcome, detail));
        };
        if !viewer.may(operation) {
            note("refused", "no role of theirs may");
            return Err(Problem::forbidden(operation.name()));
        }
        let Some(used) = access.enter(&viewer.who) else {
            note("limited", "too many requests at a time");
            return Err(Problem::too_many("as many requests as you may have are being answered"));
        };
        if row.kind == Kind::Act {
            let allowed = entry(Some(&viewer.who), operation, "allowed", viewer.request.to_string());
            access.audit.must(allowed).await.map_err(|error| Problem::unavailable(error.to_string()))?;
        }
        request.extensions_mut().insert(viewer.clone());
        Some((viewer, used))
    };
    let most = access.limits.body_of(operation);
    if request.body().size_hint().lower() > most {
        return Err(Problem::too_large(most));
    }
    if !request.body().is_end_stream() {
        let stall = access.limits.body();
        request = request.map(|body| Body::new(Bounded::new(body, most, stall)));
    }
    Ok((request, entered))
}

fn recognise(operation: Operation, access: &Arc<Access>, request: &Request) -> Result<Viewer, Problem> {
    let peer = request.extensions().get::<Peer>().cloned().unwrap_or_default();
    let shown = Shown { token: token(request.headers()), certificate: peer.certificate.as_deref() };
    // The path, and not what stands behind it: that may name a person.
    let path: String = request.uri().path().chars().take(PATH_MAX).collect();
    let from = peer.address.map(|address| format!(" from {}", address.ip())).unwrap_or_default();
    let words = format!("{} {path}{from}", request.method());
    match access.principals.recognise(shown) {
        // Where nobody is asked, a page of another site must not ask in the name of who looks at it.
        Ok(who) if who.is_open && !is_of_this_machine(request.headers()) => {
            let detail = format!("{words}: a page of another site");
            access.audit.note(entry(Some(&who), operation, "refused", detail));
            Err(Problem::forbidden(operation.name()))
        }
        Ok(who) => Ok(Viewer { access: Arc::clone(access), who, operation, request: Arc::from(words) }),
        Err(unknown) => {
            let detail = format!("{words}: {}", unknown.text());
            access.audit.note(entry(None::<&Principal>, operation, "unknown", detail));
            Err(Problem::unauthorized(unknown.text()))
        }
    }
}

/// Whether a browser says that the page which asks is this machine's; what is no browser says nothing.
fn is_of_this_machine(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let host = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map_or("", |(_, host)| host);
    let host = match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => host,
    };
    matches!(host, "127.0.0.1" | "localhost" | "[::1]")
}

/// The token of a head; an empty one, which nobody has, if something else stands in its place.
fn token(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (first, second) = (all.next()?, all.next());
    let bearer = || {
        let (scheme, token) = first.to_str().ok()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    };
    Some(bearer().filter(|_| second.is_none()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_other_sites_are_seen() {
        let of = |origin: &'static str| {
            is_of_this_machine(&HeaderMap::from_iter([(header::ORIGIN, origin.parse().unwrap())]))
        };
        assert!(is_of_this_machine(&HeaderMap::new()));
        assert!(of("http://127.0.0.1:8300") && of("http://localhost") && of("http://[::1]:8300"));
        for other in
            ["http://example.org", "https://127.0.0.1.example.org:8300", "null", "http://localhost:x"]
        {
            assert!(!of(other), "{other}");
        }
    }

    #[test]
    fn a_token_stands_behind_bearer() {
        let of = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, value.parse().unwrap());
            }
            token(&headers).map(str::to_owned)
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(&["Bearer abc"]).as_deref(), Some("abc"));
        assert_eq!(of(&["bearer  abc "]).as_deref(), Some("abc"));
        for values in [&["Basic abc"][..], &["abc"], &["Bearer abc", "Bearer abc"], &["Bearer"]] {
            assert_eq!(of(values).as_deref(), Some(""), "{values:?}");
        }
    }
}
