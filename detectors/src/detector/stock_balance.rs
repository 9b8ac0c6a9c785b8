//! More used than there can have been.
//!
//! Reads uses (net lines of goods outside pharmacies; insured sales in a pharmacy visit or without any), purchases,
//! returns and other movements by institution, item and block of days, the opening stock count and `Bought`. A hot item
//! at a large hospital has millions of uses, so uses are summed by day (and price) in the count of the row, and days by
//! blocks of 32: what must be scanned when a use comes is one block of days and the blocks of the pair, not its
//! history. The uses themselves are read only where a balance is exceeded.
//!
//! A pair without an opening count and without any purchase is cut before; without an opening count a finding is an
//! indicator only. Without the institution's record it is not judged (`Institution`).
//!
//! What uses may exceed hangs on the item and the day ([`Grants`]): a day on which less is granted than on the one before
//! counts, also without a movement. Days after *now* count when it comes to them.

mod grants;

use std::collections::{BTreeMap, BTreeSet};

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::codes::ListType;
use records::row::{self, Day, Dispensing, FeeLine, StockCount, day_of};
use records::time::start_of;
use rulebank::{AmountKind, Comparison, DetectorSpec, ParamKind, ParamSpec, Subject, Verdict};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use grants::{Granted, Grants, Span};

use crate::classes::Class;
use crate::compile::{Compiler, Ruled, decimal};
use crate::coverage::{Count, InstitutionMonth, Missing};
use crate::exact::{EXACT_PLACES, exact, fen_of, sale_money};
use crate::finding::{AmountBasis, Finding, KeyPart, Money, RuleIx, Value, compare_records};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::{Block, DaysOfBlock, Out};
use crate::views::{Diff, pair_of};
use crate::why::scene::Scene;
use crate::why::steps::{Why, day, quantity};

const ABOVE_SUPPLY: Comparison = Comparison::new(0, "uses exceed supply x (1 + tolerance) + units");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "stock_balance",
    params: &[
        ParamSpec {
            name: "tolerance",
            doc: "Share of the supply by which uses may exceed it.",
            kind: ParamKind::Decimal { min: "0", max: "10" },
            default: "0.05",
        },
        ParamSpec {
            name: "units",
            doc: "Units by which uses may exceed the supply besides.",
            kind: ParamKind::Decimal { min: "0", max: "1000000" },
            default: "2",
        },
    ],
    values: &["item", "day", "used", "supply", "excess"],
    also: &[grants::STOCK_TOLERANCE],
    comparisons: &[ABOVE_SUPPLY],
    subject: Subject::Always("institution"),
    keys: &[&["fixmedins_code", "med_list_codg"]],
    amount: Some(AmountKind::ExcessOverStock),
    near: &[Kind::Visit],
    far: &[Kind::Visit],
    stock: true,
    ..DetectorSpec::BARE
};

/// Its rules, each with what it grants.
pub type Rules = Ruled<Grants>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    let of_items = Grants::of_table(compiler);
    compiler.ruled(SPEC.name, |rule| {
        let ordinary =
            Granted { tolerance: exact(decimal(rule, "tolerance")), units: exact(decimal(rule, "units")) };
        Grants::new(ordinary, &of_items)
    })
}

/// What moved the stock of an item at an institution on a day; the quantity is the count of the row, summed by
/// what stands here. The first part is the pair of institution and item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Stock {
    /// Quantities used on a day at a price.
    Used(u64, Day, Option<i64>),
    /// Quantities bought on a day.
    Bought(u64, Day),
    /// Quantities that came in on a day in another way.
    In(u64, Day),
    /// Quantities that went out on a day, other than by use.
    Out(u64, Day),
    /// The opening count was taken at the end of this day.
    Opened(u64, Day),
    /// Quantities used up to a day by records that are at hand no more, and the lowest price of these uses.
    UsedBefore(u64, Day, Option<i64>),
}

impl Stock {
    /// The day.
    pub fn day(&self) -> Day {
        match self {
            Stock::Used(_, day, _)
            | Stock::Bought(_, day)
            | Stock::In(_, day)
            | Stock::Out(_, day)
            | Stock::Opened(_, day)
            | Stock::UsedBefore(_, day, _) => *day,
        }
    }
}

