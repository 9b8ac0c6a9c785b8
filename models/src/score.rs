//! The opinion of a model, in thousandths.
//!
//! Models calculate with floats; the dataflow compares, sorts and replays exactly. Between them stands this number:
//! it is an integer, it has a total order, and equal opinions are equal to the bit on every machine.
//! A thousand steps are finer than any model of this kind is sure of.

use std::fmt;

/// How unusual a subject is: 0 is like everybody, 1000 is like nobody. Higher is always more suspicious.
///
/// # Example
/// ```
/// use models::Score;
///
/// let score = Score::from_unit(0.8734).expect("a number from 0 to 1");
/// assert_eq!(score.thousandths(), 873);
/// assert_eq!(score.to_string(), "0.873");
/// assert!(score > Score::MIN && score < Score::MAX);
/// assert_eq!(Score::from_unit(f64::NAN), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Score(u16);

impl Score {
    /// Like everybody.
    pub const MIN: Score = Score(0);
    /// Like nobody.
    pub const MAX: Score = Score(1000);

    /// The score of so many thousandths; none above 1000.
    pub const fn from_thousandths(thousandths: u16) -> Option<Score> {
        if thousandths <= Score::MAX.0 { Some(Score(thousandths)) } else { None }
    }

    /// The score nearest to a number from 0 to 1, ends included; halves go up.
    ///
    /// What is not a number, or lies outside, is no score: a model that leaves its range is broken, and cutting its
    /// answer to size would hide that.
    pub fn from_unit(unit: f64) -> Option<Score> {
        if !(0.0..=1.0).contains(&unit) {
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a whole number from 0 to 1000"
        )]
        let thousandths = (unit * 1000.0).round() as u16;
        Some(Score(thousandths))
    }

    /// From 0 to 1000.
    pub const fn thousandths(self) -> u16 {
        self.0
    }
}

/// As a share with three places: `0.873`, `1.000`.
impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:03}", self.0 / 1000, self.0 % 1000);
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::Score;

    #[test]
    fn every_score_is_found_again_and_in_order() {
        let scores: Vec<Score> = (0..=1000).map(|n| Score::from_thousandths(n).unwrap()).collect();
        assert!(scores.is_sorted_by(|a, b| a < b));
        assert_eq!((scores[0], scores[1000]), (Score::MIN, Score::MAX));
        for score in scores {
            assert_eq!(Score::from_unit(f64::from(score.thousandths()) / 1000.0), Some(score));
            assert_eq!(score.to_string().parse::<f64>().ok().and_then(Score::from_unit), Some(score));
        }
        assert_eq!(Score::from_thousandths(1001), None);
        assert_eq!(Score::from_thousandths(u16::MAX), None);
    }

    #[test]
    fn a_score_is_the_nearest_one() {
        let of = |unit| Score::from_unit(unit).map(Score::thousandths);
        assert_eq!([of(0.0), of(-0.0), of(1.0)], [Some(0), Some(0), Some(1000)]);
        assert_eq!([of(0.000_499), of(0.0005), of(0.999_499), of(0.9995)], [0, 1, 999, 1000].map(Some));
        assert_eq!(of(f64::MIN_POSITIVE), Some(0));
    }

    #[test]
    fn what_is_no_opinion_is_no_score() {
        for unit in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1e-9, 1.0 + f64::EPSILON, 873.0] {
            assert_eq!(Score::from_unit(unit), None, "{unit}");
        }
    }

    #[test]
    fn a_score_is_written_with_three_places() {
        let text = |n| Score::from_thousandths(n).unwrap().to_string();
        assert_eq!([text(0), text(7), text(873), text(1000)], ["0.000", "0.007", "0.873", "1.000"]);
        assert_eq!(format!("{:>7}", Score::MAX), "  1.000");
    }
}
