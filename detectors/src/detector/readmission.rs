//! A stay cut in two: back in the same institution with the same main diagnosis within days.
//!
//! Reads all visits of a person together, once for all detectors that compare them, and again when one of them changes.
//! Persons with fewer than two visits, or without a stay, are cut before. Stays are sorted by institution and begin,
//! and only neighbours are compared; diagnoses are read only where the days between do not rule a pair out.
//!
//! A pair is not judged where either stay has no main diagnosis (`Diags`), nor where the earlier has no end
//! (`Endtime`), unless the main diagnoses are known and differ.

use records::arena::{Arena, RowRef, TextRef};
use records::row::{self, day_of};
use rulebank::{AmountKind, Comparison, DetectorSpec, ParamKind, ParamSpec, Subject};

use crate::compile::{Compiler, integer};
use crate::coverage::{Count, InstitutionMonth, Missing};
use crate::finding::{AmountBasis, Finding, KeyPart, RuleIx, Value};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::Out;
use crate::visited::{Visited, stays_of};

const NOT_BEFORE_END: Comparison =
    Comparison::new(0, "the later stay does not begin before the earlier ends");
const WITHIN_DAYS: Comparison = Comparison::new(1, "the days between are at most `days`");
const SAME_DIAGNOSIS: Comparison =
    Comparison::new(2, "the first three characters of the main diagnoses are equal");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "readmission",
    params: &[ParamSpec {
        name: "days",
        doc: "Days between the end of a stay and the begin of the next at the most.",
        kind: ParamKind::Integer { min: 0, max: 365 },
        default: "15",
    }],
    values: &["days", "code"],
    comparisons: &[NOT_BEFORE_END, WITHIN_DAYS, SAME_DIAGNOSIS],
    subject: Subject::Always("visit"),
    keys: &[&["mdtrt_id", "mdtrt_id"]],
    amount: Some(AmountKind::FundOfLaterStay),
    near: super::STAYS,
    ..DetectorSpec::BARE
};

/// Its rules and their days.
pub type Rules = Vec<(RuleIx, i64)>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.rules_of(SPEC.name).into_iter().map(|(ix, rule)| (ix, integer(&rule, "days"))).collect()
}

/// The main diagnosis of a visit: of those marked, the lowest by (diag_srt_no, absent last; position).
pub fn main_diagnosis(arena: &Arena, visit_row: RowRef) -> Option<TextRef> {
    let diagnoses = row::diagnoses(arena, visit_row);
    let main = diagnoses.iter().filter(|diagnosis| diagnosis.main);
    main.min_by_key(|diagnosis| (diagnosis.rank.is_none(), diagnosis.rank)).map(|diagnosis| diagnosis.code)
}

fn category(code: &str) -> String {
    code.chars().take(3).collect()
}

/// Judges the stays of one person: those of an institution that follow each other.
pub fn judge(arena: &Arena, bank: &Policy, rules: &Rules, visits: &[Visited], sink: &mut Sink) {
    if rules.is_empty() {
        return;
    }
    let mut stays = stays_of(arena, visits);
    if stays.len() < 2 {
        return;
    }
    // Within an institution they keep the order of (begntime, mdtrt_id).
    stays.sort_by_key(|stay| stay.visit.institution);
    for two in stays.windows(2).filter(|two| two[0].visit.institution == two[1].visit.institution) {
        let (earlier, later) = (two[0], two[1]);
        let mut diagnoses: Option<(Option<TextRef>, Option<TextRef>)> = None;
        for (rule, days) in rules {
            sink.count(Count::Subject(*rule));
            let apart = earlier.visit.end.map(|end| i64::from(day_of(later.visit.begin) - day_of(end)));
            if apart.is_some_and(|apart| {
                !bank.reaches(NOT_BEFORE_END, apart, 0) || !bank.within(WITHIN_DAYS, apart, *days)
            }) {
                continue;
            }
            let codes = *diagnoses.get_or_insert_with(|| {
                (main_diagnosis(arena, earlier.row), main_diagnosis(arena, later.row))
            });
            let (before, after) = match codes {
                (Some(before), Some(after)) => (arena.text(before), arena.text(after)),
                _ => {
                    let missing = if apart.is_none() { Missing::Endtime } else { Missing::Diags };
                    sink.not_judged(
                        *rule,
                        missing,
                        InstitutionMonth::at(later.visit.institution, later.visit.begin),
                    );
                    continue;
                }
            };
            if !bank.equal(SAME_DIAGNOSIS, category(&before), category(&after)) {
                continue;
            }
            let Some(apart) = apart else {
                sink.not_judged(
                    *rule,
                    Missing::Endtime,
                    InstitutionMonth::at(later.visit.institution, later.visit.begin),
                );
                continue;
            };
            sink.emit(Out::Finding(Box::new(Finding {
                rule: *rule,
                verdict: bank.verdict(*rule, false),
                key: vec![KeyPart::Text(earlier.visit.id), KeyPart::Text(later.visit.id)],
                institution: earlier.visit.institution,
                evidence: vec![earlier.row, later.row],
                occurred: earlier.visit.event_time().max(later.visit.event_time()),
                amount_basis: AmountBasis::Fund(vec![later.visit.id]),
                values: vec![Value::Int(apart), Value::Text(codes.1.unwrap_or_default())],
            })));
        }
    }
}
