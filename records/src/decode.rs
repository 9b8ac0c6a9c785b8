//! Bytes of one line become a [`Change`] or a [`Fault`].
//!
//! The way of a record, whatever its format:
//!
//! 1. *cells*: a scanner finds the values, untyped ([`Decoder::decode`] for a line of JSON, [`Decoder::decode_row`]
//!    for a row of a table). What is no JSON ends here;
//! 2. *values*: one pass over the [`crate::schema`] types and checks them in the order of the contract's section 2, so
//!    that the first fault found is the one to be reported, and writes the canonical content;
//! 3. *hash*: the content's hash distinguishes a duplicate from a conflict.
//!
//! Nothing is allocated per line: the decoder's buffers are used again, and a [`Change`] borrows from them and from
//! the line. That is why it is handed to a closure rather than returned.
//!
//! # Where the contract leaves a choice
//! * An *empty element* of a list of records is the empty string; `{}` lacks its required field: `missing_field`.
//! * `rev` has no leading zero, as a number of JSON has none.
//! * A line of more than 16 MiB, an integer beyond 64 bits and a number beyond a 64-bit float are not taken
//!   (`not_json`, `bad_value`, `bad_value`). The depth of what is ignored has no limit but the line.
//! * A cell of a table that begins with `[` is the JSON text of a list, also where one text of codes may stand.
//! * Of codes, all white space of Unicode is a separator.
//! * The text of a number and another text of the same number (`1` and `1.0`) are equal where text or number may stand.
//! * On a `del` a `recv_time` that is no time is no fault: it is absent.

mod cells;
mod check;
mod code;
mod content;
mod fault;
mod lex;
mod names;
mod scan;
mod table;

pub use cells::LINE_BYTES_MAX;
pub use code::{Code, Op};
pub use fault::Fault;
pub use table::{Columns, TableCell, matched};

use crate::Kind;
use crate::spaces::trim;
use cells::{Cell, Cells, Tag};
use content::Content;
use names::{Names, UNKNOWN};
use scan::Scanner;

/// A decoded value. What the number means is in the field's type ([`crate::schema::FieldType`]).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Absent, null or the empty string.
    Absent,
    /// `Text`, `SixDigits`, `TextOrNumber` (a number as its shortest decimal text).
    Text(&'a str),
    /// `Code` (position in the list), `Money` (fen), `Price` (10^-6), `Quantity` (10^-4), `Int`, `Flag`, `Time` (s), `Date` (days).
    Int(i64),
    /// `Number`.
    Number(f64),
    /// `Texts` or `Records`: elements `begin..end` of [`Change::elements`]; a record takes one element per field.
    List {
        /// First element.
        begin: u32,
        /// One past the last element.
        end: u32,
    },
}

/// One change to one record: the one thing that goes in (contract section 1).
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// Kind of record.
    pub kind: Kind,
    /// Put or del.
    pub op: Op,
    /// Revision at the source, below 2^63.
    pub rev: Option<u64>,
    /// When the bureau received it, seconds since 1970 China Standard Time.
    pub recv_time: Option<i64>,
    /// Hash of `op` and the fields of section 2 (of a del: of its key); equal content has equal hashes.
    pub content_hash: u64,
    /// Top-level fields with a value that section 2 does not know.
    pub unknown_fields: u32,
    /// One value per field of [`crate::schema::fields`]; of a del only the key fields are filled.
    pub values: &'a [Value<'a>],
    /// Elements of the lists.
    pub elements: &'a [Value<'a>],
}

/// Turns lines and rows into changes; one per thread, used for all of its lines.
///
/// # Example
/// ```
/// use records::decode::{Code, Decoder};
///
/// let mut decoder = Decoder::new();
/// let line = br#"{"kind": "person", "rev": 1, "psn_no": "T1", "gend": "1", "brdy": "1960-05-05"}"#;
/// assert_eq!(decoder.decode(line, |change| change.rev), Ok(Some(1)));
///
/// let fault = decoder.decode(br#"{"kind": "person", "gend": "1"}"#, |_| ()).expect_err("no key");
/// assert_eq!((fault.code, fault.text.as_str()), (Code::MissingField, "person.psn_no is missing"));
/// ```
pub struct Decoder {
    names: &'static Names,
    scanner: Scanner,
    cells: Cells,
    /// Text of the cells of a row.
    row: String,
    typed: Typed,
}

/// Buffers of the schema pass, empty between lines.
#[derive(Default)]
struct Typed {
    content: Content,
    values: Vec<Value<'static>>,
    elements: Vec<Value<'static>>,
}

impl Default for Decoder {
    fn default() -> Decoder {
        Decoder::new()
    }
}

impl Decoder {
    /// A decoder with empty buffers.
    pub fn new() -> Decoder {
        Decoder {
            names: names::names(),
            scanner: Scanner::new(),
            cells: Cells::new(),
            row: String::new(),
            typed: Typed::default(),
        }
    }