/// Whether a net line, of a visit of this class, is a use of goods.
pub fn is_used_line(class: Option<Class>, line: &FeeLine) -> bool {
    class.is_some_and(|class| class != Class::Pharmacy) && line.list_type != ListType::Service
}

/// Whether a net sale, of a visit of this class or of none, is a use of goods.
pub fn is_used_sale(class: Option<Class>, sale: &Dispensing) -> bool {
    sale.insured && (sale.visit.is_none() || class == Some(Class::Pharmacy))
}

/// Day, price and quantity of a use.
pub fn use_of(arena: &Arena, row: RowRef) -> (Day, Option<i64>, i64) {
    if row::kind(arena, row) == Kind::FeeLine {
        let line = row::fee_line(arena, row);
        (day_of(line.time), Some(line.price), line.cnt)
    } else {
        let sale = row::dispensing(arena, row);
        (day_of(sale.time), sale.price, sale.cnt)
    }
}

/// Days of a block.
const BLOCK_DAYS: Day = 32;

/// The key of a block of days of a pair. Two blocks may share a key; their rows say which pair they are of.
pub fn block_key(pair: u64, day: Day) -> u64 {
    let mut bytes = [0u8; 12];
    bytes[..8].copy_from_slice(&pair.to_le_bytes());
    bytes[8..].copy_from_slice(&day.div_euclid(BLOCK_DAYS).to_le_bytes());
    xxhash_rust::xxh3::xxh3_64(&bytes)
}

/// Uses less supply x (1 + tolerance), in 10^-14 of a unit, so that the product is exact.
fn balance(granted: Granted, used: i128, supply: i128) -> i128 {
    used * ONE - supply * (ONE + granted.tolerance)
}

/// By how much uses exceed what is granted, in 10^-14 of a unit.
fn excess(granted: Granted, used: i128, supply: i128) -> i128 {
    // Quantities stand in ten-thousandths, units in 10^-10.
    balance(granted, used, supply) - granted.units * ONE / QUANTITY
}

const ONE: i128 = 10_000_000_000;

/// Sums a block of days, for each pair that has movements in it; `beyond_now` are those of days that have not come.
pub fn sum_block(
    arena: &Arena,
    bank: &Policy,
    rules: &Rules,
    stock: &[(Stock, Diff)],
    beyond_now: &[(Stock, Diff)],
    sink: &mut Sink,
) {
    let mut pairs: Vec<u64> = stock.iter().map(|(what, _)| pair_of_stock(what)).collect();
    pairs.sort_unstable();
    pairs.dedup();
    for pair in pairs {
        let opened = stock
            .iter()
            .filter_map(|(what, _)| match what {
                Stock::Opened(of, day) if *of == pair => Some(*day),
                _ => None,
            })
            .max();
        // One entry per movement: day, used, supplied.
        let mut movements: Vec<(Day, i64, i64)> = Vec::with_capacity(stock.len());
        let mut lowest_price: Option<i64> = None;
        let of_pair = stock.iter().filter(|(what, _)| pair_of_stock(what) == pair);
        for (what, quantity) in of_pair.filter(|(what, _)| !beyond_now.iter().any(|(other, _)| other == what))
        {
            match what {
                Stock::Used(_, day, price) | Stock::UsedBefore(_, day, price)
                    if opened.is_none_or(|opened| *day > opened) =>
                {
                    movements.push((*day, *quantity, 0));
                    lowest_price = lowest_price.into_iter().chain(*price).min();
                }
                Stock::Bought(_, day) | Stock::In(_, day) if opened.is_none_or(|opened| *day > opened) => {
                    movements.push((*day, 0, *quantity));
                }
                Stock::Out(_, day) if opened.is_none_or(|opened| *day > opened) => {
                    movements.push((*day, 0, -*quantity));
                }
                _ => {}
            }
        }
        if bank.keeps.days_of_use
            && let Some(days) = days_of(stock, pair)
        {
            sink.emit(Out::Days(pair, days));
        }
        movements.sort_unstable();
        let (_, item) = pair_of::<TextRef, TextRef>(pair);
        for (rule, grants) in rules {
            // What is granted cuts the block where it changes.
            let spans = grants.spans(arena, item);
            for span in &spans {
                let within: Vec<(Day, i64, i64)> =
                    movements.iter().copied().filter(|(day, ..)| span.holds(*day)).collect();
                if let Some(block) = sum_days(*rule, span.granted, &within, lowest_price) {
                    sink.emit(Out::Block(pair, Box::new(block)));
                }
            }
        }
    }
}

