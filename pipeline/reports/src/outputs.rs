//! Files that take their final name only when all of them are complete, and never the place of somebody else's.
//!
//! A [`Folder`] is claimed for the files of one command ([`Maker`]): what it reads, and what others made there, is
//! found before the work begins (`place`). A [`Draft`] is written under a working name that one process has at a time
//! (`taken`), for its owner's eyes only. Publishing is one step for whoever reads: while files take their names that
//! stands in the folder (`made`), and [`Whole`] refuses what a kill left half done. What is under working names goes
//! when the command is ended from outside ([`leftover`]).

pub mod leftover;
mod lock;
mod made;
mod place;
mod staging;
mod taken;

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use wire::visible::visible_path;
use xxhash_rust::xxh3::Xxh3;

use crate::error::Error;
use leftover::Leftover;
use lock::Lock;
pub use made::RUN;
use made::{Made, Stamp};
use place::Standing;
pub use place::{Maker, Reads};
pub use staging::Staging;

/// A file whose bytes are counted and hashed while they are written.
struct Hashed {
    file: File,
    length: u64,
    hash: Box<Xxh3>,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A file under a working name.
pub struct Draft {
    // Goes before the file is closed, for then the name may be another's.
    left: Option<Leftover>,
    writer: BufWriter<Hashed>,
    working: PathBuf,
    name: String,
    last: PathBuf,
}

impl Draft {
    fn create(folder: &Path, name: &str) -> Result<Draft, Error> {
        let working = folder.join(format!(".{name}.part"));
        let last = folder.join(name);
        let file = taken::take(&working).map_err(|source| Error::Write { path: last.clone(), source })?;
        let left = Some(Leftover::at(&working));
        let hashed = Hashed { file, length: 0, hash: Box::new(Xxh3::new()) };
        let writer = BufWriter::with_capacity(1 << 18, hashed);
        Ok(Draft { left, writer, working, name: name.to_owned(), last })
    }

    /// What went wrong in writing, with the file's final name.
    pub fn failed(&self, source: io::Error) -> Error {
        Error::Write { path: self.last.clone(), source }
    }

    /// Writes one line of NDJSON.
    ///
    /// # Errors
    /// The disk is full or gone.
    pub fn line(&mut self, value: &impl wire::Line) -> Result<(), Error> {
        serde_json::to_writer(&mut self.writer, value)
            .map_err(io::Error::from)
            .and_then(|()| self.writer.write_all(b"\n"))
            .map_err(|source| self.failed(source))
    }

    /// The writer beneath.
    pub fn writer(&mut self) -> &mut impl Write {
        &mut self.writer
    }

    /// Everything is on disk, still under the working name.
    fn settle(&mut self) -> Result<(), Error> {
        let flushed = self.writer.flush().and_then(|()| self.writer.get_ref().file.sync_data());
        flushed.map_err(|source| self.failed(source))
    }

    fn stamp(&self, by: &str) -> Stamp {
        let hashed = self.writer.get_ref();
        Stamp::of(&self.name, by, hashed.length, &hashed.hash)
    }

    fn take_place(&mut self) -> Result<(), Error> {
        fs::rename(&self.working, &self.last).map_err(|source| self.failed(source))?;
        if let Some(left) = self.left.take() {
            left.stays();
        }
        Ok(())
    }
}

/// Looks before the work whether files may take their places.
///
/// # Errors
/// As [`publish_files`].
pub fn check_files<'p>(paths: impl IntoIterator<Item = &'p PathBuf>, maker: &Maker) -> Result<(), Error> {
    let mut names = Vec::new();
    let mut going = Vec::new();
    for path in paths {
        let (folder, name) = folder_and_name(path)?;
        let real = fs::canonicalize(&folder).unwrap_or_else(|_| folder.clone()).join(&name);
        if names.contains(&real) {
            return Err(Error::Arguments(format!("{} is named for two files", visible_path(path))));
        }
        names.push(real);
        if place::check(&folder, &name, &Made::read(&folder)?, maker)? == Standing::Going {
            going.push(path.clone());
        }
    }
    place::allow(&going, &[], maker)
}

