//! A day on which a hospital has more stays than beds times `factor`.
//!
//! A stay counts from the day of its begin to the day before its end, without an end to the day before today. Reads the
//! days on which stays begin and end, as counts by institution, beside the institution (`Institution`): one pass over
//! these days whenever one of them, or the institution, changes. Only crowded spans of days go on; all of them meet
//! the day of *now* under one key and are looked at again when the day changes.
//! Stays that begin and end on one day leave no mark. Institutions that are unknown, or have no bed on record, are
//! passed over without a reason.

use records::Kind;
use records::arena::{Arena, Packed, RowRef, TextRef, Word as _};
use records::row::{self, Day, Visit, day_of};
use records::time::start_of;
use rulebank::{Comparison, DetectorSpec, ParamKind, ParamSpec, Subject};
use rust_decimal::Decimal;

use crate::compile::{Compiler, decimal};
use crate::coverage::Count;
use crate::exact::exact;
use crate::finding::{AmountBasis, Finding, KeyPart, RuleIx, Value};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::{Out, OverOccupancy, Route};
use crate::views::Diff;
use crate::why::steps::{Why, day, or_dash};

const MORE_THAN_BEDS: Comparison = Comparison::new(0, "there are more stays than beds x factor");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "bed_count",
    params: &[ParamSpec {
        name: "factor",
        doc: "Patients for each bed that are left alone.",
        kind: ParamKind::Decimal { min: "0.1", max: "10" },
        default: "1.1",
    }],
    values: &["day", "stays", "beds"],
    comparisons: &[MORE_THAN_BEDS],
    subject: Subject::Always("institution"),
    keys: &[&["fixmedins_code", "day"]],
    far: &[Kind::Visit],
    ..DetectorSpec::BARE
};

/// Its rules and their factors in units of 10^-10.
pub type Rules = Vec<(RuleIx, i128)>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    let rules = compiler.rules_of(SPEC.name).into_iter();
    rules.map(|(ix, rule)| (ix, exact(decimal(&rule, "factor")))).collect()
}

const EPOCH: Day = 40_000;

/// A day, packed.
pub fn packed_day(day: Day) -> Packed {
    Packed::new((day + EPOCH).cast_unsigned())
}

/// The day that [`packed_day`] packed.
pub fn day_of_packed(day: Packed) -> Day {
    day.word().cast_signed() - EPOCH
}

const ENDED: u32 = 0;
const LEFT: u32 = 1;
const OPEN: u32 = 2;

/// States the days on which a stay begins and ends at its institution.
pub fn step(stay: &Visit, sink: &mut Sink) {
    let begin = day_of(stay.begin);
    let key = u64::from(stay.institution);
    let mut at = |day: Day, what: u32| {
        sink.emit(Out::Packed(Route::BedStep, key, Packed::new(packed_day(day).word() << 2 | what)));
    };
    match stay.end.map(day_of) {
        None => at(begin, OPEN),
        Some(end) if begin < end => {
            at(begin, ENDED);
            at(end, LEFT);
        }
        Some(_) => {}
    }
}

fn too_many(bank: &Policy, stays: i64, beds: i64, factor: i128) -> bool {
    const ONE: i128 = 10_000_000_000;
    bank.over(MORE_THAN_BEDS, i128::from(stays) * ONE, i128::from(beds) * factor)
}

/// Judges an institution by the days on which its stays begin and end.
pub fn judge(
    arena: &Arena,
    bank: &Policy,
    rules: &Rules,
    steps: &[(Packed, Diff)],
    institution: Option<RowRef>,
    sink: &mut Sink,
) {
    let Some(institution_row) = institution.filter(|_| !steps.is_empty() && !rules.is_empty()) else {
        return;
    };
    let Some(beds) = row::institution(arena, institution_row).beds.filter(|beds| *beds >= 1) else { return };
    for (rule, factor) in rules {
        let (mut ended, mut open) = (0i64, 0i64);
        let mut days = steps.chunk_by(|(a, _), (b, _)| a.word() >> 2 == b.word() >> 2).peekable();
        while let Some(of_day) = days.next() {
            for (step, count) in of_day {
                match step.word() & 3 {
                    ENDED => ended += count,
                    LEFT => ended -= count,
                    _ => open += count,
                }
            }
            let day = |steps: &[(Packed, Diff)]| day_of_packed(Packed::new(steps[0].0.word() >> 2));
            let (from, to) = (day(of_day), days.peek().map(|next| day(next)));
            if too_many(bank, ended + open, beds, *factor) {
                let institution = institution_row;
                let crowd = OverOccupancy { rule: *rule, institution, beds, from, to, ended, open };
                sink.emit(Out::OverOccupancy(Box::new(crowd)));
            }
            sink.count(Count::Subject(*rule));
        }
    }
}

/// Says on which days of a crowd there are too many, as of today.
pub fn conclude(
    arena: &Arena,
    bank: &Policy,
    rules: &Rules,
    crowd: &OverOccupancy,
    today: Option<Day>,
    sink: &mut Sink,
) {
    let Some((_, factor)) = rules.iter().find(|(rule, _)| *rule == crowd.rule) else {
        return;
    };
    let today = today.unwrap_or(Day::MIN);
    // Without an end of its own it holds only stays without one, and they reach to the day before today.
    for day in crowd.from..crowd.to.unwrap_or(today) {
        let stays = crowd.ended + if day < today { crowd.open } else { 0 };
        if too_many(bank, stays, crowd.beds, *factor) {
            let institution = row::key(arena, crowd.institution).0;
            sink.emit(Out::Finding(Box::new(Finding {
                rule: crowd.rule,
                verdict: bank.verdict(crowd.rule, false),
                key: vec![KeyPart::Text(institution), KeyPart::Day(day)],
                institution,
                evidence: vec![crowd.institution],
                occurred: start_of(day),
                amount_basis: AmountBasis::Nothing,
                values: vec![Value::Day(day), Value::Int(stays), Value::Int(crowd.beds)],
            })));
        }
    }
}

/// (institution with beds, day) on which more lie than there are beds.
pub fn why(why: &mut Why<'_, '_>, _: &Rules, key: &[TextRef]) -> Option<()> {
    let &[institution, on] = key else { return None };
    let scene = why.scene;
    let on = why.day(on)?;
    let row = why.record(Kind::Institution, (institution, TextRef::NONE))?;
    let beds = row::institution(scene.arena, row).beds;
    let values = vec![("beds", or_dash(beds.map(|beds| beds.to_string())))];
    why.check(["该机构有床位", "the institution has beds"], values, beds.is_some_and(|beds| beds >= 1))?;
    let here = scene.visits().filter(|(_, visit)| visit.institution == institution && scene.is_stay(visit));
    let stays = here
        .filter(|(_, stay)| day_of(stay.begin) <= on && on < day_of(stay.end.unwrap_or(scene.now)))
        .count();
    let factor = decimal(why.rule, "factor");
    let limit = Decimal::from(beds.unwrap_or(0)).checked_mul(factor);
    why.check(
        ["当日在院人数超过床位数乘以系数", "more stays lie over the day than beds times the factor"],
        vec![
            ("day", day(on)),
            ("stays", stays.to_string()),
            ("beds", or_dash(beds.map(|beds| beds.to_string()))),
            ("factor", factor.to_string()),
            ("limit", or_dash(limit.map(|limit| limit.normalize().to_string()))),
        ],
        limit.is_some_and(|limit| Decimal::from(stays) > limit),
    )
}
