//! What the first k of an order hold: institutions with something to find, and the money that is there.
//!
//! An order is measured as it stands, with intervals from resampled institutions; a random order by its expected value,
//! exactly, with the range of many random orders beside it.

use super::bootstrap::{RESAMPLES, percentiles, resample};
use super::{Estimate, float, number};
use records::splitmix::SplitMix64;

/// Random orders that are drawn for the range of what they hold.
const ORDERS: usize = 2_000;

/// Fen that are truly to be found at each place, by number.
#[derive(Clone, Debug, Default)]
pub struct MoneyByInstitution(pub Vec<i64>);

/// What the first k of an order hold.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct YieldAtK {
    /// How many.
    pub k: usize,
    /// Share of them at which there is something to find.
    pub precision: Estimate,
    /// Fen at them.
    pub money: i64,
    /// Their share of all there is to find.
    pub share: Estimate,
}

impl MoneyByInstitution {
    /// All there is, fen.
    pub fn total(&self) -> i64 {
        self.0.iter().sum()
    }

    /// Places by what is there, most first; among equals by number.
    pub fn best(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.0.len()).collect();
        order.sort_by_key(|&position| (std::cmp::Reverse(self.0[position]), position));
        order
    }

    /// Fen at the first k of an order.
    pub fn money(&self, order: &[usize], k: usize) -> i64 {
        order.iter().take(k).map(|&position| self.0[position]).sum()
    }

    /// What an order of all places holds at each of `ks`, which ascend; intervals by resampling places.
    pub fn of_order(&self, order: &[usize], ks: &[usize], seed: u64) -> Vec<YieldAtK> {
        let (mut precisions, mut shares) = (vec![Vec::new(); ks.len()], vec![Vec::new(); ks.len()]);
        resample(seed, self.0.len(), RESAMPLES, |drawn| {
            for (n, (precision, share)) in self.walk(order, ks, drawn).into_iter().enumerate() {
                precisions[n].push(precision);
                shares[n].push(share);
            }
        });
        let once = self.walk(order, ks, &vec![1; self.0.len()]);
        let mut at: Vec<YieldAtK> = Vec::with_capacity(ks.len());
        for (((&k, (precision, share)), precisions), shares) in
            ks.iter().zip(once).zip(precisions).zip(shares)
        {
            at.push(YieldAtK {
                k,
                precision: Estimate::new(precision, percentiles(precisions)),
                money: self.money(order, k),
                share: Estimate::new(share, percentiles(shares)),
            });
        }
        at
    }

    /// Precision and share of the money at each of `ks`, where each place stands as often as it was drawn.
    fn walk(&self, order: &[usize], ks: &[usize], drawn: &[u32]) -> Vec<(f64, f64)> {
        let total: f64 = drawn.iter().zip(&self.0).map(|(&times, &fen)| f64::from(times) * float(fen)).sum();
        let (mut taken, mut hits, mut money) = (0usize, 0usize, 0.0);
        let mut places = order.iter().flat_map(|&position| {
            std::iter::repeat_n(position, usize::try_from(drawn[position]).unwrap_or(usize::MAX))
        });
        let mut held = Vec::with_capacity(ks.len());
        for &k in ks {
            for position in places.by_ref().take(k - taken) {
                taken += 1;
                hits += usize::from(self.0[position] > 0);
                money += float(self.0[position]);
            }
            held.push((number(hits) / number(taken), money / total));
        }
        held
    }

    /// What a random order holds at each of `ks`: the expected value, exactly, and the range of nine orders in ten.
    pub fn of_chance(&self, ks: &[usize], seed: u64) -> Vec<YieldAtK> {
        let places = self.0.len();
        let (mut precisions, mut shares) = (vec![Vec::new(); ks.len()], vec![Vec::new(); ks.len()]);
        let mut rng = SplitMix64::seeded(seed ^ 0x0de4);
        let mut order: Vec<usize> = (0..places).collect();
        let ones = vec![1; places];
        let last = ks.last().copied().unwrap_or(0).min(places);
        for _ in 0..ORDERS {
            for n in 0..last {
                order.swap(n, n + rng.index(places - n));
            }
            for (n, (precision, share)) in self.walk(&order[..last], ks, &ones).into_iter().enumerate() {
                precisions[n].push(precision);
                shares[n].push(share);
            }
        }
        let hits = number(self.0.iter().filter(|&&fen| fen > 0).count()) / number(places);
        let mut at: Vec<YieldAtK> = Vec::with_capacity(ks.len());
        for ((&k, precisions), shares) in ks.iter().zip(precisions).zip(shares) {
            let share = if self.total() == 0 { f64::NAN } else { number(k) / number(places) };
            at.push(YieldAtK {
                k,
                precision: Estimate::new(hits, percentiles(precisions)),
                money: scaled(self.total(), k, places),
                share: Estimate::new(share, percentiles(shares)),
            });
        }
        at
    }
}

/// `fen × k / places`, rounded half up.
fn scaled(fen: i64, k: usize, places: usize) -> i64 {
    let (k, places) = (i128::try_from(k).unwrap_or(0), i128::try_from(places).unwrap_or(1).max(1));
    i64::try_from((i128::from(fen) * k * 2 + places) / (2 * places)).unwrap_or(i64::MAX)
}

/// Those of the usual numbers that a frame of so many places has room for.
pub fn usual_ks(places: usize) -> Vec<usize> {
    [5, 10, 20, 50, 100].into_iter().filter(|&k| k <= places).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_places_hold_what_is_there() {
        let stakes = MoneyByInstitution(vec![0, 500, 300, 0, 200]);
        let at = stakes.of_order(&[1, 0, 2, 4, 3], &[1, 3], 7);
        assert_eq!((at[0].money, at[0].precision.value, at[0].share.value), (500, Some(1.0), Some(0.5)));
        assert_eq!(
            (at[1].money, at[1].precision.value, at[1].share.value),
            (800, Some(0.666_667), Some(0.8))
        );
        assert_eq!(stakes.best(), [1, 2, 4, 0, 3]);
    }

    #[test]
    fn chance_is_expected_to_hold_its_share_and_its_range_is_that_of_all_orders() {
        let stakes = MoneyByInstitution(vec![0, 500, 300, 0, 200]);
        let at = stakes.of_chance(&[2], 3)[0];
        assert_eq!((at.money, at.share.value, at.precision.value), (400, Some(0.4), Some(0.6)));
        // One pair of ten holds nothing, one everything but 200.
        assert_eq!((at.share.low, at.share.high), (Some(0.0), Some(0.8)));
    }

    #[test]
    fn nothing_to_find_is_no_share() {
        let at = MoneyByInstitution(vec![0, 0]).of_chance(&[1], 3)[0];
        assert_eq!((at.share.value, at.money, at.precision.value), (None, 0, Some(0.0)));
        assert_eq!(usual_ks(57), [5, 10, 20, 50]);
    }
}
