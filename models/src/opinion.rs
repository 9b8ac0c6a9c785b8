//! The opinion of a model on one subject: a score, and the columns that made it so.
//!
//! Nothing but integers stands in it, so it may cross an edge of the dataflow and stand in an alert. The sentence
//! parts are built from these integers alone.

use crate::features::Feature;
use crate::score::Score;

/// The opinion of a model on one subject.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Opinion {
    /// How unusual it is.
    pub score: Score,
    /// With how many subjects it was compared, itself among them; in a series, with how many earlier months.
    pub peers: u32,
    /// The columns that made it so, the weightiest first: at most [`Opinion::DRIVERS`], and none where the subject is
    /// not to be reported.
    pub drivers: Vec<Driver>,
}

/// What a value is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Against {
    /// The median of the peers in the same month.
    Peers,
    /// What its own earlier months and the peers' growth let expect.
    History,
}

/// A column that made a subject unusual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Driver {
    /// The column.
    pub feature: &'static Feature,
    /// The subject's value, in thousandths of the column's unit: the fraction of its two sums.
    pub value: i64,
    /// What it is held against, in thousandths of the unit. The peers' median is that of the values as they are
    /// weighed: see `peers`.
    pub usual: i64,
    /// Where that comes from.
    pub against: Against,
    /// How far the subject lies from there, in thousandths of a robust standard deviation; below 0 on the lower side.
    pub distance: i64,
}

impl Opinion {
    /// The most drivers that are reported.
    pub const DRIVERS: usize = 3;

    /// Whether the subject is to be reported: its score reached the threshold, and there is a column to name.
    pub fn is_reported(&self) -> bool {
        !self.drivers.is_empty()
    }

    /// The drivers as a part of a Chinese sentence.
    pub fn zh(&self) -> String {
        self.drivers.iter().map(Driver::zh).collect::<Vec<_>>().join("；")
    }

    /// The drivers as a part of an English sentence.
    pub fn en(&self) -> String {
        self.drivers.iter().map(Driver::en).collect::<Vec<_>>().join("; ")
    }
}

impl Driver {
    /// As a part of a Chinese sentence: `次均基金支付812.40元（同类中位数301.22元）`.
    pub fn zh(&self) -> String {
        let against = match self.against {
            Against::Peers => "同类中位数",
            Against::History => "按其以往及同类变化应为",
        };
        let feature = self.feature;
        format!("{}{}（{against}{}）", feature.zh, feature.zh_text(self.value), feature.zh_text(self.usual))
    }

    /// As a part of an English sentence: `fund per visit 812.40 yuan (peers' median 301.22 yuan)`.
    pub fn en(&self) -> String {
        let against = match self.against {
            Against::Peers => "peers' median",
            Against::History => "by its past and its peers' growth",
        };
        let feature = self.feature;
        format!("{} {} ({against} {})", feature.en, feature.en_text(self.value), feature.en_text(self.usual))
    }
}

#[cfg(test)]
mod tests {
    use super::{Against, Driver, Opinion};
    use crate::features::FeatureSet;
    use crate::score::Score;

    #[test]
    fn drivers_are_told_in_both_languages() {
        let driver = |key: &str, value, usual, against| {
            let feature = FeatureSet::Institution.find(key).unwrap();
            Driver { feature, value, usual, against, distance: 4_000 }
        };
        let drivers = vec![
            driver("fund_per_visit", 812_400, 301_218, Against::Peers),
            driver("drug_share", 803, 412, Against::History),
        ];
        let opinion = Opinion { score: Score::MIN, peers: 40, drivers };
        assert_eq!(
            opinion.zh(),
            "次均基金支付812.40元（同类中位数301.22元）；药品费用占比80.3%（按其以往及同类变化应为41.2%）"
        );
        assert_eq!(
            opinion.en(),
            "fund per visit 812.40 yuan (peers' median 301.22 yuan); share of drugs in charges 80.3% (by its past and its peers' growth 41.2%)"
        );
    }
}
