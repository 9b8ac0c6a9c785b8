//! Persons in front of people: a token becomes *Person 001*, the same one throughout a document.
//!
//! Numbers follow the order of first appearance, so the same document has the same numbers, and two documents
//! cannot be laid side by side by them.
//!
//! A token is masked where a field says that a person stands there: `psn_no`, the key of a `person`, the part of an
//! alert's key that its detector calls so. Nothing is looked for in numbers, times and codes: a person may be called
//! `1234`, `-` or `03`. Only texts that are no field are searched, and only for tokens that no word, number or day can
//! be ([`is_distinct`]). That are sentences, and ids, which some hospitals build from a token; of an id
//! a token of [`LONG`] characters or more is replaced where it stands whole, and what merely holds it within a longer
//! word stays.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rulebank::{DetectorSpec, Lang};
use wire::Subject;
use wire::mask::{FIELDS_OF_PERSONS, KINDS_OF_PERSONS, Tokens, is_distinct};

/// Characters from which on a token is replaced within an id that was built from it.
pub const LONG: usize = 8;

/// Replaces the tokens of persons by numbered names.
///
/// # Example
/// ```
/// use reports::mask::Mask;
/// use rulebank::Lang;
/// let mut mask = Mask::new(Lang::En);
/// mask.know_all(["T01", "1234"]);
/// assert_eq!(mask.field("psn_no", "1234"), "Person 001");
/// assert_eq!(mask.field("fund_pay_sumamt", "1234.56"), "1234.56");
/// assert_eq!(mask.sentence("T01 paid 1234 yuan, T012 did not", []), "Person 002 paid 1234 yuan, T012 did not");
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

    /// The value of a record's field.
    pub fn field<'v>(&mut self, name: &str, value: &'v str) -> Cow<'v, str> {
        match name {
            "psn_no" => Cow::Owned(self.person(value)),
            _ if FIELDS_OF_PERSONS.contains(&name) && self.tokens.has(value) => {
                Cow::Owned(self.person(value))
            }
            _ if name.ends_with("_id") || name == "feedetl_sn" => self.built(value),
            _ => Cow::Borrowed(value),
        }
    }

    /// The key of a record, or of what is named like one: `kind` is the kind of record, or of subject.
    pub fn id<'v>(&mut self, kind: &str, id: &'v str) -> Cow<'v, str> {
        match kind {
            _ if is_person(kind) => Cow::Owned(self.person(id)),
            _ if KINDS_OF_PERSONS.contains(&kind) && self.tokens.has(id) => Cow::Owned(self.person(id)),
            _ => self.built(id),
        }
    }

    /// The parts of an alert's key, one by one; `names` are what its detector calls them, if that is known.
    pub fn key(&mut self, names: Option<&[&str]>, subject: &Subject, key: &[String]) -> Vec<String> {
        let mut masked = Vec::new();
        for (nth, part) in key.iter().enumerate() {
            let name = names.and_then(|names| names.get(nth)).copied();
            let masked_whole = match name {
                Some("psn_no") => true,
                Some("subject") => is_person(&subject.r#type),
                Some(_) => false,
                // Who is the subject stands first; elsewhere a person is known by a token that is nothing else.
                None => nth == 0 && is_person(&subject.r#type) || is_distinct(part) && self.tokens.has(part),
            };
            let part = match name {
                _ if masked_whole => self.person(part),
                Some(name) => self.field(name, part).into_owned(),
                None => self.built(part).into_owned(),
            };
            masked.push(part);
        }
        masked
    }

    /// A sentence. What is one of its `values` is no person, whoever is called so: no message is given one.
    pub fn sentence<'t, 'v>(
        &mut self,
        text: &'t str,
        values: impl IntoIterator<Item = &'v str>,
    ) -> Cow<'t, str> {
        let values: BTreeSet<&str> = values.into_iter().collect();
        self.searched(text, |token| is_distinct(token) && !values.contains(token))
    }

    /// An id that may be built from a token; one that *is* a token by chance is what its field says.
    fn built<'t>(&mut self, id: &'t str) -> Cow<'t, str> {
        self.searched(id, |token| token != id && token.len() >= LONG && is_distinct(token))
    }

    fn searched<'t>(&mut self, text: &'t str, is_masked: impl Fn(&str) -> bool) -> Cow<'t, str> {
        if self.unmasked || self.tokens.is_empty() {
            return Cow::Borrowed(text);
        }
        let (lang, names) = (self.lang, &mut self.names);
        self.tokens.replaced(text, |token| match is_masked(token) {
            true => name(lang, names, token),
            false => token.to_owned(),
        })
    }
}

