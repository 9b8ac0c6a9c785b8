//! A cap of what a visit may be charged of an item in a table: a sum or a count over the visit, or over each day of it.
//!
//! Reads the net lines of a visit whose items are in a table of items by visit, all together, beside the visit: once
//! for all detectors of this shape and for `pair_conflict`, and again when one of these lines or the visit's record
//! changes. A line counts if a row holds on its own day; the cap is the strictest row that any of the lines met.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row::{self, Day, FeeLine, Moment, Visit, day_of};
use rulebank::{DetectorSpec, Row, Subject};

use crate::classes::Classes;
use crate::compile::{Items, Listed};
use crate::condition::{self, Condition, Judged};
use crate::coverage::{Count, InstitutionMonth, Missing};
use crate::finding::{AmountBasis, Finding, KeyPart, Value, institution_of_lines, sorted_lines};
use crate::policy::{Policy, RuleIx};
use crate::sink::Sink;
use crate::why::steps::{Why, day, row_text};

/// What the specs of detectors of this shape have alike.
pub const SPEC: DetectorSpec = DetectorSpec {
    subject: Subject::Always("visit"),
    near: &[Kind::FeeLine, Kind::Visit],
    ..DetectorSpec::BARE
};

/// A detector of this shape.
pub trait ItemCap: Sized + 'static {
    /// What it states of itself.
    const SPEC: DetectorSpec;
    /// What has to hold of the lines together.
    const CONDITIONS: &'static [Condition<OfItem<Self>>];
    /// What a row of the table states of an item.
    type States: PartialEq + 'static;

    /// What a row of the table states.
    fn states(row: &Row) -> Self::States;
    /// Whether a row caps each day of a visit, not the whole of it.
    fn is_by_day(states: &Self::States) -> bool;
    /// Compares two rows of one rule: the stricter is less.
    fn stricter(a: &Self::States, b: &Self::States) -> std::cmp::Ordering;
    /// The amount, laid on these lines in their order.
    fn amount(candidate: &Charged<'_, Self>, lines: &[(RowRef, FeeLine)]) -> AmountBasis;
    /// The values of its messages; the lines stand in the order of their keys.
    fn values(candidate: &Charged<'_, Self>, lines: &[(RowRef, FeeLine)]) -> Vec<Value>;
}

/// A candidate: the lines of an item in a visit, or on one day of it, that count; there is at least one.
pub struct Charged<'a, D: ItemCap> {
    /// Where rows and texts are.
    pub arena: &'a Arena,
    /// What decides the class of a visit.
    pub classes: &'a Classes,
    /// The lines.
    pub lines: &'a [(RowRef, FeeLine)],
    /// The day, where each is capped.
    pub day: Option<Day>,
    /// The strictest row that a line met.
    pub cap: &'a Listed<D::States>,
    /// The visit, if it stands.
    pub visit: Option<(RowRef, &'a Visit)>,
}

impl<D: ItemCap> Charged<'_, D> {
    /// The item.
    pub fn item(&self) -> TextRef {
        self.lines[0].1.item
    }
    /// The sum of the quantities, in ten-thousandths.
    pub fn quantity(&self) -> i64 {
        self.lines.iter().fold(0, |sum, (_, line)| sum.saturating_add(line.cnt))
    }
    /// The highest price, in millionths of a yuan.
    pub fn highest_price(&self) -> i64 {
        self.lines.iter().map(|(_, line)| line.price).max().unwrap_or(0)
    }
    /// The days, ascending, each once.
    pub fn days(&self) -> Vec<Day> {
        let mut days: Vec<Day> = self.lines.iter().map(|(_, line)| day_of(line.time)).collect();
        days.sort_unstable();
        days.dedup();
        days
    }
}

/// The judging of lines by a detector of this shape.
pub struct OfItem<D>(PhantomData<D>);

