//! Whether the interval covers what its level promises, and what counts as an answer.

use super::*;
use crate::draw::Frame;
use records::time::parse_time;
use std::collections::BTreeSet;

/// A skewed population, as a ranking leaves it: two in five have nothing, a few have most of it, and what was
/// greater than the rest by far was ranked.
fn population(places: usize, seed: u64) -> BTreeMap<String, i64> {
    let mut rng = SplitMix64::seeded(seed);
    let mut draw = || {
        let uniform = (float(rng.span(1, 1 << 30)) + 0.5) / float((1 << 30) + 2);
        let angle = float(rng.span(0, 1 << 30)) / float(1 << 30) * std::f64::consts::TAU;
        let normal = (-2.0 * uniform.ln()).sqrt() * angle.cos();
        if rng.permille(400) { 0 } else { round(1_000_000.0 * (1.5 * normal).exp().min(12.0)) }
    };
    (0..places).map(|n| (format!("H{n:04}"), draw())).collect()
}

/// Draws of 200 seeds in which the interval holds the truth.
fn held(places: usize, visits: usize) -> usize {
    let holds = |seed: &usize| {
        let truth = population(places, 7 + *seed as u64 / 20);
        let frame = Frame::of(truth.keys().cloned());
        let seed = format!("seed {seed}");
        let drawn = frame.control(&BTreeSet::new(), &seed, visits);
        let found: Vec<i64> = drawn.iter().map(|drawn| truth[&drawn.code]).collect();
        let estimate = estimate(&found, places, &seed).unwrap();
        let all: i64 = truth.values().sum();
        estimate.low_fen <= all && estimate.high_fen.is_none_or(|high| all <= high)
    };
    (0..200).filter(holds).count()
}

#[test]
fn nine_in_ten_hold_the_truth_in_more_than_85_percent_of_draws() {
    for (places, visits) in [(40, 10), (140, 20), (500, 30)] {
        let held = held(places, visits);
        assert!(held >= 170, "{held} of 200 draws of {visits} of {places}");
    }
}

#[test]
fn the_estimate_is_that_of_horvitz_and_thompson_and_repeats() {
    let found = [0, 0, 300_000, 10_000, 0, 90_000, 0, 40_000];
    let estimated = estimate(&found, 80, "s").unwrap();
    assert_eq!((estimated.total_fen, estimated.found_fen, estimated.few), (4_400_000, 440_000, false));
    assert!(
        estimated.low_fen >= 440_000
            && estimated.low_fen < estimated.total_fen
            && estimated.high_fen.unwrap() > estimated.total_fen
    );
    assert_eq!(estimate(&found, 80, "s").unwrap(), estimated);
    assert_ne!(estimate(&found, 80, "t").unwrap().low_fen, estimated.low_fen);
    let all = estimate(&found, 8, "s").unwrap();
    assert_eq!((all.low_fen, all.total_fen, all.high_fen), (440_000, 440_000, Some(440_000)));
    assert_eq!(estimate(&[], 8, "s"), None);
    assert_eq!(estimate(&found, 7, "s"), None);
}

#[test]
fn where_nothing_was_found_only_the_share_of_places_is_bounded() {
    let nothing = estimate(&[0; 20], 100, "s").unwrap();
    assert_eq!((nothing.low_fen, nothing.total_fen, nothing.high_fen), (0, 0, None));
    // With nine such places a sample of twenty misses all of them in 12 %, with ten in 9.5 % of draws.
    assert_eq!(nothing.share_high, 0.09);
    assert!(estimate(&[5], 9, "s").unwrap().few);
}

#[test]
fn only_decisions_on_the_place_after_the_draw_are_answers() {
    let label = |case: &str, code: &str, decision: &str, amount: Option<&str>, at: &str| Label {
        case_id: case.to_owned(),
        subject_type: "institution".to_owned(),
        subject_id: code.to_owned(),
        decision: decision.to_owned(),
        amount: amount.map(|text| text.parse().unwrap()),
        decided_at: format!("{at} 09:00:00"),
        ..Label::default()
    };
    let mut before = label("g", "H1", "confirmed", Some("7.00"), "2025-08-01");
    before.period_end = Some("2024-12-31".to_owned());
    let mut other = label("h", "H4", "confirmed", Some("7.00"), "2025-08-01");
    other.subject_type = "person".to_owned();
    let labels = [
        label("a", "H1", "confirmed", Some("10.50"), "2025-08-01"),
        label("b", "H1", "partly", Some("2.00"), "2025-08-02"),
        label("c", "H1", "confirmed", Some("99.00"), "2025-06-30"),
        label("d", "H2", "denied", None, "2025-08-01"),
        label("e", "H3", "confirmed", None, "2025-08-01"),
        label("f", "H4", "undecided", None, "2025-08-01"),
        label("i", "H9", "confirmed", Some("1.00"), "2025-08-01"),
        before,
        other,
    ];
    let control = ["H1", "H2", "H3", "H4"].map(str::to_owned);
    let period = Period::parse("2025-01..2025-06").unwrap();
    let answers = control_findings(&labels, &control, parse_time("2025-06-30 23:00:00"), &period).unwrap();
    assert_eq!(answers.found_fen, BTreeMap::from([("H1".to_owned(), 1_250), ("H2".to_owned(), 0)]));
    assert_eq!((answers.without_amount, answers.open), (vec!["H3".to_owned()], vec!["H4".to_owned()]));
}
