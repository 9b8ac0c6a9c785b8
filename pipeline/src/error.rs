//! What can end a command, and with which exit code.
//!
//! What can end a report as well (wrong arguments, an invalid bank, a file) is stated once, in [`reports::Error`], and
//! held here; the simulator's error is held likewise. What is added is of the engine alone.

use std::io;
use std::path::PathBuf;

use records::arena::ArenaFull;
use rulebank::BankError;

/// Why a command ended early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Arguments, the rule bank or a file: what can end a report, too.
    #[error(transparent)]
    Report(#[from] reports::Error),
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

impl Error {
    /// The arguments do not fit together.
    pub fn arguments(what: impl Into<String>) -> Error {
        Error::Report(reports::Error::Arguments(what.into()))
    }

    /// The rule bank has mistakes.
    pub fn bank(mistakes: Vec<BankError>) -> Error {
        Error::Report(reports::Error::Bank(mistakes))
    }

    /// A file or folder could not be read.
    pub fn read(path: impl Into<PathBuf>, source: io::Error) -> Error {
        Error::Report(reports::Error::Read { path: path.into(), source })
    }

    /// A file could not be written.
    pub fn write(path: impl Into<PathBuf>, source: io::Error) -> Error {
        Error::Report(reports::Error::Write { path: path.into(), source })
    }

    /// The contract's exit code: 2 for arguments and bank, 3 for files, disk and machine.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Report(reports::Error::Arguments(_) | reports::Error::Bank(_)) => 2,
            Error::Report(reports::Error::Read { .. } | reports::Error::Write { .. })
            | Error::Full(_)
            | Error::Engine(_)
            | Error::Synth(_) => 3,
        }
    }
}
