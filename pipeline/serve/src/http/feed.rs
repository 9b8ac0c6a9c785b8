//! `GET /v1/feed`: events as they are committed, as server-sent events.
//!
//! The `id` of an event is its sequence. A reader that comes back with `Last-Event-ID` (or `?after=N`) gets what
//! followed; one without gets all that is kept, and with `?after=latest` only what comes from now on.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::Stream;
use futures_util::stream::unfold;
use serde::Deserialize;
use tokio::sync::watch;

use super::{App, Asked, Problem};
use crate::feed::{Feed, Line};
use crate::metrics::streams::Reading;

/// How often a reader is told that the connection stands when nothing happens.
const STILL_THERE: Duration = Duration::from_secs(15);

/// From where on.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct From {
    after: Option<String>,
}

struct Reader {
    feed: Feed,
    after: u64,
    page: VecDeque<Line>,
    newer: watch::Receiver<u64>,
    #[expect(dead_code, reason = "it is held, and counts the reader as long")]
    reading: Reading,
}

impl Reader {
    /// The next event, when there is one; none when the service ends.
    async fn next(&mut self) -> Option<Line> {
        loop {
            if let Some(line) = self.page.pop_front() {
                self.after = line.0;
                return Some(line);
            }
            self.newer.mark_unchanged();
            let (feed, after) = (self.feed.clone(), self.after);
            let read = tokio::task::spawn_blocking(move || feed.after(after)).await;
            match read {
                Ok(Ok(page)) if !page.is_empty() => self.page = page.into(),
                Ok(Ok(_)) => self.newer.changed().await.ok()?,
                // The connection ends; the reader comes back and is told what is wrong.
                _ => return None,
            }
        }
    }
}

/// The feed.
pub(super) async fn feed(
    State(app): State<App>,
    Asked(from): Asked<From>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let last_seen = headers.get("last-event-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    let feed = app.shared.feed.clone();
    let after = match last_seen.or(from.after).as_deref().map(str::trim) {
        None | Some("") => 0,
        Some("latest") => feed.last(),
        Some(sequence) => sequence.parse().map_err(|_| {
            Problem::bad_request(format!("{sequence}: an event is named by its sequence, a number"))
        })?,
    };
    let reading = app.shared.metrics.streams.reader();
    let reader = Reader { newer: feed.subscribe(), feed, after, page: VecDeque::new(), reading };
    let events = unfold(reader, |mut reader| async move {
        let (sequence, line) = reader.next().await?;
        // A line of JSON: no line feed in it.
        let text = String::from_utf8_lossy(&line).into_owned();
        Some((Ok(Event::default().id(sequence.to_string()).data(text)), reader))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(STILL_THERE)))
}
