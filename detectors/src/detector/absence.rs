//! A stay longer than `hours` with no passed identity check at its institution within a day of its begin.
//!
//! Reads stays by person beside the passed checks of the person (`PassOfPerson`), and the institutions that have any
//! check (`Checking`). One look per stay, and one per stay of a person whose passed checks changed. Only stays without
//! such a check go on to the institution; they are looked at again when its first check comes or its last one goes.
//! Checks of staff who sign in for work are no patients' and do not count, neither for the stay nor for its institution.
//! A stay without an end is stated once *now* is more than `hours` after its begin.
//! Where the institution has no check at all, such a stay is not judged (`Missing::Presence`).

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::codes::PresenceScene;
use records::row::{self, Moment};
use rulebank::{AmountKind, Comparison, DetectorSpec, ParamKind, ParamSpec, Subject};

use crate::compile::{Compiler, integer};
use crate::coverage::{InstitutionMonth, Missing, Population};
use crate::finding::{AmountBasis, Finding, KeyPart, RuleIx, Value};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::{Out, Route};
use crate::views::Diff;
use crate::why::steps::{Why, hours, moment, or_dash};

const LONGER_THAN_HOURS: Comparison = Comparison::new(0, "the stay is longer than `hours`");
const NOT_BEFORE_WINDOW: Comparison = Comparison::new(1, "the pass is not before the window");
const NOT_AFTER_WINDOW: Comparison = Comparison::new(2, "the pass is not after the window");
const AT_THE_INSTITUTION: Comparison = Comparison::new(3, "the pass is at the stay's institution");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "absence",
    params: &[ParamSpec {
        name: "hours",
        doc: "Stays of at most this many hours are left alone.",
        kind: ParamKind::Integer { min: 1, max: 8760 },
        default: "24",
    }],
    values: &["begntime", "institution"],
    comparisons: &[LONGER_THAN_HOURS, NOT_BEFORE_WINDOW, NOT_AFTER_WINDOW, AT_THE_INSTITUTION],
    subject: Subject::Always("visit"),
    keys: &[&["mdtrt_id"]],
    amount: Some(AmountKind::FundOfVisits),
    near: &[Kind::Presence, Kind::Visit, Kind::Settlement],
    far: &[Kind::Presence],
    population: Some(Population::Stay),
    ..DetectorSpec::BARE
};

/// Its rules and their length of stay in seconds.
pub type Rules = Vec<(RuleIx, i64)>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    let rules = compiler.rules_of(SPEC.name);
    rules.into_iter().map(|(ix, rule)| (ix, integer(&rule, "hours") * 3600)).collect()
}

/// A pass counts from a day before the begin of the stay to a day after it.
const WINDOW: Moment = 24 * 3600;

/// Judges a stay with the passed checks of its person, but for whether the institution checks anybody.
pub fn judge(
    arena: &Arena,
    bank: &Policy,
    rules: &Rules,
    stay_row: RowRef,
    passes: &[(RowRef, Diff)],
    sink: &mut Sink,
) {
    let stay = row::visit(arena, stay_row);
    let seen = passes.iter().any(|(pass, _)| {
        let pass = row::presence(arena, *pass);
        pass.scene != PresenceScene::SignIn
            && bank.equal(AT_THE_INSTITUTION, pass.institution, stay.institution)
            && bank.reaches(NOT_BEFORE_WINDOW, pass.time, stay.begin - WINDOW)
            && bank.within(NOT_AFTER_WINDOW, pass.time, stay.begin + WINDOW)
    });
    for (rule, length) in rules {
        if seen || stay.end.is_some_and(|end| !bank.over(LONGER_THAN_HOURS, end - stay.begin, *length)) {
            continue;
        }
        let key = u64::from(stay.institution) | u64::from(*rule) << 32;
        let absent = Out::Row(Route::Absent, key, stay_row);
        sink.emit(match stay.end {
            Some(_) => absent,
            None => Out::Due(stay.begin + length + 1, Box::new(absent)),
        });
    }
}

/// Finishes an absence: a finding where the institution checks people at all.
pub fn conclude(arena: &Arena, bank: &Policy, rule: RuleIx, stay_row: RowRef, checks: bool, sink: &mut Sink) {
    let stay = row::visit(arena, stay_row);
    if !checks {
        sink.not_judged(rule, Missing::Presence, InstitutionMonth::at(stay.institution, stay.begin));
        return;
    }
    sink.emit(Out::Finding(Box::new(Finding {
        rule,
        verdict: bank.verdict(rule, false),
        key: vec![KeyPart::Text(stay.id)],
        institution: stay.institution,
        evidence: vec![stay_row],
        occurred: stay.event_time(),
        amount_basis: AmountBasis::Fund(vec![stay.id]),
        values: vec![Value::Moment(stay.begin), Value::Text(stay.institution)],
    })));
}

/// A stay without an identity check around its begin.
pub fn why(why: &mut Why<'_, '_>, _: &Rules, key: &[TextRef]) -> Option<()> {
    let &[stay] = key else { return None };
    const WINDOW: i64 = 24 * 3600;
    let scene = why.scene;
    let (_, stay) = why.stay(stay)?;
    let least = integer(why.rule, "hours");
    let length = stay.end.unwrap_or(scene.now).saturating_sub(stay.begin);
    why.check(
        ["住院时长超过下限", "the stay is longer than the hours left alone"],
        vec![("length", hours(length)), ("hours", least.to_string())],
        length > least * 3600,
    )?;
    let checks = scene.rows(Kind::Presence).iter().map(|row| row::presence(scene.arena, *row));
    // Staff who sign in for work are no patients.
    let counts =
        |check: &row::Presence| check.institution == stay.institution && check.scene != PresenceScene::SignIn;
    let at_institution: Vec<_> = checks.filter(counts).collect();
    let (from, to) = (stay.begin - WINDOW, stay.begin + WINDOW);
    let passed = at_institution
        .iter()
        .find(|check| check.psn_no == stay.psn_no && check.pass && (from..=to).contains(&check.time));
    why.check(
        [
            "入院前后24小时内该人在该机构没有通过的核验",
            "within 24 hours of the begin the person passed no check at the institution",
        ],
        vec![
            ("begntime", moment(stay.begin)),
            (
                "idv_time",
                or_dash(passed.map(|check| format!("{} {}", scene.text(check.id), moment(check.time)))),
            ),
        ],
        passed.is_none(),
    )?;
    let condition = ["该机构有任何人的核验记录", "the institution sends identity checks of anybody"];
    let values = vec![("checks", at_institution.len().to_string())];
    if at_institution.is_empty() {
        return why.missing(condition, values, Missing::Presence);
    }
    why.check(condition, values, true)
}
