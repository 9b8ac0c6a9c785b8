//! `GET /v1/openapi.json`: the document that is checked in; a test holds it against the table of routes.

use axum::http::header;
use axum::response::IntoResponse;

/// The OpenAPI document.
pub(super) async fn openapi() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], include_str!("../../../../docs/openapi.json"))
}
