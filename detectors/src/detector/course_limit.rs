//! An item given on more days of a visit than are paid for.

use std::collections::BTreeMap;

use records::Kind;
use records::arena::{Arena, Ref};
use records::row::{Day, FeeLine, day_of};
use rulebank::DetectorSpec;

use super::About;
use super::pair_conflict::sorted;
use crate::coverage::Count;
use crate::finding::{Claim, Finding, Out, Part, RuleIx, Value, institution_of_lines, money_of_lines};
use crate::judge::Sink;
use crate::knowledge::{ByRef, Compiler, Knowledge, Validity, sort_rows};

/// What a rule may tell it.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "course_limit",
    table: Some("course_limit"),
    params: &[],
    values: &["item", "days", "limit"],
    comparisons: &["there are more days than max_days"],
};

/// What its alerts are about.
pub const ABOUT: About = About::of("visit").near(&[Kind::FeeLine, Kind::Visit]);

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    rule: RuleIx,
    max_days: i64,
    validity: Validity,
    own: bool,
}

impl Limit {
    /// Days on which the row holds.
    pub fn validity(&self) -> Validity {
        self.validity
    }
}

/// Rows by item, the strictest of a rule first.
pub type Rules = ByRef<Vec<Limit>>;

/// Compiles its rows.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    let mut items: Rules = ByRef::default();
    for (rule, row) in compiler.rows_of(SPEC.name, "course_limit") {
        let item = (compiler.intern)(row.text("item"));
        items.entry(item).or_default().push(Limit {
            rule,
            max_days: row.integer("max_days").unwrap_or(0),
            validity: Validity::of(&row),
            own: row.reading_own,
        });
    }
    sort_rows(&mut items, |limit| (limit.rule, limit.max_days, limit.own));
    items
}

/// Judges the net lines of a visit, item by item.
pub fn judge(
    arena: &Arena,
    bank: &Knowledge,
    lines: &BTreeMap<Ref, Vec<(Ref, FeeLine)>>,
    visit: Option<Ref>,
    sink: &mut Sink,
) {
    for (item, lines) in lines {
        let Some(limits) = bank.detectors.course_limit.get(item) else { continue };
        for of_rule in limits.chunk_by(|a, b| a.rule == b.rule) {
            // Each line counts if a row holds on its own day; the limit is the strictest row met.
            let met = |line: &FeeLine| of_rule.iter().find(|limit| limit.validity.holds(day_of(line.time)));
            let counting: Vec<(Ref, FeeLine)> =
                lines.iter().filter(|(_, line)| met(line).is_some()).copied().collect();
            let strictest = counting.iter().filter_map(|(_, line)| met(line));
            let Some(limit) = strictest.min_by_key(|limit| (limit.max_days, limit.own)) else { continue };
            sink.count(Count::Subject(limit.rule));
            let mut days: Vec<Day> = counting.iter().map(|(_, line)| day_of(line.time)).collect();
            days.sort_unstable();
            days.dedup();
            let count = i64::try_from(days.len()).unwrap_or(i64::MAX);
            if !bank.over(0, count, limit.max_days) {
                continue;
            }
            let kept = usize::try_from(limit.max_days).unwrap_or(0);
            let beyond = days.get(kept).copied().unwrap_or(Day::MAX);
            let counting = sorted(arena, &counting);
            let paid_beyond: Vec<(Ref, FeeLine)> =
                counting.iter().filter(|(_, line)| day_of(line.time) >= beyond).copied().collect();
            let (amount, money) = money_of_lines(&paid_beyond);
            let evidence: Vec<Ref> = counting.iter().map(|(row, _)| *row).collect();
            sink.say(Out::Finding(Box::new(Finding {
                rule: limit.rule,
                verdict: bank.verdict(limit.rule, limit.own),
                key: vec![Part::Text(counting[0].1.visit), Part::Text(*item)],
                institution: institution_of_lines(arena, visit, &evidence),
                evidence,
                occurred: counting.iter().map(|(_, line)| line.time).max().unwrap_or(i64::MIN),
                claim: Claim::Laid(amount, money),
                values: vec![Value::Text(*item), Value::Int(count), Value::Int(limit.max_days)],
            })));
        }
    }
}
