//! An item given again before its cycle is over.
//!
//! Reads net fee lines of items in `cycle_gap` by person and item: one pass over these lines whenever one of them
//! changes, each day with the next day on which the item was given. Lines of other items never come here, and a single
//! line is passed over. There is no reason for which two days are not judged.

use std::collections::BTreeMap;

use records::Kind;
use records::arena::{Arena, RowRef};
use records::row::{self, Day, FeeLine, day_of};
use rulebank::{AmountKind, Comparison, DetectorSpec, Subject};

use crate::compile::{Compiler, Items, Listed};
use crate::coverage::Count;
use crate::detector::pair_conflict::sorted;
use crate::finding::{AmountBasis, Finding, KeyPart, Value, common_institution, money_of_lines};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::Out;
use crate::views::Diff;

const FEWER_DAYS_APART: Comparison = Comparison::new(0, "the days are fewer than min_days apart");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "cycle_gap",
    table: Some("cycle_gap"),
    values: &["item", "earlier", "later", "days", "min_days"],
    comparisons: &[FEWER_DAYS_APART],
    subject: Subject::Always("person"),
    keys: &[&["psn_no", "med_list_codg", "day", "day"]],
    amount: Some(AmountKind::ChargesOfLaterDay),
    near: &[Kind::FeeLine, Kind::Visit],
    ..DetectorSpec::BARE
};

/// What a row of the table states.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cycle {
    /// The fewest days apart.
    pub min_days: i64,
}

type Gap = Listed<Cycle>;

/// Rows by item, the strictest of a rule first.
pub type Rules = Items<Cycle>;

/// Compiles its rows.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.by_item(
        &SPEC,
        |_, row| Cycle { min_days: row.integer("min_days").unwrap_or(0) },
        |gap| (gap.rule, -gap.what.min_days, gap.own),
    )
}

/// Judges the net lines of one item to one person.
pub fn judge(arena: &Arena, bank: &Policy, rules: &Rules, lines: &[(RowRef, Diff)], sink: &mut Sink) {
    if lines.len() < 2 {
        return;
    }
    let mut days: BTreeMap<Day, Vec<(RowRef, FeeLine)>> = BTreeMap::new();
    for (address, _) in lines {
        let line = row::fee_line(arena, *address);
        days.entry(day_of(line.time)).or_default().push((*address, line));
    }
    let days: Vec<_> = days.into_iter().collect();
    for two in days.windows(2) {
        let ((earlier, before), (later, after)) = (&two[0], &two[1]);
        let (item, person) = (after[0].1.item, after[0].1.psn_no);
        let Some(gaps) = rules.get(&item) else { continue };
        let holding: Vec<&Gap> = gaps.iter().filter(|gap| gap.validity.holds(*later)).collect();
        for of_rule in holding.chunk_by(|a, b| a.rule == b.rule) {
            let gap = of_rule[0];
            let apart = i64::from(later - earlier);
            sink.count(Count::Subject(gap.rule));
            if !bank.below(FEWER_DAYS_APART, apart, gap.what.min_days) {
                continue;
            }
            let evidence: Vec<RowRef> = before.iter().chain(after).map(|(row, _)| *row).collect();
            let (amount, money) = money_of_lines(&sorted(arena, after));
            sink.emit(Out::Finding(Box::new(Finding {
                rule: gap.rule,
                verdict: bank.verdict(gap.rule, gap.own),
                key: vec![
                    KeyPart::Text(person),
                    KeyPart::Text(item),
                    KeyPart::Day(*earlier),
                    KeyPart::Day(*later),
                ],
                institution: common_institution(arena, &evidence),
                evidence,
                occurred: after.iter().map(|(_, line)| line.time).max().unwrap_or(i64::MIN),
                amount_basis: AmountBasis::Laid(amount, money),
                values: vec![
                    Value::Text(item),
                    Value::Day(*earlier),
                    Value::Day(*later),
                    Value::Int(apart),
                    Value::Int(gap.what.min_days),
                ],
            })));
        }
    }
}
