//! The two databases behind one way of asking.

use std::time::Duration;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Postgres, SqlSafeStr as _, Sqlite, Transaction};

use crate::Error;
use crate::address::{Address, Target};
use crate::statement::{Row, Statement, Value};

/// Connections of readers; one more writes to SQLite.
const READERS: u32 = 4;

/// Rows of one statement at the most; fewer are a power of two, so that few statements have to be prepared.
const ROWS: usize = 64;

/// What the writer of SQLite keeps of the file in memory: 64 MiB, which SQLite says in KiB with a minus.
const PAGES_KEPT: &str = "-65536";

/// How long a connection may take to be had.
const CONNECT: Duration = Duration::from_secs(3);

/// How long a writer of SQLite waits for another program that holds the file.
const BUSY: Duration = Duration::from_secs(5);

/// The tables, one step after the other: forward only, and a step that was released never changes.
const SQLITE: [(i64, &str, &str); 3] = [
    (1, "first", include_str!("../migrations/sqlite/0001_first.sql")),
    (2, "aside", include_str!("../migrations/sqlite/0002_aside.sql")),
    (3, "one trail", include_str!("../migrations/sqlite/0003_one_trail.sql")),
];
const POSTGRESQL: [(i64, &str, &str); 3] = [
    (1, "first", include_str!("../migrations/postgresql/0001_first.sql")),
    (2, "aside", include_str!("../migrations/postgresql/0002_aside.sql")),
    (3, "one trail", include_str!("../migrations/postgresql/0003_one_trail.sql")),
];

fn migrator(steps: &[(i64, &'static str, &'static str)]) -> Migrator {
    let step = |(version, name, sql): &(i64, &'static str, &'static str)| {
        Migration::new(*version, (*name).into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(steps.iter().map(step).collect())
}

/// Connections to a database.
#[derive(Clone, Debug)]
pub(crate) enum Backend {
    /// One that writes, so that writers wait for their turn and not for a lock, and some that read.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres(PgPool),
}

/// A transaction; what is not committed did not happen.
pub(crate) enum Writing {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Backend {
    /// Connects, and brings the tables to the version of this program.
    pub(crate) async fn open(address: &Address) -> Result<Backend, Error> {
        match &address.target {
            Target::Sqlite(path) => Backend::sqlite(path).await,
            Target::Postgres(options) => Backend::postgres(options.as_ref().clone()).await,
        }
    }

    async fn sqlite(path: &std::path::Path) -> Result<Backend, Error> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY);
        let one = SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
        // Ids are in no order: what is written next may be anywhere, and should be at hand.
        let writing = options.clone().create_if_missing(true).pragma("cache_size", PAGES_KEPT);
        let writer = one.connect_with(writing).await?;
        migrator(&SQLITE).run(&writer).await?;
        let several = SqlitePoolOptions::new().max_connections(READERS).acquire_timeout(CONNECT);
        let readers = several.connect_with(options.read_only(true)).await?;
        Ok(Backend::Sqlite { writer, readers })
    }

    async fn postgres(options: PgConnectOptions) -> Result<Backend, Error> {
        let some = PgPoolOptions::new().max_connections(READERS + 2).acquire_timeout(CONNECT);
        let pool = some.connect_with(options.application_name("fundwatch")).await?;
        migrator(&POSTGRESQL).run(&pool).await?;
        Ok(Backend::Postgres(pool))
    }

    /// The rows that a question gives.
    pub(crate) async fn rows(&self, statement: &Statement<'_>) -> Result<Vec<Row>, Error> {
        Ok(match self {
            Backend::Sqlite { readers, .. } => {
                let rows = statement.sqlite().fetch_all(readers).await?;
                rows.into_iter().map(Row::Sqlite).collect()
            }
            Backend::Postgres(pool) => {
                let rows = statement.postgres().fetch_all(pool).await?;
                rows.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    /// The first row, if there is one.
    pub(crate) async fn row(&self, statement: &Statement<'_>) -> Result<Option<Row>, Error> {
        Ok(self.rows(statement).await?.into_iter().next())
    }

    /// Begins to write.
    pub(crate) async fn begin(&self) -> Result<Writing, Error> {
        Ok(match self {
            Backend::Sqlite { writer, .. } => Writing::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
            Backend::Postgres(pool) => Writing::Postgres(pool.begin().await?),
        })
    }

    /// Lets all connections go.
    pub(crate) async fn close(&self) {
        match self {
            Backend::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Backend::Postgres(pool) => pool.close().await,
        }
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        matches!(self, Backend::Sqlite { .. })
    }
}

impl Writing {
    /// Does something; gives how many rows it touched.
    pub(crate) async fn execute(&mut self, statement: &Statement<'_>) -> Result<u64, Error> {
        Ok(match self {
            Writing::Sqlite(writing) => statement.sqlite().execute(&mut **writing).await?.rows_affected(),
            Writing::Postgres(writing) => statement.postgres().execute(&mut **writing).await?.rows_affected(),
        })
    }

    /// The rows that a question gives, as they are within the transaction.
    pub(crate) async fn rows(&mut self, statement: &Statement<'_>) -> Result<Vec<Row>, Error> {
        Ok(match self {
            Writing::Sqlite(writing) => {
                let rows = statement.sqlite().fetch_all(&mut **writing).await?;
                rows.into_iter().map(Row::Sqlite).collect()
            }
            Writing::Postgres(writing) => {
                let rows = statement.postgres().fetch_all(&mut **writing).await?;
                rows.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    /// The first row, if there is one.
    pub(crate) async fn row(&mut self, statement: &Statement<'_>) -> Result<Option<Row>, Error> {
        Ok(self.rows(statement).await?.into_iter().next())
    }

    /// Inserts rows, some at a time; `into` names table and columns.
    pub(crate) async fn insert<'v>(
        &mut self,
        into: &str,
        rows: Vec<Vec<Value<'v>>>,
        on_conflict: &str,
    ) -> Result<(), Error> {
        let mut rows = rows.into_iter();
        while rows.len() > 0 {
            let count = if rows.len() >= ROWS { ROWS } else { 1 << rows.len().ilog2() };
            let mut insert = Statement::new("INSERT INTO ");
            insert.push(into).push(" VALUES ").rows(rows.by_ref().take(count)).push(on_conflict);
            self.execute(&insert).await?;
        }
        Ok(())
    }

    /// Lets nobody else add to a table until the transaction ends; whoever writes to SQLite is alone anyway.
    pub(crate) async fn alone_with(&mut self, table: &'static str) -> Result<(), Error> {
        if matches!(self, Writing::Postgres(_)) {
            let mut lock = Statement::new("LOCK TABLE ");
            lock.push(table).push(" IN SHARE ROW EXCLUSIVE MODE");
            self.execute(&lock).await?;
        }
        Ok(())
    }

    /// Lets rows be taken out of tables that are only added to, or no more: before the transaction ends.
    pub(crate) async fn put_right(&mut self, begins: bool) -> Result<(), Error> {
        let mut mark = Statement::new("UPDATE projection SET putting_right = ");
        mark.bind(i64::from(begins));
        self.execute(&mark).await?;
        Ok(())
    }

    /// Makes it so.
    pub(crate) async fn commit(self) -> Result<(), Error> {
        match self {
            Writing::Sqlite(writing) => writing.commit().await?,
            Writing::Postgres(writing) => writing.commit().await?,
        }
        Ok(())
    }
}