/// Writes files, each of which takes its name when all of its folder are complete; gives those of others that are gone.
///
/// A device or a pipe is written to.
///
/// # Errors
/// One of them cannot be written, its path names no file, or it may not take its place: see [`Maker`].
pub fn publish_files(files: Vec<(PathBuf, Vec<u8>)>, maker: &Maker) -> Result<Vec<PathBuf>, Error> {
    check_files(files.iter().map(|(path, _)| path), maker)?;
    let mut gone = Vec::new();
    let mut by_folder: BTreeMap<PathBuf, Vec<(String, Vec<u8>)>> = BTreeMap::new();
    for (path, bytes) in files {
        let (folder, name) = folder_and_name(&path)?;
        match place::check(&folder, &name, &Made::read(&folder)?, maker)? {
            Standing::Stream => {
                let written =
                    OpenOptions::new().write(true).open(&path).and_then(|mut to| to.write_all(&bytes));
                written.map_err(|source| Error::Write { path, source })?;
                continue;
            }
            Standing::Going => gone.push(path),
            Standing::Free => {}
        }
        by_folder.entry(folder).or_default().push((name, bytes));
    }
    for (folder, files) in by_folder {
        let folder = Folder::open(&folder, maker.by)?;
        let drafts = files.into_iter().map(|(name, bytes)| folder.bytes(&name, &bytes));
        folder.publish(drafts.collect::<Result<_, _>>()?)?;
    }
    Ok(gone)
}

/// The folder in which a file shall stand, and its name there.
///
/// # Errors
/// The path names no file.
pub fn folder_and_name(path: &Path) -> Result<(PathBuf, String), Error> {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return Err(Error::Arguments(format!("{} is no name of a file", visible_path(path))));
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok((folder.to_owned(), name.to_owned()))
}

/// A folder under a working name.
pub struct FolderDraft {
    folder: Folder,
    left: Leftover,
    name: String,
}

impl FolderDraft {
    /// What goes into it.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// The stamps of its files, with the paths that they will have.
    fn stamps(&self) -> impl Iterator<Item = (String, Stamp)> {
        let stamps = self.folder.stamps.lock().unwrap_or_else(PoisonError::into_inner).clone();
        stamps.into_iter().map(|(name, stamp)| (format!("{}/{name}", self.name), stamp))
    }

    /// Takes its name from what has it, which is put aside.
    fn take_place(self, within: &Path) -> Result<(), Error> {
        let last = within.join(&self.name);
        let failed = |source| Error::Write { path: last.clone(), source };
        for number in 1u64.. {
            let aside = within.join(aside_name(&self.name, number));
            match fs::rename(&last, &aside) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => break,
                // An older one is in the way that could not be removed.
                Err(error) if IN_THE_WAY.contains(&error.kind()) => {}
                renamed => {
                    renamed.map_err(failed)?;
                    break;
                }
            }
        }
        fs::rename(&self.folder.path, &last).map_err(failed)?;
        self.left.stays();
        Ok(())
    }
}

/// What renaming a folder says where something stands already.
const IN_THE_WAY: [io::ErrorKind; 3] =
    [io::ErrorKind::DirectoryNotEmpty, io::ErrorKind::AlreadyExists, io::ErrorKind::NotADirectory];

/// What a folder is called that was replaced, until it is removed.
fn aside_name(name: &str, number: u64) -> String {
    format!(".{name}.old-{number}.part")
}

