//! A settlement on a day on which the person is not insured, or not in the settlement's insurance.
//!
//! Reads live settlements by person (`SettlementOfPerson`) beside the person's enrolments (`EnrolmentOfPerson`): one
//! look per settlement, and one per live settlement of a person whose enrolments changed. A settlement without an
//! insutype is covered by any normal enrolment of the day, and one of which the fund paid nothing is left out. Only uncovered settlements go on; they are looked at again
//! when the first enrolment of anybody comes or the last one goes (`AnyEnrolment`).
//! While nobody at all is enrolled, an uncovered settlement is not judged (`Missing::Enrolment`).

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::decimal::format_fen;
use records::row::{self, day_of};
use rulebank::{AmountKind, Comparison, DetectorSpec, Subject};

use crate::compile::Compiler;
use crate::coverage::{InstitutionMonth, Missing, Population};
use crate::finding::{Finding, RuleIx, Value};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::{Out, Route};
use crate::views::Diff;
use crate::why::steps::{Why, day, interval};

const BEGUN: Comparison = Comparison::new(0, "the enrolment begins on or before the day");
const NOT_ENDED: Comparison = Comparison::new(1, "the enrolment ends on or after the day");
const SAME_INSURANCE: Comparison = Comparison::new(2, "the insutypes are equal");
const PAID: Comparison = Comparison::new(3, "the fund paid something");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "enrolment",
    values: &["day", "insutype"],
    comparisons: &[BEGUN, NOT_ENDED, SAME_INSURANCE, PAID],
    subject: Subject::Always("settlement"),
    keys: &[&["setl_id"]],
    amount: Some(AmountKind::FundOfSettlement),
    near: &[Kind::Enrolment, Kind::Settlement],
    far: &[Kind::Enrolment],
    population: Some(Population::LiveSettlement),
    ..DetectorSpec::BARE
};

/// Its rules.
pub type Rules = Vec<RuleIx>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.rules_of(SPEC.name).into_iter().map(|(ix, _)| ix).collect()
}

/// Parts into which uncovered settlements are cut, so that no worker gets them all.
pub const SHARDS: u64 = 64;

/// Judges a live settlement with the enrolments of its person, but for whether anybody is enrolled at all.
pub fn judge(
    arena: &Arena,
    bank: &Policy,
    rules: &Rules,
    settlement_row: RowRef,
    enrolments: &[(RowRef, Diff)],
    sink: &mut Sink,
) {
    let settlement = row::settlement(arena, settlement_row);
    if !bank.over(PAID, settlement.fund, 0) {
        return;
    }
    let day = day_of(settlement.time);
    let covered = enrolments.iter().any(|(enrolment, _)| {
        let enrolment = row::enrolment(arena, *enrolment);
        enrolment.normal
            && (settlement.insutype.is_none()
                || bank.equal(SAME_INSURANCE, settlement.insutype, enrolment.insutype))
            && bank.within(BEGUN, enrolment.begin, day)
            && enrolment.end.is_none_or(|end| bank.within(NOT_ENDED, day, end))
    });
    for rule in rules {
        if !covered {
            let key = (u64::from(settlement_row) % SHARDS) | (u64::from(*rule) << 32);
            sink.emit(Out::Row(Route::Uncovered, key, settlement_row));
        }
    }
}

/// Finishes an uncovered settlement: a finding where any enrolment of anyone stands.
pub fn conclude(
    arena: &Arena,
    bank: &Policy,
    rule: RuleIx,
    settlement_row: RowRef,
    anyone: bool,
    sink: &mut Sink,
) {
    let settlement = row::settlement(arena, settlement_row);
    if !anyone {
        sink.not_judged(
            rule,
            Missing::Enrolment,
            InstitutionMonth::at(settlement.institution, settlement.time),
        );
        return;
    }
    let values = vec![Value::Day(day_of(settlement.time)), Value::Text(settlement.insutype)];
    let finding = Finding::of_settlement(bank, rule, (settlement_row, &settlement), values);
    sink.emit(Out::Finding(Box::new(finding)));
}

/// That the fund paid something of a settlement.
pub(super) const PAID_SOMETHING: [&str; 2] =
    ["基金支付金额大于零", "the fund paid something of the settlement"];

/// A live settlement on a day on which no normal enrolment of the person covers it.
pub fn why(why: &mut Why<'_, '_>, _: &Rules, key: &[TextRef]) -> Option<()> {
    let &[settlement] = key else { return None };
    let scene = why.scene;
    let (_, settlement) = why.live_settlement(settlement)?;
    why.check(PAID_SOMETHING, vec![("fund_pay_sumamt", format_fen(settlement.fund))], settlement.fund > 0)?;
    let on = day_of(settlement.time);
    let of_person = scene.enrolments_of(settlement.psn_no);
    let covers = |enrolment: &&row::Enrolment| {
        enrolment.normal
            && (settlement.insutype.is_none() || settlement.insutype == enrolment.insutype)
            && enrolment.begin <= on
            && enrolment.end.is_none_or(|end| on <= end)
    };
    let covering = of_person.iter().find(covers);
    let mut values = vec![("day", day(on)), ("insutype", scene.text(settlement.insutype))];
    values.extend(of_person.iter().map(|enrolment| {
        let status = if enrolment.normal { "1" } else { "2/3" };
        let (id, insutype) = (scene.text(enrolment.id), scene.text(enrolment.insutype));
        let days = interval(enrolment.begin, enrolment.end);
        ("enrolment", format!("{id} {insutype} status {status} {days}"))
    }));
    why.check(
        [
            "该人当日没有该险种的正常参保",
            "no normal enrolment of the person in this insurance covers the day",
        ],
        values,
        covering.is_none(),
    )?;
    let condition = ["有任何人的参保登记", "enrolments of anybody are there"];
    let all = scene.rows(Kind::Enrolment);
    let values = vec![("enrolment", all.len().to_string())];
    if all.is_empty() {
        return why.missing(condition, values, Missing::Enrolment);
    }
    why.check(condition, values, true)
}
