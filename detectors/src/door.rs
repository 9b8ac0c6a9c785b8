//! Where facts are summed as they come in, so that a tick adds each sum of each subject once and not line by line.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use models::{Profile, Sum};
use records::arena::{Arena, Ref};

use crate::profile::{Price, cell, price_of, sums_of};
use crate::views::Diff;

/// The sums of the tick in hand.
#[derive(Debug, Default)]
pub struct Door {
    profiles: HashMap<(u64, i32), Profile, FixedState>,
    prices: HashMap<(u64, Price), Diff, FixedState>,
}

impl Door {
    /// Adds a fact gained (+1), takes off one lost (-1).
    pub fn take(&mut self, arena: &Arena, fact: Ref, diff: Diff) {
        let profiles = &mut self.profiles;
        let line = sums_of(arena, fact, |key, month, sum, amount| {
            profiles.entry((key, month)).or_default().add(sum, amount.wrapping_mul(diff));
        });
        if let Some(line) = line {
            for (price, amount) in price_of(&line) {
                let sum = self.prices.entry((u64::from(line.institution), price)).or_default();
                *sum = sum.wrapping_add(amount.wrapping_mul(diff));
            }
        }
    }

    /// Hands out what was summed, in no order, and begins anew.
    #[expect(clippy::iter_over_hash_type, reason = "what is handed out is a multiset")]
    pub fn hand_out(
        &mut self,
        mut sum: impl FnMut((u64, Ref), Diff),
        mut price: impl FnMut((u64, Price), Diff),
    ) {
        for ((key, month), profile) in self.profiles.drain() {
            for of in Sum::ALL {
                if profile[of] != 0 {
                    sum((key, cell(month, of)), profile[of]);
                }
            }
        }
        for (row, amount) in self.prices.drain() {
            if amount != 0 {
                price(row, amount);
            }
        }
    }
}
