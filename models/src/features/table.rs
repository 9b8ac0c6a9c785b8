//! The columns of each set, in one place.
//!
//! A floor is what a reader of the number would call no difference: a few yuan, a twentieth of a whole, half a day.
//! Most columns are weighed by visits, also those of charges and lines: one visit's lines are one case, however many.

use super::Direction::{Both, Upper};
use super::Unit::{Count, Days, Index, Share, Yuan};
use super::{Direction, Feature, FeatureSet, Unit};
use crate::profile::Sum;

impl FeatureSet {
    /// The columns, in the order in which they are listed where nothing else decides.
    pub const fn features(self) -> &'static [Feature] {
        match self {
            FeatureSet::Institution => &INSTITUTION,
            FeatureSet::Practitioner => &PRACTITIONER,
        }
    }

    /// The column of that name.
    pub fn find(self, key: &str) -> Option<&'static Feature> {
        self.features().iter().find(|feature| feature.key == key)
    }
}

/// A sum over another, by cases of a third; the floor in thousandths of the unit.
const fn ratio(
    [key, zh, en]: [&'static str; 3],
    (unit, direction): (Unit, Direction),
    (over, under): (Sum, Sum),
    cases: Sum,
    floor: i64,
) -> Feature {
    Feature { key, zh, en, unit, direction, over, under: Some(under), cases, floor }
}

/// A sum by itself.
const fn total([key, zh, en]: [&'static str; 3], unit: Unit, over: Sum, floor: i64) -> Feature {
    Feature { key, zh, en, unit, direction: Upper, over, under: None, cases: over, floor }
}

const FUND_PER_VISIT: Feature = ratio(
    ["fund_per_visit", "次均基金支付", "fund per visit"],
    (Yuan, Upper),
    (Sum::Fund, Sum::Visits),
    Sum::Visits,
    5_000,
);
const LINES_PER_VISIT: Feature = ratio(
    ["lines_per_visit", "次均收费明细数", "fee lines per visit"],
    (Count, Upper),
    (Sum::Lines, Sum::Visits),
    Sum::Visits,
    250,
);
const DRUG_SHARE: Feature = ratio(
    ["drug_share", "药品费用占比", "share of drugs in charges"],
    (Share, Upper),
    (Sum::DrugCharges, Sum::Charges),
    Sum::Visits,
    50,
);
const HERB_SHARE: Feature = ratio(
    ["herb_share", "中药饮片费用占比", "share of herbs in charges"],
    (Share, Upper),
    (Sum::HerbCharges, Sum::Charges),
    Sum::Visits,
    50,
);
const CONSUMABLE_SHARE: Feature = ratio(
    ["consumable_share", "耗材费用占比", "share of consumables in charges"],
    (Share, Upper),
    (Sum::ConsumableCharges, Sum::Charges),
    Sum::Visits,
    50,
);
const CHARGES_PER_DRUG_LINE: Feature = ratio(
    ["charges_per_drug_line", "每条药品明细费用", "charges per drug line"],
    (Yuan, Upper),
    (Sum::DrugCharges, Sum::DrugLines),
    Sum::Visits,
    2_000,
);
const WEEKEND_SHARE: Feature = ratio(
    ["weekend_share", "周末就诊占比", "share of visits at weekends"],
    (Share, Upper),
    (Sum::WeekendVisits, Sum::Visits),
    Sum::Visits,
    30,
);
const NIGHT_SHARE: Feature = ratio(
    ["night_share", "夜间就诊占比", "share of visits at night"],
    (Share, Upper),
    (Sum::NightVisits, Sum::Visits),
    Sum::Visits,
    30,
);
const SETTLEMENTS_PER_VISIT: Feature = ratio(
    ["settlements_per_visit", "次均结算次数", "settlements per visit"],
    (Count, Upper),
    (Sum::Settlements, Sum::Visits),
    Sum::Visits,
    100,
);
const VISITS: Feature = total(["visits", "就诊人次", "visits"], Count, Sum::Visits, 10_000);

/// What is looked at in an institution. What it does not do, like the stays of a pharmacy, it has no cases of.
pub(super) const INSTITUTION: [Feature; 18] = [
    total(["fund", "基金支付总额", "fund paid"], Yuan, Sum::Fund, 1_000_000),
    VISITS,
    FUND_PER_VISIT,
    SETTLEMENTS_PER_VISIT,
    ratio(
        ["account_per_settlement", "次均个人账户支付", "account paid per settlement"],
        (Yuan, Upper),
        (Sum::Account, Sum::Settlements),
        Sum::Settlements,
        5_000,
    ),
    ratio(
        ["charges_per_stay", "次均住院费用", "charges per stay"],
        (Yuan, Upper),
        (Sum::StayCharges, Sum::Stays),
        Sum::Stays,
        100_000,
    ),
    ratio(
        ["charges_per_stay_day", "日均住院费用", "charges per day of stay"],
        (Yuan, Upper),
        (Sum::StayCharges, Sum::StayDays),
        Sum::Stays,
        20_000,
    ),
    // Much shorter stays than the peers' are stays that were none, or one that was parted.
    ratio(
        ["days_per_stay", "平均住院日", "days per stay"],
        (Days, Both),
        (Sum::StayDays, Sum::Stays),
        Sum::Stays,
        500,
    ),
    ratio(
        ["stay_share", "住院人次占比", "stays per visit"],
        (Share, Upper),
        (Sum::Stays, Sum::Visits),
        Sum::Visits,
        20,
    ),
    DRUG_SHARE,
    HERB_SHARE,
    CONSUMABLE_SHARE,
    LINES_PER_VISIT,
    CHARGES_PER_DRUG_LINE,
    ratio(
        ["charges_per_sale", "单笔售药金额", "charges per sale"],
        (Yuan, Upper),
        (Sum::SaleCharges, Sum::Sales),
        Sum::Sales,
        2_000,
    ),
    WEEKEND_SHARE,
    NIGHT_SHARE,
    ratio(
        ["price_index", "价格指数", "price index"],
        (Index, Upper),
        (Sum::PricePaid, Sum::PriceOfPeers),
        Sum::Visits,
        20,
    ),
];

/// What is looked at in a practitioner.
pub(super) const PRACTITIONER: [Feature; 12] = [
    VISITS,
    FUND_PER_VISIT,
    SETTLEMENTS_PER_VISIT,
    LINES_PER_VISIT,
    DRUG_SHARE,
    HERB_SHARE,
    CONSUMABLE_SHARE,
    CHARGES_PER_DRUG_LINE,
    ratio(
        ["prescriptions_per_visit", "次均处方数", "prescriptions per visit"],
        (Count, Upper),
        (Sum::Prescriptions, Sum::Visits),
        Sum::Visits,
        100,
    ),
    ratio(
        ["items_per_prescription", "单张处方品种数", "items per prescription"],
        (Count, Upper),
        (Sum::PrescribedItems, Sum::Prescriptions),
        Sum::Prescriptions,
        250,
    ),
    WEEKEND_SHARE,
    NIGHT_SHARE,
];
