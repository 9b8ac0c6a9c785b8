//! What a subject charged beside what its peers charge for the same things.
//!
//! A subject that is dear on every item is not seen in its averages, for it may treat other diseases than its peers.
//! It is seen beside the peers' *median price of each item*: its charges, over its quantities at those prices. An
//! index of 1000 is what the median peer takes; 1300 is thirty per cent more for the same basket.
//!
//! Prices are fractions of two sums and are compared as such, so there is no rounding before the end. Whoever
//! charged the item counts once, the subject itself among them.

use std::collections::BTreeMap;

use crate::profile::{Profile, Sum};

/// What one subject charged for one item in one month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemSum<K> {
    /// The subject.
    pub subject: K,
    /// Quantity, in any unit that is the same for all subjects. Where it is not above 0 the row is left out.
    pub quantity: i64,
    /// Fen. Where it is below 0 the row is left out.
    pub charges_fen: i64,
}

/// A subject's charges beside those at its peers' prices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PriceIndex {
    /// Fen: its charges, over the items that enough peers charge.
    pub paid_fen: i64,
    /// Fen: the same quantities at the peers' median price of each item, rounded half up item by item.
    pub at_peers_fen: i64,
}

impl PriceIndex {
    /// The index in thousandths, half up; none where the peers would have taken nothing.
    pub fn thousandths(self) -> Option<i64> {
        if self.at_peers_fen <= 0 {
            return None;
        }
        let (paid, at_peers) = (i128::from(self.paid_fen), i128::from(self.at_peers_fen));
        i64::try_from((paid * 2000 + at_peers) / (at_peers * 2)).ok()
    }

    /// The profile with these two sums in it, whatever stood there.
    pub fn put_into(self, profile: &mut Profile) {
        profile.add(Sum::PricePaid, self.paid_fen.wrapping_sub(profile[Sum::PricePaid]));
        profile.add(Sum::PriceOfPeers, self.at_peers_fen.wrapping_sub(profile[Sum::PriceOfPeers]));
    }
}

