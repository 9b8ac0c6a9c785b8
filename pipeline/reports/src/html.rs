//! Pages for people: one HTML file that needs nothing else, reads at 1280 pixels and prints on A4.
//!
//! A page is text: no script, no picture from elsewhere, and a policy in its head that forbids both, so that it may be
//! mailed, archived and opened in ten years. What values hold is escaped where it is written (maud), so that
//! no name of an institution becomes markup; what a reader would obey and not see, such as a turn of the direction of
//! writing, is written out ([`wire::visible`]). The same values give the same bytes.
//!
//! How to make one:
//! * [`Document`] is the frame: `Document::new(title, lang).subtitle(..).note(..).page(&body)`.
//! * The body is [`maud::Markup`]; [`section`] gives it headings, [`figures`] large numbers, [`facts`] names and
//!   what they are, [`notice`] a sentence that must not be missed, [`badge`] a word in a frame.
//! * [`table::Table`] is a table with a caption, texts left and numbers right, a line of sums, and "and n more".
//! * [`plot`] draws: [`plot::bars`], [`plot::series`], [`plot::dots`], [`plot::timeline`], [`plot::share`]; each is a
//!   pure function of numbers to an inline SVG with a title and a description for those who cannot see it.
//! * [`style`] is the one style sheet.
//!
//! Money is shown by [`crate::number::yuan`], persons through [`crate::mask::Mask`].

pub mod plot;
pub mod style;
pub mod table;

use maud::{DOCTYPE, Markup, Render, html};
use rulebank::Lang;
use wire::visible::visible_lines;

/// What a page may load and run: nothing but its own style.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// The frame of a page.
#[derive(Clone, Debug)]
pub struct Document {
    title: String,
    lang: Lang,
    subtitle: Option<String>,
    notes: Vec<String>,
}

impl Document {
    /// A page of this title in this language.
    pub fn new(title: &str, lang: Lang) -> Document {
        Document { title: title.to_owned(), lang, subtitle: None, notes: Vec::new() }
    }

    /// A line below the title.
    #[must_use]
    pub fn subtitle(mut self, text: &str) -> Document {
        self.subtitle = Some(text.to_owned());
        self
    }

    /// A sentence at the end of the page: where it comes from, whether persons are masked.
    #[must_use]
    pub fn note(mut self, text: &str) -> Document {
        self.notes.push(text.to_owned());
        self
    }

    /// The whole file.
    pub fn page(&self, body: &Markup) -> String {
        let page = html! {
            (DOCTYPE)
            html lang=(code(self.lang)) {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(POLICY);
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="referrer" content="no-referrer";
                    meta name="generator" content="fundwatch";
                    title { (self.title) }
                    style { (maud::PreEscaped(style::SHEET)) }
                }
                body {
                    header.page {
                        h1 { (self.title) }
                        @if let Some(subtitle) = &self.subtitle { p.subtitle { (subtitle) } }
                    }
                    main { (body) }
                    @if !self.notes.is_empty() {
                        footer.page { @for note in &self.notes { p { (note) } } }
                    }
                }
            }
        };
        let mut text = visible_lines(&page.into_string()).into_owned();
        text.push('\n');
        text
    }
}

/// A language as `lang` names it.
pub fn code(lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => "zh-CN",
        Lang::En => "en",
    }
}

/// A part of the page; `id` is the anchor that links name, of letters, digits and `-`.
pub fn section(id: &str, heading: &str, body: impl Render) -> Markup {
    html! { section id=(id) { h2 { (heading) } (body) } }
}

/// A large number with what it is, and a line of small print below it.
#[derive(Clone, Debug)]
pub struct Figure {
    /// What it is.
    pub name: String,
    /// The number as it is shown.
    pub value: String,
    /// Small print; may be empty.
    pub hint: String,
}

/// Large numbers side by side.
pub fn figures(figures: &[Figure]) -> Markup {
    html! {
        dl.figures {
            @for figure in figures {
                div {
                    dt { (figure.name) }
                    dd { span.value { (figure.value) } @if !figure.hint.is_empty() { span.hint { (figure.hint) } } }
                }
            }
        }
    }
}

/// Names and what they are, in as many columns as there is room for.
pub fn facts(facts: &[(&str, String)]) -> Markup {
    html! {
        dl.facts {
            @for (name, value) in facts { div { dt { (name) } dd { (value) } } }
        }
    }
}

/// A sentence that must not be missed.
pub fn notice(text: impl Render) -> Markup {
    html! { p.notice role="note" { (text) } }
}

/// How a badge looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Of weight: definite, missing.
    Strong,
    /// To be looked at: suspect, late.
    Warn,
    /// For information.
    Quiet,
}

/// A word in a frame.
pub fn badge(text: &str, tone: Tone) -> Markup {
    let class = match tone {
        Tone::Strong => "badge strong",
        Tone::Warn => "badge warn",
        Tone::Quiet => "badge quiet",
    };
    html! { span class=(class) { (text) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_its_policy_and_no_script_whatever_its_values_are() {
        let nasty = "</script><img src=x onerror=alert(1)>\"'&";
        let body = html! {
            (section("one", nasty, notice(nasty)))
            (figures(&[Figure { name: nasty.to_owned(), value: nasty.to_owned(), hint: nasty.to_owned() }]))
            (facts(&[(nasty, nasty.to_owned())]))
            (badge(nasty, Tone::Warn))
            a href={ "#" (nasty) } title=(nasty) { (nasty) }
        };
        let page = Document::new(nasty, Lang::Zh).subtitle(nasty).note(nasty).page(&body);
        assert!(
            page.starts_with("<!DOCTYPE html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">"),
            "{page}"
        );
        assert!(page.contains("default-src 'none'"));
        assert!(!page.contains("<img") && !page.contains("<script") && !page.contains("</script"), "{page}");
        assert_eq!(page, Document::new(nasty, Lang::Zh).subtitle(nasty).note(nasty).page(&body));
    }
}
