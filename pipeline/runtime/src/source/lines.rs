//! What a file is read into: lines and rows in order, what is torn, and a file that is damaged.

use std::path::Path;

use records::Kind;
use records::decode::{Code, Columns, LINE_BYTES_MAX, TableCell};

use crate::Error;

/// Bytes read at a time.
pub(super) const BLOCK: usize = 1 << 20;

/// Of an overlong line or row, the bytes from its beginning that `raw` shows.
pub const HEAD_BYTES: usize = 1 << 20;

/// What a reader of files does with what is in them.
pub trait Lines {
    /// What ends the reading early: besides what the reader of files meets itself.
    type Error: From<Error>;

    /// One line of NDJSON, without its end, with its number from 1.
    ///
    /// # Errors
    /// Ends the reading.
    fn line(&mut self, number: u64, line: &[u8]) -> Result<(), Self::Error>;

    /// One line of NDJSON of more than [`LINE_BYTES_MAX`] bytes: its first [`HEAD_BYTES`] and its length.
    ///
    /// # Errors
    /// Ends the reading.
    fn overlong(&mut self, number: u64, head: &[u8], length: u64) -> Result<(), Self::Error>;

    /// One row of a table, with the number of the line it begins on (CSV) or of the row (Parquet), from 1.
    ///
    /// # Errors
    /// Ends the reading.
    fn row(&mut self, number: u64, row: &Row<'_>) -> Result<(), Self::Error>;

    /// So many more bytes of the file were read.
    fn bytes(&mut self, _count: u64) {}
}

/// One row of a table of records.
pub struct Row<'a> {
    /// What the file's stem states its rows are; none if it is no kind.
    pub kind: Option<Kind>,
    /// The file's stem.
    pub stem: &'a str,
    /// The columns of the table.
    pub columns: &'a Columns,
    /// A cell for each column, unless the row is torn.
    pub cells: &'a [TableCell<'a>],
    /// Why it is no row of its table, if it is none.
    pub torn: Option<Torn<'a>>,
    /// Makes the JSON text of its `raw`, for whoever rejects it.
    pub raw: &'a dyn Fn() -> String,
}

/// Why a row is no row of its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Torn<'a> {
    /// Two columns of the table bear this name.
    NameTwice(&'a str),
    /// It has more or fewer cells than the header.
    Ragged {
        /// Cells of the row.
        cells: usize,
        /// Cells of the header.
        columns: usize,
    },
    /// The file ends within the quotes of a cell.
    Unclosed,
    /// It has so many bytes, more than [`LINE_BYTES_MAX`].
    Overlong(u64),
}

impl Torn<'_> {
    /// The code it is rejected with.
    pub fn code(self) -> Code {
        match self {
            Torn::NameTwice(_) | Torn::Overlong(_) => Code::NotJson,
            Torn::Ragged { .. } | Torn::Unclosed => Code::BadValue,
        }
    }

    /// What is wrong, for an operator.
    pub fn text(self) -> String {
        match self {
            Torn::NameTwice(name) => format!("two columns are named {name}"),
            Torn::Ragged { cells, columns } => {
                format!("a row of {cells} cells under a header of {columns}")
            }
            Torn::Unclosed => "the file ends within the quotes of a cell".to_owned(),
            Torn::Overlong(length) => overlong_text("row", length),
        }
    }
}

/// What is wrong with a line or row that is longer than any that is read.
pub fn overlong_text(what: &str, length: u64) -> String {
    format!(
        "a {what} of {length} bytes; at most {LINE_BYTES_MAX} are read, and raw shows the first {HEAD_BYTES}"
    )
}

/// Whether a line is one of white space, which counts for nothing.
pub fn is_white(line: &[u8]) -> bool {
    const VERTICAL_TAB: u8 = 0x0b;
    line.iter().all(|byte| byte.is_ascii_whitespace() || *byte == VERTICAL_TAB)
}

/// A file that is not what its name states.
pub(super) fn damaged(path: &Path, what: impl Into<String>) -> Error {
    let source = std::io::Error::new(std::io::ErrorKind::InvalidData, what.into());
    Error::read(path, source)
}
