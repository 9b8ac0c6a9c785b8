//! CSV: RFC 4180 as the `csv` crate reads it, with the place and the bytes of every row.
//!
//! Cells are told apart by what the header line has most of: comma, tab, semicolon or `|`. A line ends with `\n`, `\r\n` or
//! a lone `\r`; a quoted cell may go over several. A quote within a plain cell is part of it, and what follows a closing
//! quote is, too. The first row names the columns; a column without a name, and what is empty in it, does not exist. Lines
//! of white space are skipped and counted as lines. A quote that never closes would swallow the rest of the file in
//! silence, so such a row is rejected with all that it swallowed.
//!
//! `raw` is the row as it stands in the file, without its line end; which encoding that is stands in [`super::text`].

use csv_core::{ReadRecordResult, ReaderBuilder};
use records::decode::{Columns, LINE_BYTES_MAX, TableCell};
use records::spaces::trim;
use wire::rejected::Raw;

use super::files::Input;
use super::lines::{Encoding, HEAD_BYTES, Lines, Row, Torn, damaged, is_white};
use super::text::{Text, lines_that_speak};
use crate::Error;

/// Most columns of a table, and cells of a row whose places are noted: the others are counted.
const COLUMNS_MAX: usize = 1 << 16;

/// Reads a file row by row.
pub(super) fn read<L: Lines>(input: &Input, lines: &mut L) -> Result<(), L::Error> {
    let mut rows = Rows::open(input, lines)?;
    if let Some(columns) = header(input, &mut rows, lines)? {
        read_below(input, &columns, &mut rows, lines)?;
    }
    lines.encoding(&Encoding { name: rows.text.encoding(), lines_of_other: rows.lines_of_other });
    Ok(())
}

/// Reads the first row.
fn header<L: Lines>(input: &Input, rows: &mut Rows, lines: &mut L) -> Result<Option<Columns>, L::Error> {
    let encoding = rows.text.encoding();
    let Some(header) = rows.next(lines)? else { return Ok(None) };
    let refused = |what: String| Err(damaged(&input.path, what).into());
    if header.is_unclosed || header.overlong > 0 {
        return refused("the header never ends: a quote in it is not closed".to_owned());
    }
    if header.more > 0 {
        return refused(format!("the header has more than {COLUMNS_MAX} columns"));
    }
    let Some(text) = header.text() else {
        return refused(format!(
            "the header is not valid {encoding}, which most lines of the file speak for"
        ));
    };
    let columns = Columns::new(cells_of(text, header.ends));
    match columns.name_twice() {
        Some(wrong) => refused(wrong.to_owned()),
        None => Ok(Some(columns)),
    }
}

