//! `POST /v1/changes`: NDJSON or a JSON array; answered when all of it is durable.
//!
//! The body is taken as it comes, a batch at a time; each batch is durable before the next is begun, so that a body of
//! any length takes bounded room. A request with an id (`X-Request-Id` or `Idempotency-Key`) that is sent again after
//! a crash goes on where it was cut off, and one that was answered is answered alike; with another body it is refused.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use records::decode::Code;
use runtime::source::{Entries, Refused, Splitter, is_white};
use xxhash_rust::xxh3::Xxh3Default;

use super::{App, Problem};
use crate::batch::{Answer, Batch, Origin, Request};
use crate::room::Held;

/// A batch is handed in when it has so many bytes, or so many changes.
const BATCH_BYTES: usize = 4 << 20;
const BATCH_CHANGES: usize = 20_000;

/// How long an id is waited for that is under way: so often, and so long each time.
const HOLDS: u32 = 100;
const HOLD: Duration = Duration::from_millis(20);

/// Characters of an id at the most.
const ID_MAX: usize = 200;

fn id_of(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let named = ["x-request-id", "idempotency-key"].iter().find_map(|name| headers.get(*name));
    let Some(id) = named else { return Ok(None) };
    let text = id.to_str().ok().map(str::trim).filter(|id| !id.is_empty() && id.len() <= ID_MAX);
    match text {
        Some(text) => Ok(Some(text.to_owned())),
        None => Err(Problem::bad_request(format!(
            "an id of a request has 1 to {ID_MAX} visible ASCII characters"
        ))),
    }
}

/// Takes changes.
pub(super) async fn post(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let id = id_of(&headers)?;
    let held = match &id {
        Some(id) => Some(hold(&app, id).await?),
        None => None,
    };
    let kept = match &id {
        Some(id) => app.shared.state.answer(id)?,
        None => None,
    };
    let kept: Request = match kept {
        Some(kept) => {
            serde_json::from_slice(&kept).map_err(|error| Problem::unavailable(error.to_string()))?
        }
        None => Request::default(),
    };
    let mut taking = Taking { app: &app, id: &id, held, durable: kept.changes, seen: 0, answer: kept.answer };
    let mut batch = Batch::new(taking.origin(None));
    let (mut splitter, mut hash) = (Splitter::default(), Xxh3Default::new());
    let mut stream = body.into_data_stream();
    while let Some(some) = stream.next().await {
        let some = some.map_err(|error| Problem::of_body(&error))?;
        hash.update(&some);
        if kept.body_hash.is_some() {
            continue;
        }
        let Ok(()) = splitter.feed(&some, &mut Filling { taking: &mut taking, batch: &mut batch });
        if batch.bytes.len() >= BATCH_BYTES || batch.entries.len() >= BATCH_CHANGES {
            batch = taking.hand_in(batch, None).await?;
        }
    }
    let body_hash = hash.digest();
    match kept.body_hash {
        Some(before) if before != body_hash => {
            return Err(Problem::other_body(id.as_deref().unwrap_or_default()));
        }
        Some(_) => {}
        None => {
            let Ok(()) = splitter.finish(&mut Filling { taking: &mut taking, batch: &mut batch });
            taking.hand_in(batch, Some(body_hash)).await?;
        }
    }
    Ok((StatusCode::ACCEPTED, Json(taking.answer)).into_response())
}

/// Takes an id; what is on its way of a request that was cut off is waited for.
async fn hold(app: &App, id: &str) -> Result<Arc<Held>, Problem> {
    for _ in 0..HOLDS {
        if let Some(held) = app.under_way.take(id) {
            return Ok(held);
        }
        tokio::time::sleep(HOLD).await;
    }
    Err(Problem::under_way(id))
}

/// A request that is being taken.
struct Taking<'a> {
    app: &'a App,
    id: &'a Option<String>,
    held: Option<Arc<Held>>,
    /// Changes of its body that were durable before it was sent again.
    durable: u64,
    /// Changes of its body so far.
    seen: u64,
    /// What became of those that were handed in.
    answer: Answer,
}

impl Taking<'_> {
    fn origin(&self, body_hash: Option<u64>) -> Origin {
        let (id, before) = (self.id.clone(), self.answer.clone());
        Origin::Request { id, before, changes: self.durable, body_hash }
    }

    /// Whether a change is one that was not durable before; counts it.
    fn is_new(&mut self) -> bool {
        self.seen += 1;
        self.seen > self.durable
    }

    /// Hands a batch in and waits until it is durable; gives an empty one.
    async fn hand_in(&mut self, mut batch: Batch, body_hash: Option<u64>) -> Result<Batch, Problem> {
        batch.origin = self.origin(body_hash);
        batch.held = self.held.clone();
        let changes = batch.entries.len() as u64;
        self.answer = self.app.inbox.answered(batch).await?;
        self.durable += changes;
        Ok(Batch::new(self.origin(None)))
    }
}

/// The entries of a body go into a batch.
struct Filling<'a, 't> {
    taking: &'a mut Taking<'t>,
    batch: &'a mut Batch,
}

impl Entries for Filling<'_, '_> {
    type Error = Infallible;

    fn line(&mut self, number: u64, line: &[u8]) -> Result<(), Infallible> {
        if !is_white(line) && self.taking.is_new() {
            self.batch.push(line, 0, number);
        }
        Ok(())
    }

    fn refused(&mut self, number: u64, refused: &Refused<'_>) -> Result<(), Infallible> {
        if self.taking.is_new() {
            self.batch.refuse(refused.head, number, Code::NotJson, refused.text.clone());
        }
        Ok(())
    }
}
