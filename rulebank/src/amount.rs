//! How the amount of an alert comes about: one kind for each way, with its sentence in both languages.
//!
//! Which records an amount is laid on is the business of the detectors; this is what people are shown (contract
//! section 5, column *amount*).

/// How the amount of a detector's alerts comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AmountKind {
    /// What the fund paid in the live settlements of all visits concerned.
    FundOfVisits,
    /// What the fund paid for the later of two stays.
    FundOfLaterStay,
    /// What the fund paid for the one of two stays that cost it less.
    FundOfLesserStay,
    /// What the fund paid in one settlement.
    FundOfSettlement,
    /// What the fund paid in several settlements, the largest left out.
    FundOfSettlementsButLargest,
    /// What the fund paid for several visits, the largest left out.
    FundOfVisitsButLargest,
    /// The fund's part of one line.
    FundOfLine,
    /// The lines of several days.
    ChargesOfDays,
    /// The lines of the days beyond a limit.
    ChargesBeyondDays,
    /// The lines of a day of the item that is not paid beside another.
    ChargesOfDeniedItem,
    /// The lines of the later of two days.
    ChargesOfLaterDay,
    /// The quantity beyond a limit, at the highest price.
    QuantityBeyondLimit,
    /// The part of a price above a cap, times the quantity.
    PriceAboveCap,
    /// Price times quantity of sales.
    PriceOfSales,
    /// The prices of sales, the earliest left out.
    PriceOfSalesButEarliest,
    /// The greatest excess over a stock, at the lowest price.
    ExcessOverStock,
    /// The fund's part of uses that no purchase explains.
    FundOfUnsuppliedUses,
}

impl AmountKind {
    /// The sentence that explains an amount of this kind: Chinese and English.
    pub const fn sentence(self) -> (&'static str, &'static str) {
        match self {
            AmountKind::FundOfVisits => (
                "金额为所涉就诊有效结算的基金支付总额之和。",
                "The amount is what the fund paid in the live settlements of the visits concerned.",
            ),
            AmountKind::FundOfLaterStay => (
                "金额为后一次住院有效结算的基金支付总额。",
                "The amount is what the fund paid in the live settlements of the later stay.",
            ),
            AmountKind::FundOfLesserStay => (
                "金额为两次住院中基金支付较少一次的基金支付总额。",
                "The amount is what the fund paid for the one of the two stays that cost it less.",
            ),
            AmountKind::FundOfSettlement => {
                ("金额为该笔结算的基金支付总额。", "The amount is what the fund paid in this settlement.")
            }
            AmountKind::FundOfSettlementsButLargest => (
                "金额为各笔结算基金支付之和，扣除最大的一笔。",
                "The amount is what the fund paid in these settlements, the largest left out.",
            ),
            AmountKind::FundOfVisitsButLargest => (
                "金额为各次就诊基金支付之和，扣除最大的一次。",
                "The amount is what the fund paid for these visits, the largest left out.",
            ),
            AmountKind::FundOfLine => (
                "金额为该明细的基金支付；其结算已冲销的为零。",
                "The amount is the fund's part of the line; it is nothing if its settlement was taken back.",
            ),
            AmountKind::ChargesOfDays => (
                "金额为这些日期全部明细的费用总额之和。",
                "The amount is the sum of all lines on these days.",
            ),
            AmountKind::ChargesBeyondDays => (
                "金额为超出最多天数之后各日明细的费用总额之和。",
                "The amount is the sum of the lines on the days beyond the limit, the earliest days being allowed.",
            ),
            AmountKind::ChargesOfDeniedItem => (
                "金额为不应另付项目当日明细的费用总额之和。",
                "The amount is the sum of that day's lines of the item that is not paid beside the other.",
            ),
            AmountKind::ChargesOfLaterDay => {
                ("金额为后一日明细的费用总额之和。", "The amount is the sum of the lines of the later day.")
            }
            AmountKind::QuantityBeyondLimit => (
                "金额为超出数量乘以其中最高单价。",
                "The amount is the quantity beyond the limit times the highest price among them.",
            ),
            AmountKind::PriceAboveCap => (
                "金额为单价超出限价的部分乘以数量。",
                "The amount is the part of the price above the cap times the quantity.",
            ),
            AmountKind::PriceOfSales => (
                "金额为所涉销售的单价乘以数量之和。",
                "The amount is the price times the quantity of the sales concerned.",
            ),
            AmountKind::PriceOfSalesButEarliest => (
                "金额为除最早一次外各次销售的单价之和。",
                "The amount is the sum of the prices of all sales but the earliest.",
            ),
            AmountKind::ExcessOverStock => (
                "金额为最大超出量乘以期初盘点后使用的最低单价。",
                "The amount is the greatest excess times the lowest price of the uses after the opening.",
            ),
            AmountKind::FundOfUnsuppliedUses => (
                "金额为这些日期使用的基金支付（销售为单价乘以数量）之和。",
                "The amount is the fund's part of the lines, and price times quantity of the sales, on these days.",
            ),
        }
    }
}
