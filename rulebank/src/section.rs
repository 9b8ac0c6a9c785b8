//! One table of a TOML file, read key by key.
//!
//! Asking for a key marks it as known; [`Section::close`] reports what is missing and what nobody asked for. Unlike a
//! derived reader this one goes on after a mistake, keeps numbers as they were written (a limit of 0.05 is
//! never a binary fraction), and knows the place of everything.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::Mistake;
use crate::hint;
use crate::word::Word;
use crate::{Param, ParamKind};

/// A value with its place in the file.
#[derive(Clone, Debug)]
pub(crate) struct At<T> {
    pub(crate) value: T,
    pub(crate) span: Range<usize>,
}

/// One table of the file.
pub(crate) struct Section<'d> {
    entries: &'d DeTable<'d>,
    /// Where to point when something is missing.
    pub(crate) span: Range<usize>,
    /// How the table is called in messages.
    name: String,
    asked: BTreeSet<String>,
    missing: Vec<String>,
}

impl<'d> Section<'d> {
    pub(crate) fn new(entries: &'d DeTable<'d>, span: Range<usize>, name: impl Into<String>) -> Section<'d> {
        Section { entries, span, name: name.into(), asked: BTreeSet::new(), missing: Vec::new() }
    }

    /// The value of a key that may be left out.
    pub(crate) fn get(&mut self, key: &str) -> Option<At<&'d DeValue<'d>>> {
        self.asked.insert(key.to_owned());
        let value = self.entries.get(key)?;
        Some(At { value: value.get_ref(), span: value.span() })
    }

    /// The value of a key that must be there; [`Section::close`] reports it if it is not.
    pub(crate) fn need(&mut self, key: &str) -> Option<At<&'d DeValue<'d>>> {
        let value = self.get(key);
        if value.is_none() {
            self.missing.push(format!("`{key}`"));
        }
        value
    }

    /// A text that must be there and not be empty.
    pub(crate) fn text(&mut self, key: &str, mistakes: &mut Vec<Mistake>) -> At<String> {
        let read = self.need(key).and_then(|value| string(key, value, mistakes));
        match read {
            Some(text) if text.value.trim().is_empty() => {
                mistakes.push(Mistake::new(text.span.clone(), format!("`{key}` says nothing")));
                text
            }
            Some(text) => text,
            None => At { value: String::new(), span: self.span.clone() },
        }
    }

    /// A text that may be left out.
    pub(crate) fn text_if_any(&mut self, key: &str, mistakes: &mut Vec<Mistake>) -> Option<At<String>> {
        self.get(key).and_then(|value| string(key, value, mistakes))
    }

    /// A count, 0 to a thousand million, that may be left out.
    pub(crate) fn count_if_any(&mut self, key: &str, mistakes: &mut Vec<Mistake>) -> Option<u64> {
        const COUNT: ParamKind = ParamKind::Integer { min: 0, max: 1_000_000_000 };
        let value = self.get(key)?;
        let read = match as_written(value.value) {
            Some(text) => COUNT.read(&text),
            None => Err(format!("`{key}` is no number")),
        };
        match read {
            Ok(Param::Integer(count)) => u64::try_from(count).ok(),
            Ok(_) => None,
            Err(what) => {
                mistakes.push(Mistake::new(value.span, what).hint(format!("{key}: {}", COUNT.range())));
                None
            }
        }
    }

    /// A word of a closed vocabulary.
    pub(crate) fn word<W: Word>(&mut self, key: &str, mistakes: &mut Vec<Mistake>) -> Option<At<W>> {
        let value = self.need(key)?;
        word(key, value, mistakes)
    }

    /// A list of words of a closed vocabulary.
    pub(crate) fn words<W: Word>(&mut self, key: &str, mistakes: &mut Vec<Mistake>) -> Vec<At<W>> {
        let Some(list) = self.need(key) else { return Vec::new() };
        let span = list.span.clone();
        let (known, words) = (mistakes.len(), elements(key, list, mistakes));
        if words.is_empty() && mistakes.len() == known {
            mistakes.push(Mistake::new(span, format!("`{key}` says nothing")));
        }
        words.into_iter().filter_map(|value| word(key, value, mistakes)).collect()
    }

    /// A list of texts with at least one in it.
    pub(crate) fn texts(&mut self, key: &str, mistakes: &mut Vec<Mistake>) -> Vec<String> {
        let Some(list) = self.need(key) else { return Vec::new() };
        let span = list.span.clone();
        let texts = string_list(key, list, mistakes);
        if texts.iter().all(|text| text.trim().is_empty()) && span != self.span {
            mistakes.push(Mistake::new(span, format!("`{key}` says nothing")));
        }
        texts
    }

    /// The same, each text with its place.
    pub(crate) fn texts_at(&mut self, key: &str, mistakes: &mut Vec<Mistake>) -> Vec<At<String>> {
        let Some(list) = self.need(key) else { return Vec::new() };
        let span = list.span.clone();
        let texts = strings(key, list, mistakes);
        if texts.iter().all(|text| text.value.trim().is_empty()) {
            mistakes.push(Mistake::new(span, format!("`{key}` says nothing")));
        }
        texts
    }

    /// A list of texts that may be left out or empty, each with its place.
    pub(crate) fn texts_if_any(&mut self, key: &str, mistakes: &mut Vec<Mistake>) -> Vec<At<String>> {
        self.get(key).map(|list| strings(key, list, mistakes)).unwrap_or_default()
    }

    /// A table inside of this one that must be there.
    pub(crate) fn section(&mut self, key: &str, mistakes: &mut Vec<Mistake>) -> Option<Section<'d>> {
        let value = self.need(key)?;
        table(key, value, mistakes)
    }

    /// A table inside of this one that may be left out.
    pub(crate) fn section_if_any(&mut self, key: &str, mistakes: &mut Vec<Mistake>) -> Option<Section<'d>> {
        let value = self.get(key)?;
        table(key, value, mistakes)
    }

    /// The tables written as `[[key]]`, in their order; possibly none.
    pub(crate) fn sections(&mut self, key: &str, mistakes: &mut Vec<Mistake>) -> Vec<Section<'d>> {
        let Some(list) = self.get(key) else { return Vec::new() };
        elements(key, list, mistakes).into_iter().filter_map(|value| table(key, value, mistakes)).collect()
    }

    /// A list of tables that must be there, with at least one in it; written as `[{ … }, …]` or `[[key]]`.
    pub(crate) fn sections_needed(&mut self, key: &str, mistakes: &mut Vec<Mistake>) -> Vec<Section<'d>> {
        let Some(list) = self.need(key) else { return Vec::new() };
        if matches!(list.value, DeValue::Array(array) if array.is_empty()) {
            mistakes.push(Mistake::new(list.span.clone(), format!("`{key}` says nothing")));
        }
        elements(key, list, mistakes).into_iter().filter_map(|value| table(key, value, mistakes)).collect()
    }

    /// Every key with its value, all of them thereby known.
    pub(crate) fn entries(&mut self) -> Vec<(At<&'d str>, At<&'d DeValue<'d>>)> {
        let entries = self.entries.iter().map(|(key, value)| {
            let name: &'d str = key.get_ref().as_ref();
            (At { value: name, span: key.span() }, At { value: value.get_ref(), span: value.span() })
        });
        let entries: Vec<_> = entries.collect();
        self.asked.extend(entries.iter().map(|(key, _)| key.value.to_owned()));
        entries
    }

    /// Reports the keys that are missing, and those that nobody asked for.
    pub(crate) fn close(self, mistakes: &mut Vec<Mistake>) {
        if !self.missing.is_empty() {
            let what = format!("{} lacks {}", self.name, self.missing.join(", "));
            mistakes.push(Mistake::new(self.span.clone(), what));
        }
        for key in self.entries.keys().filter(|key| !self.asked.contains(key.get_ref().as_ref())) {
            let name = key.get_ref().as_ref();
            let missing = self.asked.iter().filter(|known| !self.entries.contains_key(known.as_str()));
            let hint = hint::for_word(name, missing.map(String::as_str));
            mistakes.push(Mistake::new(key.span(), format!("{} has no key `{name}`", self.name)).hint(hint));
        }
    }
}

