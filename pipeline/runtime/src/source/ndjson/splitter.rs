//! Bytes of NDJSON, or of one JSON array, become entries: whatever the pieces they come in.
//!
//! * A file whose first character is `[` is one array, and each of its elements an entry. A syntax error makes one entry of
//!   all that follows from the beginning of its element, for nobody knows where the next one would begin.
//! * Otherwise each line is an entry. One that begins with `{` and breaks off may go on over the next lines: it is followed
//!   ([`ahead`](super::ahead)) until it closes at a line's end, and if it does not, the line alone is an entry and reading
//!   goes on at the next.
//!
//! Byte order marks at the beginning of a line are skipped. No more than the longest entry that is read
//! ([`LINE_BYTES_MAX`]) and one block are kept; of what is longer its head and its length are shown.

use records::decode::LINE_BYTES_MAX;

use super::super::lines::{BLOCK, Entries, HEAD_BYTES, MARK, Refused, is_white, without_mark};
use super::ahead::{Ahead, Found, breaks_off};
use super::follow::{Follow, Step};

/// What stands at the beginning of what is kept.
#[derive(Debug)]
enum Form {
    /// The file, of which nothing but white space has come.
    Start,
    /// A line.
    Lines,
    /// A line that broke off, and what is known of the lines behind it.
    Ahead(Ahead),
    /// A line that is too long.
    LongLine(Long),
    /// Something between the elements of an array.
    Between(Between),
    /// An element of it.
    Element {
        follow: Follow,
        /// Of what is kept, so much was followed.
        followed: usize,
        /// If it is too long: what of it is not kept any more.
        long: Option<Long>,
    },
    /// What no JSON goes on with, and all that follows.
    Rest(Long),
}

/// What may come between elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Between {
    /// The first element, or the end.
    First,
    /// An element.
    Element,
    /// A comma, or the end.
    Comma,
    /// Nothing: the array has ended.
    Nothing,
}

/// What is known of something that is too long to be kept.
#[derive(Debug, Default)]
struct Long {
    head: Vec<u8>,
    length: u64,
    /// Line ends in it.
    lines: u64,
    is_solid: bool,
    /// Whether its last byte so far is `\r`.
    ends_in_return: bool,
}

impl Long {
    fn take(&mut self, bytes: &[u8]) {
        let room = HEAD_BYTES - self.head.len();
        self.head.extend_from_slice(&bytes[..bytes.len().min(room)]);
        self.length += bytes.len() as u64;
        self.lines += memchr::memchr_iter(b'\n', bytes).count() as u64;
        self.is_solid |= !is_white(bytes);
        self.ends_in_return = bytes.last().map_or(self.ends_in_return, |last| *last == b'\r');
    }
}

/// Splits bytes into entries.
#[derive(Debug)]
pub struct Splitter {
    form: Form,
    buffer: Vec<u8>,
    /// What is kept: from here to there.
    start: usize,
    end: usize,
    /// Of what is kept, so much has no line end.
    searched: usize,
    /// The line that `start` is on, and whether it is its beginning.
    line: u64,
    begins_line: bool,
}

impl Default for Splitter {
    fn default() -> Splitter {
        Splitter {
            form: Form::Start,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            searched: 0,
            line: 1,
            begins_line: true,
        }
    }
}

impl Splitter {
    /// Room for the next bytes, of which there is some.
    pub fn room(&mut self) -> &mut [u8] {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let wanted = (2 * self.end).clamp(BLOCK, LINE_BYTES_MAX + 2 * BLOCK).max(self.end + BLOCK / 4);
        if self.buffer.len() < wanted {
            self.buffer.resize(wanted, 0);
        }
        &mut self.buffer[self.end..]
    }

    /// Takes so many bytes that were written to the room; hands on each entry that is whole.
    ///
    /// # Errors
    /// What `to` ends the reading with.
    pub fn take<E: Entries>(&mut self, count: usize, to: &mut E) -> Result<(), E::Error> {
        self.end = (self.end + count).min(self.buffer.len());
        while self.step(false, to)? {}
        Ok(())
    }

    /// Takes bytes, whatever their number.
    ///
    /// # Errors
    /// As [`Splitter::take`].
    pub fn feed<E: Entries>(&mut self, mut bytes: &[u8], to: &mut E) -> Result<(), E::Error> {
        while !bytes.is_empty() {
            let room = self.room();
            let count = bytes.len().min(room.len());
            let (some, rest) = bytes.split_at(count);
            room[..count].copy_from_slice(some);
            self.take(count, to)?;
            bytes = rest;
        }
        Ok(())
    }

    /// Nothing more comes: hands on what is left.
    ///
    /// # Errors
    /// As [`Splitter::take`].
    pub fn finish<E: Entries>(&mut self, to: &mut E) -> Result<(), E::Error> {
        while self.step(true, to)? {}
        Ok(())
    }

