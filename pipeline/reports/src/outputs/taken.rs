//! A new file under a working name that only one process has.
//!
//! The file is locked as long as it is open, and a lock ends with its process, however that ends. So a file that is not
//! locked was left by somebody who is gone, and is removed; one that is locked is somebody's at work. What is no file is
//! no working file of ours: a link is not followed, and nothing is removed.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

/// How often it is tried while others come and go.
const TRIES: usize = 100;

/// Who may read what the program writes: records of persons are its owner's.
const MODE: u32 = 0o600;

/// A new file of this name, locked.
pub(super) fn take(path: &Path) -> io::Result<File> {
    for _ in 0..TRIES {
        let new = OpenOptions::new().write(true).create_new(true).mode(MODE).open(path);
        match new {
            Ok(file) => {
                if !is_locked(&file)? {
                    return Err(busy());
                }
                if is_at(&file, path) {
                    return Ok(file);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => remove_left(path)?,
            Err(error) => return Err(error),
        }
    }
    Err(busy())
}

/// Removes a file that somebody left who is gone.
fn remove_left(path: &Path) -> io::Result<()> {
    let gone = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
    match fs::symlink_metadata(path) {
        Ok(about) if about.is_file() => {}
        Ok(about) => return Err(in_the_way(about.file_type())),
        Err(error) if gone(&error) => return Ok(()),
        Err(error) => return Err(error),
    }
    // Opening changes nothing of it.
    match OpenOptions::new().write(true).open(path) {
        Ok(left) if !is_locked(&left)? => Err(busy()),
        Ok(left) if is_at(&left, path) => fs::remove_file(path),
        Ok(_) => Ok(()),
        Err(error) if gone(&error) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Whether the lock is ours now. Where a file system has no locks everybody has them.
fn is_locked(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => Ok(false),
        Err(TryLockError::Error(_)) => Ok(true),
    }
}

/// Whether the name still is that file's.
fn is_at(file: &File, path: &Path) -> bool {
    let same = |file: fs::Metadata, name: fs::Metadata| (file.dev(), file.ino()) == (name.dev(), name.ino());
    file.metadata().and_then(|file| Ok(same(file, fs::symlink_metadata(path)?))).unwrap_or(false)
}

fn busy() -> io::Error {
    io::Error::new(io::ErrorKind::ResourceBusy, "another command is writing it; wait until that has ended")
}

/// Something stands there that no command of ours makes.
pub(super) fn in_the_way(what: fs::FileType) -> io::Error {
    io::Error::other(format!("{} is in the way, and outputs are files; name another place", kind_of(what)))
}

/// What it is, in a word.
fn kind_of(what: fs::FileType) -> &'static str {
    match what {
        _ if what.is_dir() => "a folder",
        _ if what.is_symlink() => "a link",
        _ if what.is_fifo() => "a pipe",
        _ if what.is_socket() => "a socket",
        _ if what.is_file() => "a file",
        _ => "a device",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_has_a_working_name_and_what_is_left_of_another_goes() {
        let here = tempfile::tempdir().unwrap();
        let path = here.path().join(".x.part");
        fs::write(&path, "left by somebody who is gone").unwrap();
        let first = take(&path).unwrap();
        assert_eq!((fs::read(&path).unwrap().len(), first.metadata().unwrap().mode() & 0o777), (0, 0o600));
        assert_eq!(take(&path).unwrap_err().kind(), io::ErrorKind::ResourceBusy);
        drop(first);
        assert!(take(&path).is_ok());
    }

    #[test]
    fn what_is_no_file_is_neither_followed_nor_removed() {
        let here = tempfile::tempdir().unwrap();
        let (victim, path) = (here.path().join("victim"), here.path().join(".x.part"));
        fs::write(&victim, "mine").unwrap();
        std::os::unix::fs::symlink(&victim, &path).unwrap();
        assert!(take(&path).unwrap_err().to_string().contains("a link"));
        assert_eq!(fs::read(&victim).unwrap(), b"mine");
        fs::remove_file(&path).unwrap();
        // Nor what another name leads to.
        fs::hard_link(&victim, &path).unwrap();
        assert!(take(&path).is_ok());
        assert_eq!(fs::read(&victim).unwrap(), b"mine");
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(take(&path).unwrap_err().to_string().contains("a folder"));
    }
}
