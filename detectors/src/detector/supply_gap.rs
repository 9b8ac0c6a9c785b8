//! An item used although none was bought for months.
//!
//! Reads the days on which an item was used and bought at an institution, as bits by blocks of 32 days, beside the
//! stock counts of the pair: all blocks of a pair when one of its days comes or goes, or a count changes; a further use
//! on a day that has one already is summed in its block, and goes no further. A pair of which some count is above 0 is
//! cut before its days are read. The uses themselves are read only where there is a gap.
//!
//! A gap is not judged without the institution's record (`Institution`), nor at an institution of which there is no
//! purchase at all (`Purchase`).

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row::{self, Day, day_of};
use records::time::start_of;
use rulebank::looks_back::days_of;
use rulebank::{AmountKind, Comparison, DetectorSpec, ParamKind, ParamSpec, Subject};

use super::stock_balance::{self, counts, purchases, uses};
use crate::compile::{Compiler, integer};
use crate::coverage::{Count, InstitutionMonth, Missing};
use crate::finding::{AmountBasis, Finding, KeyPart, RuleIx, Value, compare_records};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::{DaysOfBlock, Out};
use crate::views::{Diff, pair_of};
use crate::why::steps::{Why, day, quantity};

const NO_RECENT_PURCHASE: Comparison =
    Comparison::new(0, "the last purchase is at least `days` days before the use");
const STOCK_COUNTED: Comparison = Comparison::new(1, "a stock count is above 0");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "supply_gap",
    params: &[ParamSpec {
        name: "days",
        doc: "Days up to and with that of a use in which there must be a purchase.",
        kind: ParamKind::Integer { min: 1, max: 3650 },
        default: "90",
    }],
    values: &["item", "day"],
    comparisons: &[NO_RECENT_PURCHASE, STOCK_COUNTED],
    subject: Subject::Always("institution"),
    keys: &[&["fixmedins_code", "med_list_codg"]],
    amount: Some(AmountKind::FundOfUnsuppliedUses),
    near: &[Kind::Visit],
    far: &[Kind::Visit, Kind::Purchase],
    stock: true,
    looks_back: |rule, _| vec![(Kind::Purchase, days_of(rule, "days"))],
    ..DetectorSpec::BARE
};

/// Its rules and their days.
pub type Rules = Vec<(RuleIx, i64)>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.rules_of(SPEC.name).into_iter().map(|(ix, rule)| (ix, integer(&rule, "days"))).collect()
}

/// Whether some stock count of a pair found something on the shelf.
pub fn is_counted(arena: &Arena, bank: &Policy, counts: &[(RowRef, Diff)]) -> bool {
    counts.iter().any(|(count, _)| bank.over(STOCK_COUNTED, row::stock_count(arena, *count).cnt, 0))
}

/// Judges a pair of institution and item that was not counted, but for its institution and the uses its money is
/// laid on.
pub fn judge(bank: &Policy, rules: &Rules, pair: u64, blocks: &[(DaysOfBlock, Diff)], sink: &mut Sink) {
    if rules.is_empty() || blocks.is_empty() {
        return;
    }
    for (rule, _) in rules {
        sink.count(Count::Subject(*rule));
    }
    let (institution, item) = pair_of(pair);
    for (rule, days) in rules {
        let mut bought: Option<Day> = None;
        let mut without: Vec<Day> = Vec::new();
        for (block, _) in blocks {
            for bit in 0..32 {
                let day = block.block * 32 + bit;
                if block.bought >> bit & 1 == 1 {
                    bought = Some(day);
                }
                let since = bought.map(|bought| i64::from(day - bought));
                if block.used >> bit & 1 == 1
                    && since.is_none_or(|since| bank.reaches(NO_RECENT_PURCHASE, since, *days))
                {
                    without.push(day);
                }
            }
        }
        let Some(first) = without.first().copied() else { continue };
        sink.emit(Out::Finding(Box::new(Finding {
            rule: *rule,
            verdict: bank.verdict(*rule, false),
            key: vec![KeyPart::Text(institution), KeyPart::Text(item)],
            institution,
            evidence: Vec::new(),
            occurred: start_of(first),
            amount_basis: AmountBasis::UsesOn(without),
            values: vec![Value::Text(item), Value::Day(first)],
        })));
    }
}

