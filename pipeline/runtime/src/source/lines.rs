//! What a file is read into: lines and rows in order, what is torn, and a file that is damaged.

use std::path::Path;

use records::Kind;
use records::decode::{Code, Columns, LINE_BYTES_MAX, TableCell};

use wire::rejected::Raw;

use crate::Error;

/// Bytes read at a time.
pub(super) const BLOCK: usize = 1 << 20;

/// The bytes from the beginning of a line or row that `raw` shows.
pub const HEAD_BYTES: usize = wire::rejected::RAW_BYTES_MAX;

/// What takes the entries of NDJSON or of a JSON array.
pub trait Entries {
    /// What ends the reading early: besides what the reader of files meets itself.
    type Error;

    /// One entry, with the number of the line it begins on, from 1: a line without its end, or the text of an object that
    /// goes over several, or of an element of an array.
    ///
    /// # Errors
    /// Ends the reading.
    fn line(&mut self, number: u64, line: &[u8]) -> Result<(), Self::Error>;

    /// One entry that is no JSON, for a reason that only the reader knows.
    ///
    /// # Errors
    /// Ends the reading.
    fn refused(&mut self, number: u64, refused: &Refused<'_>) -> Result<(), Self::Error>;
}

/// What a reader of files does with what is in them.
pub trait Lines: Entries<Error: From<Error>> {
    /// One row of a table, with the number of the line it begins on (CSV) or of the row (Parquet), from 1.
    ///
    /// # Errors
    /// Ends the reading.
    fn row(&mut self, number: u64, row: &Row<'_>) -> Result<(), Self::Error>;

    /// So many more bytes of the file were read.
    fn bytes(&mut self, _count: u64) {}

    /// The file was a text in this encoding.
    fn encoding(&mut self, _encoding: &Encoding) {}
}

/// An entry that is no JSON (`not_json`): what its reader knows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused<'a> {
    /// What is wrong, for an operator.
    pub text: String,
    /// Its bytes, at most the first [`HEAD_BYTES`].
    pub head: &'a [u8],
    /// How many bytes it has in all.
    pub length: u64,
}

impl<'a> Refused<'a> {
    /// One of more than [`LINE_BYTES_MAX`] bytes.
    pub fn overlong(what: &str, head: &'a [u8], length: u64) -> Refused<'a> {
        Refused { text: overlong_text(what, length), head, length }
    }
}

/// The encoding of a CSV file, as its lines tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding {
    /// `UTF-8` or `GB18030`.
    pub name: &'static str,
    /// Lines that speak for the other one: in a UTF-8 file those that are not valid, in a GB18030 file those that are UTF-8
    /// with a character of three bytes or more.
    pub lines_of_other: u64,
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
    pub torn: Option<Torn>,
    /// Makes its `raw`, for whoever rejects it.
    pub raw: &'a dyn Fn() -> Raw,
}

impl Row<'_> {
    /// What is wrong with it if its file tells no kind; a name that is nearly one is told.
    pub fn unknown_kind(&self) -> String {
        let meant = super::kinds::nearest(self.stem).map(|kind| format!(", did you mean {}?", kind.name()));
        format!("{}: no kind of record is named so{}", self.stem, meant.unwrap_or_default())
    }
}

/// Why a row is no row of its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Torn {
    /// It is not of the encoding of its file.
    Encoding(&'static str),
    /// It has more or fewer cells than the header.
    Ragged {
        /// Cells of the row.
        cells: usize,
        /// Cells of the header.
        columns: usize,
    },
    /// Something stands in the column of this number, from 1, which has no name.
    Unnamed(usize),
    /// The file ends within the quotes of a cell.
    Unclosed,
    /// It has so many bytes, more than [`LINE_BYTES_MAX`].
    Overlong(u64),
}

impl Torn {
    /// The code it is rejected with.
    pub fn code(self) -> Code {
        match self {
            Torn::Overlong(_) => Code::NotJson,
            Torn::Encoding(_) | Torn::Ragged { .. } | Torn::Unnamed(_) | Torn::Unclosed => Code::BadValue,
        }
    }

    /// What is wrong, for an operator.
    pub fn text(self) -> String {
        match self {
            Torn::Encoding(name) => {
                format!("the row is not valid {name}, the encoding that most lines of the file speak for")
            }
            Torn::Ragged { cells, columns } => {
                format!("a row of {cells} cells under a header of {columns}")
            }
            Torn::Unnamed(column) => format!("something stands in column {column}, which has no name"),
            Torn::Unclosed => "the file ends within the quotes of a cell".to_owned(),
            Torn::Overlong(length) => overlong_text("row", length),
        }
    }
}

/// What is wrong with a line or row that is longer than any that is read.
fn overlong_text(what: &str, length: u64) -> String {
    format!(
        "a {what} of {length} bytes; at most {LINE_BYTES_MAX} are read, and raw shows the first {HEAD_BYTES}"
    )
}

/// Whether a line is one of white space, which counts for nothing.
pub fn is_white(line: &[u8]) -> bool {
    const VERTICAL_TAB: u8 = 0x0b;
    line.iter().all(|byte| byte.is_ascii_whitespace() || *byte == VERTICAL_TAB)
}

/// The byte order mark of UTF-8.
pub(super) const MARK: &[u8] = b"\xef\xbb\xbf";

/// A line without the mark at its beginning.
pub(super) fn without_mark(line: &[u8]) -> &[u8] {
    line.strip_prefix(MARK).unwrap_or(line)
}

/// A file that is not what its name states.
pub(super) fn damaged(path: &Path, what: impl Into<String>) -> Error {
    let source = std::io::Error::new(std::io::ErrorKind::InvalidData, what.into());
    Error::read(path, source)
}

/// Refuses a file that begins with a byte order mark of UTF-16.
pub(super) fn utf16(path: &Path, first: &[u8]) -> Result<(), Error> {
    if matches!(first, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) {
        return Err(damaged(path, "the text is UTF-16; UTF-8 is read, and GB18030 in CSV"));
    }
    Ok(())
}
