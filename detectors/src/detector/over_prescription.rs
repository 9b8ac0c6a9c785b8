//! More on the bill, or over the counter, than was prescribed.
//!
//! Reads all that `OfPrescription` holds under an rx_id: the prescription, the net lines and the sales that name it.
//! They are read together whenever one of them changes, once for this detector, `drug_kinds` and
//! `sale_without_prescription`. Each prescribed item is compared with the sum of its lines, or of its sales, as the
//! rule's `of` sets it.
//!
//! Where the prescription is missing or cancelled nothing is judged, and items that it does not contain are left to
//! `no_prescription`. No reason for not judging is stated.

use std::collections::BTreeMap;

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row::{self, Dispensing, FeeLine, Moment, Prescription};
use rulebank::{AmountKind, Comparison, DetectorSpec, ParamKind, ParamSpec, Subject};

use super::PRESCRIBED_BEFORE;
use crate::compile::{Compiler, Ruled, choice};
use crate::condition::{Condition, Values, comparisons};
use crate::coverage::InstitutionMonth;
use crate::exact::{exact_quantity, fen_of, sale_money};
use crate::finding::{AmountBasis, Finding, KeyPart, Money, Value, sorted_lines};
use crate::policy::Policy;
use crate::shape::element::{Element, asked};
use crate::shape::group_cap::{self, Group, GroupCap, OfGroup};
use crate::sink::Sink;
use crate::why::steps::{Why, quantity};

const MORE_THAN_PRESCRIBED: Comparison = Comparison::new(0, "the quantity is above what was prescribed");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "over_prescription",
    params: &[ParamSpec {
        name: "of",
        doc: "What is compared with the prescription: lines of the bill, or sales.",
        kind: ParamKind::Choice(&["lines", "sales"]),
        default: "lines",
    }],
    values: &["item", "quantity", "prescribed", "rx_id"],
    comparisons: &comparisons::<1, _>(OverPrescription::CONDITIONS),
    subject: Subject::Always("prescription"),
    keys: &[&["rx_id", "med_list_codg"]],
    amount: Some(AmountKind::QuantityBeyondLimit),
    near: &[Kind::FeeLine, Kind::Prescription],
    looks_back: |_, _| {
        [Kind::Prescription, Kind::FeeLine, Kind::Dispensing].map(|kind| (kind, PRESCRIBED_BEFORE)).to_vec()
    },
    ..DetectorSpec::BARE
};

/// What a rule compares with a prescription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Lines of the bill.
    Lines,
    /// Sales.
    Sales,
}

/// Its rules and what they compare.
pub type Rules = Ruled<Of>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.ruled(SPEC.name, |rule| if choice(rule, "of") == "sales" { Of::Sales } else { Of::Lines })
}

/// What a line billed, or a sale sold, of a prescribed item.
#[derive(Clone, Copy, Debug)]
pub struct Given {
    row: RowRef,
    id: TextRef,
    time: Moment,
    quantity: i64,
    price: i64,
    money: Money,
}

impl Element for Given {
    fn rows(&self) -> Vec<RowRef> {
        vec![self.row]
    }
    fn time(&self) -> Moment {
        self.time
    }
    fn id(&self) -> TextRef {
        self.id
    }
}

/// What was given of an item, in the order of keys.
fn given(arena: &Arena, named: &Named, item: TextRef, of: Of) -> Vec<Given> {
    match of {
        Of::Lines => {
            let lines: Vec<(RowRef, FeeLine)> =
                named.lines.iter().filter(|(_, line)| line.item == item).copied().collect();
            let billed = |(row, line): &(RowRef, FeeLine)| {
                let money = Money { row: *row, own: line.amount.max(0) };
                let (id, time) = (line.sn, line.time);
                Given { row: *row, id, time, quantity: line.cnt, price: line.price, money }
            };
            sorted_lines(arena, &lines).iter().map(billed).collect()
        }
        Of::Sales => {
            let mut sales: Vec<&(RowRef, Dispensing)> =
                named.sales.iter().filter(|(_, sale)| sale.item == item).collect();
            sales.sort_by(|(_, a), (_, b)| arena.compare(a.id, b.id));
            let sold = |(row, sale): &(RowRef, Dispensing)| {
                let money = Money { row: *row, own: sale_money(sale) };
                let (id, time) = (sale.id, sale.time);
                Given { row: *row, id, time, quantity: sale.cnt, price: sale.price.unwrap_or(0), money }
            };
            sales.into_iter().map(sold).collect()
        }
    }
}

/// A prescribed item.
#[derive(Clone, Copy, Debug)]
pub struct Prescribed<'a> {
    row: RowRef,
    rx: &'a Prescription,
    item: TextRef,
    /// The quantity on the prescription, in ten-thousandths.
    quantity: i64,
}

/// Items of which more was billed, or sold, than prescribed.
#[derive(Debug)]
pub struct OverPrescription;

