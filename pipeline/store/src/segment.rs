//! Changes in files that only grow: a frame for each tick.
//!
//! | bytes of a frame | |
//! |---|---|
//! | 4 | length of all that follows the checksum, little endian as all numbers here |
//! | 8 | xxh3-64 of all that follows |
//! | 8 | the tick |
//! | 4 | number of changes |
//! | 8 | length of the body before it was packed |
//! | rest | the body, packed with Zstandard: each change with its length (4 bytes) before it |
//!
//! A file begins with [`MAGIC`]. A new one is begun when one has [`SEGMENT_BYTES`]; a frame stands in one file.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::xxh3_64;

use crate::Error;
use crate::fail;

/// The first bytes of a segment: what it is, and the version of its form.
pub const MAGIC: &[u8; 8] = b"fwseg\x00\x00\x01";

/// From this size on a new segment is begun.
pub const SEGMENT_BYTES: u64 = 256 << 20;

/// A frame is never longer; a longer length is damage.
const FRAME_BYTES_MAX: u32 = 1 << 30;

/// The changes of a frame are never longer before they are packed.
const BODY_BYTES_MAX: u64 = 4 << 30;

/// Length and checksum.
const HEAD: usize = 12;
/// Tick, number of changes, length before packing.
const FACTS: usize = 20;
/// Zstandard's fastest: bodies are written once and read after a crash.
const LEVEL: i32 = 1;

/// A place in the segments: the number of one, and a length of it.
pub type Position = (u32, u64);

/// The segments of a folder, the last of them open at its end.
pub struct Segments {
    folder: PathBuf,
    /// By number, the length up to which each counts, with the magic.
    lengths: BTreeMap<u32, u64>,
    file: File,
    number: u32,
    /// What is written of the last one, committed or not.
    length: u64,
    /// From this size on a new one is begun.
    bytes_max: u64,
}

pub(crate) fn path_of(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("{number:06}.seg"))
}

impl Segments {
    /// Opens a folder of which so much counts; more than that is cut off. A new segment is begun from `bytes_max` on.
    ///
    /// # Errors
    /// A file is missing, shorter than what counts, or cannot be written.
    pub fn open(folder: &Path, counted: &[(u32, u64)], bytes_max: u64) -> Result<Segments, Error> {
        fs::create_dir_all(folder).map_err(|source| Error::file(folder, source))?;
        let mut lengths: BTreeMap<u32, u64> = counted.iter().copied().collect();
        for (number, length) in &lengths {
            let path = path_of(folder, *number);
            let found = fs::metadata(&path).map_err(|source| Error::file(&path, source))?.len();
            if found < *length {
                let what = format!("{length} bytes of it were committed, and it ends here");
                return Err(Error::Damaged { path, offset: found, what });
            }
        }
        let number = lengths.last_key_value().map_or(1, |(number, _)| *number);
        // Files behind the last that counts were begun by a tick that was never committed.
        for entry in fs::read_dir(folder).map_err(|source| Error::file(folder, source))? {
            let path = entry.map_err(|source| Error::file(folder, source))?.path();
            let named = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok());
            if named.is_some_and(|named: u32| named > number && path == path_of(folder, named)) {
                fs::remove_file(&path).map_err(|source| Error::file(&path, source))?;
            }
        }
        let path = path_of(folder, number);
        let failed = |source| Error::file(&path, source);
        let file = File::options().create(true).truncate(false).read(true).write(true).open(&path);
        let mut file = file.map_err(failed)?;
        let length = match lengths.get(&number) {
            Some(length) => {
                file.set_len(*length).map_err(failed)?;
                *length
            }
            None => begin(&mut file, folder).map_err(failed)?,
        };
        file.seek(SeekFrom::Start(length)).map_err(failed)?;
        lengths.insert(number, length);
        Ok(Segments { folder: folder.to_owned(), lengths, file, number, length, bytes_max })
    }

    /// Writes a frame and waits until it is on the disk.
    ///
    /// # Errors
    /// The disk is full or gone, or the tick is larger than a frame can be; the file is as before then.
    pub fn append<'c>(&mut self, tick: u64, changes: impl Iterator<Item = &'c [u8]>) -> Result<(), Error> {
        let path = path_of(&self.folder, self.number);
        let frame = frame(tick, changes).map_err(|source| Error::file(&path, source))?;
        let written = self.write(&frame);
        if let Err(source) = written {
            // What was written of it is no frame. If even this fails, opening the folder anew does it.
            let _ = self.file.set_len(self.length);
            let _ = self.file.seek(SeekFrom::Start(self.length));
            return Err(Error::file(&path_of(&self.folder, self.number), source));
        }
        Ok(())
    }

    fn write(&mut self, frame: &[u8]) -> io::Result<()> {
        if self.length >= self.bytes_max {
            let number = self.number + 1;
            let path = path_of(&self.folder, number);
            let mut file = File::options().create(true).truncate(true).read(true).write(true).open(path)?;
            let length = begin(&mut file, &self.folder)?;
            (self.file, self.number, self.length) = (file, number, length);
            fail::point("segment begun");
        }
        self.file.write_all(frame)?;
        self.file.sync_data()?;
        self.length += frame.len() as u64;
        self.lengths.insert(self.number, self.length);
        Ok(())
    }

    /// Number and length of the last segment.
    pub fn position(&self) -> (u32, u64) {
        (self.number, self.length)
    }

    /// Bytes of all.
    pub fn bytes(&self) -> u64 {
        self.lengths.values().sum()
    }

    /// All of them, each with its length.
    pub(crate) fn lengths(&self) -> Vec<(u32, u64)> {
        self.lengths.iter().map(|(number, length)| (*number, *length)).collect()
    }

    /// Hands out all changes, in order, with the number of their tick.
    ///
    /// # Errors
    /// A frame is damaged or cannot be read; what `take` gives.
    pub fn replay<E: From<Error>>(&self, mut take: impl FnMut(u64, &[u8]) -> Result<(), E>) -> Result<(), E> {
        replay(&self.folder, &self.lengths(), (0, 0), &mut take)
    }
}