/// Reads the rows below the header.
fn read_below<L: Lines>(
    input: &Input,
    columns: &Columns,
    rows: &mut Rows,
    lines: &mut L,
) -> Result<(), L::Error> {
    let encoding = rows.text.encoding();
    let have_names: Vec<bool> = columns.have_names().collect();
    // Columns without a name behind the last that has one may be missing, for they do not exist.
    let cells_least = have_names.iter().rposition(|has_name| *has_name).map_or(0, |last| last + 1);
    let has_unnamed = have_names.contains(&false);
    while let Some(found) = rows.next(lines)? {
        let text = found.text();
        let count = found.ends.len() + found.more;
        let torn = match text {
            _ if found.overlong > 0 => Some(Torn::Overlong(found.overlong)),
            None => Some(Torn::Encoding(encoding)),
            Some(_) if found.is_unclosed => Some(Torn::Unclosed),
            Some(_) if !(cells_least..=have_names.len()).contains(&count) => {
                Some(Torn::Ragged { cells: count, columns: columns.count() })
            }
            Some(text) if has_unnamed => {
                let mut unnamed = have_names.iter().zip(cells_of(text, found.ends));
                let something = unnamed.position(|(has_name, cell)| !has_name && !trim(cell).is_empty());
                something.map(|column| Torn::Unnamed(column + 1))
            }
            Some(_) => None,
        };
        let text = text.filter(|_| torn.is_none());
        let ends = if text.is_some() { found.ends } else { &[] };
        let cells: Vec<TableCell<'_>> =
            cells_of(text.unwrap_or_default(), ends).map(TableCell::Text).collect();
        let raw = || Raw::of_line(found.raw, found.overlong.max(found.raw.len() as u64));
        let row = Row { kind: input.kind, stem: &input.stem, columns, cells: &cells, torn, raw: &raw };
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

/// One row, as it was found.
struct Found<'a> {
    /// The line it begins on.
    line: u64,
    /// Its cells without quotes, one behind the other.
    text: &'a [u8],
    /// Where they end in `text`, and how many more there are, if those are too many.
    ends: &'a [usize],
    more: usize,
    /// The row as it stands in the file; of an overlong one, its head.
    raw: &'a [u8],
    /// Whether the file ends within its quotes.
    is_unclosed: bool,
    /// Its length, if it is more than is read.
    overlong: u64,
    /// Whether it has bytes that are not of the encoding, where that was seen before.
    is_invalid: bool,
}

impl<'a> Found<'a> {
    /// The text of its cells, if it is one.
    fn text(&self) -> Option<&'a str> {
        std::str::from_utf8(self.text).ok().filter(|_| !self.is_invalid)
    }
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
    /// Cells whose ends are not kept.
    more: usize,
    /// Bytes of the text that are no longer in the buffer.
    behind: u64,
    lines_of_other: u64,
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
    fn open<L: Lines>(input: &Input, lines: &mut L) -> Result<Rows, L::Error> {
        let mut rows = Rows {
            text: Text::open(input)?,
            reader: csv_core::Reader::new(),
            buffer: Vec::new(),
            start: 0,
            at: 0,
            cells: vec![0; 1 << 12],
            cells_length: 0,
            ends: vec![0; 64],
            ends_length: 0,
            more: 0,
            behind: 0,
            lines_of_other: 0,
            line: 1,
            after_return: false,
            begun_on: 0,
            head: Vec::new(),
            gone: 0,
            gone_is_white: true,
            is_at_end: false,
        };
        // The first line that is not white space is read before anything else, for it tells the delimiter.
        let header = loop {
            let text = &rows.buffer;
            let first = text.iter().position(|byte| !is_white(&[*byte])).unwrap_or(text.len());
            let end = memchr::memchr2(b'\n', b'\r', &text[first..]).map(|length| first + length);
            if end.is_some() || rows.is_at_end || text.len() > LINE_BYTES_MAX {
                break &text[first..end.unwrap_or(text.len())];
            }
            rows.is_at_end = !rows.text.append(&mut rows.buffer)?;
            lines.bytes(rows.text.taken());
        };
        rows.reader = ReaderBuilder::new().delimiter(delimiter(header)).build();
        Ok(rows)
    }

    /// The next row that is not white space.
    fn next<L: Lines>(&mut self, lines: &mut L) -> Result<Option<Found<'_>>, L::Error> {
        let (line, body, bytes, is_unclosed, overlong) = loop {
            let Some(is_unclosed) = self.find_end(lines)? else { return Ok(None) };
            let line = if self.gone > 0 { self.begun_on } else { self.pass_line_ends() };
            let (begin, end) = (self.start, self.at);
            let whole = &self.buffer[begin..end];
            let is_ended = matches!(whole.last(), Some(b'\n' | b'\r'));
            // Only of a GB18030 file the bytes stand elsewhere.
            let line_ends =
                if self.text.is_utf8() { 0 } else { memchr::memchr2_iter(b'\n', b'\r', whole).count() };
            let bytes = self.text.row(line_ends, is_ended);
            self.pass(end);
            let body = begin..end - usize::from(is_ended);
            let bytes = bytes.map(|bytes| bytes.start..bytes.end - usize::from(is_ended));
            let gone = std::mem::take(&mut self.gone);
            if std::mem::replace(&mut self.gone_is_white, true) && is_white(&self.buffer[body.clone()]) {
                (self.cells_length, self.ends_length, self.more) = (0, 0, 0);
                continue;
            }
            let length = bytes.as_ref().unwrap_or(&body).len() as u64;
            break (line, body, bytes, is_unclosed, if gone > 0 { gone + length } else { 0 });
        };
        let is_invalid = self.text.had_invalid_before(self.behind + self.start as u64);
        let found = Found {
            line,
            text: &self.cells[..std::mem::take(&mut self.cells_length)],
            ends: &self.ends[..std::mem::take(&mut self.ends_length)],
            more: std::mem::take(&mut self.more),
            raw: match bytes {
                _ if overlong > 0 => &self.head,
                Some(bytes) => self.text.bytes(bytes),
                None => &self.buffer[body],
            },
            is_unclosed,
            overlong,
            is_invalid,
        };
        // Of a UTF-8 file, valid rows speak for it.
        if self.text.is_utf8() {
            if found.text().is_none() {
                self.lines_of_other += lines_that_speak(found.raw, false);
            }
        } else {
            self.lines_of_other += lines_that_speak(found.raw, true);
        }
        Ok(Some(found))
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
                ReadRecordResult::OutputEndsFull if self.ends.len() >= COLUMNS_MAX => {
                    self.more += std::mem::take(&mut self.ends_length);
                }
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
                let bytes = self.text.row(0, false).map_or(seen, |bytes| self.text.bytes(bytes));
                self.head = bytes[..bytes.len().min(HEAD_BYTES)].to_vec();
            }
            let length = seen.len() as u64;
            self.gone_is_white &= is_white(seen);
            self.pass(self.at);
            // In a GB18030 file the end of what is seen is no line end, and all of it was read.
            self.gone += self.text.pass_all().unwrap_or(length);
        }
        self.behind += self.start as u64;
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
        let mut line_ends = 0;
        for end in memchr::memchr2_iter(b'\n', b'\r', passed) {
            let follows_return = match end.checked_sub(1) {
                Some(before) => passed[before] == b'\r',
                None => self.after_return,
            };
            self.line += u64::from(passed[end] == b'\r' || !follows_return);
            line_ends += 1;
        }
        self.text.pass(line_ends);
        self.after_return = passed.last().map_or(self.after_return, |last| *last == b'\r');
        self.start = to;
    }
}

/// What the header line has most of; of equals, the first of these.
fn delimiter(header: &[u8]) -> u8 {
    let count = |delimiter: u8| memchr::memchr_iter(delimiter, header).count();
    let mut most = (b',', 0);
    for delimiter in *b",\t;|" {
        if count(delimiter) > most.1 {
            most = (delimiter, count(delimiter));
        }
    }
    most.0
}

#[cfg(test)]
mod tests;
