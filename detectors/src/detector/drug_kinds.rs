//! A prescription with more than `kinds` different drugs.
//!
//! Reads prescriptions that are not cancelled, from all that stands under an rx_id (`OfPrescription`): one look per
//! prescription, shared with `over_prescription` and `sale_without_prescription`, and another whenever a net line or
//! sale that names it changes. One with fewer lines than the smallest `kinds` of a rule is passed over before its drugs
//! are counted. There is no reason for which a prescription is not judged.

use std::collections::BTreeSet;

use records::arena::TextRef;
use records::codes::ListType;
use records::row::Prescription;
use rulebank::{Comparison, DetectorSpec, ParamKind, ParamSpec, Subject};

use crate::compile::{Compiler, Ruled, integer};
use crate::condition::{Condition, comparisons};
use crate::coverage::Population;
use crate::finding::{AmountBasis, Finding, KeyPart, Value};
use crate::policy::Policy;
use crate::shape::one_record::{self, OfRecord, One, OneRecord};
use crate::why::steps::Why;

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
    comparisons: &comparisons::<1, _>(DrugKinds::CONDITIONS),
    subject: Subject::Always("prescription"),
    keys: &[&["rx_id"]],
    population: Some(Population::Prescription),
    ..DetectorSpec::BARE
};

/// Its rules and their numbers of drugs.
pub type Rules = Ruled<i64>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.ruled(SPEC.name, |rule| integer(rule, "kinds"))
}

/// Prescriptions that are not cancelled.
#[derive(Debug)]
pub struct DrugKinds;

impl One<'_, DrugKinds> {
    fn drugs(&self) -> impl Iterator<Item = TextRef> {
        let drugs = self.record.lines.iter().filter(|line| line.list_type == Some(ListType::Drug));
        drugs.map(|line| line.item)
    }
    /// Different drugs; not counted where the lines are too few.
    fn kinds(&self) -> i64 {
        let count = |kinds: usize| i64::try_from(kinds).unwrap_or(i64::MAX);
        let lines = count(self.record.lines.len());
        if lines < *self.params { lines } else { count(self.drugs().collect::<BTreeSet<_>>().len()) }
    }
}

impl OneRecord for DrugKinds {
    const CONDITIONS: &'static [Condition<OfRecord<DrugKinds>>] = &[Condition::holds(
        ["不同药品（101）品种数超过上限", "it has more different drugs (list type 101) than allowed"],
        |one| {
            let drugs: BTreeSet<String> = one.drugs().map(|item| one.arena.text(item)).collect();
            let names: Vec<&str> = drugs.iter().map(String::as_str).collect();
            vec![
                ("kinds", drugs.len().to_string()),
                ("item", names.join("; ")),
                ("limit", one.params.to_string()),
            ]
        },
        &[MORE_KINDS],
        |bank, one| bank.over(MORE_KINDS, one.kinds(), *one.params),
    )];
    type Params = i64;
    type Record = Prescription;
    type Beside = ();

    fn beside(_: &mut Why<'_, '_>, _: &Prescription) -> Option<()> {
        Some(())
    }
    fn finding(bank: &Policy, one: &One<'_, DrugKinds>) -> Finding {
        Finding {
            rule: one.rule,
            verdict: bank.verdict(one.rule, false),
            key: vec![KeyPart::Text(one.record.id)],
            institution: one.record.institution,
            evidence: vec![one.row],
            occurred: one.record.time,
            amount_basis: AmountBasis::Nothing,
            values: vec![Value::Int(one.kinds())],
        }
    }
}

/// Goes through the conditions of a prescription.
pub fn why(why: &mut Why<'_, '_>, rules: &Rules, key: &[TextRef]) -> Option<()> {
    one_record::why::<DrugKinds>(why, rules, key)
}
