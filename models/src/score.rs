//! The opinion of a model, in thousandths.
//!
//! Models calculate with floats; the dataflow compares, sorts and replays exactly. Between them stands this number:
//! it is an integer, it has a total order, and equal opinions are equal to the bit on every machine.
//! A thousandth is finer than any model of this kind is sure of.

use std::fmt;

/// How unusual a subject is, in thousandths of what its method measures: 0 is like everybody, and higher is always
/// more suspicious. What a height means depends on the method: see [`crate::Method`].
///
/// # Example
/// ```
/// use models::Score;
///
/// let score = Score::from_measure(3.5004).expect("a number that is not below 0");
/// assert_eq!(score.thousandths(), 3500);
/// assert_eq!(score.to_string(), "3.500");
/// assert!(score > Score::MIN);
/// assert_eq!(Score::from_measure(f64::NAN), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Score(i64);

impl Score {
    /// Like everybody.
    pub const MIN: Score = Score(0);

    /// The score of so many thousandths; none below 0.
    pub const fn from_thousandths(thousandths: i64) -> Option<Score> {
        if thousandths >= 0 { Some(Score(thousandths)) } else { None }
    }

    /// The score nearest to a measure; halves go up.
    ///
    /// What is not a number, is infinite or lies below 0, is no score: a model that leaves its range is broken, and
    /// cutting its answer to size would hide that.
    pub fn from_measure(measure: f64) -> Option<Score> {
        thousandths(measure).and_then(Score::from_thousandths)
    }

    /// Not below 0.
    pub const fn thousandths(self) -> i64 {
        self.0
    }
}

/// With three places: `0.873`, `3.500`.
impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:03}", self.0 / 1000, self.0 % 1000);
        f.pad(&text)
    }
}

/// The thousandths nearest to a number, halves away from 0: the only place where a float becomes what leaves the
/// room. None for what is no number, and for numbers so large that a float does not hold their thousandths.
pub(crate) fn thousandths(number: f64) -> Option<i64> {
    /// 2^53: up to here every whole number is a float.
    const END: f64 = 9_007_199_254_740_992.0;
    let steps = (number * 1000.0).round();
    if !(-END..=END).contains(&steps) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "a whole number within 2^53")]
    let steps = steps as i64;
    Some(steps)
}

#[cfg(test)]
mod tests {
    use super::{Score, thousandths};

    #[test]
    fn every_score_is_found_again_and_in_order() {
        let scores: Vec<Score> = (0..=40_000).map(|n| Score::from_thousandths(n).unwrap()).collect();
        assert!(scores.is_sorted_by(|a, b| a < b));
        assert_eq!(scores[0], Score::MIN);
        for score in scores {
            assert_eq!(score.to_string().parse::<f64>().ok().and_then(Score::from_measure), Some(score));
        }
        assert_eq!(Score::from_thousandths(-1), None);
    }

    #[test]
    fn a_score_is_the_nearest_one() {
        let of = |measure| Score::from_measure(measure).map(Score::thousandths);
        assert_eq!([of(0.0), of(-0.0), of(1.0)], [Some(0), Some(0), Some(1000)]);
        assert_eq!([of(0.000_499), of(0.0005), of(0.999_499), of(0.9995)], [0, 1, 999, 1000].map(Some));
        assert_eq!([of(f64::MIN_POSITIVE), of(-1e-9)], [Some(0), Some(0)]);
        assert_eq!([thousandths(-0.0005), thousandths(-2.25)], [Some(-1), Some(-2250)]);
    }

    #[test]
    fn what_is_no_opinion_is_no_score() {
        for measure in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.001, -873.0, 1e16, f64::MAX] {
            assert_eq!(Score::from_measure(measure), None, "{measure}");
        }
    }

    #[test]
    fn a_score_is_written_with_three_places() {
        let text = |n| Score::from_thousandths(n).unwrap().to_string();
        assert_eq!([text(0), text(7), text(873), text(12_000)], ["0.000", "0.007", "0.873", "12.000"]);
        assert_eq!(format!("{:>7}", Score::from_thousandths(1000).unwrap()), "  1.000");
    }
}