    /// Goes on as far as one form reaches; whether there may be more to do.
    fn step<E: Entries>(&mut self, is_end: bool, to: &mut E) -> Result<bool, E::Error> {
        match std::mem::replace(&mut self.form, Form::Lines) {
            Form::Start => Ok(self.start(is_end)),
            Form::Lines => self.lines(is_end, to),
            Form::Ahead(ahead) => self.ahead(ahead, is_end, to),
            Form::LongLine(long) => self.long_line(long, is_end, to),
            Form::Between(between) => self.between(between, is_end, to),
            Form::Element { follow, followed, long } => self.element(follow, followed, long, is_end, to),
            Form::Rest(long) => self.rest(long, is_end, to),
        }
    }

    fn kept(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Leaves so many bytes behind, and counts their lines.
    fn pass(&mut self, count: usize) {
        let passed = &self.buffer[self.start..self.start + count];
        self.line += memchr::memchr_iter(b'\n', passed).count() as u64;
        self.begins_line = passed.last().map_or(self.begins_line, |last| *last == b'\n');
        self.start += count;
        self.searched = 0;
    }

    /// Looks for the first character.
    fn start(&mut self, is_end: bool) -> bool {
        let kept = self.kept();
        let after_mark = kept.strip_prefix(MARK).unwrap_or(kept);
        let space = after_mark.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let is_cut_mark = kept.len() < MARK.len() && MARK.starts_with(kept);
        match after_mark.get(space) {
            Some(b'[') => {
                self.pass(kept.len() - after_mark.len() + space + 1);
                self.form = Form::Between(Between::First);
                true
            }
            // White space alone, or the beginning of a mark: more of it must be seen, unless it is a lot.
            _ if !is_end && kept.len() <= LINE_BYTES_MAX && (space == after_mark.len() || is_cut_mark) => {
                // Lines of white space are none: they may go, so that a file of nothing else takes no room.
                let lines = memchr::memrchr(b'\n', after_mark).map_or(0, |last| last + 1);
                let count = if lines > 0 { kept.len() - after_mark.len() + lines } else { 0 };
                self.pass(count);
                self.form = Form::Start;
                false
            }
            _ => true,
        }
    }

    /// Hands on the lines that are whole.
    fn lines<E: Entries>(&mut self, is_end: bool, to: &mut E) -> Result<bool, E::Error> {
        while let Some(found) = memchr::memchr(b'\n', &self.buffer[self.start + self.searched..self.end]) {
            let length = self.searched + found;
            let line = &self.buffer[self.start..self.start + length];
            if length > LINE_BYTES_MAX {
                let mut long = Long::default();
                long.take(line);
                self.form = Form::LongLine(long);
                self.start += length;
                self.searched = 0;
                return Ok(true);
            }
            let line = without_mark(line);
            if breaks_off(line) {
                self.form = Form::Ahead(Ahead::default());
                return Ok(true);
            }
            to.line(self.line, line.strip_suffix(b"\r").unwrap_or(line))?;
            self.line += 1;
            self.start += length + 1;
            self.searched = 0;
        }
        self.searched = self.end - self.start;
        if self.searched > LINE_BYTES_MAX {
            let mut long = Long::default();
            long.take(self.kept());
            self.form = Form::LongLine(long);
            self.start = self.end;
            self.searched = 0;
            return Ok(is_end);
        }
        if !is_end || self.searched == 0 {
            return Ok(false);
        }
        // The last line, which has no end; nothing follows that it could go on over.
        to.line(self.line, without_mark(self.kept()))?;
        self.pass(self.searched);
        Ok(false)
    }

    /// Follows a line that broke off over the next ones.
    fn ahead<E: Entries>(&mut self, mut ahead: Ahead, is_end: bool, to: &mut E) -> Result<bool, E::Error> {
        let kept = &self.buffer[self.start..self.end];
        let known = match ahead.look(kept, is_end) {
            Found::More => {
                self.form = Form::Ahead(ahead);
                return Ok(false);
            }
            Found::Known(known) => known,
        };
        let mut at = 0;
        while at < known {
            let entry = ahead.entry_at(&kept[..known], at);
            let bytes = match entry.text {
                Some(text) => &kept[text],
                None => {
                    let line = without_mark(&kept[at..entry.next]);
                    match line.strip_suffix(b"\n") {
                        Some(ended) => ended.strip_suffix(b"\r").unwrap_or(ended),
                        None => line,
                    }
                }
            };
            to.line(self.line, bytes)?;
            self.line += memchr::memchr_iter(b'\n', &kept[at..entry.next]).count() as u64;
            at = entry.next;
        }
        ahead.forget(known);
        self.start += known;
        self.searched = 0;
        self.begins_line = true;
        self.form = if ahead.goes_on() { Form::Ahead(ahead) } else { Form::Lines };
        Ok(true)
    }

    fn long_line<E: Entries>(&mut self, mut long: Long, is_end: bool, to: &mut E) -> Result<bool, E::Error> {
        let found = memchr::memchr(b'\n', self.kept());
        let length = found.unwrap_or(self.end - self.start);
        long.take(&self.buffer[self.start..self.start + length]);
        self.start += length;
        if found.is_none() && !is_end {
            self.form = Form::LongLine(long);
            return Ok(false);
        }
        if long.is_solid {
            let length = long.length - u64::from(found.is_some() && long.ends_in_return);
            to.refused(self.line, &Refused::overlong("line", &long.head, length))?;
        }
        self.pass(usize::from(found.is_some()));
        Ok(true)
    }

    /// Looks for the next element of the array.
    fn between<E: Entries>(&mut self, between: Between, is_end: bool, to: &mut E) -> Result<bool, E::Error> {
        let kept = self.kept();
        if self.begins_line && kept.starts_with(MARK) {
            self.pass(MARK.len());
            self.form = Form::Between(between);
            return Ok(true);
        }
        if self.begins_line && !is_end && kept.len() < MARK.len() && MARK.starts_with(kept) {
            self.form = Form::Between(between);
            return Ok(false);
        }
        let space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        // A line end stops it, for a mark may follow.
        let white = kept.iter().take_while(|byte| space(byte) && **byte != b'\n').count();
        let (next, count) = match (kept.get(white), between) {
            (Some(b'\n'), _) => (between, white + 1),
            (Some(b']'), Between::First | Between::Comma) => (Between::Nothing, white + 1),
            (Some(b','), Between::Comma) => (Between::Element, white + 1),
            (Some(_), Between::First | Between::Element) => {
                self.pass(white);
                self.form = Form::Element { follow: Follow::new(), followed: 0, long: None };
                return Ok(true);
            }
            (Some(_), Between::Comma | Between::Nothing) => {
                self.pass(white);
                self.form = Form::Rest(Long::default());
                return Ok(true);
            }
            (None, _) if !is_end => {
                self.pass(white);
                self.form = Form::Between(between);
                return Ok(false);
            }
            (None, _) => {
                self.pass(white);
                self.form = Form::Between(Between::Nothing);
                if between != Between::Nothing {
                    let text = "the file ends before the JSON array does".to_owned();
                    to.refused(self.line, &Refused { text, head: b"", length: 0 })?;
                }
                return Ok(false);
            }
        };
        self.pass(count);
        self.form = Form::Between(next);
        Ok(true)
    }

    /// Follows an element to its end.
    fn element<E: Entries>(
        &mut self,
        mut follow: Follow,
        followed: usize,
        mut long: Option<Long>,
        is_end: bool,
        to: &mut E,
    ) -> Result<bool, E::Error> {
        let kept = self.kept();
        let mut at = followed;
        let step = loop {
            match follow.advance(kept, at) {
                Step::Closed(to) if !follow.is_done() => at = to,
                step => break step,
            }
        };
        match step {
            Step::Closed(end) => {
                match &mut long {
                    Some(long) => {
                        long.take(&kept[..end]);
                        to.refused(self.line, &Refused::overlong("element", &long.head, long.length))?;
                        self.line += long.lines;
                        self.start += end;
                        self.begins_line = false;
                    }
                    None => {
                        to.line(self.line, &kept[..end])?;
                        self.pass(end);
                    }
                }
                self.form = Form::Between(Between::Comma);
                Ok(true)
            }
            Step::More if !is_end => {
                let mut followed = kept.len();
                if followed > LINE_BYTES_MAX || long.is_some() {
                    long.get_or_insert_default().take(kept);
                    self.start = self.end;
                    followed = 0;
                }
                self.form = Form::Element { follow, followed, long };
                Ok(false)
            }
            Step::More | Step::Broken(_) => {
                self.form = Form::Rest(long.unwrap_or_default());
                Ok(true)
            }
        }
    }

    /// Takes all that follows a syntax error.
    fn rest<E: Entries>(&mut self, mut long: Long, is_end: bool, to: &mut E) -> Result<bool, E::Error> {
        long.take(self.kept());
        self.start = self.end;
        if is_end {
            let text = "the JSON array breaks off here: nothing is read from here to the end of the file";
            to.refused(self.line, &Refused { text: text.to_owned(), head: &long.head, length: long.length })?;
            self.form = Form::Between(Between::Nothing);
        } else {
            self.form = Form::Rest(long);
        }
        Ok(false)
    }
}
