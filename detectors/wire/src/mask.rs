//! What names a person in outputs, and how it is found in texts: the one meaning that every mask over persons has.
//!
//! A token stands where a field says so. In a text that is no field it is found where it stands whole (letters, digits
//! and `_` of ASCII beside it make another word of it), and masked if it can be nothing else ([`is_distinct`]). What it
//! is replaced by is left to whoever masks: pages number persons, the live service gives them pseudonyms.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::alert::Alert;
use crate::event::Cause;

/// Kinds of records that are one person's: whoever reads their key knows the person, or can ask any register for them.
pub const KINDS_OF_PERSONS: [&str; 4] = ["person", "person_fact", "enrolment", "presence"];

/// Fields that hold such a key.
pub const FIELDS_OF_PERSONS: [&str; 4] = ["psn_no", "fact_id", "enrl_id", "idv_id"];

/// Whether the key of this kind of record or thing names a person. A `group` is named by one of its persons.
pub fn names_a_person(kind: &str) -> bool {
    KINDS_OF_PERSONS.contains(&kind) || kind == "group"
}

/// Whether a token is known for one wherever it stands: it has letters and digits, or is longer than words, days and
/// amounts are. Others are words, numbers, days and signs as well, and are masked only where a field says that a person
/// stands there.
///
/// ```
/// use wire::mask::is_distinct;
/// assert!(["P-7", "330100199001011234", "3301000012"].into_iter().all(is_distinct));
/// assert!(!["1234", "-", "2025-03-01", "20250301", "yuan", ""].into_iter().any(is_distinct));
/// ```
pub fn is_distinct(token: &str) -> bool {
    let has = |is: fn(char) -> bool| token.chars().any(is);
    let is_number = token.bytes().all(|byte| byte.is_ascii_digit());
    has(char::is_alphabetic) && has(|letter| letter.is_ascii_digit())
        || token.len() >= if is_number { DIGITS } else { LETTERS }
}

/// Digits that no day and hardly an amount has.
const DIGITS: usize = 10;

/// Characters that hardly a word has.
const LETTERS: usize = 16;

/// The tokens of persons that an alert states by itself: by its subject and its evidence.
pub fn persons_of(alert: &Alert) -> impl Iterator<Item = &str> {
    let subject = names_a_person(&alert.subject.r#type).then_some(alert.subject.id.as_str());
    let evidence = alert.evidence.iter().filter(|of| names_a_person(&of.kind)).map(|of| of.key.as_str());
    subject.into_iter().chain(evidence)
}

/// The token of a person that a cause states.
pub fn person_of_cause(cause: &Cause) -> Option<&str> {
    names_a_person(&cause.kind).then_some(cause.key.as_str())
}

/// Tokens that are looked for in texts.
///
/// # Example
/// ```
/// let mut tokens = wire::mask::Tokens::default();
/// tokens.know("T01");
/// assert_eq!(tokens.replaced("T01, not T012", |_| "***".to_owned()), "***, not T012");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Tokens {
    /// By the word they begin with, the longest first.
    by_word: BTreeMap<String, Vec<String>>,
}

impl Tokens {
    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.by_word.is_empty()
    }

    /// Whether this is one of them.
    pub fn has(&self, token: &str) -> bool {
        let of_word = self.by_word.get(word(token)).map(Vec::as_slice).unwrap_or_default();
        of_word.binary_search_by(|known| order(known).cmp(&order(token))).is_ok()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.by_word.values().flatten().map(String::as_str)
    }

    /// Makes a token known; an empty one is none.
    pub fn know(&mut self, token: &str) {
        if token.is_empty() {
            return;
        }
        let of_word = self.by_word.entry(word(token).to_owned()).or_default();
        if let Err(position) = of_word.binary_search_by(|known| order(known).cmp(&order(token))) {
            of_word.insert(position, token.to_owned());
        }
    }

    /// A text with every token replaced by what it is named.
    pub fn replaced<'t>(&self, text: &'t str, mut name: impl FnMut(&str) -> String) -> Cow<'t, str> {
        if self.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut masked = String::new();
        let (mut done, mut at) = (0, 0);
        while at < text.len() {
            let rest = &text[at..];
            let here = word(rest);
            let token =
                self.by_word.get(here).into_iter().flatten().find(|token| {
                    rest.starts_with(token.as_str()) && ends_whole(token, &rest[token.len()..])
                });
            match token {
                Some(token) => {
                    masked.push_str(&text[done..at]);
                    masked.push_str(&name(token));
                    at += token.len();
                    done = at;
                }
                None => at += here.len(),
            }
        }
        if done == 0 {
            return Cow::Borrowed(text);
        }
        masked.push_str(&text[done..]);
        Cow::Owned(masked)
    }
}

/// The longest first, then by bytes.
fn order(token: &str) -> (std::cmp::Reverse<usize>, &str) {
    (std::cmp::Reverse(token.len()), token)
}

/// The word that a text begins with: letters and digits of ASCII as far as they go, else a single character.
fn word(text: &str) -> &str {
    let letters = text.bytes().take_while(|byte| is_letter(*byte)).count();
    let length = if letters > 0 { letters } else { text.chars().next().map_or(0, char::len_utf8) };
    &text[..length]
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether a token that ends here is not the beginning of a longer word.
fn ends_whole(token: &str, rest: &str) -> bool {
    let last = token.bytes().next_back().is_some_and(is_letter);
    !(last && rest.bytes().next().is_some_and(is_letter))
}
