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
use records::arena::{Arena, RowRef, TextRef};
use records::row::{self, FeeLine, Prescription};
use rulebank::{AmountKind, DetectorSpec, Subject};

use super::PRESCRIBED_BEFORE;
use crate::classes::{Class, Classes};
use crate::compile::Compiler;
use crate::coverage::{InstitutionMonth, Missing, Population};
use crate::finding::{Finding, MessageWord, RuleIx, Value};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::{Out, Route};
use crate::why::steps::{Values, Why};

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
    looks_back: |_, _| vec![(Kind::Prescription, PRESCRIBED_BEFORE)],
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
    let values = vec![Value::Text(line.item), Value::Word(reason), Value::Text(line.rx)];
    let finding = Finding::of_line(bank, rule, false, (line_row, &line), values);
    sink.emit(Out::Finding(Box::new(finding)));
}

/// A drug line of a visit that is not pharmacy, which no prescription covers.
pub fn why(why: &mut Why<'_, '_>, _: &Rules, key: &[TextRef]) -> Option<()> {
    let &[visit, sn] = key else { return None };
    let scene = why.scene;
    let (_, line) = why.net_line(visit, sn)?;
    why.check(
        ["项目为药品或饮片（101、102）", "the item is a drug or herb (101, 102)"],
        vec![("list_type", line.list_type.code().to_owned())],
        line.is_drug(),
    )?;
    let (_, visit) = why.visit(line.visit)?;
    let class = scene.class(&visit);
    let values = vec![("med_type", scene.text(visit.med_type))];
    why.check(["就诊不是药店购药", "the visit is not at a pharmacy"], values, class != Class::Pharmacy)?;
    let standing = scene.find(Kind::Prescription, (line.rx, TextRef::NONE)).filter(|_| line.rx.is_some());
    let rx = standing.map(|row| row::prescription(scene.arena, row));
    let lists = rx.as_ref().is_some_and(|rx| rx.lines.iter().any(|listed| listed.item == line.item));
    let cancelled = rx.as_ref().is_some_and(|rx| rx.cancelled);
    let mut values: Values = vec![("rx_id", scene.text(line.rx)), ("item", scene.text(line.item))];
    if let Some(rx) = &rx {
        values
            .push(("state", if rx.cancelled { "cancelled" } else { "issued/reviewed/dispensed" }.to_owned()));
        let listed: Vec<String> = rx.lines.iter().map(|listed| scene.text(listed.item)).collect();
        values.push(("lines", listed.join("; ")));
    }
    why.check(
        [
            "没有处方号，或处方不存在、已作废，或处方中没有该项目",
            "it has no prescription number, or the prescription does not stand, is cancelled or lacks the item",
        ],
        values,
        !lists || cancelled,
    )?;
    let of_visit = scene.sent_lines_of(visit.id).into_iter();
    let with_rx = of_visit.filter(|row| row::fee_line_place(scene.arena, *row).rx.is_some()).count();
    let sends_rx = ["住院：该次住院有任何明细带处方号", "a stay: some line of it has a prescription number"];
    if class == Class::Inpatient {
        let values = vec![("lines", with_rx.to_string())];
        if with_rx == 0 {
            return why.missing(sends_rx, values, Missing::RxId);
        }
        why.check(sends_rx, values, true)?;
    }
    let here = scene.rows(Kind::Prescription).iter();
    let here =
        here.filter(|row| row::prescription(scene.arena, **row).institution == line.institution).count();
    let sends = ["该机构有任何处方记录", "the institution sends prescriptions"];
    let values = vec![("fixmedins_code", scene.text(line.institution)), ("prescription", here.to_string())];
    if here == 0 {
        return why.missing(sends, values, Missing::Prescription);
    }
    why.check(sends, values, true)
}
