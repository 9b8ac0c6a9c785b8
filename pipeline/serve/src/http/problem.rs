//! What went wrong, as a document (RFC 9457).

use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// A problem: its `code` is stable, its `detail` is for people.
#[derive(Clone, Debug, Serialize)]
pub struct Problem {
    /// A name that programs may rely on.
    pub code: &'static str,
    /// What kind of problem it is.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong in this case.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

impl Problem {
    /// What was asked is not as it must be.
    pub fn bad_request(detail: impl Into<String>) -> Problem {
        Problem {
            code: "bad_request",
            title: "the request is not as it must be",
            status: 400,
            detail: detail.into(),
        }
    }

    /// A request of this id was answered that had another body.
    pub fn other_body(id: &str) -> Problem {
        let detail = format!("a request {id} was answered, and its body was another");
        Problem { code: "other_body", title: "an id names one request", status: 422, detail }
    }

    /// A request of this id is being taken.
    pub fn under_way(id: &str) -> Problem {
        let detail = format!("a request {id} is being taken; send it again in a while");
        Problem { code: "under_way", title: "an id names one request at a time", status: 409, detail }
    }

    /// There is nothing of this name.
    pub fn not_found(detail: impl Into<String>) -> Problem {
        Problem {
            code: "not_found",
            title: "there is nothing of this name",
            status: 404,
            detail: detail.into(),
        }
    }

    /// It cannot be done as things stand.
    pub fn conflict(detail: impl Into<String>) -> Problem {
        Problem {
            code: "conflict",
            title: "it cannot be done as things stand",
            status: 409,
            detail: detail.into(),
        }
    }

    /// A bank has mistakes.
    pub fn invalid_bank(detail: impl Into<String>) -> Problem {
        Problem { code: "invalid_bank", title: "the bank has mistakes", status: 422, detail: detail.into() }
    }

    /// It cannot be done at the moment.
    pub fn unavailable(detail: impl Into<String>) -> Problem {
        Problem {
            code: "unavailable",
            title: "it cannot be done at the moment",
            status: 503,
            detail: detail.into(),
        }
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Problem {
        Problem::unavailable(error.to_string())
    }
}

impl From<crate::Error> for Problem {
    fn from(error: crate::Error) -> Problem {
        Problem::unavailable(error.to_string())
    }
}

impl From<crate::inbox::Ended> for Problem {
    fn from(ended: crate::inbox::Ended) -> Problem {
        Problem::unavailable(ended.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
    }
}

/// A method that an address does not know.
pub(super) async fn other_method(uri: Uri) -> Problem {
    let detail = format!("{} is asked otherwise", uri.path());
    Problem { code: "method_not_allowed", title: "this method is not known here", status: 405, detail }
}

/// A path that is none of ours.
pub(super) async fn unknown(uri: Uri) -> Problem {
    Problem::not_found(format!("{} is no address of this service", uri.path()))
}
