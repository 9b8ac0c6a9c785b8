//! From the text of a table to its rows of cells, each with its place.
//!
//! One pass: what tells columns apart is the one of comma, tab, semicolon and `|` that the header line has most of. A
//! cell that begins with `"` goes on to the next single one, over lines if need be; what looks like a stray quote that
//! swallowed rows is a mistake, and so is one that is never closed or has something behind it.

use std::ops::Range;

use crate::error::Mistake;

/// What may tell columns apart; where a header has as many of two, the first counts.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// One row of a table as it was written.
#[derive(Debug)]
pub(crate) struct Record {
    /// Where each cell stands, and its text without the white space around it.
    pub(crate) cells: Vec<(Range<usize>, String)>,
    /// Where the row begins.
    pub(crate) start: usize,
    /// Where its first line ends.
    pub(crate) line_end: usize,
    /// Its first line, from 1.
    pub(crate) line: u64,
}

/// The rows of a text, the header first; lines of white space are none.
///
/// # Errors
/// Stray quotes.
pub(crate) fn records(text: &str) -> Result<Vec<Record>, Vec<Mistake>> {
    let bytes = text.as_bytes();
    let delimiter = delimiter_of(text);
    let (mut records, mut mistakes) = (Vec::<Record>::new(), Vec::new());
    let (mut at, mut line) = (0, 1u64);
    while at < bytes.len() {
        let first_line_end = line_end(text, at);
        if trimmed(&text[at..first_line_end]).is_empty() {
            at = after_line(bytes, first_line_end);
            line += 1;
            continue;
        }
        // A byte order mark at the beginning of a line is none of it.
        let start = at + mark_length(&text[at..]);
        let mut record = Record { cells: Vec::new(), start, line_end: first_line_end, line };
        at = start;
        loop {
            let (cell, end) = cell(text, at, delimiter);
            let columns = records.first().map_or(usize::MAX, |header| header.cells.len());
            mistakes.extend(cell.mistake(text, delimiter, columns));
            line += u64::try_from(bytes[at..end].iter().filter(|byte| **byte == b'\n').count()).unwrap_or(0);
            record.cells.push((at..end, trimmed(&cell.text).to_owned()));
            at = end;
            if bytes.get(at) == Some(&delimiter) {
                at += 1;
                continue;
            }
            break;
        }
        at = after_line(bytes, line_end(text, at));
        line += 1;
        records.push(record);
        if mistakes.len() > MOST_MISTAKES {
            break;
        }
    }
    if mistakes.is_empty() { Ok(records) } else { Err(mistakes) }
}

/// Mistakes of one file that are listed; it is not read further when there are more.
pub(crate) const MOST_MISTAKES: usize = 200;

/// A text without the white space that is no part of a value.
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\u{a0}', '\u{3000}', '\u{feff}'])
}

fn mark_length(text: &str) -> usize {
    if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 }
}

/// Where the line in which `at` lies ends.
pub(crate) fn line_end(text: &str, at: usize) -> usize {
    text[at..].find(['\n', '\r']).map_or(text.len(), |length| at + length)
}

/// The beginning of the next line.
fn after_line(bytes: &[u8], end: usize) -> usize {
    match bytes.get(end..) {
        Some([b'\r', b'\n', ..]) => end + 2,
        Some([_, ..]) => end + 1,
        _ => end,
    }
}

/// What tells the columns apart.
fn delimiter_of(text: &str) -> u8 {
    let mut lines = text.lines().map(|line| &line[mark_length(line)..]);
    let header = lines.find(|line| !trimmed(line).is_empty()).unwrap_or_default();
    let count = |delimiter: u8| header.bytes().filter(|byte| *byte == delimiter).count();
    // The last of the greatest is taken, so the list is gone through backwards.
    DELIMITERS.into_iter().rev().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',')
}

/// A cell as it was read.
struct Cell {
    text: String,
    /// Where its quote stands, if it has one.
    quote: Option<usize>,
    /// The quote is closed.
    closed: bool,
    /// Something stands behind the closing quote.
    trailing: Option<Range<usize>>,
}

