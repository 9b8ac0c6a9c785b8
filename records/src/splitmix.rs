//! Chance that has a seed: the same seed gives the same draws, on every machine and in every version of the program.
//!
//! The generator is SplitMix64: a counter that goes up by an odd constant, and a mixing of its bits. It is small enough
//! to be written down here and its whole state is one word. It is good enough for simulations, resamples and the trees
//! of a forest; it is not good for secrets. Everything in the workspace that draws, draws from here.
//!
//! Only whole numbers are used, but for [`SplitMix64::unit`], which is exact.
//!
//! # Source
//! Steele, Lea and Flood, *Fast splittable pseudorandom number generators*, OOPSLA 2014; the constants are those of
//! Vigna's public-domain `splitmix64.c`.

/// What the counter goes up by: 2^64 divided by the golden ratio, odd.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// A sequence of draws.
///
/// # Example
/// ```
/// use records::splitmix::SplitMix64;
///
/// let mut rng = SplitMix64::seeded(7);
/// let dice: Vec<u64> = (0..5).map(|_| 1 + rng.below(6)).collect();
/// assert!(dice.iter().all(|face| (1..=6).contains(face)));
/// // The same seed draws the same.
/// let mut again = SplitMix64::seeded(7);
/// assert_eq!(dice, (0..5).map(|_| 1 + again.below(6)).collect::<Vec<_>>());
/// ```
#[derive(Clone, Debug)]
pub struct SplitMix64(u64);

impl SplitMix64 {
    /// The sequence that `splitmix64.c` has from this state on.
    pub fn from_state(state: u64) -> SplitMix64 {
        SplitMix64(state)
    }

    /// The sequence of a seed; seeds that are near each other give sequences that have nothing in common.
    pub fn seeded(seed: u64) -> SplitMix64 {
        SplitMix64(scatter(seed).wrapping_add(STEP))
    }

    /// The sequence of a seed for the thing with this number: the trees of one forest draw apart.
    pub fn numbered(seed: u64, number: u64) -> SplitMix64 {
        SplitMix64(scatter(seed ^ mix(number.wrapping_add(1))))
    }

    /// The next 64 bits.
    pub fn next_bits(&mut self) -> u64 {
        let bits = scatter(self.0);
        self.0 = self.0.wrapping_add(STEP);
        bits
    }

    /// A number in `0..end`, by the upper 32 bits of a draw: alike likely to within `end` parts in 2^32.
    ///
    /// `end` is between 1 and 2^32.
    pub fn below(&mut self, end: u64) -> u64 {
        debug_assert!(end > 0 && end <= 1 << 32);
        ((self.next_bits() >> 32) * end) >> 32
    }

    /// An index below `end`, drawn as [`SplitMix64::below`].
    pub fn index(&mut self, end: usize) -> usize {
        index(self.below(end as u64))
    }

    /// An index below `end`, which is above 0, by all bits of a draw: alike likely to within `end` parts in 2^64.
    pub fn fine_index(&mut self, end: usize) -> usize {
        let wide = u128::from(self.next_bits()) * (end as u128);
        usize::try_from(wide >> 64).expect("below a number that is one")
    }

    /// A number in `low..=high`.
    pub fn span(&mut self, low: i64, high: i64) -> i64 {
        debug_assert!(low <= high);
        low + self.below(high.abs_diff(low) + 1).cast_signed()
    }

    /// True `n` times in a thousand.
    pub fn permille(&mut self, n: u64) -> bool {
        self.below(1000) < n
    }

    /// True once in `n` times.
    pub fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// A number from 0 to 1, 1 excluded, in steps of 2^-53.
    pub fn unit(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits are what a float holds")]
        let steps = (self.next_bits() >> 11) as f64;
        steps / 9_007_199_254_740_992.0
    }
}

/// Scatters the bits of `x`: the first draw of [`SplitMix64::from_state`]. A bijection, so different numbers stay
/// different; 0 does not stay 0.
pub fn scatter(x: u64) -> u64 {
    mix(x.wrapping_add(STEP))
}

/// Mixes 64 bits so that each depends on all.
fn mix(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

/// A small number as an index.
#[expect(clippy::cast_possible_truncation, reason = "every index here counts things held in memory")]
pub fn index(n: u64) -> usize {
    n as usize
}

#[cfg(test)]
mod tests {
    use super::{SplitMix64, scatter};

    #[test]
    fn the_sequence_is_the_published_one() {
        // The first outputs of splitmix64.c with state 1234567.
        let mut rng = SplitMix64::from_state(1_234_567);
        let drawn = [rng.next_bits(), rng.next_bits(), rng.next_bits()];
        assert_eq!(drawn, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
        assert_eq!(scatter(1_234_567), drawn[0]);
    }

    #[test]
    fn draws_stay_in_their_range_and_reach_all_of_it() {
        let mut rng = SplitMix64::numbered(7, 0);
        let mut seen = [[0; 5]; 2];
        let mut sum = 0.0;
        for _ in 0..5_000 {
            seen[0][rng.fine_index(5)] += 1;
            seen[1][rng.index(5)] += 1;
            assert!((-2..=2).contains(&rng.span(-2, 2)));
            let unit = rng.unit();
            assert!((0.0..1.0).contains(&unit));
            sum += unit;
        }
        assert!(seen.iter().flatten().all(|n| (900..1_100).contains(n)), "{seen:?}");
        assert!((sum / 5_000.0 - 0.5).abs() < 0.02, "{sum}");
    }

    #[test]
    fn numbers_draw_apart_and_again_the_same() {
        let draw = |seed, number| SplitMix64::numbered(seed, number).next_bits();
        assert_eq!(draw(1, 2), draw(1, 2));
        let mut all: Vec<u64> = (0..10).flat_map(|s| (0..10).map(move |n| draw(s, n))).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 100);
    }
}
