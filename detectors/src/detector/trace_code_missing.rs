//! Packs sold to the fund without their trace codes.
//!
//! Reads an insured net sale of unsplit packs alone, where every line and sale of `LineOfVisit` is sorted: no further
//! arrangement. One look per sale, and one where the record of its visit changes. Sales that others paid and split packs
//! are cut before. When its rules change, only sales are judged again that have fewer distinct codes than whole packs.
//!
//! Where a row of `no_trace_code` is for the item on the day, it carries no code or needs none yet. A sale that does not
//! say who paid, and whose settlement does not either, is not judged (`MdtrtSetlType`) where it would be found. A finding
//! has no amount.

use std::sync::Arc;

use records::arena::{Arena, TextRef};
use records::row::{Dispensing, day_of};
use rulebank::{Comparison, DetectorSpec, Subject};

use crate::compile::{Compiler, Prefixes, Ruled};
use crate::condition::{Condition, Values, comparisons};
use crate::coverage::{Missing, Population};
use crate::finding::{AmountBasis, Finding, Value};
use crate::policy::Policy;
use crate::shape::one_record::{self, OfRecord, One, OneRecord};
use crate::why::steps::{Why, day_at};

const FEWER_CODES: Comparison = Comparison::new(0, "there are fewer codes than whole packs");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "trace_code_missing",
    values: &["item", "codes", "packs"],
    also: &[NO_TRACE_CODE],
    comparisons: &comparisons::<1, _>(TraceCodeMissing::CONDITIONS),
    subject: Subject::Always("dispensing"),
    keys: &[&["sel_id"]],
    population: Some(Population::PackSale),
    ..DetectorSpec::BARE
};

/// The table of what carries no code.
const NO_TRACE_CODE: &str = "no_trace_code";

/// What carries no code, or needs none yet: rows of `no_trace_code`, by what the codes of items begin with.
pub type WithoutCodes = Arc<Prefixes<()>>;

/// Its rules, each with what carries no code.
pub type Rules = Ruled<WithoutCodes>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    let without = Arc::new(Prefixes::of_table(compiler, NO_TRACE_CODE, true, |_| ()));
    compiler.ruled(SPEC.name, |_| Arc::clone(&without))
}

/// Whether an item carries no code, or needs none yet, on the day of a sale.
fn needs_none(arena: &Arena, without: &WithoutCodes, sale: &Dispensing) -> bool {
    !without.is_empty() && without.hold(&arena.text(sale.item), day_of(sale.time))
}

/// Distinct codes and whole packs of a sale.
fn codes_and_packs(sale: &Dispensing) -> (i64, i64) {
    let mut codes = sale.codes.clone();
    codes.sort_unstable();
    codes.dedup();
    (i64::try_from(codes.len()).unwrap_or(i64::MAX), sale.cnt / 10_000)
}

/// Whether rules of whatever bank may find something of a sale.
pub fn is_subject(sale: &Dispensing) -> bool {
    let (codes, packs) = codes_and_packs(sale);
    may_be_insured(sale) && !sale.split && codes < packs
}

/// Whether the fund paid, or that is not known.
fn may_be_insured(sale: &Dispensing) -> bool {
    sale.insured || !sale.says_who_paid
}

/// Whether a sale is a subject of the rules in force: one that does not say who paid is one only where it would be
/// found.
pub fn is_counted(arena: &Arena, rules: &Rules, sale: &Dispensing) -> bool {
    !sale.split
        && (sale.insured
            || (is_subject(sale) && rules.iter().any(|(_, without)| !needs_none(arena, without, sale))))
}

/// Insured sales of whole packs.
#[derive(Debug)]
pub struct TraceCodeMissing;

impl OneRecord for TraceCodeMissing {
    const CONDITIONS: &'static [Condition<OfRecord<TraceCodeMissing>>] = &[
        Condition::holds(
            ["为医保结算的销售（或未知）", "it was paid by insurance, or it is not known who paid"],
            |_| Values::new(),
            &[],
            |_, one| may_be_insured(one.record),
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
        Condition::holds(
            ["该项目当日应有追溯码", "the item carries codes, and needs them on the day"],
            |one| vec![("item", one.arena.text(one.record.item)), ("day", day_at(one.record.time))],
            &[],
            |_, one| !needs_none(one.arena, one.params, one.record),
        ),
        Condition::known(
            [
                "已知由谁支付（mdtrt_setl_type 或有效结算）",
                "who paid is known (mdtrt_setl_type, or a live settlement)",
            ],
            |one| vec![("setl_id", one.arena.text(one.record.settlement))],
            Missing::MdtrtSetlType,
            |one| one.record.insured,
        ),
    ];
    type Params = WithoutCodes;
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
