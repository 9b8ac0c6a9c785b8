//! One person with two basic insurances (employees' or residents') for the same days.
//!
//! Reads the enrolments of a person together (`EnrolmentOfPerson`): one pass over them when one changes, each normal
//! one of insutype 310 or 390 with each other one. Persons with a single enrolment are passed over. Two that agree in
//! insutype and insu_admdvs are left alone. There is no reason for which a pair is not judged.

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row::{self, Day, Enrolment};
use rulebank::{Comparison, DetectorSpec, Subject};

use crate::compile::{Compiler, Ruled};
use crate::condition::{Condition, Values, comparisons};
use crate::coverage::InstitutionMonth;
use crate::finding::{AmountBasis, Finding, Value};
use crate::policy::Policy;
use crate::shape::element::asked;
use crate::shape::sequence::{self, OfTwo, Sequence, Two};
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
    rules: Ruled<()>,
    basic: Vec<TextRef>,
}

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    let rules = compiler.ruled(SPEC.name, |_| ());
    // Employees' and residents' basic insurance: nobody has two of these at a time.
    Rules { rules, basic: ["310", "390"].map(|insutype| (compiler.intern)(insutype)).to_vec() }
}

/// Enrolments at two places at a time: two normal ones of a person in basic insurance, by key.
#[derive(Debug)]
pub struct DoubleEnrolment;

impl Two<'_, DoubleEnrolment> {
    /// The first day of both.
    fn begin(&self) -> Day {
        self.first.1.begin.max(self.second.1.begin)
    }
    /// The last day of both, if either ends.
    fn end(&self) -> Option<Day> {
        self.first.1.end.into_iter().chain(self.second.1.end).min()
    }
    fn insured(&self) -> [(TextRef, TextRef); 2] {
        [&self.first.1, &self.second.1].map(|enrolment| (enrolment.insutype, enrolment.admdvs))
    }
}

impl Sequence for DoubleEnrolment {
    const SPEC: DetectorSpec = SPEC;
    const CONDITIONS: &'static [Condition<OfTwo<DoubleEnrolment>>] = &[
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

    type Element = (RowRef, Enrolment);
    type States = ();

    fn month(both: &Two<'_, DoubleEnrolment>) -> InstitutionMonth {
        InstitutionMonth::on(TextRef::NONE, both.begin())
    }
    fn finding(bank: &Policy, both: &Two<'_, DoubleEnrolment>) -> Finding {
        let [(a, _), (b, _)] = both.insured();
        let values = vec![Value::Day(both.begin()), Value::Text(a), Value::Text(b)];
        let found = both.found(bank, both.ids(), AmountBasis::Nothing, values);
        Finding { institution: TextRef::NONE, ..found }
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
            sequence::judge::<DoubleEnrolment>(arena, bank, asked(rules), (a, b), sink);
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
    let both = (enrolment(a)?, enrolment(b)?);
    let ((_, a), (_, b)) = &both;
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
    sequence::why::<DoubleEnrolment>(why, asked(&rules.rules), (&both.0, &both.1))
}
