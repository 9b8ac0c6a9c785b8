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

use crate::compile::{Compiler, Ruled, choice};
use crate::condition::{self, Condition, Judged, Values, comparisons};
use crate::coverage::{Count, InstitutionMonth};
use crate::exact::{exact_quantity, fen_of};
use crate::finding::{
    AmountBasis, Finding, KeyPart, Money, RuleIx, Value, money_of_lines, money_of_sales, sorted_lines,
};
use crate::policy::Policy;
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

/// What was billed or sold of a prescribed item, in the order of keys.
#[derive(Debug, Default)]
struct Total {
    quantity: i64,
    highest_price: i64,
    latest: Option<Moment>,
    rows: Vec<RowRef>,
    money: Vec<Money>,
}

impl Total {
    fn billed(arena: &Arena, lines: &[(RowRef, FeeLine)], item: TextRef) -> Total {
        let lines: Vec<(RowRef, FeeLine)> =
            lines.iter().filter(|(_, line)| line.item == item).copied().collect();
        let lines = sorted_lines(arena, &lines);
        Total {
            quantity: lines.iter().fold(0, |sum, (_, line)| sum.saturating_add(line.cnt)),
            highest_price: lines.iter().map(|(_, line)| line.price).max().unwrap_or(0),
            latest: lines.iter().map(|(_, line)| line.time).max(),
            rows: lines.iter().map(|(row, _)| *row).collect(),
            money: money_of_lines(&lines).1,
        }
    }

    fn sold(arena: &Arena, sales: &[(RowRef, Dispensing)], item: TextRef) -> Total {
        let mut sales: Vec<(RowRef, Dispensing)> =
            sales.iter().filter(|(_, sale)| sale.item == item).cloned().collect();
        sales.sort_by(|(_, a), (_, b)| arena.compare(a.id, b.id));
        Total {
            quantity: sales.iter().fold(0, |sum, (_, sale)| sum.saturating_add(sale.cnt)),
            highest_price: sales.iter().map(|(_, sale)| sale.price.unwrap_or(0)).max().unwrap_or(0),
            latest: sales.iter().map(|(_, sale)| sale.time).max(),
            rows: sales.iter().map(|(row, _)| *row).collect(),
            money: money_of_sales(&sales),
        }
    }
}

/// A prescribed item with what was billed or sold of it.
#[derive(Clone, Copy, Debug)]
pub struct Prescribed<'a> {
    arena: &'a Arena,
    rule: RuleIx,
    of: Of,
    rx_row: RowRef,
    rx: &'a Prescription,
    item: TextRef,
    /// The quantity on the prescription, in ten-thousandths.
    prescribed: i64,
    given: &'a Total,
}

impl Prescribed<'_> {
    fn quantities(&self) -> Values {
        let name = if self.of == Of::Sales { "sales" } else { "lines" };
        let mut parts: Vec<String> = self.given.rows.iter().map(|row| self.part(*row)).collect();
        parts.sort_unstable();
        vec![
            ("quantity", quantity(self.given.quantity)),
            (name, parts.join("; ")),
            ("prescribed", quantity(self.prescribed)),
        ]
    }

    fn part(&self, row: RowRef) -> String {
        let arena = self.arena;
        match self.of {
            Of::Lines => {
                let line = row::fee_line(arena, row);
                format!("{}/{} × {}", arena.text(line.visit), arena.text(line.sn), quantity(line.cnt))
            }
            Of::Sales => {
                let sale = row::dispensing(arena, row);
                format!("{} × {}", arena.text(sale.id), quantity(sale.cnt))
            }
        }
    }

    fn is_exceeded(&self, bank: &Policy) -> bool {
        !self.given.rows.is_empty() && bank.over(MORE_THAN_PRESCRIBED, self.given.quantity, self.prescribed)
    }
}

/// Items of which more was billed, or sold, than prescribed.
#[derive(Debug)]
pub struct OverPrescription;

