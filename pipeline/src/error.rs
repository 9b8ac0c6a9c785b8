//! What can end a command, and with which exit code.
//!
//! What each room can fail with is stated there, and held here.

use std::io;
use std::path::PathBuf;

use records::arena::ArenaFull;
use rulebank::BankError;

/// Why a command ended early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine, or the reading of what goes into it.
    #[error(transparent)]
    Runtime(#[from] runtime::Error),
    /// A report.
    #[error(transparent)]
    Report(#[from] reports::Error),
    /// The live service.
    #[error(transparent)]
    Serve(#[from] serve::Error),
    /// The simulator failed.
    #[error(transparent)]
    Synth(#[from] synth::SynthError),
}

impl From<ArenaFull> for Error {
    fn from(full: ArenaFull) -> Error {
        Error::Runtime(full.into())
    }
}

impl Error {
    /// The arguments do not fit together.
    pub fn arguments(what: impl Into<String>) -> Error {
        Error::Runtime(runtime::Error::arguments(what))
    }

    /// The rule bank has mistakes.
    pub fn bank(mistakes: Vec<BankError>) -> Error {
        Error::Runtime(runtime::Error::bank(mistakes))
    }

    /// A file or folder could not be read.
    pub fn read(path: impl Into<PathBuf>, source: io::Error) -> Error {
        Error::Runtime(runtime::Error::read(path, source))
    }

    /// A file could not be written.
    pub fn write(path: impl Into<PathBuf>, source: io::Error) -> Error {
        Error::Runtime(runtime::Error::write(path, source))
    }

    /// The contract's exit code: 2 for arguments and bank, 3 for files, disk and machine.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Runtime(error) => error.exit_code(),
            Error::Serve(error) => error.exit_code(),
            Error::Report(reports::Error::Arguments(_) | reports::Error::Bank(_)) => 2,
            Error::Report(reports::Error::Read { .. } | reports::Error::Write { .. }) | Error::Synth(_) => 3,
        }
    }
}
