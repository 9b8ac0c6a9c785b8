//! Identity checks passed at two places too far apart for the time between them.
//!
//! Reads `PassOfPerson`, all passes of a person together, again when one of them comes or goes. Only consecutive passes
//! at two different institutions go on, as journeys: each is looked up at both ends in `Institution`, and judged with
//! both places, one look per journey, and one when the record of an end changes.
//!
//! A journey is not judged without the record of one of its institutions (`Institution`), or without a coordinate of it
//! (`Lon`, `Lat`). A finding has no amount.

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row::{self, Presence};
use rulebank::looks_back::Reach;
use rulebank::{Comparison, DetectorSpec, ParamKind, ParamSpec, Subject};
use rust_decimal::prelude::ToPrimitive;

use crate::compile::{Compiler, decimal};
use crate::coverage::{Count, InstitutionMonth, Missing};
use crate::finding::{AmountBasis, Finding, KeyPart, RuleIx, Value};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::{Out, Route};
use crate::views::{Diff, pair_key, pair_of};
use crate::why::steps::{Why, hours, moment};

const INSTITUTIONS_DIFFER: Comparison = Comparison::new(0, "the institutions differ");

/// Across the country by the slowest means that a rule may state.
const LONGEST_JOURNEY: Reach = Reach::Days(7);

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "travel",
    params: &[
        ParamSpec {
            name: "kmh",
            doc: "The fastest that people travel, in km per hour.",
            kind: ParamKind::Decimal { min: "1", max: "2000" },
            default: "120",
        },
        ParamSpec {
            name: "slack_hours",
            doc: "Hours granted for clocks that differ.",
            kind: ParamKind::Decimal { min: "0", max: "48" },
            default: "0.5",
        },
    ],
    values: &["km", "minutes", "institution_a", "institution_b"],
    comparisons: &[INSTITUTIONS_DIFFER],
    subject: Subject::Always("presence"),
    keys: &[&["idv_id", "idv_id"]],
    near: &[Kind::Presence],
    far: &[Kind::Institution],
    looks_back: |_, _| vec![(Kind::Presence, LONGEST_JOURNEY)],
    ..DetectorSpec::BARE
};

/// A rule: km per hour and hours granted.
#[derive(Debug, PartialEq)]
pub struct TravelRule {
    rule: RuleIx,
    kmh: rust_decimal::Decimal,
    slack_hours: rust_decimal::Decimal,
}
/// All of them.
pub type Rules = Vec<TravelRule>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler
        .rules_of(SPEC.name)
        .into_iter()
        .map(|(rule, text)| TravelRule {
            rule,
            kmh: decimal(&text, "kmh"),
            slack_hours: decimal(&text, "slack_hours"),
        })
        .collect()
}

/// Finds the journeys of one person: consecutive passes at different institutions.
pub fn journeys(arena: &Arena, bank: &Policy, passes: &[(RowRef, Diff)], sink: &mut Sink) {
    if passes.len() < 2 {
        return;
    }
    let mut passes: Vec<(RowRef, Presence)> =
        passes.iter().map(|(row, _)| (*row, row::presence(arena, *row))).collect();
    passes.sort_by(|(_, a), (_, b)| a.time.cmp(&b.time).then_with(|| arena.compare(a.id, b.id)));
    for two in passes.windows(2) {
        let ((row_a, a), (row_b, b)) = (two[0], two[1]);
        if bank.differ(INSTITUTIONS_DIFFER, a.institution, b.institution) {
            sink.emit(Out::Row(Route::Journey, pair_key(row_a, row_b), RowRef::NONE));
        }
    }
}

/// Judges a journey with the rows of its two institutions.
pub fn judge(
    arena: &Arena,
    bank: &Policy,
    rules: &Rules,
    journey: u64,
    places: [Option<RowRef>; 2],
    sink: &mut Sink,
) {
    let (row_a, row_b) = pair_of(journey);
    let (a, b) = (row::presence(arena, row_a), row::presence(arena, row_b));
    let missing = missing_of(arena, places);
    for rule in rules {
        sink.count(Count::Subject(rule.rule));
        if let Some(missing) = missing {
            sink.not_judged(rule.rule, missing, InstitutionMonth::at(b.institution, b.time));
        } else if let Some(km) = too_far(arena, rule, places, b.time - a.time) {
            sink.emit(Out::Finding(Box::new(Finding {
                rule: rule.rule,
                verdict: bank.verdict(rule.rule, false),
                key: vec![KeyPart::Text(a.id), KeyPart::Text(b.id)],
                institution: a.institution,
                evidence: vec![row_a, row_b],
                occurred: b.time,
                amount_basis: AmountBasis::Nothing,
                values: vec![
                    Value::Int(km),
                    Value::Int((b.time - a.time) / 60),
                    Value::Text(a.institution),
                    Value::Text(b.institution),
                ],
            })));
        }
    }
}

fn missing_of(arena: &Arena, places: [Option<RowRef>; 2]) -> Option<Missing> {
    places
        .into_iter()
        .filter_map(|row| match row.map(|row| row::institution(arena, row)) {
            None => Some(Missing::Institution),
            Some(row) if row.lon.is_none() => Some(Missing::Lon),
            Some(row) if row.lat.is_none() => Some(Missing::Lat),
            Some(_) => None,
        })
        .min()
}

