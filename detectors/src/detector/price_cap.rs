//! An item above the price that is allowed at this level of hospital.
//!
//! Reads net fee lines of items in `price_cap` beside the institution, under the institution's key: one look per line,
//! and one per line of an institution whose record changed. Lines of other items, and lines of a day on which neither a
//! row of this table nor one of `level_limit` holds, never come here. A row for the institution's level stands before
//! one for all levels; of several, the lowest cap decides.
//!
//! Where a rule has a row for some level, a line is not judged without the institution (`Institution`) or its level
//! (`HospLv`). With rows for all levels only, a line above the cap is not judged without the institution.

use records::Kind;
use records::arena::TextRef;
use records::codes::HospitalLevel;
use records::row::Institution;
use rulebank::{AmountKind, Comparison, DetectorSpec};

use crate::compile::{Compiler, Items, Listed};
use crate::condition::{Condition, comparisons};
use crate::coverage::Missing;
use crate::exact::{exact, exact_text, fen_of};
use crate::finding::{AmountBasis, Finding, Money, Value};
use crate::policy::Policy;
use crate::shape::listed_line::{self, Line, ListedLine, OfLine};
use crate::why::steps::{Why, level, price};

const ABOVE_CAP: Comparison = Comparison::new(0, "the price is above the cap");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "price_cap",
    table: Some("price_cap"),
    values: &["item", "price", "cap"],
    comparisons: &comparisons::<1, _>(PriceCap::CONDITIONS),
    amount: Some(AmountKind::PriceAboveCap),
    far: &[Kind::Institution],
    ..listed_line::SPEC
};

/// What a row of the table states.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Price {
    /// The level it is for, itself `None` if it is not on the list; `None` for all.
    pub level: Option<Option<HospitalLevel>>,
    /// Yuan in units of 10^-10.
    pub cap: i128,
}

/// Rows by item, the strictest (lowest cap) of a rule first.
pub type Rules = Items<Price>;

/// Compiles its rows.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.by_item(
        &SPEC,
        |_, row| {
            let level = row.text("hosp_lv");
            Price {
                level: (!level.is_empty()).then(|| HospitalLevel::from_code(level)),
                cap: exact(row.decimal("cap").unwrap_or_default()),
            }
        },
        |cap| (cap.rule, cap.what.cap, cap.own),
    )
}

/// Lines of items whose price is capped.
#[derive(Debug)]
pub struct PriceCap;

impl Line<'_, PriceCap> {
    fn level(&self) -> Option<HospitalLevel> {
        self.beside.and_then(|(_, institution)| institution.level)
    }
    /// Whether any row is for some level.
    fn is_by_level(&self) -> bool {
        self.rows.iter().any(|cap| cap.what.level.is_some())
    }
    /// The row that decides: one of this level stands before one for all.
    fn cap(&self) -> Option<&Listed<Price>> {
        let of_level = |level| self.rows.iter().copied().find(|cap| cap.what.level == level);
        of_level(Some(self.level())).or_else(|| of_level(None))
    }
    /// By how much the price is above the cap, in units of 10^-10 yuan; prices stand in millionths.
    fn excess(&self) -> Option<i128> {
        Some(i128::from(self.fee_line.price) * 10_000 - self.cap()?.what.cap)
    }
    fn cap_text(&self) -> String {
        self.cap().map_or_else(|| "-".to_owned(), |cap| exact_text(cap.what.cap))
    }
}

impl ListedLine for PriceCap {
    const SPEC: DetectorSpec = SPEC;
    const CONDITIONS: &'static [Condition<OfLine<PriceCap>>] = &[
        OfLine::paid(),
        OfLine::stands().only_if(|line| line.is_by_level()),
        Condition::<OfLine<PriceCap>>::known(
            ["限价按等级区分，医院等级已知", "caps differ by level, and that of the institution is known"],
            |line| vec![("level", level(line.level()))],
            Missing::HospLv,
            |line| line.level().is_some(),
        )
        .only_if(|line| line.is_by_level()),
        Condition::holds(
            ["该等级有限价", "there is a cap for the level, or one for all"],
            |line| {
                // One cap for all: the level does not matter.
                let known = line.level().filter(|_| line.is_by_level());
                vec![("level", level(known)), ("cap", line.cap_text())]
            },
            &[],
            |_, line| line.cap().is_some(),
        ),
        Condition::holds(
            ["单价高于限价", "the price is above the cap"],
            |line| vec![("price", price(line.fee_line.price)), ("cap", line.cap_text())],
            &[ABOVE_CAP],
            |bank, line| line.excess().is_some_and(|excess| bank.over(ABOVE_CAP, excess, 0)),
        ),
        OfLine::stands().only_if(|line| !line.is_by_level()),
    ];
    type States = Price;
    type Beside = Institution;

    fn finding(bank: &Policy, line: &Line<'_, PriceCap>) -> Finding {
        let cap = line.cap().unwrap_or(line.rows[0]);
        let shown = i64::try_from(cap.what.cap / 10_000).unwrap_or(i64::MAX);
        let fee_line = line.fee_line;
        let values = vec![Value::Text(fee_line.item), Value::Price(fee_line.price), Value::Price(shown)];
        let mut finding = line.found(bank, cap.own, values);
        // A quantity of 10^-4 taken for a price of 10^-6: both factors keep their places.
        let amount = fen_of(line.excess().unwrap_or(0), fee_line.cnt.saturating_mul(100));
        finding.amount_basis =
            AmountBasis::Laid(amount, vec![Money { row: line.row, own: fee_line.amount.max(0) }]);
        finding
    }
}

/// Goes through the conditions of (visit, line).
pub fn why(why: &mut Why<'_, '_>, rules: &Rules, key: &[TextRef]) -> Option<()> {
    listed_line::why::<PriceCap>(why, rules, key)
}
