//! A stay cut in two: back in the same institution with the same main diagnosis within days.
//!
//! Reads all visits of a person together, once for all detectors that compare them, and again when one of them changes.
//! Persons with fewer than two visits, or without a stay, are cut before. Stays are sorted by institution and begin,
//! and only neighbours are compared; diagnoses are read only where the days between do not rule a pair out.
//!
//! Where the later main diagnosis is one whose treatment is planned in cycles (`planned_stay`), a return is no sign.
//!
//! A pair is not judged where either stay has no main diagnosis (`Diags`), nor where the earlier has no end
//! (`Endtime`), unless the main diagnoses are known and differ.

use std::sync::Arc;

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row::{self, day_of};
use rulebank::looks_back::days_of;
use rulebank::{AmountKind, Comparison, DetectorSpec, ParamKind, ParamSpec, Subject};

use crate::compile::{Compiler, Prefixes, Ruled, integer};
use crate::condition::{Condition, Values, comparisons};
use crate::coverage::{InstitutionMonth, Missing};
use crate::finding::{AmountBasis, Finding, Value};
use crate::policy::Policy;
use crate::shape::element::{Element as _, asked};
use crate::shape::sequence::{self, OfTwo, Sequence, Two};
use crate::sink::Sink;
use crate::visited::{Visited, stays_of};
use crate::why::steps::{Why, moment, or_dash};

const NOT_BEFORE_END: Comparison =
    Comparison::new(0, "the later stay does not begin before the earlier ends");
const WITHIN_DAYS: Comparison = Comparison::new(1, "the days between are at most `days`");
const SAME_DIAGNOSIS: Comparison =
    Comparison::new(2, "the first three characters of the main diagnoses are equal");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "readmission",
    params: &[ParamSpec {
        name: "days",
        doc: "Days between the end of a stay and the begin of the next at the most.",
        kind: ParamKind::Integer { min: 0, max: 365 },
        default: "15",
    }],
    values: &["days", "code"],
    also: &[PLANNED_STAY],
    comparisons: &comparisons::<3, _>(Readmission::CONDITIONS),
    subject: Subject::Always("visit"),
    keys: &[&["mdtrt_id", "mdtrt_id"]],
    amount: Some(AmountKind::FundOfLaterStay),
    near: super::STAYS,
    looks_back: |rule, _| vec![(Kind::Visit, days_of(rule, "days"))],
    ..DetectorSpec::BARE
};

/// Diagnoses whose treatment is planned in cycles: rows of `planned_stay`, by what their codes begin with.
pub type PlannedStays = Prefixes<()>;

/// The most days between two stays, and what returns by plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Soon {
    days: i64,
    planned: Arc<PlannedStays>,
}

/// Its rules and what they set.
pub type Rules = Ruled<Soon>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    let planned = planned_stays(compiler);
    compiler.ruled(SPEC.name, |rule| Soon { days: integer(rule, "days"), planned: Arc::clone(&planned) })
}

/// The rows of `planned_stay`.
pub fn planned_stays(compiler: &Compiler<'_>) -> Arc<PlannedStays> {
    Arc::new(Prefixes::of_table(compiler, PLANNED_STAY, false, |_| ()))
}

/// Whether the main diagnosis of a visit is one whose treatment is planned, on the day of its begin.
pub fn is_planned(arena: &Arena, planned: &PlannedStays, visit: &Visited) -> bool {
    !planned.is_empty()
        && main_diagnosis(arena, visit.row)
            .is_some_and(|code| planned.hold(&arena.text(code), day_of(visit.visit.begin)))
}

/// The table of planned treatments.
pub const PLANNED_STAY: &str = "planned_stay";

/// The main diagnosis of a visit: of those marked, the lowest by (diag_srt_no, absent last; position).
pub fn main_diagnosis(arena: &Arena, visit_row: RowRef) -> Option<TextRef> {
    let diagnoses = row::diagnoses(arena, visit_row);
    let main = diagnoses.iter().filter(|diagnosis| diagnosis.main);
    main.min_by_key(|diagnosis| (diagnosis.rank.is_none(), diagnosis.rank)).map(|diagnosis| diagnosis.code)
}

fn category(code: &str) -> String {
    code.chars().take(3).collect()
}

/// Stays cut in two: two of a person at an institution that follow each other.
#[derive(Debug)]
pub struct Readmission;

impl Two<'_, Readmission> {
    /// Days from the end of the earlier to the begin of the later.
    fn apart(&self) -> Option<i64> {
        self.first.visit.end.map(|end| i64::from(day_of(self.second.visit.begin) - day_of(end)))
    }
    /// Their main diagnoses.
    fn codes(&self) -> [Option<TextRef>; 2] {
        [self.first, self.second].map(|stay| main_diagnosis(self.arena, stay.row))
    }
    fn are_coded(&self) -> bool {
        self.codes().iter().all(Option::is_some)
    }
    fn days(&self) -> Values {
        vec![
            ("endtime", or_dash(self.first.visit.end.map(moment))),
            ("begntime", moment(self.second.visit.begin)),
            ("days", or_dash(self.apart().map(|apart| apart.to_string()))),
            ("limit", self.asked.states.days.to_string()),
        ]
    }
    fn diagnoses(&self) -> Values {
        let text = |code: Option<TextRef>| ("diag_code", or_dash(code.map(|code| self.arena.text(code))));
        self.codes().map(text).to_vec()
    }
}

