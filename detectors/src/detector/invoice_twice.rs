//! One invoice on two or more live settlements.
//!
//! Reads live settlements with a bill_code and a bill_no, and the invoice itself where it is known, by these two
//! (`Bill`): one pass over what stands under the pair whenever any of it changes. Settlements without both never come
//! here. There is no reason for which an invoice is not judged.

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row::{self, Settlement};
use rulebank::{AmountKind, Comparison, DetectorSpec, Subject};

use crate::compile::Compiler;
use crate::coverage::Count;
use crate::finding::{AmountBasis, Finding, KeyPart, Money, RuleIx, Value, common_institution};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::Out;
use crate::views::{Diff, pair_of};

const TWO_SETTLEMENTS: Comparison = Comparison::new(0, "there are at least two settlements");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "invoice_twice",
    values: &["settlements", "bill_code", "bill_no"],
    comparisons: &[TWO_SETTLEMENTS],
    subject: Subject::Always("invoice"),
    subject_parts: 2,
    keys: &[&["bill_code", "bill_no"]],
    amount: Some(AmountKind::FundOfSettlementsButLargest),
    near: &[Kind::Settlement, Kind::Invoice],
    ..DetectorSpec::BARE
};

/// Its rules.
pub type Rules = Vec<RuleIx>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.rules_of(SPEC.name).into_iter().map(|(ix, _)| ix).collect()
}

/// Judges an invoice number: the live settlements that carry it, and the invoice itself where it is known.
pub fn judge(
    arena: &Arena,
    bank: &Policy,
    rules: &Rules,
    key: u64,
    rows: &[(RowRef, Diff)],
    sink: &mut Sink,
) {
    let mut settlements: Vec<(RowRef, Settlement)> = rows
        .iter()
        .filter(|(address, _)| row::kind(arena, *address) == Kind::Settlement)
        .map(|(address, _)| (*address, row::settlement(arena, *address)))
        .collect();
    if settlements.is_empty() {
        return;
    }
    for rule in rules {
        sink.count(Count::Subject(*rule));
    }
    if !bank.reaches(TWO_SETTLEMENTS, settlements.len(), 2) {
        return;
    }
    settlements.sort_by(|(_, a), (_, b)| arena.compare(a.id, b.id));
    let evidence: Vec<RowRef> = settlements.iter().map(|(address, _)| *address).collect();
    let own_institution = rows
        .iter()
        .find(|(address, _)| row::kind(arena, *address) == Kind::Invoice)
        .map_or(TextRef::NONE, |(address, _)| row::invoice(arena, *address).institution);
    let institution =
        if own_institution.is_none() { common_institution(arena, &evidence) } else { own_institution };
    // The largest is left out; on a tie the first by key.
    let mut largest = 0;
    for (nth, (_, settlement)) in settlements.iter().enumerate() {
        if settlement.fund > settlements[largest].1.fund {
            largest = nth;
        }
    }
    let rest = settlements.iter().enumerate().filter(|(nth, _)| *nth != largest).map(|(_, rest)| rest);
    let money: Vec<Money> =
        rest.map(|(address, settlement)| Money { row: *address, own: settlement.fund.max(0) }).collect();
    let amount = money.iter().fold(0i64, |sum, money| sum.saturating_add(money.own));
    let (bill_code, bill_no) = pair_of(key);
    let occurred = settlements.iter().map(|(_, settlement)| settlement.time).max().unwrap_or(i64::MIN);
    for rule in rules {
        sink.emit(Out::Finding(Box::new(Finding {
            rule: *rule,
            verdict: bank.verdict(*rule, false),
            key: vec![KeyPart::Text(bill_code), KeyPart::Text(bill_no)],
            institution,
            evidence: evidence.clone(),
            occurred,
            amount_basis: AmountBasis::Laid(amount, money.clone()),
            values: vec![
                Value::Int(i64::try_from(settlements.len()).unwrap_or(i64::MAX)),
                Value::Text(bill_code),
                Value::Text(bill_no),
            ],
        })));
    }
}
