//! Runs of at least `days` days of a stay on which nothing but the bed was charged: a hanging bed.
//!
//! Consultation and nursing come with the bed and do not count. Reads what is charged on a day (the bed, or something
//! else) by visit, beside the visit (`Visit`). It is summed in the count of the day, so that a day of a stay costs two
//! words however many lines it has: one pass over the days of a stay whenever a charge or the visit changes.
//! The lines themselves (`LineOfVisit`) are read only where a run was found. Lines of visits that are not stays, and
//! all lines where no rule asks for these days, are cut before. A run of a stay without an end is stated once *now* has
//! come to its day. There is no reason for which a stay is not judged.

use std::collections::BTreeSet;

use records::Kind;
use records::arena::{Arena, Packed, RowRef, TextRef, Word as _};
use records::codes::ChargeType;
use records::row::{self, Day, FeeLine, day_of};
use records::time::start_of;
use rulebank::{AmountKind, Comparison, DetectorSpec, ParamKind, ParamSpec, Subject};

use crate::classes::{Class, Classes};
use crate::compile::{Compiler, integer};
use crate::coverage::Population;
use crate::finding::{AmountBasis, Finding, KeyPart, RuleIx, Value, money_of_lines, sorted_lines};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::Out;
use crate::views::Diff;
use crate::why::steps::{Why, day};

const ENOUGH_DAYS: Comparison = Comparison::new(0, "the run has at least `days` days");
const NOT_BEFORE_BEGIN: Comparison = Comparison::new(1, "the day is not before the stay's begin");
const NOT_AFTER_END: Comparison = Comparison::new(2, "the day is not after its end");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "bed_only",
    params: &[ParamSpec {
        name: "days",
        doc: "Days in a row from which it is told.",
        kind: ParamKind::Integer { min: 1, max: 365 },
        default: "3",
    }],
    values: &["days", "begin"],
    comparisons: &[ENOUGH_DAYS, NOT_BEFORE_BEGIN, NOT_AFTER_END],
    subject: Subject::Always("visit"),
    keys: &[&["mdtrt_id"]],
    amount: Some(AmountKind::ChargesOfDays),
    near: &[Kind::FeeLine, Kind::Visit],
    population: Some(Population::Stay),
    ..DetectorSpec::BARE
};

/// Its rules and their days.
pub type Rules = Vec<(RuleIx, i64)>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.rules_of(SPEC.name).into_iter().map(|(ix, rule)| (ix, integer(&rule, "days"))).collect()
}

/// Added to days to make them positive; the year 1900 is 25,567 days before 1970.
const EPOCH: Day = 40_000;

/// A day on which something was charged, and whether it was the bed; `None` for what does not matter.
pub fn charge_of(line: &FeeLine) -> Option<Packed> {
    // Consultation (02) and nursing (07) come with the bed.
    if matches!(line.charge, Some(ChargeType::Consultation | ChargeType::Nursing)) {
        return None;
    }
    let day = (day_of(line.time) + EPOCH).cast_unsigned();
    Some(Packed::new(day << 1 | u32::from(line.charge != Some(ChargeType::Bed))))
}

/// The days on which only the bed was charged, ascending.
fn bed_days(charges: &[(Packed, Diff)]) -> Vec<Day> {
    charges
        .chunk_by(|(a, _), (b, _)| a.word() >> 1 == b.word() >> 1)
        .filter(|of_day| of_day.iter().all(|(charge, _)| charge.word() & 1 == 0))
        .map(|of_day| (of_day[0].0.word() >> 1).cast_signed() - EPOCH)
        .collect()
}

