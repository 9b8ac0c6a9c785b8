//! A folder that one command writes into at a time.

use std::fs::File;
use std::io;
use std::path::Path;

use super::leftover::Leftover;
use super::taken::take;
use crate::error::Error;

/// Its name in the folder.
const NAME: &str = ".fundwatch.lock";

/// The lock on a folder, until it is dropped or the process ends, however that ends.
pub(super) struct Lock {
    // The name goes before the file is closed, for then it may be another's.
    _left: Leftover,
    _file: File,
}

impl Lock {
    /// On this folder.
    pub(super) fn on(folder: &Path) -> Result<Lock, Error> {
        let path = folder.join(NAME);
        let file = take(&path).map_err(|source| match source.kind() {
            io::ErrorKind::ResourceBusy => {
                let what = "another command is writing into this folder; wait until it has ended, or name another one";
                Error::Write { path: folder.to_owned(), source: io::Error::new(source.kind(), what) }
            }
            _ => Error::Write { path: path.clone(), source },
        })?;
        Ok(Lock { _left: Leftover::at(&path), _file: file })
    }
}