fn pair_of_stock(stock: &Stock) -> u64 {
    match stock {
        Stock::Used(pair, ..)
        | Stock::Bought(pair, _)
        | Stock::In(pair, _)
        | Stock::Out(pair, _)
        | Stock::Opened(pair, _)
        | Stock::UsedBefore(pair, ..) => *pair,
    }
}

/// The days of a block on which a pair was used and bought, if it was used or bought at all.
fn days_of(stock: &[(Stock, Diff)], pair: u64) -> Option<DaysOfBlock> {
    let mut days = DaysOfBlock { block: 0, used: 0, bought: 0 };
    for (what, _) in stock.iter().filter(|(what, _)| pair_of_stock(what) == pair) {
        let (bits, day) = match what {
            Stock::Used(_, day, _) => (&mut days.used, *day),
            Stock::Bought(_, day) => (&mut days.bought, *day),
            _ => continue,
        };
        *bits |= 1 << day.rem_euclid(BLOCK_DAYS);
        days.block = day.div_euclid(BLOCK_DAYS);
    }
    (days.used | days.bought != 0).then_some(days)
}

fn sum_days(
    rule: RuleIx,
    granted: Granted,
    movements: &[(Day, i64, i64)],
    lowest_price: Option<i64>,
) -> Option<Block> {
    let first = movements.first()?.0;
    let mut sums = (0i128, 0i128);
    let mut peak: Option<(i128, Day, (i128, i128))> = None;
    for of_day in movements.chunk_by(|a, b| a.0 == b.0) {
        for (_, used, supplied) in of_day {
            sums = (sums.0 + i128::from(*used), sums.1 + i128::from(*supplied));
        }
        let height = balance(granted, sums.0, sums.1);
        if peak.is_none_or(|(highest, ..)| height > highest) {
            peak = Some((height, of_day[0].0, sums));
        }
    }
    let (_, peak, at_peak) = peak?;
    let block = first.div_euclid(BLOCK_DAYS);
    Some(Block { rule, block, first, peak, at_peak, at_end: sums, lowest_price })
}

/// The earliest of the stock counts of a pair by (invdate, cnt_id): its opening.
pub fn opening(arena: &Arena, counts: &[(RowRef, Diff)]) -> Option<RowRef> {
    counts
        .iter()
        .map(|(row, _)| (*row, row::stock_count(arena, *row)))
        .min_by(|(_, a), (_, b)| a.day.cmp(&b.day).then_with(|| arena.compare(a.id, b.id)))
        .map(|(row, _)| row)
}

