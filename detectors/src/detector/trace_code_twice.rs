//! One trace code sold twice.
//!
//! Reads all insured sales that carry a code, from `SaleOfCode`, together under the code: once for this detector and
//! `trace_code_unbought`, and again when a sale or a purchase with the code comes or goes. Sales of split packs do not
//! count, and a code with a single sale is left at once.
//!
//! It needs no record but the sales, so that no reason for not judging is stated.

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row::{self, Dispensing};
use rulebank::looks_back::Reach;
use rulebank::{AmountKind, Comparison, DetectorSpec, Subject};

use crate::compile::{Compiler, Ruled};
use crate::condition::{Condition, comparisons};
use crate::coverage::InstitutionMonth;
use crate::exact::fen_of;
use crate::finding::{AmountBasis, Finding, KeyPart, Money, Value};
use crate::policy::Policy;
use crate::shape::element::asked;
use crate::shape::group_cap::{self, Group, GroupCap, OfGroup};
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
    looks_back: |_, _| vec![(Kind::Dispensing, Reach::Ever)],
    ..DetectorSpec::BARE
};

/// Its rules.
pub type Rules = Ruled<()>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.ruled(SPEC.name, |_| ())
}

/// One pack in units of 10^-10.
const ONE: i128 = 10_000_000_000;

fn text_of(arena: &Arena, (_, sale): &(RowRef, Dispensing)) -> String {
    format!("{} {}", arena.text(sale.id), moment(sale.time))
}

/// Trace codes that were sold more than once: the insured sales of unsplit packs that carry one.
#[derive(Debug)]
pub struct TraceCodeTwice;

impl GroupCap for TraceCodeTwice {
    const SPEC: DetectorSpec = SPEC;
    const CONDITIONS: &'static [Condition<OfGroup<TraceCodeTwice>>] = &[Condition::holds(
        ["其中医保结算且未拆零的至少两次", "two of them or more are insured and of unsplit packs"],
        |carrying| {
            let sales: Vec<String> =
                carrying.records.iter().map(|sale| text_of(carrying.arena, sale)).collect();
            vec![("sales", sales.join("; "))]
        },
        &[TWO_SALES],
        |bank, carrying| bank.reaches(TWO_SALES, carrying.count(), 2),
    )];
    /// The code.
    type Key<'a> = TextRef;
    type Element = (RowRef, Dispensing);
    type States = ();

    fn month(carrying: &Group<'_, TraceCodeTwice>) -> InstitutionMonth {
        let time = carrying.records.first().map_or(0, |(_, sale)| sale.time);
        InstitutionMonth::at(TextRef::NONE, time)
    }
    fn finding(bank: &Policy, carrying: &Group<'_, TraceCodeTwice>) -> Finding {
        let (arena, code) = (carrying.arena, carrying.key);
        let mut sales = carrying.records.to_vec();
        sales.sort_by(|(_, a), (_, b)| a.time.cmp(&b.time).then_with(|| arena.compare(a.id, b.id)));
        // The earliest is left out; the others are laid by key.
        let mut later = sales.split_off(1.min(sales.len()));
        later.sort_by(|(_, a), (_, b)| arena.compare(a.id, b.id));
        let prices = later.iter().fold(0i128, |sum, (_, sale)| sum + i128::from(sale.price.unwrap_or(0)));
        let money: Vec<Money> = later
            .iter()
            .map(|(row, sale)| Money { row: *row, own: fen_of(ONE, sale.price.unwrap_or(0)) })
            .collect();
        carrying.found(
            bank,
            vec![KeyPart::Text(code)],
            AmountBasis::Laid(fen_of(prices.saturating_mul(ONE), 1), money),
            vec![Value::Int(carrying.count()), Value::Text(code)],
        )
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
    for asked in asked(rules) {
        group_cap::judge::<TraceCodeTwice>(arena, bank, asked, code, &sales, sink);
    }
}

/// Goes through the conditions of a code.
pub fn why(why: &mut Why<'_, '_>, rules: &Rules, key: &[TextRef]) -> Option<()> {
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
    let asked = why.asked(rules)?;
    group_cap::why::<TraceCodeTwice>(why, asked, code, &sales)
}
