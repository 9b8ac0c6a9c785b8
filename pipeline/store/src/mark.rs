//! How many transactions the state has committed, in a file of its own beside it.
//!
//! A database that finds its last transaction damaged goes back to the one before, as it must after a crash within a
//! commit, and cannot tell the two apart; a database that is gone or empty is made anew. The mark tells them apart: it is
//! written once a commit is on the disk, so it never counts more than the state has, and a state that has less lost
//! what was committed.
//!
//! The file holds the number and its xxh3-64, 8 bytes each, little endian. It is not waited for: a mark that lags, or
//! that is itself damaged, only sees less.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use xxhash_rust::xxh3::xxh3_64;

/// The mark of a state, open.
pub(crate) struct Mark {
    file: File,
    committed: u64,
}

impl Mark {
    /// Opens a mark, making it if there is none.
    pub(crate) fn open(path: &Path) -> io::Result<Mark> {
        let mut file = File::options().create(true).truncate(false).read(true).write(true).open(path)?;
        let mut bytes = Vec::new();
        Read::by_ref(&mut file).take(16).read_to_end(&mut bytes)?;
        let committed = match bytes.split_first_chunk::<8>() {
            Some((number, sum)) if sum == xxh3_64(number).to_le_bytes() => u64::from_le_bytes(*number),
            _ => 0,
        };
        Ok(Mark { file, committed })
    }

    /// What it counts.
    pub(crate) fn committed(&self) -> u64 {
        self.committed
    }

    /// Counts up to a transaction that is on the disk; of several that end at a time, the last one stays.
    pub(crate) fn reach(&mut self, committed: u64) -> io::Result<()> {
        if committed <= self.committed {
            return Ok(());
        }
        let number = committed.to_le_bytes();
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&number);
        bytes[8..].copy_from_slice(&xxh3_64(&number).to_le_bytes());
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&bytes)?;
        self.committed = committed;
        Ok(())
    }
}
