//! What can end the live service, or keep it from starting.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Exit status of a cluster's leader that is to be started again at once: nothing is wrong (`EX_TEMPFAIL` of sysexits).
pub const START_AGAIN: u8 = 75;

/// Why it ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration, or what was typed, does not fit.
    #[error("{0}")]
    Config(String),
    /// The folder of the service cannot be used.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The database cannot be used.
    #[error("the database {address}")]
    Database {
        /// Where it is.
        address: String,
        /// Why.
        #[source]
        source: Box<database::Error>,
    },
    /// The engine, or the reading of files.
    #[error(transparent)]
    Runtime(#[from] runtime::Error),
    /// A file of it cannot be read or written.
    #[error("cannot use {}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file of a backup is not as it was written.
    #[error("the backup is damaged: {}: {what}", path.display())]
    Backup {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Nobody can be listened to at this address.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The operating system gives no thread, timer or signal.
    #[error("cannot start the service")]
    System(#[source] io::Error),
    /// It ends, and nothing is taken any more.
    #[error("the service ends")]
    Ended,
    /// Another service of the same name has begun to publish.
    #[error("another service named {0} publishes now; this one has ended")]
    Fenced(String),
    /// In a cluster another bank came into force, or old records are let go: it starts again with that.
    #[error("{0}: start all processes again")]
    Again(String),
    /// What an output is made of cannot be written or read as JSON. The library's own text may quote a record, and is
    /// left out.
    #[error("cannot write or read an event: {what:?} error of JSON at line {line}, column {column}")]
    Json {
        /// What sort of error it is.
        what: serde_json::error::Category,
        /// Where.
        line: usize,
        /// Where.
        column: usize,
    },
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Error {
        Error::Json { what: error.classify(), line: error.line(), column: error.column() }
    }
}

/// An error with what caused it, in one line.
pub(crate) fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

impl Error {
    /// Something about the configuration.
    pub fn config(what: impl Into<String>) -> Error {
        Error::Config(what.into())
    }

    pub(crate) fn file(path: &Path, source: io::Error) -> Error {
        Error::File { path: path.to_owned(), source }
    }

    /// 2 for the configuration and the bank, 3 for files, disk and machine, [`START_AGAIN`] for who is to be started again.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Config(_) => 2,
            Error::Again(_) => START_AGAIN,
            Error::Runtime(error) => error.exit_code(),
            _ => 3,
        }
    }
}
