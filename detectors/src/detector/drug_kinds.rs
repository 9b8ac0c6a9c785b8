//! A prescription with more than `kinds` different drugs.
//!
//! Reads prescriptions that are not cancelled, from all that stands under an rx_id (`OfPrescription`): one look per
//! prescription, shared with `over_prescription` and `sale_without_prescription`, and another whenever a net line or
//! sale that names it changes. One with fewer lines than the smallest `kinds` of a rule is passed over before its drugs
//! are counted. There is no reason for which a prescription is not judged.

use records::arena::{RowRef, TextRef};
use records::codes::ListType;
use records::row::Prescription;
use rulebank::{Comparison, DetectorSpec, ParamKind, ParamSpec, Subject};

use crate::compile::{Compiler, integer};
use crate::coverage::Population;
use crate::finding::{AmountBasis, Finding, KeyPart, RuleIx, Value};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::Out;

const MORE_KINDS: Comparison = Comparison::new(0, "there are more than `kinds`");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "drug_kinds",
    params: &[ParamSpec {
        name: "kinds",
        doc: "Different drugs on one prescription at the most.",
        kind: ParamKind::Integer { min: 1, max: 1000 },
        default: "5",
    }],
    values: &["kinds"],
    comparisons: &[MORE_KINDS],
    subject: Subject::Always("prescription"),
    keys: &[&["rx_id"]],
    population: Some(Population::Prescription),
    ..DetectorSpec::BARE
};

/// Its rules and their numbers of drugs.
pub type Rules = Vec<(RuleIx, i64)>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.rules_of(SPEC.name).into_iter().map(|(ix, rule)| (ix, integer(&rule, "kinds"))).collect()
}

/// Judges a prescription that is not cancelled.
pub fn judge(bank: &Policy, rules: &Rules, rx_row: RowRef, rx: &Prescription, sink: &mut Sink) {
    let fewest = rules.iter().map(|(_, kinds)| *kinds).min().unwrap_or(i64::MAX);
    if i64::try_from(rx.lines.len()).unwrap_or(i64::MAX) < fewest {
        return;
    }
    let mut drugs: Vec<TextRef> =
        rx.lines.iter().filter(|line| line.list_type == Some(ListType::Drug)).map(|line| line.item).collect();
    drugs.sort_unstable();
    drugs.dedup();
    let kinds = i64::try_from(drugs.len()).unwrap_or(i64::MAX);
    for (rule, most) in rules {
        if bank.over(MORE_KINDS, kinds, *most) {
            sink.emit(Out::Finding(Box::new(Finding {
                rule: *rule,
                verdict: bank.verdict(*rule, false),
                key: vec![KeyPart::Text(rx.id)],
                institution: rx.institution,
                evidence: vec![rx_row],
                occurred: rx.time,
                amount_basis: AmountBasis::Nothing,
                values: vec![Value::Int(kinds)],
            })));
        }
    }
}
