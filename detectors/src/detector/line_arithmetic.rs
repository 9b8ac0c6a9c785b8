//! A fee line that does not add up, or that reverses nothing.
//!
//! Reads lines as sent from `DoubtfulLine` beside `NettedLine`, under the visit and the number of the line, or of the
//! line it reverses: one look per line, and one more where an original with reversals comes or goes. Lines that add up
//! exactly and reverse nothing are not in that arrangement.
//!
//! It compares quantity times price with the amount in exact integers. It needs no other record, so that every line is
//! judged. A finding has no amount.

use records::Kind;
use records::arena::{Arena, RowRef};
use records::row;
use rulebank::{Comparison, DetectorSpec, ParamKind, ParamSpec, Subject};

use crate::compile::{Compiler, decimal};
use crate::coverage::Population;
use crate::exact::exact;
use crate::finding::{AmountBasis, Finding, KeyPart, MessageWord, RuleIx, Value};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::Out;

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
    comparisons: &[BEYOND_TOLERANCE],
    subject: Subject::Always("fee_line"),
    subject_parts: 2,
    keys: &[&["mdtrt_id", "feedetl_sn"]],
    near: &[Kind::FeeLine],
    population: Some(Population::SentLine),
    ..DetectorSpec::BARE
};

/// A rule; both in units of 10^-10 yuan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ArithmeticRule {
    rule: RuleIx,
    tolerance: i128,
    per_unit: i128,
}
/// All of them.
pub type Rules = Vec<ArithmeticRule>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    let rules = compiler.rules_of(SPEC.name).into_iter();
    rules
        .map(|(rule, text)| ArithmeticRule {
            rule,
            tolerance: exact(decimal(&text, "tolerance")),
            per_unit: exact(decimal(&text, "per_unit")),
        })
        .collect()
}

/// Judges a line as sent that is a reversal or whose amount is not exact; `offsets`: an original stands that it
/// reverses.
pub fn judge(arena: &Arena, bank: &Policy, rules: &Rules, line_row: RowRef, offsets: bool, sink: &mut Sink) {
    let line = row::fee_line(arena, line_row);
    let reverses_nothing = line.reverses.is_some() && !offsets;
    // Quantities have 4 places, prices 6, amounts 2: the difference has 10.
    let product = i128::from(line.cnt) * i128::from(line.price);
    let apart = (product - i128::from(line.amount) * 100_000_000).abs();
    let reason = if reverses_nothing { MessageWord::ReversesNothing } else { MessageWord::WrongAmount };
    for rule in rules {
        const QUANTITY: i128 = 10_000;
        let allowed = rule.tolerance * QUANTITY + rule.per_unit * i128::from(line.cnt).abs();
        if !reverses_nothing && !bank.over(BEYOND_TOLERANCE, apart * QUANTITY, allowed) {
            continue;
        }
        sink.emit(Out::Finding(Box::new(Finding {
            rule: rule.rule,
            verdict: bank.verdict(rule.rule, false),
            key: vec![KeyPart::Text(line.visit), KeyPart::Text(line.sn)],
            institution: line.institution,
            evidence: vec![line_row],
            occurred: line.time,
            amount_basis: AmountBasis::Nothing,
            values: vec![Value::Text(line.item), Value::Word(reason)],
        })));
    }
}
