//! Where facts are summed as they come in, so that a tick adds each sum of each subject once and not line by line.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use models::{Profile, Sum};
use records::arena::{Arena, Packed, RowRef, TextRef};
use records::row::day_of;
use records::time::month_of;

use crate::profile::{Price, cell, prices_of, sums_of};
use crate::views::Diff;

/// The sums of the tick in hand.
#[derive(Debug, Default)]
pub struct PreAggregate {
    profiles: HashMap<(u64, i32), Profile, FixedState>,
    /// Quantity and charges by institution, item and month.
    prices: HashMap<(TextRef, TextRef, i32), [Diff; 2], FixedState>,
}

impl PreAggregate {
    /// Adds a fact gained (+1), takes off one lost (-1).
    pub fn take(&mut self, arena: &Arena, row: RowRef, diff: Diff) {
        let profiles = &mut self.profiles;
        let line = sums_of(arena, row, |key, month, sums| {
            let profile = profiles.entry((key, month)).or_default();
            sums.iter().for_each(|(sum, amount)| profile.add(*sum, amount.wrapping_mul(diff)));
        });
        if let Some(line) = line {
            let key = (line.institution, line.item, month_of(day_of(line.time)));
            for (sum, amount) in self.prices.entry(key).or_default().iter_mut().zip([line.cnt, line.amount]) {
                *sum = sum.wrapping_add(amount.wrapping_mul(diff));
            }
        }
    }

    /// Hands out what was summed, in no order, and begins anew.
    #[expect(clippy::iter_over_hash_type, reason = "what is handed out is a multiset")]
    pub fn hand_out(
        &mut self,
        mut sum: impl FnMut((u64, Packed), Diff),
        mut price: impl FnMut((u64, Price), Diff),
    ) {
        for ((key, month), profile) in self.profiles.drain() {
            for of in Sum::ALL.into_iter().filter(|of| profile[*of] != 0) {
                sum((key, cell(month, of)), profile[of]);
            }
        }
        for ((institution, item, month), sums) in self.prices.drain() {
            for (what, amount) in prices_of(item, month).into_iter().zip(sums).filter(|(_, sum)| *sum != 0) {
                price((u64::from(institution), what), amount);
            }
        }
    }
}
