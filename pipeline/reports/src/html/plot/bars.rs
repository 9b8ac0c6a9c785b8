//! Horizontal bars: one value each, and a second one as a paler bar behind it.

use maud::{Markup, html};

use super::frame::{WIDTH, Words, at, count, cut, figure, positive, tone};
use super::scale::Scale;

/// A row of the plot.
#[derive(Clone, Debug)]
pub struct Bar {
    /// What it is.
    pub label: String,
    /// Its length; below 0 nothing is drawn.
    pub value: f64,
    /// The paler bar behind.
    pub second: Option<f64>,
    /// The figures as people read them, at the bar's end.
    pub text: String,
}

const LABEL: f64 = 246.0;
const FIGURE: f64 = 200.0;
const ROW: f64 = 25.0;

/// Bars below each other; `names` state what value and second value are (an empty one is not shown).
pub fn bars(words: Words<'_>, names: [&str; 2], rows: &[Bar]) -> Markup {
    let greatest = rows.iter().flat_map(|bar| [bar.value, bar.second.unwrap_or(0.0)]).map(positive);
    let greatest = greatest.fold(0.0, f64::max);
    let end = WIDTH - FIGURE;
    let scale = Scale::new(0.0, greatest, LABEL, end);
    let height = ROW * count(rows.len()) + 6.0;
    let key: Vec<(String, &str)> =
        (0..).zip(names).filter(|(_, name)| !name.is_empty()).map(|(n, name)| (tone(n), name)).collect();
    let body = html! {
        @for (index, bar) in rows.iter().enumerate() {
            @let top = 3.0 + ROW * count(index);
            @let middle = top + ROW / 2.0 + 4.5;
            g {
                title { (bar.label) ": " (bar.text) }
                text x=(at(LABEL - 10.0)) y=(at(middle)) text-anchor="end" { (cut(&bar.label, 33)) }
                @if let Some(second) = bar.second {
                    rect class="f1" x=(at(LABEL)) y=(at(top + 3.0)) height=(at(ROW - 6.0))
                        width=(at(scale.at(positive(second)) - LABEL)) {}
                }
                rect class="f0" x=(at(LABEL)) y=(at(top + 6.0)) height=(at(ROW - 12.0))
                    width=(at(scale.at(positive(bar.value)) - LABEL)) {}
                text x=(at(WIDTH)) y=(at(middle)) text-anchor="end" { (bar.text) }
            }
        }
        line.base x1=(at(LABEL)) x2=(at(LABEL)) y1="0" y2=(at(height)) {}
    };
    figure(words, &key, height, &body)
}
