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
use records::arena::TextRef;
use records::row::Dispensing;
use rulebank::{AmountKind, DetectorSpec, Subject};

use super::PRESCRIBED_BEFORE;
use crate::compile::{Compiler, Ruled};
use crate::condition::{Condition, Values};
use crate::coverage::Population;
use crate::finding::{Finding, MessageWord, Value};
use crate::policy::Policy;
use crate::shape::one_record::{self, OfRecord, One, OneRecord};
use crate::why::steps::Why;

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "sale_without_prescription",
    values: &["item", "reason"],
    subject: Subject::Always("dispensing"),
    keys: &[&["sel_id"]],
    amount: Some(AmountKind::PriceOfSales),
    near: &[Kind::Prescription],
    population: Some(Population::Sale),
    looks_back: |_, _| vec![(Kind::Prescription, PRESCRIBED_BEFORE)],
    ..DetectorSpec::BARE
};

/// Its rules.
pub type Rules = Ruled<()>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.ruled(SPEC.name, |_| ())
}

/// Sales of what needs a prescription.
#[derive(Debug)]
pub struct SaleWithoutPrescription;

impl OneRecord for SaleWithoutPrescription {
    const CONDITIONS: &'static [Condition<OfRecord<SaleWithoutPrescription>>] = &[
        Condition::holds(
            ["该药须凭处方销售（rx_flag 1）", "it needs a prescription (rx_flag 1)"],
            |_| Values::new(),
            &[],
            |_, one| one.record.needs_rx,
        ),
        Condition::holds(
            [
                "没有处方号，或该处方不存在、已作废",
                "it has no prescription number, or the prescription does not stand or is cancelled",
            ],
            |one| vec![("rx_id", one.arena.text(one.record.rx))],
            &[],
            |_, one| !*one.beside,
        ),
    ];
    type Params = ();
    type Record = Dispensing;
    /// Whether its prescription stands and is not cancelled.
    type Beside = bool;

    fn beside(why: &mut Why<'_, '_>, sale: &Dispensing) -> Option<bool> {
        Some(why.scene.valid_prescription(sale.rx).is_some())
    }
    fn finding(bank: &Policy, one: &One<'_, SaleWithoutPrescription>) -> Finding {
        let reason = match one.record.rx.is_none() {
            true => MessageWord::NoPrescription,
            false => MessageWord::InvalidPrescription,
        };
        let values = vec![Value::Text(one.record.item), Value::Word(reason)];
        Finding::of_sale(bank, one.rule, (one.row, one.record), values)
    }
}

/// Goes through the conditions of a sale.
pub fn why(why: &mut Why<'_, '_>, rules: &Rules, key: &[TextRef]) -> Option<()> {
    one_record::why::<SaleWithoutPrescription>(why, rules, key)
}
