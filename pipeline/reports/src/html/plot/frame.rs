//! What all plots share: the frame with title and key, coordinates, colours and cut labels.

use maud::{Markup, html};

use crate::layout::width;

/// Width of the drawing; everything else is in its units.
pub(super) const WIDTH: f64 = 800.0;
/// Colours that are distinguished; the next one begins again.
pub(super) const TONES: usize = 8;

/// What a plot is called and what it shows.
#[derive(Clone, Copy, Debug)]
pub struct Words<'t> {
    /// Its heading.
    pub title: &'t str,
    /// What it shows, in a sentence, for those who cannot see it.
    pub description: &'t str,
}

/// The frame around a drawing.
pub(super) fn figure(words: Words<'_>, key: &[(String, &str)], height: f64, body: &Markup) -> Markup {
    html! {
        figure {
            figcaption { (words.title) }
            @if !key.is_empty() {
                ul.key {
                    @for (class, name) in key {
                        li { svg viewBox="0 0 14 14" aria-hidden="true" {
                            rect class=(class) x="1" y="1" width="12" height="12" rx="2" {}
                        } (name) }
                    }
                }
            }
            div.plot tabindex="0" role="region" aria-label=(words.title) {
                svg viewBox={ "0 0 " (at(WIDTH)) " " (at(height)) } role="img" {
                    title { (words.title) }
                    desc { (words.description) }
                    (body)
                }
            }
        }
    }
}

/// The class that fills with the colour of this number.
pub(super) fn tone(number: usize) -> String {
    format!("f{}", number % TONES)
}

/// A coordinate.
pub(super) fn at(value: f64) -> String {
    let value = if value.is_finite() { value } else { 0.0 };
    let text = format!("{value:.2}");
    match text.strip_suffix(".00") {
        Some("-0") => "0".to_owned(),
        Some(whole) => whole.to_owned(),
        None => text,
    }
}

/// A text of at most this many columns, cut with an ellipsis.
pub(super) fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut short = String::new();
    for letter in text.chars() {
        if width(&short) + width(letter.encode_utf8(&mut [0; 4])) >= columns {
            break;
        }
        short.push(letter);
    }
    short.push('…');
    short
}

/// A finite number that is not below 0.
pub(super) fn positive(value: f64) -> f64 {
    if value.is_finite() { value.max(0.0) } else { 0.0 }
}

/// A count as a coordinate.
#[expect(clippy::cast_precision_loss, reason = "rows of a drawing are few")]
pub(super) fn count(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_short_and_never_minus_nothing() {
        assert_eq!([1.0, 0.125, -0.001, f64::NAN, 12.5].map(at), ["1", "0.12", "0", "0", "12.50"]);
    }

    #[test]
    fn long_labels_are_cut_by_columns() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abcde…");
        assert_eq!(cut("某某人民医院", 7), "某某人…");
    }
}
