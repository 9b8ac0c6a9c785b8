//! One invoice on two or more live settlements.
//!
//! Reads live settlements with a bill_code and a bill_no, and the invoice itself where it is known, by these two
//! (`Bill`): one pass over what stands under the pair whenever any of it changes. Settlements without both never come
//! here. There is no reason for which an invoice is not judged.

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row::{self, Settlement};
use rulebank::looks_back::Reach;
use rulebank::{AmountKind, Comparison, DetectorSpec, Subject};

use crate::compile::{Compiler, Ruled};
use crate::condition::{Condition, comparisons};
use crate::coverage::InstitutionMonth;
use crate::finding::{AmountBasis, Finding, KeyPart, Money, Value};
use crate::policy::Policy;
use crate::shape::element::asked;
use crate::shape::group_cap::{self, Group, GroupCap, OfGroup};
use crate::sink::Sink;
use crate::views::{Diff, pair_of};
use crate::why::steps::Why;

const TWO_SETTLEMENTS: Comparison = Comparison::new(0, "there are at least two settlements");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "invoice_twice",
    values: &["settlements", "bill_code", "bill_no"],
    comparisons: &comparisons::<1, _>(InvoiceTwice::CONDITIONS),
    subject: Subject::Always("invoice"),
    subject_parts: 2,
    keys: &[&["bill_code", "bill_no"]],
    amount: Some(AmountKind::FundOfSettlementsButLargest),
    near: &[Kind::Settlement, Kind::Invoice],
    looks_back: |_, _| vec![(Kind::Settlement, Reach::Ever)],
    ..DetectorSpec::BARE
};

/// Its rules.
pub type Rules = Ruled<()>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.ruled(SPEC.name, |_| ())
}

/// Invoices that were settled more than once: the live settlements that carry one, by key.
#[derive(Debug)]
pub struct InvoiceTwice;

/// An invoice by its code and number.
#[derive(Clone, Copy, Debug)]
pub struct Invoice {
    code: TextRef,
    number: TextRef,
    /// Its record, if it stands.
    row: Option<RowRef>,
}

impl Group<'_, InvoiceTwice> {
    /// The institution that issued it, where that is known.
    fn issued_by(&self) -> Option<TextRef> {
        let issued_by = self.key.row.map(|row| row::invoice(self.arena, row).institution);
        issued_by.filter(|institution| institution.is_some())
    }
}

impl GroupCap for InvoiceTwice {
    const SPEC: DetectorSpec = SPEC;
    const CONDITIONS: &'static [Condition<OfGroup<InvoiceTwice>>] = &[Condition::holds(
        ["至少两笔有效结算使用该票据", "two live settlements or more carry the invoice"],
        |carried| {
            vec![
                ("bill_code", carried.arena.text(carried.key.code)),
                ("bill_no", carried.arena.text(carried.key.number)),
                ("settlements", carried.count().to_string()),
                ("setl_id", carried.ids()),
            ]
        },
        &[TWO_SETTLEMENTS],
        |bank, carried| bank.reaches(TWO_SETTLEMENTS, carried.count(), 2),
    )];
    type Key<'a> = Invoice;
    type Element = (RowRef, Settlement);
    type States = ();

    fn month(carried: &Group<'_, InvoiceTwice>) -> InstitutionMonth {
        let time = carried.records.first().map_or(0, |(_, settlement)| settlement.time);
        InstitutionMonth::at(carried.issued_by().unwrap_or_default(), time)
    }
    fn finding(bank: &Policy, carried: &Group<'_, InvoiceTwice>) -> Finding {
        let (settlements, Invoice { code, number, .. }) = (carried.records, carried.key);
        // The largest is left out; on a tie the first by key.
        let mut largest = 0;
        for (nth, (_, settlement)) in settlements.iter().enumerate() {
            if settlement.fund > settlements[largest].1.fund {
                largest = nth;
            }
        }
        let rest = settlements.iter().enumerate().filter(|(nth, _)| *nth != largest).map(|(_, rest)| rest);
        let money: Vec<Money> =
            rest.map(|(row, settlement)| Money { row: *row, own: settlement.fund.max(0) }).collect();
        let amount = money.iter().fold(0i64, |sum, money| sum.saturating_add(money.own));
        let found = carried.found(
            bank,
            vec![KeyPart::Text(code), KeyPart::Text(number)],
            AmountBasis::Laid(amount, money),
            vec![Value::Int(carried.count()), Value::Text(code), Value::Text(number)],
        );
        Finding { institution: carried.issued_by().unwrap_or(found.institution), ..found }
    }
}

/// Judges an invoice number: the live settlements that carry it, and the invoice itself where it is known.
pub fn judge(
    arena: &Arena,
    bank: &Policy,
    rules: &Rules,
    key: u64,
    rows: &[(RowRef, Diff)],
    sink: &mut Sink,
) {
    let of_kind = |kind| rows.iter().map(|(row, _)| *row).filter(move |row| row::kind(arena, *row) == kind);
    let settlements: Vec<(RowRef, Settlement)> =
        of_kind(Kind::Settlement).map(|row| (row, row::settlement(arena, row))).collect();
    if settlements.is_empty() {
        return;
    }
    let (code, number) = pair_of(key);
    let invoice = Invoice { code, number, row: of_kind(Kind::Invoice).next() };
    let settlements = by_key(arena, settlements);
    for asked in asked(rules) {
        group_cap::judge::<InvoiceTwice>(arena, bank, asked, invoice, &settlements, sink);
    }
}

fn by_key(arena: &Arena, mut settlements: Vec<(RowRef, Settlement)>) -> Vec<(RowRef, Settlement)> {
    settlements.sort_by(|(_, a), (_, b)| arena.compare(a.id, b.id));
    settlements
}

/// Goes through the conditions of (invoice code, number).
pub fn why(why: &mut Why<'_, '_>, rules: &Rules, key: &[TextRef]) -> Option<()> {
    let &[code, number] = key else { return None };
    let scene = why.scene;
    let carrying =
        scene.live().filter(|(_, settlement)| (settlement.bill_code, settlement.bill_no) == (code, number));
    let settlements = by_key(scene.arena, carrying.collect());
    let asked = why.asked(rules)?;
    group_cap::why::<InvoiceTwice>(why, asked, Invoice { code, number, row: None }, &settlements)
}
