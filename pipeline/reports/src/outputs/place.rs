//! Whether a file may take the place where a command is told to put it.
//!
//! A place is free, or holds a file that the same command made there and nobody changed since, or an empty one. What
//! the command reads is never replaced, and neither is a link, a folder or a device; another file is only if that was
//! said (`--force`), and then it is named. A folder that a command fills has nothing of others in it, unless that was
//! said as well: what stands among outputs is taken for one.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use wire::visible::visible_path;

use super::made::{Made, below, relative};
use super::taken::in_the_way;
use crate::error::Error;

/// Whoever makes files, and what may not go for them.
#[derive(Clone, Debug)]
pub struct Maker {
    /// The command.
    pub by: &'static str,
    /// What it reads.
    pub reads: Reads,
    /// Whether files of others may go.
    pub force: bool,
}

impl Maker {
    /// A command that reads nothing which it could write over.
    pub fn new(by: &'static str, force: bool) -> Maker {
        Maker { by, reads: Reads::default(), force }
    }

    /// With what it reads.
    #[must_use]
    pub fn reading<'p>(mut self, paths: impl IntoIterator<Item = &'p PathBuf>) -> Maker {
        paths.into_iter().for_each(|path| self.reads.add(path));
        self
    }

    /// With a bank that it reads.
    #[must_use]
    pub fn reading_bank(mut self, folder: &Path) -> Maker {
        self.reads.add(folder);
        for part in ["rules", "tables", "exemptions"] {
            for path in below(&folder.join(part)).unwrap_or_default() {
                self.reads.add(&path);
            }
        }
        self
    }

    /// With the folder of a run that it reads.
    #[must_use]
    pub fn reading_run(mut self, folder: &Path) -> Maker {
        for name in wire::files::OF_A_RUN {
            self.reads.add(&folder.join(name));
        }
        for path in below(&folder.join(wire::files::EXPLAIN)).unwrap_or_default() {
            self.reads.add(&path);
        }
        self
    }
}

/// Files and folders that a command reads, whatever they are called.
#[derive(Clone, Debug, Default)]
pub struct Reads {
    /// By device and number there.
    known: BTreeSet<(u64, u64)>,
}

impl Reads {
    /// One more; what is not there, is found out by whoever reads it.
    pub fn add(&mut self, path: &Path) {
        if let Ok(about) = fs::metadata(path) {
            self.known.insert((about.dev(), about.ino()));
        }
    }

    /// Whether this very file or folder is among them.
    pub fn has(&self, path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|about| self.known.contains(&(about.dev(), about.ino())))
    }
}

/// What stands where a file shall stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing, or what may go.
    Free,
    /// A file of somebody else, which goes as was said.
    Going,
    /// A device or pipe, which is written to and stays.
    Stream,
}

/// What stands at `name` in `folder`, if a file of this maker may take its place.
///
/// # Errors
/// It may not.
pub(super) fn check(folder: &Path, name: &str, made: &Made, maker: &Maker) -> Result<Standing, Error> {
    let path = folder.join(name);
    let Ok(about) = fs::symlink_metadata(&path) else { return Ok(Standing::Free) };
    if maker.reads.has(&path) {
        return Err(Error::Arguments(format!(
            "{} is read by this command, which would write over it; name another place",
            visible_path(&path)
        )));
    }
    if about.is_symlink() || !about.is_file() {
        let leads_to = fs::metadata(&path).map(|about| about.file_type());
        return match leads_to {
            Ok(kind) if kind.is_char_device() || kind.is_fifo() => Ok(Standing::Stream),
            _ => Err(Error::Write { path, source: in_the_way(about.file_type()) }),
        };
    }
    if about.len() == 0 || made.is_by(maker.by, folder, name)? {
        return Ok(Standing::Free);
    }
    Ok(Standing::Going)
}

