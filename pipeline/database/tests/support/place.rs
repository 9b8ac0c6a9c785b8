//! A database of a check's own.

use database::{Address, Batch, Cursor, Database, Error, Projector};

/// The identity of the state that the checks pretend to have.
pub(crate) const IDENTITY: u64 = 7;

/// Where the database is.
pub(crate) struct Place {
    pub(crate) url: String,
}

impl Place {
    pub(crate) async fn open(&self) -> Database {
        Database::open(&Address::read(&self.url, None).unwrap()).await.unwrap()
    }

    pub(crate) async fn projector(&self) -> Result<Projector, Error> {
        Projector::open(self.open().await, IDENTITY).await
    }

    /// Writes a batch with a projector of its own.
    pub(crate) async fn write(&self, batch: &Batch<'_>) -> Cursor {
        let mut projector = self.projector().await.unwrap();
        let cursor = projector.write(batch).await.unwrap();
        projector.close().await;
        cursor
    }

    /// Does something to the tables past the program; gives why it did not go.
    pub(crate) async fn meddle(&self, sql: &str) -> Result<(), String> {
        use sqlx::Connection as _;
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        if self.url.starts_with("sqlite") {
            let mut connection = sqlx::SqliteConnection::connect(&self.url).await.unwrap();
            let done = sqlx::raw_sql(sql).execute(&mut connection).await;
            connection.close().await.unwrap();
            done.map(drop).map_err(|error| error.to_string())
        } else {
            let mut connection = sqlx::PgConnection::connect(&self.url).await.unwrap();
            let done = sqlx::raw_sql(sql).execute(&mut connection).await;
            connection.close().await.unwrap();
            done.map(drop).map_err(|error| error.to_string())
        }
    }
}
