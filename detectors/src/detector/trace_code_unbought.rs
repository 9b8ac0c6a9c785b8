//! A trace code sold to the fund that the institution never bought.
//!
//! Reads `SaleOfCode` and `PurchaseOfCode` together under the code, once for this detector and `trace_code_twice`, and
//! again when one of these sales or purchases comes or goes. Only sales of which no pack with the code was bought there
//! and kept go on: each is looked up once in `Bought` and `BoughtWithCodes`, by institution and item, and those that remain are judged
//! together by institution and code.
//!
//! Where the institution bought none of the item at all, the sale is left out. Where all that it bought of the items came
//! without codes (`BoughtWithCodes`), it is not known which packs they were (`TraceCodes`).

use std::collections::BTreeSet;

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row::{self, Dispensing};
use rulebank::looks_back::Reach;
use rulebank::{AmountKind, Comparison, DetectorSpec, Subject};

use crate::compile::Compiler;
use crate::coverage::{Count, InstitutionMonth, Missing};
use crate::finding::{AmountBasis, Finding, KeyPart, RuleIx, Value, money_of_sales, sale_fen};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::{Out, Route};
use crate::views::Diff;
use crate::why::steps::Why;

const NO_PURCHASE_LEFT: Comparison = Comparison::new(0, "no purchase with the code is left");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "trace_code_unbought",
    values: &["item", "code"],
    comparisons: &[NO_PURCHASE_LEFT],
    subject: Subject::Always("institution"),
    keys: &[&["fixmedins_code", "code"]],
    amount: Some(AmountKind::PriceOfSales),
    near: &[Kind::Dispensing, Kind::Purchase],
    far: &[Kind::Purchase],
    looks_back: |_, _| vec![(Kind::Purchase, Reach::Ever)],
    ..DetectorSpec::BARE
};

/// Its rules.
pub type Rules = Vec<RuleIx>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.rule_numbers(SPEC.name)
}

/// Finds the insured sales of a code whose institution has bought no pack with it that it did not give back;
/// each goes on with the code, to be asked whether its item was bought there at all.
pub fn unbought(
    arena: &Arena,
    bank: &Policy,
    rules: &Rules,
    code: TextRef,
    sales: &[(RowRef, Diff)],
    purchases: &[(RowRef, Diff)],
    sink: &mut Sink,
) {
    if rules.is_empty() {
        return;
    }
    let mut institutions: Vec<TextRef> = Vec::new();
    for (row, _) in sales {
        let sale = row::dispensing(arena, *row);
        if !institutions.contains(&sale.institution) {
            institutions.push(sale.institution);
            for rule in rules {
                sink.count(Count::Subject(*rule));
            }
        }
        let left: i64 = purchases
            .iter()
            .map(|(row, _)| row::purchase(arena, *row))
            .filter(|bought| bought.institution == sale.institution && bought.item == sale.item)
            .map(|bought| if bought.is_return { -1 } else { 1 })
            .sum();
        if !bank.over(NO_PURCHASE_LEFT, left, 0) {
            sink.emit(Out::Row(Route::Unbought, u64::from(code), *row));
        }
    }
}

/// An institution and a code of which nothing is known: what was bought of the items of these sales came without codes.
pub fn not_judged(arena: &Arena, rules: &Rules, sales: &[(RowRef, Diff)], sink: &mut Sink) {
    let sales = sales.iter().map(|(row, _)| row::dispensing(arena, *row));
    let Some(earliest) = sales.min_by(|a, b| a.time.cmp(&b.time).then_with(|| arena.compare(a.id, b.id)))
    else {
        return;
    };
    for rule in rules {
        let month = InstitutionMonth::at(earliest.institution, earliest.time);
        sink.not_judged(*rule, Missing::TraceCodes, month);
    }
}

