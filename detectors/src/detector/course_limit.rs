//! An item given on more days of a visit than are paid for.
//!
//! Reads net fee lines of items in tables by visit, beside the visit (`Visit`), which names the institution: one pass
//! over these lines whenever one of them, or the visit, changes, shared with `pair_conflict`, `quantity_limit` and
//! `hour_item`. Lines for which no row of these tables is valid on the day never come here. A line counts where a
//! row of `course_limit` holds on its own day. There is no reason for which an item is not judged.

use std::collections::BTreeMap;

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row::{Day, FeeLine, day_of};
use rulebank::{AmountKind, Comparison, DetectorSpec, Subject};

use super::pair_conflict::sorted;
use crate::compile::{Compiler, Items};
use crate::coverage::Count;
use crate::finding::{AmountBasis, Finding, KeyPart, Value, institution_of_lines, money_of_lines};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::Out;

const MORE_DAYS: Comparison = Comparison::new(0, "there are more days than max_days");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "course_limit",
    table: Some("course_limit"),
    values: &["item", "days", "limit"],
    comparisons: &[MORE_DAYS],
    subject: Subject::Always("visit"),
    keys: &[&["mdtrt_id", "med_list_codg"]],
    amount: Some(AmountKind::ChargesBeyondDays),
    near: &[Kind::FeeLine, Kind::Visit],
    ..DetectorSpec::BARE
};

/// What a row of the table states.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Course {
    /// The most days.
    pub max_days: i64,
}

/// Rows by item, the strictest of a rule first.
pub type Rules = Items<Course>;

/// Compiles its rows.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.by_item(
        &SPEC,
        |_, row| Course { max_days: row.integer("max_days").unwrap_or(0) },
        |limit| (limit.rule, limit.what.max_days, limit.own),
    )
}

/// Judges the net lines of a visit, item by item.
pub fn judge(
    arena: &Arena,
    bank: &Policy,
    rules: &Rules,
    lines: &BTreeMap<TextRef, Vec<(RowRef, FeeLine)>>,
    visit: Option<RowRef>,
    sink: &mut Sink,
) {
    for (item, lines) in lines {
        let Some(limits) = rules.get(item) else { continue };
        for of_rule in limits.chunk_by(|a, b| a.rule == b.rule) {
            // Each line counts if a row holds on its own day; the limit is the strictest row met.
            let met = |line: &FeeLine| of_rule.iter().find(|limit| limit.validity.holds(day_of(line.time)));
            let counting: Vec<(RowRef, FeeLine)> =
                lines.iter().filter(|(_, line)| met(line).is_some()).copied().collect();
            let strictest = counting.iter().filter_map(|(_, line)| met(line));
            let Some(limit) = strictest.min_by_key(|limit| (limit.what.max_days, limit.own)) else {
                continue;
            };
            sink.count(Count::Subject(limit.rule));
            let mut days: Vec<Day> = counting.iter().map(|(_, line)| day_of(line.time)).collect();
            days.sort_unstable();
            days.dedup();
            let count = i64::try_from(days.len()).unwrap_or(i64::MAX);
            if !bank.over(MORE_DAYS, count, limit.what.max_days) {
                continue;
            }
            let kept = usize::try_from(limit.what.max_days).unwrap_or(0);
            let beyond = days.get(kept).copied().unwrap_or(Day::MAX);
            let counting = sorted(arena, &counting);
            let paid_beyond: Vec<(RowRef, FeeLine)> =
                counting.iter().filter(|(_, line)| day_of(line.time) >= beyond).copied().collect();
            let (amount, money) = money_of_lines(&paid_beyond);
            let evidence: Vec<RowRef> = counting.iter().map(|(row, _)| *row).collect();
            sink.emit(Out::Finding(Box::new(Finding {
                rule: limit.rule,
                verdict: bank.verdict(limit.rule, limit.own),
                key: vec![KeyPart::Text(counting[0].1.visit), KeyPart::Text(*item)],
                institution: institution_of_lines(arena, visit, &evidence),
                evidence,
                occurred: counting.iter().map(|(_, line)| line.time).max().unwrap_or(i64::MIN),
                amount_basis: AmountBasis::Laid(amount, money),
                values: vec![Value::Text(*item), Value::Int(count), Value::Int(limit.what.max_days)],
            })));
        }
    }
}
