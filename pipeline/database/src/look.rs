//! A look at a database that changes nothing: for who wants to know whether a service can use it.

use std::time::Duration;

use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use crate::Error;
use crate::address::{Address, Target};
use crate::backend::Backend;
use crate::cursor::Cursor;
use crate::statement::Statement;

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// There is no file; the service makes it.
    Nothing,
    /// It answers, and no service has written to it.
    Empty,
    /// It has come so far with the state of this identity.
    Filled {
        /// The identity, in hexadecimal digits.
        identity: String,
        /// How far.
        cursor: Cursor,
    },
}

/// Looks at a database.
///
/// # Errors
/// It cannot be reached or read.
pub async fn look(address: &Address) -> Result<Found, Error> {
    let backend = match &address.target {
        Target::Sqlite(path) if !path.exists() => return Ok(Found::Nothing),
        Target::Sqlite(path) => {
            let options = SqliteConnectOptions::new().filename(path).read_only(true);
            let pool = SqlitePoolOptions::new().max_connections(1).acquire_timeout(PATIENCE);
            let pool = pool.connect_with(options).await?;
            Backend::Sqlite { writer: pool.clone(), readers: pool }
        }
        Target::Postgres(options) => {
            let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(PATIENCE);
            Backend::Postgres(pool.connect_with(options.as_ref().clone()).await?)
        }
    };
    let found = read(&backend).await;
    backend.close().await;
    found
}

async fn read(backend: &Backend) -> Result<Found, Error> {
    let tables = if backend.is_sqlite() {
        "SELECT count(*) FROM sqlite_schema WHERE name = 'projection'"
    } else {
        "SELECT count(*) FROM information_schema.tables WHERE table_name = 'projection' \
         AND table_schema = current_schema()"
    };
    let there = backend.row(&Statement::new(tables)).await?.map_or(Ok(0), |row| row.int(0))?;
    if there == 0 {
        return Ok(Found::Empty);
    }
    // A database of an earlier program has no alerts aside yet.
    let row = backend.row(&Statement::new("SELECT identity, sequence, reject FROM projection")).await?;
    let Some(row) = row else { return Ok(Found::Empty) };
    let cursor = Cursor { sequence: row.count(1)?, reject: row.count(2)?, aside: 0 };
    Ok(Found::Filled { identity: row.text(0)?, cursor })
}
