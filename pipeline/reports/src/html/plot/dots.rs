//! Dots with their confidence intervals, and a line to compare them with.

use maud::{Markup, html};

use super::frame::{WIDTH, Words, at, count, cut, figure};
use super::scale::{Scale, tick_text, ticks};

/// An estimate and its interval.
#[derive(Clone, Debug)]
pub struct Dot {
    /// What it is.
    pub label: String,
    /// The estimate.
    pub value: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
    /// The figures as people read them.
    pub text: String,
}

const LABEL: f64 = 246.0;
const FIGURE: f64 = 200.0;
const ROW: f64 = 25.0;

/// Estimates below each other on one axis from 0 (or below); `reference` is a value to compare with.
pub fn dots(words: Words<'_>, rows: &[Dot], reference: Option<f64>) -> Markup {
    let reference = reference.filter(|value| value.is_finite());
    let values = || {
        rows.iter().flat_map(|dot| [dot.value, dot.low, dot.high]).chain(reference).filter(|v| v.is_finite())
    };
    let ticks = ticks(values().fold(0.0, f64::min), values().fold(0.0, f64::max));
    let scale = Scale::new(ticks[0], ticks[ticks.len() - 1], LABEL, WIDTH - FIGURE);
    let step = ticks.get(1).map_or(1.0, |second| second - ticks[0]);
    let bottom = ROW * count(rows.len()) + 6.0;
    let body = html! {
        @for tick in &ticks {
            @let x = at(scale.at(*tick));
            line.grid x1=(x) x2=(x) y1="0" y2=(at(bottom)) {}
            text.axis x=(x) y=(at(bottom + 15.0)) text-anchor="middle" { (tick_text(*tick, step)) }
        }
        @if let Some(reference) = reference {
            @let x = at(scale.at(reference));
            line.ref x1=(x) x2=(x) y1="0" y2=(at(bottom)) {}
        }
        @for (index, dot) in rows.iter().enumerate() {
            @let y = 3.0 + ROW * (count(index) + 0.5);
            g {
                title { (dot.label) ": " (dot.text) }
                text x=(at(LABEL - 10.0)) y=(at(y + 4.5)) text-anchor="end" { (cut(&dot.label, 33)) }
                line class="line s0" x1=(at(scale.at(dot.low))) x2=(at(scale.at(dot.high))) y1=(at(y)) y2=(at(y)) {}
                circle class="f0" cx=(at(scale.at(dot.value))) cy=(at(y)) r="4.5" {}
                text x=(at(WIDTH)) y=(at(y + 4.5)) text-anchor="end" { (dot.text) }
            }
        }
    };
    figure(words, &[], bottom + 22.0, &body)
}
