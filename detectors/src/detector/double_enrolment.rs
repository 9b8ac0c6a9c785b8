//! One person with two basic insurances (employees' or residents') for the same days.
//!
//! Reads the enrolments of a person together (`EnrolmentOfPerson`): one pass over them when one changes, each normal
//! one of insutype 310 or 390 with each other one. Persons with a single enrolment are passed over. Two that agree in
//! insutype and insu_admdvs are left alone. There is no reason for which a pair is not judged.

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row::{self, Day, Enrolment};
use records::time::start_of;
use rulebank::{Comparison, DetectorSpec, Subject};

use crate::compile::Compiler;
use crate::condition::{self, Condition, Judged, Values, comparisons};
use crate::coverage::{Count, InstitutionMonth};
use crate::finding::{AmountBasis, Finding, KeyPart, RuleIx, Value};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::views::Diff;
use crate::why::steps::{Why, day, or_dash};

const SHARE_A_DAY: Comparison = Comparison::new(0, "they share at least one day");
const INSURED_OTHERWISE: Comparison = Comparison::new(1, "insutype or insu_admdvs differ");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "double_enrolment",
    values: &["begin", "insutype_a", "insutype_b"],
    comparisons: &comparisons::<2, _>(DoubleEnrolment::CONDITIONS),
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

/// Two normal enrolments of a person in basic insurance, by key.
#[derive(Clone, Copy, Debug)]
pub struct Both<'a> {
    arena: &'a Arena,
    rule: RuleIx,
    a: &'a (RowRef, Enrolment),
    b: &'a (RowRef, Enrolment),
}

impl Both<'_> {
    /// The first day of both.
    fn begin(&self) -> Day {
        self.a.1.begin.max(self.b.1.begin)
    }
    /// The last day of both, if either ends.
    fn end(&self) -> Option<Day> {
        self.a.1.end.into_iter().chain(self.b.1.end).min()
    }
    fn insured(&self) -> [(TextRef, TextRef); 2] {
        [&self.a.1, &self.b.1].map(|enrolment| (enrolment.insutype, enrolment.admdvs))
    }
}

/// Enrolments at two places at a time.
#[derive(Debug)]
pub struct DoubleEnrolment;

impl Judged for DoubleEnrolment {
    type Candidate<'a> = Both<'a>;
    const CONDITIONS: &'static [Condition<DoubleEnrolment>] = &[
        Condition::holds(
            ["至少有一天重合", "they share a day at least"],
            |both| vec![("begin", day(both.begin())), ("end", or_dash(both.end().map(day)))],
            &[SHARE_A_DAY],
            |bank, both| both.end().is_none_or(|end| bank.within(SHARE_A_DAY, both.begin(), end)),
        ),
        Condition::holds(
            ["险种或参保地不同", "insurance or place differ"],
            |both| {
                let text = |text: TextRef| both.arena.text(text);
                let [(insurance_a, area_a), (insurance_b, area_b)] = both.insured();
                vec![
                    ("insutype_a", text(insurance_a)),
                    ("insutype_b", text(insurance_b)),
                    ("insu_admdvs", text(area_a)),
                    ("insu_admdvs", text(area_b)),
                ]
            },
            &[INSURED_OTHERWISE],
            |bank, both| {
                let [a, b] = both.insured();
                bank.differ(INSURED_OTHERWISE, a, b)
            },
        ),
    ];

    fn rule(both: &Both<'_>) -> RuleIx {
        both.rule
    }
    fn month(both: &Both<'_>) -> InstitutionMonth {
        InstitutionMonth::on(TextRef::NONE, both.begin())
    }
    fn finding(bank: &Policy, both: &Both<'_>) -> Finding {
        let ((row_a, a), (row_b, b)) = (both.a, both.b);
        Finding {
            rule: both.rule,
            verdict: bank.verdict(both.rule, false),
            key: vec![KeyPart::Text(a.id), KeyPart::Text(b.id)],
            institution: TextRef::NONE,
            evidence: vec![*row_a, *row_b],
            occurred: start_of(both.begin()),
            amount_basis: AmountBasis::Nothing,
            values: vec![Value::Day(both.begin()), Value::Text(a.insutype), Value::Text(b.insutype)],
        }
    }
}

/// Judges the enrolments of one person.
pub fn judge(arena: &Arena, bank: &Policy, rules: &Rules, enrolments: &[(RowRef, Diff)], sink: &mut Sink) {
    let Rules { rules, basic } = rules;
    if enrolments.len() < 2 || rules.is_empty() {
        return;
    }
    let mut normal: Vec<(RowRef, Enrolment)> =
        enrolments.iter().map(|(row, _)| (*row, row::enrolment(arena, *row))).collect();
    normal.retain(|(_, enrolment)| enrolment.normal && basic.contains(&enrolment.insutype));
    normal.sort_by(|(_, a), (_, b)| arena.compare(a.id, b.id));
    for (nth, a) in normal.iter().enumerate() {
        for b in &normal[nth + 1..] {
            for rule in rules {
                sink.count(Count::Subject(*rule));
                condition::judge::<DoubleEnrolment>(bank, &Both { arena, rule: *rule, a, b }, sink);
            }
        }
    }
}

/// Goes through the conditions of an unordered pair of enrolments.
pub fn why(why: &mut Why<'_, '_>, rules: &Rules, key: &[TextRef]) -> Option<()> {
    let &[a, b] = key else { return None };
    let scene = why.scene;
    let mut enrolment = |id| -> Option<(RowRef, Enrolment)> {
        let row = why.record(Kind::Enrolment, (id, TextRef::NONE))?;
        Some((row, row::enrolment(scene.arena, row)))
    };
    let (a, b) = (enrolment(a)?, enrolment(b)?);
    let both = Both { arena: scene.arena, rule: why.number, a: &a, b: &b };
    let ((_, a), (_, b)) = (a, b);
    why.check(["是两条不同的登记", "they are two enrolments"], Values::new(), a.id != b.id)?;
    why.check(
        ["同一人", "both are of one person"],
        vec![("psn_no", scene.text(a.psn_no)), ("psn_no", scene.text(b.psn_no))],
        a.psn_no == b.psn_no,
    )?;
    why.check(["两条状态均为正常", "both are normal (status 1)"], Values::new(), a.normal && b.normal)?;
    why.check(
        [
            "均为职工（310）或居民（390）基本医保",
            "both are basic insurance, of employees (310) or residents (390)",
        ],
        vec![("insutype_a", scene.text(a.insutype)), ("insutype_b", scene.text(b.insutype))],
        [a.insutype, b.insutype].iter().all(|insutype| rules.basic.contains(insutype)),
    )?;
    why.conditions::<DoubleEnrolment>(&both)
}
