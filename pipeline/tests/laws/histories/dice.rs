//! Chance with a seed: the same seed gives the same history on every machine.

use records::splitmix::SplitMix64;

/// What a history asks of chance. Whole numbers only, so no platform can round it differently.
#[derive(Clone)]
pub(crate) struct Dice(SplitMix64);

impl Dice {
    /// The sequence of `seed`. Neighbouring seeds give unrelated sequences.
    pub(crate) fn new(seed: u64) -> Dice {
        let mut bits = SplitMix64::from_state(seed ^ 0x5EED_F00D_CAFE_D00D);
        bits.next_bits();
        Dice(bits)
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0.next_bits()
    }

    /// A number in `low..=high`.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        assert!(low <= high, "an empty range has no number");
        let width = u64::try_from(high - low).expect("not negative") + 1;
        low + i64::try_from(self.next() % width).expect("below the width")
    }

    /// An index below `len`.
    pub(crate) fn below(&mut self, len: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(len).expect("a length")).expect("below a length")
    }

    /// True `out_of` the `of` times it is asked.
    pub(crate) fn chance(&mut self, out_of: u64, of: u64) -> bool {
        self.next() % of < out_of
    }

    /// One of `choices`.
    pub(crate) fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }

    /// Puts `things` into a random order.
    pub(crate) fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            let other = self.below(last + 1);
            things.swap(last, other);
        }
    }
}
