//! An item given again before its cycle is over.
//!
//! Reads net fee lines of items in `cycle_gap` by person and item: one pass over these lines whenever one of them
//! changes, each day with the next day on which the item was given. Lines of other items never come here, and a single
//! line is passed over. There is no reason for which two days are not judged.

use std::collections::BTreeMap;

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row::{self, Day, FeeLine, Moment, day_of};
use rulebank::{AmountKind, Comparison, DetectorSpec, Subject};

use crate::compile::{Compiler, Items, Listed};
use crate::condition::{self, Condition, Judged, comparisons};
use crate::coverage::{Count, InstitutionMonth};
use crate::finding::{
    AmountBasis, Finding, KeyPart, RuleIx, Value, common_institution, money_of_lines, sorted_lines,
};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::views::Diff;
use crate::why::steps::{Why, day};

const FEWER_DAYS_APART: Comparison = Comparison::new(0, "the days are fewer than min_days apart");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "cycle_gap",
    table: Some("cycle_gap"),
    values: &["item", "earlier", "later", "days", "min_days"],
    comparisons: &comparisons::<1, _>(CycleGap::CONDITIONS),
    subject: Subject::Always("person"),
    keys: &[&["psn_no", "med_list_codg", "day", "day"]],
    amount: Some(AmountKind::ChargesOfLaterDay),
    near: &[Kind::FeeLine, Kind::Visit],
    ..DetectorSpec::BARE
};

/// Rows by item, the strictest of a rule first: the fewest days apart.
pub type Rules = Items<i64>;

/// Compiles its rows.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.by_item(
        &SPEC,
        |_, row| row.integer("min_days").unwrap_or(0),
        |gap| (gap.rule, -gap.what, gap.own),
    )
}

/// The lines of one day.
type OfDay = (Day, Vec<(RowRef, FeeLine)>);

/// Two days on which an item was given to a person, and none between them.
#[derive(Clone, Copy, Debug)]
pub struct Gap<'a> {
    arena: &'a Arena,
    /// The strictest row that holds on the later day.
    row: &'a Listed<i64>,
    earlier: &'a OfDay,
    later: &'a OfDay,
}

impl Gap<'_> {
    /// Days apart.
    fn days(&self) -> i64 {
        i64::from(self.later.0) - i64::from(self.earlier.0)
    }
}

/// Items given too soon again.
#[derive(Debug)]
pub struct CycleGap;

impl Judged for CycleGap {
    type Candidate<'a> = Gap<'a>;
    const CONDITIONS: &'static [Condition<CycleGap>] = &[Condition::holds(
        ["间隔天数少于最短间隔", "the days between are fewer than the item needs"],
        |gap| vec![("days", gap.days().to_string()), ("min_days", gap.row.what.to_string())],
        &[FEWER_DAYS_APART],
        |bank, gap| bank.below(FEWER_DAYS_APART, gap.days(), gap.row.what),
    )];

    fn rule(gap: &Gap<'_>) -> RuleIx {
        gap.row.rule
    }
    fn month(gap: &Gap<'_>) -> InstitutionMonth {
        InstitutionMonth::on(gap.later.1[0].1.institution, gap.later.0)
    }
    fn finding(bank: &Policy, gap: &Gap<'_>) -> Finding {
        let ((earlier, before), (later, after)) = (gap.earlier, gap.later);
        let evidence: Vec<RowRef> = before.iter().chain(after).map(|(row, _)| *row).collect();
        let (amount, money) = money_of_lines(&sorted_lines(gap.arena, after));
        let (item, person) = (after[0].1.item, after[0].1.psn_no);
        Finding {
            rule: gap.row.rule,
            verdict: bank.verdict(gap.row.rule, gap.row.own),
            key: vec![
                KeyPart::Text(person),
                KeyPart::Text(item),
                KeyPart::Day(*earlier),
                KeyPart::Day(*later),
            ],
            institution: common_institution(gap.arena, &evidence),
            evidence,
            occurred: after.iter().map(|(_, line)| line.time).max().unwrap_or(Moment::MIN),
            amount_basis: AmountBasis::Laid(amount, money),
            values: vec![
                Value::Text(item),
                Value::Day(*earlier),
                Value::Day(*later),
                Value::Int(gap.days()),
                Value::Int(gap.row.what),
            ],
        }
    }
}

fn by_day(lines: impl Iterator<Item = (RowRef, FeeLine)>) -> Vec<OfDay> {
    let mut days: BTreeMap<Day, Vec<(RowRef, FeeLine)>> = BTreeMap::new();
    for (row, line) in lines {
        days.entry(day_of(line.time)).or_default().push((row, line));
    }
    days.into_iter().collect()
}

/// The rows that hold on a day, the strictest of each rule.
fn strictest(rows: &[Listed<i64>], day: Day) -> Vec<&Listed<i64>> {
    let mut holding: Vec<&Listed<i64>> = rows.iter().filter(|row| row.validity.holds(day)).collect();
    holding.dedup_by_key(|row| row.rule);
    holding
}

/// Judges the net lines of one item to one person.
pub fn judge(arena: &Arena, bank: &Policy, rules: &Rules, lines: &[(RowRef, Diff)], sink: &mut Sink) {
    if lines.len() < 2 {
        return;
    }
    let days = by_day(lines.iter().map(|(row, _)| (*row, row::fee_line(arena, *row))));
    for two in days.windows(2) {
        let [earlier, later] = two else { continue };
        let Some(rows) = rules.get(&later.1[0].1.item) else { continue };
        for row in strictest(rows, later.0) {
            sink.count(Count::Subject(row.rule));
            condition::judge::<CycleGap>(bank, &Gap { arena, row, earlier, later }, sink);
        }
    }
}

/// Goes through the conditions of (person, item, earlier day, later day).
pub fn why(why: &mut Why<'_, '_>, rules: &Rules, key: &[TextRef]) -> Option<()> {
    let &[person, item, earlier, later] = key else { return None };
    let scene = why.scene;
    let (earlier, later) = (why.day(earlier)?, why.day(later)?);
    let days = by_day(scene.net_lines().filter(|(_, line)| line.item == item && line.psn_no == person));
    let all: Vec<String> = days.iter().map(|(on, _)| day(*on)).collect();
    let two = days.windows(2).find(|two| two[0].0 == earlier && two[1].0 == later);
    why.check(
        [
            "两日先后相邻，均有该人该项目的明细（所有机构）",
            "the days follow each other among those with lines of the item to the person, at all institutions",
        ],
        vec![
            ("item", scene.text(item)),
            ("psn_no", scene.text(person)),
            ("earlier", day(earlier)),
            ("later", day(later)),
            ("day", all.join("; ")),
        ],
        two.is_some(),
    )?;
    why.table_rows(SPEC.name, item, later)?;
    let row = strictest(rules.get(&item)?, later).into_iter().find(|row| row.rule == why.number)?;
    let two = two?;
    why.conditions::<CycleGap>(&Gap { arena: scene.arena, row, earlier: &two[0], later: &two[1] })
}
