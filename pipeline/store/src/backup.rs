//! Backups: the state as it was after one commit, copied while the service goes on, and put back in another place.
//!
//! A backup is a folder of the same form. The tables are copied out of a snapshot into a database of their own, and of
//! the segments just what counted then; so the copy is what a crash at that moment would have left. It is written
//! beside its name and takes the name when all of it is on the disk: a folder of that name is a whole backup.
//!
//! A state that is put back is another one than that which went on after the backup: it takes what followed again, and
//! may number its events otherwise. So it gets an identity of its own, and whoever notes sequences sees that they are new;
//! and it notes how far it goes back to the one that was copied ([`crate::Ancestor`]), for those who followed that one.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use redb::{Database, Key, ReadTransaction, ReadableTable, TableDefinition, Value, WriteTransaction};

use crate::error::failed;
use crate::lineage::{self, Ancestor, LINEAGE};
use crate::mark::Mark;
use crate::snapshot::Snapshot;
use crate::state::new_identity;
use crate::tables::{
    AGED, ALERTS, ASIDE, ASIDE_EVENTS, ASIDE_ORDER, BASE, BESIDE, CURSORS, EVENTS, META, NOTES, OFFSETS,
    REJECTS, REQUESTS, SEGMENTS,
};
use crate::{Error, Store, segment};

/// What was copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The identity of the state that it is a copy of.
    pub identity: u64,
    /// The last tick of it.
    pub tick: u64,
    /// Sequence of its last event.
    pub sequence: u64,
    /// Bytes of changes and tables.
    pub bytes: u64,
}

/// Copies what a snapshot shows into a folder that is not there yet. `halfway` is given the folder when all is written
/// and has not its name yet, and may put something beside it.
///
/// # Errors
/// The folder is there, the disk is full or gone, the state cannot be read; nothing has the name then.
pub fn copy<E: From<Error>>(
    snapshot: &Snapshot,
    to: &Path,
    halfway: impl FnOnce(&Path, &Copied) -> Result<(), E>,
) -> Result<Copied, E> {
    let part = begin(to)?;
    let copied = copy_into(snapshot, &part, None).map_err(E::from);
    match copied.and_then(|copied| halfway(&part, &copied).map(|()| copied)) {
        Ok(copied) => {
            finish(&part, to)?;
            Ok(copied)
        }
        Err(error) => {
            // What was written of it is no backup.
            let _ = fs::remove_dir_all(&part);
            Err(error)
        }
    }
}

/// Puts a backup in the place of a state that is not there yet, after all of it was read and found whole.
///
/// # Errors
/// There is a state already, the backup is damaged, the disk is full or gone.
pub fn restore(from: &Path, to: &Path) -> Result<Copied, Error> {
    restore_with(from, to, |_| Ok(()))
}

/// [`restore`], with something that is written between: when the backup was found whole, and the folder is there and has
/// no state yet.
///
/// # Errors
/// As [`restore`], and what that gives; there is no state then.
pub fn restore_with<E: From<Error>>(
    from: &Path,
    to: &Path,
    halfway: impl FnOnce(&Copied) -> Result<(), E>,
) -> Result<Copied, E> {
    if to.join("state.redb").exists() || to.join("segments").exists() {
        return Err(Error::Exists(to.to_owned()).into());
    }
    let backup = Store::open(from)?;
    backup.replay(|_, _| Ok::<(), Error>(()))?;
    let snapshot = backup.state().snapshot()?;
    fs::create_dir_all(to).map_err(|source| Error::file(to, source))?;
    let ends = snapshot.ends()?;
    let copied =
        Copied { identity: ends.identity, tick: snapshot.last_tick()?, sequence: ends.sequence, bytes: 0 };
    halfway(&copied)?;
    let mut lineage = snapshot.lineage()?;
    lineage.push(ends);
    Ok(copy_into(&snapshot, to, Some(&lineage))?)
}

/// The folder that is written beside the name of a backup.
fn begin(to: &Path) -> Result<PathBuf, Error> {
    if to.exists() {
        return Err(Error::Exists(to.to_owned()));
    }
    let mut name = to.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = to.with_file_name(name);
    if part.exists() {
        // It was left by a backup that was cut off.
        fs::remove_dir_all(&part).map_err(|source| Error::file(&part, source))?;
    }
    fs::create_dir_all(&part).map_err(|source| Error::file(&part, source))?;
    Ok(part)
}

fn finish(part: &Path, to: &Path) -> Result<(), Error> {
    fs::rename(part, to).map_err(|source| Error::file(to, source))?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|source| Error::file(folder, source))
}

