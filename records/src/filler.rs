//! What people write where there is no code, and what spreadsheets make of long ones.
//!
//! A source has a field for a trace code or an invoice number, and somebody writes 无, `-` or `0` into it; a
//! spreadsheet makes `8.10038E+19` of twenty digits. Such a *filler* is content of its record like any other text, but
//! for the rules it is no code. Which texts are fillers is knowledge, and is handed in as patterns; here they are only
//! compared: trimmed, letters in any case, `*` standing for any characters.
//!
//! # Example
//! ```
//! use records::filler::Fillers;
//!
//! let fillers = Fillers::new(["无", "n/a", "*e+*", "not there"], ["0"]);
//! assert!(fillers.is_code_filler("N/A") && fillers.is_code_filler("8.10038E+19"));
//! assert!(!fillers.is_code_filler("81000000000000000001"));
//! // What separates codes separates the words of a filler too: they are found beside each other.
//! assert_eq!(fillers.fillers_among(&["8100", "not", "there"]), [false, true, true]);
//! assert!(fillers.is_invoice_filler("0") && !fillers.is_invoice_filler("无"));
//! ```

use std::collections::HashSet;

/// Characters between codes of one text, besides white space.
const SEPARATORS: [char; 7] = [',', ';', '|', '，', '；', '、', '\u{feff}'];

/// Texts that are no codes: one list for trace codes, one for the numbers of invoices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fillers {
    codes: Patterns,
    /// Fillers of trace codes that the separators between codes take apart, by their parts.
    phrases: Vec<Vec<String>>,
    invoices: Patterns,
}

/// Whole texts, and patterns with `*`; both in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Patterns {
    whole: HashSet<String>,
    /// The pieces of a pattern between its stars.
    starred: Vec<Vec<String>>,
}

impl Patterns {
    fn add(&mut self, pattern: &str) {
        if pattern.contains('*') {
            self.starred.push(pattern.split('*').map(str::to_owned).collect());
        } else {
            self.whole.insert(pattern.to_owned());
        }
    }

    fn match_lower(&self, text: &str) -> bool {
        self.whole.contains(text) || self.starred.iter().any(|pieces| matches_starred(pieces, text))
    }
}

/// Whether a text is the pieces of a pattern with anything between them.
fn matches_starred(pieces: &[String], text: &str) -> bool {
    let [first, middle @ .., last] = pieces else { return false };
    let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
    for piece in middle {
        let Some(at) = rest.find(piece.as_str()) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last.as_str())
}

/// A text as fillers are compared.
fn folded(text: &str) -> String {
    trimmed(text).to_lowercase()
}

/// A text without the white space around it that is no part of a value.
fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
}

impl Fillers {
    /// Fillers of trace codes and of the numbers of invoices; empty texts are none.
    pub fn new<'t>(
        codes: impl IntoIterator<Item = &'t str>,
        invoices: impl IntoIterator<Item = &'t str>,
    ) -> Fillers {
        let mut fillers = Fillers::default();
        for filler in codes.into_iter().map(folded).filter(|filler| !filler.is_empty()) {
            let separates = |c: char| c.is_whitespace() || SEPARATORS.contains(&c);
            let parts: Vec<String> =
                filler.split(separates).filter(|part| !part.is_empty()).map(str::to_owned).collect();
            if parts.len() > 1 && !filler.contains('*') {
                fillers.phrases.push(parts);
            } else {
                fillers.codes.add(&filler);
            }
        }
        for filler in invoices.into_iter().map(folded).filter(|filler| !filler.is_empty()) {
            fillers.invoices.add(&filler);
        }
        fillers.phrases.sort_unstable();
        fillers.codes.starred.sort_unstable();
        fillers.invoices.starred.sort_unstable();
        fillers
    }

    /// Whether one code, by itself, is a filler.
    pub fn is_code_filler(&self, code: &str) -> bool {
        self.codes.match_lower(&folded(code))
    }

    /// Whether the number of an invoice is a filler.
    pub fn is_invoice_filler(&self, number: &str) -> bool {
        self.invoices.match_lower(&folded(number))
    }

    /// Of each code of a record, in the order given, whether it is a filler or a part of one.
    pub fn fillers_among<T: AsRef<str>>(&self, codes: &[T]) -> Vec<bool> {
        let codes: Vec<String> = codes.iter().map(|code| folded(code.as_ref())).collect();
        let mut found: Vec<bool> = codes.iter().map(|code| self.codes.match_lower(code)).collect();
        for phrase in &self.phrases {
            let starts = codes.windows(phrase.len()).enumerate().filter(|(_, parts)| parts == phrase);
            for (start, _) in starts {
                found[start..start + phrase.len()].fill(true);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, is: &[&str], is_not: &[&str]) {
        let fillers = Fillers::new([pattern], [pattern]);
        for text in is {
            assert!(fillers.is_code_filler(text), "{text:?} is {pattern:?}");
            assert!(fillers.is_invoice_filler(text), "{text:?} is {pattern:?}");
        }
        for text in is_not {
            assert!(!fillers.is_code_filler(text), "{text:?} is not {pattern:?}");
            assert!(!fillers.is_invoice_filler(text), "{text:?} is not {pattern:?}");
        }
    }

    #[test]
    fn a_star_stands_for_any_characters_also_none() {
        check("*e+*", &["8.1E+19", "e+", "1e+2", " 8.1e+19 "], &["8.1", "e", "+e", "E-19"]);
        check("无*", &["无", "无码", "无追溯码"], &["有无", ""]);
        check("a*b*a", &["aba", "abba", "axbya"], &["ab", "aa", "a", "abab"]);
        check("*00000", &["00000", "1200000"], &["000001", "0000"]);
        check("*", &["", "x"], &[]);
    }

    #[test]
    fn without_a_star_the_whole_text_is_compared_in_any_case() {
        check("NULL", &["null", " Null ", "\u{3000}NULL\u{a0}"], &["nul", "nulls", "null1"]);
    }

    #[test]
    fn a_filler_of_several_words_is_found_among_the_parts_of_a_text() {
        let fillers = Fillers::new(["not scanned", "x"], []);
        assert_eq!(fillers.fillers_among(&["Not", "Scanned"]), [true, true]);
        assert_eq!(fillers.fillers_among(&["1", "not", "scanned", "X"]), [false, true, true, true]);
        assert_eq!(fillers.fillers_among(&["not"]), [false]);
        assert_eq!(fillers.fillers_among(&["scanned", "not"]), [false, false]);
        assert_eq!(fillers.fillers_among::<&str>(&[]), [false; 0]);
    }

    #[test]
    fn nothing_is_a_filler_where_none_is_known() {
        let fillers = Fillers::new(["", "  "], []);
        assert_eq!(fillers, Fillers::default());
        assert!(!fillers.is_code_filler("") && !fillers.is_invoice_filler("0"));
    }
}
