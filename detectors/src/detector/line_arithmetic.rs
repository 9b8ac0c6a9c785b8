//! A fee line that does not add up, or that reverses nothing.
//!
//! Reads lines as sent from `DoubtfulLine` beside `NettedLine`, under the visit and the number of the line, or of the
//! line it reverses: one look per line, and one more where an original with reversals comes or goes. Lines that add up
//! exactly and reverse nothing are not in that arrangement.
//!
//! It compares quantity times price with the amount in exact integers. It needs no other record, so that every line is
//! judged. A finding has no amount.

use records::Kind;
use records::arena::TextRef;
use records::decimal::format_fen;
use records::row;
use rulebank::{Comparison, DetectorSpec, ParamKind, ParamSpec, Subject};

use crate::compile::{Compiler, Ruled, decimal};
use crate::condition::{Condition, comparisons};
use crate::coverage::Population;
use crate::exact::{exact, exact_text};
use crate::finding::{AmountBasis, Finding, MessageWord, Value};
use crate::policy::Policy;
use crate::shape::one_record::{self, OfRecord, One, OneRecord, SentLine};
use crate::why::steps::{Why, price, quantity};

const BEYOND_TOLERANCE: Comparison = Comparison::new(0, "the amount differs by more than the tolerance");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "line_arithmetic",
    params: &[
        ParamSpec {
            name: "tolerance",
            doc: "Yuan by which the amount may differ from quantity times price.",
            kind: ParamKind::Decimal { min: "0", max: "1000" },
            default: "0.01",
        },
        ParamSpec {
            name: "per_unit",
            doc: "Yuan for each unit by which it may differ besides: the price was rounded.",
            kind: ParamKind::Decimal { min: "0", max: "1000" },
            default: "0.005",
        },
    ],
    values: &["item", "reason"],
    comparisons: &comparisons::<1, _>(LineArithmetic::CONDITIONS),
    subject: Subject::Always("fee_line"),
    subject_parts: 2,
    keys: &[&["mdtrt_id", "feedetl_sn"]],
    near: &[Kind::FeeLine],
    population: Some(Population::SentLine),
    ..DetectorSpec::BARE
};

/// What may be left over; both in units of 10^-10 yuan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    tolerance: i128,
    per_unit: i128,
}

/// Its rules and their tolerances.
pub type Rules = Ruled<Tolerance>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.ruled(SPEC.name, |rule| Tolerance {
        tolerance: exact(decimal(rule, "tolerance")),
        per_unit: exact(decimal(rule, "per_unit")),
    })
}

/// Lines as sent that are reversals, or whose amount is not exact.
#[derive(Debug)]
pub struct LineArithmetic;

/// Ten-thousandths of a unit: what is allowed is compared in this part of 10^-10 yuan.
const QUANTITY: i128 = 10_000;

impl One<'_, LineArithmetic> {
    fn reverses_nothing(&self) -> bool {
        self.record.0.reverses.is_some() && !*self.beside
    }
    /// By how much quantity times price and the amount differ; quantities have 4 places, prices 6, amounts 2: the
    /// difference has 10.
    fn apart(&self) -> i128 {
        let line = &self.record.0;
        (i128::from(line.cnt) * i128::from(line.price) - i128::from(line.amount) * 100_000_000).abs()
    }
    /// What is allowed, in a ten-thousandth of 10^-10 yuan.
    fn allowed(&self) -> i128 {
        self.params.tolerance * QUANTITY + self.params.per_unit * i128::from(self.record.0.cnt).abs()
    }
}

impl OneRecord for LineArithmetic {
    const CONDITIONS: &'static [Condition<OfRecord<LineArithmetic>>] = &[Condition::holds(
        [
            "冲销的原明细不存在，或数量乘单价与金额之差超过容许",
            "it reverses no standing original, or quantity times price differs from its amount by more than allowed",
        ],
        |one| {
            let line = &one.record.0;
            vec![
                ("init_feedetl_sn", one.arena.text(line.reverses)),
                ("cnt", quantity(line.cnt)),
                ("pric", price(line.price)),
                ("det_item_fee_sumamt", format_fen(line.amount)),
                ("difference", exact_text(one.apart())),
                ("allowed", exact_text(one.allowed() / QUANTITY)),
            ]
        },
        &[BEYOND_TOLERANCE],
        |bank, one| {
            one.reverses_nothing() || bank.over(BEYOND_TOLERANCE, one.apart() * QUANTITY, one.allowed())
        },
    )];
    type Params = Tolerance;
    type Record = SentLine;
    /// Whether an original stands that the line reverses.
    type Beside = bool;

    fn beside(why: &mut Why<'_, '_>, line: &SentLine) -> Option<bool> {
        let (scene, line) = (why.scene, &line.0);
        let original =
            (line.reverses.is_some()).then(|| scene.find(Kind::FeeLine, (line.visit, line.reverses)));
        let reverses = |row| row::fee_line(scene.arena, row).reverses;
        Some(original.flatten().is_some_and(|row| reverses(row).is_none()))
    }
    fn finding(bank: &Policy, one: &One<'_, LineArithmetic>) -> Finding {
        let line = &one.record.0;
        let reason = match one.reverses_nothing() {
            true => MessageWord::ReversesNothing,
            false => MessageWord::WrongAmount,
        };
        let values = vec![Value::Text(line.item), Value::Word(reason)];
        let mut finding = Finding::of_line(bank, one.rule, false, (one.row, line), values);
        finding.amount_basis = AmountBasis::Nothing;
        finding
    }
}

/// Goes through the conditions of (visit, line).
pub fn why(why: &mut Why<'_, '_>, rules: &Rules, key: &[TextRef]) -> Option<()> {
    one_record::why::<LineArithmetic>(why, rules, key)
}
