//! `GET /v1/feed`: events as they are committed, as server-sent events.
//!
//! The `id` of an event is its sequence. A reader that comes back with `Last-Event-ID` (or `?after=N`) gets what
//! followed; one without gets all that is kept, and with `?after=latest` only what comes from now on. Where events
//! that a reader asks for are no longer kept, an event `gap` says which, before the first that is.
//!
//! Who is bound to divisions, or asks for some events only, gets those, with gaps in the sequence where others stood;
//! an `id` without an event moves their place past those: after so many, and otherwise after some time. What a reader has
//! not read yet is a page at the most; the rest stays in the feed, which is one for all.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::wanted::{checked, of_events};
use super::{App, Asked, Problem};
use crate::access::control::Use;
use crate::access::viewer::Viewer;
use crate::feed::{Feed, Line};
use crate::metrics::streams::Reading;
use crate::sight::Sight;
use crate::wanted::Wanted;

/// How often a reader is told that the connection stands when nothing happens, and how long it may not know that
/// events went by that were not for it.
const STILL_THERE: Duration = Duration::from_secs(15);

/// After so many events that were not for the reader it is told where it stands.
const PASSED: u64 = 256;

of_events! {
    /// Which events, and from where on.
    Asks {
        event: Option<String>,
        after: Option<String>,
    }
}

/// What a reader gets next.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Next {
    /// An event.
    Event(Line),
    /// Events from one to another are no longer kept.
    Gap { from: u64, to: u64 },
    /// Nothing up to here was for the reader.
    Passed(u64),
}

struct Reader {
    feed: Feed,
    /// The last event that was looked at and handed out, or was not for the reader.
    after: u64,
    /// The last `id` that was sent.
    told: u64,
    /// By when it is told where it stands, if events went by since that were not for it.
    untold: Option<Instant>,
    /// How long it may not know.
    patience: Duration,
    /// What is to be handed out, and the last event that was looked at for it.
    page: Page,
    newer: watch::Receiver<u64>,
    viewer: Viewer,
    /// Told whenever others are known.
    known: watch::Receiver<()>,
    sight: Sight,
    /// Which events it wants.
    wanted: Arc<Wanted>,
    /// One of the readers that may be at a time.
    _used: Use,
    /// It is counted among the readers as long.
    _reading: Reading,
}

/// A page of events after one, as a viewer sees them; the last sequence that was looked at.
#[derive(Default)]
struct Page {
    lines: VecDeque<Line>,
    last: u64,
}

impl Reader {
    /// It is told that it stands here.
    fn stands(&mut self, at: u64) {
        (self.after, self.told, self.untold) = (at, at, None);
    }

    /// What comes next, when there is something; none when the service ends, or the reader is known no more.
    async fn next(&mut self) -> Option<Next> {
        loop {
            // The service ends where nobody could tell any more.
            if self.known.has_changed().ok()? {
                self.known.mark_unchanged();
                if !self.viewer.access.principals.is_known(&self.viewer.who) {
                    return None;
                }
            }
            if let Some(line) = self.page.lines.pop_front() {
                self.stands(line.0);
                return Some(Next::Event(line));
            }
            self.after = self.after.max(self.page.last);
            if self.after > self.told && self.untold.is_none() {
                self.untold = Some(Instant::now() + self.patience);
            }
            if self.after - self.told >= PASSED || self.untold.is_some_and(|until| until <= Instant::now()) {
                self.stands(self.after);
                return Some(Next::Passed(self.after));
            }
            self.newer.mark_unchanged();
            let (feed, after) = (self.feed.clone(), self.after);
            let (viewer, sight, wanted) = (self.viewer.clone(), self.sight.clone(), Arc::clone(&self.wanted));
            let look = move || page(&feed, after, &viewer, (&sight, &wanted));
            let read = tokio::task::spawn_blocking(look).await;
            // Otherwise the connection ends; the reader comes back and is told what is wrong.
            match read.ok()?.ok()? {
                Found::Gap { to } => {
                    let from = self.after + 1;
                    self.stands(to);
                    return Some(Next::Gap { from, to });
                }
                Found::Page(page) if page.last == self.after => {
                    tokio::select! {
                        newer = self.newer.changed() => newer.ok()?,
                        known = self.known.changed() => {
                            known.ok()?;
                            self.known.mark_changed();
                        }
                        () = until(self.untold) => {}
                    }
                }
                Found::Page(page) => self.page = page,
            }
        }
    }
}

