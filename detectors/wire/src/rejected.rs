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
    /// How many bytes `raw` has whole, if it is cut: after [`RAW_BYTES_MAX`], at a whole character.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_bytes: Option<u64>,
    /// What is wrong with it.
    pub text: String,
}

/// Bytes of a line or row that `raw` shows.
pub const RAW_BYTES_MAX: usize = 1 << 20;

/// A line or row as `rejected.ndjson` shows it.
#[derive(Clone, Debug)]
pub struct Raw {
    /// What it is, as JSON.
    pub json: Box<RawValue>,
    /// How many bytes it has, if that is not all of it.
    pub bytes: Option<u64>,
}

impl Raw {
    /// A line of so many bytes, of which `head` is the beginning or all.
    ///
    /// ```
    /// use wire::rejected::{RAW_BYTES_MAX, Raw};
    ///
    /// let raw = Raw::of_line("院".repeat(RAW_BYTES_MAX).as_bytes(), 3 << 20);
    /// assert_eq!((raw.json.get().len(), raw.bytes), (RAW_BYTES_MAX - 1 + 2, Some(3 << 20)));
    /// ```
    pub fn of_line(head: &[u8], length: u64) -> Raw {
        let shown = cut(head);
        Raw { json: raw_line(shown), bytes: (shown.len() as u64 != length).then_some(length) }
    }

    /// A row as the text of a JSON object; one that is too long is shown as the beginning of that text.
    pub fn of_object(json: String, length: u64) -> Raw {
        if json.len() <= RAW_BYTES_MAX
            && json.len() as u64 == length
            && let Ok(json) = RawValue::from_string(json.clone())
        {
            return Raw { json, bytes: None };
        }
        Raw::of_line(json.as_bytes(), length)
    }
}

/// The beginning of a text, at most [`RAW_BYTES_MAX`] bytes; no character of UTF-8 is cut.
fn cut(bytes: &[u8]) -> &[u8] {
    let head = &bytes[..bytes.len().min(RAW_BYTES_MAX)];
    match std::str::from_utf8(head) {
        Err(fault) if fault.error_len().is_none() && head.len() == RAW_BYTES_MAX => {
            &head[..fault.valid_up_to()]
        }
        _ => head,
    }
}

/// A place in an input: a line of a file, a message of a topic, or a line of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Origin {
    /// Name of the file as it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Id of the request, empty if it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// Line or row of the file or request, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The topic of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Its partition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<i64>,
    /// Its offset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
}

impl Origin {
    /// A line or row of a file.
    pub fn of_file(file: impl Into<String>, line: u64) -> Origin {
        Origin { file: Some(file.into()), line: Some(line), ..Origin::default() }
    }

    /// A line of a request.
    pub fn of_request(request: impl Into<String>, line: u64) -> Origin {
        Origin { request: Some(request.into()), line: Some(line), ..Origin::default() }
    }

    /// A message of a topic.
    pub fn of_topic(topic: impl Into<String>, partition: i32, offset: u64) -> Origin {
        let (topic, partition) = (Some(topic.into()), Some(i64::from(partition)));
        Origin { topic, partition, offset: Some(offset), ..Origin::default() }
    }
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

/// What stands for a line that is left out.
pub fn nothing() -> Box<RawValue> {
    to_raw_value(&()).expect("nothing is written to memory")
}

/// The bytes of a base64 text with padding (RFC 4648 section 4); none if it is no such text.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for four in text.as_bytes().chunks(4) {
        let padding = four.iter().rev().take_while(|byte| **byte == b'=').count();
        if four.len() != 4 || padding > 2 {
            return None;
        }
        let mut group = 0u32;
        for byte in four {
            let six = match byte {
                b'=' => 0,
                _ => u32::try_from(ALPHABET.iter().position(|known| known == byte)?).ok()?,
            };
            group = group << 6 | six;
        }
        bytes.extend_from_slice(&group.to_be_bytes()[1..4 - padding]);
    }
    Some(bytes)
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 with padding (RFC 4648 section 4).
pub fn base64(bytes: &[u8]) -> String {
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
            assert_eq!(from_base64(text).as_deref(), Some(bytes.as_bytes()));
        }
        assert_eq!((from_base64("Zg="), from_base64("Z!=="), from_base64("Z===")), (None, None, None));
    }
}
