//! `GET /health/live`, `/health/ready`, `/metrics`.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use super::{App, Problem};
use crate::metrics::CONTENT_TYPE;

/// The process answers.
pub(super) async fn live() -> &'static str {
    "alive\n"
}

/// Changes are taken; a line more for each source or publisher that has trouble: what others bring is taken meanwhile.
pub(super) async fn ready(State(app): State<App>) -> Result<String, Problem> {
    if app.shared.ready.load(Ordering::Acquire) {
        let troubles = app.shared.beside.lines();
        return Ok(std::iter::once("ready".to_owned()).chain(troubles).map(|line| line + "\n").collect());
    }
    let trouble = app.shared.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Err(Problem::unavailable(trouble.unwrap_or_else(|| "the state is being loaded".to_owned())))
}

/// What was counted, for Prometheus. Store and disk are looked at, which may take a while.
pub(super) async fn metrics(State(app): State<App>) -> Result<impl IntoResponse, Problem> {
    let text = tokio::task::spawn_blocking(move || {
        let is_ready = app.shared.ready.load(Ordering::Acquire);
        app.shared.metrics.text(&app.shared.state, is_ready)
    });
    match text.await {
        Ok(Ok(text)) => Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], text)),
        _ => Err(Problem::unavailable("the figures cannot be written")),
    }
}
