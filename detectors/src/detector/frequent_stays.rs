//! A person admitted at least `stays` times within `days` days.
//!
//! Reads all visits of a person together: one pass over them whenever one changes, shared with `visits_a_day`,
//! `stay_overlap`, `visit_during_stay` and `readmission`; each stay is compared with every stay of the person.
//! Persons with a single visit or without a stay, and those with fewer stays than the smallest `stays` of a rule, are
//! passed over before. There is no reason for which a stay is not judged.

use records::arena::{Arena, TextRef};
use records::row::Moment;
use records::time::DAY_SECONDS;
use rulebank::{AmountKind, Comparison, DetectorSpec, ParamKind, ParamSpec, Subject};

use crate::compile::{Compiler, Ruled, integer};
use crate::condition::{self, Condition, Judged, comparisons};
use crate::coverage::{InstitutionMonth, Population};
use crate::finding::{AmountBasis, Finding, KeyPart, RuleIx, Value};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::visited::{Visited, stays_of};
use crate::why::steps::{Why, moment};

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
    comparisons: &comparisons::<2, _>(FrequentStays::CONDITIONS),
    subject: Subject::Always("visit"),
    keys: &[&["mdtrt_id"]],
    amount: Some(AmountKind::FundOfVisits),
    near: super::STAYS,
    population: Some(Population::Stay),
    ..DetectorSpec::BARE
};

/// How many stays, and within how many days.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Often {
    days: i64,
    stays: i64,
}

/// Its rules and what they set.
pub type Rules = Ruled<Often>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.ruled(SPEC.name, |rule| Often { days: integer(rule, "days"), stays: integer(rule, "stays") })
}

/// A stay with those that began in the window that ends with its begin.
#[derive(Clone, Copy, Debug)]
pub struct Window<'a> {
    arena: &'a Arena,
    rule: RuleIx,
    often: Often,
    stay: &'a Visited,
    stays: &'a [&'a Visited],
}

impl<'a> Window<'a> {
    fn count(&self) -> i64 {
        i64::try_from(self.stays.len()).unwrap_or(i64::MAX)
    }
    /// When the window of a stay opens.
    fn opens(stay: &Visited, often: Often) -> Moment {
        stay.visit.begin - often.days * DAY_SECONDS
    }
    /// The stays in the window of one of them.
    fn stays(bank: &Policy, all: &[&'a Visited], stay: &Visited, often: Often) -> Vec<&'a Visited> {
        let (opens, closes) = (Window::opens(stay, often), stay.visit.begin);
        let within = |begin: Moment| bank.over(IN_WINDOW, begin, opens) && begin <= closes;
        all.iter().copied().filter(|other| within(other.visit.begin)).collect()
    }
}

/// Stays in a row of too many.
#[derive(Debug)]
pub struct FrequentStays;

impl Judged for FrequentStays {
    type Candidate<'a> = Window<'a>;
    const CONDITIONS: &'static [Condition<FrequentStays>] = &[Condition::holds(
        [
            "此前窗口内（含本次）住院次数达到下限",
            "enough stays of the person begin in the window up to this one",
        ],
        |window| {
            let ids: Vec<String> = window.stays.iter().map(|stay| window.arena.text(stay.visit.id)).collect();
            vec![
                ("begin", moment(Window::opens(window.stay, window.often))),
                ("end", moment(window.stay.visit.begin)),
                ("stays", window.stays.len().to_string()),
                ("mdtrt_id", ids.join("; ")),
                ("limit", window.often.stays.to_string()),
            ]
        },
        &[IN_WINDOW, ENOUGH_STAYS],
        |bank, window| bank.reaches(ENOUGH_STAYS, window.count(), window.often.stays),
    )];

    fn rule(window: &Window<'_>) -> RuleIx {
        window.rule
    }
    fn month(window: &Window<'_>) -> InstitutionMonth {
        InstitutionMonth::at(window.stay.visit.institution, window.stay.visit.begin)
    }
    fn finding(bank: &Policy, window: &Window<'_>) -> Finding {
        let (stay, stays) = (window.stay, window.stays);
        Finding {
            rule: window.rule,
            verdict: bank.verdict(window.rule, false),
            key: vec![KeyPart::Text(stay.visit.id)],
            institution: stay.visit.institution,
            evidence: stays.iter().map(|other| other.row).collect(),
            occurred: stays.iter().map(|other| other.visit.event_time()).max().unwrap_or(Moment::MIN),
            amount_basis: AmountBasis::Fund(vec![stay.visit.id]),
            values: vec![Value::Int(window.count()), Value::Int(window.often.days)],
        }
    }
}

/// Judges the stays of one person, each with those that began in the window before it.
pub fn judge(arena: &Arena, bank: &Policy, rules: &Rules, visits: &[Visited], sink: &mut Sink) {
    let least = rules.iter().map(|(_, often)| often.stays).min().unwrap_or(i64::MAX);
    let all = stays_of(arena, visits);
    // Mutated, `at least` means `more than`: fewer are never enough.
    if i64::try_from(all.len()).unwrap_or(i64::MAX) < least {
        return;
    }
    for stay in all.iter().copied() {
        for (rule, often) in rules {
            let stays = Window::stays(bank, &all, stay, *often);
            let candidate = Window { arena, rule: *rule, often: *often, stay, stays: &stays };
            condition::judge::<FrequentStays>(bank, &candidate, sink);
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
    let stay = all.iter().copied().find(|other| other.visit.id == stay.id)?;
    let (rule, often) = *rules.iter().find(|(rule, _)| *rule == why.number)?;
    let stays = Window::stays(scene.policy, &all, stay, often);
    why.conditions::<FrequentStays>(&Window { arena: scene.arena, rule, often, stay, stays: &stays })
}