/// The cell that begins at `start`, and where it ends.
fn cell(text: &str, start: usize, delimiter: u8) -> (Cell, usize) {
    let bytes = text.as_bytes();
    let ends = |byte: u8| byte == delimiter || byte == b'\n' || byte == b'\r';
    let lead = bytes[start..].iter().take_while(|byte| **byte == b' ').count();
    let quote = start + lead;
    if bytes.get(quote) != Some(&b'"') {
        let length = bytes[start..].iter().take_while(|byte| !ends(**byte)).count();
        let end = start + length;
        let text = text[start..end].to_owned();
        return (Cell { text, quote: None, closed: true, trailing: None }, end);
    }
    let (mut content, mut from) = (String::new(), quote + 1);
    let closing = loop {
        let Some(length) = text[from..].find('"') else { break None };
        content.push_str(&text[from..from + length]);
        from += length + 1;
        if bytes.get(from) != Some(&b'"') {
            break Some(from);
        }
        content.push('"');
        from += 1;
    };
    let Some(after) = closing else {
        content.push_str(&text[from..]);
        return (Cell { text: content, quote: Some(quote), closed: false, trailing: None }, text.len());
    };
    let length = bytes[after..].iter().take_while(|byte| !ends(**byte)).count();
    let end = after + length;
    let trailing = (!trimmed(&text[after..end]).is_empty()).then_some(after..end);
    (Cell { text: content, quote: Some(quote), closed: true, trailing }, end)
}

impl Cell {
    /// What is wrong with its quotes, in a table of so many columns.
    fn mistake(&self, text: &str, delimiter: u8, columns: usize) -> Option<Mistake> {
        let quote = self.quote?;
        let at_quote = |what: String| {
            Some(Mistake::new(quote..quote + 1, what).hint("a quote inside of a cell is written twice: \"\""))
        };
        if !self.closed {
            return at_quote("this quote is never closed".to_owned());
        }
        if let Some(trailing) = &self.trailing {
            let behind = trimmed(&text[trailing.clone()]);
            let behind: String = behind.chars().take(20).collect();
            return at_quote(format!("behind the quotes of this cell stands `{behind}`"));
        }
        // A whole row within a cell was hardly meant to be there.
        let cells = |line: &str| 1 + line.bytes().filter(|byte| *byte == delimiter).count();
        let swallowed = self.text.lines().skip(1).filter(|line| cells(line) >= columns).count();
        match swallowed {
            0 => None,
            rows => at_quote(format!("this quote swallows {rows} row{}", if rows == 1 { "" } else { "s" })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<Vec<String>> {
        let records = records(text).expect("no stray quotes");
        records.into_iter().map(|record| record.cells.into_iter().map(|(_, cell)| cell).collect()).collect()
    }

    fn wrong(text: &str) -> Vec<String> {
        let mistakes = records(text).expect_err("stray quotes");
        mistakes.into_iter().map(|mistake| mistake.what).collect()
    }

    #[test]
    fn columns_are_told_apart_by_what_the_header_has_most_of() {
        for delimiter in [",", "\t", ";", "|"] {
            let text = ["a,b", "1,2"].map(|line| line.replace(',', delimiter)).join("\r\n");
            assert_eq!(cells(&text), [["a", "b"], ["1", "2"]], "{delimiter:?}");
        }
        // As many of two: the comma first.
        assert_eq!(cells("a,b;c\n1,2;3"), [["a", "b;c"], ["1", "2;3"]]);
        assert_eq!(cells("a;b;c,d\n1;2;3,4"), [["a", "b", "c,d"], ["1", "2", "3,4"]]);
    }

    #[test]
    fn marks_white_space_and_white_lines_are_no_part_of_it() {
        let text = "\u{feff}a , b\n\n \t\n\u{feff} 1\u{a0},\u{3000}2 \r\n";
        assert_eq!(cells(text), [["a", "b"], ["1", "2"]]);
        let lines: Vec<u64> = records(text).unwrap().iter().map(|record| record.line).collect();
        assert_eq!(lines, [1, 4]);
    }

    #[test]
    fn quotes_hold_delimiters_quotes_and_a_line_end() {
        assert_eq!(cells("a,b\n\"x, \"\"y\"\"\",2"), [["a", "b"], ["x, \"y\"", "2"]]);
        assert_eq!(cells("a,b\n1,\"law\npage\"\n3,4"), [["a", "b"], ["1", "law\npage"], ["3", "4"]]);
        let lines: Vec<u64> =
            records("a,b\n1,\"law\npage\"\n3,4").unwrap().iter().map(|record| record.line).collect();
        assert_eq!(lines, [1, 2, 4]);
        assert_eq!(cells("a,b\n1 \"mg\",2"), [["a", "b"], ["1 \"mg\"", "2"]]);
    }

    #[test]
    fn a_stray_quote_is_a_mistake_wherever_it_ends() {
        assert_eq!(wrong("a,b\n1,\"law\n3,4\n5,6\n"), ["this quote is never closed"]);
        assert_eq!(wrong("a,b\n1,\"law\n3,\"4\"\n"), ["behind the quotes of this cell stands `4\"`"]);
        assert_eq!(wrong("a,b\n1,\"law\n3,4\",\n"), ["this quote swallows 1 row"]);
    }

    #[test]
    fn an_empty_text_has_no_rows() {
        assert_eq!(cells("").len() + cells("\n \n").len(), 0);
    }
}