fn wrong_type(key: &str, wanted: &str, span: Range<usize>, found: &DeValue<'_>) -> Mistake {
    Mistake::new(span, format!("`{key}` must be {wanted}, not {}", article(found.type_str())))
}

fn article(type_name: &str) -> String {
    match type_name {
        "integer" | "array" => format!("an {type_name}"),
        _ => format!("a {type_name}"),
    }
}

/// A string; anything else is a mistake.
pub(crate) fn string(key: &str, at: At<&DeValue<'_>>, mistakes: &mut Vec<Mistake>) -> Option<At<String>> {
    match at.value {
        DeValue::String(text) => Some(At { value: text.clone().into_owned(), span: at.span }),
        other => {
            mistakes.push(wrong_type(key, "a text in quotes", at.span, other));
            None
        }
    }
}

/// A list of strings.
pub(crate) fn string_list(key: &str, at: At<&DeValue<'_>>, mistakes: &mut Vec<Mistake>) -> Vec<String> {
    strings(key, at, mistakes).into_iter().map(|text| text.value).collect()
}

/// A list of strings, each with its place.
fn strings(key: &str, at: At<&DeValue<'_>>, mistakes: &mut Vec<Mistake>) -> Vec<At<String>> {
    let elements = elements(key, at, mistakes);
    elements.into_iter().filter_map(|value| string(key, value, mistakes)).collect()
}

