//! More of an item than is paid per day or per visit.
//!
//! Reads the net lines of a visit whose items are in a table of items by visit, all together, beside the visit: read
//! once for this detector, `pair_conflict`, `course_limit` and `hour_item`, and again when one of these lines or the
//! visit's record changes. Lines of other items never come here. A line counts if a row holds on its own day; the limit
//! is the strictest row that any of the lines met.
//!
//! It needs no record but the lines, so that no reason for not judging is stated; the visit serves to name the
//! institution.

use std::collections::BTreeMap;

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row::{Day, FeeLine, day_of};
use rulebank::{AmountKind, Comparison, DetectorSpec, Subject};

use crate::compile::{Compiler, Items, Listed};
use crate::coverage::Count;
use crate::detector::pair_conflict::sorted;
use crate::exact::{exact, exact_quantity, fen_of};
use crate::finding::{
    AmountBasis, Finding, KeyPart, MessageWord, Value, institution_of_lines, money_of_lines, shown,
};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::Out;

const ABOVE_MAX: Comparison = Comparison::new(0, "the quantity is above max");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "quantity_limit",
    table: Some("quantity_limit"),
    values: &["item", "quantity", "limit", "unit", "day"],
    comparisons: &[ABOVE_MAX],
    subject: Subject::Always("visit"),
    keys: &[&["mdtrt_id", "med_list_codg", "day"], &["mdtrt_id", "med_list_codg"]],
    amount: Some(AmountKind::QuantityBeyondLimit),
    near: &[Kind::FeeLine, Kind::Visit],
    ..DetectorSpec::BARE
};

/// What a row of the table states.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantity {
    /// Whether it is a limit for each day, not for each visit.
    pub per_day: bool,
    /// In units of 10^-10.
    pub max: i128,
}

type Limit = Listed<Quantity>;

/// Rows by item, the strictest of a rule and unit first.
pub type Rules = Items<Quantity>;

/// Compiles its rows.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.by_item(
        &SPEC,
        |_, row| Quantity {
            per_day: row.text("unit") == "day",
            max: exact(row.decimal("max").unwrap_or_default()),
        },
        |limit| (limit.rule, limit.what.per_day, limit.what.max, limit.own),
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
        for of_rule in limits.chunk_by(|a, b| (a.rule, a.what.per_day) == (b.rule, b.what.per_day)) {
            // Each line counts if a row holds on its own day; the limit is the strictest row met.
            let met = |line: &FeeLine| of_rule.iter().find(|limit| limit.validity.holds(day_of(line.time)));
            let mut subjects: BTreeMap<Option<Day>, Vec<(RowRef, FeeLine)>> = BTreeMap::new();
            for (row, line) in lines.iter().filter(|(_, line)| met(line).is_some()) {
                let day = of_rule[0].what.per_day.then(|| day_of(line.time));
                subjects.entry(day).or_default().push((*row, *line));
            }
            for (day, lines) in subjects {
                sink.count(Count::Subject(of_rule[0].rule));
                let strictest =
                    lines.iter().filter_map(|(_, line)| met(line)).min_by_key(|l| (l.what.max, l.own));
                if let Some(limit) = strictest {
                    judge_subject(arena, bank, limit, day, &sorted(arena, &lines), visit, sink);
                }
            }
        }
    }
}

fn judge_subject(
    arena: &Arena,
    bank: &Policy,
    limit: &Limit,
    day: Option<Day>,
    lines: &[(RowRef, FeeLine)],
    visit: Option<RowRef>,
    sink: &mut Sink,
) {
    let quantity = lines.iter().fold(0i64, |sum, (_, line)| sum.saturating_add(line.cnt));
    let excess = exact_quantity(quantity) - limit.what.max;
    if !bank.over(ABOVE_MAX, excess, 0) {
        return;
    }
    let price = lines.iter().map(|(_, line)| line.price).max().unwrap_or(0);
    let evidence: Vec<RowRef> = lines.iter().map(|(row, _)| *row).collect();
    let institution = institution_of_lines(arena, visit, &evidence);
    let line = &lines[0].1;
    let mut key = vec![KeyPart::Text(line.visit), KeyPart::Text(line.item)];
    key.extend(day.map(KeyPart::Day));
    sink.emit(Out::Finding(Box::new(Finding {
        rule: limit.rule,
        verdict: bank.verdict(limit.rule, limit.own),
        key,
        institution,
        evidence,
        occurred: lines.iter().map(|(_, line)| line.time).max().unwrap_or(i64::MIN),
        amount_basis: AmountBasis::Laid(fen_of(excess, price), money_of_lines(lines).1),
        values: vec![
            Value::Text(line.item),
            Value::Quantity(quantity),
            shown(limit.what.max),
            Value::Word(if limit.what.per_day { MessageWord::EachDay } else { MessageWord::EachVisit }),
            Value::Day(day.unwrap_or_else(|| day_of(line.time))),
        ],
    })));
}
