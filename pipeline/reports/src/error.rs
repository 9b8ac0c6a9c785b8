//! What can end the making of a report.

use std::io;
use std::path::PathBuf;

use rulebank::BankError;
use wire::ReadError;
use wire::visible::visible_path;

/// Why a report ended early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The arguments do not fit together, or not to the run.
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
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Error {
        match error {
            ReadError::Missing { path } => Error::Arguments(format!(
                "{} is missing: an older version made this folder, or the run did not end; run once more",
                visible_path(&path)
            )),
            ReadError::Read { path, source } => Error::Read { path, source },
            ReadError::Line { path, number, what } => {
                let source = io::Error::new(io::ErrorKind::InvalidData, format!("line {number}: {what}"));
                Error::Read { path, source }
            }
        }
    }
}

impl Error {
    /// What went wrong with a file that the arguments name, which need not be of a run.
    pub fn of_given_file(error: ReadError) -> Error {
        match error {
            ReadError::Missing { path } => {
                Error::Read { path, source: io::Error::from(io::ErrorKind::NotFound) }
            }
            other => other.into(),
        }
    }
}
