//! How the amount of each detector comes about, in a sentence (contract section 5, column *amount*).

use rulebank::Rule;

/// Chinese and English, or nothing for a detector whose alerts carry no money.
pub fn sentence(rule: &Rule) -> Option<(&'static str, &'static str)> {
    Some(match rule.detector.as_str() {
        "person_fact" | "visit_during_stay" | "absence" | "companions" | "frequent_stays" => (
            "金额为所涉就诊有效结算的基金支付总额之和。",
            "The amount is what the fund paid in the live settlements of the visits concerned.",
        ),
        "readmission" => (
            "金额为后一次住院有效结算的基金支付总额。",
            "The amount is what the fund paid in the live settlements of the later stay.",
        ),
        "stay_overlap" => (
            "金额为两次住院中基金支付较少一次的基金支付总额。",
            "The amount is what the fund paid for the one of the two stays that cost it less.",
        ),
        "enrolment" | "agreement" => {
            ("金额为该笔结算的基金支付总额。", "The amount is what the fund paid in this settlement.")
        }
        "invoice_twice" => (
            "金额为各笔结算基金支付之和，扣除最大的一笔。",
            "The amount is what the fund paid in these settlements, the largest left out.",
        ),
        "visits_a_day" => (
            "金额为各次就诊基金支付之和，扣除最大的一次。",
            "The amount is what the fund paid for these visits, the largest left out.",
        ),
        "age_limit" | "indication" | "level_limit" | "sex_limit" | "no_prescription" | "outside_stay" => (
            "金额为该明细的基金支付；其结算已冲销的为零。",
            "The amount is the fund's part of the line; it is nothing if its settlement was taken back.",
        ),
        "bed_only" => {
            ("金额为这些日期全部明细的费用总额之和。", "The amount is the sum of all lines on these days.")
        }
        "course_limit" => (
            "金额为超出最多天数之后各日明细的费用总额之和。",
            "The amount is the sum of the lines on the days beyond the limit, the earliest days being allowed.",
        ),
        "pair_conflict" => (
            "金额为不应另付项目当日明细的费用总额之和。",
            "The amount is the sum of that day's lines of the item that is not paid beside the other.",
        ),
        "cycle_gap" => {
            ("金额为后一日明细的费用总额之和。", "The amount is the sum of the lines of the later day.")
        }
        "quantity_limit" | "over_prescription" | "hour_item" => (
            "金额为超出数量乘以其中最高单价。",
            "The amount is the quantity beyond the limit times the highest price among them.",
        ),
        "price_cap" => (
            "金额为单价超出限价的部分乘以数量。",
            "The amount is the part of the price above the cap times the quantity.",
        ),
        "resale" | "trace_code_unbought" | "sale_without_prescription" | "expired_sale" => (
            "金额为所涉销售的单价乘以数量之和。",
            "The amount is the price times the quantity of the sales concerned.",
        ),
        "trace_code_twice" => (
            "金额为除最早一次外各次销售的单价之和。",
            "The amount is the sum of the prices of all sales but the earliest.",
        ),
        "stock_balance" => (
            "金额为最大超出量乘以期初盘点后使用的最低单价。",
            "The amount is the greatest excess times the lowest price of the uses after the opening.",
        ),
        "supply_gap" => (
            "金额为这些日期使用的基金支付（销售为单价乘以数量）之和。",
            "The amount is the fund's part of the lines, and price times quantity of the sales, on these days.",
        ),
        _ => return None,
    })
}
