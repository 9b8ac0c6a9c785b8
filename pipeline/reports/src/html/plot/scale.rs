//! Axes: round steps, and where a value stands between two ends.

use crate::number::grouped;

/// A range of values onto a range of the drawing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Scale {
    /// `low` at `from`, `high` at `to`; values of no range all stand at `from`.
    pub(super) fn new(low: f64, high: f64, from: f64, to: f64) -> Scale {
        Scale { low, high, from, to }
    }

    /// Where a value stands; beyond an end, at that end.
    pub(super) fn at(&self, value: f64) -> f64 {
        let range = self.high - self.low;
        let share = if range > 0.0 && value.is_finite() { (value - self.low) / range } else { 0.0 };
        self.from + share.clamp(0.0, 1.0) * (self.to - self.from)
    }
}

/// Round values from 0, or from a round value below `low`, to one that is not below `high`: four to six of them.
pub(super) fn ticks(low: f64, high: f64) -> Vec<f64> {
    let low = if low.is_finite() { low.min(0.0) } else { 0.0 };
    let high = if high.is_finite() && high > low { high } else { low + 1.0 };
    let rough = (high - low) / 4.0;
    let power = 10f64.powi(exponent(rough));
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|n| n * power).find(|step| *step >= rough * 0.999);
    let step = step.unwrap_or(rough);
    let first = (low / step).floor();
    (0..12).map(|n| (first + f64::from(n)) * step).take_while(|tick| *tick < high + step * 0.999).collect()
}

fn exponent(value: f64) -> i32 {
    let exponent = value.log10().floor();
    // What has no logarithm was excluded; 300 is beyond every figure of ours.
    #[expect(clippy::cast_possible_truncation, reason = "clamped before")]
    let exponent = exponent.clamp(-300.0, 300.0) as i32;
    exponent
}

/// A tick as it is written: as many decimals as its step needs, thousands apart.
pub(super) fn tick_text(value: f64, step: f64) -> String {
    let decimals = if step >= 1.0 || step <= 0.0 { 0 } else { usize::try_from(-exponent(step)).unwrap_or(0) };
    let text = format!("{:.*}", decimals, value.abs());
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), grouped);
    let sign = if value < 0.0 { "-" } else { "" };
    if rest.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_reach_the_greatest() {
        assert_eq!(ticks(0.0, 97.0), [0.0, 50.0, 100.0]);
        assert_eq!(ticks(0.0, 4.0), [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(ticks(-30.0, 90.0).first(), Some(&-50.0));
        assert_eq!(ticks(0.0, 0.0), [0.0, 0.5, 1.0]);
        for high in [1e-9, 0.37, 1.0, 12.0, 1234.5, 9.9e11] {
            let ticks = ticks(0.0, high);
            assert!(*ticks.last().unwrap() >= high && (3..=7).contains(&ticks.len()), "{high}: {ticks:?}");
        }
    }

    #[test]
    fn tick_texts_are_as_long_as_needed() {
        assert_eq!(tick_text(1_200_000.0, 200_000.0), "1,200,000");
        assert_eq!(tick_text(0.75, 0.25), "0.8", "a step of ours has one digit that counts");
        assert_eq!(tick_text(-0.05, 0.05), "-0.05");
    }
}
