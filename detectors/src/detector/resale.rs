//! One person fetching an item that is worth reselling, too much of it and from many places.
//!
//! Reads the insured sales of an item in `resale_prone` to a person, all together under the pair of person and item,
//! and again when one of them changes. Sales of other items, uninsured sales and sales without a psn_no never come
//! here. A window ends with each sale; its quantity is taken from running sums, and its institutions are counted only
//! where the quantity is above the limit.
//!
//! The findings of a rule for one pair are one: the union of its windows. It needs no record but the sales, so that no
//! reason for not judging is stated.

use std::collections::BTreeSet;

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row::{self, Day, Dispensing, Moment, day_of};
use records::time::DAY_SECONDS;
use rulebank::{AmountKind, Comparison, DetectorSpec, ParamKind, ParamSpec, Subject};
use rust_decimal::Decimal;

use crate::compile::{Compiler, Items, Listed, integer};
use crate::coverage::Count;
use crate::exact::{exact, exact_quantity, sale_money};
use crate::finding::{
    AmountBasis, Finding, KeyPart, Money, RuleIx, Value, common_institution, sale_fen, shown,
};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::Out;
use crate::views::Diff;
use crate::why::steps::{Why, moment, quantity};

const ABOVE_LIMIT: Comparison = Comparison::new(0, "the quantity is above the limit");
const ENOUGH_INSTITUTIONS: Comparison = Comparison::new(1, "there are at least `institutions` institutions");
const IN_WINDOW: Comparison = Comparison::new(2, "a sale is after the window opens");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "resale",
    table: Some("resale_prone"),
    params: &[
        ParamSpec {
            name: "days",
            doc: "Length of the window that ends with a sale, in days of 24 hours.",
            kind: ParamKind::Integer { min: 1, max: 3650 },
            default: "180",
        },
        ParamSpec {
            name: "institutions",
            doc: "From how many institutions the sales of the window must come at least.",
            kind: ParamKind::Integer { min: 1, max: 1000 },
            default: "3",
        },
    ],
    values: &["item", "quantity", "limit", "institutions", "days"],
    comparisons: &[ABOVE_LIMIT, ENOUGH_INSTITUTIONS, IN_WINDOW],
    subject: Subject::Always("person"),
    keys: &[&["psn_no", "med_list_codg"]],
    amount: Some(AmountKind::PriceOfSales),
    near: &[Kind::Dispensing],
    ..DetectorSpec::BARE
};

/// What a row of the table states.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resale {
    /// In units of 10^-10.
    pub limit: i128,
    /// The days of the window.
    pub days: i64,
    /// The fewest institutions.
    pub institutions: i64,
}

type Limit = Listed<Resale>;
/// Rows by item, the strictest of a rule first.
pub type Rules = Items<Resale>;

/// Compiles its rows.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    let rules = compiler.rules_of(SPEC.name);
    let parameter = |rule: RuleIx, name: &str| {
        rules.iter().find(|(known, _)| *known == rule).map_or(0, |(_, rule)| integer(rule, name))
    };
    compiler.by_item(
        &SPEC,
        |rule, row| Resale {
            limit: exact(row.decimal("limit").unwrap_or_default()),
            days: parameter(rule, "days"),
            institutions: parameter(rule, "institutions"),
        },
        |limit| (limit.rule, limit.what.limit, limit.own),
    )
}

fn strictest(limits: &[Limit], day: Day) -> Option<&Limit> {
    limits.iter().find(|limit| limit.validity.holds(day))
}

/// A window that fires: the range of sales in it, their quantity and the number of institutions.
struct Window<'a> {
    limit: &'a Limit,
    sales: std::ops::Range<usize>,
    quantity: i64,
    institutions: i64,
}

/// The window (t - days, t] that ends with the `nth` sale, if it fires; `sums` are those of the sales before each.
fn window<'a>(
    bank: &Policy,
    sales: &[(RowRef, Dispensing)],
    sums: &[i64],
    nth: usize,
    limits: &'a [Limit],
) -> Option<Window<'a>> {
    let end: Moment = sales[nth].1.time;
    let limit = strictest(limits, day_of(end))?;
    let first = sales
        .partition_point(|(_, sale)| !bank.over(IN_WINDOW, sale.time, end - limit.what.days * DAY_SECONDS));
    // Sales of the very same second belong to the window as well.
    let last = sales.partition_point(|(_, sale)| sale.time <= end);
    let quantity = sums[last] - sums[first];
    if !bank.over(ABOVE_LIMIT, exact_quantity(quantity), limit.what.limit) {
        return None;
    }
    let mut places: Vec<TextRef> = sales[first..last].iter().map(|(_, sale)| sale.institution).collect();
    places.sort_unstable();
    places.dedup();
    let institutions = i64::try_from(places.len()).unwrap_or(i64::MAX);
    bank.reaches(ENOUGH_INSTITUTIONS, institutions, limit.what.institutions).then_some(Window {
        limit,
        sales: first..last,
        quantity,
        institutions,
    })
}