impl Judged for OverPrescription {
    type Candidate<'a> = Prescribed<'a>;
    const CONDITIONS: &'static [Condition<OverPrescription>] = &[
        Condition::<OverPrescription>::holds(
            ["销售数量超过处方量", "more was sold on it than prescribed"],
            |item| item.quantities(),
            &[MORE_THAN_PRESCRIBED],
            |bank, item| item.is_exceeded(bank),
        )
        .only_if(|item| item.of == Of::Sales),
        Condition::<OverPrescription>::holds(
            ["明细数量超过处方量", "more was billed on it than prescribed"],
            |item| item.quantities(),
            &[MORE_THAN_PRESCRIBED],
            |bank, item| item.is_exceeded(bank),
        )
        .only_if(|item| item.of == Of::Lines),
    ];

    fn rule(item: &Prescribed<'_>) -> RuleIx {
        item.rule
    }
    fn month(item: &Prescribed<'_>) -> InstitutionMonth {
        InstitutionMonth::at(item.rx.institution, item.rx.time)
    }
    fn finding(bank: &Policy, item: &Prescribed<'_>) -> Finding {
        let (rx, given) = (item.rx, item.given);
        let excess = exact_quantity(given.quantity) - exact_quantity(item.prescribed);
        let mut evidence = given.rows.clone();
        evidence.push(item.rx_row);
        Finding {
            rule: item.rule,
            verdict: bank.verdict(item.rule, false),
            key: vec![KeyPart::Text(rx.id), KeyPart::Text(item.item)],
            institution: rx.institution,
            evidence,
            occurred: given.latest.map_or(rx.time, |latest| latest.max(rx.time)),
            amount_basis: AmountBasis::Laid(fen_of(excess, given.highest_price), given.money.clone()),
            values: vec![
                Value::Text(item.item),
                Value::Quantity(given.quantity),
                Value::Quantity(item.prescribed),
                Value::Text(rx.id),
            ],
        }
    }
}

/// Judges a prescription with the net lines and the sales that name it; there is none where it is cancelled.
pub fn judge(
    arena: &Arena,
    bank: &Policy,
    rules: &Rules,
    Named { rx, lines, sales }: &Named,
    sink: &mut Sink,
) {
    let Some((rx_row, rx)) = rx.as_ref().filter(|_| !rules.is_empty()) else { return };
    let mut prescribed: BTreeMap<TextRef, i64> = BTreeMap::new();
    for line in &rx.lines {
        let sum = prescribed.entry(line.item).or_default();
        *sum = sum.saturating_add(line.cnt);
    }
    for (item, prescribed) in prescribed {
        for (rule, _) in rules {
            sink.count(Count::Subject(*rule));
        }
        // Summed once for all rules that compare the same; mostly there is nothing to sum.
        for compared in [Of::Lines, Of::Sales] {
            let given = match compared {
                Of::Lines if lines.iter().any(|(_, line)| line.item == item) => {
                    Total::billed(arena, lines, item)
                }
                Of::Sales if sales.iter().any(|(_, sale)| sale.item == item) => {
                    Total::sold(arena, sales, item)
                }
                _ => continue,
            };
            for (rule, of) in rules.iter().filter(|(_, of)| *of == compared) {
                let candidate = Prescribed {
                    arena,
                    rule: *rule,
                    of: *of,
                    rx_row: *rx_row,
                    rx,
                    item,
                    prescribed,
                    given: &given,
                };
                condition::judge::<OverPrescription>(bank, &candidate, sink);
            }
        }
    }
}

/// Goes through the conditions of (prescription, item).
pub fn why(why: &mut Why<'_, '_>, rules: &Rules, key: &[TextRef]) -> Option<()> {
    let &[rx, item] = key else { return None };
    let scene = why.scene;
    let (rx_row, rx) = why.prescription(rx)?;
    let listed: Vec<i64> = rx.lines.iter().filter(|line| line.item == item).map(|line| line.cnt).collect();
    let prescribed = listed.iter().fold(0i64, |sum, cnt| sum.saturating_add(*cnt));
    let values = vec![("item", scene.text(item)), ("prescribed", quantity(prescribed))];
    why.check(["处方中有该项目", "the prescription has the item"], values, !listed.is_empty())?;
    let (rule, of) = *rules.iter().find(|(rule, _)| *rule == why.number)?;
    let rows = scene.of_prescription(rx.id);
    let named = read(scene.arena, rows.into_iter());
    let given = match of {
        Of::Lines => Total::billed(scene.arena, &named.lines, item),
        Of::Sales => Total::sold(scene.arena, &named.sales, item),
    };
    why.conditions::<OverPrescription>(&Prescribed {
        arena: scene.arena,
        rule,
        of,
        rx_row,
        rx: &rx,
        item,
        prescribed,
        given: &given,
    })
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
