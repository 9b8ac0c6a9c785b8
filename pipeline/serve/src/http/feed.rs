//! `GET /v1/feed`: events as they are committed, as server-sent events.
//!
//! The `id` of an event is its sequence. A reader that comes back with `Last-Event-ID` (or `?after=N`) gets what
//! followed; one without gets all that is kept, and with `?after=latest` only what comes from now on. Where events
//! that a reader asks for are no longer kept, an event `gap` says which, before the first that is.
//!
//! Who is bound to divisions gets the events of their institutions, with gaps in the sequence where others stood; now
//! and then an `id` without an event moves their place past those. What a reader has not read yet is a page at the
//! most; the rest stays in the feed, which is one for all.

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
use crate::access::control::Use;
use crate::access::viewer::Viewer;
use crate::feed::{Feed, Line};
use crate::sight::Sight;

/// How often a reader is told that the connection stands when nothing happens.
const STILL_THERE: Duration = Duration::from_secs(15);

/// After so many events that were not the reader's it is told where it stands.
const PASSED: u64 = 256;

/// From where on.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct From {
    after: Option<String>,
}

/// What a reader gets next.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Next {
    /// An event.
    Event(Line),
    /// Events from one to another are no longer kept.
    Gap { from: u64, to: u64 },
    /// Nothing up to here was the reader's.
    Passed(u64),
}

struct Reader {
    feed: Feed,
    /// The last event that was looked at and handed out, or was not the reader's.
    after: u64,
    /// The last `id` that was sent.
    told: u64,
    /// What is to be handed out, and the last event that was looked at for it.
    page: Page,
    newer: watch::Receiver<u64>,
    viewer: Viewer,
    sight: Sight,
    /// One of the readers that may be at a time.
    _used: Use,
}

/// A page of events after one, as a viewer sees them; the last sequence that was looked at.
#[derive(Default)]
struct Page {
    lines: VecDeque<Line>,
    last: u64,
}

impl Reader {
    /// What comes next, when there is something; none when the service ends.
    async fn next(&mut self) -> Option<Next> {
        loop {
            if let Some(line) = self.page.lines.pop_front() {
                (self.after, self.told) = (line.0, line.0);
                return Some(Next::Event(line));
            }
            self.after = self.after.max(self.page.last);
            if self.after - self.told >= PASSED {
                self.told = self.after;
                return Some(Next::Passed(self.after));
            }
            self.newer.mark_unchanged();
            let (feed, after) = (self.feed.clone(), self.after);
            let (viewer, sight) = (self.viewer.clone(), self.sight.clone());
            let read = tokio::task::spawn_blocking(move || page(&feed, after, &viewer, &sight)).await;
            // Otherwise the connection ends; the reader comes back and is told what is wrong.
            match read.ok()?.ok()? {
                Found::Gap { to } => {
                    let from = self.after + 1;
                    (self.after, self.told) = (to, to);
                    return Some(Next::Gap { from, to });
                }
                Found::Page(page) if page.last == self.after => self.newer.changed().await.ok()?,
                Found::Page(page) => self.page = page,
            }
        }
    }
}

enum Found {
    Gap { to: u64 },
    Page(Page),
}

fn page(feed: &Feed, after: u64, viewer: &Viewer, sight: &Sight) -> Result<Found, crate::Error> {
    let lines = feed.after(after)?;
    let first = lines.first().map(|(sequence, _)| *sequence);
    // Events follow each other without gaps, so that what is missing before the first is no longer kept.
    if first.map_or(after < feed.last(), |first| first > after + 1) {
        let kept = feed.first()?;
        if kept > after + 1 {
            return Ok(Found::Gap { to: kept - 1 });
        }
    }
    let last = lines.last().map_or(after, |(sequence, _)| *sequence);
    let lines =
        lines.into_iter().filter_map(|line| sight.of(&line, viewer).map(|seen| (line.0, seen))).collect();
    Ok(Found::Page(Page { lines, last }))
}

fn sent(next: Next) -> Event {
    match next {
        Next::Event((sequence, line)) => {
            // A line of JSON: no line feed in it.
            Event::default().id(sequence.to_string()).data(String::from_utf8_lossy(&line))
        }
        Next::Gap { from, to } => {
            let data = format!("{{\"from\":{from},\"to\":{to},\"first\":{}}}", to + 1);
            Event::default().event("gap").id(to.to_string()).data(data)
        }
        // Without data nothing is handed to the reader, but where it stands is noted.
        Next::Passed(sequence) => Event::default().id(sequence.to_string()),
    }
}

/// The feed.
pub(super) async fn feed(
    State(app): State<App>,
    viewer: Viewer,
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
    viewer.is_known()?;
    let used = viewer.access.follow();
    let used = used.ok_or_else(|| Problem::unavailable("as many readers as may be follow the feed"))?;
    let sight = app.sight.clone();
    let (newer, page) = (feed.subscribe(), Page::default());
    let reader = Reader { newer, feed, after, told: after, page, viewer, sight, _used: used };
    let events = unfold(reader, |mut reader| async move { Some((Ok(sent(reader.next().await?)), reader)) });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(STILL_THERE)))
}
