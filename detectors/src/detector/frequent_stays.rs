//! A person admitted at least `stays` times within `days` days.
//!
//! Reads all visits of a person together: one pass over them whenever one changes, shared with `visits_a_day`,
//! `stay_overlap`, `visit_during_stay` and `readmission`; each stay is compared with every stay of the person.
//! Persons with a single visit or without a stay, and those with fewer stays than the smallest `stays` of a rule, are
//! passed over before, and so is a stay whose main diagnosis is one whose treatment is planned in cycles
//! (`planned_stay`). There is no reason for which a stay is not judged.

use std::sync::Arc;

use records::Kind;
use records::arena::{Arena, TextRef};
use records::row::Moment;
use records::time::DAY_SECONDS;
use rulebank::looks_back::days_of;
use rulebank::{AmountKind, Comparison, DetectorSpec, ParamKind, ParamSpec, Subject};

use super::readmission::{PLANNED_STAY, PlannedStays, is_planned, main_diagnosis, planned_stays};
use crate::compile::{Compiler, Ruled, integer};
use crate::condition::{Condition, comparisons};
use crate::coverage::{InstitutionMonth, Population};
use crate::finding::{AmountBasis, Finding, KeyPart, Value};
use crate::policy::Policy;
use crate::shape::element::asked;
use crate::shape::group_cap::{self, Group, GroupCap, OfGroup};
use crate::sink::Sink;
use crate::visited::{Visited, stays_of};
use crate::why::steps::{Why, moment, or_dash};

const IN_WINDOW: Comparison = Comparison::new(0, "a stay begins after the window opens");
const ENOUGH_STAYS: Comparison = Comparison::new(1, "there are at least `stays`");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "frequent_stays",
    params: &[
        ParamSpec {
            name: "days",
            doc: "Length of the window that ends with the begin of a stay, in days of 24 hours.",
            kind: ParamKind::Integer { min: 1, max: 3650 },
            default: "90",
        },
        ParamSpec {
            name: "stays",
            doc: "Stays that begin in the window, this one counted, from which it is told.",
            kind: ParamKind::Integer { min: 2, max: 1000 },
            default: "4",
        },
    ],
    values: &["stays", "days"],
    also: &[PLANNED_STAY],
    comparisons: &comparisons::<2, _>(FrequentStays::CONDITIONS),
    subject: Subject::Always("visit"),
    keys: &[&["mdtrt_id"]],
    amount: Some(AmountKind::FundOfVisits),
    near: super::STAYS,
    population: Some(Population::Stay),
    looks_back: |rule, _| vec![(Kind::Visit, days_of(rule, "days"))],
    ..DetectorSpec::BARE
};

/// How many stays, within how many days, and what returns by plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Often {
    days: i64,
    stays: i64,
    planned: Arc<PlannedStays>,
}

/// Its rules and what they set.
pub type Rules = Ruled<Often>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    let planned = planned_stays(compiler);
    compiler.ruled(SPEC.name, |rule| Often {
        days: integer(rule, "days"),
        stays: integer(rule, "stays"),
        planned: Arc::clone(&planned),
    })
}

/// Stays in a row of too many: those that began in the window that ends with the begin of one of them.
#[derive(Debug)]
pub struct FrequentStays;

impl GroupCap for FrequentStays {
    const SPEC: DetectorSpec = SPEC;
    const CONDITIONS: &'static [Condition<OfGroup<FrequentStays>>] = &[
        Condition::holds(
            [
                "此前窗口内（含本次）住院次数达到下限",
                "enough stays of the person begin in the window up to this one",
            ],
            |window| {
                vec![
                    ("begin", moment(opens(window.key, window.asked.states))),
                    ("end", moment(window.key.visit.begin)),
                    ("stays", window.count().to_string()),
                    ("mdtrt_id", window.ids()),
                    ("limit", window.asked.states.stays.to_string()),
                ]
            },
            &[IN_WINDOW, ENOUGH_STAYS],
            |bank, window| bank.reaches(ENOUGH_STAYS, window.count(), window.asked.states.stays),
        ),
        Condition::holds(
            [
                "本次住院的主诊断不属于按周期计划的治疗",
                "the main diagnosis of this stay is none whose treatment is planned in cycles",
            ],
            |window| {
                let code = main_diagnosis(window.arena, window.key.row);
                vec![("diag_code", or_dash(code.map(|code| window.arena.text(code))))]
            },
            &[],
            |_, window| !is_planned(window.arena, &window.asked.states.planned, window.key),
        ),
    ];
    /// The stay with whose begin the window ends.
    type Key<'a> = &'a Visited;
    type Element = Visited;
    type States = Often;

    fn month(window: &Group<'_, FrequentStays>) -> InstitutionMonth {
        InstitutionMonth::at(window.key.visit.institution, window.key.visit.begin)
    }
    fn finding(bank: &Policy, window: &Group<'_, FrequentStays>) -> Finding {
        let stay = window.key.visit;
        let values = vec![Value::Int(window.count()), Value::Int(window.asked.states.days)];
        let found =
            window.found(bank, vec![KeyPart::Text(stay.id)], AmountBasis::Fund(vec![stay.id]), values);
        Finding { institution: stay.institution, ..found }
    }
}

/// When the window of a stay opens.
fn opens(stay: &Visited, often: &Often) -> Moment {
    stay.visit.begin - often.days * DAY_SECONDS
}

/// The stays in the window of one of them.
fn in_window(bank: &Policy, all: &[Visited], stay: &Visited, often: &Often) -> Vec<Visited> {
    let (opens, closes) = (opens(stay, often), stay.visit.begin);
    let within = |begin: Moment| bank.over(IN_WINDOW, begin, opens) && begin <= closes;
    all.iter().copied().filter(|other| within(other.visit.begin)).collect()
}

/// Judges the stays of one person, each with those that began in the window before it.
pub fn judge(arena: &Arena, bank: &Policy, rules: &Rules, visits: &[Visited], sink: &mut Sink) {
    let least = rules.iter().map(|(_, often)| often.stays).min().unwrap_or(i64::MAX);
    let all = stays_of(arena, visits);
    // Mutated, `at least` means `more than`: fewer are never enough.
    if i64::try_from(all.len()).unwrap_or(i64::MAX) < least {
        return;
    }
    for stay in &all {
        for asked in asked(rules) {
            let stays = in_window(bank, &all, stay, asked.states);
            group_cap::judge::<FrequentStays>(arena, bank, asked, stay, &stays, sink);
        }
    }
}

/// Goes through the conditions of a stay.
pub fn why(why: &mut Why<'_, '_>, rules: &Rules, key: &[TextRef]) -> Option<()> {
    let &[stay] = key else { return None };
    let (_, stay) = why.stay(stay)?;
    let scene = why.scene;
    let visits = scene.visits_of(stay.psn_no);
    let all = stays_of(scene.arena, &visits);
    let stay = all.iter().find(|other| other.visit.id == stay.id)?;
    let asked = why.asked(rules)?;
    let stays = in_window(scene.policy, &all, stay, asked.states);
    group_cap::why::<FrequentStays>(why, asked, stay, &stays)
}
