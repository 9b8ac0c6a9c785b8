//! A drug that needs a prescription, sold without one.
//!
//! Reads net sales of what needs a prescription: those without rx_id as the lines and sales are sorted, those with one
//! under the rx_id, with all that `OfPrescription` holds there. Those that are not covered are judged by institution,
//! once for each, and again when the institution begins or ceases to name prescriptions that are there.
//!
//! A sale is covered where its prescription stands and is not cancelled; what it prescribes is not compared. An
//! institution none of whose sales and returns, as sent, names a prescription that stands keeps its prescriptions on
//! paper: of its sales it is not known (`RxId`).

use records::Kind;
use records::arena::TextRef;
use records::row::{self, Dispensing};
use rulebank::{AmountKind, DetectorSpec, Subject};

use super::PRESCRIBED_BEFORE;
use crate::compile::{Compiler, Ruled};
use crate::condition::{Condition, Values};
use crate::coverage::{Missing, Population};
use crate::finding::{Finding, MessageWord, Value};
use crate::policy::Policy;
use crate::shape::one_record::{self, OfRecord, One, OneRecord};
use crate::why::steps::{Why, or_dash};

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "sale_without_prescription",
    values: &["item", "reason"],
    subject: Subject::Always("dispensing"),
    keys: &[&["sel_id"]],
    amount: Some(AmountKind::PriceOfSales),
    near: &[Kind::Prescription],
    far: &[Kind::Dispensing, Kind::Prescription],
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

/// What is known of the prescriptions of a sale.
#[derive(Clone, Copy, Debug)]
pub struct Prescribed {
    /// The one that it names stands and is not cancelled.
    pub covered: bool,
    /// Some sale or return of the institution, as sent, names one that stands.
    pub linked: bool,
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
            |one| vec![("rx_id", or_dash(one.record.rx.is_some().then(|| one.arena.text(one.record.rx))))],
            &[],
            |_, one| !one.beside.covered,
        ),
        Condition::known(
            [
                "该机构有销售或退货的处方号对应在册处方",
                "a sale or return of the institution names a prescription that stands",
            ],
            |one| vec![("fixmedins_code", one.arena.text(one.record.institution))],
            Missing::RxId,
            |one| one.beside.linked,
        ),
    ];
    type Params = ();
    type Record = Dispensing;
    type Beside = Prescribed;

    fn beside(why: &mut Why<'_, '_>, sale: &Dispensing) -> Option<Prescribed> {
        let scene = why.scene;
        let names_one = |other: &Dispensing| {
            other.institution == sale.institution
                && other.rx.is_some()
                && scene.find(Kind::Prescription, (other.rx, TextRef::NONE)).is_some()
        };
        let mut all = scene.rows(Kind::Dispensing).iter().map(|row| row::dispensing(scene.arena, *row));
        let linked = all.any(|other| names_one(&other));
        Some(Prescribed { covered: scene.valid_prescription(sale.rx).is_some(), linked })
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