/// Whether what is named like this is a person, or a group that is named by one.
fn is_person(kind: &str) -> bool {
    matches!(kind, "person" | "group")
}

/// What a detector calls the parts of a key of this length.
pub fn key_names(
    detector: &str,
    parts: usize,
    specs: &'static [DetectorSpec],
) -> Option<&'static [&'static str]> {
    let spec = specs.iter().find(|spec| spec.name == detector)?;
    spec.keys.iter().find(|names| names.len() == parts).copied()
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

    fn subject(kind: &'static str, id: &str) -> Subject {
        Subject { r#type: kind.into(), id: id.to_owned() }
    }

    #[test]
    fn tokens_are_replaced_whole_in_sentences_and_numbered_as_they_come() {
        let mut mask = mask(&["T1", "T12", "P-7", "P-7-A"]);
        let text = "参保人T12住院；T1/T12 T123 _T1 xT1 P-7-A P-7 P-70";
        let want = "参保人人员 001住院；人员 002/人员 001 T123 _T1 xT1 人员 003 人员 004 P-70";
        assert_eq!(mask.sentence(text, []), want);
        assert_eq!(mask.person("T1"), "人员 002", "a number stays");
        assert_eq!(mask.sentence("nobody", []), "nobody");
        // In a key whose parts nobody names.
        let key = |mask: &mut Mask, parts: [&str; 2]| {
            mask.key(None, &subject("visit", parts[0]), &parts.map(str::to_owned))
        };
        assert_eq!(key(&mut mask, ["V2", "T12"]), ["V2", "人员 001"]);
        // A value of the message is what it is, whoever is called so.
        assert_eq!(mask.sentence("T1 and T12", ["T12"]), "人员 002 and T12");
    }

    #[test]
    fn numbers_days_words_and_signs_are_masked_where_a_person_stands_and_nowhere_else() {
        let tokens = ["1234", "-", "2025", "03", ".", "2025-03-01", "inpatient", "V1", "H1", "甲"];
        let mut mask = mask(&tokens);
        for (nth, token) in tokens.iter().enumerate() {
            let name = format!("人员 {:03}", nth + 1);
            assert_eq!(mask.field("psn_no", token), name);
            assert_eq!(mask.id("person", token), name);
            assert_eq!(
                mask.key(
                    Some(&["psn_no", "day"]),
                    &subject("person", token),
                    &[(*token).into(), (*token).into()]
                ),
                [&name, *token]
            );
            for (field, value) in [
                ("fund_pay_sumamt", "1234.03"),
                ("begntime", "2025-03-01 09:00:00"),
                ("mdtrt_id", "V1"),
                ("fixmedins_code", "H1"),
                ("med_list_codg", *token),
                ("mdtrt_id", *token),
            ] {
                assert_eq!(mask.field(field, value), value);
            }
            assert_eq!(mask.id("visit", token), *token);
        }
        let said = "甲 of H1 paid 1,234.03 yuan (1234) from 2025-03-01 - 2025-03-03 as inpatient.";
        assert_eq!(mask.sentence(said, ["H1"]), said);
    }

    #[test]
    fn an_id_built_from_a_long_token_hides_it() {
        let mut mask = mask(&["T0000001", "12345678", "3301000012"]);
        assert_eq!(mask.id("visit", "T0000001-20250301"), "人员 001-20250301");
        assert_eq!(mask.field("mdtrt_id", "T0000001/1"), "人员 001/1");
        assert_eq!(mask.id("visit", "12345678-1"), "12345678-1");
        assert_eq!(mask.id("visit", "3301000012-1"), "人员 002-1");
        assert_eq!(mask.id("person_fact", "T0000001"), "人员 001");
        assert_eq!(mask.id("visit", "T0000001"), "T0000001", "a visit that is called like a person");
    }

    #[test]
    fn unmasked_texts_stay_and_the_file_states_it() {
        let mut mask = Mask::unless(true, Lang::En);
        mask.know("T1");
        assert_eq!(mask.sentence("T1", []), "T1");
        assert_eq!(mask.field("psn_no", "T1"), "T1");
        assert_eq!(mask.person("T1"), "T1");
        assert!(mask.is_off() && mask.note().contains("--unmasked"));
    }

    #[test]
    fn a_long_text_with_many_tokens_is_read_once() {
        let tokens: Vec<String> = (0..20_000).map(|n| format!("T{n:06}")).collect();
        let mut mask = mask(&tokens.iter().map(String::as_str).collect::<Vec<_>>());
        let text = format!("{},", tokens.join(",")).repeat(5);
        let masked = mask.sentence(&text, []);
        assert!(!masked.contains('T') && masked.ends_with("人员 20000,"));
    }
}