/// Waits until then; for ever, if there is no such moment.
async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

enum Found {
    Gap { to: u64 },
    Page(Page),
}

fn page(
    feed: &Feed,
    after: u64,
    viewer: &Viewer,
    (sight, wanted): (&Sight, &Wanted),
) -> Result<Found, crate::Error> {
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
    let seen = |line: Line| sight.of(&line, viewer, wanted).map(|seen| (line.0, seen));
    let lines = lines.into_iter().filter_map(seen).collect();
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
    Asked(asked): Asked<Asks>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let last_seen = headers.get("last-event-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    let wanted = checked(Wanted { event: asked.event.clone(), ..asked.wanted()? })?;
    let feed = app.shared.feed.clone();
    let after = match last_seen.or(asked.after).as_deref().map(str::trim) {
        None | Some("") => 0,
        Some("latest") => feed.last(),
        Some(sequence) => sequence.parse().map_err(|_| {
            Problem::bad_request(format!("{sequence}: an event is named by its sequence, a number"))
        })?,
    };
    viewer.is_known()?;
    if wanted.division.is_some() {
        viewer.divisions_are_known()?;
    }
    let used = viewer.access.follow();
    let used = used.ok_or_else(|| viewer.limited("as many readers as may be follow the feed"))?;
    let sight = app.sight.clone();
    let (newer, page) = (feed.subscribe(), Page::default());
    let known = viewer.access.principals.subscribe();
    let reading = app.shared.metrics.streams.reader();
    let reader = Reader {
        known,
        newer,
        feed,
        after,
        told: after,
        untold: None,
        patience: STILL_THERE,
        page,
        viewer,
        sight,
        wanted: Arc::new(wanted),
        _used: used,
        _reading: reading,
    };
    let events = unfold(reader, |mut reader| async move { Some((Ok(sent(reader.next().await?)), reader)) });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(STILL_THERE)))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use store::{EventKind, Store, Tick};

    use super::*;
    use crate::access::audit::{Audit, now};
    use crate::access::audit_file::AuditFile;
    use crate::access::config::Limits;
    use crate::access::control::Access;
    use crate::access::mask::Mask;
    use crate::access::principal::{Principal, Principals};
    use crate::access::table::{Operation, Role};

    fn reader(feed: &Feed, after: u64, folder: &Path, divisions: &[&str]) -> Reader {
        let audit = Audit::start(Box::new(AuditFile::open(folder).unwrap()), now, drop).unwrap();
        let (principals, mask) = (Principals::default(), Mask::new(&[1; 32]));
        let access = Arc::new(Access::new(principals, Limits::default(), audit, Default::default(), mask));
        let divisions = divisions.iter().map(|of| (*of).to_owned()).collect();
        let who = Principal { roles: vec![Role::Head], divisions, ..Principal::everybody() };
        Reader {
            newer: feed.subscribe(),
            feed: feed.clone(),
            after,
            told: after,
            untold: None,
            patience: STILL_THERE,
            page: Page::default(),
            known: access.principals.subscribe(),
            _used: access.follow().unwrap(),
            viewer: Viewer { access, who: Arc::new(who), operation: Operation::FeedRead, request: "".into() },
            sight: Sight::default(),
            wanted: Arc::default(),
            _reading: Reading::default(),
        }
    }

    fn event(nth: u64) -> Line {
        let rule = if nth.is_multiple_of(1_000) { "A02" } else { "A01" };
        let line = format!(
            r#"{{"event":"raised","tick":{nth},"alert":{{"rule":"{rule}","family":"pricing","verdict":"definite","severity":"high","institution":"H1"}}}}"#
        );
        (nth, Arc::from(line.into_bytes()))
    }

    /// A feed of so many events in the store, of which the newest are in memory.
    fn feed(folder: &Path, count: u64, in_memory: u64) -> (Store, Feed) {
        let mut store = Store::open(folder).unwrap();
        let lines: Vec<Line> = (1..=count).map(event).collect();
        let events: Vec<store::Event<'_>> = lines
            .iter()
            .map(|(_, line)| store::Event { kind: EventKind::Raised, alert_id: "A", line, alert: b"{}" })
            .collect();
        store.append(1, std::iter::once(b"{}".as_slice())).unwrap();
        store.commit(&Tick { tick: 1, events: &events, ..Tick::default() }).unwrap();
        let feed = Feed::new(store.state().clone());
        feed.publish(lines[usize::try_from(count - in_memory).unwrap()..].to_vec());
        (store, feed)
    }

    #[tokio::test]
    async fn events_that_are_no_longer_kept_are_a_gap() {
        let folder = tempfile::tempdir().unwrap();
        let (store, feed) = feed(folder.path(), 1_000, 10);
        store.state().forget_events(700).unwrap();
        let mut reader = reader(&feed, 20, folder.path(), &[]);
        assert_eq!(reader.next().await, Some(Next::Gap { from: 21, to: 700 }));
        for nth in 701..=1_000 {
            assert_eq!(reader.next().await, Some(Next::Event(event(nth))));
        }
        // Who has seen the last that was forgotten misses nothing.
        let mut next = self::reader(&feed, 700, folder.path(), &[]);
        assert_eq!(next.next().await, Some(Next::Event(event(701))));
        // All are forgotten, and the next one comes.
        store.state().forget_events(1_000).unwrap();
        let (newest, rest) = (Feed::new(store.state().clone()), event(1_001));
        let mut late = self::reader(&newest, 5, folder.path(), &[]);
        assert_eq!(late.next().await, Some(Next::Gap { from: 6, to: 1_000 }));
        newest.publish(vec![rest.clone()]);
        assert_eq!(late.next().await, Some(Next::Event(rest)));
    }

    #[tokio::test]
    async fn a_gap_is_an_event_of_its_own_and_moves_the_readers_place() {
        use axum::response::IntoResponse as _;
        let sent = [sent(Next::Gap { from: 21, to: 700 }), sent(Next::Passed(900))];
        let stream = futures_util::stream::iter(sent.map(Ok::<_, Infallible>));
        let body = axum::body::to_bytes(Sse::new(stream).into_response().into_body(), 1_000).await.unwrap();
        let wanted = "event: gap\nid: 700\ndata: {\"from\":21,\"to\":700,\"first\":701}\n\nid: 900\n\n";
        assert_eq!(String::from_utf8_lossy(&body), wanted);
    }

    #[tokio::test]
    async fn who_wants_few_gets_those_and_is_told_in_time_where_it_stands() {
        let folder = tempfile::tempdir().unwrap();
        let (_store, feed) = feed(folder.path(), 1_010, 100);
        let mut reader = reader(&feed, 0, folder.path(), &[]);
        reader.wanted = Arc::new(Wanted { rule: Some("A02".to_owned()), ..Wanted::default() });
        for passed in [256, 512, 768] {
            assert_eq!(reader.next().await, Some(Next::Passed(passed)));
        }
        assert_eq!(reader.next().await, Some(Next::Event(event(1_000))));
        // The ten behind it are too few for an `id` of their own, as long as it is patient.
        reader.patience = Duration::from_millis(100);
        let begun = Instant::now();
        assert_eq!(reader.next().await, Some(Next::Passed(1_010)));
        assert!(begun.elapsed() >= reader.patience, "{:?}", begun.elapsed());
        // Told once, it waits for more.
        let silence = tokio::time::timeout(Duration::from_millis(300), reader.next()).await;
        assert!(silence.is_err(), "{silence:?}");
    }

    #[tokio::test]
    async fn who_sees_none_of_it_is_told_where_they_stand_and_goes_when_known_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let (_store, feed) = feed(folder.path(), 600, 100);
        let mut reader = reader(&feed, 0, folder.path(), &["44"]);
        assert_eq!(reader.next().await, Some(Next::Passed(256)));
        assert_eq!(reader.next().await, Some(Next::Passed(512)));
        let principals = reader.viewer.access.principals.clone();
        let waiting = tokio::spawn(async move { reader.next().await });
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(!waiting.is_finished());
        principals.replace(Vec::new());
        assert_eq!(waiting.await.unwrap(), None);
    }
}
