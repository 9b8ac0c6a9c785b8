//! Text that shows itself and does nothing else: values of records, names of files and banks in front of people.
//!
//! A terminal obeys some characters instead of showing them: it moves, colours, sets titles, answers. Others turn the
//! direction of what stands beside them, or break a line where none ends, so that a page or a message reads otherwise
//! than it is. Each of them is written as JSON writes it, `\u001b`: people see that it is there, and what is JSON
//! still is, and means the same.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::Path;

/// A value, which has one line: every character that a terminal or a reader would obey is written out.
///
/// # Example
/// ```
/// use wire::visible::visible;
///
/// assert_eq!(visible("H1\u{1b}[2J\n"), r"H1\u001b[2J\u000a");
/// assert_eq!(visible("A\u{202e}B"), r"A\u202eB");
/// assert_eq!(visible("市一医院 №1"), "市一医院 №1");
/// ```
pub fn visible(text: &str) -> Cow<'_, str> {
    written_out(text, is_obeyed)
}

/// A whole page, as [`visible`], whose lines end where they end.
pub fn visible_lines(page: &str) -> Cow<'_, str> {
    written_out(page, |character| character != '\n' && is_obeyed(character))
}

/// A path as [`visible`]; what of it is no text is shown as the sign of a missing character.
pub fn visible_path(path: &Path) -> String {
    visible(&path.to_string_lossy()).into_owned()
}

/// Whether a terminal or a reader obeys a character: those of control (C0, DEL, C1), of direction, of lines and
/// paragraphs, marks of byte order, and the tags and notes that nobody sees.
pub fn is_obeyed(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}'
                | '\u{200e}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

fn written_out(text: &str, is_written_out: impl Fn(char) -> bool) -> Cow<'_, str> {
    let Some(first) = text.find(&is_written_out) else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len() + 16);
    out.push_str(&text[..first]);
    for character in text[first..].chars() {
        if is_written_out(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // A string takes all that is written to it.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_that_is_obeyed_is_written_out_and_no_other() {
        for character in '\0'..=char::MAX {
            let text = format!("a{character}b");
            let shown = visible(&text);
            assert!(!shown.chars().any(is_obeyed), "{shown:?}");
            assert_eq!(shown == text, !is_obeyed(character), "{shown:?}");
        }
        for kept in ["患者 甲", "naïve – “x”", "a\u{a0}b\u{3000}c", "👩\u{200d}⚕", "e\u{301}"] {
            assert_eq!(visible(kept), kept);
        }
    }

    #[test]
    fn json_stays_json_and_means_the_same() {
        let value = serde_json::json!({"a\u{7f}": "\u{0}\u{1b}\u{9b}\u{202e}\u{feff}\u{e0041}\n\t\"\\"});
        for text in [value.to_string(), format!("{value:#}")] {
            let shown = visible_lines(&text);
            assert!(!shown.chars().any(|character| character != '\n' && is_obeyed(character)));
            assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
        }
    }
}
