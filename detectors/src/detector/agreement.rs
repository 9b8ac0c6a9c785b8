//! A settlement of an institution that has no active agreement with the fund that day.
//!
//! Reads live settlements by institution (`SettlementOfInstitution`) beside the institution (`Institution`): one look
//! per settlement. A changed institution costs a look at each of its live settlements; nothing is cut before.
//! A settlement is not judged where the institution is unknown (`Missing::Institution`) or lists no agreements
//! (`Missing::Agreements`).

use records::Kind;
use records::arena::{Arena, RowRef};
use records::row::{self, day_of};
use rulebank::{AmountKind, Comparison, DetectorSpec, Subject};

use crate::compile::Compiler;
use crate::coverage::{InstitutionMonth, Missing, Population};
use crate::finding::{AmountBasis, Finding, KeyPart, Money, RuleIx, Value};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::Out;

const BEGUN: Comparison = Comparison::new(0, "the agreement begins on or before the day");
const NOT_ENDED: Comparison = Comparison::new(1, "the agreement ends on or after the day");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "agreement",
    values: &["day"],
    comparisons: &[BEGUN, NOT_ENDED],
    subject: Subject::Always("settlement"),
    keys: &[&["setl_id"]],
    amount: Some(AmountKind::FundOfSettlement),
    far: &[Kind::Institution],
    population: Some(Population::LiveSettlement),
    ..DetectorSpec::BARE
};

/// Its rules.
pub type Rules = Vec<RuleIx>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.rule_numbers(SPEC.name)
}

/// Judges a live settlement with its institution.
pub fn judge(
    arena: &Arena,
    bank: &Policy,
    rules: &Rules,
    settlement_row: RowRef,
    institution: Option<RowRef>,
    sink: &mut Sink,
) {
    let settlement = row::settlement(arena, settlement_row);
    let not_judged = |missing, sink: &mut Sink| {
        for rule in rules {
            sink.not_judged(*rule, missing, InstitutionMonth::at(settlement.institution, settlement.time));
        }
    };
    let Some(institution_row) = institution else { return not_judged(Missing::Institution, sink) };
    let institution = row::institution(arena, institution_row);
    if institution.agreements.is_empty() {
        return not_judged(Missing::Agreements, sink);
    }
    let day = day_of(settlement.time);
    let covered = institution.agreements.iter().any(|agreement| {
        agreement.active
            && bank.within(BEGUN, agreement.begin, day)
            && agreement.end.is_none_or(|end| bank.within(NOT_ENDED, day, end))
    });
    if covered {
        return;
    }
    let own = settlement.fund.max(0);
    for rule in rules {
        sink.emit(Out::Finding(Box::new(Finding {
            rule: *rule,
            verdict: bank.verdict(*rule, false),
            key: vec![KeyPart::Text(settlement.id)],
            institution: settlement.institution,
            evidence: vec![settlement_row, institution_row],
            occurred: settlement.time,
            amount_basis: AmountBasis::Laid(own, vec![Money { row: settlement_row, own }]),
            values: vec![Value::Day(day)],
        })));
    }
}