/// Judges the insured sales of one item to one person.
pub fn judge(arena: &Arena, bank: &Policy, rules: &Rules, sales: &[(RowRef, Diff)], sink: &mut Sink) {
    if sales.is_empty() {
        return;
    }
    let mut sales: Vec<(RowRef, Dispensing)> =
        sales.iter().map(|(row, _)| (*row, row::dispensing(arena, *row))).collect();
    sales.sort_by_key(|(row, sale)| (sale.time, *row));
    let (person, item) = (sales[0].1.psn_no, sales[0].1.item);
    let Some(limits) = rules.get(&item) else { return };
    let mut sums = vec![0i64];
    for (_, sale) in &sales {
        sums.push(sums[sums.len() - 1].saturating_add(sale.cnt));
    }
    for of_rule in limits.chunk_by(|a, b| a.rule == b.rule) {
        sink.count(Count::Subject(of_rule[0].rule));
        let windows: Vec<Window<'_>> =
            (0..sales.len()).filter_map(|nth| window(bank, &sales, &sums, nth, of_rule)).collect();
        let Some(worst) = windows.iter().max_by_key(|window| window.quantity) else { continue };
        // Windows begin and end in order: their union is walked once.
        let mut found: Vec<&(RowRef, Dispensing)> = Vec::new();
        let mut covered = 0;
        for window in &windows {
            let from = window.sales.start.max(covered);
            covered = window.sales.end.max(covered);
            found.extend(sales.get(from..covered).unwrap_or_default());
        }
        found.sort_by(|(_, a), (_, b)| arena.compare(a.id, b.id));
        let evidence: Vec<RowRef> = found.iter().map(|(row, _)| *row).collect();
        sink.emit(Out::Finding(Box::new(Finding {
            rule: of_rule[0].rule,
            verdict: bank.verdict(of_rule[0].rule, windows.iter().all(|window| window.limit.own)),
            key: vec![KeyPart::Text(person), KeyPart::Text(item)],
            institution: common_institution(arena, &evidence),
            evidence,
            occurred: found.iter().map(|(_, sale)| sale.time).max().unwrap_or(i64::MIN),
            amount_basis: AmountBasis::Laid(
                sale_fen(found.iter().map(|(_, sale)| sale)),
                found.iter().map(|(row, sale)| Money { row: *row, own: sale_money(sale) }).collect(),
            ),
            values: vec![
                Value::Text(item),
                Value::Quantity(worst.quantity),
                shown(worst.limit.what.limit),
                Value::Int(worst.institutions),
                Value::Int(worst.limit.what.days),
            ],
        })));
    }
}

/// (person, item) of which a person fetched too much from too many institutions in some window.
pub fn why(why: &mut Why<'_, '_>, _: &Rules, key: &[TextRef]) -> Option<()> {
    let &[person, item] = key else { return None };
    let scene = why.scene;
    let mut sales: Vec<Dispensing> = scene
        .sales()
        .map(|(_, sale)| sale)
        .filter(|sale| sale.insured && sale.psn_no == person && sale.item == item)
        .collect();
    sales.sort_by(|a, b| a.time.cmp(&b.time).then_with(|| scene.compare(a.id, b.id)));
    why.check(
        ["该人有该项目的医保销售", "there are insured sales of the item to the person"],
        vec![("psn_no", scene.text(person)), ("item", scene.text(item)), ("sales", sales.len().to_string())],
        !sales.is_empty(),
    )?;
    let (days, least) = (integer(why.rule, "days"), integer(why.rule, "institutions"));
    let mut best: Option<Nearest> = None;
    for last in &sales {
        let rows = scene.rows_for(why.rule, "resale_prone", item, day_of(last.time));
        let Some(limit) = rows.iter().filter_map(|row| row.decimal("limit")).min() else { continue };
        let opens = last.time - days * DAY_SECONDS;
        let within: Vec<&Dispensing> =
            sales.iter().filter(|sale| opens < sale.time && sale.time <= last.time).collect();
        let sum = within.iter().fold(0i64, |sum, sale| sum.saturating_add(sale.cnt));
        let institutions: BTreeSet<TextRef> = within.iter().map(|sale| sale.institution).collect();
        let over = Decimal::from_i128_with_scale(i128::from(sum), 4) > limit;
        let rank = (over, institutions.len(), sum);
        if best.as_ref().is_none_or(|best| rank > best.rank) {
            best = Some(Nearest { rank, span: format!("({}, {}]", moment(opens), moment(last.time)), limit });
        }
    }
    let table = [
        "知识表 resale_prone 有该项目当日有效的行",
        "table resale_prone has a row for the item that holds on the day of a sale",
    ];
    why.check(table, vec![("item", scene.text(item))], best.is_some())?;
    let Nearest { rank: (over, institutions, sum), span, limit } = best?;
    let mut values = vec![("days", days.to_string()), ("begin", span), ("quantity", quantity(sum))];
    values.push(("limit", limit.normalize().to_string()));
    why.check(["某一窗口内的数量超过限额", "in some window the quantity is above the limit"], values, over)?;
    why.check(
        ["且来自足够多的机构", "and comes from enough institutions"],
        vec![("institutions", institutions.to_string()), ("limit", least.to_string())],
        i64::try_from(institutions).unwrap_or(i64::MAX) >= least,
    )
}

/// A window that ends with a sale; the one that ranks highest comes closest to the rule.
struct Nearest {
    /// Whether the quantity is above the limit; institutions; quantity in ten-thousandths.
    rank: (bool, usize, i64),
    /// Its begin, left out, and its end.
    span: String,
    limit: Decimal,
}
