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
use crate::backup::{BesideStore, database_part};
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
    /// Where the database is.
    database: String,
    /// Whether it is in the backup: one of SQLite is, and one of PostgreSQL is saved with `pg_dump`.
    database_copied: bool,
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
    let to = app.backups.join(&wanted.name);
    let exists = || Problem::conflict(format!("there is a backup {} already", wanted.name));
    if to.exists() {
        return Err(exists());
    }
    let copy = database_part(&to);
    let is_copied = copy_database(&app, &copy).await?;
    let (address, folder) = (app.database.to_string(), to.display().to_string());
    let work = {
        let (to, copy, address) = (to, copy.clone(), address.clone());
        move || {
            let snapshot = app.shared.state.snapshot()?;
            fail::point("backup begun");
            let beside = |part: &Path, copied: &backup::Copied| {
                let entries = *app.trail.audit.entries().borrow();
                let database = is_copied.then_some(copy.as_path());
                BesideStore { data: &app.data, database, address, entries }.write(part, copied)?;
                fail::point("backup written");
                Ok(())
            };
            Ok(backup::copy(&snapshot, &to, beside))
        }
    };
    let copied = at_length(work).await;
    if is_copied {
        // It was moved into the backup, or there is none.
        let _ = std::fs::remove_file(&copy);
    }
    match copied? {
        Ok(backup::Copied { tick, sequence, bytes, .. }) => {
            let made =
                Backup { folder, tick, sequence, bytes, database: address, database_copied: is_copied };
            Ok((StatusCode::CREATED, Json(made)))
        }
        Err(crate::Error::Store(store::Error::Exists(_))) => Err(exists()),
        Err(error) => Err(Problem::unavailable(crate::error::with_sources(&error))),
    }
}

/// Copies the database beside the folder of the backup, if it is one that is copied; says whether it is.
async fn copy_database(app: &App, copy: &Path) -> Result<bool, Problem> {
    if app.database.path().is_none() {
        return Ok(false);
    }
    let failed = |error: &dyn std::error::Error| Problem::unavailable(crate::error::with_sources(error));
    std::fs::create_dir_all(&*app.backups).map_err(|error| failed(&error))?;
    // It was left by a backup that was cut off.
    let _ = std::fs::remove_file(copy);
    database::copy(&app.database, copy).await.map_err(|error| failed(&error))?;
    fail::point("database copied");
    Ok(true)
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
