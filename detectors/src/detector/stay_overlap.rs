//! One person lying in two institutions at once.
//!
//! Reads all visits of a person together, once for all detectors that compare them, and again when one of them changes.
//! Persons with fewer than two visits, or without a stay, are cut before. Stays are sorted by begin, and each is
//! compared with later ones only until it has ended.
//!
//! A stay without an end reaches to *now*: its finding is due from the moment at which the overlap exceeds the
//! tolerance, and waits in the temporal filter until then. No reason for not judging is stated.

use records::arena::{Arena, TextRef};
use records::row::Moment;
use rulebank::{AmountKind, Comparison, DetectorSpec, ParamKind, ParamSpec, Subject};

use crate::compile::{Compiler, Ruled, integer};
use crate::condition::{Condition, comparisons};
use crate::coverage::InstitutionMonth;
use crate::finding::{AmountBasis, Finding, Value};
use crate::policy::Policy;
use crate::shape::element::{Element as _, asked};
use crate::shape::sequence::{self, OfTwo, Sequence, Two};
use crate::sink::Sink;
use crate::visited::{Visited, stays_of};
use crate::why::steps::{Why, hours, moment};

const LONGER_THAN_TOLERANCE: Comparison = Comparison::new(1, "the overlap is longer than tolerance_hours");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "stay_overlap",
    params: &[ParamSpec {
        name: "tolerance_hours",
        doc: "Hours of overlap that are left alone: transfers and late discharges.",
        kind: ParamKind::Integer { min: 0, max: 8760 },
        default: "24",
    }],
    values: &["hours", "institution_a", "institution_b"],
    comparisons: &comparisons::<2, _>(StayOverlap::CONDITIONS),
    subject: Subject::Always("visit"),
    keys: &[&["mdtrt_id", "mdtrt_id"]],
    unordered: true,
    amount: Some(AmountKind::FundOfLesserStay),
    near: super::STAYS,
    ..DetectorSpec::BARE
};

/// Its rules and their tolerance in seconds.
pub type Rules = Ruled<i64>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.ruled(SPEC.name, |rule| integer(rule, "tolerance_hours") * 3600)
}

/// Stays at two institutions at a time: two of a person, by key.
#[derive(Debug)]
pub struct StayOverlap;

impl Two<'_, StayOverlap> {
    /// When both have begun.
    fn begin(&self) -> Moment {
        self.first.visit.begin.max(self.second.visit.begin)
    }
    /// When the first of them ends; of one that goes on, how far time has come if that is known.
    fn end(&self) -> Option<Moment> {
        let ends = [self.first, self.second].map(|stay| stay.visit.end.or(self.now));
        ends.into_iter().flatten().min()
    }
    fn is_open(&self) -> bool {
        self.first.visit.end.is_none() || self.second.visit.end.is_none()
    }
}

impl Sequence for StayOverlap {
    const SPEC: DetectorSpec = SPEC;
    const CONDITIONS: &'static [Condition<OfTwo<StayOverlap>>] = &[
        sequence::institutions_differ().makes_subject(),
        Condition::holds(
            ["重叠时长超过容许小时数", "they overlap by more than the hours tolerated"],
            |two| {
                let end = two.end().unwrap_or(two.begin());
                vec![
                    ("begin", moment(two.begin())),
                    ("end", moment(end)),
                    ("hours", hours(end.saturating_sub(two.begin()))),
                    ("tolerance_hours", (two.asked.states / 3600).to_string()),
                ]
            },
            &[LONGER_THAN_TOLERANCE],
            |bank, two| {
                let overlap = two.end().map(|end| end.saturating_sub(two.begin()));
                overlap.is_none_or(|overlap| bank.over(LONGER_THAN_TOLERANCE, overlap, *two.asked.states))
            },
        ),
    ];
    type Element = Visited;
    /// The tolerance in seconds.
    type States = i64;

    fn month(two: &Two<'_, StayOverlap>) -> InstitutionMonth {
        InstitutionMonth::at(two.first.visit.institution, two.begin())
    }
    fn finding(bank: &Policy, two: &Two<'_, StayOverlap>) -> Finding {
        let (first, second) = (two.first.visit, two.second.visit);
        let hours = match two.end() {
            Some(end) if !two.is_open() => Value::Int((end - two.begin()) / 3600),
            _ => Value::MoreThan(*two.asked.states / 3600),
        };
        let values = vec![hours, Value::Text(first.institution), Value::Text(second.institution)];
        let found = two.found(bank, two.ids(), AmountBasis::SmallerFund(first.id, second.id), values);
        Finding { institution: first.institution, ..found }
    }
    /// A stay without an end reaches to *now*.
    fn due(two: &Two<'_, StayOverlap>) -> Option<Moment> {
        two.is_open().then(|| two.begin() + two.asked.states + 1)
    }
}

/// Judges the stays of one person: each with those that begin before it has ended.
pub fn judge(arena: &Arena, bank: &Policy, rules: &Rules, visits: &[Visited], sink: &mut Sink) {
    if rules.is_empty() {
        return;
    }
    let stays = stays_of(arena, visits);
    for (nth, a) in stays.iter().enumerate() {
        for b in &stays[nth + 1..] {
            // Later stays begin later still: nothing further can overlap.
            if a.visit.end.is_some_and(|end| end <= b.visit.begin) {
                break;
            }
            let two = if arena.compare(a.id(), b.id()).is_gt() { (b, a) } else { (a, b) };
            sequence::judge::<StayOverlap>(arena, bank, asked(rules), two, sink);
        }
    }
}

/// Goes through the conditions of an unordered pair of stays.
pub fn why(why: &mut Why<'_, '_>, rules: &Rules, key: &[TextRef]) -> Option<()> {
    let &[a, b] = key else { return None };
    let (a, b) = (why.stayed(a)?, why.stayed(b)?);
    why.check(["是两次不同的住院", "they are two stays"], Vec::new(), a.id() != b.id())?;
    why.same_person(&a.visit, &b.visit)?;
    sequence::why::<StayOverlap>(why, asked(rules), (&a, &b))
}
