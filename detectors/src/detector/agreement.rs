//! A settlement of an institution that has no active agreement with the fund that day.
//!
//! Reads live settlements by institution (`SettlementOfInstitution`) beside the institution (`Institution`): one look
//! per settlement. A changed institution costs a look at each of its live settlements; nothing is cut before.
//! A settlement of which the fund paid nothing is left out. Another is not judged where the institution is unknown (`Missing::Institution`) or lists no agreements
//! (`Missing::Agreements`).

use records::Kind;
use records::arena::{RowRef, TextRef};
use records::decimal::format_fen;
use records::row::{self, Institution, Settlement, day_of};
use rulebank::{AmountKind, Comparison, DetectorSpec, Subject};

use super::enrolment::PAID_SOMETHING;
use crate::compile::{Compiler, Ruled};
use crate::condition::{Condition, Values, comparisons};
use crate::coverage::{Missing, Population};
use crate::finding::{Finding, Value};
use crate::policy::Policy;
use crate::shape::one_record::{self, OfRecord, One, OneRecord};
use crate::why::steps::{Why, day_at, interval};

const PAID: Comparison = Comparison::new(0, "the fund paid something");
const BEGUN: Comparison = Comparison::new(1, "the agreement begins on or before the day");
const NOT_ENDED: Comparison = Comparison::new(2, "the agreement ends on or after the day");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "agreement",
    values: &["day"],
    comparisons: &comparisons::<3, _>(Agreement::CONDITIONS),
    subject: Subject::Always("settlement"),
    keys: &[&["setl_id"]],
    amount: Some(AmountKind::FundOfSettlement),
    far: &[Kind::Institution],
    population: Some(Population::LiveSettlement),
    ..DetectorSpec::BARE
};

/// Its rules.
pub type Rules = Ruled<()>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.ruled(SPEC.name, |_| ())
}

/// Live settlements on days without an agreement.
#[derive(Debug)]
pub struct Agreement;

impl One<'_, Agreement> {
    fn agreements(&self) -> &[row::Agreement] {
        self.beside.as_ref().map_or(&[], |(_, institution)| &institution.agreements)
    }
}

impl OneRecord for Agreement {
    const CONDITIONS: &'static [Condition<OfRecord<Agreement>>] = &[
        Condition::holds(
            PAID_SOMETHING,
            |one| vec![("fund_pay_sumamt", format_fen(one.record.fund))],
            &[PAID],
            |bank, one| bank.over(PAID, one.record.fund, 0),
        ),
        Condition::record(
            Kind::Institution,
            Missing::Institution,
            |one| one.record.institution,
            |one| one.beside.as_ref().map(|(row, _)| *row),
        ),
        Condition::known(
            ["该机构有协议记录", "agreements of the institution are known"],
            |_| Values::new(),
            Missing::Agreements,
            |one| !one.agreements().is_empty(),
        ),
        Condition::holds(
            ["当日没有有效协议", "no active agreement covers the day"],
            |one| {
                let agreements = one.agreements().iter().map(|agreement| {
                    let status = if agreement.active { "1" } else { "0/2" };
                    ("agreements", format!("status {status} {}", interval(agreement.begin, agreement.end)))
                });
                std::iter::once(("day", day_at(one.record.time))).chain(agreements).collect()
            },
            &[BEGUN, NOT_ENDED],
            |bank, one| {
                let on = day_of(one.record.time);
                !one.agreements().iter().any(|agreement| {
                    agreement.active
                        && bank.within(BEGUN, agreement.begin, on)
                        && agreement.end.is_none_or(|end| bank.within(NOT_ENDED, on, end))
                })
            },
        ),
    ];
    type Params = ();
    type Record = Settlement;
    /// The institution, if it stands.
    type Beside = Option<(RowRef, Institution)>;

    fn beside(why: &mut Why<'_, '_>, settlement: &Settlement) -> Option<Self::Beside> {
        let found = why.scene.find(Kind::Institution, (settlement.institution, TextRef::NONE));
        Some(found.map(|row| (row, row::institution(why.scene.arena, row))))
    }
    fn finding(bank: &Policy, one: &One<'_, Agreement>) -> Finding {
        let values = vec![Value::Day(day_of(one.record.time))];
        let mut finding = Finding::of_settlement(bank, one.rule, (one.row, one.record), values);
        finding.evidence.extend(one.beside.as_ref().map(|(row, _)| *row));
        finding
    }
}

/// Goes through the conditions of a settlement.
pub fn why(why: &mut Why<'_, '_>, rules: &Rules, key: &[TextRef]) -> Option<()> {
    one_record::why::<Agreement>(why, rules, key)
}
