//! More outpatient visits on a day than a person can use.
//!
//! Reads all visits of a person together, once for all detectors that compare them, and again when one of them changes.
//! Persons with fewer than two visits, or with fewer outpatient visits in all than the least limit, are cut before. The
//! outpatient visits of the others are counted by the day on which they begin, at whatever institution.
//!
//! It needs no record but the visits, so that no reason for not judging is stated.

use std::collections::{BTreeMap, BTreeSet};

use records::arena::{Arena, TextRef};
use records::row::{Day, day_of};
use rulebank::{AmountKind, Comparison, DetectorSpec, ParamKind, ParamSpec, Subject};

use crate::classes::Class;
use crate::compile::{Compiler, Ruled, integer};
use crate::condition::{Condition, comparisons};
use crate::coverage::InstitutionMonth;
use crate::finding::{AmountBasis, Finding, KeyPart, Value};
use crate::policy::Policy;
use crate::shape::element::asked;
use crate::shape::group_cap::{self, Group, GroupCap, OfGroup};
use crate::sink::Sink;
use crate::visited::Visited;
use crate::why::steps::{Why, day};

const MORE_VISITS: Comparison = Comparison::new(0, "there are more than `visits`");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "visits_a_day",
    params: &[ParamSpec {
        name: "visits",
        doc: "Outpatient visits that begin on one day which are left alone.",
        kind: ParamKind::Integer { min: 1, max: 1000 },
        default: "3",
    }],
    values: &["day", "visits", "institutions"],
    comparisons: &comparisons::<1, _>(VisitsADay::CONDITIONS),
    subject: Subject::Always("person"),
    keys: &[&["psn_no", "day"]],
    amount: Some(AmountKind::FundOfVisitsButLargest),
    near: super::STAYS,
    ..DetectorSpec::BARE
};

/// Its rules and their number of visits.
pub type Rules = Ruled<i64>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.ruled(SPEC.name, |rule| integer(rule, "visits"))
}

/// Days with too many visits: a person's outpatient visits that begin on one day, by key.
#[derive(Debug)]
pub struct VisitsADay;

impl GroupCap for VisitsADay {
    const SPEC: DetectorSpec = SPEC;
    const CONDITIONS: &'static [Condition<OfGroup<VisitsADay>>] = &[Condition::holds(
        [
            "当日开始的门诊就诊次数超过上限",
            "more outpatient visits of the person begin on the day than allowed",
        ],
        |of_day| {
            vec![
                ("day", day(of_day.key.1)),
                ("visits", of_day.count().to_string()),
                ("mdtrt_id", of_day.ids()),
                ("limit", of_day.asked.states.to_string()),
            ]
        },
        &[MORE_VISITS],
        |bank, of_day| bank.over(MORE_VISITS, of_day.count(), *of_day.asked.states),
    )];
    type Key<'a> = (TextRef, Day);
    type Element = Visited;
    /// The visits that are left alone.
    type States = i64;

    fn month(of_day: &Group<'_, VisitsADay>) -> InstitutionMonth {
        InstitutionMonth::on(TextRef::NONE, of_day.key.1)
    }
    fn finding(bank: &Policy, of_day: &Group<'_, VisitsADay>) -> Finding {
        let ((person, day), visits) = (of_day.key, of_day.records);
        let institutions: BTreeSet<TextRef> = visits.iter().map(|visit| visit.visit.institution).collect();
        let institutions = i64::try_from(institutions.len()).unwrap_or(i64::MAX);
        of_day.found(
            bank,
            vec![KeyPart::Text(person), KeyPart::Day(day)],
            AmountBasis::AllButLargestFund(visits.iter().map(|visit| visit.visit.id).collect()),
            vec![Value::Day(day), Value::Int(of_day.count()), Value::Int(institutions)],
        )
    }
}

/// Judges the visits of one person, day by day.
pub fn judge(arena: &Arena, bank: &Policy, rules: &Rules, visits: &[Visited], sink: &mut Sink) {
    let least = rules.iter().map(|(_, visits)| *visits).min().unwrap_or(i64::MAX);
    let outpatient = || visits.iter().filter(|visit| visit.class == Class::Outpatient);
    // Nearly everybody has fewer visits in all.
    if i64::try_from(outpatient().count()).unwrap_or(i64::MAX) < least {
        return;
    }
    let mut days: BTreeMap<Day, Vec<Visited>> = BTreeMap::new();
    for visit in outpatient() {
        days.entry(day_of(visit.visit.begin)).or_default().push(*visit);
    }
    for (day, mut visits) in days {
        visits.sort_by(|a, b| arena.compare(a.visit.id, b.visit.id));
        let key = (visits[0].visit.psn_no, day);
        for asked in asked(rules) {
            group_cap::judge::<VisitsADay>(arena, bank, asked, key, &visits, sink);
        }
    }
}

/// Goes through the conditions of (person, day).
pub fn why(why: &mut Why<'_, '_>, rules: &Rules, key: &[TextRef]) -> Option<()> {
    let &[person, on] = key else { return None };
    let day = why.day(on)?;
    let mut visits = why.scene.visits_of(person);
    visits.retain(|visit| day_of(visit.visit.begin) == day && visit.class == Class::Outpatient);
    let asked = why.asked(rules)?;
    group_cap::why::<VisitsADay>(why, asked, (person, day), &visits)
}
