//! `GET /v1/access`: who one is here, and what one may do.

use axum::Json;
use serde::{Deserialize, Serialize};

use crate::access::table::TABLE;
use crate::access::viewer::Viewer;

/// Who asks.
#[derive(Serialize, Deserialize)]
pub(super) struct Own {
    name: String,
    roles: Vec<String>,
    /// First digits of the divisions that are seen; empty where all are.
    divisions: Vec<String>,
    operations: Vec<String>,
}

/// Who asks, and what they may do.
pub(super) async fn own(viewer: Viewer) -> Json<Own> {
    Json(Own {
        name: viewer.who.name.clone(),
        roles: viewer.who.roles.iter().map(|role| role.name().to_owned()).collect(),
        divisions: viewer.divisions().to_vec(),
        operations: TABLE
            .iter()
            .filter(|row| viewer.may(row.operation))
            .map(|row| row.name.to_owned())
            .collect(),
    })
}
