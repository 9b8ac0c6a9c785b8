//! CSV: RFC 4180 as the `csv` crate reads it, with the place and the text of every row.
//!
//! A line ends with `\n`, `\r\n` or a lone `\r`; a quoted cell may go over several. A quote within a plain cell is part
//! of it, and what follows a closing quote is, too. The first row names the columns. Lines of white space are skipped
//! and counted as lines. A quote that never closes would swallow the rest of the file in silence, so such a row is
//! rejected with all that it swallowed.
//!
//! `raw` is the row as it stands in the file, without its line end; of a GB18030 file, its text.

use csv_core::ReadRecordResult;
use records::decode::{Columns, TableCell};

use super::files::Input;
use super::lines::{HEAD_BYTES, Lines, Row, Torn, damaged, is_white};
use super::text::Text;
use crate::Error;
use records::decode::LINE_BYTES_MAX;

/// Reads a file row by row.
pub(super) fn read<L: Lines>(input: &Input, lines: &mut L) -> Result<(), L::Error> {
    let mut rows = Rows::open(input)?;
    let not_utf8 = |_| damaged(&input.path, "the file changed while it was read");
    let Some(header) = rows.next(lines)? else { return Ok(()) };
    if header.is_unclosed || header.overlong > 0 {
        return Err(damaged(&input.path, "the header never ends: a quote in it is not closed").into());
    }
    let text = std::str::from_utf8(header.text).map_err(not_utf8)?;
    let columns = Columns::new(cells_of(text, header.ends));
    let kind = input.kind();
    while let Some(found) = rows.next(lines)? {
        let raw_text = head_of(found.raw).map_err(not_utf8)?;
        let raw = || serde_json::json!(raw_text).to_string();
        let text = std::str::from_utf8(found.text).map_err(not_utf8)?;
        let torn = match columns.name_twice() {
            Some(name) => Some(Torn::NameTwice(name)),
            None if found.overlong > 0 => Some(Torn::Overlong(found.overlong)),
            None if found.is_unclosed => Some(Torn::Unclosed),
            None if found.ends.len() != columns.count() => {
                Some(Torn::Ragged { cells: found.ends.len(), columns: columns.count() })
            }
            None => None,
        };
        let cells: Vec<TableCell<'_>> = match torn {
            Some(_) => Vec::new(),
            None => cells_of(text, found.ends).map(TableCell::Text).collect(),
        };
        let row = Row { kind, stem: &input.stem, columns: &columns, cells: &cells, torn, raw: &raw };
        lines.row(found.line, &row)?;
    }
    Ok(())
}

/// The cells of a row that end at these bytes.
fn cells_of<'a>(text: &'a str, ends: &'a [usize]) -> impl Iterator<Item = &'a str> {
    let mut start = 0;
    ends.iter().map(move |end| {
        let cell = text.get(start..*end).unwrap_or_default();
        start = *end;
        cell
    })
}

/// The text of a row, or of the part of it that is whole characters.
fn head_of(raw: &[u8]) -> Result<&str, std::str::Utf8Error> {
    match std::str::from_utf8(raw) {
        Err(fault) if fault.error_len().is_none() => std::str::from_utf8(&raw[..fault.valid_up_to()]),
        whole => whole,
    }
}

/// One row, as it was found.
struct Found<'a> {
    /// The line it begins on.
    line: u64,
    /// Its cells without quotes, one behind the other.
    text: &'a [u8],
    /// Where they end in `text`.
    ends: &'a [usize],
    /// The row as it stands in the file; of an overlong one, its head.
    raw: &'a [u8],
    /// Whether the file ends within its quotes.
    is_unclosed: bool,
    /// Its length, if it is more than is read.
    overlong: u64,
}

/// The rows of a file.
struct Rows {
    text: Text,
    reader: csv_core::Reader,
    /// A part of the text: the row from `start`, of which the reader has seen what is before `at`.
    buffer: Vec<u8>,
    start: usize,
    at: usize,
    /// The row's cells, and where they end, as far as they are known.
    cells: Vec<u8>,
    cells_length: usize,
    ends: Vec<usize>,
    ends_length: usize,
    /// The line that `start` is on, and whether the byte before `start` is `\r`.
    line: u64,
    after_return: bool,
    /// Of a row that is too long to be kept: its line, its head, how much of it is gone, and whether that is white.
    begun_on: u64,
    head: Vec<u8>,
    gone: u64,
    gone_is_white: bool,
    is_at_end: bool,
}

impl Rows {
    fn open(input: &Input) -> Result<Rows, Error> {
        Ok(Rows {
            text: Text::open(input)?,
            reader: csv_core::Reader::new(),
            buffer: Vec::new(),
            start: 0,
            at: 0,
            cells: vec![0; 1 << 12],
            cells_length: 0,
            ends: vec![0; 64],
            ends_length: 0,
            line: 1,
            after_return: false,
            begun_on: 0,
            head: Vec::new(),
            gone: 0,
            gone_is_white: true,
            is_at_end: false,
        })
    }

