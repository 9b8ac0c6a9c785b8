//! What belongs to a backup besides the store: the database of SQLite, the audit trail, the key of pseudonyms, and banks
//! that were applied; each with its checksum in `manifest.json`.
//!
//! The store is copied out of a snapshot, and keeps checksums of its own. The database is copied before that snapshot is
//! taken and the trail after it, so that in a backup the database is never ahead of either.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use records::time::format_time;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::backup::Copied;

use crate::access::audit_file::{AUDIT_FILE, Step, Walk, verify};
use crate::clock::wall_clock;
use crate::hex::hex;
use crate::takeover::Restored;
use crate::{Error, database_config};

/// What stands beside the store in the folder of the state and is copied as it is.
const BESIDE: [&str; 2] = ["mask.key", "rules"];

/// What says what a backup has.
const MANIFEST: &str = "manifest.json";

/// The version of the manifest.
const VERSION: u32 = 1;

/// What a backup has besides the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Its own version.
    pub version: u32,
    /// When it was made, `YYYY-MM-DD HH:MM:SS` in China.
    pub made_at: String,
    /// The state that it is a copy of, in hexadecimal digits.
    pub state: String,
    /// The last tick of it.
    pub tick: u64,
    /// Sequence of its last event.
    pub sequence: u64,
    /// Entries of the audit trail.
    pub audit_entries: u64,
    /// The hash of the last of them.
    pub audit_head: String,
    /// Where the database of the service was, without its password.
    pub database: String,
    /// Whether it is in the backup.
    pub database_copied: bool,
    /// All files besides the store.
    pub files: Vec<Listed>,
}

/// A file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Its path in the folder of the backup.
    pub path: String,
    /// Its bytes.
    pub bytes: u64,
    /// Their SHA-256, in hexadecimal digits.
    pub sha256: String,
}

/// What is written beside the store of a backup.
pub(crate) struct BesideStore<'a> {
    /// Folder of the state.
    pub(crate) data: &'a Path,
    /// A copy of the database, which is moved into the backup.
    pub(crate) database: Option<&'a Path>,
    /// Where the database is.
    pub(crate) address: String,
    /// How many entries the audit trail has.
    pub(crate) entries: u64,
}

impl BesideStore<'_> {
    /// Writes it into the folder of a backup, and the manifest last.
    ///
    /// # Errors
    /// Something of it cannot be read or written; the trail is not as it was written.
    pub(crate) fn write(&self, part: &Path, copied: &Copied) -> Result<(), Error> {
        for name in BESIDE {
            copy_beside(&self.data.join(name), &part.join(name))?;
        }
        let audit_head = copy_trail(&self.data.join(AUDIT_FILE), &part.join(AUDIT_FILE), self.entries)?;
        if let Some(database) = self.database {
            let to = part.join(database_config::FILE);
            fs::rename(database, &to).map_err(|source| Error::file(&to, source))?;
            sync(&to)?;
        }
        let mut files = Vec::new();
        for name in BESIDE.into_iter().chain([AUDIT_FILE, database_config::FILE]) {
            list(part, Path::new(name), &mut files)?;
        }
        let manifest = Manifest {
            version: VERSION,
            made_at: format_time(wall_clock()),
            state: format!("{:016x}", copied.identity),
            tick: copied.tick,
            sequence: copied.sequence,
            audit_entries: self.entries,
            audit_head,
            database: self.address.clone(),
            database_copied: self.database.is_some(),
            files,
        };
        let path = part.join(MANIFEST);
        fs::write(&path, serde_json::to_vec_pretty(&manifest)?)
            .map_err(|source| Error::file(&path, source))?;
        sync(&path)?;
        sync(part)
    }
}

/// Puts a backup in the place of a state that is not there yet, with the database, the audit trail and the banks that were
/// applied; gives what it is, and its manifest unless it is of a program that wrote none. The first start of a service on it
/// has the trail say that somebody (`by`) did so.
///
/// All of the backup is read and held against its checksums before anything is written.
///
/// # Errors
/// The backup is damaged, there is a state already, the disk failed.
pub fn restore(from: &Path, data: &Path, by: &str) -> Result<(Copied, Option<Manifest>), Error> {
    let manifest = read_manifest(from)?;
    if let Some(manifest) = &manifest {
        check(from, manifest)?;
    }
    let before = |copied: &Copied| -> Result<(), Error> {
        for name in BESIDE.into_iter().chain([AUDIT_FILE, database_config::FILE]) {
            copy_beside(&from.join(name), &data.join(name))?;
        }
        let restored = Restored {
            by: by.to_owned(),
            backup: from.display().to_string(),
            at: format_time(wall_clock()),
            tick: copied.tick,
            sequence: copied.sequence,
            state: format!("{:016x}", copied.identity),
            noted: false,
        };
        restored.write(data)
    };
    Ok((store::backup::restore_with(from, data, before)?, manifest))
}

