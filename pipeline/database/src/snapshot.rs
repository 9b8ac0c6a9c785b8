//! A copy of a database in a file, while it is written to.

use std::path::Path;
use std::time::Duration;

use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use crate::address::{Address, Target};
use crate::{Error, Statement};

/// How long it is waited for a writer that holds the file.
const BUSY: Duration = Duration::from_secs(60);

impl Address {
    /// The file, if it is one of SQLite.
    pub fn path(&self) -> Option<&Path> {
        match &self.target {
            Target::Sqlite(path) => Some(path),
            Target::Postgres(_) => None,
        }
    }
}

/// Copies a database of SQLite into a file that is not there yet, as it is at one moment; who writes to it and who reads
/// goes on meanwhile.
///
/// # Errors
/// It cannot be read, or the copy not be written; the database is none of SQLite.
pub async fn copy(from: &Address, to: &Path) -> Result<(), Error> {
    let Some(path) = from.path() else {
        return Err(Error::Url("only a database of SQLite is copied as a file".to_owned()));
    };
    let name = to.to_str().ok_or_else(|| Error::Url(format!("{}: the path is no UTF-8", to.display())))?;
    let options = SqliteConnectOptions::new().filename(path).busy_timeout(BUSY);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let mut copy = Statement::new("VACUUM INTO ");
    copy.bind(name);
    let copied = copy.sqlite().execute(&mut connection).await;
    connection.close().await?;
    copied?;
    Ok(())
}
