//! One trace code sold twice.
//!
//! Reads all insured sales that carry a code, from `SaleOfCode`, together under the code: once for this detector and
//! `trace_code_unbought`, and again when a sale or a purchase with the code comes or goes. Sales of split packs do not
//! count, and a code with a single sale is left at once.
//!
//! It needs no record but the sales, so that no reason for not judging is stated.

use records::Kind;
use records::arena::{Arena, RowRef};
use records::row::{self, Dispensing};
use rulebank::{AmountKind, Comparison, DetectorSpec, Subject};

use crate::compile::Compiler;
use crate::coverage::Count;
use crate::exact::fen_of;
use crate::finding::{AmountBasis, Finding, KeyPart, Money, RuleIx, Value, common_institution};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::Out;
use crate::views::{Diff, one_of};

const TWO_SALES: Comparison = Comparison::new(0, "there are at least two sales");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "trace_code_twice",
    values: &["sales", "code"],
    comparisons: &[TWO_SALES],
    subject: Subject::Always("trace_code"),
    keys: &[&["code"]],
    amount: Some(AmountKind::PriceOfSalesButEarliest),
    near: &[Kind::Dispensing],
    ..DetectorSpec::BARE
};

/// Its rules.
pub type Rules = Vec<RuleIx>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.rules_of(SPEC.name).into_iter().map(|(ix, _)| ix).collect()
}

/// One pack in units of 10^-10.
const ONE: i128 = 10_000_000_000;

/// Judges a trace code by the insured sales that carry it: those of unsplit packs count.
pub fn judge(
    arena: &Arena,
    bank: &Policy,
    rules: &Rules,
    key: u64,
    sales: &[(RowRef, Diff)],
    sink: &mut Sink,
) {
    let sales: Vec<(RowRef, Dispensing)> = sales
        .iter()
        .map(|(address, _)| (*address, row::dispensing(arena, *address)))
        .filter(|(_, sale)| !sale.split)
        .collect();
    if sales.is_empty() {
        return;
    }
    for rule in rules {
        sink.count(Count::Subject(*rule));
    }
    if !bank.reaches(TWO_SALES, sales.len(), 2) {
        return;
    }
    let code = one_of(key);
    let mut sales = sales;
    sales.sort_by(|(_, a), (_, b)| a.time.cmp(&b.time).then_with(|| arena.compare(a.id, b.id)));
    let occurred = sales.last().map_or(i64::MIN, |(_, sale)| sale.time);
    let evidence: Vec<RowRef> = sales.iter().map(|(row, _)| *row).collect();
    let mut later = sales[1..].to_vec();
    later.sort_by(|(_, a), (_, b)| arena.compare(a.id, b.id));
    let prices = later.iter().fold(0i128, |sum, (_, sale)| sum + i128::from(sale.price.unwrap_or(0)));
    let money: Vec<Money> = later
        .iter()
        .map(|(row, sale)| Money { row: *row, own: fen_of(ONE, sale.price.unwrap_or(0)) })
        .collect();
    for rule in rules {
        sink.emit(Out::Finding(Box::new(Finding {
            rule: *rule,
            verdict: bank.verdict(*rule, false),
            key: vec![KeyPart::Text(code)],
            institution: common_institution(arena, &evidence),
            evidence: evidence.clone(),
            occurred,
            amount_basis: AmountBasis::Laid(fen_of(prices.saturating_mul(ONE), 1), money.clone()),
            values: vec![Value::Int(i64::try_from(sales.len()).unwrap_or(i64::MAX)), Value::Text(code)],
        })));
    }
}