/// The elements of a list.
pub(crate) fn elements<'d>(
    key: &str,
    at: At<&'d DeValue<'d>>,
    mistakes: &mut Vec<Mistake>,
) -> Vec<At<&'d DeValue<'d>>> {
    match at.value {
        DeValue::Array(array) => array
            .iter()
            .map(|value: &Spanned<DeValue<'d>>| At { value: value.get_ref(), span: value.span() })
            .collect(),
        other => {
            mistakes.push(wrong_type(key, "a list in [ ]", at.span, other));
            Vec::new()
        }
    }
}

fn table<'d>(key: &str, at: At<&'d DeValue<'d>>, mistakes: &mut Vec<Mistake>) -> Option<Section<'d>> {
    match at.value {
        DeValue::Table(entries) => Some(Section::new(entries, at.span, format!("`{key}`"))),
        other => {
            mistakes.push(wrong_type(key, "a table", at.span, other));
            None
        }
    }
}

fn word<W: Word>(key: &str, at: At<&DeValue<'_>>, mistakes: &mut Vec<Mistake>) -> Option<At<W>> {
    let text = string(key, at, mistakes)?;
    let word = W::all().iter().copied().find(|word| word.spelling() == text.value);
    if word.is_none() {
        let hint = hint::for_word(&text.value, W::all().iter().map(|word| word.spelling()));
        mistakes.push(Mistake::new(text.span.clone(), format!("`{}` is no {key}", text.value)).hint(hint));
    }
    word.map(|value| At { value, span: text.span })
}

/// A number, a text or a truth value as it was written, for parameters and counts.
pub(crate) fn as_written(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.clone().into_owned()),
        DeValue::Integer(number) if number.radix() == 10 => {
            Some(number.as_str().trim_start_matches('+').to_owned())
        }
        DeValue::Float(number) => Some(number.as_str().trim_start_matches('+').to_owned()),
        _ => None,
    }
}

/// The text under a key; none if there is no such key or it is no text.
pub(crate) fn text_of(document: &DeTable<'_>, key: &str) -> Option<String> {
    match document.get(key)?.get_ref() {
        DeValue::String(text) => Some(text.clone().into_owned()),
        _ => None,
    }
}
