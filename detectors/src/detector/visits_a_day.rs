//! More outpatient visits on a day than a person can use.
//!
//! Reads all visits of a person together, once for all detectors that compare them, and again when one of them changes.
//! Persons with fewer than two visits, or with fewer outpatient visits in all than the least limit, are cut before. The
//! outpatient visits of the others are counted by the day on which they begin, at whatever institution.
//!
//! It needs no record but the visits, so that no reason for not judging is stated.

use std::collections::BTreeMap;

use records::arena::{Arena, TextRef};
use records::row::{Day, Moment, day_of};
use rulebank::{AmountKind, Comparison, DetectorSpec, ParamKind, ParamSpec, Subject};

use crate::classes::Class;
use crate::compile::{Compiler, Ruled, integer};
use crate::condition::{self, Condition, Judged, comparisons};
use crate::coverage::{Count, InstitutionMonth};
use crate::finding::{AmountBasis, Finding, KeyPart, RuleIx, Value, common_institution};
use crate::policy::Policy;
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

/// A person's outpatient visits that begin on one day.
#[derive(Clone, Copy, Debug)]
pub struct OfDay<'a> {
    arena: &'a Arena,
    rule: RuleIx,
    most: i64,
    person: TextRef,
    day: Day,
    /// By key.
    visits: &'a [Visited],
}

impl OfDay<'_> {
    fn count(&self) -> i64 {
        i64::try_from(self.visits.len()).unwrap_or(i64::MAX)
    }
}

/// Days with too many visits.
#[derive(Debug)]
pub struct VisitsADay;

impl Judged for VisitsADay {
    type Candidate<'a> = OfDay<'a>;
    const CONDITIONS: &'static [Condition<VisitsADay>] = &[Condition::holds(
        [
            "当日开始的门诊就诊次数超过上限",
            "more outpatient visits of the person begin on the day than allowed",
        ],
        |of_day| {
            let ids: Vec<String> =
                of_day.visits.iter().map(|visit| of_day.arena.text(visit.visit.id)).collect();
            vec![
                ("day", day(of_day.day)),
                ("visits", of_day.visits.len().to_string()),
                ("mdtrt_id", ids.join("; ")),
                ("limit", of_day.most.to_string()),
            ]
        },
        &[MORE_VISITS],
        |bank, of_day| bank.over(MORE_VISITS, of_day.count(), of_day.most),
    )];

    fn rule(of_day: &OfDay<'_>) -> RuleIx {
        of_day.rule
    }
    fn month(of_day: &OfDay<'_>) -> InstitutionMonth {
        InstitutionMonth::on(TextRef::NONE, of_day.day)
    }
    fn finding(bank: &Policy, of_day: &OfDay<'_>) -> Finding {
        let visits = of_day.visits;
        let mut institutions: Vec<_> = visits.iter().map(|visit| visit.visit.institution).collect();
        institutions.sort_unstable();
        institutions.dedup();
        let evidence: Vec<_> = visits.iter().map(|visit| visit.row).collect();
        Finding {
            rule: of_day.rule,
            verdict: bank.verdict(of_day.rule, false),
            key: vec![KeyPart::Text(of_day.person), KeyPart::Day(of_day.day)],
            institution: common_institution(of_day.arena, &evidence),
            occurred: visits.iter().map(|visit| visit.visit.event_time()).max().unwrap_or(Moment::MIN),
            evidence,
            amount_basis: AmountBasis::AllButLargestFund(visits.iter().map(|visit| visit.visit.id).collect()),
            values: vec![
                Value::Day(of_day.day),
                Value::Int(of_day.count()),
                Value::Int(i64::try_from(institutions.len()).unwrap_or(i64::MAX)),
            ],
        }
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
        let (person, visits) = (visits[0].visit.psn_no, visits.as_slice());
        for (rule, most) in rules {
            sink.count(Count::Subject(*rule));
            let candidate = OfDay { arena, rule: *rule, most: *most, person, day, visits };
            condition::judge::<VisitsADay>(bank, &candidate, sink);
        }
    }
}

/// Goes through the conditions of (person, day).
pub fn why(why: &mut Why<'_, '_>, rules: &Rules, key: &[TextRef]) -> Option<()> {
    let &[person, on] = key else { return None };
    let day = why.day(on)?;
    let (arena, mut visits) = (why.scene.arena, why.scene.visits_of(person));
    visits.retain(|visit| day_of(visit.visit.begin) == day && visit.class == Class::Outpatient);
    let (rule, most) = *rules.iter().find(|(rule, _)| *rule == why.number)?;
    why.conditions::<VisitsADay>(&OfDay { arena, rule, most, person, day, visits: &visits })
}
