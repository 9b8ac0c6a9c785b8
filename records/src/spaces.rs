//! White space around values, which exports pad them with.

/// White space around a text value, which is not part of it: space, tab, no-break space, ideographic space.
pub const SPACES: [char; 4] = [' ', '\t', '\u{a0}', '\u{3000}'];

/// A text without the white space around it.
pub fn trim(text: &str) -> &str {
    text.trim_matches(SPACES)
}
