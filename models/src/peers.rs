//! How far a subject lies from its peers, column by column.
//!
//! The middle is the peers' median and the unit is 1.4826 times the median distance from it (for a bell curve, the
//! standard deviation): a few subjects far out move neither, so they cannot hide themselves. The subject is one of
//! its own peers.
//!
//! Three things keep small numbers and dull columns from speaking:
//! * a value is *weighed*: every subject is given some cases like the peers' median beside its own, so that two
//!   visits at five times the price are no five times the price;
//! * a unit is never smaller than the column's floor and a twentieth of the median, so that peers who are all alike
//!   do not make a small difference a large one, and a constant column counts nothing;
//! * a column of which fewer than so many peers have a case counts nothing at all.
//!
//! Totals go in as their eighth root, which is nearly a logarithm and made of square roots, on which all machines
//! agree: institutions differ in size by factors. A unit is then at least about half as much again as the median.

use ndarray::Array2;

use crate::features::Feature;
use crate::profile::{Profile, Sum};
use crate::score::thousandths;

/// What the median distance from the median is multiplied by.
const MAD_TO_SIGMA: f64 = 1.4826;
/// The unit is at least this part of the median.
const LEAST_PART_OF_MEDIAN: f64 = 0.05;
/// A distance ends here: farther out, how far makes no difference.
const FARTHEST: f64 = 30.0;

/// The median of whole numbers, of an even number of them the middle of the two middle ones, halves up; none of
/// none.
pub fn median(values: &mut [i64]) -> Option<i64> {
    values.sort_unstable();
    let middle = values.len().checked_sub(1)? / 2;
    let (low, high) = (values[middle], values[values.len() / 2]);
    i64::try_from((i128::from(low) + i128::from(high) + 1).div_euclid(2)).ok()
}

/// The median of finite numbers, which are put in another order; 0 of none.
pub(crate) fn middle(values: &mut [f64]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let half = values.len() / 2;
    let is_even = values.len().is_multiple_of(2);
    let (lower, high, _) = values.select_nth_unstable_by(half, f64::total_cmp);
    let high = *high;
    if !is_even {
        return high;
    }
    let low = lower.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if low == high { low } else { (low + high) / 2.0 }
}

/// The median of finite numbers, and the unit in which distances from it are measured, not below `floor`.
pub(crate) fn middle_and_unit(values: &mut [f64], floor: f64) -> (f64, f64) {
    let center = middle(values);
    for value in values.iter_mut() {
        *value = (*value - center).abs();
    }
    let spread = middle(values) * MAD_TO_SIGMA;
    (center, spread.max(floor).max(center.abs() * LEAST_PART_OF_MEDIAN))
}

/// The rows of one peer group beside each other.
pub(crate) struct Standing {
    /// The columns that count, in the order of their set.
    pub(crate) features: Vec<&'static Feature>,
    /// The peers' median of each, in thousandths of its unit.
    pub(crate) medians: Vec<i64>,
    /// How far each row lies from the median of each column, in the column's units; 0 where the row has no case.
    pub(crate) distances: Array2<f64>,
    /// Whether the row has a case of any of these columns.
    pub(crate) has_case: Vec<bool>,
}

impl Standing {
    /// The rows beside each other, by the columns of which at least `min_peers` rows have a case.
    pub(crate) fn of(
        features: &'static [Feature],
        rows: &[Profile],
        min_peers: usize,
        pseudo_cases: u32,
    ) -> Standing {
        let mut standing = Standing {
            features: Vec::new(),
            medians: Vec::new(),
            distances: Array2::zeros((rows.len(), 0)),
            has_case: vec![false; rows.len()],
        };
        let mut columns: Vec<Vec<f64>> = Vec::new();
        for feature in features {
            let cases: Vec<usize> = (0..rows.len()).filter(|row| has_case(feature, &rows[*row])).collect();
            if cases.is_empty() || cases.len() < min_peers {
                continue;
            }
            let peers: Vec<&Profile> = cases.iter().map(|row| &rows[*row]).collect();
            let weighed = weighed(feature, &peers, min_peers, pseudo_cases);
            let Some(median) = thousandths(middle(&mut weighed.clone()) / 1000.0) else { continue };
            let distances = distances(feature, weighed);
            let mut column = vec![0.0; rows.len()];
            for (row, distance) in cases.into_iter().zip(distances) {
                column[row] = distance;
                standing.has_case[row] = true;
            }
            columns.push(column);
            standing.features.push(feature);
            standing.medians.push(median);
        }
        standing.distances = Array2::from_shape_fn((rows.len(), columns.len()), |(row, j)| columns[j][row]);
        standing
    }
}

/// Whether a profile has a case of a column, and something below the line.
fn has_case(feature: &Feature, profile: &Profile) -> bool {
    profile[feature.cases] > 0 && feature.under.is_none_or(|under| profile[under] > 0)
}

/// The peers' values in thousandths of the unit, with some cases like their median given to each.
fn weighed(feature: &Feature, peers: &[&Profile], min_peers: usize, pseudo_cases: u32) -> Vec<f64> {
    let scale = f64::from(feature.scale());
    let over = |profile: &Profile| float(i128::from(profile[feature.over])) * scale;
    let Some(under) = feature.under else { return peers.iter().map(|profile| over(profile)).collect() };
    let pseudo = i64::from(pseudo_cases);
    // The ratio of the peers who have cases enough to have one; of all together, if these are too few.
    let whole = |profile: &&&Profile| profile[feature.cases] >= pseudo.max(1);
    let mut ratios: Vec<f64> =
        peers.iter().filter(whole).map(|profile| over(profile) / float(i128::from(profile[under]))).collect();
    let sum = |of: Sum| float(peers.iter().map(|profile| i128::from(profile[of])).sum());
    let ratio = if ratios.is_empty() || ratios.len() < min_peers {
        sum(feature.over) * scale / sum(under)
    } else {
        middle(&mut ratios)
    };
    let given = f64::from(pseudo_cases) * sum(under) / sum(feature.cases);
    peers
        .iter()
        .map(|profile| (over(profile) + ratio * given) / (float(i128::from(profile[under])) + given))
        .collect()
}

/// How far each value lies from their median.
fn distances(feature: &Feature, mut values: Vec<f64>) -> Vec<f64> {
    let mut floor = f64::from(u32::try_from(feature.floor).unwrap_or(u32::MAX));
    if feature.is_total() {
        let root = |total: f64| total.max(0.0).sqrt().sqrt().sqrt();
        let center = middle(&mut values.clone());
        floor = root(center + floor) - root(center);
        values.iter_mut().for_each(|value| *value = root(*value));
    }
    let (center, unit) = middle_and_unit(&mut values.clone(), floor);
    values.iter().map(|value| ((value - center) / unit).clamp(-FARTHEST, FARTHEST)).collect()
}

/// The float nearest to a sum.
fn float(sum: i128) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "beyond 2^53 fen a sum is near enough")]
    let float = sum as f64;
    float
}
