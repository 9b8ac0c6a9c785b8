//! Messages with values in them: `{item}` in a rule's `message` is filled by the detector.
//!
//! Which names there are is the detector's list; a name outside of it is found when the bank is loaded, not
//! when the first alert rises.

use std::ops::Range;

use crate::error::Mistake;
use crate::hint;

/// A part of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text that stands as it is.
    Text(&'a str),
    /// The value of this name.
    Value(&'a str),
}

/// A message of a loaded rule in its pieces.
///
/// # Example
/// ```
/// use rulebank::{Piece, pieces};
/// assert_eq!(pieces("{hours} h too long"), [Piece::Value("hours"), Piece::Text(" h too long")]);
/// ```
pub fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((before, name, after)) = split(rest) {
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        pieces.push(Piece::Value(name));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// A message of a loaded rule with its values put in; a name without a value stands as `?`.
///
/// # Example
/// ```
/// assert_eq!(rulebank::fill("{item} twice", &[("item", "CT")]), "CT twice");
/// ```
pub fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let value = |name: &str| values.iter().find(|(known, _)| *known == name).map_or("?", |(_, value)| value);
    let text = |piece| match piece {
        Piece::Text(text) => text,
        Piece::Value(name) => value(name),
    };
    pieces(template).into_iter().map(text).collect()
}

/// The text up to the next `{name}`, the name, and what follows.
fn split(text: &str) -> Option<(&str, &str, &str)> {
    let open = text.find('{')?;
    let close = open + text[open..].find('}')?;
    Some((&text[..open], &text[open + 1..close], &text[close + 1..]))
}

/// What is wrong with a message: names the detector does not know, and braces without a partner.
pub(crate) fn check(template: &str, known: &[&str]) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let mut open: Option<usize> = None;
    for (at, character) in template.char_indices() {
        match (character, open) {
            ('{', None) => open = Some(at),
            ('}', Some(start)) => {
                mistakes.extend(check_name(&template[start + 1..at], start..at + 1, known));
                open = None;
            }
            ('{' | '}', _) => {
                mistakes.push(Mistake::new(at..at + 1, "a brace without its partner").hint(BRACES));
            }
            _ => {}
        }
    }
    if let Some(start) = open {
        mistakes.push(Mistake::new(start..start + 1, "a brace without its partner").hint(BRACES));
    }
    mistakes
}

const BRACES: &str = "a value is written {name}";

fn check_name(name: &str, span: Range<usize>, known: &[&str]) -> Option<Mistake> {
    if known.contains(&name) {
        return None;
    }
    let what = format!("the message uses {{{name}}}, which this detector does not give");
    Some(Mistake::new(span, what).hint(hint::for_word(name, known.iter().copied())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_filled_and_missing_ones_show() {
        assert_eq!(fill("{a}与{b}", &[("a", "甲"), ("b", "乙")]), "甲与乙");
        assert_eq!(fill("{a} and {c}", &[("a", "1")]), "1 and ?");
        assert_eq!(fill("", &[]), "");
    }

    #[test]
    fn unknown_names_and_lonely_braces_are_found() {
        let whats = |text| {
            check(text, &["item", "limit"])
                .into_iter()
                .map(|m| (m.span.start, m.span.end))
                .collect::<Vec<_>>()
        };
        assert!(whats("{item} of {limit}").is_empty());
        assert_eq!(whats("{itme} of {limit"), [(0, 6), (10, 11)]);
        assert_eq!(whats("100 }"), [(4, 5)]);
    }
}
