//! `GET /health/live`, `/health/ready`, `/metrics`.

use std::fmt::Write as _;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use super::{App, Problem};

/// The process answers.
pub(super) async fn live() -> &'static str {
    "alive\n"
}

/// Changes are taken.
pub(super) async fn ready(State(app): State<App>) -> Result<&'static str, Problem> {
    if app.shared.ready.load(Ordering::Acquire) {
        return Ok("ready\n");
    }
    let trouble = app.shared.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Err(Problem::unavailable(trouble.unwrap_or_else(|| "the state is being loaded".to_owned())))
}

/// What was counted, for Prometheus.
pub(super) async fn metrics(State(app): State<App>) -> impl IntoResponse {
    let counted = &app.shared.counted;
    let mut text = String::new();
    let counters: [(&str, &str, &AtomicU64); 6] = [
        ("fundwatch_changes_accepted_total", "Changes that were taken.", &counted.accepted),
        ("fundwatch_changes_duplicate_total", "Changes that were there before.", &counted.duplicate),
        ("fundwatch_changes_rejected_total", "Changes that could not be taken.", &counted.rejected),
        ("fundwatch_ticks_total", "Ticks that were committed.", &counted.ticks),
        ("fundwatch_events_total", "Events that were committed.", &counted.events),
        ("fundwatch_tick_microseconds_total", "Time that ticks took.", &counted.tick_micros),
    ];
    for (name, help, counter) in counters {
        let value = counter.load(Ordering::Relaxed);
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} counter\n{name} {value}");
    }
    let sequence = app.shared.state.last_sequence();
    let _ = writeln!(
        text,
        "# HELP fundwatch_sequence Sequence of the last event.\n# TYPE fundwatch_sequence gauge\nfundwatch_sequence {sequence}"
    );
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text)
}
