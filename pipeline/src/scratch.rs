//! A folder for the time of a command: it goes when the command ends, also when it is ended from outside.

use std::path::{Path, PathBuf};

use reports::outputs::leftover::Leftover;

use crate::error::Error;

/// A temporary folder, its owner's alone.
pub struct Scratch {
    path: PathBuf,
    _left: Leftover,
}

impl Scratch {
    /// A new one in the system's folder for such ([`std::env::temp_dir`]).
    ///
    /// # Errors
    /// That is not there, is full, or not ours to write into.
    pub fn new(what: &str) -> Result<Scratch, Error> {
        let made = tempfile::Builder::new().prefix(&format!("fundwatch-{what}-")).tempdir();
        let made = made.map_err(|source| Error::write(std::env::temp_dir(), source))?;
        let left = Leftover::at(made.path());
        Ok(Scratch { path: made.keep(), _left: left })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
