//! The words of JSON: space, strings, numbers and the three literals, by RFC 8259 to the letter.
//!
//! Every function takes the place where it begins and returns where it ends. Strings are searched eight bytes a
//! step; one with escapes is a slow path into the side buffer.

use super::cells::{Cell, Tag};
use crate::spaces::{SPACES, trim};

/// Where a text stops being a JSON object of the contract, and why.
#[derive(Debug)]
pub(super) struct Broken {
    /// Byte of the text, from 0.
    pub(super) at: usize,
    /// What is wrong there, a fragment.
    pub(super) what: &'static str,
}

/// What was found, or why it is no JSON.
pub(super) type Scan<T> = Result<T, Broken>;

/// The end of a scan.
#[cold]
pub(super) fn broken<T>(at: usize, what: &'static str) -> Scan<T> {
    Err(Broken { at, what })
}

/// The byte at `at`; 0 at the end, which no rule of the grammar takes.
#[inline]
pub(super) fn byte(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or(0)
}

#[inline]
pub(super) fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(byte(bytes, at), b' ' | b'\t' | b'\n' | b'\r') {
        at += 1;
    }
    at
}

pub(super) fn only_space(bytes: &[u8], at: usize) -> Scan<()> {
    let at = skip_space(bytes, at);
    if at == bytes.len() { Ok(()) } else { broken(at, "something follows the end") }
}

/// Where the value begins whose key ended before `at`.
#[inline]
pub(super) fn after_colon(bytes: &[u8], at: usize) -> Scan<usize> {
    match bytes.get(at..at + 3) {
        Some([b':', b' ', b'!'..=0xff]) => Ok(at + 2),
        Some([b':', b'!'..=0xff, _]) => Ok(at + 1),
        _ => after_spaced_colon(bytes, at),
    }
}

fn after_spaced_colon(bytes: &[u8], at: usize) -> Scan<usize> {
    let at = skip_space(bytes, at);
    if byte(bytes, at) != b':' {
        return broken(at, "expected a colon");
    }
    Ok(skip_space(bytes, at + 1))
}

/// The string whose opening quote stands at `at`, and one past its closing quote.
#[inline]
pub(super) fn string(line: &str, at: usize, side: &mut String) -> Scan<(Cell, usize)> {
    let start = at + 1;
    let end = plain_end(line.as_bytes(), start);
    match byte(line.as_bytes(), end) {
        b'"' => Ok((Cell::spanning(Tag::Text, start, end), end + 1)),
        b'\\' => unescaped(line, start, end, side),
        _ => broken(end, unfinished(line, end)),
    }
}

/// As [`string`], of a value: white space around it is not part of it.
#[inline]
pub(super) fn value_text(line: &str, at: usize, side: &mut String) -> Scan<(Cell, usize)> {
    let (cell, after) = string(line, at, side)?;
    let base = if cell.tag() == Tag::SideText { side.as_bytes() } else { line.as_bytes() };
    if let Some([first, ..]) = base.get(cell.start()..cell.end())
        && EDGES[usize::from(*first)] | EDGES[usize::from(base[cell.end() - 1])]
    {
        return Ok((trimmed(line, cell, side), after));
    }
    Ok((cell, after))
}

/// Bytes that white space around a value begins or ends with; most characters that do so are none of it.
const EDGES: [bool; 256] = {
    let mut edges = [false; 256];
    let all = *b" \t\xc2\xa0\xe3\x80";
    let mut nth = 0;
    while nth < all.len() {
        edges[all[nth] as usize] = true;
        nth += 1;
    }
    edges
};

#[cold]
fn trimmed(line: &str, cell: Cell, side: &str) -> Cell {
    let base = if cell.tag() == Tag::SideText { side } else { line };
    let text = &base[cell.start()..cell.end()];
    let start = cell.start() + text.len() - text.trim_start_matches(SPACES).len();
    Cell::spanning(cell.tag(), start, start + trim(text).len())
}

#[cold]
fn unfinished(line: &str, at: usize) -> &'static str {
    if at < line.len() { "a control character in a string" } else { "a string without end" }
}

/// Where a quote, a backslash, a control character or the end of the line comes next.
#[inline]
fn plain_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<STEP>()) {
        let plain = plain_bytes(chunk);
        at += plain;
        if plain < STEP {
            return at;
        }
    }
    // The zeros behind the end of the line are control characters.
    let rest = bytes.get(at..).unwrap_or_default();
    let mut chunk = [0; STEP];
    chunk[..rest.len()].copy_from_slice(rest);
    at + plain_bytes(&chunk)
}

/// Bytes of a string looked at in one step.
const STEP: usize = 8;

