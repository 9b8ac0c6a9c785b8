//! One person with two basic insurances (employees' or residents') for the same days.
//!
//! Reads the enrolments of a person together (`EnrolmentOfPerson`): one pass over them when one changes, each normal
//! one of insutype 310 or 390 with each other one. Persons with a single enrolment are passed over. Two that agree in
//! insutype and insu_admdvs are left alone. There is no reason for which a pair is not judged.

use records::arena::{Arena, RowRef, TextRef};
use records::row::{self, Enrolment};
use records::time::start_of;
use rulebank::{Comparison, DetectorSpec, Subject};

use crate::compile::Compiler;
use crate::coverage::Count;
use crate::finding::{AmountBasis, Finding, KeyPart, RuleIx, Value};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::Out;
use crate::views::Diff;

const SHARE_A_DAY: Comparison = Comparison::new(0, "they share at least one day");
const INSURED_OTHERWISE: Comparison = Comparison::new(1, "insutype or insu_admdvs differ");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "double_enrolment",
    values: &["begin", "insutype_a", "insutype_b"],
    comparisons: &[SHARE_A_DAY, INSURED_OTHERWISE],
    subject: Subject::Always("enrolment"),
    keys: &[&["enrl_id", "enrl_id"]],
    unordered: true,
    ..DetectorSpec::BARE
};

/// Rules, and the insutypes that exclude each other.
#[derive(Debug, Default, PartialEq)]
pub struct Rules {
    rules: Vec<RuleIx>,
    basic: Vec<TextRef>,
}

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    let rules = compiler.rule_numbers(SPEC.name);
    // Employees' and residents' basic insurance: nobody has two of these at a time.
    Rules { rules, basic: ["310", "390"].map(|insutype| (compiler.intern)(insutype)).to_vec() }
}

/// Judges the enrolments of one person.
pub fn judge(arena: &Arena, bank: &Policy, rules: &Rules, enrolments: &[(RowRef, Diff)], sink: &mut Sink) {
    let Rules { rules, basic } = rules;
    if enrolments.len() < 2 || rules.is_empty() {
        return;
    }
    let mut normal: Vec<(RowRef, Enrolment)> =
        enrolments.iter().map(|(address, _)| (*address, row::enrolment(arena, *address))).collect();
    normal.retain(|(_, enrolment)| enrolment.normal && basic.contains(&enrolment.insutype));
    normal.sort_by(|(_, a), (_, b)| arena.compare(a.id, b.id));
    for (nth, (row_a, a)) in normal.iter().enumerate() {
        for (row_b, b) in &normal[nth + 1..] {
            let begin = a.begin.max(b.begin);
            let end = a.end.into_iter().chain(b.end).min();
            for rule in rules {
                sink.count(Count::Subject(*rule));
                let share = end.is_none_or(|end| bank.within(SHARE_A_DAY, begin, end));
                if !share || !bank.differ(INSURED_OTHERWISE, (a.insutype, a.admdvs), (b.insutype, b.admdvs)) {
                    continue;
                }
                sink.emit(Out::Finding(Box::new(Finding {
                    rule: *rule,
                    verdict: bank.verdict(*rule, false),
                    key: vec![KeyPart::Text(a.id), KeyPart::Text(b.id)],
                    institution: TextRef::NONE,
                    evidence: vec![*row_a, *row_b],
                    occurred: start_of(begin),
                    amount_basis: AmountBasis::Nothing,
                    values: vec![Value::Day(begin), Value::Text(a.insutype), Value::Text(b.insutype)],
                })));
            }
        }
    }
}
