//! What can end a command, and with which exit code.

use std::io;
use std::path::PathBuf;

use records::arena::ArenaFull;
use rulebank::BankError;

/// Why a command ended early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The arguments do not fit together.
    #[error("{0}")]
    Arguments(String),
    /// The rule bank has mistakes.
    #[error("the rule bank is invalid\n{}", rulebank::check_report(.0).trim_end())]
    Bank(Vec<BankError>),
    /// A file or folder could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {}", path.display())]
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
    /// The simulator failed.
    #[error(transparent)]
    Synth(#[from] synth::SynthError),
}

impl From<wire::ReadError> for Error {
    fn from(error: wire::ReadError) -> Error {
        match error {
            wire::ReadError::Missing { path } => Error::Arguments(format!(
                "{} is missing: an older version made this folder, or the run did not end; run once more",
                path.display()
            )),
            wire::ReadError::Read { path, source } => Error::Read { path, source },
            wire::ReadError::Line { path, number, what } => {
                let source = io::Error::new(io::ErrorKind::InvalidData, format!("line {number}: {what}"));
                Error::Read { path, source }
            }
        }
    }
}

impl Error {
    /// What went wrong with a file that the arguments name, which need not be of a run.
    pub fn of_given_file(error: wire::ReadError) -> Error {
        match error {
            wire::ReadError::Missing { path } => {
                Error::Read { path, source: io::Error::from(io::ErrorKind::NotFound) }
            }
            other => other.into(),
        }
    }

    /// The contract's exit code: 2 for arguments and bank, 3 for files, disk and machine.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Arguments(_) | Error::Bank(_) => 2,
            Error::Read { .. }
            | Error::Write { .. }
            | Error::Full(_)
            | Error::Engine(_)
            | Error::Synth(_) => 3,
        }
    }
}
