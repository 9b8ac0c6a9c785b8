//! Persons in front of people: a token becomes *Person 001*, the same one throughout a document.
//!
//! Numbers follow the order of first appearance, so the same document has the same numbers, and two documents
//! cannot be laid side by side by them. A token is replaced where it stands whole ([`wire::mask`]). What merely holds a
//! token within a longer word (a record id that a hospital built from it) is no token, and stays.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rulebank::Lang;
use wire::mask::Tokens;

/// Replaces the tokens of persons by numbered names.
///
/// # Example
/// ```
/// use reports::mask::Mask;
/// use rulebank::Lang;
/// let mut mask = Mask::new(Lang::En);
/// mask.know("T01");
/// assert_eq!(mask.text("T01 was seen, T012 was not"), "Person 001 was seen, T012 was not");
/// assert_eq!(mask.person("T77"), "Person 002");
/// ```
#[derive(Clone, Debug)]
pub struct Mask {
    lang: Lang,
    unmasked: bool,
    tokens: Tokens,
    names: BTreeMap<String, usize>,
}

impl Mask {
    /// Knows nobody yet.
    pub fn new(lang: Lang) -> Mask {
        Mask { lang, unmasked: false, tokens: Tokens::default(), names: BTreeMap::new() }
    }

    /// As asked: with `unmasked` every text stays as it is.
    pub fn unless(unmasked: bool, lang: Lang) -> Mask {
        Mask { unmasked, ..Mask::new(lang) }
    }

    /// What the document states of it.
    pub fn note(&self) -> &'static str {
        match (self.unmasked, self.lang) {
            (false, Lang::Zh) => "人员编号已屏蔽：同一文件内，同一人员始终为同一序号。",
            (false, Lang::En) => "Persons are masked: within this file a number is always the same person.",
            (true, Lang::Zh) => "注意：本文件按要求未屏蔽人员编号（--unmasked），请按个人信息保管。",
            (true, Lang::En) => {
                "Attention: persons are not masked in this file, as was asked for (--unmasked). Keep it as personal data."
            }
        }
    }

    /// Whether texts stay as they are.
    pub fn is_off(&self) -> bool {
        self.unmasked
    }

    /// Makes a token known; an empty one is none.
    pub fn know(&mut self, token: &str) {
        self.tokens.know(token);
    }

    /// Makes many tokens known.
    pub fn know_all<'t>(&mut self, tokens: impl IntoIterator<Item = &'t str>) {
        for token in tokens.into_iter().collect::<BTreeSet<_>>() {
            self.know(token);
        }
    }

    /// The name of a person, known before or not.
    pub fn person(&mut self, token: &str) -> String {
        if self.unmasked || token.is_empty() {
            return token.to_owned();
        }
        self.know(token);
        name(self.lang, &mut self.names, token)
    }

    /// A text with every known token replaced.
    pub fn text<'t>(&mut self, text: &'t str) -> Cow<'t, str> {
        if self.unmasked || self.tokens.is_empty() {
            return Cow::Borrowed(text);
        }
        let (lang, names) = (self.lang, &mut self.names);
        self.tokens.replaced(text, |token| name(lang, names, token))
    }
}

/// The name of a token: the number that it has, or the next one.
fn name(lang: Lang, names: &mut BTreeMap<String, usize>, token: &str) -> String {
    let next = names.len() + 1;
    let number = match names.get(token) {
        Some(number) => *number,
        None => *names.entry(token.to_owned()).or_insert(next),
    };
    match lang {
        Lang::Zh => format!("人员 {number:03}"),
        Lang::En => format!("Person {number:03}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(tokens: &[&str]) -> Mask {
        let mut mask = Mask::new(Lang::Zh);
        mask.know_all(tokens.iter().copied());
        mask
    }

    #[test]
    fn tokens_are_replaced_whole_and_numbered_as_they_come() {
        let mut mask = mask(&["T1", "T12", "P-7", "P-7-A", "甲"]);
        let text = "参保人T12住院；T1/T12 T123 _T1 xT1 P-7-A P-7 P-70 甲乙";
        let want = "参保人人员 001住院；人员 002/人员 001 T123 _T1 xT1 人员 003 人员 004 P-70 人员 005乙";
        assert_eq!(mask.text(text), want);
        assert_eq!(mask.text("T1"), "人员 002", "a number stays");
        assert_eq!(mask.person("T1"), "人员 002");
        assert_eq!(mask.text("nobody"), "nobody");
    }

    #[test]
    fn unmasked_texts_stay_and_the_file_states_it() {
        let mut mask = Mask::unless(true, Lang::En);
        mask.know("T1");
        assert_eq!(mask.text("T1"), "T1");
        assert_eq!(mask.person("T1"), "T1");
        assert!(mask.is_off() && mask.note().contains("--unmasked"));
    }

    #[test]
    fn a_long_text_with_many_tokens_is_read_once() {
        let tokens: Vec<String> = (0..20_000).map(|n| format!("T{n:06}")).collect();
        let mut mask = mask(&tokens.iter().map(String::as_str).collect::<Vec<_>>());
        let text = format!("{},", tokens.join(",")).repeat(5);
        let masked = mask.text(&text);
        assert!(!masked.contains('T') && masked.ends_with("人员 20000,"));
    }
}