fn read_manifest(from: &Path) -> Result<Option<Manifest>, Error> {
    let path = from.join(MANIFEST);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(Error::file(&path, source)),
    };
    let read: Manifest = serde_json::from_slice(&text).map_err(|error| damaged(&path, &error.to_string()))?;
    if read.version != VERSION {
        return Err(damaged(
            &path,
            &format!("it is of version {}, and this program reads {VERSION}", read.version),
        ));
    }
    Ok(Some(read))
}

/// Holds the files of a backup against its manifest, and the trail against its chain.
fn check(from: &Path, manifest: &Manifest) -> Result<(), Error> {
    let mut there = Vec::new();
    for name in BESIDE.into_iter().chain([AUDIT_FILE, database_config::FILE]) {
        list(from, Path::new(name), &mut there)?;
    }
    for listed in &manifest.files {
        let path = from.join(&listed.path);
        match there.iter().find(|found| found.path == listed.path) {
            Some(found) if found == listed => {}
            Some(_) => return Err(damaged(&path, "it is not as the manifest of the backup says")),
            None => return Err(damaged(&path, "it is in the manifest of the backup and not there")),
        }
    }
    if let Some(more) = there.iter().find(|found| manifest.files.iter().all(|of| of.path != found.path)) {
        return Err(damaged(&from.join(&more.path), "it is not in the manifest of the backup"));
    }
    let path = from.join(AUDIT_FILE);
    let chain = verify(&path)?;
    if (chain.entries, &chain.head) != (manifest.audit_entries, &manifest.audit_head) {
        return Err(damaged(&path, "it does not end as the manifest of the backup says"));
    }
    Ok(())
}

fn damaged(path: &Path, what: &str) -> Error {
    Error::Backup { path: path.to_owned(), what: what.to_owned() }
}

fn sync(path: &Path) -> Result<(), Error> {
    File::open(path).and_then(|file| file.sync_all()).map_err(|source| Error::file(path, source))
}

/// Copies a file or a folder with all that is in it, with its rights; nothing, if it is not there.
fn copy_beside(from: &Path, to: &Path) -> Result<(), Error> {
    let failed = |path: &Path, source| Error::file(path, source);
    if from.is_dir() {
        fs::create_dir_all(to).map_err(|source| failed(to, source))?;
        for entry in fs::read_dir(from).map_err(|source| failed(from, source))? {
            let entry = entry.map_err(|source| failed(from, source))?;
            copy_beside(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    if from.exists() {
        fs::copy(from, to).map_err(|source| failed(to, source))?;
        sync(to)?;
    }
    Ok(())
}

/// Copies so many lines of the trail, each of which is as it was written; gives the hash of the last one.
fn copy_trail(from: &Path, to: &Path, entries: u64) -> Result<String, Error> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let failed = |source| Error::file(to, source);
    let options = || File::options().write(true).create(true).truncate(true).mode(0o600).to_owned();
    let mut copy = std::io::BufWriter::new(options().open(to).map_err(failed)?);
    let mut walk = Walk::open(from)?;
    while walk.chain().entries < entries {
        match walk.step()? {
            Step::Line(line) => copy.write_all(format!("{}\n", line.text).as_bytes()).map_err(failed)?,
            Step::Broken | Step::End => {
                let number = walk.chain().entries + 1;
                return Err(damaged(from, &format!("line {number} is not as it was written")));
            }
        }
    }
    copy.into_inner().map_err(|error| failed(error.into_error()))?.sync_all().map_err(failed)?;
    Ok(walk.chain().head.clone())
}

/// Lists a file, or all files of a folder; nothing, if it is not there.
fn list(folder: &Path, path: &Path, to: &mut Vec<Listed>) -> Result<(), Error> {
    let whole = folder.join(path);
    let failed = |source| Error::file(&whole, source);
    if whole.is_dir() {
        let entries = fs::read_dir(&whole).map_err(failed)?;
        let names = entries.map(|entry| entry.map(|entry| entry.file_name()));
        let mut names = names.collect::<Result<Vec<_>, _>>().map_err(failed)?;
        names.sort();
        return names.iter().try_for_each(|name| list(folder, &path.join(name), to));
    }
    if whole.exists() {
        let (bytes, sha256) = digest(&whole).map_err(failed)?;
        to.push(Listed { path: path.display().to_string(), bytes, sha256 });
    }
    Ok(())
}

fn digest(path: &Path) -> std::io::Result<(u64, String)> {
    let (mut file, mut hasher) = (File::open(path)?, Sha256::new());
    let (mut bytes, mut some) = (0, vec![0; 1 << 20]);
    loop {
        let read = file.read(&mut some)?;
        let Some(read) = some.get(..read).filter(|read| !read.is_empty()) else { break };
        hasher.update(read);
        bytes += read.len() as u64;
    }
    Ok((bytes, hex(&hasher.finalize())))
}

/// The copy of the database of a backup that is being made, beside the folder of the backup.
pub(crate) fn database_part(backup: &Path) -> PathBuf {
    let mut name = backup.file_name().unwrap_or_default().to_owned();
    name.push(".database.part");
    backup.with_file_name(name)
}
