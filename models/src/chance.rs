//! Chance that has a seed: the same seed, the same draws, on every machine and in every version of this program.
//!
//! The generator is SplitMix64: a counter that goes up by an odd constant, and a mixing of its bits. It is small
//! enough to be written down here, it has no state that could be forgotten to be saved, and it is good for trees;
//! it is not good for secrets.
//!
//! # Source
//! Steele, Lea and Flood, *Fast splittable pseudorandom number generators*, OOPSLA 2014; the constants are those of
//! Vigna's public-domain `splitmix64.c`.

/// A sequence of draws.
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    /// The sequence of a seed, and of the number of the thing that is drawn for: trees of one forest draw apart.
    pub(crate) fn new(seed: u64, number: u64) -> Chance {
        let mut chance = Chance(seed ^ mix(number.wrapping_add(1)));
        chance.0 = chance.next();
        chance
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }

    /// A number below `end`, which is above 0. Numbers are alike likely to within `end` parts in 2^64.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let wide = u128::from(self.next()) * (end as u128);
        usize::try_from(wide >> 64).expect("below a number that is one")
    }

    /// A number from 0 to 1, 1 excluded, in steps of 2^-53.
    pub(crate) fn unit(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits are what a float holds")]
        let steps = (self.next() >> 11) as f64;
        steps / 9_007_199_254_740_992.0
    }
}

/// Mixes 64 bits so that each depends on all.
fn mix(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::Chance;

    #[test]
    fn the_sequence_is_the_published_one() {
        // The first outputs of splitmix64.c with state 1234567.
        let mut chance = Chance(1_234_567);
        let drawn = [chance.next(), chance.next(), chance.next()];
        assert_eq!(drawn, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn draws_stay_in_their_range_and_reach_all_of_it() {
        let mut chance = Chance::new(7, 0);
        let mut seen = [0; 5];
        let mut sum = 0.0;
        for _ in 0..5_000 {
            seen[chance.below(5)] += 1;
            let unit = chance.unit();
            assert!((0.0..1.0).contains(&unit));
            sum += unit;
        }
        assert!(seen.iter().all(|n| (900..1_100).contains(n)), "{seen:?}");
        assert!((sum / 5_000.0 - 0.5).abs() < 0.02, "{sum}");
    }

    #[test]
    fn numbers_draw_apart_and_again_the_same() {
        let draw = |seed, number| Chance::new(seed, number).next();
        assert_eq!(draw(1, 2), draw(1, 2));
        let mut all: Vec<u64> = (0..10).flat_map(|s| (0..10).map(move |n| draw(s, n))).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 100);
    }
}
