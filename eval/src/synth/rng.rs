//! Chance with a seed that is written down: one stream of numbers, and hashes that give a thing the same
//! property whenever it is asked for.
//!
//! Only whole numbers are used, so the same seed gives the same bytes on every machine.

/// A stream of pseudo-random numbers (splitmix64).
#[derive(Clone, Debug)]
pub(crate) struct Rng(u64);

/// Scatters the bits of `x`; a bijection, so different numbers stay different.
pub(crate) fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

impl Rng {
    /// The stream that belongs to `seed`.
    pub(crate) fn new(seed: u64) -> Rng {
        Rng(mix(seed))
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number in `0..n`, `n` between 1 and 2^32.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        debug_assert!(n > 0 && n <= 1 << 32);
        ((self.next() >> 32) * n) >> 32
    }

    /// An index below `n`.
    pub(crate) fn index(&mut self, n: usize) -> usize {
        index(self.below(n as u64))
    }

    /// A number in `low..=high`.
    pub(crate) fn span(&mut self, low: i64, high: i64) -> i64 {
        debug_assert!(low <= high);
        low + self.below(high.abs_diff(low) + 1).cast_signed()
    }

    /// True `n` times in a thousand.
    pub(crate) fn permille(&mut self, n: u64) -> bool {
        self.below(1000) < n
    }

    /// True once in `n` times.
    pub(crate) fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// A small number as an index.
#[expect(clippy::cast_possible_truncation, reason = "every index here counts things held in memory")]
pub(crate) fn index(n: u64) -> usize {
    n as usize
}

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