/// Judges a pair of institution and item by its blocks, but for its institution and the uses its money is laid on.
pub fn judge(
    arena: &Arena,
    bank: &Policy,
    rules: &Rules,
    (pair, opening): (u64, Option<RowRef>),
    bought: bool,
    blocks: &[(Block, Diff)],
    sink: &mut Sink,
) {
    if !bought && opening.is_none() {
        return;
    }
    let count = opening.map(|row| row::stock_count(arena, row));
    let first_block = count.map_or(i32::MIN, |count| count.day.div_euclid(BLOCK_DAYS));
    let (institution, item) = pair_of(pair);
    for (rule, grants) in rules {
        sink.count(Count::Subject(*rule));
        let of_rule = blocks.iter().map(|(block, _)| block);
        let of_rule = of_rule.filter(|block| block.rule == *rule && block.block >= first_block);
        let mut balanced = Balance {
            spans: grants.spans(arena, item),
            next_span: 0,
            used: 0,
            supply: count.map_or(0, |count| i128::from(count.cnt)),
            worst: None,
        };
        if let Some(count) = count {
            balanced.begin_after(count.day);
        }
        let mut lowest_price: Option<i64> = None;
        for block in of_rule {
            balanced.add(block);
            lowest_price = lowest_price.into_iter().chain(block.lowest_price).min();
        }
        let found = |worst: &Worst| {
            let verdict = bank.verdict(*rule, false);
            let verdict = if opening.is_some() { verdict } else { Verdict::Indicator };
            // Of the 14 places that the product can have, 10 are kept.
            let excess = worst.excess * QUANTITY / ONE;
            let shown = |quantity: i128| Value::Quantity(i64::try_from(quantity).unwrap_or(i64::MAX));
            Out::Finding(Box::new(Finding {
                rule: *rule,
                verdict,
                key: vec![KeyPart::Text(institution), KeyPart::Text(item)],
                institution,
                evidence: opening.into_iter().collect(),
                occurred: start_of(worst.day),
                amount_basis: AmountBasis::Laid(fen_of(excess, lowest_price.unwrap_or(0)), Vec::new()),
                values: vec![
                    Value::Text(item),
                    Value::Day(worst.day),
                    shown(worst.used),
                    shown(worst.supply),
                    shown(excess / QUANTITY),
                ],
            }))
        };
        // Of the days that have come, and then of those on which less is granted, as *now* comes to them.
        let exceeds = |worst: &&Worst| bank.over(ABOVE_SUPPLY, worst.excess, 0);
        let mut stands = balanced.worst.filter(|worst| exceeds(&worst));
        if let Some(worst) = &stands {
            sink.emit(found(worst));
        }
        for later in balanced.days_to_come() {
            if exceeds(&&later) && stands.is_none_or(|worst| later.excess > worst.excess) {
                let due = start_of(later.day);
                if let Some(worst) = &stands {
                    sink.retract(Out::Due(due, Box::new(found(worst))));
                }
                sink.emit(Out::Due(due, Box::new(found(&later))));
                stands = Some(later);
            }
        }
    }
}

/// A day on which uses exceed what is granted, by so much in 10^-14 of a unit.
#[derive(Clone, Copy, Debug)]
struct Worst {
    excess: i128,
    day: Day,
    used: i128,
    supply: i128,
}

/// Sums over the blocks of a pair, and the first day of the greatest excess so far.
struct Balance {
    spans: Vec<Span>,
    /// The first span whose first day has not been looked at.
    next_span: usize,
    used: i128,
    supply: i128,
    worst: Option<Worst>,
}

impl Balance {
    /// Days up to this one are ignored.
    fn begin_after(&mut self, day: Day) {
        self.next_span = self.spans.partition_point(|span| span.first <= day);
    }

    fn look(&mut self, granted: Granted, day: Day, (used, supply): (i128, i128)) {
        let excess = excess(granted, used, supply);
        if self.worst.is_none_or(|worst| excess > worst.excess) {
            self.worst = Some(Worst { excess, day, used, supply });
        }
    }

    /// Adds a block; first the days before it on which other numbers begin to hold, and nothing moved.
    fn add(&mut self, block: &Block) {
        while let Some(span) =
            self.spans.get(self.next_span).copied().filter(|span| span.first <= block.first)
        {
            self.next_span += 1;
            if span.first > Day::MIN && span.first < block.first {
                self.look(span.granted, span.first, (self.used, self.supply));
            }
        }
        let granted = self.spans.iter().find(|span| span.holds(block.first)).map(|span| span.granted);
        if let Some(granted) = granted {
            let at_peak = (self.used + block.at_peak.0, self.supply + block.at_peak.1);
            self.look(granted, block.peak, at_peak);
        }
        self.used += block.at_end.0;
        self.supply += block.at_end.1;
    }

    /// The first days of the spans behind the last movement: nothing moves on them, but other numbers hold.
    fn days_to_come(&self) -> Vec<Worst> {
        let spans = self.spans[self.next_span..].iter().filter(|span| span.first > Day::MIN);
        let (used, supply) = (self.used, self.supply);
        let worst =
            |span: &Span| Worst { excess: excess(span.granted, used, supply), day: span.first, used, supply };
        spans.map(worst).collect()
    }
}