/// Hands out the changes of segments that count so far, behind a place at which a frame ends.
pub(crate) fn replay<E: From<Error>>(
    folder: &Path,
    lengths: &[(u32, u64)],
    from: (u32, u64),
    take: &mut impl FnMut(u64, &[u8]) -> Result<(), E>,
) -> Result<(), E> {
    for (number, length) in lengths.iter().filter(|(number, _)| *number >= from.0) {
        let begin = if *number == from.0 { from.1 } else { 0 };
        replay_file(&path_of(folder, *number), begin, *length, take)?;
    }
    Ok(())
}

/// Begins a segment; it is found after a crash only if its folder is on the disk as well.
fn begin(file: &mut File, folder: &Path) -> io::Result<u64> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(MAGIC)?;
    file.sync_data()?;
    File::open(folder)?.sync_all()?;
    Ok(MAGIC.len() as u64)
}

fn frame<'c>(tick: u64, changes: impl Iterator<Item = &'c [u8]>) -> io::Result<Vec<u8>> {
    let too_large =
        || io::Error::new(io::ErrorKind::FileTooLarge, "a tick of more than 1 GiB packed, or 4 GiB plain");
    let (mut body, mut count) = (Vec::new(), 0u32);
    for change in changes {
        let length = u32::try_from(change.len()).map_err(|_| too_large())?;
        body.extend_from_slice(&length.to_le_bytes());
        body.extend_from_slice(change);
        count = count.checked_add(1).ok_or_else(too_large)?;
    }
    if body.len() as u64 > BODY_BYTES_MAX {
        return Err(too_large());
    }
    let packed = zstd::bulk::compress(&body, LEVEL)?;
    let length = u32::try_from(FACTS + packed.len()).map_err(|_| too_large())?;
    if length > FRAME_BYTES_MAX {
        return Err(too_large());
    }
    let mut frame = Vec::with_capacity(HEAD + FACTS + packed.len());
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(&[0; 8]);
    frame.extend_from_slice(&tick.to_le_bytes());
    frame.extend_from_slice(&count.to_le_bytes());
    frame.extend_from_slice(&(body.len() as u64).to_le_bytes());
    frame.extend_from_slice(&packed);
    let sum = xxh3_64(&frame[HEAD..]).to_le_bytes();
    frame[4..HEAD].copy_from_slice(&sum);
    Ok(frame)
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut number = [0; N];
    number.copy_from_slice(&bytes[at..at + N]);
    number
}

