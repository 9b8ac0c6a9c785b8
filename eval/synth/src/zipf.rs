//! Sizes as they are in the world: a few things are chosen very often, most of them seldom.
//!
//! The weights are whole numbers and are turned into quantiles once, so that a draw is one look-up.

use records::splitmix::index;

/// Ranks that are drawn in proportion to `1 / (rank + 1)`, with a little more for the rare ones.
#[derive(Debug)]
pub(crate) struct Zipf {
    quantiles: Vec<u32>,
    ranks: usize,
}

const QUANTILES: usize = 1 << 14;

impl Zipf {
    /// For `ranks` ≥ 1 ranks.
    pub(crate) fn new(ranks: usize) -> Zipf {
        assert!(ranks > 0, "a choice needs something to choose from");
        let weight = |rank: usize| (1u64 << 40) / (rank as u64 + 1);
        let total: u128 = (0..ranks).map(|rank| u128::from(weight(rank))).sum();
        let (mut rank, mut reached) = (0, u128::from(weight(0)));
        let quantiles = (0..QUANTILES)
            .map(|slot| {
                let target = total * (2 * slot as u128 + 1) / (2 * QUANTILES as u128);
                while reached <= target && rank + 1 < ranks {
                    rank += 1;
                    reached += u128::from(weight(rank));
                }
                u32::try_from(rank).expect("fewer than 2^32 ranks")
            })
            .collect();
        Zipf { quantiles, ranks }
    }

    /// The rank that the 64 bits `chance` point to. One draw in eight is even over all ranks.
    pub(crate) fn rank(&self, chance: u64) -> usize {
        let slot = index(chance >> 50);
        if chance & 7 == 0 {
            index((((chance >> 16) & 0xffff_ffff) * self.ranks as u64) >> 32)
        } else {
            self.quantiles[slot] as usize
        }
    }
}
