//! The bytes of a text file, and the same as UTF-8, a block at a time.
//!
//! The encoding is told by the lines of the first [`SAMPLE_BYTES`]: one speaks for UTF-8 if it is valid UTF-8 and has a
//! character of three bytes or more, against it if it is not valid. More against than for, and the file is GB18030. The
//! majority decides, for exports of several systems are laid into one file, and a single damaged line must not turn the
//! names of all others into something else. What is not valid in the encoding is replaced and its place noted, for
//! whoever rejects the row. Byte order marks at the beginning of a line are skipped.
//!
//! # Source
//! GB18030 as the WHATWG Encoding Standard has it.

use std::collections::VecDeque;
use std::ops::Range;
use std::path::PathBuf;

use encoding_rs::{Decoder, DecoderResult, GB18030};

use super::files::Input;
use super::lines::{BLOCK, utf16};
use super::stream::Stream;
use crate::Error;

/// So many bytes of a file, unpacked, tell its encoding.
pub(super) const SAMPLE_BYTES: usize = 16 << 20;

/// Byte order marks that are skipped: that of UTF-8, which tools also put before GB18030, and that of GB18030.
const MARKS: [&[u8]; 2] = [b"\xef\xbb\xbf", b"\x84\x31\x95\x33"];

/// A text file, open at what is to be read next.
pub(super) struct Text {
    path: PathBuf,
    stream: Stream,
    /// The beginning of the file, read already, and how much of it was handed on.
    sample: Vec<u8>,
    sample_at: usize,
    /// The beginning of a line that may become a mark.
    held: Vec<u8>,
    begins_line: bool,
    is_utf8: bool,
    /// If it is not UTF-8.
    gb18030: Option<Gb18030>,
}

/// A file that is not UTF-8.
struct Gb18030 {
    decoder: Decoder,
    /// Its bytes, from the row at hand on.
    bytes: Vec<u8>,
    start: usize,
    /// Bytes of text that were decoded so far, and where in them something invalid was replaced.
    decoded: u64,
    invalid: VecDeque<u64>,
}

impl Text {
    /// Opens a file and finds out its encoding.
    pub(super) fn open(input: &Input) -> Result<Text, Error> {
        let mut stream = Stream::open(input)?;
        let mut sample = Vec::new();
        let mut is_whole = false;
        while sample.len() < SAMPLE_BYTES && !is_whole {
            let before = sample.len();
            sample.resize(before + BLOCK, 0);
            let got = stream.read(&mut sample[before..]);
            let got = got.map_err(|source| Error::read(&input.path, source))?;
            sample.truncate(before + got);
            is_whole = got == 0;
        }
        utf16(&input.path, &sample)?;
        let is_utf8 = is_utf8(&sample[..sample.len().min(SAMPLE_BYTES)], is_whole);
        let gb18030 = (!is_utf8).then(|| Gb18030 {
            decoder: GB18030.new_decoder_without_bom_handling(),
            bytes: Vec::new(),
            start: 0,
            decoded: 0,
            invalid: VecDeque::new(),
        });
        let path = input.path.clone();
        Ok(Text { path, stream, sample, sample_at: 0, held: Vec::new(), begins_line: true, is_utf8, gb18030 })
    }

    /// Whether it is UTF-8.
    pub(super) fn is_utf8(&self) -> bool {
        self.is_utf8
    }

