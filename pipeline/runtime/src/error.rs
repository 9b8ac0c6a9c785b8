//! What can end the engine, or the reading of what goes into it.

use std::io;
use std::path::PathBuf;

use records::arena::ArenaFull;
use rulebank::BankError;

/// Why it ended early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The arguments do not fit together.
    #[error("{0}")]
    Arguments(String),
    /// The rule bank has mistakes.
    #[error("the rule bank is invalid\n{}", rulebank::check_report(.0).trim_end())]
    Bank(Vec<BankError>),
    /// A file or folder could not be read.
    #[error("cannot read {}", wire::visible::visible_path(path))]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {}", wire::visible::visible_path(path))]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The memory of rows and texts is used up.
    #[error(transparent)]
    Full(#[from] ArenaFull),
    /// A thread of the engine ended before its time.
    #[error("the engine stopped: {0}")]
    Engine(String),
    /// A process of the cluster ended, or the processes do not find each other.
    #[error("the cluster cannot go on: {0}")]
    Cluster(String),
    /// Whoever records events could not.
    #[error(transparent)]
    Recorder(Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// The arguments do not fit together.
    pub fn arguments(what: impl Into<String>) -> Error {
        Error::Arguments(what.into())
    }

    /// The rule bank has mistakes.
    pub fn bank(mistakes: Vec<BankError>) -> Error {
        Error::Bank(mistakes)
    }

    /// A file or folder could not be read.
    pub fn read(path: impl Into<PathBuf>, source: io::Error) -> Error {
        Error::Read { path: path.into(), source }
    }

    /// A file could not be written.
    pub fn write(path: impl Into<PathBuf>, source: io::Error) -> Error {
        Error::Write { path: path.into(), source }
    }

    /// Events could not be recorded.
    pub fn recorder(error: impl std::error::Error + Send + Sync + 'static) -> Error {
        Error::Recorder(Box::new(error))
    }

    /// The contract's exit code: 2 for arguments and bank, 3 for files, disk and machine.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Arguments(_) | Error::Bank(_) => 2,
            Error::Read { .. }
            | Error::Write { .. }
            | Error::Full(_)
            | Error::Engine(_)
            | Error::Cluster(_)
            | Error::Recorder(_) => 3,
        }
    }
}
