//! A visit elsewhere in the middle of a stay.
//!
//! Reads all visits of a person together, once for all detectors that compare them, and again when one of them changes.
//! Persons with fewer than two visits, or without a stay, are cut before. Each stay is compared with each visit that is
//! no stay: the institutions must differ, and the visit must begin on a day strictly between the begin and the end of
//! the stay.
//!
//! A stay without an end goes on: any visit on a day after its begin counts. No reason for not judging is stated.

use records::arena::{Arena, TextRef};
use records::row::{Day, day_of};
use rulebank::{AmountKind, Comparison, DetectorSpec, Subject};

use crate::classes::Class;
use crate::compile::{Compiler, Ruled};
use crate::condition::{Condition, comparisons};
use crate::coverage::InstitutionMonth;
use crate::finding::{AmountBasis, Finding, Value};
use crate::policy::Policy;
use crate::shape::element::asked;
use crate::shape::sequence::{self, OfTwo, Sequence, Two};
use crate::sink::Sink;
use crate::visited::Visited;
use crate::why::steps::{Why, day, or_dash};

const BEGUN_BEFORE: Comparison = Comparison::new(1, "the stay begins on a day before the visit's");
const NOT_YET_ENDED: Comparison = Comparison::new(2, "the visit begins on a day before the stay's end");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "visit_during_stay",
    values: &["day", "begin", "institution_a", "institution_b"],
    comparisons: &comparisons::<3, _>(VisitDuringStay::CONDITIONS),
    subject: Subject::Always("visit"),
    keys: &[&["mdtrt_id", "mdtrt_id"]],
    amount: Some(AmountKind::FundOfVisits),
    near: super::STAYS,
    ..DetectorSpec::BARE
};

/// Its rules.
pub type Rules = Ruled<()>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.ruled(SPEC.name, |_| ())
}

/// Visits during a stay elsewhere: a stay, and a visit of the same person that is none.
#[derive(Debug)]
pub struct VisitDuringStay;

impl Two<'_, VisitDuringStay> {
    fn begin(&self) -> Day {
        day_of(self.first.visit.begin)
    }
    fn end(&self) -> Option<Day> {
        self.first.visit.end.map(day_of)
    }
    fn day(&self) -> Day {
        day_of(self.second.visit.begin)
    }
}

impl Sequence for VisitDuringStay {
    const SPEC: DetectorSpec = SPEC;
    const CONDITIONS: &'static [Condition<OfTwo<VisitDuringStay>>] = &[
        sequence::institutions_differ(),
        Condition::<OfTwo<VisitDuringStay>>::holds(
            ["就诊日晚于入院日", "the visit begins on a day after the admission"],
            |two| vec![("day", day(two.day())), ("begin", day(two.begin()))],
            &[BEGUN_BEFORE],
            |bank, two| bank.below(BEGUN_BEFORE, two.begin(), two.day()),
        )
        .makes_subject(),
        Condition::holds(
            ["就诊日早于出院日", "the visit begins on a day before the discharge"],
            |two| vec![("day", day(two.day())), ("end", or_dash(two.end().map(day)))],
            &[NOT_YET_ENDED],
            |bank, two| two.end().is_none_or(|end| bank.below(NOT_YET_ENDED, two.day(), end)),
        ),
    ];

    type Element = Visited;
    type States = ();

    fn month(two: &Two<'_, VisitDuringStay>) -> InstitutionMonth {
        InstitutionMonth::at(two.first.visit.institution, two.second.visit.begin)
    }
    fn finding(bank: &Policy, two: &Two<'_, VisitDuringStay>) -> Finding {
        let (stay, other) = (two.first.visit, two.second.visit);
        let values = vec![
            Value::Day(two.day()),
            Value::Day(two.begin()),
            Value::Text(stay.institution),
            Value::Text(other.institution),
        ];
        let found = two.found(bank, two.ids(), AmountBasis::Fund(vec![other.id]), values);
        Finding { institution: stay.institution, ..found }
    }
}

/// Judges the visits of one person.
pub fn judge(arena: &Arena, bank: &Policy, rules: &Rules, visits: &[Visited], sink: &mut Sink) {
    if rules.is_empty() {
        return;
    }
    for stay in visits.iter().filter(|visit| visit.class == Class::Inpatient) {
        for other in visits.iter().filter(|visit| visit.class != Class::Inpatient) {
            sequence::judge::<VisitDuringStay>(arena, bank, asked(rules), (stay, other), sink);
        }
    }
}

/// Goes through the conditions of (stay, visit that is none).
pub fn why(why: &mut Why<'_, '_>, rules: &Rules, key: &[TextRef]) -> Option<()> {
    let &[stay, other] = key else { return None };
    let ((row, stay), (other_row, other)) = (why.stay(stay)?, why.visit(other)?);
    let scene = why.scene;
    let stay = Visited { row, visit: stay, class: Class::Inpatient };
    let other = Visited { row: other_row, visit: other, class: scene.class(&other) };
    let values = vec![("med_type", scene.text(other.visit.med_type))];
    let is_none = other.class != Class::Inpatient;
    why.check(["第二次就诊不是住院", "the second visit is no stay"], values, is_none)?;
    why.same_person(&stay.visit, &other.visit)?;
    sequence::why::<VisitDuringStay>(why, asked(rules), (&stay, &other))
}
