//! The choice between the two languages of pages.

use rulebank::{Lang, Text2};
use wire::Bilingual;

/// The text of a language.
///
/// ```
/// # use rulebank::Lang;
/// assert_eq!(reports::language::pick(Lang::Zh, "金额", "amount"), "金额");
/// ```
pub fn pick<'t>(lang: Lang, zh: &'t str, en: &'t str) -> &'t str {
    match lang {
        Lang::Zh => zh,
        Lang::En => en,
    }
}

/// A text of a rule as outputs have it.
pub fn bilingual(text: &Text2) -> Bilingual {
    Bilingual::new(&text.zh, &text.en)
}

/// The language asked for, else the one of the surroundings (`LC_ALL`, `LC_MESSAGES`, `LANG`), else English.
///
/// ```
/// # use rulebank::Lang;
/// let set = |name: &str| (name == "LANG").then(|| "zh_CN.UTF-8".to_owned());
/// assert_eq!(reports::language::language(None, set), Lang::Zh);
/// assert_eq!(reports::language::language(Some("en"), set), Lang::En);
/// ```
pub fn language(asked: Option<&str>, variable: impl Fn(&str) -> Option<String>) -> Lang {
    let surroundings = || {
        let mut set = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(variable);
        set.find(|value| !value.is_empty())
    };
    match asked.map(str::to_owned).or_else(surroundings) {
        Some(locale) if locale.to_ascii_lowercase().starts_with("zh") => Lang::Zh,
        _ => Lang::En,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_that_asked_for_or_that_of_the_surroundings() {
        let of = |asked: Option<&str>, set: &[(&str, &str)]| {
            language(asked, |name| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(of(Some("zh"), &[("LC_ALL", "en_GB.UTF-8")]), Lang::Zh);
        assert_eq!(of(None, &[("LANG", "zh_CN.UTF-8")]), Lang::Zh);
        assert_eq!(of(None, &[("LC_ALL", "C"), ("LANG", "zh_CN.UTF-8")]), Lang::En);
        assert_eq!(of(None, &[("LC_ALL", ""), ("LC_MESSAGES", "zh_TW"), ("LANG", "C")]), Lang::Zh);
        assert_eq!(of(None, &[]), Lang::En);
    }
}
