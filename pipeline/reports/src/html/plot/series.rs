//! Values over months or days: lines or steps, gaps where there is no value.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::frame::{WIDTH, Words, at, count, figure, tone};
use super::scale::{Scale, tick_text, ticks};

/// One line.
#[derive(Clone, Debug)]
pub struct Line {
    /// What it is; a single line needs no name.
    pub name: String,
    /// A value for each label of the axis; none is a gap.
    pub values: Vec<Option<f64>>,
}

/// How points are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// By straight lines: what changes from month to month.
    Straight,
    /// By steps: what stays until it changes, such as stock.
    Steps,
}

const LEFT: f64 = 92.0;
const RIGHT: f64 = 18.0;
const TOP: f64 = 14.0;
const HEIGHT: f64 = 150.0;
/// Labels below the axis, and dots on a line, at the most.
const LABELS: usize = 13;
const DOTS: usize = 40;

/// Lines over the same axis; `unit` stands above it.
pub fn series(words: Words<'_>, unit: &str, labels: &[String], lines: &[Line], shape: Shape) -> Markup {
    let values =
        || lines.iter().flat_map(|line| line.values.iter().flatten().copied()).filter(|v| v.is_finite());
    let ticks = ticks(values().fold(0.0, f64::min), values().fold(0.0, f64::max));
    let (low, high) = (ticks[0], ticks[ticks.len() - 1]);
    let up = Scale::new(low, high, TOP + HEIGHT, TOP);
    let last = count(labels.len().saturating_sub(1));
    let along = Scale::new(0.0, last, LEFT + 14.0, WIDTH - RIGHT - 14.0);
    let every = labels.len().div_ceil(LABELS).max(1);
    let step = ticks.get(1).map_or(1.0, |second| second - ticks[0]);
    let named = lines.iter().enumerate().filter(|(_, line)| !line.name.is_empty());
    let key: Vec<(String, &str)> = named.map(|(n, line)| (tone(n), &*line.name)).collect();
    let body = html! {
        @if !unit.is_empty() { text.axis x="0" y="10" { (unit) } }
        @for tick in &ticks {
            @let y = up.at(*tick);
            line.grid x1=(at(LEFT)) x2=(at(WIDTH - RIGHT)) y1=(at(y)) y2=(at(y)) {}
            text.axis x=(at(LEFT - 8.0)) y=(at(y + 4.0)) text-anchor="end" { (tick_text(*tick, step)) }
        }
        line.base x1=(at(LEFT)) x2=(at(WIDTH - RIGHT)) y1=(at(up.at(0.0))) y2=(at(up.at(0.0))) {}
        @for (index, label) in labels.iter().enumerate().step_by(every) {
            text.axis x=(at(along.at(count(index)))) y=(at(TOP + HEIGHT + 20.0)) text-anchor="middle" { (label) }
        }
        @for (number, line) in lines.iter().enumerate() {
            path class={ "line s" (number % super::frame::TONES) } d=(path(&line.values, along, up, shape)) {}
            @for (index, value) in known(&line.values) {
                @if labels.len() <= DOTS {
                    circle class=(tone(number)) cx=(at(along.at(count(index)))) cy=(at(up.at(value))) r="3" {}
                }
            }
        }
    };
    figure(words, &key, TOP + HEIGHT + 30.0, &body)
}

fn known(values: &[Option<f64>]) -> impl Iterator<Item = (usize, f64)> {
    values.iter().enumerate().filter_map(|(index, value)| value.filter(|v| v.is_finite()).map(|v| (index, v)))
}

fn path(values: &[Option<f64>], along: Scale, up: Scale, shape: Shape) -> String {
    let mut path = String::new();
    let mut before: Option<(usize, f64)> = None;
    for (index, value) in known(values) {
        let (x, y) = (along.at(count(index)), up.at(value));
        let joined = before.filter(|(last, _)| last + 1 == index);
        let _ = match (joined, shape) {
            (None, _) => write!(path, "M{} {}", at(x), at(y)),
            (Some(_), Shape::Straight) => write!(path, "L{} {}", at(x), at(y)),
            (Some(_), Shape::Steps) => write!(path, "H{}V{}", at(x), at(y)),
        };
        before = Some((index, y));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_stays_a_gap_and_a_step_goes_along_before_it_goes_up() {
        let scale = Scale::new(0.0, 10.0, 0.0, 10.0);
        let values = [Some(1.0), Some(2.0), None, Some(4.0)];
        assert_eq!(path(&values, scale, scale, Shape::Straight), "M0 1L1 2M3 4");
        assert_eq!(path(&values, scale, scale, Shape::Steps), "M0 1H1V2M3 4");
    }
}