/// Removes folders that were replaced. One that cannot be removed hinders nobody: what comes next steps around it.
fn remove_replaced(within: &Path, name: &str) {
    let (begin, end) = (format!(".{name}.old-"), ".part");
    let Ok(entries) = fs::read_dir(within) else { return };
    for entry in entries.flatten() {
        let is_replaced =
            entry.file_name().to_str().is_some_and(|it| it.starts_with(&begin) && it.ends_with(end));
        if is_replaced && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// The folder of a command's outputs.
pub struct Folder {
    path: PathBuf,
    by: &'static str,
    /// Of files that have their names in a folder which has a working name itself.
    stamps: Mutex<BTreeMap<String, Stamp>>,
    /// Of others, which go.
    going: Vec<PathBuf>,
    /// A run's alone, until it has ended.
    _lock: Option<Lock>,
}

impl Folder {
    /// Makes the folder if it is not there, for files of a command.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn open(path: &Path, by: &'static str) -> Result<Folder, Error> {
        fs::create_dir_all(path).map_err(|source| Error::Write { path: path.to_owned(), source })?;
        Ok(Folder { path: path.to_owned(), by, stamps: Mutex::default(), going: Vec::new(), _lock: None })
    }

    /// Takes the folder of a run's outputs for itself, as long as it lives.
    ///
    /// # Errors
    /// The folder is read by the run, or holds what the run reads under the names of its outputs, or what none of our
    /// commands made ([`Maker::force`]); another run is writing into it; it cannot be made.
    pub fn claim(path: &Path, maker: &Maker) -> Result<Folder, Error> {
        if path.as_os_str().is_empty() {
            return Err(Error::Arguments("--out is empty; name a folder, `.` is this one".to_owned()));
        }
        if maker.reads.has(path) {
            return Err(Error::Arguments(format!(
                "--out {0}: this folder is read by the run, which would write among what it reads; name another one, such as {0}/out",
                visible_path(path)
            )));
        }
        // A look before anything is made, and one when nobody else can come in between.
        Folder::look(path, maker)?;
        let mut folder = Folder::open(path, maker.by)?;
        folder._lock = Some(Lock::on(path)?);
        folder.going = Folder::look(path, maker)?;
        // What was left by runs that were killed.
        for name in wire::files::OF_A_RUN {
            let working = path.join(format!(".{name}.part"));
            let removed = match fs::symlink_metadata(&working) {
                Ok(about) if about.is_file() => fs::remove_file(&working),
                Ok(about) => Err(taken::in_the_way(about.file_type())),
                Err(_) => Ok(()),
            };
            removed.map_err(|source| Error::Write { path: working, source })?;
        }
        remove_replaced(path, wire::files::EXPLAIN);
        Ok(folder)
    }

    /// What would go that others made.
    fn look(path: &Path, maker: &Maker) -> Result<Vec<PathBuf>, Error> {
        let made = Made::read(path)?;
        let mut going = Vec::new();
        for name in wire::files::OF_A_RUN {
            match place::check(path, name, &made, maker)? {
                Standing::Free => {}
                Standing::Going => going.push(path.join(name)),
                Standing::Stream => {
                    let source = io::Error::other("it is a device or a pipe, which a run does not replace");
                    return Err(Error::Write { path: path.join(name), source });
                }
            }
        }
        going.extend(place::check_folder(path, wire::files::EXPLAIN, &made, maker)?);
        let checked = |name: &str| name == wire::files::EXPLAIN || wire::files::OF_A_RUN.contains(&name);
        let staying = place::strangers(path, checked, &made, maker)?;
        place::allow(&going, &staying, maker)?;
        Ok(going)
    }

    /// Files of others that go when this is published, as was said.
    pub fn going(&self) -> &[PathBuf] {
        &self.going
    }

    /// Begins a file.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn draft(&self, name: &str) -> Result<Draft, Error> {
        Draft::create(&self.path, name)
    }

    /// A whole file as a draft.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn bytes(&self, name: &str, bytes: &[u8]) -> Result<Draft, Error> {
        let mut draft = self.draft(name)?;
        let written = draft.writer.write_all(bytes);
        written.map_err(|source| draft.failed(source))?;
        Ok(draft)
    }

    /// Begins a folder of files; what stands under its name goes when it takes its place.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn folder_draft(&self, name: &str) -> Result<FolderDraft, Error> {
        let path = self.path.join(format!(".{name}.part"));
        let failed = |source| Error::Write { path: path.clone(), source };
        match fs::symlink_metadata(&path) {
            Ok(about) if about.is_dir() => fs::remove_dir_all(&path).map_err(failed)?,
            Ok(about) => return Err(failed(taken::in_the_way(about.file_type()))),
            Err(_) => {}
        }
        let folder = Folder::open(&path, self.by)?;
        Ok(FolderDraft { folder, left: Leftover::at(&path), name: name.to_owned() })
    }

    /// Writes a small file at once, with the folders it stands in; for a [`FolderDraft`].
    ///
    /// # Errors
    /// It cannot be written.
    pub fn file(&self, relative: &str, text: &str) -> Result<(), Error> {
        let path = self.path.join(relative);
        let made = path.parent().map_or(Ok(()), fs::create_dir_all);
        let written = made.and_then(|()| taken::take(&path)?.write_all(text.as_bytes()));
        written.map_err(|source| Error::Write { path, source })?;
        let mut hash = Xxh3::new();
        hash.update(text.as_bytes());
        self.keep(relative.to_owned(), Stamp::of(relative, self.by, text.len() as u64, &hash));
        Ok(())
    }

    fn keep(&self, name: String, stamp: Stamp) {
        self.stamps.lock().unwrap_or_else(PoisonError::into_inner).insert(name, stamp);
    }

    /// A whole JSON document as a draft.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn document(&self, name: &str, value: &impl Serialize) -> Result<Draft, Error> {
        let mut draft = self.draft(name)?;
        serde_json::to_writer_pretty(&mut draft.writer, value)
            .map_err(io::Error::from)
            .and_then(|()| draft.writer.write_all(b"\n"))
            .map_err(|source| draft.failed(source))?;
        Ok(draft)
    }

    /// Gives all drafts their final names, in a folder which has a working name itself; for a [`FolderDraft`].
    ///
    /// # Errors
    /// One of them could not be finished.
    pub fn settle(&self, mut drafts: Vec<Draft>) -> Result<(), Error> {
        for draft in &mut drafts {
            draft.settle()?;
            draft.take_place()?;
            self.keep(draft.name.clone(), draft.stamp(self.by));
        }
        Ok(())
    }

    /// Gives all drafts their final names, after all of them are safely on disk.
    ///
    /// # Errors
    /// One of them could not be finished; none has its final name then, unless renaming itself failed.
    pub fn publish(&self, drafts: Vec<Draft>) -> Result<(), Error> {
        self.publish_with(drafts, None)
    }

    /// As [`Folder::publish`], with a folder that takes its final name first.
    ///
    /// # Errors
    /// As [`Folder::publish`].
    pub fn publish_with(&self, mut drafts: Vec<Draft>, folder: Option<FolderDraft>) -> Result<(), Error> {
        for draft in &mut drafts {
            draft.settle()?;
        }
        // What could never take a file's place is found before the first one takes its own.
        for draft in &drafts {
            match fs::symlink_metadata(&draft.last) {
                Ok(about) if !about.is_file() => {
                    return Err(draft.failed(taken::in_the_way(about.file_type())));
                }
                _ => {}
            }
        }
        let replaced = folder.as_ref().map(|folder| folder.name.clone());
        let mut stamps: BTreeMap<String, Stamp> = folder.iter().flat_map(|folder| folder.stamps()).collect();
        stamps.extend(drafts.iter().map(|draft| (draft.name.clone(), draft.stamp(self.by))));
        let publishing = leftover::publishing();
        Made::begin(&self.path, self.by, &stamps)?;
        if let Some(folder) = folder {
            folder.take_place(&self.path)?;
        }
        for draft in &mut drafts {
            draft.take_place()?;
        }
        Made::end(&self.path, self.by, stamps, replaced.as_deref())?;
        drop(publishing);
        if let Some(replaced) = replaced {
            remove_replaced(&self.path, &replaced);
        }
        Ok(())
    }
}

/// The files of one run, all of them and of no other, as long as they are read.
pub struct Whole {
    folder: PathBuf,
    stamps: BTreeMap<String, Vec<Stamp>>,
}

impl Whole {
    /// The folder of a run.
    ///
    /// # Errors
    /// Its publication was cut, or goes on.
    pub fn open(folder: &Path) -> Result<Whole, Error> {
        let made = Made::read(folder)?;
        if made.is_publishing(RUN) {
            return Err(Error::Arguments(format!(
                "{}: a run was ended while its files took their names, or they do so just now: files of two runs stand beside each other; run once more into this folder",
                visible_path(folder)
            )));
        }
        Ok(Whole { folder: folder.to_owned(), stamps: made.stamps_of(RUN) })
    }

    /// Holds that nothing was replaced since.
    ///
    /// # Errors
    /// Another run has published.
    pub fn still(&self) -> Result<(), Error> {
        if Whole::open(&self.folder)?.stamps != self.stamps {
            return Err(Error::Arguments(format!(
                "{}: another run has replaced its files while they were read; do it once more",
                visible_path(&self.folder)
            )));
        }
        Ok(())
    }
}