/// Whole kilometres between the places, if nobody travels that far in `seconds`.
///
/// # Source
/// Haversine formula on a sphere of 6371.0088 km (the mean radius of the earth, IUGG).
#[expect(
    clippy::disallowed_types,
    reason = "the contract prescribes 64-bit floating point here; no float leaves"
)]
#[expect(clippy::cast_precision_loss, reason = "seconds between two civil times are far below 2^53")]
#[expect(clippy::cast_possible_truncation, reason = "the way around the earth has 40,000 km")]
fn too_far(arena: &Arena, rule: &TravelRule, places: [Option<RowRef>; 2], seconds: i64) -> Option<i64> {
    const EARTH_RADIUS_KM: f64 = 6371.0088;
    let [a, b] = places.map(|row| {
        let row = row::institution(arena, row?);
        Some((row.lon?, row.lat?))
    });
    let ((lon_a, lat_a), (lon_b, lat_b)) = (a?, b?);
    let (phi_a, phi_b) = (lat_a.to_radians(), lat_b.to_radians());
    let half_phi = ((lat_b - lat_a).to_radians() / 2.0).sin();
    let half_lambda = ((lon_b - lon_a).to_radians() / 2.0).sin();
    let h = half_phi * half_phi + phi_a.cos() * phi_b.cos() * half_lambda * half_lambda;
    let km = 2.0 * EARTH_RADIUS_KM * h.sqrt().min(1.0).asin();
    let hours = seconds as f64 / 3600.0;
    (km > rule.kmh.to_f64()? * (hours + rule.slack_hours.to_f64()?)).then_some(km as i64)
}

/// (earlier, later) of passes of one person that follow each other, too far apart for the time between them.
pub fn why(why: &mut Why<'_, '_>, _: &Rules, key: &[TextRef]) -> Option<()> {
    let &[earlier, later] = key else { return None };
    let scene = why.scene;
    let a = pass(why, earlier)?;
    let b = pass(why, later)?;
    why.check(
        ["两次核验为同一人", "both checks are of one person"],
        vec![("psn_no", scene.text(a.psn_no)), ("psn_no", scene.text(b.psn_no))],
        a.psn_no == b.psn_no,
    )?;
    let mut passes: Vec<Presence> = scene.passes_of(a.psn_no);
    passes.sort_by(|a, b| a.time.cmp(&b.time).then_with(|| scene.compare(a.id, b.id)));
    let follows = passes.windows(2).any(|two| two[0].id == a.id && two[1].id == b.id);
    why.check(
        [
            "两次核验在该人全部通过的核验中先后相邻",
            "the second follows the first among all checks that the person passed",
        ],
        vec![
            ("idv_time", moment(a.time)),
            ("idv_time", moment(b.time)),
            ("checks", passes.len().to_string()),
        ],
        follows,
    )?;
    why.check(
        ["两次核验在不同机构", "they were at different institutions"],
        vec![("institution_a", scene.text(a.institution)), ("institution_b", scene.text(b.institution))],
        a.institution != b.institution,
    )?;
    let mut places = Vec::new();
    for institution in [a.institution, b.institution] {
        places.push(
            scene
                .find(Kind::Institution, (institution, TextRef::NONE))
                .map(|p| row::institution(scene.arena, p)),
        );
    }
    let needed: [(Missing, bool); 3] = [
        (Missing::Institution, places.iter().all(Option::is_some)),
        (Missing::Lon, places.iter().flatten().all(|row| row.lon.is_some())),
        (Missing::Lat, places.iter().flatten().all(|row| row.lat.is_some())),
    ];
    let condition = ["两机构的经纬度已知", "longitude and latitude of both institutions are known"];
    let values =
        vec![("institution_a", scene.text(a.institution)), ("institution_b", scene.text(b.institution))];
    if let Some((missing, _)) = needed.into_iter().find(|(_, known)| !known) {
        return why.missing(condition, values, missing);
    }
    why.check(condition, values, true)?;
    why_too_far(why, places.into_iter().flatten().collect(), b.time - a.time)
}

/// The last condition of a journey.
#[expect(
    clippy::disallowed_types,
    reason = "the contract prescribes 64-bit floating point here; no float leaves"
)]
#[expect(clippy::cast_precision_loss, reason = "seconds between two civil times are far below 2^53")]
fn why_too_far(why: &mut Why<'_, '_>, places: Vec<row::Institution>, seconds: i64) -> Option<()> {
    const EARTH_RADIUS_KM: f64 = 6371.0088;
    let (kmh, slack) = (decimal(why.rule, "kmh"), decimal(why.rule, "slack_hours"));
    let [a, b] = places.as_slice() else { return None };
    let ((lon_a, lat_a), (lon_b, lat_b)) = ((a.lon?, a.lat?), (b.lon?, b.lat?));
    let half_phi = ((lat_b - lat_a).to_radians() / 2.0).sin();
    let half_lambda = ((lon_b - lon_a).to_radians() / 2.0).sin();
    let cosines = lat_a.to_radians().cos() * lat_b.to_radians().cos();
    let h = half_phi * half_phi + cosines * half_lambda * half_lambda;
    let km = 2.0 * EARTH_RADIUS_KM * h.sqrt().min(1.0).asin();
    let reach = kmh.to_f64()? * (seconds as f64 / 3600.0 + slack.to_f64()?);
    why.check(
        [
            "两机构间的直线距离超过该时间内能到达的距离",
            "the places are farther apart than anybody travels in that time",
        ],
        vec![
            ("km", format!("{km:.3}")),
            ("hours", hours(seconds)),
            ("slack_hours", slack.to_string()),
            ("kmh", kmh.to_string()),
            ("limit", format!("{reach:.3}")),
        ],
        km > reach,
    )
}

fn pass(why: &mut Why<'_, '_>, id: TextRef) -> Option<Presence> {
    let row = why.record(Kind::Presence, (id, TextRef::NONE))?;
    let check = row::presence(why.scene.arena, row);
    why.check(["核验结果为通过", "the check was passed"], Vec::new(), check.pass)?;
    Some(check)
}
