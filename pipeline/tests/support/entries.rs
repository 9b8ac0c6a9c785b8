//! How many entries a file of NDJSON or of one JSON array has, read a second time by the words of the contract alone.

use runtime::source::is_white;

/// A byte order mark.
pub(crate) const MARK: &[u8] = b"\xef\xbb\xbf";

/// Entries that count, of a file of NDJSON or of a JSON array; none if nobody reads the file.
pub(crate) fn entries_of_json(bytes: &[u8]) -> Option<u64> {
    if matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) {
        return None;
    }
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').map(without_mark).collect();
    let text = lines.concat();
    match text.trim_ascii_start().strip_prefix(b"[") {
        Some(elements) => Some(entries_of_array(elements)),
        None => Some(entries_of_lines(&lines)),
    }
}

fn without_mark(line: &[u8]) -> &[u8] {
    line.strip_prefix(MARK).unwrap_or(line)
}

/// Whether a text is one of JSON, or may become one.
fn is_json(text: &[u8]) -> Result<(), serde_json::Error> {
    serde_json::from_slice::<serde::de::IgnoredAny>(text).map(drop)
}

/// Lines, and objects over several of them: each is tried with all that may follow.
fn entries_of_lines(lines: &[&[u8]]) -> u64 {
    let (mut entries, mut at) = (0, 0);
    while at < lines.len() {
        let mut whole = lines[at].to_vec();
        let mut end = at + 1;
        let may_go_on = whole.trim_ascii_start().starts_with(b"{");
        let is_whole = loop {
            match is_json(&whole) {
                Ok(()) => break true,
                Err(fault) if !fault.is_eof() || !may_go_on || end == lines.len() => break false,
                Err(_) => whole.extend_from_slice(lines[end]),
            }
            end += 1;
        };
        entries += u64::from(!is_white(lines[at]));
        at = if is_whole { end } else { at + 1 };
    }
    entries
}

/// Elements, and what follows a syntax error.
fn entries_of_array(mut rest: &[u8]) -> u64 {
    let mut entries = 0;
    let mut is_first = true;
    loop {
        rest = rest.trim_ascii_start();
        if is_first && rest.first() == Some(&b']') {
            break;
        }
        is_first = false;
        let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<serde::de::IgnoredAny>();
        let is_value = matches!(values.next(), Some(Ok(_)));
        let end = values.byte_offset();
        entries += 1;
        // A number at the end of the file is not known to have ended.
        if !is_value
            || (end == rest.len() && !rest.ends_with(b"}") && !rest.ends_with(b"]") && !rest.ends_with(b"\""))
        {
            return entries;
        }
        rest = rest[end..].trim_ascii_start();
        match rest.first() {
            Some(b',') => rest = &rest[1..],
            Some(b']') => break,
            _ => return entries + 1,
        }
        if rest.trim_ascii_start().is_empty() {
            return entries + 1;
        }
    }
    entries + u64::from(!rest[1..].trim_ascii_start().is_empty())
}