impl<D: ItemCap> OfItem<D> {
    /// The visit stands.
    pub const fn visit_stands() -> Condition<OfItem<D>> {
        Condition::record(
            Kind::Visit,
            Missing::Visit,
            |candidate| candidate.lines[0].1.visit,
            |candidate| candidate.visit.map(|(row, _)| row),
        )
    }
}

impl<D: ItemCap> Judged for OfItem<D> {
    type Candidate<'a> = Charged<'a, D>;
    const CONDITIONS: &'static [Condition<Self>] = D::CONDITIONS;

    fn rule(candidate: &Charged<'_, D>) -> RuleIx {
        candidate.cap.rule
    }
    fn month(candidate: &Charged<'_, D>) -> InstitutionMonth {
        let line = &candidate.lines[0].1;
        InstitutionMonth::on(line.institution, candidate.day.unwrap_or_else(|| day_of(line.time)))
    }
    fn finding(bank: &Policy, candidate: &Charged<'_, D>) -> Finding {
        let lines = sorted_lines(candidate.arena, candidate.lines);
        let evidence: Vec<RowRef> = lines.iter().map(|(row, _)| *row).collect();
        let visit_row = candidate.visit.map(|(row, _)| row);
        let mut key = vec![KeyPart::Text(lines[0].1.visit), KeyPart::Text(candidate.item())];
        key.extend(candidate.day.map(KeyPart::Day));
        Finding {
            rule: candidate.cap.rule,
            verdict: bank.verdict(candidate.cap.rule, candidate.cap.own),
            key,
            institution: institution_of_lines(candidate.arena, visit_row, &evidence),
            evidence,
            occurred: lines.iter().map(|(_, line)| line.time).max().unwrap_or(Moment::MIN),
            amount_basis: D::amount(candidate, &lines),
            values: D::values(candidate, &lines),
        }
    }
}

/// Calls `see` with the lines that count together, the strictest row that one of them met, and the day if each is
/// capped.
///
/// For a rule that speaks of what the fund paid, lines of which it paid nothing do not count.
fn by_cap<D: ItemCap>(
    rows: &[Listed<D::States>],
    lines: &[(RowRef, FeeLine)],
    mut see: impl FnMut(&[(RowRef, FeeLine)], &Listed<D::States>, Option<Day>),
) {
    let unit = |row: &Listed<D::States>| (row.rule, D::is_by_day(&row.what));
    for of_rule in rows.chunk_by(|a, b| unit(a) == unit(b)) {
        // Rows stand the strictest first: of a day it is the first that holds.
        let met = |line: &FeeLine| of_rule.iter().find(|row| row.validity.holds(day_of(line.time)));
        let mut together: BTreeMap<Option<Day>, Vec<(RowRef, FeeLine)>> = BTreeMap::new();
        let counts = |line: &FeeLine| met(line).is_some() && !(of_rule[0].of_payment && line.is_unpaid());
        for (row, line) in lines.iter().filter(|(_, line)| counts(line)) {
            let day = D::is_by_day(&of_rule[0].what).then(|| day_of(line.time));
            together.entry(day).or_default().push((*row, *line));
        }
        for (day, lines) in together {
            let caps = lines.iter().filter_map(|(_, line)| met(line));
            let strictest = caps.min_by(|a, b| D::stricter(&a.what, &b.what).then(a.own.cmp(&b.own)));
            if let Some(cap) = strictest {
                see(&lines, cap, day);
            }
        }
    }
}

/// Judges the net lines of a visit, item by item.
pub fn judge<D: ItemCap>(
    arena: &Arena,
    bank: &Policy,
    (rules, classes): (&Items<D::States>, &Classes),
    items: &BTreeMap<TextRef, Vec<(RowRef, FeeLine)>>,
    visit: Option<(RowRef, &Visit)>,
    sink: &mut Sink,
) {
    for (item, lines) in items {
        let Some(rows) = rules.get(item) else { continue };
        by_cap::<D>(rows, lines, |lines, cap, day| {
            sink.count(Count::Subject(cap.rule));
            let candidate = Charged { arena, classes, lines, day, cap, visit };
            condition::judge::<OfItem<D>>(bank, &candidate, sink);
        });
    }
}

