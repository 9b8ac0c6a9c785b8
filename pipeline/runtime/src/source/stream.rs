//! The bytes of a file, unpacked as they are read; nothing of it is held but a buffer.
//!
//! A gzip file may have several members and a Zstandard file several frames; all are read, and a file that ends within
//! one, or goes on with something else, is damaged. A frame may ask for a window of at most 128 MiB, the format's own
//! recommendation.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::rc::Rc;

use super::files::{Input, Packing};
use super::lines::{BLOCK, damaged};
use crate::Error;

/// The bytes of a file, unpacked.
pub(super) struct Stream {
    reader: Box<dyn Read>,
    /// Bytes taken from the file since [`Stream::taken`] was last asked.
    taken: Rc<Cell<u64>>,
    packing: Packing,
    /// Bytes of a plain file that are still to come, by its size when it was opened; none of what has no size.
    to_come: Option<u64>,
}

/// A reader that counts.
struct Counting {
    file: File,
    taken: Rc<Cell<u64>>,
}

impl Read for Counting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.file.read(buffer)?;
        self.taken.set(self.taken.get() + got as u64);
        Ok(got)
    }
}

impl Stream {
    /// Opens a file.
    pub(super) fn open(input: &Input) -> Result<Stream, Error> {
        let failed = |source| Error::read(&input.path, source);
        let file = File::open(&input.path).map_err(failed)?;
        let about = file.metadata().map_err(failed)?;
        let is_plain = about.is_file() && input.packing == Packing::Plain;
        let to_come = is_plain.then_some(about.len());
        let taken = Rc::new(Cell::new(0));
        let counting = Counting { file, taken: Rc::clone(&taken) };
        let reader: Box<dyn Read> = match input.packing {
            Packing::Plain => Box::new(counting),
            Packing::Gzip => {
                Box::new(flate2::bufread::MultiGzDecoder::new(BufReader::with_capacity(BLOCK, counting)))
            }
            Packing::Zstd => {
                let packed = BufReader::with_capacity(BLOCK, counting);
                Box::new(zstd::Decoder::with_buffer(packed).map_err(failed)?)
            }
        };
        Ok(Stream { reader, taken, packing: input.packing, to_come })
    }

    /// Reads some bytes; 0 at the end. A plain file that has become shorter since it was opened is an error, for what it
    /// had is lost in silence otherwise.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        loop {
            match self.reader.read(&mut buffer[filled..]) {
                Ok(0) if self.to_come.is_some_and(|to_come| to_come > 0) => {
                    let what = "the file became shorter while it was read";
                    return Err(io::Error::new(io::ErrorKind::UnexpectedEof, what));
                }
                Ok(0) => return Ok(filled),
                // A plain file, which may be one that grows, gives what it has; an archive fills the buffer.
                Ok(got) if self.packing == Packing::Plain => {
                    self.to_come = self.to_come.map(|to_come| to_come.saturating_sub(got as u64));
                    return Ok(got);
                }
                Ok(got) => {
                    filled += got;
                    if filled == buffer.len() {
                        return Ok(filled);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Bytes taken from the file since this was last asked.
    pub(super) fn taken(&self) -> u64 {
        self.taken.take()
    }
}

/// Opens a file and unpacks its first bytes.
pub(super) fn check(input: &Input) -> Result<(), Error> {
    let mut stream = Stream::open(input)?;
    if input.packing == Packing::Plain {
        return Ok(());
    }
    if input.bytes == 0 {
        return Err(damaged(&input.path, "an empty file is no archive"));
    }
    let mut first = [0; 1];
    stream.read(&mut first).map_err(|source| Error::read(&input.path, source))?;
    Ok(())
}