const SOON: [&str; 2] =
    ["前一次出院到再入院的天数不超过上限", "the days from discharge to readmission are within the limit"];
const ALIKE: [&str; 2] =
    ["两次住院主诊断前三位相同", "the main diagnoses begin with the same three characters"];

impl Sequence for Readmission {
    const SPEC: DetectorSpec = SPEC;
    // What is known and rules a pair out is asked before what is not known.
    const CONDITIONS: &'static [Condition<OfTwo<Readmission>>] = &[
        Condition::<OfTwo<Readmission>>::holds(
            SOON,
            |two| two.days(),
            &[NOT_BEFORE_END, WITHIN_DAYS],
            |bank, two| {
                let apart = two.apart().unwrap_or(0);
                bank.reaches(NOT_BEFORE_END, apart, 0)
                    && bank.within(WITHIN_DAYS, apart, two.asked.states.days)
            },
        )
        .only_if(|two| two.apart().is_some()),
        Condition::<OfTwo<Readmission>>::holds(
            ALIKE,
            |two| two.diagnoses(),
            &[SAME_DIAGNOSIS],
            |bank, two| {
                let [before, after] =
                    two.codes().map(|code| code.map(|code| category(&two.arena.text(code))));
                bank.equal(SAME_DIAGNOSIS, before, after)
            },
        )
        .only_if(|two| two.are_coded()),
        Condition::<OfTwo<Readmission>>::holds(
            [
                "后一次住院的主诊断不属于按周期计划的治疗",
                "the later main diagnosis is none whose treatment is planned in cycles",
            ],
            |two| two.diagnoses(),
            &[],
            |_, two| !is_planned(two.arena, &two.asked.states.planned, two.second),
        ),
        Condition::<OfTwo<Readmission>>::known(SOON, |two| two.days(), Missing::Endtime, |_| false)
            .only_if(|two| two.apart().is_none()),
        Condition::<OfTwo<Readmission>>::known(ALIKE, |two| two.diagnoses(), Missing::Diags, |_| false)
            .only_if(|two| !two.are_coded()),
    ];

    type Element = Visited;
    type States = Soon;

    fn month(two: &Two<'_, Readmission>) -> InstitutionMonth {
        InstitutionMonth::at(two.second.visit.institution, two.second.visit.begin)
    }
    fn finding(bank: &Policy, two: &Two<'_, Readmission>) -> Finding {
        let values =
            vec![Value::Int(two.apart().unwrap_or(0)), Value::Text(two.codes()[1].unwrap_or_default())];
        two.found(bank, two.ids(), AmountBasis::Fund(vec![two.second.visit.id]), values)
    }
}

/// Those at one institution.
fn at_one(a: &Visited, b: &Visited) -> bool {
    a.visit.institution == b.visit.institution
}

/// Judges the stays of one person: those of an institution that follow each other.
pub fn judge(arena: &Arena, bank: &Policy, rules: &Rules, visits: &[Visited], sink: &mut Sink) {
    if rules.is_empty() {
        return;
    }
    let mut stays = stays_of(arena, visits);
    if stays.len() < 2 {
        return;
    }
    // Within an institution they keep the order of (begntime, mdtrt_id).
    stays.sort_by_key(|stay| stay.visit.institution);
    for two in sequence::neighbours(&stays, at_one) {
        sequence::judge::<Readmission>(arena, bank, asked(rules), two, sink);
    }
}

/// Goes through the conditions of (earlier stay, later stay).
pub fn why(why: &mut Why<'_, '_>, rules: &Rules, key: &[TextRef]) -> Option<()> {
    let &[earlier, later] = key else { return None };
    let ((_, a), (_, b)) = (why.stay(earlier)?, why.stay(later)?);
    why.same_person(&a, &b)?;
    let values = why.institutions(&a, &b);
    why.check(["在同一机构", "both are at one institution"], values, a.institution == b.institution)?;
    let (arena, visits) = (why.scene.arena, why.scene.visits_of(a.psn_no));
    let mut stays = stays_of(arena, &visits);
    stays.retain(|stay| stay.visit.institution == a.institution);
    let mut neighbours = sequence::neighbours(&stays, at_one);
    let following = neighbours.find(|(first, second)| (first.id(), second.id()) == (a.id, b.id));
    why.check(
        ["后一次紧接前一次", "no other stay of the person there lies between them"],
        vec![
            ("begntime", moment(a.begin)),
            ("begntime", moment(b.begin)),
            ("stays", stays.len().to_string()),
        ],
        following.is_some(),
    )?;
    sequence::why::<Readmission>(why, asked(rules), following?)
}
