//! An operation of the API: what handles it, and what the OpenAPI document says of it, in one value.

use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodRouter, get, post};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use wire::schema::schema_of;

use super::App;
use crate::access::table::Operation as Right;

/// An operation.
pub(super) struct Operation {
    /// What whoever asks must be allowed to do.
    pub(super) right: Right,
    /// `get` or `post`.
    pub(super) method: &'static str,
    /// A name that stays.
    pub(super) id: &'static str,
    /// What it does.
    pub(super) summary: &'static str,
    /// The schema of what is asked behind the `?`.
    pub(super) asked: Value,
    /// Headers that are read, and what they mean.
    pub(super) headers: Vec<(&'static str, &'static str)>,
    /// The media types of a body, and its schema.
    pub(super) body: Option<(Vec<&'static str>, Value)>,
    /// Status, media type and schema of the answer.
    pub(super) answer: (u16, &'static str, Value),
    /// What it answers where another media type is accepted.
    pub(super) also: Option<(&'static str, Value)>,
    /// Statuses of problems that it may answer besides.
    pub(super) problems: Vec<u16>,
    /// What handles it.
    pub(super) router: MethodRouter<App>,
}

fn operation(
    right: Right,
    method: &'static str,
    id: &'static str,
    summary: &'static str,
    router: MethodRouter<App>,
) -> Operation {
    Operation {
        right,
        method,
        id,
        summary,
        asked: json!({}),
        headers: Vec::new(),
        body: None,
        answer: (200, "application/json", json!({})),
        also: None,
        problems: Vec::new(),
        router,
    }
}

/// One that gives something.
pub(super) fn reads<H, T>(right: Right, id: &'static str, summary: &'static str, handler: H) -> Operation
where
    H: Handler<T, App>,
    T: 'static,
{
    operation(right, "get", id, summary, get(handler))
}

/// One that takes something.
pub(super) fn takes<H, T>(right: Right, id: &'static str, summary: &'static str, handler: H) -> Operation
where
    H: Handler<T, App>,
    T: 'static,
{
    operation(right, "post", id, summary, post(handler))
}

impl Operation {
    /// Its method.
    pub(super) fn method(&self) -> Method {
        if self.method == "get" { Method::GET } else { Method::POST }
    }

    /// What is asked behind the `?`; a parameter that is not known is refused.
    pub(super) fn asked<T: DeserializeOwned>(mut self) -> Operation {
        self.asked = schema_of::<T>();
        self.or(&[400])
    }

    /// A header that is read.
    pub(super) fn header(mut self, name: &'static str, means: &'static str) -> Operation {
        self.headers.push((name, means));
        self
    }

    /// What the body is.
    pub(super) fn body(mut self, media_types: &[&'static str], schema: Value) -> Operation {
        self.body = Some((media_types.to_vec(), schema));
        self.or(&[400])
    }

    /// Bytes of the body at the most.
    pub(super) fn at_most(mut self, bytes: usize) -> Operation {
        self.router = self.router.layer(DefaultBodyLimit::max(bytes));
        self
    }

    /// A body of any length that the gate lets through.
    pub(super) fn bounded_by_the_gate(mut self) -> Operation {
        self.router = self.router.layer(DefaultBodyLimit::disable());
        self
    }

    /// What it gives, with 200.
    pub(super) fn gives(self, schema: Value) -> Operation {
        self.answers(200, "application/json", schema)
    }

    /// What it gives.
    pub(super) fn answers(mut self, status: u16, media_type: &'static str, schema: Value) -> Operation {
        self.answer = (status, media_type, schema);
        self
    }

    /// What it gives besides, to who accepts that.
    pub(super) fn or_as(mut self, media_type: &'static str, schema: Value) -> Operation {
        self.also = Some((media_type, schema));
        self
    }

    /// The statuses of problems.
    pub(super) fn or(mut self, problems: &[u16]) -> Operation {
        self.problems.extend(problems);
        self.problems.sort_unstable();
        self.problems.dedup();
        self
    }
}