/// Units of 10^-10 in a ten-thousandth.
const QUANTITY: i128 = 1_000_000;

/// Adds the institution's record, or says that it is missing.
pub fn with_institution(finding: &Finding, institution: Option<RowRef>, sink: &mut Sink) {
    let Some(institution) = institution else {
        let month = InstitutionMonth::at(finding.institution, finding.occurred);
        return sink.not_judged(finding.rule, Missing::Institution, month);
    };
    let mut finding = finding.clone();
    finding.evidence.push(institution);
    sink.emit(Out::Finding(Box::new(finding)));
}

/// Lays the amount on the uses after the opening, up to and with the day.
pub fn with_uses(arena: &Arena, finding: &Finding, uses: &[(RowRef, Diff)], sink: &mut Sink) {
    let mut finding = finding.clone();
    let last = row::day_of(finding.occurred);
    let opened = finding
        .evidence
        .iter()
        .find(|row| row::kind(arena, **row) == Kind::StockCount)
        .map_or(Day::MIN, |row| row::stock_count(arena, *row).day);
    let mut money: Vec<Money> = uses
        .iter()
        .filter_map(|(row, _)| {
            let (time, own) = match row::kind(arena, *row) {
                Kind::FeeLine => {
                    let line = row::fee_line(arena, *row);
                    (line.time, line.amount.max(0))
                }
                _ => {
                    let sale = row::dispensing(arena, *row);
                    (sale.time, sale_money(&sale))
                }
            };
            let day = row::day_of(time);
            (opened < day && day <= last).then_some(Money { row: *row, own })
        })
        .collect();
    money.sort_by(|a, b| compare_records(arena, a.row, b.row));
    if let AmountBasis::Laid(_, on) = &mut finding.amount_basis {
        *on = money;
    }
    sink.emit(Out::Finding(Box::new(finding)));
}

/// A use of an item: its day and quantity in ten-thousandths.
pub(super) fn uses(scene: &Scene<'_>, institution: TextRef, item: TextRef) -> Vec<(Day, i64)> {
    // Services are no goods.
    let lines: Vec<FeeLine> = scene
        .net_lines()
        .map(|(_, line)| line)
        .filter(|line| {
            line.institution == institution && line.item == item && line.list_type != ListType::Service
        })
        .collect();
    let sales: Vec<Dispensing> = scene
        .sales()
        .map(|(_, sale)| sale)
        .filter(|sale| sale.institution == institution && sale.item == item && sale.insured)
        .collect();
    // One pass over the visits: a common item has very many uses.
    let visits: BTreeSet<TextRef> =
        lines.iter().map(|line| line.visit).chain(sales.iter().map(|sale| sale.visit)).collect();
    let is_pharmacy: BTreeMap<TextRef, bool> = scene
        .visits()
        .filter(|(_, visit)| visits.contains(&visit.id))
        .map(|(_, visit)| (visit.id, scene.class(&visit) == Class::Pharmacy))
        .collect();
    let lines = lines
        .iter()
        .filter(|line| is_pharmacy.get(&line.visit) == Some(&false))
        .map(|line| (day_of(line.time), line.cnt));
    let sales = sales
        .iter()
        .filter(|sale| sale.visit.is_none() || is_pharmacy.get(&sale.visit) == Some(&true))
        .map(|sale| (day_of(sale.time), sale.cnt));
    lines.chain(sales).collect()
}

/// Purchases of an institution: day, signed quantity, whether a return.
pub(super) fn purchases(scene: &Scene<'_>, institution: TextRef) -> Vec<row::Purchase> {
    let all = scene.rows(Kind::Purchase).iter().map(|row| row::purchase(scene.arena, *row));
    all.filter(|purchase| purchase.institution == institution).collect()
}

pub(super) fn counts(scene: &Scene<'_>, institution: TextRef, item: TextRef) -> Vec<StockCount> {
    let all = scene.rows(Kind::StockCount).iter().map(|row| row::stock_count(scene.arena, *row));
    all.filter(|count| count.institution == institution && count.item == item).collect()
}