/// Judges a stay by its charges of each day, but for the lines behind them.
///
/// A stay without an end reaches to the day of *now*; what depends on it is stated from the day on which it holds,
/// and taken back on the next one that adds to it.
pub fn judge(
    arena: &Arena,
    bank: &Policy,
    rules: &Rules,
    classes: &Classes,
    charges: &[(Packed, Diff)],
    stay: Option<RowRef>,
    sink: &mut Sink,
) {
    let Some(stay_row) = stay.filter(|_| !charges.is_empty() && !rules.is_empty()) else { return };
    let stay = row::visit(arena, stay_row);
    if classes.class(stay.med_type, day_of(stay.begin)) != Class::Inpatient {
        return;
    }
    let mut days = bed_days(charges);
    let (begin, end) = (day_of(stay.begin), stay.end.map(day_of));
    days.retain(|day| {
        bank.within(NOT_BEFORE_BEGIN, begin, *day)
            && end.is_none_or(|end| bank.within(NOT_AFTER_END, *day, end))
    });
    for (rule, least) in rules {
        let finding = |days: &[Day]| {
            let runs: Vec<(Day, Day)> = days
                .chunk_by(|a, b| a + 1 == *b)
                .filter_map(|run| Some((*run.first()?, *run.last()?)))
                .filter(|(first, last)| bank.reaches(ENOUGH_DAYS, i64::from(last - first) + 1, *least))
                .collect();
            let count = runs.iter().map(|(first, last)| i64::from(last - first) + 1).sum();
            let first = runs.first()?.0;
            Some(Out::Finding(Box::new(Finding {
                rule: *rule,
                verdict: bank.verdict(*rule, false),
                key: vec![KeyPart::Text(stay.id)],
                institution: stay.institution,
                evidence: vec![stay_row],
                occurred: stay.event_time(),
                amount_basis: AmountBasis::LinesOn(runs),
                values: vec![Value::Int(count), Value::Day(first)],
            })))
        };
        if end.is_some() {
            if let Some(finding) = finding(&days) {
                sink.emit(finding);
            }
            continue;
        }
        for nth in 0..days.len() {
            let Some(finding) = finding(&days[..=nth]) else { continue };
            if let Some(next) = days.get(nth + 1) {
                sink.retract(Out::Due(start_of(*next), Box::new(finding.clone())));
            }
            sink.emit(Out::Due(start_of(days[nth]), Box::new(finding)));
        }
    }
}

/// Adds the lines of the days of all runs, and lays the amount on them.
pub fn with_lines(arena: &Arena, finding: &Finding, lines: &[(RowRef, Diff)], sink: &mut Sink) {
    let mut finding = finding.clone();
    let AmountBasis::LinesOn(runs) = &finding.amount_basis else { return };
    let on_these_days = |line: &FeeLine| {
        let day = day_of(line.time);
        runs.iter().any(|(first, last)| (*first..=*last).contains(&day))
    };
    let those: Vec<(RowRef, FeeLine)> = lines
        .iter()
        .filter(|(row, _)| row::kind(arena, *row) == Kind::FeeLine)
        .map(|(row, _)| (*row, row::fee_line(arena, *row)))
        .filter(|(_, line)| on_these_days(line))
        .collect();
    let those = sorted_lines(arena, &those);
    let (amount, money) = money_of_lines(&those);
    finding.evidence.extend(those.iter().map(|(row, _)| *row));
    let latest = those.iter().map(|(_, line)| line.time).max();
    finding.occurred = finding.occurred.max(latest.unwrap_or(finding.occurred));
    finding.amount_basis = AmountBasis::Laid(amount, money);
    sink.emit(Out::Finding(Box::new(finding)));
}

/// A stay with enough days in a row on which only the bed was charged.
pub fn why(why: &mut Why<'_, '_>, _: &Rules, key: &[TextRef]) -> Option<()> {
    let &[stay] = key else { return None };
    /// Bed, consultation or examination, nursing.
    const BESIDE: [ChargeType; 3] = [ChargeType::Bed, ChargeType::Consultation, ChargeType::Nursing];
    let (_, stay) = why.stay(stay)?;
    let (begin, end) = (day_of(stay.begin), day_of(stay.end.unwrap_or(why.scene.now)));
    let (mut bed, mut more) = (BTreeSet::new(), BTreeSet::new());
    for (_, line) in why.scene.lines_of(stay.id) {
        let on = day_of(line.time);
        if line.charge == Some(ChargeType::Bed) {
            bed.insert(on);
        }
        if !line.charge.is_some_and(|charge| BESIDE.contains(&charge)) {
            more.insert(on);
        }
    }
    let days: Vec<Day> = bed.difference(&more).copied().filter(|on| (begin..=end).contains(on)).collect();
    let longest = days.chunk_by(|a, b| a + 1 == *b).max_by_key(|run| run.len()).unwrap_or(&[]);
    let least = integer(why.rule, "days");
    why.check(
        [
            "住院期间连续只有床位费（可有诊察、护理费）的天数达到下限",
            "on enough days in a row of the stay only the bed was charged (01, beside it 02 and 07 at the most)",
        ],
        vec![
            ("begin", day(begin)),
            ("end", day(end)),
            ("days", days.iter().map(|on| day(*on)).collect::<Vec<_>>().join("; ")),
            ("longest", longest.len().to_string()),
            ("limit", least.to_string()),
        ],
        i64::try_from(longest.len()).unwrap_or(i64::MAX) >= least,
    )
}
