//! NDJSON, a block at a time; a line is handed on as a slice of the block.
//!
//! A line that grows beyond what is read ([`LINE_BYTES_MAX`]) is not kept any longer: its head and its length are shown
//! when it ends.

use super::files::Input;
use super::lines::{BLOCK, HEAD_BYTES, Lines, is_white};
use super::stream::Stream;
use crate::Error;
use records::decode::LINE_BYTES_MAX;

/// Room for the longest line that is read and one block more.
const BUFFER_MAX: usize = LINE_BYTES_MAX + BLOCK;

/// What is known of a line that is too long to be kept.
struct Overlong {
    head: Vec<u8>,
    length: u64,
    white: bool,
    /// Whether its last byte so far is `\r`.
    ends_in_return: bool,
}

impl Overlong {
    fn begin(bytes: &[u8]) -> Overlong {
        let head = bytes[..HEAD_BYTES].to_vec();
        let mut begun = Overlong { head, length: 0, white: true, ends_in_return: false };
        begun.take(bytes);
        begun
    }

    fn take(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        self.white &= is_white(bytes);
        self.ends_in_return = bytes.last().map_or(self.ends_in_return, |last| *last == b'\r');
    }

    fn report<L: Lines>(self, number: u64, is_ended: bool, lines: &mut L) -> Result<(), L::Error> {
        if self.white {
            return Ok(());
        }
        let length = self.length - u64::from(is_ended && self.ends_in_return);
        lines.overlong(number, &self.head, length)
    }
}

/// Reads a file line by line.
pub(super) fn read<L: Lines>(input: &Input, lines: &mut L) -> Result<(), L::Error> {
    let mut stream = Stream::open(input)?;
    let mut buffer = vec![0; BLOCK];
    // Bytes of the buffer that are an unfinished line.
    let mut kept = 0;
    let mut number = 0;
    let mut start_of_file = true;
    let mut overlong: Option<Overlong> = None;
    loop {
        if kept == buffer.len() {
            buffer.resize((2 * buffer.len()).min(BUFFER_MAX), 0);
        }
        let got = stream.read(&mut buffer[kept..]).map_err(|source| Error::read(&input.path, source))?;
        lines.bytes(stream.taken());
        let end = kept + got;
        let mut start = 0;
        if start_of_file && (end >= 3 || got == 0) {
            start_of_file = false;
            if buffer[..end].starts_with(b"\xef\xbb\xbf") {
                start = 3;
            }
        }
        if start_of_file {
            kept = end;
            continue;
        }
        while let Some(length) = memchr::memchr(b'\n', &buffer[start..end]) {
            number += 1;
            let line = &buffer[start..start + length];
            match overlong.take() {
                None if line.len() > LINE_BYTES_MAX => Overlong::begin(line).report(number, true, lines)?,
                None => lines.line(number, trim(line))?,
                Some(mut overlong) => {
                    overlong.take(line);
                    overlong.report(number, true, lines)?;
                }
            }
            start += length + 1;
        }
        if got == 0 {
            number += 1;
            match overlong.take() {
                Some(overlong) => overlong.report(number, false, lines)?,
                None if end - start > LINE_BYTES_MAX => {
                    Overlong::begin(&buffer[start..end]).report(number, false, lines)?;
                }
                None if start < end => lines.line(number, &buffer[start..end])?,
                None => {}
            }
            return Ok(());
        }
        let rest = &buffer[start..end];
        if let Some(overlong) = &mut overlong {
            overlong.take(rest);
            kept = 0;
        } else if rest.len() > LINE_BYTES_MAX {
            overlong = Some(Overlong::begin(rest));
            kept = 0;
        } else {
            buffer.copy_within(start..end, 0);
            kept = end - start;
        }
    }
}

/// The `\r` of `\r\n` is not part of a line.
fn trim(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::{Row, inputs, read};
    use super::*;

    #[derive(Default)]
    struct Kept {
        lines: Vec<(u64, Vec<u8>)>,
        overlong: Vec<(u64, usize, u64)>,
    }
    impl Lines for Kept {
        type Error = Error;
        fn line(&mut self, number: u64, line: &[u8]) -> Result<(), Error> {
            self.lines.push((number, line.to_vec()));
            Ok(())
        }
        fn overlong(&mut self, number: u64, head: &[u8], length: u64) -> Result<(), Error> {
            self.overlong.push((number, head.len(), length));
            Ok(())
        }
        fn row(&mut self, _number: u64, _row: &Row<'_>) -> Result<(), Error> {
            unreachable!("lines are no rows")
        }
    }

    fn all_of(bytes: &[u8]) -> Kept {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.ndjson");
        fs::write(&path, bytes).unwrap();
        let mut kept = Kept::default();
        read(&inputs(&[path], &mut Vec::new()).unwrap()[0], &mut kept).unwrap();
        kept
    }

    #[test]
    fn lines_are_numbered_and_trimmed() {
        let expected = vec![(1, b"a".to_vec()), (2, b"".to_vec()), (3, b"b".to_vec())];
        assert_eq!(all_of(b"\xef\xbb\xbfa\r\n\nb").lines, expected);
        assert_eq!(all_of(b"").lines, vec![]);
        assert_eq!(all_of(b"\n").lines, vec![(1, b"".to_vec())]);
        assert_eq!(all_of(b"x\n").lines, vec![(1, b"x".to_vec())]);
    }

    #[test]
    fn a_line_may_be_longer_than_a_block() {
        let long = vec![b'x'; 3 * BLOCK + 17];
        let mut bytes = long.clone();
        bytes.extend_from_slice(b"\ny");
        assert_eq!(all_of(&bytes).lines, vec![(1, long), (2, b"y".to_vec())]);
    }

    #[test]
    fn a_line_longer_than_any_is_reported_and_the_next_is_read() {
        let mut bytes = b"a\n".to_vec();
        bytes.resize(bytes.len() + LINE_BYTES_MAX + 3 * BLOCK, b'x');
        bytes.extend_from_slice(b"\r\nb\n");
        bytes.resize(bytes.len() + LINE_BYTES_MAX + 3 * BLOCK, b' ');
        bytes.extend_from_slice(b"\nc");
        let kept = all_of(&bytes);
        let short = kept.lines.iter().map(|(number, line)| (*number, line.len()));
        assert_eq!(short.collect::<Vec<_>>(), [(1, 1), (3, 1), (5, 1)]);
        assert_eq!(kept.overlong, [(2, HEAD_BYTES, (LINE_BYTES_MAX + 3 * BLOCK) as u64)]);
    }
}
