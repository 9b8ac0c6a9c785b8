//! A drug on the bill that no prescription covers.
//!
//! Reads net drug lines outside pharmacies: those without rx_id as the lines are sorted, those with one from
//! `OfPrescription`, where the prescription is missing, cancelled or does not contain the item. Only these meet the
//! visit and `VisitWithRx` under the visit, and then `Prescribing` under the institution: one look per line at each
//! step, and one when its visit, its first or last line with an rx_id, or the first or last prescription of the
//! institution changes.
//!
//! A line of a stay in which no line has an rx_id is not judged (`RxId`), nor is one of an institution that sends no
//! prescription at all (`Prescription`). Lines without their visit do not come this far.

use records::Kind;
use records::arena::{Arena, RowRef};
use records::row::{self, FeeLine, Prescription};
use rulebank::{AmountKind, DetectorSpec, Subject};

use crate::classes::{Class, Classes};
use crate::compile::Compiler;
use crate::coverage::{InstitutionMonth, Missing, Population};
use crate::finding::{AmountBasis, Finding, KeyPart, MessageWord, RuleIx, Value};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::{Out, Route};

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "no_prescription",
    values: &["item", "reason", "rx_id"],
    subject: Subject::Always("fee_line"),
    subject_parts: 2,
    keys: &[&["mdtrt_id", "feedetl_sn"]],
    amount: Some(AmountKind::FundOfLine),
    near: &[Kind::Prescription, Kind::FeeLine, Kind::Visit, Kind::Settlement],
    far: &[Kind::Prescription],
    population: Some(Population::DrugLine),
    ..DetectorSpec::BARE
};

/// Its rules.
pub type Rules = Vec<RuleIx>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.rules_of(SPEC.name).into_iter().map(|(ix, _)| ix).collect()
}

/// Whether a net line in a visit of this class is a subject.
pub fn is_subject(line: &FeeLine, class: Class) -> bool {
    line.is_net() && line.is_drug() && class != Class::Pharmacy
}

/// Whether the prescription of its rx_id covers the line.
pub fn covers(prescription: Option<&Prescription>, line: &FeeLine) -> bool {
    prescription
        .is_some_and(|rx| !rx.cancelled && rx.lines.iter().any(|prescribed| prescribed.item == line.item))
}

/// Judges an uncovered drug line with its visit, but for whether the institution sends prescriptions.
///
/// `sent`: whether any fee line of the visit, as sent, has an rx_id.
pub fn judge(
    arena: &Arena,
    rules: &Rules,
    classes: &Classes,
    line_row: RowRef,
    visit_row: Option<RowRef>,
    sent: bool,
    sink: &mut Sink,
) {
    let Some(visit) = visit_row.map(|visit| row::visit(arena, visit)) else { return };
    let class = classes.class(visit.med_type, row::day_of(visit.begin));
    let line = row::fee_line(arena, line_row);
    if !is_subject(&line, class) {
        return;
    }
    for rule in rules {
        if class == Class::Inpatient && !sent {
            sink.not_judged(*rule, Missing::RxId, InstitutionMonth::at(line.institution, line.time));
        } else {
            let key = u64::from(line.institution) | u64::from(*rule) << 32;
            sink.emit(Out::Row(Route::DrugSuspicious, key, line_row));
        }
    }
}

/// Finishes a suspicious line: a finding where the institution has any prescription.
pub fn conclude(arena: &Arena, bank: &Policy, rule: RuleIx, line_row: RowRef, sends: bool, sink: &mut Sink) {
    let line = row::fee_line(arena, line_row);
    if !sends {
        sink.not_judged(rule, Missing::Prescription, InstitutionMonth::at(line.institution, line.time));
        return;
    }
    let reason =
        if line.rx.is_none() { MessageWord::NoPrescription } else { MessageWord::InvalidPrescription };
    sink.emit(Out::Finding(Box::new(Finding {
        rule,
        verdict: bank.verdict(rule, false),
        key: vec![KeyPart::Text(line.visit), KeyPart::Text(line.sn)],
        institution: line.institution,
        evidence: vec![line_row],
        occurred: line.time,
        amount_basis: AmountBasis::FundAmount(line_row),
        values: vec![Value::Text(line.item), Value::Word(reason), Value::Text(line.rx)],
    })));
}
