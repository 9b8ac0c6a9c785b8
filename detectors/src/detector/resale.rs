//! One person fetching an item that is worth reselling, too much of it and from many places.
//!
//! Reads the insured sales of an item in `resale_prone` to a person, all together under the pair of person and item,
//! and again when one of them changes. Sales of other items, uninsured sales and sales without a psn_no never come
//! here. A window ends with each sale; its quantity is taken from running sums, and its institutions are counted only
//! where the quantity is above the limit.
//!
//! The findings of a rule for one pair are one: the union of its windows. It needs no record but the sales, so that no
//! reason for not judging is stated.

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row::{self, Dispensing, Moment, day_of};
use records::time::DAY_SECONDS;
use rulebank::looks_back::days_of;
use rulebank::{AmountKind, Comparison, DetectorSpec, ParamKind, ParamSpec, Subject};
use rust_decimal::Decimal;

use crate::compile::{Compiler, Items, Listed, integer};
use crate::condition::{self, Condition, comparisons};
use crate::coverage::{Count, InstitutionMonth};
use crate::exact::{exact, exact_quantity};
use crate::finding::{AmountBasis, Finding, KeyPart, RuleIx, Value, money_of_sales, sale_fen, shown};
use crate::policy::Policy;
use crate::shape::element::Asked;
use crate::shape::group_cap::{Group, GroupCap, OfGroup};
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
    comparisons: &comparisons::<3, _>(Resale::CONDITIONS),
    subject: Subject::Always("person"),
    keys: &[&["psn_no", "med_list_codg"]],
    amount: Some(AmountKind::PriceOfSales),
    near: &[Kind::Dispensing],
    looks_back: |rule, _| vec![(Kind::Dispensing, days_of(rule, "days"))],
    ..DetectorSpec::BARE
};

/// What a row of the table states.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// In units of 10^-10.
    pub limit: i128,
    /// The days of the window.
    pub days: i64,
    /// The fewest institutions.
    pub institutions: i64,
}

/// Rows by item, the strictest of a rule first.
pub type Rules = Items<Limit>;

/// Compiles its rows.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    let rules = compiler.rules_of(SPEC.name);
    let parameter = |rule: RuleIx, name: &str| {
        rules.iter().find(|(known, _)| *known == rule).map_or(0, |(_, rule)| integer(rule, name))
    };
    compiler.by_item(
        &SPEC,
        |rule, row| Limit {
            limit: exact(row.decimal("limit").unwrap_or_default()),
            days: parameter(rule, "days"),
            institutions: parameter(rule, "institutions"),
        },
        |limit| (limit.rule, limit.what.limit, limit.own),
    )
}

/// Windows in which too much was fetched from too many places: the sales of (t - days, t], by time.
#[derive(Debug)]
pub struct Resale;

/// A window of the insured sales of an item to a person.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// The first sale in it, and the first after it, among all of the pair.
    sales: (usize, usize),
    /// When it ends: with a sale.
    end: Moment,
    /// The quantity of its sales, in ten-thousandths.
    quantity: i64,
}

impl Group<'_, Resale> {
    fn opens(&self) -> Moment {
        self.key.end - self.asked.states.days * DAY_SECONDS
    }
    /// From how many institutions the sales come.
    fn institutions(&self) -> i64 {
        let mut all: Vec<TextRef> = self.records.iter().map(|(_, sale)| sale.institution).collect();
        all.sort_unstable();
        all.dedup();
        i64::try_from(all.len()).unwrap_or(i64::MAX)
    }
    fn is_above(&self, bank: &Policy) -> bool {
        bank.over(ABOVE_LIMIT, exact_quantity(self.key.quantity), self.asked.states.limit)
    }
}

impl GroupCap for Resale {
    const SPEC: DetectorSpec = SPEC;
    const CONDITIONS: &'static [Condition<OfGroup<Resale>>] = &[
        Condition::holds(
            ["某一窗口内的数量超过限额", "in some window the quantity is above the limit"],
            |window| {
                let span = format!("({}, {}]", moment(window.opens()), moment(window.key.end));
                let limit = Decimal::from_i128_with_scale(window.asked.states.limit, 10);
                vec![
                    ("days", window.asked.states.days.to_string()),
                    ("begin", span),
                    ("quantity", quantity(window.key.quantity)),
                    ("limit", limit.normalize().to_string()),
                ]
            },
            &[ABOVE_LIMIT],
            |bank, window| window.is_above(bank),
        ),
        Condition::holds(
            ["且来自足够多的机构", "and comes from enough institutions"],
            |window| {
                vec![
                    ("institutions", window.institutions().to_string()),
                    ("limit", window.asked.states.institutions.to_string()),
                ]
            },
            &[ENOUGH_INSTITUTIONS, IN_WINDOW],
            |bank, window| {
                bank.reaches(ENOUGH_INSTITUTIONS, window.institutions(), window.asked.states.institutions)
            },
        ),
    ];
    type Key<'a> = Window;
    type Element = (RowRef, Dispensing);
    type States = Limit;

    fn month(window: &Group<'_, Resale>) -> InstitutionMonth {
        InstitutionMonth::at(TextRef::NONE, window.key.end)
    }
    fn finding(bank: &Policy, window: &Group<'_, Resale>) -> Finding {
        let (sale, limit) = (&window.records[0].1, window.asked.states);
        window.found(
            bank,
            vec![KeyPart::Text(sale.psn_no), KeyPart::Text(sale.item)],
            // Of the union of all windows, which is not known here.
            AmountBasis::Nothing,
            vec![
                Value::Text(sale.item),
                Value::Quantity(window.key.quantity),
                shown(limit.limit),
                Value::Int(window.institutions()),
                Value::Int(limit.days),
            ],
        )
    }
}