/// Adds the institution's record; says so where there is none, or no purchase of the institution at all.
pub fn with_institution(finding: &Finding, institution: Option<RowRef>, buys: bool, sink: &mut Sink) {
    if institution.is_some() && !buys {
        let month = InstitutionMonth::at(finding.institution, finding.occurred);
        return sink.not_judged(finding.rule, Missing::Purchase, month);
    }
    stock_balance::with_institution(finding, institution, sink);
}

/// Adds the uses of the days without supply.
pub fn with_uses(arena: &Arena, finding: &Finding, uses: &[(RowRef, Diff)], sink: &mut Sink) {
    let mut finding = finding.clone();
    let AmountBasis::UsesOn(days) = &finding.amount_basis else { return };
    let mut those: Vec<RowRef> = uses.iter().map(|(row, _)| *row).collect();
    let time = |row: &RowRef| row::event_time(arena, *row).unwrap_or(i64::MIN);
    those.retain(|row| days.binary_search(&day_of(time(row))).is_ok());
    those.sort_by(|a, b| compare_records(arena, *a, *b));
    finding.occurred = those.iter().map(time).max().unwrap_or(finding.occurred);
    finding.amount_basis = AmountBasis::Uses(those);
    sink.emit(Out::Finding(Box::new(finding)));
}

/// (institution, item) used on a day without a purchase in the days before, and without stock.
pub fn why(why: &mut Why<'_, '_>, _: &Rules, key: &[TextRef]) -> Option<()> {
    let &[institution, item] = key else { return None };
    let scene = why.scene;
    let mut uses = uses(scene, institution, item);
    uses.sort_unstable();
    let values = vec![("item", scene.text(item)), ("used", uses.len().to_string())];
    why.check(["该机构使用过该项目", "the institution used the item"], values, !uses.is_empty())?;
    let days = integer(why.rule, "days");
    let all = purchases(scene, institution);
    let bought: Vec<Day> = all
        .iter()
        .filter(|purchase| !purchase.is_return && purchase.item == item)
        .map(|purchase| day_of(purchase.time))
        .collect();
    let last = |on: Day| bought.iter().copied().filter(|bought| *bought <= on).max();
    let without = uses.iter().find(|(on, _)| last(*on).is_none_or(|last| i64::from(on - last) >= days));
    // Where every use is supplied, the one that came nearest is shown.
    let shown = without.or_else(|| uses.iter().max_by_key(|(on, _)| last(*on).map(|last| on - last)));
    let on = shown.map(|(on, _)| *on)?;
    why.check(
        ["某日使用而此前规定天数内没有采购", "on some day it was used and not bought in the days up to it"],
        vec![
            ("day", day(on)),
            ("bought", last(on).map_or_else(|| "-".to_owned(), day)),
            ("days", days.to_string()),
        ],
        without.is_some(),
    )?;
    let counted = counts(scene, institution, item).into_iter().find(|count| count.cnt > 0);
    why.check(
        ["没有大于零的盘点", "no stock count of the item is above zero"],
        vec![(
            "opening",
            counted.map_or_else(
                || "-".to_owned(),
                |count| format!("{} {}", day(count.day), quantity(count.cnt)),
            ),
        )],
        counted.is_none(),
    )?;
    why.needed(Kind::Institution, institution, Missing::Institution)?;
    let buys = ["该机构有任何采购记录", "the institution sends purchases"];
    let values = vec![("bought", all.len().to_string())];
    if all.is_empty() {
        return why.missing(buys, values, Missing::Purchase);
    }
    why.check(buys, values, true)
}