/// How many bytes come before the first quote, backslash or control character.
#[inline]
fn plain_bytes(chunk: &[u8; STEP]) -> usize {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let chunk = u64::from_le_bytes(*chunk);
    let quote = chunk ^ (LOW * 0x22);
    let backslash = chunk ^ (LOW * 0x5c);
    // The lowest bit set is exact; a borrow can set false ones above it only.
    let found = (quote.wrapping_sub(LOW) & !quote
        | backslash.wrapping_sub(LOW) & !backslash
        | chunk.wrapping_sub(LOW * 0x20) & !chunk)
        & HIGH;
    (found.trailing_zeros() / 8) as usize
}

/// The rest of a string with escapes: its text goes to the side buffer.
#[cold]
fn unescaped(line: &str, start: usize, mut at: usize, side: &mut String) -> Scan<(Cell, usize)> {
    let bytes = line.as_bytes();
    let side_start = side.len();
    side.push_str(&line[start..at]);
    loop {
        match byte(bytes, at) {
            b'"' => return Ok((Cell::spanning(Tag::SideText, side_start, side.len()), at + 1)),
            b'\\' => {
                let (character, after) = escape(bytes, at)?;
                side.push(character);
                at = after;
            }
            _ => return broken(at, unfinished(line, at)),
        }
        let plain = at;
        at = plain_end(bytes, at);
        side.push_str(&line[plain..at]);
    }
}

/// The character of the escape at `at`, and where it ends.
fn escape(bytes: &[u8], at: usize) -> Scan<(char, usize)> {
    let plain = |character| Ok((character, at + 2));
    match byte(bytes, at + 1) {
        quoted @ (b'"' | b'\\' | b'/') => plain(char::from(quoted)),
        b'b' => plain('\u{8}'),
        b'f' => plain('\u{c}'),
        b'n' => plain('\n'),
        b'r' => plain('\r'),
        b't' => plain('\t'),
        b'u' => {
            let Some(first) = four_digits(bytes, at + 2) else {
                return broken(at, "an escape without four digits");
            };
            if let Some(character) = char::from_u32(first) {
                return Ok((character, at + 6));
            }
            let second = (byte(bytes, at + 6) == b'\\' && byte(bytes, at + 7) == b'u')
                .then(|| four_digits(bytes, at + 8))
                .flatten();
            match second {
                Some(second @ 0xdc00..=0xdfff) if first < 0xdc00 => {
                    let scalar = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                    let character = char::from_u32(scalar).expect("a pair of surrogates is a character");
                    Ok((character, at + 12))
                }
                _ => broken(at, "a lone surrogate"),
            }
        }
        _ => broken(at, "an unknown escape"),
    }
}

fn four_digits(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 4)?;
    digits.iter().try_fold(0, |value, digit| Some(value * 16 + char::from(*digit).to_digit(16)?))
}

/// The number, boolean or null at `at`, and where it ends.
#[inline]
pub(super) fn scalar(bytes: &[u8], at: usize) -> Scan<(Cell, usize)> {
    match byte(bytes, at) {
        b'-' | b'0'..=b'9' => number(bytes, at),
        b't' => literal(bytes, at, b"true", Tag::True),
        b'f' => literal(bytes, at, b"false", Tag::False),
        b'n' => literal(bytes, at, b"null", Tag::Null),
        _ => broken(at, "expected a value"),
    }
}

fn literal(bytes: &[u8], at: usize, text: &[u8], tag: Tag) -> Scan<(Cell, usize)> {
    let end = at + text.len();
    if bytes.get(at..end) != Some(text) {
        return broken(at, "expected a value");
    }
    Ok((Cell::spanning(tag, at, end), end))
}

#[inline]
fn number(bytes: &[u8], start: usize) -> Scan<(Cell, usize)> {
    let mut at = start + usize::from(byte(bytes, start) == b'-');
    let whole = at;
    at = skip_digits(bytes, at);
    if at == whole || (bytes[whole] == b'0' && at > whole + 1) {
        return broken(start, "not a number of JSON");
    }
    if byte(bytes, at) == b'.' {
        let fraction = at + 1;
        at = skip_digits(bytes, fraction);
        if at == fraction {
            return broken(start, "not a number of JSON");
        }
    }
    if matches!(byte(bytes, at), b'e' | b'E') {
        at += 1;
        at += usize::from(matches!(byte(bytes, at), b'+' | b'-'));
        let exponent = at;
        at = skip_digits(bytes, at);
        if at == exponent {
            return broken(start, "not a number of JSON");
        }
    }
    Ok((Cell::spanning(Tag::Number, start, at), at))
}

#[inline]
fn skip_digits(bytes: &[u8], mut at: usize) -> usize {
    while byte(bytes, at).is_ascii_digit() {
        at += 1;
    }
    at
}
