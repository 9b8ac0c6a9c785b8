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
use crate::compile::Compiler;
use crate::condition::{self, Condition, Judged, comparisons};
use crate::coverage::InstitutionMonth;
use crate::finding::{AmountBasis, Finding, KeyPart, RuleIx, Value};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::visited::Visited;
use crate::why::steps::{Why, day, or_dash};

const INSTITUTIONS_DIFFER: Comparison = Comparison::new(0, "the institutions differ");
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
pub type Rules = Vec<RuleIx>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.rule_numbers(SPEC.name)
}

/// A stay, and a visit of the same person that is none.
#[derive(Clone, Copy, Debug)]
pub struct DuringStay<'a> {
    arena: &'a Arena,
    rule: RuleIx,
    stay: &'a Visited,
    other: &'a Visited,
}

impl DuringStay<'_> {
    fn begin(&self) -> Day {
        day_of(self.stay.visit.begin)
    }
    fn end(&self) -> Option<Day> {
        self.stay.visit.end.map(day_of)
    }
    fn day(&self) -> Day {
        day_of(self.other.visit.begin)
    }
}

/// Visits during a stay elsewhere.
#[derive(Debug)]
pub struct VisitDuringStay;

impl Judged for VisitDuringStay {
    type Candidate<'a> = DuringStay<'a>;
    const CONDITIONS: &'static [Condition<VisitDuringStay>] = &[
        Condition::holds(
            ["机构不同", "the institutions differ"],
            |two| {
                vec![
                    ("institution_a", two.arena.text(two.stay.visit.institution)),
                    ("institution_b", two.arena.text(two.other.visit.institution)),
                ]
            },
            &[INSTITUTIONS_DIFFER],
            |bank, two| {
                bank.differ(INSTITUTIONS_DIFFER, two.stay.visit.institution, two.other.visit.institution)
            },
        ),
        Condition::<VisitDuringStay>::holds(
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

    fn rule(two: &DuringStay<'_>) -> RuleIx {
        two.rule
    }
    fn month(two: &DuringStay<'_>) -> InstitutionMonth {
        InstitutionMonth::at(two.stay.visit.institution, two.other.visit.begin)
    }
    fn finding(bank: &Policy, two: &DuringStay<'_>) -> Finding {
        let (stay, other) = (two.stay, two.other);
        Finding {
            rule: two.rule,
            verdict: bank.verdict(two.rule, false),
            key: vec![KeyPart::Text(stay.visit.id), KeyPart::Text(other.visit.id)],
            institution: stay.visit.institution,
            evidence: vec![stay.row, other.row],
            occurred: stay.visit.event_time().max(other.visit.event_time()),
            amount_basis: AmountBasis::Fund(vec![other.visit.id]),
            values: vec![
                Value::Day(two.day()),
                Value::Day(two.begin()),
                Value::Text(stay.visit.institution),
                Value::Text(other.visit.institution),
            ],
        }
    }
}

/// Judges the visits of one person.
pub fn judge(arena: &Arena, bank: &Policy, rules: &Rules, visits: &[Visited], sink: &mut Sink) {
    if rules.is_empty() {
        return;
    }
    for stay in visits.iter().filter(|visit| visit.class == Class::Inpatient) {
        for other in visits.iter().filter(|visit| visit.class != Class::Inpatient) {
            for rule in rules {
                let candidate = DuringStay { arena, rule: *rule, stay, other };
                condition::judge::<VisitDuringStay>(bank, &candidate, sink);
            }
        }
    }
}

/// Goes through the conditions of (stay, visit that is none).
pub fn why(why: &mut Why<'_, '_>, _: &Rules, key: &[TextRef]) -> Option<()> {
    let &[stay, other] = key else { return None };
    let ((row, stay), (other_row, other)) = (why.stay(stay)?, why.visit(other)?);
    let scene = why.scene;
    let stay = Visited { row, visit: stay, class: Class::Inpatient };
    let other = Visited { row: other_row, visit: other, class: scene.class(&other) };
    let values = vec![("med_type", scene.text(other.visit.med_type))];
    let is_none = other.class != Class::Inpatient;
    why.check(["第二次就诊不是住院", "the second visit is no stay"], values, is_none)?;
    why.same_person(&stay.visit, &other.visit)?;
    let candidate = DuringStay { arena: scene.arena, rule: why.number, stay: &stay, other: &other };
    why.conditions::<VisitDuringStay>(&candidate)
}