/// The insured sales of one item to one person by time, with the sums of the quantities before each.
struct Sales<'a> {
    arena: &'a Arena,
    sales: &'a [(RowRef, Dispensing)],
    sums: Vec<i64>,
}

impl<'a> Sales<'a> {
    fn new(arena: &'a Arena, sales: &'a [(RowRef, Dispensing)]) -> Sales<'a> {
        let mut sums = vec![0i64];
        for (_, sale) in sales {
            sums.push(sums[sums.len() - 1].saturating_add(sale.cnt));
        }
        Sales { arena, sales, sums }
    }

    /// The windows that end with a sale on whose day a row of a rule holds.
    fn windows(
        &self,
        bank: &'a Policy,
        of_rule: &'a [Listed<Limit>],
    ) -> impl Iterator<Item = Group<'a, Resale>> {
        self.sales.iter().filter_map(move |(_, last)| {
            let end: Moment = last.time;
            let row = of_rule.iter().find(|row| row.validity.holds(day_of(end)))?;
            let opens = end - row.what.days * DAY_SECONDS;
            let first = self.sales.partition_point(|(_, sale)| !bank.over(IN_WINDOW, sale.time, opens));
            // Sales of the very same second belong to the window as well.
            let after = self.sales.partition_point(|(_, sale)| sale.time <= end);
            Some(Group {
                arena: self.arena,
                asked: Asked { rule: row.rule, own: row.own, states: &row.what },
                key: Window { sales: (first, after), end, quantity: self.sums[after] - self.sums[first] },
                records: &self.sales[first..after],
            })
        })
    }
}

/// Judges the insured sales of one item to one person: the findings of a rule are one, the union of its windows.
pub fn judge(arena: &Arena, bank: &Policy, rules: &Rules, sales: &[(RowRef, Diff)], sink: &mut Sink) {
    if sales.is_empty() {
        return;
    }
    let mut sales: Vec<(RowRef, Dispensing)> =
        sales.iter().map(|(row, _)| (*row, row::dispensing(arena, *row))).collect();
    sales.sort_by_key(|(row, sale)| (sale.time, *row));
    let Some(limits) = rules.get(&sales[0].1.item) else { return };
    let of_pair = Sales::new(arena, &sales);
    for of_rule in limits.chunk_by(|a, b| a.rule == b.rule) {
        sink.count(Count::Subject(of_rule[0].rule));
        let windows = of_pair.windows(bank, of_rule);
        let windows: Vec<Group<'_, Resale>> =
            windows.filter(|window| condition::all_hold::<OfGroup<Resale>>(bank, window)).collect();
        let Some(worst) = windows.iter().max_by_key(|window| window.key.quantity) else { continue };
        // Windows begin and end in order: their union is walked once.
        let mut found: Vec<(RowRef, Dispensing)> = Vec::new();
        let mut covered = 0;
        for Window { sales: (first, after), .. } in windows.iter().map(|window| window.key) {
            let from = first.max(covered);
            covered = after.max(covered);
            found.extend_from_slice(sales.get(from..covered).unwrap_or_default());
        }
        found.sort_by(|(_, a), (_, b)| arena.compare(a.id, b.id));
        let union = Group { records: &found, ..*worst };
        sink.emit(Out::Finding(Box::new(Finding {
            verdict: bank.verdict(worst.asked.rule, windows.iter().all(|window| window.asked.own)),
            amount_basis: AmountBasis::Laid(
                sale_fen(found.iter().map(|(_, sale)| sale)),
                money_of_sales(&found),
            ),
            values: Resale::finding(bank, worst).values,
            ..Resale::finding(bank, &union)
        })));
    }
}

/// (person, item) of which a person fetched too much from too many institutions in some window.
pub fn why(why: &mut Why<'_, '_>, rules: &Rules, key: &[TextRef]) -> Option<()> {
    let &[person, item] = key else { return None };
    let scene = why.scene;
    let mut sales: Vec<(RowRef, Dispensing)> = scene
        .sales()
        .filter(|(_, sale)| sale.insured && sale.psn_no == person && sale.item == item)
        .collect();
    sales.sort_by(|(_, a), (_, b)| a.time.cmp(&b.time).then_with(|| scene.compare(a.id, b.id)));
    why.check(
        ["该人有该项目的医保销售", "there are insured sales of the item to the person"],
        vec![("psn_no", scene.text(person)), ("item", scene.text(item)), ("sales", sales.len().to_string())],
        !sales.is_empty(),
    )?;
    let limits = rules.get(&item).map_or(&[][..], Vec::as_slice);
    let of_rule = limits.chunk_by(|a, b| a.rule == b.rule).find(|rows| rows[0].rule == why.number);
    let of_pair = Sales::new(scene.arena, &sales);
    // The window that comes closest to the rule: the first of those that rank highest.
    let rank = |window: &Group<'_, Resale>| {
        (window.is_above(scene.policy), window.institutions(), window.key.quantity)
    };
    let mut windows = of_pair.windows(scene.policy, of_rule.unwrap_or_default());
    let first = windows.next();
    let closest = first.map(|first| {
        windows.fold(first, |best, window| if rank(&window) > rank(&best) { window } else { best })
    });
    let table = [
        "知识表 resale_prone 有该项目当日有效的行",
        "table resale_prone has a row for the item that holds on the day of a sale",
    ];
    why.check(table, vec![("item", scene.text(item))], closest.is_some())?;
    why.conditions::<OfGroup<Resale>>(&closest?)
}
