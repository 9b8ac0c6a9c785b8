//! A visit that another register's fact excludes: after death, in custody, while abroad.
//!
//! Reads visits beside `PersonFact`, under the person's key: one look per visit, and one per visit of a person whose
//! facts changed. Most persons have no such fact, and their visits are left at once.
//!
//! With death any visit counts that begins more than `grace_days` after it; with other facts one that begins on a day
//! strictly between begin and end, or after the begin where there is no end. A person without facts is no subject: no
//! reason for not judging is stated.

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::codes::FactType;
use records::row::{self, Day, day_of};
use rulebank::{AmountKind, Comparison, DetectorSpec, ParamKind, ParamSpec, Subject};

use crate::compile::{Compiler, choice, integer};
use crate::coverage::Count;
use crate::finding::{AmountBasis, Finding, KeyPart, RuleIx, Value};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::Out;
use crate::views::Diff;
use crate::why::steps::{Why, day};

const AFTER_GRACE_DAYS: Comparison =
    Comparison::new(0, "the visit's day is more than grace_days after the begin");
const AFTER_BEGIN: Comparison = Comparison::new(1, "the fact begins on a day before the visit's");
const BEFORE_END: Comparison = Comparison::new(2, "the visit's day is before the fact's end");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "person_fact",
    params: &[
        ParamSpec {
            name: "fact",
            doc: "The fact: with death any later visit counts, with the others one strictly between begin and end.",
            kind: ParamKind::Choice(FactType::CODES),
            default: "death",
        },
        ParamSpec {
            name: "grace_days",
            doc: "Days after the fact's begin that are left alone (death only).",
            kind: ParamKind::Integer { min: 0, max: 3650 },
            default: "1",
        },
    ],
    values: &["begin", "visit_day"],
    comparisons: &[AFTER_GRACE_DAYS, AFTER_BEGIN, BEFORE_END],
    subject: Subject::Always("visit"),
    keys: &[&["mdtrt_id", "fact_id"]],
    amount: Some(AmountKind::FundOfVisits),
    near: &[Kind::PersonFact, Kind::Visit, Kind::Settlement],
    ..DetectorSpec::BARE
};

/// A fact that excludes visits.
#[derive(Debug, PartialEq)]
pub struct FactRule {
    rule: RuleIx,
    fact: FactType,
    grace_days: i64,
}
/// All of them.
pub type Rules = Vec<FactRule>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler
        .rules_of(SPEC.name)
        .into_iter()
        .map(|(rule, text)| FactRule {
            rule,
            fact: FactType::from_code(choice(&text, "fact")).unwrap_or(FactType::Death),
            grace_days: integer(&text, "grace_days"),
        })
        .collect()
}

fn excludes(bank: &Policy, rule: &FactRule, begin: Day, end: Option<Day>, visit_day: Day) -> bool {
    if rule.fact == FactType::Death {
        bank.over(AFTER_GRACE_DAYS, i64::from(visit_day), i64::from(begin) + rule.grace_days)
    } else {
        bank.below(AFTER_BEGIN, begin, visit_day)
            && end.is_none_or(|end| bank.below(BEFORE_END, visit_day, end))
    }
}

/// Judges a visit with the facts of its person.
pub fn judge(
    arena: &Arena,
    bank: &Policy,
    rules: &Rules,
    visit_row: RowRef,
    facts: &[(RowRef, Diff)],
    sink: &mut Sink,
) {
    if facts.is_empty() {
        return;
    }
    let visit = row::visit(arena, visit_row);
    let visit_day = day_of(visit.begin);
    for (fact_row, _) in facts {
        let fact = row::person_fact(arena, *fact_row);
        for rule in rules.iter().filter(|rule| rule.fact == fact.fact) {
            sink.count(Count::Subject(rule.rule));
            if excludes(bank, rule, fact.begin, fact.end, visit_day) {
                sink.emit(Out::Finding(Box::new(Finding {
                    rule: rule.rule,
                    verdict: bank.verdict(rule.rule, false),
                    key: vec![KeyPart::Text(visit.id), KeyPart::Text(fact.id)],
                    institution: visit.institution,
                    evidence: vec![visit_row, *fact_row],
                    occurred: visit.event_time(),
                    amount_basis: AmountBasis::Fund(vec![visit.id]),
                    values: vec![Value::Day(fact.begin), Value::Day(visit_day)],
                })));
            }
        }
    }
}

/// (visit, fact): after a death and the days of grace, or strictly between the begin and end of another fact.
pub fn why(why: &mut Why<'_, '_>, _: &Rules, key: &[TextRef]) -> Option<()> {
    let &[visit, fact] = key else { return None };
    let arena = why.scene.arena;
    let (_, visit) = why.visit(visit)?;
    let fact_row = why.record(Kind::PersonFact, (fact, TextRef::NONE))?;
    let fact = row::person_fact(arena, fact_row);
    let wanted = choice(why.rule, "fact").to_owned();
    let is = records::render::fields(arena, fact_row)
        .into_iter()
        .find(|(name, _)| *name == "fact")
        .map(|(_, value)| value)
        .unwrap_or_default();
    why.check(
        [&format!("该事实为 {wanted}"), &format!("the fact is {wanted}")],
        vec![("fact", is.clone())],
        is == wanted,
    )?;
    why.check(
        ["事实与就诊属于同一人", "the fact is about the person of the visit"],
        vec![("psn_no", arena.text(visit.psn_no)), ("psn_no", arena.text(fact.psn_no))],
        fact.psn_no == visit.psn_no,
    )?;
    let visit_day = day_of(visit.begin);
    if wanted == "death" {
        let grace = integer(why.rule, "grace_days");
        return why.check(
            ["就诊开始日晚于死亡日加宽限天数", "the visit begins later than the death and the days of grace"],
            vec![
                ("visit_day", day(visit_day)),
                ("begin", day(fact.begin)),
                ("grace_days", grace.to_string()),
            ],
            i64::from(visit_day) > i64::from(fact.begin) + grace,
        );
    }
    why.check(
        ["就诊开始日晚于事实开始日", "the visit begins on a day after the fact's begin"],
        vec![("visit_day", day(visit_day)), ("begin", day(fact.begin))],
        fact.begin < visit_day,
    )?;
    why.check(
        ["就诊开始日早于事实结束日", "the visit begins on a day before the fact's end"],
        vec![("visit_day", day(visit_day)), ("end", fact.end.map_or_else(|| "-".to_owned(), day))],
        fact.end.is_none_or(|end| visit_day < end),
    )
}
