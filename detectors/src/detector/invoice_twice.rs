//! One invoice on two or more live settlements.
//!
//! Reads live settlements with a bill_code and a bill_no, and the invoice itself where it is known, by these two
//! (`Bill`): one pass over what stands under the pair whenever any of it changes. Settlements without both never come
//! here. There is no reason for which an invoice is not judged.

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row::{self, Moment, Settlement};
use rulebank::{AmountKind, Comparison, DetectorSpec, Subject};

use crate::compile::Compiler;
use crate::condition::{self, Condition, Judged, comparisons};
use crate::coverage::{Count, InstitutionMonth};
use crate::finding::{AmountBasis, Finding, KeyPart, Money, RuleIx, Value, common_institution};
use crate::policy::Policy;
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
    ..DetectorSpec::BARE
};

/// Its rules.
pub type Rules = Vec<RuleIx>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.rule_numbers(SPEC.name)
}

/// The live settlements that carry an invoice.
#[derive(Clone, Copy, Debug)]
pub struct Carried<'a> {
    arena: &'a Arena,
    rule: RuleIx,
    /// bill_code and bill_no
    invoice: (TextRef, TextRef),
    /// The invoice itself, if it stands.
    invoice_row: Option<RowRef>,
    /// By key.
    settlements: &'a [(RowRef, Settlement)],
}

impl Carried<'_> {
    /// The institution that issued it, where that is known.
    fn issued_by(&self) -> Option<TextRef> {
        let issued_by = self.invoice_row.map(|row| row::invoice(self.arena, row).institution);
        issued_by.filter(|institution| institution.is_some())
    }
}

/// Invoices that were settled more than once.
#[derive(Debug)]
pub struct InvoiceTwice;

impl Judged for InvoiceTwice {
    type Candidate<'a> = Carried<'a>;
    const CONDITIONS: &'static [Condition<InvoiceTwice>] = &[Condition::holds(
        ["至少两笔有效结算使用该票据", "two live settlements or more carry the invoice"],
        |carried| {
            let text = |text: TextRef| carried.arena.text(text);
            let ids: Vec<String> =
                carried.settlements.iter().map(|(_, settlement)| text(settlement.id)).collect();
            vec![
                ("bill_code", text(carried.invoice.0)),
                ("bill_no", text(carried.invoice.1)),
                ("settlements", ids.len().to_string()),
                ("setl_id", ids.join("; ")),
            ]
        },
        &[TWO_SETTLEMENTS],
        |bank, carried| bank.reaches(TWO_SETTLEMENTS, carried.settlements.len(), 2),
    )];

    fn rule(carried: &Carried<'_>) -> RuleIx {
        carried.rule
    }
    fn month(carried: &Carried<'_>) -> InstitutionMonth {
        let time = carried.settlements.first().map_or(0, |(_, settlement)| settlement.time);
        InstitutionMonth::at(carried.issued_by().unwrap_or_default(), time)
    }
    fn finding(bank: &Policy, carried: &Carried<'_>) -> Finding {
        let settlements = carried.settlements;
        let evidence: Vec<RowRef> = settlements.iter().map(|(row, _)| *row).collect();
        let institution = carried.issued_by().unwrap_or_else(|| common_institution(carried.arena, &evidence));
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
        let (bill_code, bill_no) = carried.invoice;
        Finding {
            rule: carried.rule,
            verdict: bank.verdict(carried.rule, false),
            key: vec![KeyPart::Text(bill_code), KeyPart::Text(bill_no)],
            institution,
            evidence,
            occurred: settlements.iter().map(|(_, settlement)| settlement.time).max().unwrap_or(Moment::MIN),
            amount_basis: AmountBasis::Laid(amount, money),
            values: vec![
                Value::Int(i64::try_from(settlements.len()).unwrap_or(i64::MAX)),
                Value::Text(bill_code),
                Value::Text(bill_no),
            ],
        }
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
    let invoice_row = of_kind(Kind::Invoice).next();
    let settlements = &by_key(arena, settlements);
    for rule in rules {
        sink.count(Count::Subject(*rule));
        let candidate = Carried { arena, rule: *rule, invoice: pair_of(key), invoice_row, settlements };
        condition::judge::<InvoiceTwice>(bank, &candidate, sink);
    }
}

fn by_key(arena: &Arena, mut settlements: Vec<(RowRef, Settlement)>) -> Vec<(RowRef, Settlement)> {
    settlements.sort_by(|(_, a), (_, b)| arena.compare(a.id, b.id));
    settlements
}

/// Goes through the conditions of (invoice code, number).
pub fn why(why: &mut Why<'_, '_>, _: &Rules, key: &[TextRef]) -> Option<()> {
    let &[code, number] = key else { return None };
    let scene = why.scene;
    let carrying =
        scene.live().filter(|(_, settlement)| (settlement.bill_code, settlement.bill_no) == (code, number));
    let settlements = &by_key(scene.arena, carrying.collect());
    let invoice = (code, number);
    why.conditions::<InvoiceTwice>(&Carried {
        arena: scene.arena,
        rule: why.number,
        invoice,
        invoice_row: None,
        settlements,
    })
}
