//! One trace code sold twice.
//!
//! Reads all insured sales that carry a code, from `SaleOfCode`, together under the code: once for this detector and
//! `trace_code_unbought`, and again when a sale or a purchase with the code comes or goes. Sales of split packs do not
//! count, and a code with a single sale is left at once.
//!
//! It needs no record but the sales, so that no reason for not judging is stated.

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row::{self, Dispensing, Moment};
use rulebank::{AmountKind, Comparison, DetectorSpec, Subject};

use crate::compile::Compiler;
use crate::condition::{self, Condition, Judged, comparisons};
use crate::coverage::{Count, InstitutionMonth};
use crate::exact::fen_of;
use crate::finding::{AmountBasis, Finding, KeyPart, Money, RuleIx, Value, common_institution};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::views::{Diff, one_of};
use crate::why::steps::{Why, moment};

const TWO_SALES: Comparison = Comparison::new(0, "there are at least two sales");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "trace_code_twice",
    values: &["sales", "code"],
    comparisons: &comparisons::<1, _>(TraceCodeTwice::CONDITIONS),
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
    compiler.rule_numbers(SPEC.name)
}

/// One pack in units of 10^-10.
const ONE: i128 = 10_000_000_000;

/// The insured sales of unsplit packs that carry a code.
#[derive(Clone, Copy, Debug)]
pub struct Carrying<'a> {
    arena: &'a Arena,
    rule: RuleIx,
    code: TextRef,
    sales: &'a [(RowRef, Dispensing)],
}

fn text_of(arena: &Arena, (_, sale): &(RowRef, Dispensing)) -> String {
    format!("{} {}", arena.text(sale.id), moment(sale.time))
}

/// Trace codes that were sold more than once.
#[derive(Debug)]
pub struct TraceCodeTwice;

impl Judged for TraceCodeTwice {
    type Candidate<'a> = Carrying<'a>;
    const CONDITIONS: &'static [Condition<TraceCodeTwice>] = &[Condition::holds(
        ["其中医保结算且未拆零的至少两次", "two of them or more are insured and of unsplit packs"],
        |carrying| {
            let sales: Vec<String> =
                carrying.sales.iter().map(|sale| text_of(carrying.arena, sale)).collect();
            vec![("sales", sales.join("; "))]
        },
        &[TWO_SALES],
        |bank, carrying| bank.reaches(TWO_SALES, carrying.sales.len(), 2),
    )];

    fn rule(carrying: &Carrying<'_>) -> RuleIx {
        carrying.rule
    }
    fn month(carrying: &Carrying<'_>) -> InstitutionMonth {
        let time = carrying.sales.first().map_or(0, |(_, sale)| sale.time);
        InstitutionMonth::at(TextRef::NONE, time)
    }
    fn finding(bank: &Policy, carrying: &Carrying<'_>) -> Finding {
        let arena = carrying.arena;
        let mut sales = carrying.sales.to_vec();
        sales.sort_by(|(_, a), (_, b)| a.time.cmp(&b.time).then_with(|| arena.compare(a.id, b.id)));
        let evidence: Vec<RowRef> = sales.iter().map(|(row, _)| *row).collect();
        let count = i64::try_from(sales.len()).unwrap_or(i64::MAX);
        let occurred = sales.last().map_or(Moment::MIN, |(_, sale)| sale.time);
        // The earliest is left out; the others are laid by key.
        let mut later = sales.split_off(1.min(sales.len()));
        later.sort_by(|(_, a), (_, b)| arena.compare(a.id, b.id));
        let prices = later.iter().fold(0i128, |sum, (_, sale)| sum + i128::from(sale.price.unwrap_or(0)));
        let money: Vec<Money> = later
            .iter()
            .map(|(row, sale)| Money { row: *row, own: fen_of(ONE, sale.price.unwrap_or(0)) })
            .collect();
        Finding {
            rule: carrying.rule,
            verdict: bank.verdict(carrying.rule, false),
            key: vec![KeyPart::Text(carrying.code)],
            institution: common_institution(arena, &evidence),
            evidence,
            occurred,
            amount_basis: AmountBasis::Laid(fen_of(prices.saturating_mul(ONE), 1), money),
            values: vec![Value::Int(count), Value::Text(carrying.code)],
        }
    }
}

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
        .map(|(row, _)| (*row, row::dispensing(arena, *row)))
        .filter(|(_, sale)| !sale.split)
        .collect();
    if sales.is_empty() {
        return;
    }
    let code = one_of(key);
    for rule in rules {
        sink.count(Count::Subject(*rule));
        condition::judge::<TraceCodeTwice>(bank, &Carrying { arena, rule: *rule, code, sales: &sales }, sink);
    }
}

/// Goes through the conditions of a code.
pub fn why(why: &mut Why<'_, '_>, _: &Rules, key: &[TextRef]) -> Option<()> {
    let &[code] = key else { return None };
    let scene = why.scene;
    let mut sales: Vec<(RowRef, Dispensing)> =
        scene.sales().filter(|(_, sale)| sale.codes.contains(&code)).collect();
    let all: Vec<String> = sales.iter().map(|sale| text_of(scene.arena, sale)).collect();
    why.check(
        ["有销售带该追溯码（已退货的除外）", "sales carry the code, returns taken off"],
        vec![("code", scene.text(code)), ("sales", all.join("; "))],
        !sales.is_empty(),
    )?;
    sales.retain(|(_, sale)| sale.insured && !sale.split);
    let candidate = Carrying { arena: scene.arena, rule: why.number, code, sales: &sales };
    why.conditions::<TraceCodeTwice>(&candidate)
}
