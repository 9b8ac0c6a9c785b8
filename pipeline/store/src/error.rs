//! What can go wrong with the folder of a live service.

use std::io;
use std::path::{Path, PathBuf};

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process has it open.
    #[error("{} is in use by another process", .0.display())]
    InUse(PathBuf),
    /// A backup or a restored state goes into a folder of its own.
    #[error("{} is there already; name a folder that is not", .0.display())]
    Exists(PathBuf),
    /// A file of it cannot be read or written.
    #[error("cannot use {}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file of it is not as it was written.
    #[error("{} is damaged at byte {offset}: {what}", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// Where the frame begins that is damaged.
        offset: u64,
        /// What is wrong there.
        what: String,
    },
    /// It was made by a program that wrote it otherwise.
    #[error("{} has version {found} of the state; this program reads {expected}", path.display())]
    Version {
        /// Which.
        path: PathBuf,
        /// Its version.
        found: u64,
        /// The version that is read.
        expected: u64,
    },
    /// The database of the state cannot be read or written.
    #[error("cannot use {}", path.display())]
    Database {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<redb::Error>,
    },
}

impl Error {
    pub(crate) fn file(path: &Path, source: io::Error) -> Error {
        Error::File { path: path.to_owned(), source }
    }

    /// Whether the disk is, or was, full: what failed may be tried again.
    pub fn is_full(&self) -> bool {
        let kind = match self {
            Error::File { source, .. } => source.kind(),
            Error::Database { source, .. } => match source.as_ref() {
                redb::Error::Io(source) => source.kind(),
                // It failed before, and is opened anew when it is tried again.
                redb::Error::PreviousIo => return true,
                _ => return false,
            },
            _ => return false,
        };
        matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
    }
}

/// What the database says when it fails on a file.
pub(crate) fn failed(path: &Path, error: impl Into<redb::Error>) -> Error {
    let path = PathBuf::from(path);
    match error.into() {
        redb::Error::Corrupted(what) => Error::Damaged { path, offset: 0, what },
        redb::Error::DatabaseAlreadyOpen => Error::InUse(path),
        source => Error::Database { path, source: Box::new(source) },
    }
}