impl Group<'_, OverPrescription> {
    fn quantity(&self) -> i64 {
        self.records.iter().fold(0, |sum, given| sum.saturating_add(given.quantity))
    }

    fn quantities(&self) -> Values {
        let name = if *self.asked.states == Of::Sales { "sales" } else { "lines" };
        let mut parts: Vec<String> = self.records.iter().map(|given| self.part(given)).collect();
        parts.sort_unstable();
        vec![
            ("quantity", quantity(self.quantity())),
            (name, parts.join("; ")),
            ("prescribed", quantity(self.key.quantity)),
        ]
    }

    fn part(&self, given: &Given) -> String {
        let (arena, id, quantity) = (self.arena, self.arena.text(given.id), quantity(given.quantity));
        match self.asked.states {
            Of::Lines => {
                let line = row::fee_line(arena, given.row);
                format!("{}/{id} × {quantity}", arena.text(line.visit))
            }
            Of::Sales => format!("{id} × {quantity}"),
        }
    }

    fn is_exceeded(&self, bank: &Policy) -> bool {
        !self.records.is_empty() && bank.over(MORE_THAN_PRESCRIBED, self.quantity(), self.key.quantity)
    }
}

impl GroupCap for OverPrescription {
    const SPEC: DetectorSpec = SPEC;
    const CONDITIONS: &'static [Condition<OfGroup<OverPrescription>>] = &[
        Condition::<OfGroup<OverPrescription>>::holds(
            ["销售数量超过处方量", "more was sold on it than prescribed"],
            |item| item.quantities(),
            &[MORE_THAN_PRESCRIBED],
            |bank, item| item.is_exceeded(bank),
        )
        .only_if(|item| *item.asked.states == Of::Sales),
        Condition::<OfGroup<OverPrescription>>::holds(
            ["明细数量超过处方量", "more was billed on it than prescribed"],
            |item| item.quantities(),
            &[MORE_THAN_PRESCRIBED],
            |bank, item| item.is_exceeded(bank),
        )
        .only_if(|item| *item.asked.states == Of::Lines),
    ];
    type Key<'a> = Prescribed<'a>;
    type Element = Given;
    /// What a rule compares.
    type States = Of;

    fn month(item: &Group<'_, OverPrescription>) -> InstitutionMonth {
        InstitutionMonth::at(item.key.rx.institution, item.key.rx.time)
    }
    fn finding(bank: &Policy, item: &Group<'_, OverPrescription>) -> Finding {
        let Prescribed { row, rx, item: code, quantity: prescribed } = item.key;
        let excess = exact_quantity(item.quantity()) - exact_quantity(prescribed);
        let highest_price = item.records.iter().map(|given| given.price).max().unwrap_or(0);
        let money = item.records.iter().map(|given| given.money).collect();
        let values = vec![
            Value::Text(code),
            Value::Quantity(item.quantity()),
            Value::Quantity(prescribed),
            Value::Text(rx.id),
        ];
        let key = vec![KeyPart::Text(rx.id), KeyPart::Text(code)];
        let amount = AmountBasis::Laid(fen_of(excess, highest_price), money);
        let mut found = item.found(bank, key, amount, values);
        found.evidence.push(row);
        Finding { institution: rx.institution, occurred: found.occurred.max(rx.time), ..found }
    }
}

/// Judges a prescription with the net lines and the sales that name it; there is none where it is cancelled.
pub fn judge(arena: &Arena, bank: &Policy, rules: &Rules, named: &Named, sink: &mut Sink) {
    let Some((row, rx)) = named.rx.as_ref().filter(|_| !rules.is_empty()) else { return };
    let mut prescribed: BTreeMap<TextRef, i64> = BTreeMap::new();
    for line in &rx.lines {
        let sum = prescribed.entry(line.item).or_default();
        *sum = sum.saturating_add(line.cnt);
    }
    for (item, quantity) in prescribed {
        for asked in asked(rules) {
            let given = given(arena, named, item, *asked.states);
            let prescribed = Prescribed { row: *row, rx, item, quantity };
            group_cap::judge::<OverPrescription>(arena, bank, asked, prescribed, &given, sink);
        }
    }
}

/// Goes through the conditions of (prescription, item).
pub fn why(why: &mut Why<'_, '_>, rules: &Rules, key: &[TextRef]) -> Option<()> {
    let &[rx, item] = key else { return None };
    let scene = why.scene;
    let (row, rx) = why.prescription(rx)?;
    let listed: Vec<i64> = rx.lines.iter().filter(|line| line.item == item).map(|line| line.cnt).collect();
    let prescribed = listed.iter().fold(0i64, |sum, cnt| sum.saturating_add(*cnt));
    let values = vec![("item", scene.text(item)), ("prescribed", quantity(prescribed))];
    why.check(["处方中有该项目", "the prescription has the item"], values, !listed.is_empty())?;
    let asked = why.asked(rules)?;
    let named = read(scene.arena, scene.of_prescription(rx.id).into_iter());
    let given = given(scene.arena, &named, item, *asked.states);
    let prescribed = Prescribed { row, rx: &rx, item, quantity: prescribed };
    group_cap::why::<OverPrescription>(why, asked, prescribed, &given)
}

/// A prescription and what names it.
#[derive(Debug, Default)]
pub struct Named {
    /// The prescription, if it stands.
    pub rx: Option<(RowRef, Prescription)>,
    /// Net lines.
    pub lines: Vec<(RowRef, FeeLine)>,
    /// Sales.
    pub sales: Vec<(RowRef, Dispensing)>,
}

/// Reads a prescription and what names it.
pub fn read(arena: &Arena, rows: impl Iterator<Item = RowRef>) -> Named {
    let mut named = Named::default();
    for row in rows {
        match row::kind(arena, row) {
            Kind::Prescription => named.rx = Some((row, row::prescription(arena, row))),
            Kind::FeeLine => named.lines.push((row, row::fee_line(arena, row))),
            _ => named.sales.push((row, row::dispensing(arena, row))),
        }
    }
    named
}
