//! Paths become changes in order of arrival: lines of NDJSON, rows of CSV and Parquet, compressed or not.
//!
//! [`files`] finds the files of an argument list and shows their formats by their names. [`read`] takes one file and
//! hands every line or row of it to a [`Lines`], with its number; it judges nothing but what only the format can show:
//! where a line ends, which encoding a text is in, what a typed column means. What is wrong with a single line is a
//! [`Torn`] row or a [`Refused`] entry, and data; what is wrong with a whole file (a damaged archive, a header that is no
//! text) is an error that ends the run. Memory is bounded by blocks, by batches of rows and by the longest line
//! that is read ([`LINE_BYTES_MAX`]), whatever a compressed file unfolds to.
//!
//! `stream` gives the bytes of a file, unpacked; `ndjson`, `csv` (over `text`) and `parquet` read them. [`Splitter`] is what
//! makes entries of the bytes of NDJSON, whatever they come from.

mod csv;
pub mod files;
mod kinds;
mod lines;
mod ndjson;
mod parquet;
mod stream;
#[cfg(test)]
mod table_rows;
mod text;

use crate::Error;
pub use files::{Format, Input, SkipReason, Skipped, inputs};
pub use lines::{Encoding, Entries, HEAD_BYTES, Lines, Refused, Row, Torn, is_white};
pub use ndjson::Splitter;
pub use records::decode::LINE_BYTES_MAX;

/// Finds out early what would end the run later: a file that cannot be opened, an archive or table that is none.
///
/// # Errors
/// The file cannot be read, or its beginning or end is not that of its format.
pub fn check(input: &Input) -> Result<(), Error> {
    match input.format {
        // What can be read but once is not touched before it is read.
        _ if !input.path.is_file() => Ok(()),
        Format::Parquet => parquet::check(input),
        Format::Ndjson | Format::Csv => stream::check(input),
    }
}

/// Reads a file to its end.
///
/// # Errors
/// The file cannot be read or is damaged, or `lines` wants to stop.
pub fn read<L: Lines>(input: &Input, lines: &mut L) -> Result<(), L::Error> {
    match input.format {
        Format::Ndjson => ndjson::read(input, lines),
        Format::Csv => csv::read(input, lines),
        Format::Parquet => parquet::read(input, lines),
    }
}
