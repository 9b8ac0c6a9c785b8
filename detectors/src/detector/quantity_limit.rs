//! More of an item than is paid per day or per visit.

use std::collections::BTreeMap;

use records::arena::{Arena, Ref};
use records::row::{self, Day, FeeLine, day_of};
use rulebank::DetectorSpec;

use crate::coverage::Count;
use crate::detector::pair_conflict::sorted;
use crate::finding::{Claim, Finding, Money, Out, Part, RuleIx, Value, common_institution};
use crate::judge::Sink;
use crate::knowledge::{ByRef, Compiler, Knowledge, Validity, exact, exact_quantity, fen_of, sort_rows};
use crate::views::Diff;

/// What a rule may tell it.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "quantity_limit",
    table: Some("quantity_limit"),
    params: &[],
    values: &["item", "quantity", "limit", "unit", "day"],
};

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    rule: RuleIx,
    per_day: bool,
    /// In units of 10^-10.
    max: i128,
    validity: Validity,
    own: bool,
}

impl Limit {
    /// Days on which the row holds.
    pub fn validity(&self) -> Validity {
        self.validity
    }
}

/// Rows by item, the strictest of a rule and unit first.
pub type Rules = ByRef<Vec<Limit>>;

/// Compiles its rows.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    let mut items: Rules = ByRef::default();
    for (rule, row) in compiler.rows_of(SPEC.name, "quantity_limit") {
        let item = (compiler.intern)(row.text("item"));
        items.entry(item).or_default().push(Limit {
            rule,
            per_day: row.text("unit") == "day",
            max: exact(row.decimal("max").unwrap_or_default()),
            validity: Validity::of(&row),
            own: row.reading_own,
        });
    }
    sort_rows(&mut items, |limit| (limit.rule, limit.per_day, limit.max, limit.own));
    items
}

/// Judges the net lines of a visit that are of items in the table.
pub fn judge(arena: &Arena, bank: &Knowledge, lines: &[(Ref, Diff)], visit: Option<Ref>, sink: &mut Sink) {
    if lines.is_empty() {
        return;
    }
    let mut of_item: BTreeMap<Ref, Vec<(Ref, FeeLine)>> = BTreeMap::new();
    for (place, _) in lines {
        let line = row::fee_line(arena, *place);
        of_item.entry(line.item).or_default().push((*place, line));
    }
    for (item, lines) in &of_item {
        let Some(limits) = bank.detectors.quantity_limit.get(item) else { continue };
        for of_rule in limits.chunk_by(|a, b| (a.rule, a.per_day) == (b.rule, b.per_day)) {
            // Each line counts if a row holds on its own day; the limit is the strictest row met.
            let met = |line: &FeeLine| of_rule.iter().find(|limit| limit.validity.holds(day_of(line.time)));
            let mut subjects: BTreeMap<Option<Day>, Vec<(Ref, FeeLine)>> = BTreeMap::new();
            for (row, line) in lines.iter().filter(|(_, line)| met(line).is_some()) {
                let day = of_rule[0].per_day.then(|| day_of(line.time));
                subjects.entry(day).or_default().push((*row, *line));
            }
            for (day, lines) in subjects {
                sink.count(Count::Subject(of_rule[0].rule));
                let strictest = lines.iter().filter_map(|(_, line)| met(line)).min_by_key(|l| (l.max, l.own));
                if let Some(limit) = strictest {
                    judge_subject(arena, bank, limit, day, &sorted(arena, &lines), visit, sink);
                }
            }
        }
    }
}

fn judge_subject(
    arena: &Arena,
    bank: &Knowledge,
    limit: &Limit,
    day: Option<Day>,
    lines: &[(Ref, FeeLine)],
    visit: Option<Ref>,
    sink: &mut Sink,
) {
    let quantity = lines.iter().fold(0i64, |sum, (_, line)| sum.saturating_add(line.cnt));
    let excess = exact_quantity(quantity) - limit.max;
    if excess <= 0 {
        return;
    }
    let price = lines.iter().map(|(_, line)| line.price).max().unwrap_or(0);
    let evidence: Vec<Ref> = lines.iter().map(|(row, _)| *row).collect();
    let institution = match visit {
        Some(visit) => row::visit(arena, visit).institution,
        None => common_institution(arena, &evidence),
    };
    let line = &lines[0].1;
    let mut key = vec![Part::Text(line.visit), Part::Text(line.item)];
    key.extend(day.map(Part::Day));
    let limit_shown = i64::try_from(limit.max / 1_000_000).unwrap_or(i64::MAX);
    sink.say(Out::Finding(Box::new(Finding {
        rule: limit.rule,
        verdict: bank.verdict(limit.rule, limit.own),
        key,
        institution,
        evidence,
        occurred: lines.iter().map(|(_, line)| line.time).max().unwrap_or(i64::MIN),
        claim: Claim::Laid(
            fen_of(excess, price),
            lines.iter().map(|(row, line)| Money { row: *row, own: line.amount.max(0) }).collect(),
        ),
        values: vec![
            Value::Text(line.item),
            Value::Quantity(quantity),
            Value::Quantity(limit_shown),
            Value::Word(if limit.per_day { 2 } else { 3 }),
            Value::Day(day.unwrap_or_else(|| day_of(line.time))),
        ],
    })));
}