fn replay_file<E: From<Error>>(
    path: &Path,
    begin: u64,
    length: u64,
    take: &mut impl FnMut(u64, &[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let damaged = |offset: u64, what: &str| {
        E::from(Error::Damaged { path: path.to_owned(), offset, what: what.to_owned() })
    };
    let failed = |offset: u64, source: io::Error| match source.kind() {
        io::ErrorKind::UnexpectedEof => damaged(offset, "it ends within what was committed"),
        _ => E::from(Error::file(path, source)),
    };
    let file = File::open(path).map_err(|source| failed(0, source))?;
    let mut file = io::BufReader::with_capacity(1 << 20, file);
    let mut magic = [0; MAGIC.len()];
    file.read_exact(&mut magic).map_err(|source| failed(0, source))?;
    if magic != *MAGIC {
        return Err(damaged(0, "it does not begin as a segment does"));
    }
    let mut offset = begin.max(magic.len() as u64);
    file.seek(SeekFrom::Start(offset)).map_err(|source| failed(offset, source))?;
    let mut frame = Vec::new();
    while offset < length {
        let Some(rest) = (length - offset).checked_sub(HEAD as u64) else {
            return Err(damaged(offset, "what was committed ends within the head of a frame"));
        };
        let mut head = [0; HEAD];
        file.read_exact(&mut head).map_err(|source| failed(offset, source))?;
        let bytes = u32::from_le_bytes(number(&head, 0));
        if bytes > FRAME_BYTES_MAX || u64::from(bytes) > rest || (bytes as usize) < FACTS {
            return Err(damaged(offset, "a frame cannot be that long"));
        }
        frame.resize(bytes as usize, 0);
        file.read_exact(&mut frame).map_err(|source| failed(offset, source))?;
        if xxh3_64(&frame) != u64::from_le_bytes(number(&head, 4)) {
            return Err(damaged(offset, "the checksum of a frame is not that of its bytes"));
        }
        let tick = u64::from_le_bytes(number(&frame, 0));
        let body = unpack(&frame).map_err(|what| damaged(offset, &what))?;
        for change in changes(&frame, &body).map_err(|what| damaged(offset, what))? {
            take(tick, change)?;
        }
        offset += HEAD as u64 + u64::from(bytes);
    }
    Ok(())
}

/// The body of a frame, which begins at its tick; or what is wrong with it.
fn unpack(frame: &[u8]) -> Result<Vec<u8>, String> {
    let plain = u64::from_le_bytes(number(frame, 12));
    let room = usize::try_from(plain).ok().filter(|_| plain <= BODY_BYTES_MAX);
    let Some(room) = room else {
        return Err("the changes of a frame cannot be that long".to_owned());
    };
    let body = zstd::bulk::decompress(&frame[FACTS..], room);
    let body = body.map_err(|error| format!("the changes of a frame cannot be unpacked: {error}"))?;
    if body.len() as u64 != plain {
        return Err("the changes of a frame are not as long as it says".to_owned());
    }
    Ok(body)
}

/// The changes of a body, all of them or what is wrong with it: none is handed out of a body that is damaged.
fn changes<'b>(frame: &[u8], mut body: &'b [u8]) -> Result<Vec<&'b [u8]>, &'static str> {
    let count = u32::from_le_bytes(number(frame, 8));
    let mut changes = Vec::new();
    while let Some((length, rest)) = body.split_first_chunk::<4>() {
        let change = rest.split_at_checked(u32::from_le_bytes(*length) as usize);
        let (change, rest) = change.ok_or("a change is longer than what is left of its frame")?;
        changes.push(change);
        body = rest;
    }
    if !body.is_empty() {
        return Err("the last change of a frame has no length");
    }
    if changes.len() as u64 != u64::from(count) {
        return Err("a frame has not as many changes as it says");
    }
    Ok(changes)
}

#[cfg(test)]
mod tests;
