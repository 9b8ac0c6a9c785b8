//! What can go wrong with the database.

use std::path::PathBuf;

/// Why the database cannot be used, or a question to it not be answered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The URL names no database that is known, or lacks something.
    #[error("{0}")]
    Url(String),
    /// The password's file cannot be read.
    #[error("cannot read the password of the database from {}", path.display())]
    Password {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The database was filled from the state of another data folder.
    #[error(
        "it was filled from another state ({found}, and this one is {expected}): name another database, or the data folder that belongs to it"
    )]
    OtherState {
        /// The identity it has.
        found: String,
        /// The identity of the state at hand.
        expected: String,
    },
    /// The database knows events or rejects that the state does not have.
    #[error(
        "it has come to {what} {database}, and the state only to {state}: one of the two was put back to an earlier time; restore both from one backup, or begin with an empty database"
    )]
    Ahead {
        /// Of what there are more.
        what: &'static str,
        /// How many the database has.
        database: u64,
        /// How many the state has.
        state: u64,
    },
    /// Something else has written what was to be written.
    #[error("another service writes to it")]
    OtherWriter,
    /// The tables are of a version that this program does not know.
    #[error("its tables are not those of this program")]
    Migrate(#[source] Box<sqlx::migrate::MigrateError>),
    /// The database refuses, or cannot be reached.
    #[error("it does not answer as it should")]
    Sql(#[from] sqlx::Error),
    /// A line of the journal is not what it should be, or what stands in a row cannot be read.
    #[error("{what} {number} cannot be read")]
    Line {
        /// An event, a reject.
        what: &'static str,
        /// Its number.
        number: u64,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A page was asked for from a place that is none.
    #[error("`after` is none of a page in this order")]
    After,
    /// What a disposition speaks of is not there.
    #[error("there is no alert {0}")]
    NoAlert(String),
}

impl Error {
    /// Whether trying again cannot help.
    pub fn is_final(&self) -> bool {
        matches!(
            self,
            Error::Url(_)
                | Error::Password { .. }
                | Error::OtherState { .. }
                | Error::Ahead { .. }
                | Error::Migrate(_)
        )
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Error {
        Error::Sql(sqlx::Error::Io(error))
    }
}

impl From<sqlx::migrate::MigrateError> for Error {
    fn from(error: sqlx::migrate::MigrateError) -> Error {
        match error {
            sqlx::migrate::MigrateError::Execute(error) => Error::Sql(error),
            error => Error::Migrate(Box::new(error)),
        }
    }
}
