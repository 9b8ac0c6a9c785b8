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

impl From<reports::Error> for Error {
    fn from(error: reports::Error) -> Error {
        match error {
            reports::Error::Arguments(text) => Error::Arguments(text),
            reports::Error::Bank(mistakes) => Error::Bank(mistakes),
            reports::Error::Read { path, source } => Error::Read { path, source },
            reports::Error::Write { path, source } => Error::Write { path, source },
        }
    }
}

impl Error {
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
