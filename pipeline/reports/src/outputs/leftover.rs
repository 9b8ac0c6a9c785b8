//! What goes when a command is ended from outside: files and folders under working names.
//!
//! A draft removes itself when it is dropped; a signal drops nothing. So working names are known here, and who handles
//! the signal calls [`remove_all`]. A publication that has begun comes to its end first.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

static WORKING: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
static PUBLISHING: Mutex<()> = Mutex::new(());

/// A path that goes with this, and when the command is ended.
#[derive(Debug)]
pub struct Leftover {
    path: PathBuf,
}

impl Leftover {
    /// This path, a file or a folder.
    pub fn at(path: &Path) -> Leftover {
        // As it is called from anywhere.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        working().insert(path.clone());
        Leftover { path }
    }

    /// It has another name now, and stays.
    pub fn stays(self) {
        working().remove(&self.path);
    }
}

impl Drop for Leftover {
    fn drop(&mut self) {
        if working().remove(&self.path) {
            remove(&self.path);
        }
    }
}

/// Keeps [`remove_all`] waiting while files take their names.
pub(super) fn publishing() -> MutexGuard<'static, ()> {
    PUBLISHING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes what is under working names; nothing is published from now on, and nothing gets a working name. For a command
/// that ends now.
pub fn remove_all() {
    std::mem::forget(publishing());
    let mut working = working();
    for path in std::mem::take(&mut *working) {
        remove(&path);
    }
    // Whoever still works waits here until the process ends.
    std::mem::forget(working);
}

fn working() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    WORKING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How often a folder is removed into which somebody still writes.
const TRIES: usize = 5;

fn remove(path: &Path) {
    // What cannot be removed is left to the next command, or to the system's own cleaning.
    match fs::symlink_metadata(path) {
        Ok(about) if about.is_dir() => {
            let _ = (0..TRIES).any(|_| fs::remove_dir_all(path).is_ok());
        }
        Ok(_) => {
            let _ = fs::remove_file(path);
        }
        Err(_) => {}
    }
}
