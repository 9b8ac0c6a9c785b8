//! An item given again before its cycle is over.
//!
//! Reads net fee lines of items in `cycle_gap` by person and item: one pass over these lines whenever one of them
//! changes, each day with the next day on which the item was given. Lines of other items never come here, and a single
//! line is passed over. There is no reason for which two days are not judged.

use std::collections::BTreeMap;

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row::{self, Day, FeeLine, Moment, day_of};
use rulebank::looks_back::Reach;
use rulebank::{AmountKind, Comparison, DetectorSpec, Subject};

use crate::compile::{Compiler, Items, Listed};
use crate::condition::{Condition, comparisons};
use crate::coverage::InstitutionMonth;
use crate::finding::{AmountBasis, Finding, KeyPart, Value, money_of_lines, sorted_lines};
use crate::policy::Policy;
use crate::shape::element::{Asked, Element};
use crate::shape::sequence::{self, OfTwo, Sequence, Two};
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
    looks_back: |_, tables| {
        let rows = tables.rows("cycle_gap").iter();
        let longest = rows.filter_map(|row| row.integer("min_days")).max().unwrap_or(0);
        vec![(Kind::FeeLine, Reach::Days(longest))]
    },
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

impl Element for OfDay {
    fn rows(&self) -> Vec<RowRef> {
        self.1.iter().map(|(row, _)| *row).collect()
    }
    fn time(&self) -> Moment {
        self.1.iter().map(|(_, line)| line.time).max().unwrap_or(Moment::MIN)
    }
    fn id(&self) -> TextRef {
        self.1[0].1.item
    }
}

/// Items given too soon again: two days on which one was given to a person, and none between them.
#[derive(Debug)]
pub struct CycleGap;

impl Two<'_, CycleGap> {
    /// Days apart.
    fn days(&self) -> i64 {
        i64::from(self.second.0) - i64::from(self.first.0)
    }
}

impl Sequence for CycleGap {
    const SPEC: DetectorSpec = SPEC;
    const CONDITIONS: &'static [Condition<OfTwo<CycleGap>>] = &[Condition::holds(
        ["间隔天数少于最短间隔", "the days between are fewer than the item needs"],
        |gap| vec![("days", gap.days().to_string()), ("min_days", gap.asked.states.to_string())],
        &[FEWER_DAYS_APART],
        |bank, gap| bank.below(FEWER_DAYS_APART, gap.days(), *gap.asked.states),
    )];
    type Element = OfDay;
    /// The fewest days apart.
    type States = i64;

    fn month(gap: &Two<'_, CycleGap>) -> InstitutionMonth {
        InstitutionMonth::on(gap.second.1[0].1.institution, gap.second.0)
    }
    fn finding(bank: &Policy, gap: &Two<'_, CycleGap>) -> Finding {
        let ((earlier, _), (later, after)) = (gap.first, gap.second);
        let (amount, money) = money_of_lines(&sorted_lines(gap.arena, after));
        let (item, person) = (after[0].1.item, after[0].1.psn_no);
        let (days, least) = (Value::Int(gap.days()), Value::Int(*gap.asked.states));
        gap.found(
            bank,
            vec![KeyPart::Text(person), KeyPart::Text(item), KeyPart::Day(*earlier), KeyPart::Day(*later)],
            AmountBasis::Laid(amount, money),
            vec![Value::Text(item), Value::Day(*earlier), Value::Day(*later), days, least],
        )
    }
}

fn by_day(lines: impl Iterator<Item = (RowRef, FeeLine)>) -> Vec<OfDay> {
    let mut days: BTreeMap<Day, Vec<(RowRef, FeeLine)>> = BTreeMap::new();
    for (row, line) in lines {
        days.entry(day_of(line.time)).or_default().push((row, line));
    }
    days.into_iter().collect()
}

/// The rows of an item that hold on a day, the strictest of each rule.
fn strictest(rules: &Rules, item: TextRef, day: Day) -> impl Iterator<Item = Asked<'_, i64>> {
    let rows = rules.get(&item).map_or(&[][..], Vec::as_slice);
    let mut holding: Vec<&Listed<i64>> = rows.iter().filter(|row| row.validity.holds(day)).collect();
    holding.dedup_by_key(|row| row.rule);
    holding.into_iter().map(|row| Asked { rule: row.rule, own: row.own, states: &row.what })
}

/// Judges the net lines of one item to one person.
pub fn judge(arena: &Arena, bank: &Policy, rules: &Rules, lines: &[(RowRef, Diff)], sink: &mut Sink) {
    if lines.len() < 2 {
        return;
    }
    let days = by_day(lines.iter().map(|(row, _)| (*row, row::fee_line(arena, *row))));
    for two in sequence::neighbours(&days, |_, _| true) {
        let asked = strictest(rules, two.1.id(), two.1.0);
        sequence::judge::<CycleGap>(arena, bank, asked, two, sink);
    }
}

/// Goes through the conditions of (person, item, earlier day, later day).
pub fn why(why: &mut Why<'_, '_>, rules: &Rules, key: &[TextRef]) -> Option<()> {
    let &[person, item, earlier, later] = key else { return None };
    let scene = why.scene;
    let (earlier, later) = (why.day(earlier)?, why.day(later)?);
    let days = by_day(scene.net_lines().filter(|(_, line)| line.item == item && line.psn_no == person));
    let all: Vec<String> = days.iter().map(|(on, _)| day(*on)).collect();
    let mut neighbours = sequence::neighbours(&days, |_, _| true);
    let two = neighbours.find(|(a, b)| (a.0, b.0) == (earlier, later));
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
    sequence::why::<CycleGap>(why, strictest(rules, item, later), two?)
}
