//! Shelves: every use is covered by a purchase that came no later, so that nobody bills what was never there.
//!
//! The first use of a pair (institution, item) is preceded by a count dated the day before. Each later movement
//! that takes from the shelf is checked against the balance at the moment it is drawn, and all dates drawn later
//! lie no earlier; so on every civil day what was used is at most what was there.

use crate::record::{StockMovement, TraceCodes};
use crate::shelf::Shelf;
use crate::simulation::Simulation;
use crate::text::{DAY, HOUR, ONE, day_of};
use records::Kind;
use std::io::Write;

/// Packs in the first purchase; each later one is larger, up to 32 times.
const FIRST_LOT: i64 = 10;

impl<W: Write> Simulation<'_, W> {
    /// Takes `count` (ten-thousandths) of `item` from the shelf `pair` of `institution`, buying before if need be.
    pub(crate) fn take(&mut self, institution: usize, item: usize, pair: usize, count: i64) {
        if self.shelves[pair].purchases == 0 {
            self.open_shelf(institution, item, pair);
        }
        if i64::from(self.shelves[pair].balance) < count {
            self.buy(institution, item, pair, count);
        }
        let shelf = &mut self.shelves[pair];
        shelf.balance -= i32::try_from(count).expect("one use is small");
    }

    /// Takes `packs` whole packs and the trace codes on them; one code at least.
    pub(crate) fn take_packs(
        &mut self,
        institution: usize,
        item: usize,
        pair: usize,
        packs: u64,
    ) -> TraceCodes {
        self.take(institution, item, pair, packs.cast_signed() * ONE);
        let short = |shelf: &Shelf| u64::from(shelf.bought - shelf.next_code) < packs;
        if short(&self.shelves[pair]) {
            self.buy(institution, item, pair, packs.cast_signed() * ONE);
        }
        let shelf = &mut self.shelves[pair];
        let first = u64::from(shelf.next_code);
        shelf.next_code += u32::try_from(packs).expect("one sale is small");
        TraceCodes { pair, first, len: packs }
    }

    fn open_shelf(&mut self, institution: usize, item: usize, pair: usize) {
        let pharmacy = self.region.institutions[institution].pharmacy;
        // A shelf that was counted empty is bought for at once, and what is bought at once is used within 90 days.
        let soon_over = self.region.end_day - day_of(self.now) <= 89;
        let packs = self.rng.span(i64::from(!soon_over), 40);
        // The packs of before stay at the back of a pharmacy's shelf: their trace codes are in no purchase.
        self.shelves[pair] = Shelf {
            balance: if pharmacy { 0 } else { i32::try_from(packs * ONE).expect("a few packs") },
            purchases: 1,
            ..Shelf::default()
        };
        self.count_shelf(institution, item, packs * ONE, self.now - DAY);
    }

    /// Sends a count: `count` (ten-thousandths) lay on the shelf at the end of the day of `at`.
    pub(crate) fn count_shelf(&mut self, institution: usize, item: usize, count: i64, at: i64) {
        let movement = self.movement(institution, item, count, at);
        self.send(Kind::StockCount, self.now, |region, text, _, rev| {
            text.stock_count(region, &movement, rev)
        });
    }

    fn movement(&mut self, institution: usize, item: usize, count: i64, at: i64) -> StockMovement {
        let id = self.serial();
        let codes = TraceCodes { pair: 0, first: 0, len: 0 };
        StockMovement {
            id,
            institution,
            item,
            count,
            at,
            invoice: self.rng.below(100_000_000),
            codes,
            back: false,
        }
    }

    /// Buys at least `count` (ten-thousandths); now and then some of it breaks, goes back or is counted.
    fn buy(&mut self, institution: usize, item: usize, pair: usize, count: i64) {
        let pharmacy = self.region.institutions[institution].pharmacy;
        let shelf = self.shelves[pair];
        let grown = FIRST_LOT << shelf.purchases.min(if pharmacy { 3 } else { 6 });
        let packs = (count + ONE - 1) / ONE + grown + self.rng.span(0, grown / 2);
        // Bought in the last hours, but after the count of yesterday.
        let at = (self.now - self.rng.span(0, 2 * HOUR)).max(day_of(self.now) * DAY + 60);
        let mut purchase = self.movement(institution, item, packs * ONE, at);
        let coded = if pharmacy { packs.unsigned_abs() } else { 0 };
        purchase.codes = TraceCodes { pair, first: u64::from(shelf.bought), len: coded };
        self.send_purchase(&purchase);
        let shelf = &mut self.shelves[pair];
        shelf.bought += u32::try_from(coded).expect("one purchase is small");
        shelf.balance += i32::try_from(packs * ONE).expect("one purchase is small");
        shelf.purchases = shelf.purchases.saturating_add(1);
        let left = i64::from(shelf.balance) - count;
        match self.rng.below(90) {
            0 if left >= 5 * ONE => self.lose(institution, item, pair, ONE),
            1 if left >= 10 * ONE && !pharmacy => {
                let mut back = self.movement(institution, item, 3 * ONE, self.now);
                back.back = true;
                self.send_purchase(&back);
                self.shelves[pair].balance -= i32::try_from(3 * ONE).expect("a few packs");
            }
            2 => {
                let gain = self.movement(institution, item, ONE, self.now);
                self.send(Kind::StockChange, self.now, |region, text, _, rev| {
                    text.stock_change(region, &gain, "103", rev);
                });
            }
            3 | 4 => self.count_shelf(institution, item, i64::from(self.shelves[pair].balance), self.now),
            _ => {}
        }
    }

    fn send_purchase(&mut self, purchase: &StockMovement) {
        self.institution_states[purchase.institution].buys |= !purchase.back;
        let purchase = *purchase;
        let wrong = StockMovement { invoice: purchase.invoice / 10, ..purchase };
        self.send_corrected(Kind::Purchase, self.now, |region, text, _, rev, first_try| {
            text.purchase(region, if first_try { &wrong } else { &purchase }, rev);
        });
    }

    fn lose(&mut self, institution: usize, item: usize, pair: usize, count: i64) {
        let loss = self.movement(institution, item, count, self.now);
        let kind = ["104", "105", "107"][self.rng.index(3)];
        self.send(Kind::StockChange, self.now, |region, text, _, rev| {
            text.stock_change(region, &loss, kind, rev);
        });
        self.shelves[pair].balance -= i32::try_from(count).expect("one loss is small");
    }

    /// A stock that somebody wants to bill beyond: a count and one purchase of an item nobody else uses there.
    pub(crate) fn stock_once(&mut self, institution: usize, item: usize, counted: i64, bought: i64) {
        self.count_shelf(institution, item, counted, self.now - DAY);
        let mut purchase = self.movement(institution, item, bought, self.now);
        purchase.at = self.now;
        self.send_purchase(&purchase);
    }
}