    /// The name of the encoding.
    pub(super) fn encoding(&self) -> &'static str {
        if self.is_utf8 { "UTF-8" } else { "GB18030" }
    }

    /// Appends the next block to `text`; `false` at the end of the file. Of a UTF-8 file the block may be no text.
    pub(super) fn append(&mut self, text: &mut Vec<u8>) -> Result<bool, Error> {
        let Some(mut gb18030) = self.gb18030.take() else { return self.append_bytes(text) };
        gb18030.bytes.drain(..std::mem::take(&mut gb18030.start));
        let before = gb18030.bytes.len();
        let goes_on = self.append_bytes(&mut gb18030.bytes)?;
        gb18030.decode(before, !goes_on, text);
        self.gb18030 = Some(gb18030);
        Ok(goes_on)
    }

    /// Appends the next block of bytes, without marks.
    fn append_bytes(&mut self, bytes: &mut Vec<u8>) -> Result<bool, Error> {
        let before = bytes.len();
        bytes.append(&mut self.held);
        let got = if self.sample_at < self.sample.len() {
            let end = self.sample.len().min(self.sample_at + BLOCK);
            bytes.extend_from_slice(&self.sample[self.sample_at..end]);
            let got = end - self.sample_at;
            self.sample_at = end;
            if end == self.sample.len() {
                (self.sample, self.sample_at) = (Vec::new(), 0);
            }
            got
        } else {
            let begin = bytes.len();
            bytes.resize(begin + BLOCK, 0);
            let got = self.stream.read(&mut bytes[begin..]);
            bytes.truncate(begin + got.as_ref().copied().unwrap_or(0));
            got.map_err(|source| Error::read(&self.path, source))?
        };
        self.skip_marks(bytes, before, got == 0);
        Ok(got > 0)
    }

    /// Removes marks at the beginning of lines from `begin` on; what may become one is held back.
    fn skip_marks(&mut self, bytes: &mut Vec<u8>, begin: usize, is_end: bool) {
        let marks = if self.is_utf8 { &MARKS[..1] } else { &MARKS[..] };
        // From the last place to the first, so that what is removed moves nothing that is still to be looked at.
        for mark in marks {
            let places: Vec<usize> = memchr::memmem::find_iter(&bytes[begin..], mark).collect();
            for place in places.into_iter().rev().map(|place| begin + place) {
                let begins_line = match place == begin {
                    true => self.begins_line,
                    false => matches!(bytes[place - 1], b'\n' | b'\r'),
                };
                if begins_line {
                    bytes.drain(place..place + mark.len());
                }
            }
        }
        let last = memchr::memrchr2(b'\n', b'\r', &bytes[begin..]).map(|last| begin + last + 1);
        let line = last.or(self.begins_line.then_some(begin));
        if let Some(line) = line.filter(|line| *line < bytes.len() && !is_end)
            && marks.iter().any(|mark| mark.starts_with(&bytes[line..]))
        {
            self.held = bytes.split_off(line);
        }
        if bytes.len() > begin {
            self.begins_line = matches!(bytes.last(), Some(b'\n' | b'\r'));
        }
    }

    /// Of a GB18030 file, where the bytes of the row at hand are: to its last line end of so many, or to the end.
    pub(super) fn row(&self, line_ends: usize, is_ended: bool) -> Option<Range<usize>> {
        let gb18030 = self.gb18030.as_ref()?;
        let end = if is_ended { gb18030.after(line_ends) } else { gb18030.bytes.len() };
        Some(gb18030.start..end)
    }

    /// Bytes of a GB18030 file.
    pub(super) fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.gb18030.as_ref().and_then(|gb18030| gb18030.bytes.get(range)).unwrap_or_default()
    }

    /// Passes so many line ends of a GB18030 file; without any, nothing.
    pub(super) fn pass(&mut self, line_ends: usize) {
        if let Some(gb18030) = self.gb18030.as_mut().filter(|_| line_ends > 0) {
            gb18030.start = gb18030.after(line_ends);
        }
    }

    /// Passes all bytes of a GB18030 file that were read; gives their number.
    pub(super) fn pass_all(&mut self) -> Option<u64> {
        let gb18030 = self.gb18030.as_mut()?;
        let passed = gb18030.bytes.len() - gb18030.start;
        gb18030.start = gb18030.bytes.len();
        Some(passed as u64)
    }

    /// Whether anything invalid was replaced in the text before this place; forgets it.
    pub(super) fn had_invalid_before(&mut self, place: u64) -> bool {
        let Some(gb18030) = &mut self.gb18030 else { return false };
        let count = gb18030.invalid.iter().take_while(|invalid| **invalid < place).count();
        gb18030.invalid.drain(..count);
        count > 0
    }

    /// Bytes taken from the file since this was last asked.
    pub(super) fn taken(&self) -> u64 {
        self.stream.taken()
    }
}

impl Gb18030 {
    /// The place behind so many line ends.
    fn after(&self, line_ends: usize) -> usize {
        let mut ends = memchr::memchr2_iter(b'\n', b'\r', &self.bytes[self.start..]);
        let last = line_ends.checked_sub(1).and_then(|nth| ends.nth(nth));
        match last {
            Some(last) => self.start + last + 1,
            None if line_ends == 0 => self.start,
            None => self.bytes.len(),
        }
    }

    /// Decodes the bytes from `at` on.
    fn decode(&mut self, mut at: usize, is_end: bool, text: &mut Vec<u8>) {
        loop {
            let rest = &self.bytes[at..];
            // A character has no more than three bytes of text for one of its own, and one may be unfinished.
            let before = text.len();
            text.resize(before + 3 * rest.len() + 16, 0);
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(rest, &mut text[before..], is_end);
            text.truncate(before + written);
            self.decoded += written as u64;
            at += read;
            match result {
                DecoderResult::InputEmpty => return,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => {
                    self.invalid.push_back(self.decoded);
                    let replacement = "\u{fffd}".as_bytes();
                    text.extend_from_slice(replacement);
                    self.decoded += replacement.len() as u64;
                }
            }
        }
    }
}

/// What a line says of its encoding: that it is UTF-8, that it is not, or nothing.
fn speaks(line: &[u8]) -> Option<bool> {
    if line.is_ascii() {
        return None;
    }
    let line = line.strip_prefix(MARKS[0]).unwrap_or(line);
    match std::str::from_utf8(line) {
        // The first byte of a character of three or four bytes.
        Ok(_) => line.iter().any(|byte| *byte >= 0xe0).then_some(true),
        Err(_) => Some(false),
    }
}

/// Lines of a text that say that they are UTF-8, or that they are not.
pub(super) fn lines_that_speak(text: &[u8], for_utf8: bool) -> u64 {
    lines(text).filter(|line| speaks(line) == Some(for_utf8)).count() as u64
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| matches!(byte, b'\n' | b'\r'))
}

