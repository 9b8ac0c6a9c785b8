//! Packs sold to the fund without their trace codes.
//!
//! Reads an insured net sale of unsplit packs alone, where every line and sale of `LineOfVisit` is sorted: no further
//! arrangement. One look per sale, and one where the record of its visit changes. Uninsured sales and split packs are
//! cut before. When its rules change, only sales are judged again that have fewer distinct codes than whole packs.
//!
//! It needs no other record, so that every such sale is judged. A finding has no amount.

use records::arena::RowRef;
use records::row::Dispensing;
use rulebank::{Comparison, DetectorSpec, Subject};

use crate::compile::Compiler;
use crate::coverage::Population;
use crate::finding::{AmountBasis, Finding, RuleIx, Value};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::Out;

const FEWER_CODES: Comparison = Comparison::new(0, "there are fewer codes than whole packs");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "trace_code_missing",
    values: &["item", "codes", "packs"],
    comparisons: &[FEWER_CODES],
    subject: Subject::Always("dispensing"),
    keys: &[&["sel_id"]],
    population: Some(Population::PackSale),
    ..DetectorSpec::BARE
};

/// Its rules.
pub type Rules = Vec<RuleIx>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.rule_numbers(SPEC.name)
}

/// Distinct codes and whole packs of a sale.
fn codes_and_packs(sale: &Dispensing) -> (i64, i64) {
    let mut codes = sale.codes.clone();
    codes.sort_unstable();
    codes.dedup();
    (i64::try_from(codes.len()).unwrap_or(i64::MAX), sale.cnt / 10_000)
}

/// Whether a rule would find something of a sale.
pub fn is_subject(sale: &Dispensing) -> bool {
    let (codes, packs) = codes_and_packs(sale);
    sale.insured && !sale.split && codes < packs
}

/// Judges an insured sale of unsplit packs.
pub fn judge(bank: &Policy, rules: &Rules, sale_row: RowRef, sale: &Dispensing, sink: &mut Sink) {
    if rules.is_empty() {
        return;
    }
    let (codes, packs) = codes_and_packs(sale);
    for rule in rules {
        if bank.below(FEWER_CODES, codes, packs) {
            let values = vec![Value::Text(sale.item), Value::Int(codes), Value::Int(packs)];
            let mut finding = Finding::of_sale(bank, *rule, (sale_row, sale), values);
            finding.amount_basis = AmountBasis::Nothing;
            sink.emit(Out::Finding(Box::new(finding)));
        }
    }
}
