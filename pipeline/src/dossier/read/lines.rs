//! Lines of the run's files, and what is wrong with one that cannot be read.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use records::decimal::parse_scaled;
use serde::Deserialize;

use crate::error::Error;

/// Gives each line of a file to `take`, with its number from 1.
///
/// # Errors
/// The file cannot be read, or `take` says so.
pub(super) fn lines(path: &Path, mut take: impl FnMut(u64, &[u8]) -> Result<(), Error>) -> Result<(), Error> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => Error::Arguments(format!(
            "{} is missing: an older version made this folder, or the run did not end; run once more",
            path.display()
        )),
        _ => Error::Read { path: path.to_owned(), source },
    };
    let mut reader = BufReader::with_capacity(1 << 18, File::open(path).map_err(failed)?);
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        if reader.read_until(b'\n', &mut line).map_err(failed)? == 0 {
            break;
        }
        take(number, &line)?;
    }
    Ok(())
}

/// A line as what it should be.
///
/// # Errors
/// It is something else: file and line are told.
pub(super) fn parse<'l, T: Deserialize<'l>>(path: &Path, number: u64, line: &'l [u8]) -> Result<T, Error> {
    serde_json::from_slice(line).map_err(|error| Error::Read {
        path: path.to_owned(),
        source: io::Error::new(io::ErrorKind::InvalidData, format!("line {number}: {error}")),
    })
}

/// Yuan as outputs write it, in fen.
pub(super) fn fen(yuan: &str) -> i64 {
    parse_scaled(yuan, 2).unwrap_or(0)
}
