//! NDJSON and JSON arrays, a block at a time; an entry is handed on as a slice of the block.
//!
//! What is an entry stands in [`splitter`]; here the bytes of a file go in. A file that begins with a mark of UTF-16 is read
//! by nobody and ends the run.

mod ahead;
mod follow;
mod splitter;

use super::files::Input;
use super::lines::{Lines, utf16};
use super::stream::Stream;
use crate::Error;
pub use splitter::Splitter;

/// Reads a file entry by entry.
pub(super) fn read<L: Lines>(input: &Input, lines: &mut L) -> Result<(), L::Error> {
    let mut stream = Stream::open(input)?;
    let mut splitter = Splitter::default();
    let mut is_start = true;
    loop {
        let room = splitter.room();
        let got = stream.read(room).map_err(|source| Error::read(&input.path, source))?;
        if std::mem::take(&mut is_start) {
            utf16(&input.path, &room[..got])?;
        }
        lines.bytes(stream.taken());
        if got == 0 {
            return splitter.finish(lines);
        }
        splitter.take(got, lines)?;
    }
}

#[cfg(test)]
mod tests;
