//! `POST /v1/backups`: a copy of the state as it is at this moment, while the service goes on.

use std::path::Path;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::backup;

use super::{App, Problem, at_length, read};
use crate::backup::{BESIDE, copy_beside};
use crate::fail;

/// Bytes of a body at the most.
pub(super) const BODY_BYTES_MAX: usize = 64 << 10;

/// Which backup is wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// Its name in the folder of backups.
    name: String,
}

/// What was copied.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Backup {
    /// Where it stands, on the machine of the service.
    folder: String,
    /// The last tick of it.
    tick: u64,
    /// Sequence of its last event.
    sequence: u64,
    /// Bytes of changes and tables.
    bytes: u64,
}

/// Letters, digits, `.`, `-` and `_`, and no dot in front: a name that leads nowhere else.
fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    (1..=100).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(is_plain)
}

/// Makes a backup.
pub(super) async fn begin(
    State(app): State<App>,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Backup>), Problem> {
    let wanted: Wanted = read(body, BODY_BYTES_MAX)?;
    if !is_name(&wanted.name) {
        return Err(Problem::bad_request("name: 1 to 100 letters, digits, dots, hyphens and underscores"));
    }
    let copied = at_length(move || {
        let to = app.backups.join(&wanted.name);
        let snapshot = app.shared.state.snapshot()?;
        fail::point("backup begun");
        let beside = |part: &Path| {
            for name in BESIDE {
                copy_beside(&app.data.join(name), &part.join(name))?;
            }
            fail::point("backup written");
            Ok(())
        };
        match backup::copy(&snapshot, &to, beside) {
            Ok(copied) => Ok((copied, to)),
            Err(crate::Error::Store(store::Error::Exists(_))) => {
                Err(Problem::conflict(format!("there is a backup {} already", wanted.name)))
            }
            Err(error) => Err(Problem::unavailable(crate::error::with_sources(&error))),
        }
    });
    let (backup::Copied { tick, sequence, bytes }, to) = copied.await?;
    let folder = to.display().to_string();
    Ok((StatusCode::CREATED, Json(Backup { folder, tick, sequence, bytes })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_else() {
        assert!(["2026-11-29", "a", "before.upgrade_2"].into_iter().all(is_name));
        assert!(!["", ".", "..", "../a", "a/b", ".hidden", "a b", "\u{4e00}"].into_iter().any(is_name));
    }
}
