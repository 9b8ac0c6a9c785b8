//! Files that take their final name only when all of them are complete.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::Error;

/// A file under a working name.
pub struct Draft {
    writer: BufWriter<File>,
    working: PathBuf,
    last: PathBuf,
}

impl Draft {
    fn create(folder: &Path, name: &str) -> Result<Draft, Error> {
        let working = folder.join(format!(".{name}.part"));
        let file = File::create(&working).map_err(|source| Error::Write { path: working.clone(), source })?;
        Ok(Draft { writer: BufWriter::with_capacity(1 << 18, file), working, last: folder.join(name) })
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
        let flushed = self.writer.flush().and_then(|()| self.writer.get_ref().sync_data());
        flushed.map_err(|source| self.failed(source))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // After publishing there is nothing left under this name.
        let _ = fs::remove_file(&self.working);
    }
}

/// Writes files, each of which takes its name when all of its folder are complete.
///
/// # Errors
/// One of them cannot be written, or its path names no file.
pub fn publish_files(files: Vec<(PathBuf, Vec<u8>)>) -> Result<(), Error> {
    let mut by_folder: BTreeMap<PathBuf, Vec<(String, Vec<u8>)>> = BTreeMap::new();
    for (path, bytes) in files {
        let (folder, name) = folder_and_name(&path)?;
        by_folder.entry(folder).or_default().push((name, bytes));
    }
    for (folder, files) in by_folder {
        let folder = Folder::open(&folder)?;
        let drafts = files.into_iter().map(|(name, bytes)| folder.bytes(&name, &bytes));
        folder.publish(drafts.collect::<Result<_, _>>()?)?;
    }
    Ok(())
}

/// The folder in which a file shall stand, and its name there.
///
/// # Errors
/// The path names no file.
pub fn folder_and_name(path: &Path) -> Result<(PathBuf, String), Error> {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return Err(Error::Arguments(format!("{} is no name of a file", path.display())));
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok((folder.to_owned(), name.to_owned()))
}

/// A folder under a working name.
pub struct FolderDraft {
    folder: Folder,
    last: PathBuf,
}

impl FolderDraft {
    /// What goes into it.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    fn take_place(&self) -> Result<(), Error> {
        let failed = |source| Error::Write { path: self.last.clone(), source };
        match fs::remove_dir_all(&self.last) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        fs::rename(&self.folder.path, &self.last).map_err(failed)
    }
}

impl Drop for FolderDraft {
    fn drop(&mut self) {
        // After publishing there is nothing left under this name.
        let _ = fs::remove_dir_all(&self.folder.path);
    }
}

/// The folder of a run's outputs.
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes the folder if it is not there.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn open(path: &Path) -> Result<Folder, Error> {
        fs::create_dir_all(path).map_err(|source| Error::Write { path: path.to_owned(), source })?;
        Ok(Folder { path: path.to_owned() })
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

    /// Whether a folder of this name can be made or replaced: there is none, or `mark` in it states that a run wrote it.
    ///
    /// # Errors
    /// Something else is in the way.
    pub fn check_free(&self, name: &str, mark: &str) -> Result<(), Error> {
        let path = self.path.join(name);
        let strange = match fs::read_dir(&path) {
            Ok(mut entries) => entries.next().is_some() && !path.join(mark).is_file(),
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        };
        if strange {
            let source =
                io::Error::other(format!("it is in the way and no run wrote it ({mark} is not in it)"));
            return Err(Error::Write { path, source });
        }
        Ok(())
    }

    /// Begins a folder of files; what stands under its name goes when it takes its place.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn folder_draft(&self, name: &str) -> Result<FolderDraft, Error> {
        let path = self.path.join(format!(".{name}.part"));
        let failed = |source| Error::Write { path: path.clone(), source };
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        Ok(FolderDraft { folder: Folder::open(&path)?, last: self.path.join(name) })
    }

    /// Writes a small file at once, with the folders it stands in; for a [`FolderDraft`].
    ///
    /// # Errors
    /// It cannot be written.
    pub fn file(&self, relative: &str, text: &str) -> Result<(), Error> {
        let path = self.path.join(relative);
        let made = path.parent().map_or(Ok(()), fs::create_dir_all);
        made.and_then(|()| fs::write(&path, text)).map_err(|source| Error::Write { path, source })
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
        if let Some(draft) = drafts.iter().find(|draft| draft.last.is_dir()) {
            return Err(draft.failed(io::Error::from(io::ErrorKind::IsADirectory)));
        }
        if let Some(folder) = &folder {
            folder.take_place()?;
        }
        for draft in &drafts {
            fs::rename(&draft.working, &draft.last).map_err(|source| draft.failed(source))?;
        }
        Ok(())
    }
}
