//! A text file as UTF-8, a block at a time: UTF-8 if all its bytes are, else GB18030.
//!
//! Which of the two is known only at the end of the file, so it is read twice: once to look, once to read. Bytes that
//! are neither are an error, for a guess would change what somebody learns about a person. A byte order mark is
//! skipped.

use std::fs::File;
use std::io::{self, Seek};
use std::path::PathBuf;

use encoding_rs::{Decoder, DecoderResult, GB18030};

use super::files::{Input, Packing};
use super::lines::{BLOCK, damaged};
use super::stream::{Stream, open_for_two_readings};
use crate::Error;

/// A text file, open at what is to be read next.
pub(super) struct Text {
    path: PathBuf,
    stream: Stream,
    /// If it is not UTF-8: its decoder and room for a block of its bytes.
    gb18030: Option<(Decoder, Vec<u8>)>,
    at_start: bool,
}

impl Text {
    /// Opens a file and finds out its encoding.
    pub(super) fn open(input: &Input) -> Result<Text, Error> {
        let failed = |source| Error::read(&input.path, source);
        let mut file = open_for_two_readings(input).map_err(failed)?;
        let is_utf8 = is_utf8(&file, input.packing).map_err(failed)?;
        file.rewind().map_err(failed)?;
        Ok(Text {
            path: input.path.clone(),
            stream: Stream::of(file, input.packing).map_err(failed)?,
            gb18030: (!is_utf8).then(|| (GB18030.new_decoder_without_bom_handling(), vec![0; BLOCK])),
            at_start: true,
        })
    }

    /// Appends the next block to `text`; `false` at the end of the file.
    pub(super) fn append(&mut self, text: &mut Vec<u8>) -> Result<bool, Error> {
        let before = text.len();
        let goes_on = match &mut self.gb18030 {
            None => {
                text.resize(before + BLOCK, 0);
                let got = self.stream.read(&mut text[before..]);
                text.truncate(before + got.as_ref().copied().unwrap_or(0));
                got.map_err(|source| Error::read(&self.path, source))? > 0
            }
            Some((decoder, block)) => {
                let got = self.stream.read(block);
                let got = got.map_err(|source| Error::read(&self.path, source))?;
                let room = decoder.max_utf8_buffer_length_without_replacement(got);
                let room = room.ok_or_else(|| damaged(&self.path, "a block too large to decode"))?;
                text.resize(before + room, 0);
                let (result, _, written) =
                    decoder.decode_to_utf8_without_replacement(&block[..got], &mut text[before..], got == 0);
                text.truncate(before + written);
                if result != DecoderResult::InputEmpty {
                    return Err(damaged(&self.path, "the text is neither UTF-8 nor GB18030"));
                }
                got > 0
            }
        };
        const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
        // A first read may be shorter than the mark; files are not, pipes are copied to files.
        if self.at_start && text.len() - before >= BYTE_ORDER_MARK.len() {
            self.at_start = false;
            if text[before..].starts_with(BYTE_ORDER_MARK) {
                text.drain(before..before + BYTE_ORDER_MARK.len());
            }
        }
        Ok(goes_on)
    }

    /// Bytes taken from the file since this was last asked.
    pub(super) fn taken(&self) -> u64 {
        self.stream.taken()
    }
}

/// Whether all of a file is UTF-8.
fn is_utf8(file: &File, packing: Packing) -> io::Result<bool> {
    let mut stream = Stream::of(file.try_clone()?, packing)?;
    let mut block = vec![0; BLOCK];
    // Bytes at the start of the block that began a character the block before did not end.
    let mut kept = 0;
    loop {
        let got = stream.read(&mut block[kept..])?;
        if got == 0 {
            return Ok(kept == 0);
        }
        let end = kept + got;
        kept = match std::str::from_utf8(&block[..end]) {
            Ok(_) => 0,
            Err(fault) if fault.error_len().is_none() => {
                block.copy_within(fault.valid_up_to()..end, 0);
                end - fault.valid_up_to()
            }
            Err(_) => return Ok(false),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::super::inputs;
    use super::*;

    fn text_of(bytes: &[u8]) -> Result<String, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("visit.csv");
        std::fs::write(&path, bytes).unwrap();
        let mut text = Text::open(&inputs(&[path], &mut Vec::new()).unwrap()[0])?;
        let mut all = Vec::new();
        while text.append(&mut all)? {}
        Ok(String::from_utf8(all).unwrap())
    }

    #[test]
    fn text_is_utf8_if_all_of_it_is() {
        assert_eq!(text_of(b"").unwrap(), "");
        assert_eq!(text_of("\u{feff}医院,é".as_bytes()).unwrap(), "医院,é");
        // One character over the edge of a block.
        let long = format!("{}院{}", "x".repeat(BLOCK - 1), "y".repeat(10));
        assert_eq!(text_of(long.as_bytes()).unwrap(), long);
    }

    #[test]
    fn other_text_is_gb18030() {
        let (bytes, _, _) = encoding_rs::GB18030.encode("人民医院,€,\u{20000}");
        assert_eq!(text_of(&bytes).unwrap(), "人民医院,€,\u{20000}");
        let with_mark = [&[0x84, 0x31, 0x95, 0x33], &bytes[..]].concat();
        assert_eq!(text_of(&with_mark).unwrap(), "人民医院,€,\u{20000}");
        // UTF-8 that is cut in its last character, read as what it then is.
        let long = [&b"x".repeat(BLOCK - 1)[..], &bytes].concat();
        assert_eq!(text_of(&long).unwrap(), format!("{}人民医院,€,\u{20000}", "x".repeat(BLOCK - 1)));
    }

    #[test]
    fn text_that_is_neither_is_an_error() {
        for bytes in [&b"a,\xff"[..], b"a\xb0", b"\xff\xfea\0"] {
            let error = text_of(bytes).unwrap_err();
            assert_eq!(error.exit_code(), 3, "{bytes:?}");
        }
    }
}
