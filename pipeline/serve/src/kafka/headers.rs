//! Headers of a message as bytes beside it, and as they are kept with a reject.
//!
//! A header is the length of its name (4 bytes, little endian), its name, the length of its value (the largest number
//! where it has none), its value.

use rdkafka::message::Headers;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use wire::rejected::raw_line;

/// A header of a message that was rejected.
#[derive(Debug, Serialize, Deserialize)]
pub struct StoredHeader {
    /// Its name.
    pub name: String,
    /// Its value: a text, or `{"base64": ...}`; none, if it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Box<RawValue>>,
}

/// Headers as bytes.
pub(super) fn pack(headers: &impl Headers) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut part = |part: Option<&[u8]>| {
        let length = part.map_or(u32::MAX, |part| u32::try_from(part.len()).unwrap_or(u32::MAX - 1));
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(part.unwrap_or_default());
    };
    for header in headers.iter() {
        part(Some(header.key.as_bytes()));
        part(header.value);
    }
    bytes
}

/// Takes a part from the front; none if there is no whole one.
fn part<'b>(bytes: &mut &'b [u8]) -> Option<Option<&'b [u8]>> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = u32::from_le_bytes(*length);
    if length == u32::MAX {
        *bytes = rest;
        return Some(None);
    }
    let (part, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    *bytes = rest;
    Some(Some(part))
}

/// Headers of these bytes, as they are kept.
pub(crate) fn stored(mut bytes: &[u8]) -> Vec<StoredHeader> {
    let mut headers = Vec::new();
    while let (Some(Some(name)), Some(value)) = (part(&mut bytes), part(&mut bytes)) {
        let name = String::from_utf8_lossy(name).into_owned();
        headers.push(StoredHeader { name, value: value.map(raw_line) });
    }
    headers
}

#[cfg(test)]
mod tests {
    use rdkafka::message::{Header, OwnedHeaders};

    use super::*;

    #[test]
    fn headers_are_kept_as_they_came() {
        let headers = OwnedHeaders::new()
            .insert(Header { key: "a", value: Some("text") })
            .insert(Header { key: "", value: Some(&b"\xff"[..]) })
            .insert(Header { key: "none", value: None::<&str> })
            .insert(Header { key: "empty", value: Some("") });
        let kept = serde_json::to_string(&stored(&pack(&headers))).unwrap();
        assert_eq!(
            kept,
            r#"[{"name":"a","value":"text"},{"name":"","value":{"base64":"/w=="}},{"name":"none"},{"name":"empty","value":""}]"#
        );
    }
}