    /// The next row that is not white space.
    fn next<L: Lines>(&mut self, lines: &mut L) -> Result<Option<Found<'_>>, L::Error> {
        let (line, body, is_unclosed, overlong) = loop {
            let Some(is_unclosed) = self.find_end(lines)? else { return Ok(None) };
            let line = if self.gone > 0 { self.begun_on } else { self.pass_line_ends() };
            let (begin, end) = (self.start, self.at);
            self.pass(end);
            let body = &self.buffer[begin..end];
            let body = body.strip_suffix(b"\n").or(body.strip_suffix(b"\r")).unwrap_or(body);
            let gone = std::mem::take(&mut self.gone);
            if std::mem::replace(&mut self.gone_is_white, true) && is_white(body) {
                (self.cells_length, self.ends_length) = (0, 0);
                continue;
            }
            let overlong = if gone > 0 { gone + body.len() as u64 } else { 0 };
            break (line, begin..begin + body.len(), is_unclosed, overlong);
        };
        Ok(Some(Found {
            line,
            text: &self.cells[..std::mem::take(&mut self.cells_length)],
            ends: &self.ends[..std::mem::take(&mut self.ends_length)],
            raw: if overlong > 0 { &self.head } else { &self.buffer[body] },
            is_unclosed,
            overlong,
        }))
    }

    /// Moves `at` behind the row; none if there is no other, else whether the file ends within its quotes.
    fn find_end<L: Lines>(&mut self, lines: &mut L) -> Result<Option<bool>, L::Error> {
        loop {
            if self.at == self.buffer.len() && !self.is_at_end {
                self.fill()?;
                lines.bytes(self.text.taken());
                continue;
            }
            let is_probed = self.at == self.buffer.len();
            if is_probed && self.gone_is_white && is_white(&self.buffer[self.start..self.at]) {
                return Ok(None);
            }
            // At the end of the file a line end is tried: if it does not end the row, a quote is open.
            let input: &[u8] = if is_probed { b"\n" } else { &self.buffer[self.at..] };
            let cells = &mut self.cells[self.cells_length..];
            let ends = &mut self.ends[self.ends_length..];
            let (result, read, written, ended) = self.reader.read_record(input, cells, ends);
            if !is_probed {
                self.at += read;
            }
            self.cells_length += written;
            self.ends_length += ended;
            match result {
                ReadRecordResult::Record => return Ok(Some(false)),
                // Where the reader is after that does not matter: there is nothing more to read.
                ReadRecordResult::InputEmpty | ReadRecordResult::End if is_probed => return Ok(Some(true)),
                ReadRecordResult::InputEmpty | ReadRecordResult::End => {}
                ReadRecordResult::OutputFull if self.gone > 0 => self.cells_length = 0,
                ReadRecordResult::OutputFull => self.cells.resize(2 * self.cells.len(), 0),
                ReadRecordResult::OutputEndsFull if self.gone > 0 => self.ends_length = 0,
                ReadRecordResult::OutputEndsFull => self.ends.resize(2 * self.ends.len(), 0),
            }
        }
    }

    /// Makes room and reads on.
    fn fill(&mut self) -> Result<(), Error> {
        if self.gone == 0 {
            self.pass_line_ends();
        }
        let seen = &self.buffer[self.start..self.at];
        if seen.len() > LINE_BYTES_MAX || self.gone > 0 {
            if self.gone == 0 {
                self.begun_on = self.line;
                self.head = seen[..HEAD_BYTES].to_vec();
            }
            self.gone += seen.len() as u64;
            self.gone_is_white &= is_white(seen);
            self.pass(self.at);
        }
        self.buffer.copy_within(self.start.., 0);
        self.buffer.truncate(self.buffer.len() - self.start);
        self.at -= self.start;
        self.start = 0;
        self.is_at_end = !self.text.append(&mut self.buffer)?;
        Ok(())
    }

    /// Passes the line ends that stand before the row and returns the line it begins on.
    fn pass_line_ends(&mut self) -> u64 {
        let ends = self.buffer[self.start..self.at].iter().take_while(|byte| matches!(byte, b'\n' | b'\r'));
        let begin = self.start + ends.count();
        self.pass(begin);
        self.line
    }

    /// Moves `start` to `to` and counts the lines on the way.
    fn pass(&mut self, to: usize) {
        let passed = &self.buffer[self.start..to];
        for end in memchr::memchr2_iter(b'\n', b'\r', passed) {
            let follows_return = match end.checked_sub(1) {
                Some(before) => passed[before] == b'\r',
                None => self.after_return,
            };
            self.line += u64::from(passed[end] == b'\r' || !follows_return);
        }
        self.after_return = passed.last().map_or(self.after_return, |last| *last == b'\r');
        self.start = to;
    }
}

#[cfg(test)]
mod tests;
