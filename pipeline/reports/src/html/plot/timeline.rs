//! Lanes over time: stays as bars from begin to end, single records as points.
//!
//! Bars of one lane that overlap stand below each other, for overlapping is what a reader looks for.

use maud::{Markup, html};
use records::time::{DAY_SECONDS, day_of, format_date};

use super::frame::{WIDTH, Words, at, count, cut, figure};
use super::scale::Scale;

/// How a bar or a point looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// What the page is about.
    Main,
    /// Somewhere else, drawn hollow.
    Other,
    /// What weighs: a death, a count.
    Warn,
    /// What is beside it.
    Beside,
}

impl Look {
    fn class(self) -> &'static str {
        match self {
            Look::Main => "f0",
            Look::Other => "hollow",
            Look::Warn => "f2",
            Look::Beside => "f5",
        }
    }
}

/// A bar; times in seconds as [`records::time`] counts them.
#[derive(Clone, Debug)]
pub struct Span {
    /// Its begin.
    pub begin: i64,
    /// Its end; before the begin it is a point at the begin.
    pub end: i64,
    /// How it looks.
    pub look: Look,
    /// What is stated of it when it is pointed at.
    pub text: String,
}

/// A point.
#[derive(Clone, Debug)]
pub struct Mark {
    /// When.
    pub time: i64,
    /// How it looks.
    pub look: Look,
    /// What is stated of it when it is pointed at.
    pub text: String,
}

/// A line of the plot.
#[derive(Clone, Debug)]
pub struct Lane {
    /// Whose it is.
    pub label: String,
    /// Its bars.
    pub spans: Vec<Span>,
    /// Its points.
    pub marks: Vec<Mark>,
}

const LABEL: f64 = 182.0;
const RIGHT: f64 = 36.0;
const BAR: f64 = 9.0;
const PITCH: f64 = 12.0;
/// Labels below the axis at the most.
const LABELS: i64 = 11;

/// Lanes below each other between two times; `key` names the looks that occur.
pub fn timeline(words: Words<'_>, key: &[(Look, &str)], (from, to): (i64, i64), lanes: &[Lane]) -> Markup {
    let days = (day_of(sane(from)), day_of(sane(to)).saturating_add(1));
    let along = Scale::new(f64::from(days.0), f64::from(days.1), LABEL, WIDTH - RIGHT);
    let x = |time: i64| along.at(in_days(time));
    let placed: Vec<(f64, Vec<usize>)> = {
        let mut top = 4.0;
        let place = |lane: &Lane| {
            let rows = rows(&lane.spans);
            let high = PITCH * count(rows.iter().copied().max().unwrap_or(0) + 1) + 6.0;
            let here = top;
            top += high;
            (here, rows)
        };
        lanes.iter().map(place).collect()
    };
    let bottom = lanes.iter().zip(&placed).next_back().map_or(4.0, |(_, (top, rows))| {
        top + PITCH * count(rows.iter().copied().max().unwrap_or(0) + 1) + 6.0
    });
    let names: Vec<(String, &str)> =
        key.iter().map(|(look, name)| (look.class().to_owned(), *name)).collect();
    let body = html! {
        @for day in axis(days) {
            @let x = at(along.at(f64::from(day)));
            line.grid x1=(x) x2=(x) y1="0" y2=(at(bottom)) {}
            text.axis x=(x) y=(at(bottom + 15.0)) text-anchor="middle" { (format_date(day)) }
        }
        @for (lane, (top, rows)) in lanes.iter().zip(&placed) {
            text.lane x=(at(LABEL - 10.0)) y=(at(top + 11.0)) text-anchor="end" { (cut(&lane.label, 23)) }
            @for (span, row) in lane.spans.iter().zip(rows) {
                @let left = x(span.begin);
                rect class=(span.look.class()) x=(at(left)) y=(at(top + 2.0 + PITCH * count(*row))) rx="1.5"
                    width=(at((x(span.end) - left).max(2.5))) height=(at(BAR)) { title { (span.text) } }
            }
            @for mark in &lane.marks {
                circle class=(mark.look.class()) cx=(at(x(mark.time))) cy=(at(top + 6.5)) r="3.6" {
                    title { (mark.text) }
                }
            }
            line.grid x1=(at(LABEL)) x2=(at(WIDTH - RIGHT)) y1=(at(*top - 1.0)) y2=(at(*top - 1.0)) {}
        }
    };
    figure(words, &names, bottom + 22.0, &body)
}

/// A time within the years that records have.
fn sane(time: i64) -> i64 {
    time.clamp(-25_000 * DAY_SECONDS, 47_000 * DAY_SECONDS)
}

#[expect(clippy::cast_precision_loss, reason = "a time within the years of records has fewer than 53 bits")]
fn in_days(time: i64) -> f64 {
    sane(time) as f64 / DAY_SECONDS as f64
}

/// For each bar the row in which it does not touch an earlier one.
fn rows(spans: &[Span]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..spans.len()).collect();
    order.sort_by_key(|index| (spans[*index].begin, spans[*index].end, *index));
    let mut ends: Vec<i64> = Vec::new();
    let mut rows = vec![0; spans.len()];
    for index in order {
        let span = &spans[index];
        let free = ends.iter().position(|end| *end <= span.begin).unwrap_or(ends.len());
        if free == ends.len() {
            ends.push(span.end);
        } else {
            ends[free] = span.end;
        }
        rows[index] = free;
    }
    rows
}

/// Days with a label: first days of months if there are at least two, else evenly spaced days.
fn axis((first, last): (i32, i32)) -> Vec<i32> {
    let months: Vec<i32> = (first..=last).filter(|day| format_date(*day).ends_with("-01")).collect();
    let chosen = if months.len() >= 3 { months } else { (first..last).collect() };
    let every = chosen.len().div_ceil(usize::try_from(LABELS).unwrap_or(1)).max(1);
    chosen.into_iter().step_by(every).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_that_overlap_stand_below_each_other() {
        let span = |begin, end| Span { begin, end, look: Look::Main, text: String::new() };
        assert_eq!(rows(&[span(0, 10), span(5, 12), span(10, 11), span(11, 20)]), [0, 1, 0, 0]);
    }

    #[test]
    fn the_axis_has_months_or_days() {
        let day = |text| records::time::parse_date(text).unwrap();
        let axis = |from, to| axis((day(from), day(to))).into_iter().map(format_date).collect::<Vec<_>>();
        assert_eq!(axis("2025-01-15", "2025-04-15"), ["2025-02-01", "2025-03-01", "2025-04-01"]);
        assert_eq!(axis("2025-01-15", "2025-01-17"), ["2025-01-15", "2025-01-16"]);
        assert!(axis("2015-01-15", "2025-01-15").len() <= 13);
    }
}