    /// Decodes one line of NDJSON and hands the change to `then`.
    ///
    /// The line comes without its newline and the `\r` before it, and has something on it: a line of white space
    /// is no line (here it would be `not_json`). A byte order mark is the caller's to skip.
    ///
    /// # Errors
    /// The first fault in the contract's order; `then` is not called.
    pub fn decode<R>(&mut self, line: &[u8], then: impl FnOnce(&Change<'_>) -> R) -> Result<R, Fault> {
        self.decode_str(std::str::from_utf8(line).map_err(Fault::not_utf8)?, then)
    }

    /// As [`decode`](Decoder::decode), of a line that is known to be UTF-8: a block of lines is quicker checked at
    /// once than line by line.
    ///
    /// # Errors
    /// As [`decode`](Decoder::decode).
    pub fn decode_str<R>(&mut self, line: &str, then: impl FnOnce(&Change<'_>) -> R) -> Result<R, Fault> {
        if line.len() > cells::LINE_BYTES_MAX {
            return Err(Fault::too_long(line.len()));
        }
        self.scanner.scan(line, self.names, &mut self.cells).map_err(|broken| Fault::broken(&broken))?;
        let kind = check::kind_of(&self.cells, line)?;
        self.typed.finish(kind, line, self.names, &mut self.cells, then)
    }

    /// Decodes one row of a table of records of one kind and hands the change to `then`.
    ///
    /// There is a cell for each of the columns. What is a text in one format and a number in another is left to the
    /// schema: a cell of a CSV file is always [`TableCell::Text`]. A list is the JSON text of a list; one that is none is
    /// `bad_value`, but for codes, which may be one text.
    ///
    /// # Errors
    /// As [`decode`](Decoder::decode).
    pub fn decode_row<'c, R>(
        &mut self,
        kind: Kind,
        columns: &Columns,
        row: impl IntoIterator<Item = TableCell<'c>>,
        then: impl FnOnce(&Change<'_>) -> R,
    ) -> Result<R, Fault> {
        self.cells.clear();
        self.row.clear();
        for ((name, column), cell) in columns.named().zip(row) {
            // The text of a cell goes into one buffer with all others; its tag decides what the schema may take it for.
            let start = self.row.len();
            let tag = match cell {
                TableCell::Null => continue,
                TableCell::Flag(true) => Tag::True,
                TableCell::Flag(false) => Tag::False,
                TableCell::Text(text) => match trim(text) {
                    "" => continue,
                    text => {
                        self.row.push_str(text);
                        Tag::Text
                    }
                },
                TableCell::Number(text) => {
                    self.row.push_str(text);
                    if crate::decimal::Decimal::parse(text).is_some() { Tag::Number } else { Tag::Broken }
                }
                TableCell::Nested(text) => {
                    self.row.push_str(text);
                    if self.names.is_list(name) { Tag::Text } else { Tag::Broken }
                }
                TableCell::Bytes(_) if name == UNKNOWN => Tag::Broken,
                TableCell::Bytes(_) => return Err(Fault::not_json(format!("{column} is not UTF-8"))),
            };
            if self.row.len() > cells::LINE_BYTES_MAX {
                return Err(Fault::too_long(self.row.len()));
            }
            // A list comes as JSON text and is scanned as such; a column of no known name is only counted.
            let mut cell = Cell::spanning(tag, start, self.row.len());
            if tag == Tag::Text
                && self.names.is_list(name)
                && !(self.names.is_texts(name) && table::is_text_of_codes(&self.row[start..]))
            {
                cell = self.list(cell);
            }
            if name == UNKNOWN {
                self.cells.unknown += u32::from(!cell.is_absent());
            } else {
                self.cells.fill(name, cell);
            }
        }
        self.typed.finish(kind, &self.row, self.names, &mut self.cells, then)
    }

    /// The list whose JSON text a cell holds.
    fn list(&mut self, cell: Cell) -> Cell {
        let (start, end) = (cell.start(), cell.end());
        if self.row[start..end].trim_matches([' ', '\t', '\r', '\n']) == "null" {
            return Cell::ABSENT;
        }
        self.scanner.scan_list(&self.row, start, end, self.names, &mut self.cells).unwrap_or(cell.broken())
    }
}

impl Typed {
    /// Types and checks what was scanned, and hands it on.
    #[inline]
    fn finish<R>(
        &mut self,
        kind: Kind,
        line: &str,
        names: &Names,
        cells: &mut Cells,
        then: impl FnOnce(&Change<'_>) -> R,
    ) -> Result<R, Fault> {
        let plan = names.plan(kind);
        for list in &plan.respelled {
            cells.respell(line, *list, names);
        }
        let mut values = emptied(std::mem::take(&mut self.values));
        let mut elements = emptied(std::mem::take(&mut self.elements));
        let result = check::check(cells, line, names, plan, &mut self.content, &mut values, &mut elements)
            .map(|change| then(&change));
        self.values = emptied(values);
        self.elements = emptied(elements);
        result
    }
}

/// The same allocation without its values, for values that borrow from something else.
///
/// Collecting in place keeps the allocation; it is the safe way to state that an empty vector borrows nothing.
#[inline]
fn emptied<'to>(mut values: Vec<Value<'_>>) -> Vec<Value<'to>> {
    values.clear();
    values.into_iter().map(|_| Value::Absent).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emptied_vector_keeps_its_allocation() {
        let mut values: Vec<Value<'_>> = Vec::with_capacity(100);
        values.push(Value::Int(1));
        let address = values.as_ptr() as usize;
        let values: Vec<Value<'static>> = emptied(values);
        assert_eq!((values.len(), values.capacity(), values.as_ptr() as usize), (0, 100, address));
    }
}