/// Copies a state; with a lineage it becomes one of its own.
fn copy_into(snapshot: &Snapshot, to: &Path, lineage: Option<&[Ancestor]>) -> Result<Copied, Error> {
    let mut bytes = copy_segments(snapshot, to, Path::new("segments"), &snapshot.segments()?)?;
    if let Some(base) = snapshot.base()? {
        for (part, lengths) in base.parts() {
            bytes += copy_segments(snapshot, to, &part, lengths)?;
        }
    }
    let path = to.join("state.redb");
    let database = Database::create(&path).map_err(|error| failed(&path, error))?;
    snapshot.read(|tables| copy_tables(tables, &database, lineage))?;
    drop(database);
    let length = |path: &Path| fs::metadata(path).map(|found| found.len());
    bytes += length(&path).map_err(|source| Error::file(&path, source))?;
    let marked = to.join("state.mark");
    let commits =
        snapshot.read(|tables| Ok(tables.open_table(META)?.get("commits")?.map_or(0, |n| n.value())))?;
    let mark = || -> io::Result<()> {
        Mark::open(&marked)?.reach(commits)?;
        File::open(&marked)?.sync_all()?;
        File::open(to)?.sync_all()
    };
    mark().map_err(|source| Error::file(&marked, source))?;
    let Ancestor { identity, sequence, .. } = snapshot.ends()?;
    Ok(Copied { identity, tick: snapshot.last_tick()?, sequence, bytes })
}

/// Copies what counts of segments; `part` is their folder below that of the state. Gives their bytes.
fn copy_segments(snapshot: &Snapshot, to: &Path, part: &Path, lengths: &[(u32, u64)]) -> Result<u64, Error> {
    let (from, to) = (snapshot.folder().join(part), to.join(part));
    fs::create_dir_all(&to).map_err(|source| Error::file(&to, source))?;
    for (number, length) in lengths {
        copy_file(&segment::path_of(&from, *number), &segment::path_of(&to, *number), *length)?;
    }
    // Each folder down from that of the state is on the disk, too.
    for folder in to.ancestors().take(part.components().count() + 1) {
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|source| Error::file(folder, source))?;
    }
    Ok(lengths.iter().map(|(_, length)| length).sum())
}

/// Copies the beginning of a file, which others may be adding to.
fn copy_file(from: &Path, to: &Path, length: u64) -> Result<(), Error> {
    let mut source = File::open(from).map_err(|error| Error::file(from, error))?.take(length);
    let mut copy = || -> io::Result<u64> {
        let mut target = File::create(to)?;
        let copied = io::copy(&mut source, &mut target)?;
        target.flush()?;
        target.sync_all()?;
        Ok(copied)
    };
    match copy().map_err(|error| Error::file(to, error))? {
        copied if copied == length => Ok(()),
        copied => {
            let what = format!("{length} bytes of it were committed, and it ends here");
            Err(Error::Damaged { path: from.to_owned(), offset: copied, what })
        }
    }
}

fn copy_tables(
    from: &ReadTransaction,
    to: &Database,
    lineage: Option<&[Ancestor]>,
) -> Result<(), redb::Error> {
    let writing = to.begin_write()?;
    copy_table(from, &writing, META)?;
    copy_table(from, &writing, SEGMENTS)?;
    copy_table(from, &writing, OFFSETS)?;
    copy_table(from, &writing, REQUESTS)?;
    copy_table(from, &writing, ALERTS)?;
    copy_table(from, &writing, EVENTS)?;
    copy_table(from, &writing, BESIDE)?;
    copy_table(from, &writing, ASIDE)?;
    copy_table(from, &writing, ASIDE_ORDER)?;
    copy_table(from, &writing, ASIDE_EVENTS)?;
    copy_table(from, &writing, REJECTS)?;
    copy_table(from, &writing, CURSORS)?;
    copy_table(from, &writing, NOTES)?;
    copy_table(from, &writing, AGED)?;
    copy_table(from, &writing, BASE)?;
    if let Some(lineage) = lineage {
        writing.open_table(META)?.insert("identity", new_identity())?;
        writing.open_table(NOTES)?.insert(LINEAGE, lineage::to_bytes(lineage).as_slice())?;
    }
    Ok(writing.commit()?)
}

fn copy_table<K: Key + 'static, V: Value + 'static>(
    from: &ReadTransaction,
    to: &WriteTransaction,
    table: TableDefinition<'_, K, V>,
) -> Result<(), redb::Error> {
    let mut copied = to.open_table(table)?;
    for entry in from.open_table(table)?.iter()? {
        let (key, value) = entry?;
        copied.insert(key.value(), value.value())?;
    }
    Ok(())
}
