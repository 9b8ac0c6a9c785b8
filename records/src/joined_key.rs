//! Keys of several parts as one text.
//!
//! The parts stand beside each other with `/` between; inside a part a `~` is written `~0` and a `/` is written `~1`,
//! so that two keys are never one text. A key of one part is written as it is.
//!
//! ```
//! use records::joined_key::{join, split};
//!
//! assert_eq!(join(&["V/1", "2~"]), "V~11/2~0");
//! assert_eq!(split("V~11/2~0", 2), ["V/1", "2~"]);
//! assert_eq!(join(&["H/1"]), "H/1");
//! ```

/// The parts of a key as one text.
pub fn join<T: AsRef<str>>(parts: &[T]) -> String {
    match parts {
        [only] => only.as_ref().to_owned(),
        _ => {
            let parts: Vec<String> = parts.iter().map(|part| escape(part.as_ref())).collect();
            parts.join("/")
        }
    }
}

/// The parts of a key that is of so many parts; fewer or more, if the text is no such key.
pub fn split(joined: &str, parts: usize) -> Vec<String> {
    if parts == 1 {
        return vec![joined.to_owned()];
    }
    joined.split('/').map(unescape).collect()
}

fn escape(part: &str) -> String {
    part.replace('~', "~0").replace('/', "~1")
}

fn unescape(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_joined_is_taken_apart_again_and_no_two_keys_are_one_text() {
        let parts = ["a", "a/b", "~", "~1", "~0", "/", "a~/b", ""];
        let mut seen = std::collections::BTreeSet::new();
        for first in parts {
            assert_eq!(split(&join(&[first]), 1), [first]);
            for second in parts {
                let joined = join(&[first, second]);
                assert_eq!(split(&joined, 2), [first, second], "{joined}");
                assert!(seen.insert(joined.clone()), "{joined}");
            }
        }
        assert_eq!(join(&["2025-03-01", "V1", "X"]), "2025-03-01/V1/X");
    }
}