/// Goes through the conditions of (visit, item) or (visit, item, day).
pub fn why<D: ItemCap>(why: &mut Why<'_, '_>, rules: &Items<D::States>, key: &[TextRef]) -> Option<()> {
    let (visit, item, on) = match *key {
        [visit, item] => (visit, item, None),
        [visit, item, on] => (visit, item, Some(why.day(on)?)),
        _ => return None,
    };
    let scene = why.scene;
    let mut lines = scene.lines_of(visit);
    lines.retain(|(_, line)| line.item == item);
    let sns_of = |lines: &[(RowRef, FeeLine)]| {
        let sns: Vec<String> = lines.iter().map(|(_, line)| scene.text(line.sn)).collect();
        sns.join("; ")
    };
    why.check(
        ["该就诊有该项目的明细（冲销后）", "the visit has lines of the item, reversals taken off"],
        vec![("mdtrt_id", scene.text(visit)), ("item", scene.text(item)), ("feedetl_sn", sns_of(&lines))],
        !lines.is_empty(),
    )?;

    // Lines count on whose day a row of the rule holds that caps days, or visits, as the key does.
    let none = Vec::new();
    let rows = rules.get(&item).unwrap_or(&none).iter();
    let rows = rows.filter(|row| row.rule == why.number && D::is_by_day(&row.what) == on.is_some());
    let rows: Vec<&Listed<D::States>> = rows.collect();
    let table = D::SPEC.table.unwrap_or_default();
    let counts = |line: &FeeLine| rows.iter().any(|row| row.validity.holds(day_of(line.time)));
    let mut stated: Vec<String> = lines
        .iter()
        .filter(|(_, line)| counts(line))
        .flat_map(|(_, line)| scene.rows_for(why.rule, table, item, day_of(line.time)))
        .filter(|row| D::is_by_day(&D::states(row)) == on.is_some())
        .map(row_text)
        .collect();
    stated.sort_unstable();
    stated.dedup();
    let id = &why.rule.id;
    let holds = !stated.is_empty();
    why.check(
        [
            &format!("知识表 {table} 在这些明细当日有归 {id} 的行"),
            &format!("table {table} has a row of {id} for the item that holds on the day of a line"),
        ],
        stated.into_iter().map(|row| ("row", row)).collect(),
        holds,
    )?;
    if rows.iter().any(|row| row.of_payment) {
        lines.retain(|(_, line)| !line.is_unpaid());
        let values = vec![("feedetl_sn", sns_of(&lines))];
        why.check(
            [
                "基金支付了其中的明细（或未知）",
                "the fund paid something of lines of the item, or that is not known",
            ],
            values,
            !lines.is_empty(),
        )?;
    }
    if let Some(on) = on {
        lines.retain(|(_, line)| day_of(line.time) == on);
        let values = vec![("day", day(on))];
        let on_day = lines.iter().any(|(_, line)| counts(line));
        why.check(["当日有该项目的明细", "there are such lines on the day"], values, on_day)?;
    }

    let visit =
        scene.find(Kind::Visit, (visit, TextRef::NONE)).map(|row| (row, row::visit(scene.arena, row)));
    let visit = visit.as_ref().map(|(row, visit)| (*row, visit));
    let mut all = None;
    let of_item = rules.get(&item)?;
    by_cap::<D>(of_item, &lines, |lines, cap, day| {
        if cap.rule == why.number && day == on {
            let candidate = Charged { arena: scene.arena, classes: scene.classes, lines, day, cap, visit };
            all = why.conditions::<OfItem<D>>(&candidate);
        }
    });
    all
}
