//! The bootstrap by institution: what a figure would have been, had other places of the same sort been looked at.
//!
//! Each resample draws as many institutions as there are, with replacement, and every figure is computed again from
//! the places drawn. What belongs to one place comes or goes together, so that one bad hospital with a thousand
//! alerts counts as one surprise and not as a thousand. Chance is a seed that the report states.

use super::{Estimate, LEVEL, float};
use records::splitmix::SplitMix64;

/// Resamples that are drawn.
pub const RESAMPLES: usize = 1_000;

/// A ratio of two sums over institutions.
#[derive(Clone, Debug, Default)]
pub struct Ratio {
    /// Institution, its part of the upper sum, its part of the lower sum; those that have a part, once each.
    pub parts: Vec<(usize, i64, i64)>,
}

impl Ratio {
    /// The ratio with every institution once; not a number where the lower sum is nothing.
    pub fn value(&self) -> f64 {
        let sum =
            |part: fn(&(usize, i64, i64)) -> i64| -> f64 { self.parts.iter().map(part).map(float).sum() };
        sum(|part| part.1) / sum(|part| part.2)
    }

    fn of(&self, drawn: &[u32]) -> f64 {
        let (mut over, mut under) = (0.0, 0.0);
        for &(place, up, down) in &self.parts {
            let times = f64::from(drawn[place]);
            over += times * float(up);
            under += times * float(down);
        }
        over / under
    }
}

/// Calls `each` with every resample: how often each of `places` was drawn.
pub fn resample(seed: u64, places: usize, resamples: usize, mut each: impl FnMut(&[u32])) {
    let mut rng = SplitMix64::seeded(seed ^ 0xb007);
    let mut drawn = vec![0; places];
    for _ in 0..resamples {
        drawn.fill(0);
        for _ in 0..places {
            drawn[rng.index(places)] += 1;
        }
        each(&drawn);
    }
}

/// The interval of each ratio.
pub fn ratios(ratios: &[Ratio], seed: u64, places: usize) -> Vec<Estimate> {
    let mut seen: Vec<Vec<f64>> = vec![Vec::with_capacity(RESAMPLES); ratios.len()];
    resample(seed, places, RESAMPLES, |drawn| {
        for (ratio, seen) in ratios.iter().zip(&mut seen) {
            seen.push(ratio.of(drawn));
        }
    });
    let estimate = |(ratio, seen): (&Ratio, Vec<f64>)| match ratio.parts.len() {
        // One place drawn again and again is no information about others.
        0 | 1 => Estimate::bare(ratio.value()),
        _ => Estimate::new(ratio.value(), percentiles(seen)),
    };
    ratios.iter().zip(seen).map(estimate).collect()
}

/// The middle [`LEVEL`] of what was seen, leaving out what is not a number.
pub fn percentiles(mut seen: Vec<f64>) -> (f64, f64) {
    seen.retain(|value| value.is_finite());
    seen.sort_unstable_by(f64::total_cmp);
    let tail = (1.0 - LEVEL) / 2.0;
    (quantile(&seen, tail), quantile(&seen, 1.0 - tail))
}

/// Where `share` of the sorted values lie below, between two values in proportion.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let position = share * super::number(last);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and the last place"
    )]
    let below = position.floor() as usize;
    let above = (below + 1).min(last);
    let part = position - super::number(below);
    sorted[below] * (1.0 - part) + sorted[above] * part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_of_sums_is_covered_about_as_often_as_it_says() {
        // Places with a share between 0.2 and 0.8 of an amount between 1 and 100, over and over.
        let mut rng = SplitMix64::seeded(5);
        let mut covered = 0;
        for seed in 0..300 {
            let part = |place| {
                let all = rng.span(1, 100);
                (place, all * rng.span(20, 80) / 100, all)
            };
            let ratio = Ratio { parts: (0..60).map(part).collect() };
            let estimate = &ratios(std::slice::from_ref(&ratio), seed, 60)[0];
            let (low, high) = (estimate.low.unwrap(), estimate.high.unwrap());
            // Rounding down takes half a fen of each amount; the true ratio lies a little below a half.
            covered += usize::from((low..=high).contains(&0.491));
        }
        assert!((250..290).contains(&covered), "{covered} of 300");
    }

    #[test]
    fn one_place_has_no_interval_and_nothing_has_no_value() {
        let one = Ratio { parts: vec![(0, 1, 2)] };
        let estimates = ratios(&[one, Ratio::default()], 1, 3);
        assert_eq!(estimates[0], Estimate { value: Some(0.5), low: None, high: None });
        assert_eq!(estimates[1], Estimate::default());
    }

    #[test]
    fn the_same_seed_draws_the_same() {
        let drawn = |seed| {
            let mut all = Vec::new();
            resample(seed, 4, 3, |drawn| all.push(drawn.to_vec()));
            all
        };
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
        assert!(drawn(1).iter().all(|counts| counts.iter().sum::<u32>() == 4));
    }
}
