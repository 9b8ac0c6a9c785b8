//! One suite on both databases: what is asked of SQLite is asked of PostgreSQL, and their tables are the same.
//!
//! PostgreSQL is started by `pipeline/services/postgresql/run`, which needs Debian's postgresql. Where it is missing the
//! test says so and passes, unless `FUNDWATCH_POSTGRESQL=required`.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

#[path = "checks/asked.rs"]
mod asked;
#[path = "checks/audit.rs"]
mod audit;
#[path = "support/events.rs"]
mod events;
#[path = "checks/kept.rs"]
mod kept;
#[path = "support/place.rs"]
mod place;
#[expect(dead_code, reason = "not all of it is this test's")]
#[path = "../../tests/support/postgresql.rs"]
mod postgresql;
#[path = "checks/takeover.rs"]
mod takeover;

use std::future::Future;
use std::pin::Pin;

use database::{Address, Database};
use place::Place;
use postgresql::Server;

type Check = (&'static str, for<'p> fn(&'p Place) -> Pin<Box<dyn Future<Output = ()> + 'p>>);

const CHECKS: [Check; 13] = [
    ("what_is_aside_of_the_feed_has_its_state", |place| {
        Box::pin(kept::what_is_aside_of_the_feed_has_its_state(place))
    }),
    ("what_leaves_in_one_batch_leaves_no_trace", |place| {
        Box::pin(kept::what_leaves_in_one_batch_leaves_no_trace(place))
    }),
    ("events_become_alerts_each_once", |place| Box::pin(kept::events_become_alerts_each_once(place))),
    ("a_dead_mans_alerts_are_one_incident", |place| {
        Box::pin(kept::a_dead_mans_alerts_are_one_incident(place))
    }),
    ("alerts_move_with_their_institution", |place| Box::pin(kept::alerts_move_with_their_institution(place))),
    ("rejects_and_coverage_are_kept", |place| Box::pin(kept::rejects_and_coverage_are_kept(place))),
    ("another_states_database_is_refused", |place| Box::pin(kept::another_states_database_is_refused(place))),
    ("filters_find_what_a_plain_filter_finds", |place| {
        Box::pin(asked::filters_find_what_a_plain_filter_finds(place))
    }),
    ("decisions_stay", |place| Box::pin(audit::decisions_stay(place))),
    ("what_is_only_added_to_cannot_be_changed", |place| {
        Box::pin(audit::what_is_only_added_to_cannot_be_changed(place))
    }),
    ("each_line_of_the_trail_is_written_once", |place| {
        Box::pin(audit::each_line_of_the_trail_is_written_once(place))
    }),
    ("a_trail_of_the_version_before_is_kept", |place| {
        Box::pin(audit::a_trail_of_the_version_before_is_kept(place))
    }),
    ("a_restored_state_takes_the_database_over", |place| {
        Box::pin(takeover::a_restored_state_takes_the_database_over(place))
    }),
];

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Makes a database of a server; gives where it is.
fn fresh(server: &Server, name: &str) -> String {
    use sqlx::Connection as _;
    let url = server.url();
    runtime().block_on(async {
        let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
        let make = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx::raw_sql(make).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
    let server = url.strip_suffix("/postgres").unwrap();
    format!("{server}/{name}")
}

#[test]
fn on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    for (name, check) in CHECKS {
        eprintln!("sqlite: {name}");
        let url = format!("sqlite:{}", folder.path().join(format!("{name}.sqlite")).display());
        runtime().block_on(check(&Place { url }));
    }
}

#[test]
fn on_postgresql() {
    let Some(server) = Server::start("suite") else { return };
    for (name, check) in CHECKS {
        eprintln!("postgresql: {name}");
        let url = fresh(&server, name);
        runtime().block_on(check(&Place { url }));
    }
    // Both have the same tables, columns, indexes and triggers; that of TRUNCATE has no like in SQLite.
    let of = |url: String| {
        runtime().block_on(async {
            let database = Database::open(&Address::read(&url, None).unwrap()).await.unwrap();
            let schema = database.schema().await.unwrap();
            database.close().await;
            schema
        })
    };
    let folder = tempfile::tempdir().unwrap();
    let sqlite = of(format!("sqlite:{}", folder.path().join("schema.sqlite").display()));
    let mut postgresql = of(fresh(&server, "schema"));
    postgresql.retain(|line| !line.ends_with("_no_truncate"));
    assert!(sqlite.len() > 100, "{sqlite:?}");
    assert_eq!(sqlite, postgresql);
}

/// How many events a second are written: `cargo test --release -p database --test both -- --ignored --nocapture`.
#[test]
#[ignore = "it measures, and says nothing that can be wrong"]
fn events_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start("speed");
    let sqlite = format!("sqlite:{}", folder.path().join("speed.sqlite").display());
    for url in [Some(sqlite), server.as_ref().map(Server::url)].into_iter().flatten() {
        runtime().block_on(kept::events_a_second(&Place { url }));
    }
}
