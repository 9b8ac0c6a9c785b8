//! Conditions about stays: two at once, nobody seen, only a bed, more patients than beds, too often, too soon.

use std::collections::BTreeSet;

use records::Kind;
use records::arena::TextRef;
use records::codes::ChargeType;
use records::row::{self, Day, Visit, day_of};
use records::time::DAY_SECONDS;
use rust_decimal::Decimal;

use super::steps::{Values, Why, day, day_at, hours, moment};
use crate::compile::{decimal, integer};

fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".to_owned())
}

fn same_person(why: &mut Why<'_, '_>, a: &Visit, b: &Visit) -> Option<()> {
    let scene = why.scene;
    why.check(
        ["两次就诊为同一人", "both are of one person"],
        vec![("psn_no", scene.text(a.psn_no)), ("psn_no", scene.text(b.psn_no))],
        a.psn_no == b.psn_no,
    )
}

fn institutions(why: &Why<'_, '_>, a: &Visit, b: &Visit) -> Values {
    vec![("institution_a", why.scene.text(a.institution)), ("institution_b", why.scene.text(b.institution))]
}

fn other_institutions(why: &mut Why<'_, '_>, a: &Visit, b: &Visit) -> Option<()> {
    let values = institutions(why, a, b);
    why.check(["机构不同", "the institutions differ"], values, a.institution != b.institution)
}

/// (stay, visit that is none) of one person.
pub(super) fn visit_during_stay(why: &mut Why<'_, '_>, stay: TextRef, visit: TextRef) -> Option<()> {
    let stay = why.stay(stay)?;
    let visit = why.visit(visit)?;
    let values = vec![("med_type", why.scene.text(visit.med_type))];
    let is_stay = why.scene.is_stay(&visit);
    why.check(["第二次就诊不是住院", "the second visit is no stay"], values, !is_stay)?;
    same_person(why, &stay, &visit)?;
    other_institutions(why, &stay, &visit)?;
    let (begin, on, end) = (day_of(stay.begin), day_of(visit.begin), stay.end.map(day_of));
    why.check(
        ["就诊日晚于入院日", "the visit begins on a day after the admission"],
        vec![("day", day(on)), ("begin", day(begin))],
        begin < on,
    )?;
    why.check(
        ["就诊日早于出院日", "the visit begins on a day before the discharge"],
        vec![("day", day(on)), ("end", or_dash(end.map(day)))],
        end.is_none_or(|end| on < end),
    )
}

/// Unordered pair of stays of one person that overlap by more than a tolerance.
pub(super) fn stay_overlap(why: &mut Why<'_, '_>, a: TextRef, b: TextRef) -> Option<()> {
    let (a, b) = (why.stay(a)?, why.stay(b)?);
    why.check(["是两次不同的住院", "they are two stays"], Vec::new(), a.id != b.id)?;
    same_person(why, &a, &b)?;
    other_institutions(why, &a, &b)?;
    let now = why.scene.now;
    let end = a.end.unwrap_or(now).min(b.end.unwrap_or(now));
    let begin = a.begin.max(b.begin);
    let tolerance = integer(why.rule, "tolerance_hours");
    why.check(
        ["重叠时长超过容许小时数", "they overlap by more than the hours tolerated"],
        vec![
            ("begin", moment(begin)),
            ("end", moment(end)),
            ("hours", hours(end.saturating_sub(begin))),
            ("tolerance_hours", tolerance.to_string()),
        ],
        end.saturating_sub(begin) > tolerance * 3600,
    )
}

/// A stay without an identity check around its begin.
pub(super) fn absence(why: &mut Why<'_, '_>, stay: TextRef) -> Option<()> {
    const WINDOW: i64 = 24 * 3600;
    let scene = why.scene;
    let stay = why.stay(stay)?;
    let least = integer(why.rule, "hours");
    let length = stay.end.unwrap_or(scene.now).saturating_sub(stay.begin);
    why.check(
        ["住院时长超过下限", "the stay is longer than the hours left alone"],
        vec![("length", hours(length)), ("hours", least.to_string())],
        length > least * 3600,
    )?;
    let checks = scene.rows(Kind::Presence).iter().map(|address| row::presence(scene.arena, *address));
    let at_institution: Vec<_> = checks.filter(|check| check.institution == stay.institution).collect();
    let (from, to) = (stay.begin - WINDOW, stay.begin + WINDOW);
    let passed = at_institution
        .iter()
        .find(|check| check.psn_no == stay.psn_no && check.pass && (from..=to).contains(&check.time));
    why.check(
        [
            "入院前后24小时内该人在该机构没有通过的核验",
            "within 24 hours of the begin the person passed no check at the institution",
        ],
        vec![
            ("begntime", moment(stay.begin)),
            (
                "idv_time",
                or_dash(passed.map(|check| format!("{} {}", scene.text(check.id), moment(check.time)))),
            ),
        ],
        passed.is_none(),
    )?;
    let condition = ["该机构有任何人的核验记录", "the institution sends identity checks of anybody"];
    let values = vec![("checks", at_institution.len().to_string())];
    if at_institution.is_empty() {
        return why.missing(condition, values, "missing:presence");
    }
    why.check(condition, values, true)
}

