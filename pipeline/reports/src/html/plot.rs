//! Plots as inline SVG: pure functions of numbers, drawn 800 wide and scaled to the room there is.
//!
//! Each has [`Words`] (a title, a description for those who do not see it) and its figures also as texts, which the
//! caller formats: a plot rounds nothing that people read. Coordinates have two decimals, so the same numbers give
//! the same bytes. What is not finite is drawn at 0.

mod bars;
mod dots;
mod frame;
mod scale;
mod series;
mod share;
mod timeline;

pub use bars::{Bar, bars};
pub use dots::{Dot, dots};
pub use frame::Words;
pub use series::{Line, Shape, series};
pub use share::{Part, share};
pub use timeline::{Lane, Look, Mark, Span, timeline};

#[cfg(test)]
mod tests {
    use super::*;

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
