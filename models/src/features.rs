//! What is looked at: sums of a profile as named columns.
//!
//! A column is a sum, or one sum over another, with the unit in which people read it and the *direction* that is
//! suspicious; what lies on the other side is let be. Totals measure how large a subject is, and they are few, for size
//! is no offence; most columns ask what is done with each case.
//!
//! A value is exact, in thousandths of its unit, and is what a message shows: whoever divides the two sums finds the
//! same. What is *compared* with the peers is the value as `peers` weighs it, in which a handful of cases counts
//! little.

use crate::profile::{Profile, Sum};

mod table;

/// The sides of the peers' median on which a value is suspicious.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// Above it.
    Upper,
    /// Below it.
    Lower,
    /// On both sides.
    Both,
}

/// The unit of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// Yuan, from sums of fen.
    Yuan,
    /// Things counted, or things per thing.
    Count,
    /// Days.
    Days,
    /// A part of a whole, shown in per cent.
    Share,
    /// A ratio whose middle is 1.
    Index,
}

/// Whose profiles are compared, and by which columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FeatureSet {
    /// Institutions.
    Institution,
    /// Practitioners.
    Practitioner,
}

/// One column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Feature {
    /// The name, as rule files write it.
    pub key: &'static str,
    /// The name in a Chinese sentence.
    pub zh: &'static str,
    /// The name in an English sentence.
    pub en: &'static str,
    /// The unit of a value.
    pub unit: Unit,
    /// What is suspicious.
    pub direction: Direction,
    /// The sum above the line.
    pub over: Sum,
    /// The sum below it; a total has none.
    pub under: Option<Sum>,
    /// The cases that the value is made of: a subject that has none is not compared in this column, and one that has
    /// few counts little.
    pub cases: Sum,
    /// In thousandths: so far from the median is no distance, however alike the peers are.
    pub floor: i64,
}

impl Feature {
    /// The value of a profile in thousandths of the unit, rounded half up; none where nothing stands below the line.
    ///
    /// # Example
    /// ```
    /// use models::{FeatureSet, Profile, Sum};
    ///
    /// let mut month = Profile::default();
    /// month.add(Sum::Visits, 3);
    /// month.add(Sum::Fund, 100_000);
    /// let fund_per_visit = FeatureSet::Institution.find("fund_per_visit").expect("a column");
    /// let value = fund_per_visit.value(&month).expect("there are visits");
    /// assert_eq!((value, fund_per_visit.zh_text(value)), (333_333, "333.33元".to_owned()));
    /// ```
    pub fn value(&self, profile: &Profile) -> Option<i64> {
        let over = i128::from(profile[self.over]) * i128::from(self.scale());
        let Some(under) = self.under else { return i64::try_from(over).ok() };
        let under = i128::from(profile[under]);
        if under <= 0 {
            return None;
        }
        i64::try_from((over * 2 + under).div_euclid(under * 2)).ok()
    }

    /// Thousandths of the unit in one of the upper sum over one of the lower.
    pub(crate) const fn scale(&self) -> i16 {
        match self.unit {
            // A hundredth of a yuan is ten of its thousandths.
            Unit::Yuan => 10,
            Unit::Count | Unit::Days | Unit::Share | Unit::Index => 1000,
        }
    }

    /// Whether it is a total: a sum over nothing.
    pub const fn is_total(&self) -> bool {
        self.under.is_none()
    }

    /// A value with its unit, in Chinese.
    pub fn zh_text(&self, value: i64) -> String {
        let unit = match self.unit {
            Unit::Yuan => "元",
            Unit::Days => "天",
            Unit::Share => "%",
            Unit::Count | Unit::Index => "",
        };
        self.number(value) + unit
    }

    /// A value with its unit, in English.
    pub fn en_text(&self, value: i64) -> String {
        let unit = match self.unit {
            Unit::Yuan => " yuan",
            Unit::Days => " days",
            Unit::Share => "%",
            Unit::Count | Unit::Index => "",
        };
        self.number(value) + unit
    }

    /// A value with as many places as its unit is read with, half up.
    fn number(&self, value: i64) -> String {
        // Thousandths to a step, and steps to a unit shown.
        let (step, per) = match self.unit {
            // A share of 1 is 100.0 per cent.
            Unit::Share => (1, 10),
            Unit::Count if self.is_total() => (1000, 1),
            Unit::Yuan | Unit::Count | Unit::Days | Unit::Index => (10, 100),
        };
        let steps = (i128::from(value) * 2 + step).div_euclid(step * 2);
        let (sign, steps) = (if steps < 0 { "-" } else { "" }, steps.abs());
        match per {
            1 => format!("{sign}{steps}"),
            10 => format!("{sign}{}.{}", steps / 10, steps % 10),
            _ => format!("{sign}{}.{:02}", steps / 100, steps % 100),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FeatureSet, Unit};
    use crate::profile::{Profile, Sum};

    #[test]
    fn names_are_their_own_and_money_stands_over_what_is_not() {
        const FEN: [&str; 3] = ["fund", "account", "price_"];
        let is_money =
            |sum: Sum| sum.key().contains("charges") || FEN.iter().any(|name| sum.key().contains(name));
        for set in [FeatureSet::Institution, FeatureSet::Practitioner] {
            let mut names: Vec<&str> = set.features().iter().map(|f| f.key).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), set.features().len());
            for feature in set.features() {
                assert_eq!(set.find(feature.key), Some(feature));
                assert!(feature.floor > 0, "{}", feature.key);
                let yuan = is_money(feature.over) && !feature.under.is_some_and(is_money);
                assert_eq!(feature.unit == Unit::Yuan, yuan, "{}", feature.key);
                if let Some(under) = feature.under.filter(|_| !yuan) {
                    assert_eq!(is_money(feature.over), is_money(under), "{}", feature.key);
                }
            }
            assert_eq!(set.find("nothing"), None);
        }
    }

    #[test]
    fn a_value_is_its_fraction_half_up_and_is_read_in_its_unit() {
        let set = FeatureSet::Institution;
        let check = |key: &str, over: i64, under: i64, value: Option<i64>, text: &str| {
            let feature = set.find(key).unwrap();
            let mut profile = Profile::default();
            if let Some(sum) = feature.under {
                profile.add(sum, under);
            }
            profile.add(feature.over, over);
            assert_eq!(feature.value(&profile), value, "{key}");
            if let Some(value) = value {
                assert_eq!(feature.en_text(value), text);
            }
        };
        check("fund", 123_456, 0, Some(1_234_560), "1234.56 yuan");
        check("visits", 12, 0, Some(12_000), "12");
        check("fund_per_visit", 1, 16, Some(1), "0.00 yuan");
        check("fund_per_visit", -100, 3, Some(-333), "-0.33 yuan");
        check("fund_per_visit", 1, 0, None, "");
        check("fund_per_visit", 1, -2, None, "");
        check("drug_share", 8_125, 10_000, Some(813), "81.3%");
        check("drug_share", 1, 1, Some(1000), "100.0%");
        check("days_per_stay", 13, 2, Some(6_500), "6.50 days");
        check("price_index", 1_304, 1_000, Some(1_304), "1.30");
        check("price_index", i64::MAX, 1, None, "");
    }
}
