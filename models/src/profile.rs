//! One subject's numbers over one month.
//!
//! A profile is an array of *sums*, each of which every fact adds to by itself: a visit adds 1 to the visits of its
//! institution and month, a settlement its fen. So a profile can be kept by adding what arrives and taking away what
//! is withdrawn, in any order, and is at every moment what counting again would give. What is not such a sum, like
//! the number of different persons, has no place here; shares and averages are taken from the sums, in `features`.
//!
//! Whose a fact is depends on the set that is judged. An institution has the facts that carry its code. A
//! practitioner has the visits of which they are the doctor, with the settlements of these visits, the lines that
//! they billed, and the prescriptions that they wrote; without the doctor's code a fact is nobody's.
//!
//! A sum that nobody feeds is 0 for everybody, and what is 0 for everybody distinguishes nobody.

use std::ops::{AddAssign, Index, SubAssign};

/// Declares the sums: their order, their names, and what each of them is.
macro_rules! sums {
    ($($(#[$doc:meta])* $name:ident = $key:literal,)*) => {
        /// What a profile sums up. The month of a fact is the month of its time, in China Standard Time.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Sum {
            $($(#[$doc])* $name,)*
        }

        impl Sum {
            /// All sums in the order in which a profile holds them.
            pub const ALL: [Sum; Profile::SUMS] = [$(Sum::$name,)*];

            /// The name, as files write it.
            pub const fn key(self) -> &'static str {
                match self {
                    $(Sum::$name => $key,)*
                }
            }
        }

        impl Profile {
            /// How many sums a profile has.
            pub const SUMS: usize = [$($key,)*].len();
        }
    };
}

sums! {
    /// Visits of all classes, stays too, that begin in the month.
    Visits = "visits",
    /// Stays that end in the month.
    Stays = "stays",
    /// Days of the stays that end in the month: civil days from begin to end, at least 1 each.
    StayDays = "stay_days",
    /// Live settlements of the month.
    Settlements = "settlements",
    /// Fen: `fund_pay_sumamt` of the live settlements.
    Fund = "fund",
    /// Fen: `acct_pay` of the live settlements.
    Account = "account",
    /// Net fee lines of the month.
    Lines = "lines",
    /// Fen: `det_item_fee_sumamt` of the net lines.
    Charges = "charges",
    /// Fen: `fund_amt` of the net lines.
    LineFund = "line_fund",
    /// Fen: charges of the net lines of stays, in the month of the line.
    StayCharges = "stay_charges",
    /// Fen: charges of the net lines of list type 101, drugs.
    DrugCharges = "drug_charges",
    /// Fen: charges of the net lines of list type 102, herbs.
    HerbCharges = "herb_charges",
    /// Fen: charges of the net lines of list type 201, services.
    ServiceCharges = "service_charges",
    /// Fen: charges of the net lines of list type 301, consumables.
    ConsumableCharges = "consumable_charges",
    /// Net lines of list type 101.
    DrugLines = "drug_lines",
    /// Net sales of the month.
    Sales = "sales",
    /// Fen: price times quantity of the net sales, each rounded half up.
    SaleCharges = "sale_charges",
    /// Visits that begin on a Saturday or Sunday.
    WeekendVisits = "weekend_visits",
    /// Visits that begin at 22:00 or later, or before 06:00.
    NightVisits = "night_visits",
    /// Prescriptions of the month that are not cancelled.
    Prescriptions = "prescriptions",
    /// Lines of these prescriptions.
    PrescribedItems = "prescribed_items",
    /// Fen: charges for items that enough peers charge. Not kept, but found when a month is judged: see `prices`.
    PricePaid = "price_paid",
    /// Fen: what the same quantities would cost at the peers' median prices. Found when a month is judged.
    PriceOfPeers = "price_of_peers",
}

/// The sums of one subject over one month.
///
/// Profiles have a total order, sum by sum, in which the judge looks at them.
///
/// # Example
/// ```
/// use models::{Profile, Sum};
///
/// let mut month = Profile::default();
/// month.add(Sum::Visits, 1);
/// month.add(Sum::Fund, 81_240);
/// let withdrawn = month;
/// month.add(Sum::Visits, 1);
/// month -= withdrawn;
/// assert_eq!((month[Sum::Visits], month[Sum::Fund]), (1, 0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Profile([i64; Profile::SUMS]);

impl Profile {
    /// The profile with these sums, in the order of [`Sum::ALL`].
    pub const fn from_sums(sums: [i64; Profile::SUMS]) -> Profile {
        Profile(sums)
    }

    /// The sums, in the order of [`Sum::ALL`].
    pub const fn sums(&self) -> &[i64; Profile::SUMS] {
        &self.0
    }

    /// Adds to one sum; a negative amount takes away.
    ///
    /// Sums wrap around at the ends of 64 bits, so that what is added and taken away again is nothing in any order.
    pub fn add(&mut self, sum: Sum, amount: i64) {
        let cell = &mut self.0[sum as usize];
        *cell = cell.wrapping_add(amount);
    }

    /// Whether nothing stands in it: every sum is 0.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|sum| *sum == 0)
    }
}

impl Default for Profile {
    fn default() -> Profile {
        Profile([0; Profile::SUMS])
    }
}

impl Index<Sum> for Profile {
    type Output = i64;

    fn index(&self, sum: Sum) -> &i64 {
        &self.0[sum as usize]
    }
}

impl AddAssign for Profile {
    fn add_assign(&mut self, other: Profile) {
        for sum in Sum::ALL {
            self.add(sum, other[sum]);
        }
    }
}

impl SubAssign for Profile {
    fn sub_assign(&mut self, other: Profile) {
        for sum in Sum::ALL {
            self.add(sum, other[sum].wrapping_neg());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Profile, Sum};

    #[test]
    fn every_sum_has_its_place_and_its_own_name() {
        let mut names: Vec<&str> = Sum::ALL.iter().map(|sum| sum.key()).collect();
        for (position, sum) in Sum::ALL.into_iter().enumerate() {
            let mut profile = Profile::default();
            profile.add(sum, 7);
            assert_eq!(profile.sums()[position], 7, "{sum:?}");
            assert!(!profile.is_empty());
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Profile::SUMS);
    }

    #[test]
    fn adding_and_taking_away_is_nothing_even_beyond_the_ends() {
        let mut one = Profile::default();
        one.add(Sum::Fund, i64::MAX);
        one.add(Sum::Visits, -3);
        let mut sum = one;
        sum += one;
        sum += one;
        for _ in 0..3 {
            sum -= one;
        }
        assert!(sum.is_empty());
    }
}
