//! What is at hand of the changes before a place, when not all of them are: a *base*, from which a state is loaded in
//! place of the segments before that place.
//!
//! The segments stay as they are, so that nothing is lost; a base is a choice of their changes, in their order, and what
//! the others left behind (`carried`). It is a folder `base/NUMBER` with segments of the same form in `changes` and
//! `carried`, written while the service goes on, and counts from the transaction on that names it ([`crate::Tick::base`]).

use std::fs;
use std::path::{Path, PathBuf};

use crate::segment::{Position, SEGMENT_BYTES, Segments};
use crate::{Error, segment};

/// The folder of all bases.
pub(crate) const FOLDER: &str = "base";
pub(crate) const CHANGES: &str = "changes";
pub(crate) const CARRIED: &str = "carried";

/// The tick under which changes of a base are handed out: before the first, which is 1.
pub const BASE_TICK: u64 = 0;

/// A base that is written, or counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Base {
    /// Its number: each has a greater one than those before.
    pub number: u64,
    /// Segments of its changes, each with the length that counts.
    pub changes: Vec<(u32, u64)>,
    /// Segments of what is carried.
    pub carried: Vec<(u32, u64)>,
    /// Where the changes begin that came after it.
    pub from: Position,
}

pub(crate) fn folder_of(data: &Path, number: u64) -> PathBuf {
    data.join(FOLDER).join(format!("{number:06}"))
}

impl Base {
    /// Bytes of it.
    pub fn bytes(&self) -> u64 {
        self.changes.iter().chain(&self.carried).map(|(_, length)| length).sum()
    }

    /// Hands out its changes, in order, under [`BASE_TICK`]; `data` is the folder of the state.
    ///
    /// # Errors
    /// A frame is damaged or cannot be read; what `take` gives.
    pub fn changes<E: From<Error>>(
        &self,
        data: &Path,
        mut take: impl FnMut(u64, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.replay(data, CHANGES, &mut take)
    }

    /// Its segments with their folder, below that of the state.
    pub(crate) fn parts(&self) -> [(PathBuf, &[(u32, u64)]); 2] {
        let folder = folder_of(Path::new(""), self.number);
        [(folder.join(CHANGES), &self.changes), (folder.join(CARRIED), &self.carried)]
    }

    pub(crate) fn replay<E: From<Error>>(
        &self,
        data: &Path,
        part: &str,
        take: &mut impl FnMut(u64, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let lengths = if part == CARRIED { &self.carried } else { &self.changes };
        segment::replay(&folder_of(data, self.number).join(part), lengths, (0, 0), take)
    }
}

/// Writes a base.
pub struct BaseWriter {
    number: u64,
    from: Position,
    changes: Segments,
    carried: Segments,
}

impl BaseWriter {
    /// Begins the base of this number in the folder of a state; what an earlier one left of it that never counted goes.
    ///
    /// # Errors
    /// The disk is full or gone.
    pub fn begin(data: &Path, number: u64, from: Position) -> Result<BaseWriter, Error> {
        let folder = folder_of(data, number);
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|source| Error::file(&folder, source))?;
        }
        let open = |part: &str| Segments::open(&folder.join(part), &[], SEGMENT_BYTES);
        let (changes, carried) = (open(CHANGES)?, open(CARRIED)?);
        let sync = || {
            fs::File::open(&folder)?.sync_all()?;
            fs::File::open(data.join(FOLDER))?.sync_all()?;
            fs::File::open(data)?.sync_all()
        };
        sync().map_err(|source| Error::file(&folder, source))?;
        Ok(BaseWriter { number, from, changes, carried })
    }

    /// Writes changes that stay.
    ///
    /// # Errors
    /// The disk is full or gone.
    pub fn keep<'c>(&mut self, changes: impl Iterator<Item = &'c [u8]>) -> Result<(), Error> {
        self.changes.append(BASE_TICK, changes)
    }

    /// Writes what is carried.
    ///
    /// # Errors
    /// The disk is full or gone.
    pub fn carry<'c>(&mut self, carried: impl Iterator<Item = &'c [u8]>) -> Result<(), Error> {
        self.carried.append(BASE_TICK, carried)
    }

    /// All is on the disk; it counts once a tick names it.
    pub fn finish(self) -> Base {
        Base {
            number: self.number,
            changes: self.changes.lengths(),
            carried: self.carried.lengths(),
            from: self.from,
        }
    }
}

/// Removes the folders of bases other than the one that counts, and those that are being written now: `above` it.
pub(crate) fn remove_others(data: &Path, counts: u64, above: bool) -> Result<(), Error> {
    let folder = data.join(FOLDER);
    let Ok(entries) = fs::read_dir(&folder) else { return Ok(()) };
    for entry in entries {
        let path = entry.map_err(|source| Error::file(&folder, source))?.path();
        let number: Option<u64> =
            path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse().ok());
        if number.is_some_and(|number| number < counts || (above && number > counts)) {
            fs::remove_dir_all(&path).map_err(|source| Error::file(&path, source))?;
        }
    }
    Ok(())
}
