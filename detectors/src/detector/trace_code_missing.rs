//! Packs sold to the fund without their trace codes.
//!
//! Reads an insured net sale of unsplit packs alone, where every line and sale of `LineOfVisit` is sorted: no further
//! arrangement. One look per sale, and one where the record of its visit changes. Uninsured sales and split packs are
//! cut before. When its rules change, only sales are judged again that have fewer distinct codes than whole packs.
//!
//! It needs no other record, so that every such sale is judged. A finding has no amount.

use records::arena::TextRef;
use records::row::Dispensing;
use rulebank::{Comparison, DetectorSpec, Subject};

use crate::compile::{Compiler, Ruled};
use crate::condition::{Condition, Values, comparisons};
use crate::coverage::Population;
use crate::finding::{AmountBasis, Finding, Value};
use crate::policy::Policy;
use crate::shape::one_record::{self, OfRecord, One, OneRecord};
use crate::why::steps::Why;

const FEWER_CODES: Comparison = Comparison::new(0, "there are fewer codes than whole packs");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "trace_code_missing",
    values: &["item", "codes", "packs"],
    comparisons: &comparisons::<1, _>(TraceCodeMissing::CONDITIONS),
    subject: Subject::Always("dispensing"),
    keys: &[&["sel_id"]],
    population: Some(Population::PackSale),
    ..DetectorSpec::BARE
};

/// Its rules.
pub type Rules = Ruled<()>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.ruled(SPEC.name, |_| ())
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

/// Insured sales of whole packs.
#[derive(Debug)]
pub struct TraceCodeMissing;

impl OneRecord for TraceCodeMissing {
    const CONDITIONS: &'static [Condition<OfRecord<TraceCodeMissing>>] = &[
        Condition::holds(
            ["为医保结算的销售", "it was paid by insurance (mdtrt_setl_type 1)"],
            |_| Values::new(),
            &[],
            |_, one| one.record.insured,
        ),
        Condition::holds(
            ["未拆零", "the packs were not split"],
            |_| Values::new(),
            &[],
            |_, one| !one.record.split,
        ),
        Condition::holds(
            ["不同追溯码少于整包装数", "there are fewer distinct trace codes than whole packs"],
            |one| {
                let (codes, packs) = codes_and_packs(one.record);
                vec![("codes", codes.to_string()), ("packs", packs.to_string())]
            },
            &[FEWER_CODES],
            |bank, one| {
                let (codes, packs) = codes_and_packs(one.record);
                bank.below(FEWER_CODES, codes, packs)
            },
        ),
    ];
    type Params = ();
    type Record = Dispensing;
    type Beside = ();

    fn beside(_: &mut Why<'_, '_>, _: &Dispensing) -> Option<()> {
        Some(())
    }
    fn finding(bank: &Policy, one: &One<'_, TraceCodeMissing>) -> Finding {
        let (codes, packs) = codes_and_packs(one.record);
        let values = vec![Value::Text(one.record.item), Value::Int(codes), Value::Int(packs)];
        let mut finding = Finding::of_sale(bank, one.rule, (one.row, one.record), values);
        finding.amount_basis = AmountBasis::Nothing;
        finding
    }
}

/// Goes through the conditions of a sale.
pub fn why(why: &mut Why<'_, '_>, rules: &Rules, key: &[TextRef]) -> Option<()> {
    one_record::why::<TraceCodeMissing>(why, rules, key)
}
