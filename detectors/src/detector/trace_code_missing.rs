//! Packs sold to the fund without their trace codes.

use records::arena::Ref;
use records::row::Dispensing;
use rulebank::DetectorSpec;

use super::About;
use crate::compile::Compiler;
use crate::coverage::Population;
use crate::finding::{AmountBasis, Finding, RuleIx, Value};
use crate::judge::Sink;
use crate::policy::Policy;
use crate::statement::Out;

/// What a rule may tell it.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "trace_code_missing",
    table: None,
    params: &[],
    values: &["item", "codes", "packs"],
    comparisons: &["there are fewer codes than whole packs"],
};

/// What its alerts are about.
pub const ABOUT: About = About::of("dispensing").all_of(Population::PackSale);

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
pub fn judge(bank: &Policy, rules: &Rules, sale_row: Ref, sale: &Dispensing, sink: &mut Sink) {
    if rules.is_empty() {
        return;
    }
    let (codes, packs) = codes_and_packs(sale);
    for rule in rules {
        if bank.below(0, codes, packs) {
            let values = vec![Value::Text(sale.item), Value::Int(codes), Value::Int(packs)];
            let mut finding = Finding::of_sale(bank, *rule, (sale_row, sale), values);
            finding.amount_basis = AmountBasis::Nothing;
            sink.emit(Out::Finding(Box::new(finding)));
        }
    }
}