/// A stay with enough days in a row on which only the bed was charged.
pub(super) fn bed_only(why: &mut Why<'_, '_>, stay: TextRef) -> Option<()> {
    /// Bed, consultation or examination, nursing.
    const BESIDE: [ChargeType; 3] = [ChargeType::Bed, ChargeType::Consultation, ChargeType::Nursing];
    let stay = why.stay(stay)?;
    let (begin, end) = (day_of(stay.begin), day_of(stay.end.unwrap_or(why.scene.now)));
    let (mut bed, mut more) = (BTreeSet::new(), BTreeSet::new());
    for line in why.scene.lines_of(stay.id) {
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

/// (institution with beds, day) on which more lie than there are beds.
pub(super) fn bed_count(why: &mut Why<'_, '_>, institution: TextRef, on: TextRef) -> Option<()> {
    let scene = why.scene;
    let on = why.day(on)?;
    let address = why.record(Kind::Institution, (institution, TextRef::NONE))?;
    let beds = row::institution(scene.arena, address).beds;
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

/// A line of a stay that lies too far before or after it.
pub(super) fn outside_stay(why: &mut Why<'_, '_>, visit: TextRef, sn: TextRef) -> Option<()> {
    let line = why.net_line(visit, sn)?;
    let stay = why.stay(line.visit)?;
    let (before, after) = (integer(why.rule, "before_days"), integer(why.rule, "after_days"));
    let on = i64::from(day_of(line.time));
    let early = on < i64::from(day_of(stay.begin)) - before;
    let late = stay.end.is_some_and(|end| on > i64::from(day_of(end)) + after);
    why.check(
        [
            "费用日在入院前或出院后超过容许天数",
            "the line lies more days before or after the stay than tolerated",
        ],
        vec![
            ("day", day_at(line.time)),
            ("begin", day_at(stay.begin)),
            ("end", or_dash(stay.end.map(day_at))),
            ("before_days", before.to_string()),
            ("after_days", after.to_string()),
        ],
        early || late,
    )
}

/// A stay that ends a window with enough stays of the person.
pub(super) fn frequent_stays(why: &mut Why<'_, '_>, stay: TextRef) -> Option<()> {
    let stay = why.stay(stay)?;
    let (days, least) = (integer(why.rule, "days"), integer(why.rule, "stays"));
    let opens = stay.begin - days * DAY_SECONDS;
    let mut stays = why.scene.stays_of(stay.psn_no);
    stays.retain(|other| opens < other.begin && other.begin <= stay.begin);
    let ids: Vec<String> = stays.iter().map(|other| why.scene.text(other.id)).collect();
    why.check(
        [
            "此前窗口内（含本次）住院次数达到下限",
            "enough stays of the person begin in the window up to this one",
        ],
        vec![
            ("begin", moment(opens)),
            ("end", moment(stay.begin)),
            ("stays", stays.len().to_string()),
            ("mdtrt_id", ids.join("; ")),
            ("limit", least.to_string()),
        ],
        i64::try_from(stays.len()).unwrap_or(i64::MAX) >= least,
    )
}

/// The main diagnosis of a visit: of those marked, the lowest by (diag_srt_no, absent last; position).
fn main_diagnosis(why: &Why<'_, '_>, visit: TextRef) -> Option<String> {
    let address = why.scene.find(Kind::Visit, (visit, TextRef::NONE))?;
    let diagnoses = row::diagnoses(why.scene.arena, address);
    let main = diagnoses.iter().filter(|diagnosis| diagnosis.main);
    let main = main.min_by_key(|diagnosis| (diagnosis.rank.is_none(), diagnosis.rank))?;
    Some(why.scene.text(main.code))
}

/// (earlier, later) of stays of one person at one institution that follow each other.
pub(super) fn readmission(why: &mut Why<'_, '_>, earlier: TextRef, later: TextRef) -> Option<()> {
    let (a, b) = (why.stay(earlier)?, why.stay(later)?);
    same_person(why, &a, &b)?;
    let values = institutions(why, &a, &b);
    why.check(["在同一机构", "both are at one institution"], values, a.institution == b.institution)?;
    let mut stays = why.scene.stays_of(a.psn_no);
    stays.retain(|stay| stay.institution == a.institution);
    let follows = stays.windows(2).any(|two| two[0].id == a.id && two[1].id == b.id);
    why.check(
        ["后一次紧接前一次", "no other stay of the person there lies between them"],
        vec![
            ("begntime", moment(a.begin)),
            ("begntime", moment(b.begin)),
            ("stays", stays.len().to_string()),
        ],
        follows,
    )?;
    let most = integer(why.rule, "days");
    let soon =
        ["前一次出院到再入院的天数不超过上限", "the days from discharge to readmission are within the limit"];
    let apart = a.end.map(|end| i64::from(day_of(b.begin) - day_of(end)));
    let values = vec![
        ("endtime", or_dash(a.end.map(moment))),
        ("begntime", moment(b.begin)),
        ("days", or_dash(apart.map(|apart| apart.to_string()))),
        ("limit", most.to_string()),
    ];
    if let Some(apart) = apart {
        why.check(soon, values.clone(), (0..=most).contains(&apart))?;
    }
    let alike = ["两次住院主诊断前三位相同", "the main diagnoses begin with the same three characters"];
    let codes = [main_diagnosis(why, a.id), main_diagnosis(why, b.id)];
    let given = vec![("diag_code", or_dash(codes[0].clone())), ("diag_code", or_dash(codes[1].clone()))];
    let category = |code: &str| -> String { code.chars().take(3).collect() };
    if let [Some(before), Some(after)] = &codes {
        why.check(alike, given.clone(), category(before) == category(after))?;
    }
    if apart.is_none() {
        return why.missing(soon, values, "missing:endtime");
    }
    if codes.iter().any(Option::is_none) {
        return why.missing(alike, given, "missing:diags");
    }
    Some(())
}
