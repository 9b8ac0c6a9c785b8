//! A tree of files that somebody writes who knows nothing of places: it is written aside, and moved to its place when it
//! is complete.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::leftover::{Leftover, publishing};
use super::lock::Lock;
use super::made::{Made, Stamp, below, relative};
use super::place::{self, Maker, Standing};
use super::taken::in_the_way;
use crate::error::Error;

/// Where it is written, in the folder of its last place.
const NAME: &str = ".staging.part";

/// A tree under a working name.
pub struct Staging {
    out: PathBuf,
    path: PathBuf,
    // The tree goes before the lock.
    _left: Leftover,
    _lock: Lock,
}

impl Staging {
    /// A new one, whose files shall stand below `out`; of them `names` are known already.
    ///
    /// # Errors
    /// One of these may not take its place; another command is writing there; it cannot be made.
    pub fn open(out: &Path, names: &[&str], maker: &Maker) -> Result<Staging, Error> {
        looked(out, names.iter().map(|name| (*name).to_owned()), maker)?;
        fs::create_dir_all(out).map_err(|source| Error::Write { path: out.to_owned(), source })?;
        let lock = Lock::on(out)?;
        let path = out.join(NAME);
        let failed = |source| Error::Write { path: path.clone(), source };
        match fs::symlink_metadata(&path) {
            // Whoever left it is gone, since the lock is ours.
            Ok(about) if about.is_dir() => fs::remove_dir_all(&path).map_err(failed)?,
            Ok(about) => return Err(failed(in_the_way(about.file_type()))),
            Err(_) => {}
        }
        fs::create_dir(&path).map_err(failed)?;
        Ok(Staging { out: out.to_owned(), _left: Leftover::at(&path), path, _lock: lock })
    }

    /// Where its files are written.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Moves all of it to its place; gives what was there of others and is gone.
    ///
    /// # Errors
    /// A file may not take its place, or cannot.
    pub fn publish(self, maker: &Maker) -> Result<Vec<PathBuf>, Error> {
        let failed = |source| Error::Write { path: self.path.clone(), source };
        let files = below(&self.path).map_err(failed)?;
        let mut stamps: BTreeMap<String, Stamp> = BTreeMap::new();
        for file in &files {
            let Some(name) = relative(&self.path, file) else { continue };
            let stamp = Stamp::of_file(&name, maker.by, file).map_err(failed)?;
            stamps.insert(name, stamp);
        }
        let going = looked(&self.out, stamps.keys().cloned(), maker)?;
        let publishing = publishing();
        Made::begin(&self.out, maker.by, &stamps)?;
        for name in stamps.keys() {
            let last = self.out.join(name);
            let moved = last.parent().map_or(Ok(()), fs::create_dir_all);
            let moved = moved.and_then(|()| fs::rename(self.path.join(name), &last));
            moved.map_err(|source| Error::Write { path: last, source })?;
        }
        Made::end(&self.out, maker.by, stamps, None)?;
        drop(publishing);
        Ok(going)
    }
}

/// What would go for these files that others made.
fn looked(out: &Path, names: impl Iterator<Item = String>, maker: &Maker) -> Result<Vec<PathBuf>, Error> {
    let made = Made::read(out)?;
    let mut going = Vec::new();
    let names: BTreeSet<String> = names.collect();
    for name in &names {
        match place::check(out, name, &made, maker)? {
            Standing::Free => {}
            Standing::Going => going.push(out.join(name)),
            Standing::Stream => {
                let source = std::io::Error::other("a device or a pipe is in the way");
                return Err(Error::Write { path: out.join(name), source });
            }
        }
    }
    let staying = place::strangers(out, |name| names.contains(name), &made, maker)?;
    place::allow(&going, &staying, maker)?;
    Ok(going)
}
