//! What went wrong, as a document (RFC 9457).

use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::access::body::BodyFault;

/// After how many seconds it is worth while to ask again.
const RETRY_AFTER_SECONDS: &str = "2";

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

    /// Nobody is recognised by what was shown.
    pub fn unauthorized(shown: &str) -> Problem {
        let detail = format!("{shown}; send Authorization: Bearer TOKEN, or come with a certificate");
        Problem { code: "unauthorized", title: "it is not known who asks", status: 401, detail }
    }

    /// Whoever asks may not do this.
    pub fn forbidden(operation: &str) -> Problem {
        let detail = format!("{operation} is not among what you may do");
        Problem { code: "forbidden", title: "you may not do this", status: 403, detail }
    }

    /// A body is too long.
    pub fn too_large(most: u64) -> Problem {
        let detail = format!("a body has at most {most} bytes here");
        Problem { code: "too_large", title: "the body is too long", status: 413, detail }
    }

    /// A body does not go on.
    pub fn stalled(detail: impl Into<String>) -> Problem {
        Problem { code: "stalled", title: "the body does not come", status: 408, detail: detail.into() }
    }

    /// Too much at a time.
    pub fn too_many(detail: impl Into<String>) -> Problem {
        Problem { code: "too_many", title: "too much at a time", status: 429, detail: detail.into() }
    }

    /// A body cannot be read to its end.
    pub fn of_body(error: &axum::Error) -> Problem {
        match BodyFault::behind(error) {
            Some(BodyFault::TooLarge(most)) => Problem::too_large(most),
            Some(fault @ BodyFault::Stalled(_)) => Problem::stalled(fault.to_string()),
            None => Problem::bad_request(format!("the body ends early: {error}")),
        }
    }

    /// A body was not read; on this route it has so many bytes at the most.
    pub fn of_rejection(rejection: &BytesRejection, most: usize) -> Problem {
        match BodyFault::behind(rejection) {
            Some(BodyFault::TooLarge(most)) => Problem::too_large(most),
            Some(fault @ BodyFault::Stalled(_)) => Problem::stalled(fault.to_string()),
            None if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(most as u64),
            None => Problem::bad_request(format!("the body: {}", rejection.body_text())),
        }
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
        let mut response =
            (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        let (name, value) = match self.status {
            401 => (header::WWW_AUTHENTICATE, "Bearer realm=\"fundwatch\""),
            429 | 503 => (header::RETRY_AFTER, RETRY_AFTER_SECONDS),
            _ => return response,
        };
        response.headers_mut().insert(name, HeaderValue::from_static(value));
        response
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
