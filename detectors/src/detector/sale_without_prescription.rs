//! A drug that needs a prescription, sold without one.
//!
//! Reads net sales. Those without rx_id are judged as the lines and sales are sorted, one look per sale, and one where
//! the record of its visit changes; those with one under the rx_id, with all that `OfPrescription` holds there, again
//! when any of it changes. When its rules change, of the sales without rx_id only those are judged again that need a
//! prescription.
//!
//! A sale is covered where its prescription stands and is not cancelled; what it prescribes is not compared. A
//! prescription that has not come counts as none, so that no reason for not judging is stated.

use records::Kind;
use records::arena::RowRef;
use records::row::Dispensing;
use rulebank::{AmountKind, DetectorSpec, Subject};

use crate::compile::Compiler;
use crate::coverage::Population;
use crate::finding::{Finding, MessageWord, RuleIx, Value};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::Out;

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "sale_without_prescription",
    values: &["item", "reason"],
    subject: Subject::Always("dispensing"),
    keys: &[&["sel_id"]],
    amount: Some(AmountKind::PriceOfSales),
    near: &[Kind::Prescription],
    population: Some(Population::Sale),
    ..DetectorSpec::BARE
};

/// Its rules.
pub type Rules = Vec<RuleIx>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.rule_numbers(SPEC.name)
}

/// Judges a sale; `covered`: its prescription stands and is not cancelled.
pub fn judge(
    bank: &Policy,
    rules: &Rules,
    sale_row: RowRef,
    sale: &Dispensing,
    covered: bool,
    sink: &mut Sink,
) {
    if !sale.needs_rx || covered {
        return;
    }
    for rule in rules {
        let reason =
            if sale.rx.is_none() { MessageWord::NoPrescription } else { MessageWord::InvalidPrescription };
        let values = vec![Value::Text(sale.item), Value::Word(reason)];
        sink.emit(Out::Finding(Box::new(Finding::of_sale(bank, *rule, (sale_row, sale), values))));
    }
}
