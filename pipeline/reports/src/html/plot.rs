//! Plots as inline SVG: pure functions of numbers, drawn 800 wide and scaled to the room there is.
//!
//! Each has [`Words`] (a title, a description for those who do not see it) and its figures also as texts, which the
//! caller formats: a plot rounds nothing that people read. Coordinates have two decimals, so the same numbers give
//! the same bytes. What is not finite is drawn at 0.

mod bars;
mod dots;
mod scale;
mod series;
mod share;
mod timeline;

pub use bars::{Bar, bars};
pub use dots::{Dot, dots};
pub use series::{Line, Shape, series};
pub use share::{Part, share};
pub use timeline::{Lane, Look, Mark, Span, timeline};

use maud::{Markup, html};

use crate::layout::width;

/// Width of the drawing; everything else is in its units.
const WIDTH: f64 = 800.0;
/// Colours that are distinguished; the next one begins again.
const TONES: usize = 8;

/// What a plot is called and what it shows.
#[derive(Clone, Copy, Debug)]
pub struct Words<'t> {
    /// Its heading.
    pub title: &'t str,
    /// What it shows, in a sentence, for those who cannot see it.
    pub description: &'t str,
}

/// The frame around a drawing.
fn figure(words: Words<'_>, key: &[(String, &str)], height: f64, body: &Markup) -> Markup {
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
fn tone(number: usize) -> String {
    format!("f{}", number % TONES)
}

/// A coordinate.
fn at(value: f64) -> String {
    let value = if value.is_finite() { value } else { 0.0 };
    let text = format!("{value:.2}");
    match text.strip_suffix(".00") {
        Some("-0") => "0".to_owned(),
        Some(whole) => whole.to_owned(),
        None => text,
    }
}

/// A text of at most this many columns, cut with an ellipsis.
fn cut(text: &str, columns: usize) -> String {
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
fn positive(value: f64) -> f64 {
    if value.is_finite() { value.max(0.0) } else { 0.0 }
}

/// A count as a coordinate.
#[expect(clippy::cast_precision_loss, reason = "rows of a drawing are few")]
fn count(number: usize) -> f64 {
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

    #[test]
    fn every_plot_escapes_its_texts_and_survives_numbers_that_are_none() {
        let nasty = "</svg><img src=x onerror=alert(1)>";
        let words = Words { title: nasty, description: nasty };
        let text = || nasty.to_owned();
        let bar = Bar { label: text(), value: f64::NAN, second: Some(f64::INFINITY), text: text() };
        let line = Line { name: text(), values: vec![None, Some(f64::NAN), Some(-1.0)] };
        let dot = Dot { label: text(), value: 0.5, low: f64::NEG_INFINITY, high: 2.0, text: text() };
        let span = Span { begin: i64::MAX, end: i64::MIN, look: Look::Main, text: text() };
        let mark = Mark { time: i64::MAX, look: Look::Warn, text: text() };
        let lane = Lane { label: text(), spans: vec![span], marks: vec![mark] };
        let part = Part { label: text(), value: f64::NAN, text: text() };
        for drawn in [
            bars(words, [nasty, nasty], &[bar]),
            series(words, nasty, &[text(), text(), text()], &[line], Shape::Steps),
            dots(words, &[dot], Some(f64::NAN)),
            timeline(words, &[(Look::Main, nasty)], (i64::MIN, i64::MAX), &[lane]),
            share(words, &[part]),
            bars(words, ["", ""], &[]),
            series(words, "", &[], &[], Shape::Straight),
            dots(words, &[], None),
            timeline(words, &[], (0, 0), &[]),
            share(words, &[]),
        ] {
            let drawn = drawn.into_string();
            assert!(!drawn.contains("<img") && !drawn.contains("NaN") && !drawn.contains("inf"), "{drawn}");
            assert!(drawn.contains("<title>") && drawn.contains("<desc>"));
        }
    }
}
