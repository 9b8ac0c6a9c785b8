//! Lines that were not accepted: a line of `rejected.ndjson`.

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use crate::text::Keyword;

/// A line of `rejected.ndjson`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rejected {
    /// The contract's code.
    pub code: Keyword,
    /// Where the line or row stands.
    pub origin: Origin,
    /// The line as a text, a line that is not UTF-8 as `{"base64": ...}`, a row as an object of its cells.
    ///
    /// JSON text as it is: numbers of a typed column have more digits than a parsed value keeps.
    pub raw: Box<RawValue>,
    /// What is wrong with it.
    pub text: String,
}

/// A place in an input.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Origin {
    /// Name of the file as it was given.
    pub file: String,
    /// Line or row, from 1.
    pub line: u64,
}

/// A line as it stands in its file, as JSON: its text, or base64 of its bytes where they are not UTF-8.
///
/// ```
/// assert_eq!(wire::rejected::raw_line(b"a\"b").get(), r#""a\"b""#);
/// assert_eq!(wire::rejected::raw_line(&[0xff]).get(), r#"{"base64":"/w=="}"#);
/// ```
pub fn raw_line(line: &[u8]) -> Box<RawValue> {
    #[derive(Serialize)]
    struct Bytes {
        base64: String,
    }
    let raw = match std::str::from_utf8(line) {
        Ok(text) => to_raw_value(text),
        Err(_) => to_raw_value(&Bytes { base64: base64(line) }),
    };
    raw.expect("texts are written to memory")
}

/// Base64 with padding (RFC 4648 section 4).
pub fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let padded = [three[0], *three.get(1).unwrap_or(&0), *three.get(2).unwrap_or(&0)];
        let group = u32::from_be_bytes([0, padded[0], padded[1], padded[2]]);
        for nth in 0..4 {
            let six = (group >> (18 - 6 * nth)) & 63;
            text.push(if nth <= three.len() { char::from(ALPHABET[six as usize]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_become_base64() {
        // The examples of RFC 4648 section 10.
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }
}
