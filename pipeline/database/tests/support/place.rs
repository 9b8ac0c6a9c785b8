//! A database of a check's own.

use database::{Address, Batch, Cursor, Database, Error, Lineage, Projector};

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
        Ok(Projector::open(self.open().await, &Lineage::of(IDENTITY)).await?.0)
    }

    /// Writes a batch with a projector of its own.
    pub(crate) async fn write(&self, batch: &Batch<'_>) -> Cursor {
        let mut projector = self.projector().await.unwrap();
        let cursor = projector.write(batch).await.unwrap();
        projector.close().await;
        cursor
    }

    /// Makes the tables as the program of a version before did: the first steps of the migrations.
    pub(crate) async fn begin_as_of(&self, steps: usize) {
        use sqlx::migrate::{Migration, MigrationType, Migrator};
        use sqlx::{Connection as _, SqlSafeStr as _};
        let is_sqlite = self.url.starts_with("sqlite");
        let texts = if is_sqlite {
            [
                include_str!("../../migrations/sqlite/0001_first.sql"),
                include_str!("../../migrations/sqlite/0002_aside.sql"),
            ]
        } else {
            [
                include_str!("../../migrations/postgresql/0001_first.sql"),
                include_str!("../../migrations/postgresql/0002_aside.sql"),
            ]
        };
        let made = (1..).zip(["first", "aside"]).zip(texts).take(steps).map(|((version, name), sql)| {
            Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
        });
        let migrator = Migrator::with_migrations(made.collect());
        if is_sqlite {
            let url = format!("{}?mode=rwc", self.url);
            let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
            migrator.run_direct(None, &mut connection, false).await.unwrap();
            connection.close().await.unwrap();
        } else {
            let mut connection = sqlx::PgConnection::connect(&self.url).await.unwrap();
            migrator.run_direct(None, &mut connection, false).await.unwrap();
            connection.close().await.unwrap();
        }
    }

    /// A number that a question gives.
    pub(crate) async fn count(&self, sql: &str) -> i64 {
        use sqlx::Connection as _;
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        if self.url.starts_with("sqlite") {
            let mut connection = sqlx::SqliteConnection::connect(&self.url).await.unwrap();
            sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
        } else {
            let mut connection = sqlx::PgConnection::connect(&self.url).await.unwrap();
            sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
        }
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