/// What of a folder that is replaced as a whole is somebody else's.
///
/// # Errors
/// The folder cannot be replaced: it is none, cannot be looked through, or something in it is read by this command.
pub(super) fn check_folder(
    folder: &Path,
    name: &str,
    made: &Made,
    maker: &Maker,
) -> Result<Vec<PathBuf>, Error> {
    let path = folder.join(name);
    let failed = |source| Error::Write { path: path.clone(), source };
    match fs::symlink_metadata(&path) {
        Ok(about) if !about.is_dir() => {
            return Err(failed(std::io::Error::other("it is in the way, and is no folder")));
        }
        Ok(_) => {}
        Err(_) => return Ok(Vec::new()),
    }
    let mut going = Vec::new();
    for path in below(&path).map_err(failed)? {
        if maker.reads.has(&path) {
            return Err(Error::Arguments(format!(
                "{} is read by this command, which would write over it; name another --out",
                visible_path(&path)
            )));
        }
        let is_file = fs::symlink_metadata(&path).is_ok_and(|about| about.is_file());
        let is_ours = match relative(folder, &path) {
            Some(name) if is_file => made.is_by(maker.by, folder, &name)?,
            _ => false,
        };
        if !is_ours {
            going.push(path);
        }
    }
    Ok(going)
}

/// What else stands in a folder of outputs that none of our commands made: files, and folders with such files.
///
/// Left out are names in `checked`, which are looked at one by one; hidden and empty files; what the command reads; and
/// folders that hold outputs of their own.
///
/// # Errors
/// The folder cannot be listed.
pub(super) fn strangers(
    folder: &Path,
    checked: impl Fn(&str) -> bool,
    made: &Made,
    maker: &Maker,
) -> Result<Vec<PathBuf>, Error> {
    let entries = match fs::read_dir(folder) {
        // Whoever makes the folder tells what is in its way.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        entries => entries.and_then(Iterator::collect::<Result<Vec<_>, _>>),
    };
    let entries = entries.map_err(|source| Error::Read { path: folder.to_owned(), source })?;
    let is_known =
        |path: &Path| relative(folder, path).is_some_and(|name| checked(&name) || made.knows(&name));
    let paths = entries.into_iter().map(|entry| entry.path());
    let mut strange: Vec<PathBuf> = paths.filter(|path| is_strange(path, &is_known, maker)).collect();
    strange.sort();
    Ok(strange)
}

/// Where the system puts what it found on a damaged disk: each disk that is mounted has one.
const LOST_AND_FOUND: &str = "lost+found";

/// Whether this, or something below it, is nobody's that we know.
fn is_strange(path: &Path, is_known: &dyn Fn(&Path) -> bool, maker: &Maker) -> bool {
    let mut open = vec![path.to_owned()];
    while let Some(path) = open.pop() {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') || name == LOST_AND_FOUND || is_known(&path) || maker.reads.has(&path) {
            continue;
        }
        match fs::symlink_metadata(&path) {
            Ok(about) if about.is_dir() => {
                if Made::is_kept(&path) {
                    continue;
                }
                match fs::read_dir(&path) {
                    Ok(entries) => open.extend(entries.flatten().map(|entry| entry.path())),
                    Err(_) => return true,
                }
            }
            Ok(about) if about.is_file() && about.len() == 0 => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            _ => return true,
        }
    }
    false
}

/// Names that a message lists.
const NAMED: usize = 10;

/// Refuses to write over what others made, or among it, unless that was said: `going` would be replaced, `staying` not.
///
/// # Errors
/// There is such a thing, and `--force` was not given.
pub(super) fn allow(going: &[PathBuf], staying: &[PathBuf], maker: &Maker) -> Result<(), Error> {
    if going.is_empty() && staying.is_empty() || maker.force {
        return Ok(());
    }
    let mut text = String::new();
    if !going.is_empty() {
        text.push_str(&format!(
            "what `{}` did not make here, or somebody changed since, would be replaced",
            maker.by
        ));
    } else {
        text.push_str("this folder has files in it that none of our commands made");
    }
    text.push_str("; name another place, or add --force");
    named(&mut text, "and these go:", going);
    named(&mut text, "and these stay as they are:", staying);
    Err(Error::Arguments(text))
}

fn named(text: &mut String, what: &str, paths: &[PathBuf]) {
    if paths.is_empty() {
        return;
    }
    text.push_str(&format!("\n{what}"));
    for path in paths.iter().take(NAMED) {
        text.push_str(&format!("\n  {}", visible_path(path)));
    }
    if paths.len() > NAMED {
        text.push_str(&format!("\n  and {} more", paths.len() - NAMED));
    }
}