/// Whether the lines of the beginning of a file say that it is UTF-8.
fn is_utf8(sample: &[u8], is_whole: bool) -> bool {
    let whole = match memchr::memrchr2(b'\n', b'\r', sample) {
        _ if is_whole => sample,
        Some(last) => &sample[..last],
        // One line: as far as its characters are whole.
        None => match std::str::from_utf8(sample) {
            Err(fault) if fault.error_len().is_none() => &sample[..fault.valid_up_to()],
            _ => sample,
        },
    };
    if whole.is_ascii() {
        return true;
    }
    let (mut of_it, mut against) = (0_u64, 0_u64);
    for line in lines(whole) {
        match speaks(line) {
            Some(true) => of_it += 1,
            Some(false) => against += 1,
            None => {}
        }
    }
    against <= of_it
}

#[cfg(test)]
mod tests {
    use super::super::inputs;
    use super::*;

    /// The text of a file, and whether anything in it was invalid.
    fn text_of(bytes: &[u8]) -> Result<(String, &'static str, bool), Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("visit.csv");
        std::fs::write(&path, bytes).unwrap();
        let mut text = Text::open(&inputs(&[path], None, &mut Vec::new()).unwrap()[0])?;
        let mut all = Vec::new();
        while text.append(&mut all)? {}
        let had_invalid = text.had_invalid_before(u64::MAX);
        Ok((String::from_utf8_lossy(&all).into_owned(), text.encoding(), had_invalid))
    }

    fn gb18030(text: &str) -> Vec<u8> {
        GB18030.encode(text).0.into_owned()
    }

    fn check(bytes: &[u8], expected: (&str, &'static str, bool)) {
        let (text, encoding, had_invalid) = text_of(bytes).unwrap();
        assert_eq!((text.as_str(), encoding, had_invalid), expected);
    }

    #[test]
    fn the_majority_of_lines_tells_the_encoding() {
        check(b"", ("", "UTF-8", false));
        check(b"a,b\n", ("a,b\n", "UTF-8", false));
        check("\u{feff}医院,é".as_bytes(), ("医院,é", "UTF-8", false));
        // Two bytes say nothing, for GB18030 has such characters too; what is no UTF-8 says enough.
        check("é\né\n".as_bytes(), ("é\né\n", "UTF-8", false));
        check(&gb18030("人民医院,€,\u{20000}"), ("人民医院,€,\u{20000}", "GB18030", false));
        // Two characters of GB18030 may happen to be UTF-8, of two bytes each: they say nothing.
        assert!(std::str::from_utf8(&gb18030("医院")).is_ok());
        check(&gb18030("北京\n医院\n"), ("北京\n医院\n", "GB18030", false));
        // One against two, two against one, one against one.
        let mixed = |utf8: &str, other: &str| [utf8.as_bytes(), &gb18030(other)].concat();
        let (text, encoding, _) = text_of(&mixed("北京\n上海\n", "人民\n")).unwrap();
        assert_eq!((text.starts_with("北京\n上海\n"), encoding), (true, "UTF-8"));
        assert_eq!(text_of(&mixed("北京\n", "上海\n人民\n")).unwrap().1, "GB18030");
        assert_eq!(text_of(&mixed("北京\n", "人民\n")).unwrap().1, "UTF-8");
    }

    #[test]
    fn what_is_not_of_the_encoding_is_noted_and_the_next_line_is_read() {
        let bytes = [&gb18030("北京\n人民\n")[..], b"a\xff,b\xb0\nc\n"].concat();
        check(&bytes, ("北京\n人民\na\u{fffd},b\u{fffd}\nc\n", "GB18030", true));
    }

    #[test]
    fn characters_and_marks_may_be_cut_by_blocks() {
        for before in BLOCK - 4..BLOCK + 1 {
            let utf8 = format!("{}京{}", "x".repeat(before), "y".repeat(10));
            check(utf8.as_bytes(), (&utf8, "UTF-8", false));
            check(&gb18030(&utf8), (&utf8, "GB18030", false));
            let marked = format!("{}\n\u{feff}京", "x".repeat(before));
            check(marked.as_bytes(), (&marked.replace('\u{feff}', ""), "UTF-8", false));
            check(&gb18030(&marked), (&marked.replace('\u{feff}', ""), "GB18030", false));
        }
        check("\u{feff}a\r\u{feff}b\u{feff}\n\u{feff}".as_bytes(), ("a\rb\u{feff}\n", "UTF-8", false));
        check(&[&b"\xef\xbb\xbf"[..], &gb18030("北京\n")].concat(), ("北京\n", "GB18030", false));
    }

    #[test]
    fn utf16_ends_the_run() {
        for bytes in [&b"\xff\xfea\0"[..], b"\xfe\xff\0a"] {
            let error = text_of(bytes).unwrap_err();
            assert_eq!(error.exit_code(), 3, "{bytes:?}");
            assert!(std::error::Error::source(&error).unwrap().to_string().contains("UTF-16"));
        }
    }
}