/// Judges an institution and a code: the sales whose item the institution buys, but no pack with the code.
pub fn judge(
    arena: &Arena,
    bank: &Policy,
    rules: &Rules,
    (institution, code): (TextRef, TextRef),
    sales: &[(RowRef, Diff)],
    sink: &mut Sink,
) {
    if sales.is_empty() {
        return;
    }
    let mut sales: Vec<_> = sales.iter().map(|(row, _)| (*row, row::dispensing(arena, *row))).collect();
    sales.sort_by(|(_, a), (_, b)| arena.compare(a.id, b.id));
    for rule in rules {
        sink.emit(Out::Finding(Box::new(Finding {
            rule: *rule,
            verdict: bank.verdict(*rule, false),
            key: vec![KeyPart::Text(institution), KeyPart::Text(code)],
            institution,
            evidence: sales.iter().map(|(row, _)| *row).collect(),
            occurred: sales.iter().map(|(_, sale)| sale.time).max().unwrap_or(i64::MIN),
            amount_basis: AmountBasis::Laid(
                sale_fen(sales.iter().map(|(_, sale)| sale)),
                money_of_sales(&sales),
            ),
            values: vec![Value::Text(sales[0].1.item), Value::Text(code)],
        })));
    }
}

/// (institution, code) of insured sales whose item is bought there, but never with the code.
pub fn why(why: &mut Why<'_, '_>, _: &Rules, key: &[TextRef]) -> Option<()> {
    let &[institution, code] = key else { return None };
    let scene = why.scene;
    let here: Vec<Dispensing> = scene
        .sales()
        .map(|(_, sale)| sale)
        .filter(|sale| sale.insured && sale.institution == institution && sale.codes.contains(&code))
        .collect();
    let ids: Vec<String> = here.iter().map(|sale| scene.text(sale.id)).collect();
    why.check(
        ["该机构有带该追溯码的医保销售", "the institution has insured sales that carry the code"],
        vec![("code", scene.text(code)), ("sales", ids.join("; "))],
        !here.is_empty(),
    )?;
    let all = scene.rows(Kind::Purchase).iter().map(|row| row::purchase(scene.arena, *row));
    let bought: Vec<row::Purchase> = all.filter(|bought| bought.institution == institution).collect();
    let of = |item: TextRef| bought.iter().filter(move |purchase| purchase.item == item);
    let items: BTreeSet<TextRef> = here.iter().map(|sale| sale.item).collect();
    let bought_items: BTreeSet<TextRef> =
        items.into_iter().filter(|item| of(*item).any(|purchase| !purchase.is_return)).collect();
    let names: Vec<String> = bought_items.iter().map(|item| scene.text(*item)).collect();
    let condition = ["该机构采购过所售项目", "the institution buys the item that was sold"];
    why.check(condition, vec![("item", names.join("; "))], !bought_items.is_empty())?;
    let with_codes =
        |item: TextRef| of(item).any(|purchase| !purchase.is_return && !purchase.codes.is_empty());
    let left = |item: TextRef| -> (i64, i64) {
        let carrying = |back: bool| {
            let those = of(item).filter(|purchase| purchase.is_return == back);
            i64::try_from(those.filter(|purchase| purchase.codes.contains(&code)).count()).unwrap_or(i64::MAX)
        };
        (carrying(false), carrying(true))
    };
    let mut values = Vec::new();
    let (mut unbought, mut known) = (false, false);
    for item in &bought_items {
        let (came, went) = left(*item);
        unbought |= came <= went;
        known |= came <= went && with_codes(*item);
        values.extend([("item", scene.text(*item)), ("bought", format!("{came} - {went}"))]);
    }
    why.check(
        [
            "采购记录（扣除退货）中没有该追溯码",
            "no purchase of the item carries the code, returns taken off one for one",
        ],
        values,
        unbought,
    )?;
    let condition = ["采购记录带追溯码", "purchases of such an item came with trace codes"];
    let coded: Vec<String> =
        bought_items.iter().filter(|item| with_codes(**item)).map(|item| scene.text(*item)).collect();
    let values = vec![("item", coded.join("; "))];
    if !known {
        return why.missing(condition, values, Missing::TraceCodes);
    }
    why.check(condition, values, true)
}