/// The price index of each subject of one peer group in one month.
///
/// Each element of `items` is one item with a row for each subject that charged it, in any order. An item charged by
/// fewer than `min_peers` subjects has no price to compare with and is left out; a subject none of whose items is
/// left has no index. Of an even number of prices the lower one of the middle is the median, so that it is a price
/// that somebody asked. Sums end at the greatest 64-bit number.
///
/// # Example
/// ```
/// use models::{ItemSum, prices};
///
/// let row = |subject, quantity, charges_fen| ItemSum { subject, quantity, charges_fen };
/// let item = [row("A", 10, 1_000), row("B", 3, 300), row("C", 4, 520)];
/// let index = prices::price_index([item.as_slice()], 3);
/// assert_eq!(index["C"].thousandths(), Some(1300));
/// assert_eq!((index["C"].paid_fen, index["C"].at_peers_fen), (520, 400));
/// ```
pub fn price_index<'a, K: Ord + Copy + 'a>(
    items: impl IntoIterator<Item = &'a [ItemSum<K>]>,
    min_peers: usize,
) -> BTreeMap<K, PriceIndex> {
    let mut found: BTreeMap<K, PriceIndex> = BTreeMap::new();
    let mut prices: Vec<(i64, i64)> = Vec::new();
    for item in items {
        let counts = |row: &&ItemSum<K>| row.quantity > 0 && row.charges_fen >= 0;
        prices.clear();
        prices.extend(item.iter().filter(counts).map(|row| (row.charges_fen, row.quantity)));
        if prices.is_empty() || prices.len() < min_peers {
            continue;
        }
        // a/b before c/d where ad < cb; both products fit, for both factors are below 2^63.
        let product = |one: i64, other: i64| i128::from(one) * i128::from(other);
        let middle = (prices.len() - 1) / 2;
        let (_, &mut (charges, quantity), _) =
            prices.select_nth_unstable_by(middle, |a, b| product(a.0, b.1).cmp(&product(b.0, a.1)));
        for row in item.iter().filter(counts) {
            let index = found.entry(row.subject).or_default();
            index.paid_fen = index.paid_fen.saturating_add(row.charges_fen);
            let (total, per) = (product(row.quantity, charges), i128::from(quantity));
            // Half up: x / per + 1/2, without doubling a product that nearly fills its 128 bits.
            let rounded = total / per + i128::from(total % per * 2 >= per);
            index.at_peers_fen =
                index.at_peers_fen.saturating_add(i64::try_from(rounded).unwrap_or(i64::MAX));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{ItemSum, PriceIndex, price_index};
    use crate::profile::{Profile, Sum};

    fn item(rows: &[(u32, i64, i64)]) -> Vec<ItemSum<u32>> {
        let row =
            |&(subject, quantity, charges_fen): &(u32, i64, i64)| ItemSum { subject, quantity, charges_fen };
        rows.iter().map(row).collect()
    }

    #[test]
    fn items_that_few_charge_are_left_out_and_rows_of_nothing_too() {
        let common = item(&[(1, 2, 200), (2, 1, 130), (3, 5, 500), (4, 0, 90), (5, 3, -1)]);
        let rare = item(&[(1, 1, 9_000), (2, 1, 10)]);
        let index = price_index([common.as_slice(), rare.as_slice()], 3);
        assert_eq!(index.keys().copied().collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(index[&1], PriceIndex { paid_fen: 200, at_peers_fen: 200 });
        assert_eq!(index[&2].thousandths(), Some(1300));
        assert!(price_index([[].as_slice(), rare.as_slice()], 3).is_empty());
        assert!(price_index::<u32>([[].as_slice()], 0).is_empty());
    }

    #[test]
    fn the_median_is_a_price_that_somebody_asked() {
        // Prices 1/3, 2/3, 1, 4/3: the lower middle one is 2/3, which no decimal is.
        let index = price_index([item(&[(1, 3, 1), (2, 3, 2), (3, 3, 3), (4, 300, 400)]).as_slice()], 1);
        assert_eq!([index[&1], index[&4]].map(|i| i.at_peers_fen), [2, 200]);
        assert_eq!([1, 2, 3, 4].map(|s| index[&s].thousandths()), [500, 1000, 1500, 2000].map(Some));
        // One unit at 2/3 of a fen is 1 fen, at 1/3 none.
        let index = price_index([item(&[(1, 1, 5), (2, 3, 2), (3, 3, 1)]).as_slice()], 1);
        assert_eq!(index[&1].at_peers_fen, 1);
    }

    #[test]
    fn the_order_of_rows_and_items_changes_nothing_and_large_sums_end_somewhere() {
        let a = item(&[(1, 7, 930), (2, 2, 200), (3, 9, 1_800), (4, 1, 155)]);
        let b = item(&[(2, 4, 44), (3, 4, 40), (1, 4, 60)]);
        let straight = price_index([a.as_slice(), b.as_slice()], 2);
        let turned = |rows: &[ItemSum<u32>]| rows.iter().rev().copied().collect::<Vec<_>>();
        assert_eq!(price_index([turned(&b).as_slice(), turned(&a).as_slice()], 2), straight);

        let huge = item(&[(1, i64::MAX, i64::MAX), (2, i64::MAX, i64::MAX)]);
        let index = price_index([huge.as_slice(), huge.as_slice()], 2);
        assert_eq!(index[&1], PriceIndex { paid_fen: i64::MAX, at_peers_fen: i64::MAX });
        assert_eq!(index[&1].thousandths(), Some(1000));
    }

    #[test]
    fn an_index_over_nothing_is_none_and_is_put_in_place_of_what_stood() {
        assert_eq!(PriceIndex { paid_fen: 5, at_peers_fen: 0 }.thousandths(), None);
        assert_eq!(PriceIndex { paid_fen: 2001, at_peers_fen: 2000 }.thousandths(), Some(1001));
        let mut profile = Profile::default();
        for paid in [7, 9] {
            PriceIndex { paid_fen: paid, at_peers_fen: 8 }.put_into(&mut profile);
        }
        assert_eq!((profile[Sum::PricePaid], profile[Sum::PriceOfPeers]), (9, 8));
    }
}