/// (institution, item) of which more was used on some day than there can have been.
pub fn why(why: &mut Why<'_, '_>, rules: &Rules, key: &[TextRef]) -> Option<()> {
    let &[institution, item] = key else { return None };
    let scene = why.scene;
    let of_item: Vec<row::Purchase> =
        purchases(scene, institution).into_iter().filter(|purchase| purchase.item == item).collect();
    let opening = counts(scene, institution, item)
        .into_iter()
        .min_by(|a, b| a.day.cmp(&b.day).then_with(|| scene.compare(a.id, b.id)));
    let bought = of_item.iter().filter(|purchase| !purchase.is_return).count();
    let opened =
        opening.map(|count| format!("{} {} {}", scene.text(count.id), day(count.day), quantity(count.cnt)));
    why.check(
        ["该机构有该项目的采购或盘点", "the institution has a purchase or a stock count of the item"],
        vec![("bought", bought.to_string()), ("opening", opened.unwrap_or_else(|| "-".to_owned()))],
        bought > 0 || opening.is_some(),
    )?;
    // Used and supplied by day, after the day of the opening.
    let mut days: BTreeMap<Day, (i64, i64)> = BTreeMap::new();
    for (on, cnt) in uses(scene, institution, item) {
        let used = &mut days.entry(on).or_default().0;
        *used = used.saturating_add(cnt);
    }
    let mut supplies: Vec<(Day, i64)> = Vec::new();
    for purchase in &of_item {
        let sign = if purchase.is_return { -1 } else { 1 };
        supplies.push((day_of(purchase.time), sign * purchase.cnt));
    }
    for row in scene.rows(Kind::StockChange) {
        let change = row::stock_change(scene.arena, *row);
        if change.institution == institution && change.item == item {
            supplies.push((day_of(change.time), change.cnt));
        }
    }
    for (on, cnt) in supplies {
        let supply = &mut days.entry(on).or_default().1;
        *supply = supply.saturating_add(cnt);
    }
    let today = day_of(scene.now);
    let after = |on: Day| opening.is_none_or(|count| on > count.day);
    let (_, grants) = rules.iter().find(|(rule, _)| *rule == why.number)?;
    let spans = grants.spans(scene.arena, item);
    // Days without a movement on which other numbers begin to hold count too.
    for first in spans.iter().map(|span| span.first).filter(|first| *first > Day::MIN) {
        days.entry(first).or_default();
    }
    let (mut used, mut supply) = (0i64, opening.map_or(0, |count| count.cnt));
    let mut worst: Option<(Decimal, Day, i64, i64, [Decimal; 2])> = None;
    for (on, (uses, supplies)) in days.into_iter().filter(|(on, _)| after(*on) && *on <= today) {
        used = used.saturating_add(uses);
        supply = supply.saturating_add(supplies);
        let Some(span) = spans.iter().find(|span| span.holds(on)) else { continue };
        let [tolerance, units] = [span.granted.tolerance, span.granted.units]
            .map(|number| Decimal::from_i128_with_scale(number, EXACT_PLACES).normalize());
        let [exact_used, exact_supply] =
            [used, supply].map(|cnt| Decimal::from_i128_with_scale(cnt.into(), 4));
        let excess = exact_used - exact_supply * (Decimal::ONE + tolerance) - units;
        if worst.is_none_or(|(greatest, ..)| excess > greatest) {
            worst = Some((excess, on, used, supply, [tolerance, units]));
        }
    }
    let condition = [
        "某日累计使用量超过可用量乘以（1加容许误差）再加容许单位数",
        "on some day more was used than supplied, the tolerance and the units granted",
    ];
    let Some((excess, on, used, supply, [tolerance, units])) = worst else {
        return why.check(condition, vec![("used", "0".to_owned())], false);
    };
    why.check(
        condition,
        vec![
            ("day", day(on)),
            ("used", quantity(used)),
            ("supply", quantity(supply)),
            ("tolerance", tolerance.to_string()),
            ("units", units.to_string()),
            ("excess", excess.normalize().to_string()),
        ],
        excess > Decimal::ZERO,
    )?;
    why.needed(Kind::Institution, institution, Missing::Institution)?;
    Some(())
}
