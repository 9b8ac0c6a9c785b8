//! A small run against a truth whose measures can be counted on paper.

use super::*;
use crate::truth::labels::{Labels, ripe_until};
use crate::truth::{PlantedTruth, TruthLine};
use records::time::parse_time;
use std::collections::BTreeMap;
use wire::{Alert, Bilingual, Fen, FenSum, Institution, Label, Owners, Share, Subject, Turnover};

/// Rule, key, institution, yuan.
type Row = (&'static str, &'static str, &'static str, i64);

fn institutions() -> Vec<Institution> {
    let place = |n: i64| Institution {
        fixmedins_code: format!("H{n}"),
        months: BTreeMap::from([(
            "2025-01".to_owned(),
            Turnover { settlements: 1_000 * n, fund_pay_sumamt: FenSum(i128::from(n) * 100_000) },
        )]),
        ..Institution::default()
    };
    (1..=6).map(place).collect()
}

fn alert(&(rule, key, institution, yuan): &Row) -> (Alert, Owners) {
    let amount = Fen(yuan * 100);
    let alert = Alert {
        alert_id: format!("{rule}-{key}"),
        rule: rule.to_owned(),
        rule_version: String::new(),
        phase: "".into(),
        key: vec![key.to_owned()],
        family: "pricing".into(),
        verdict: "definite".into(),
        severity: "high".into(),
        subject: Subject { r#type: "visit".into(), id: key.to_owned() },
        institution: Some(institution.to_owned()),
        occurred: "2025-01-10 09:00:00".to_owned(),
        amount,
        counted_amount: amount,
        evidence: Vec::new(),
        message: Bilingual { zh: String::new(), en: String::new() },
        basis: Vec::new(),
        ..Alert::default()
    };
    let share = Share { id: institution.to_owned(), amount, counted_amount: amount };
    let owners = Owners {
        alert_id: alert.alert_id.clone(),
        institutions: vec![share],
        practitioners: vec![],
        persons: vec![],
    };
    (alert, owners)
}

fn settings(negative: bool) -> Settings {
    Settings { now: parse_time("2025-03-31 00:00:00"), delay: 30, negative, seed: 1 }
}

fn judged(truth: Truth, alerts: &[Row], negative: bool) -> Report {
    judged_with(truth, alerts, negative, None)
}

fn judged_with(truth: Truth, alerts: &[Row], negative: bool, draw: Option<ControlDraw>) -> Report {
    let facts = |family: &str, model| RuleFacts { family: family.into(), model };
    let rules = BTreeMap::from([
        ("R01".to_owned(), facts("pricing", false)),
        ("R02".to_owned(), facts("inventory", false)),
        ("M01".to_owned(), facts("group", true)),
    ]);
    let mut judgement = Judgement::new(truth, rules, institutions(), settings(negative)).unwrap();
    for row in alerts {
        let (alert, owners) = alert(row);
        judgement.add_alert(&alert, &owners, 0.8).unwrap();
    }
    let ranked = |codes: &[&str]| -> Vec<Ranked> {
        codes.iter().map(|code| Ranked { code: (*code).to_owned(), expected: 10_000 }).collect()
    };
    judgement.report(&ranked(&["H2", "H1", "H6"]), &ranked(&["H1", "H2"]), draw.as_ref())
}

fn planted(lines: &[Row]) -> Truth {
    let mut planted = PlantedTruth::default();
    for (n, (rule, key, institution, yuan)) in lines.iter().enumerate() {
        planted
            .add(TruthLine {
                // Two lines are one case.
                case_id: format!("case-{}", n / 2),
                scheme: "a_scheme".to_owned(),
                rule: (*rule).to_owned(),
                key: vec![(*key).to_owned()],
                institutions: vec![(*institution).to_owned()],
                amount: Fen(yuan * 100),
            })
            .unwrap();
    }
    Truth::Planted(planted)
}

#[test]
fn against_a_complete_truth_every_alert_is_right_or_wrong() {
    let truth = planted(&[
        ("R01", "a", "H1", 100),
        ("R01", "b", "H1", 100),
        ("R02", "c", "H2", 300),
        ("R02", "d", "H3", 50),
    ]);
    // One right, one right with less than there is, one with more, two wrong, one missed.
    let alerts = [
        ("R01", "a", "H1", 100),
        ("R01", "b", "H1", 60),
        ("R02", "c", "H2", 400),
        ("R01", "x", "H6", 70),
        ("M01", "y", "H6", 0),
    ];
    let report = judged(truth, &alerts, false);
    let all = &report.all;
    assert_eq!((all.alerts, all.right, all.wrong, all.missed), (5, 3, 2, 1));
    assert_eq!((all.precision.value, all.recall.value, all.f1), (Some(0.6), Some(0.75), Some(0.666_667)));
    assert_eq!((all.amount_right.0, all.amount_wrong.0, all.amount_missed.0), (46_000, 17_000, 9_000));
    assert_eq!(all.recall_money.value, Some(0.836_364));
    // 21,000 settlements.
    assert_eq!(all.false_alarms_per_10000.value, Some(0.952_381));
    assert_eq!(report.without_models.as_ref().map(|m| (m.alerts, m.wrong)), Some((4, 1)));
    let rules: Vec<(&str, usize, usize, usize)> =
        report.rules.iter().map(|m| (m.name.as_str(), m.right, m.wrong, m.missed)).collect();
    assert_eq!(rules, [("M01", 0, 1, 0), ("R01", 2, 1, 0), ("R02", 1, 0, 1)]);
    let scheme = &report.schemes[0];
    assert_eq!((scheme.cases, scheme.cases_found, scheme.precision.value), (2, 2, None));
    let families: Vec<&str> = report.families.iter().map(|m| m.name.as_str()).collect();
    assert_eq!(families, ["group", "inventory", "pricing"]);
}

#[test]
fn the_list_is_held_against_turnover_and_chance() {
    let truth = planted(&[("R01", "a", "H2", 100), ("R01", "b", "H1", 60), ("R02", "d", "H3", 40)]);
    let report =
        judged(truth, &[("R01", "a", "H2", 100), ("R01", "b", "H1", 60), ("M01", "z", "H2", 0)], false);
    let list = &report.list;
    assert_eq!((list.institutions, list.with_money, list.money.0), (6, 3, 20_000));
    let at = &list.at[0];
    assert_eq!((at.k, at.list.money.0, at.turnover.money.0, at.best.money.0), (5, 20_000, 14_000, 20_000));
    assert_eq!(at.random.share.value, Some(0.833_333));
    assert_eq!(list.curve.list[..4], [Some(0.0), Some(0.5), Some(0.8), Some(0.8)]);
    assert_eq!(list.curve.list_without_models[..3], [Some(0.0), Some(0.3), Some(0.8)]);
    assert_eq!(list.curve.turnover.last(), Some(&Some(1.0)));
    assert_eq!(report.calibration.all.ratio.value, Some(0.666_667));
    let models = report.models.unwrap();
    assert_eq!((models.institutions, models.share_of_money, models.lift), (1, Some(0.5), Some(3.0)));
    assert_eq!(report.chances[1].brier, Some(0.04));
}

/// A confirmed alert, a denied one, and one on which a decision is too young.
fn labels() -> Truth {
    let label = |case_id: &str, alert: &str, decision: &str, at: &str| Label {
        case_id: case_id.to_owned(),
        subject_type: "alert".to_owned(),
        subject_id: alert.to_owned(),
        decision: decision.to_owned(),
        decided_at: at.to_owned(),
        ..Label::default()
    };
    let labels = [
        label("1", "R01-a", "confirmed", "2025-02-01 00:00:00"),
        label("2", "R01-b", "denied", "2025-02-01 00:00:00"),
        label("3", "R01-c", "confirmed", "2025-03-20 00:00:00"),
        Label {
            scheme: Some("R02".to_owned()),
            amount: Some(Fen(3_000)),
            ..label("4", "R02-gone", "confirmed", "2025-02-01 00:00:00")
        },
    ];
    Truth::Labels(Labels::from_labels(labels, ripe_until(settings(false).now, 30), synth::rule_of).unwrap())
}

#[test]
fn what_nobody_decided_is_unknown_unless_it_is_asked_to_be_wrong() {
    let alerts =
        [("R01", "a", "H1", 100), ("R01", "b", "H2", 50), ("R01", "c", "H3", 10), ("R01", "d", "H4", 10)];
    let report = judged(labels(), &alerts, false);
    let all = &report.all;
    assert_eq!((all.alerts, all.decided, all.right, all.wrong, all.missed), (4, 2, 1, 1, 1));
    assert_eq!((all.unknown.unlabelled, all.unknown.young), (1, 1));
    assert_eq!(all.precision.value, Some(0.5));
    assert_eq!(all.amount_missed.0, 3_000);
    let basis = report.truth.labels.unwrap();
    assert_eq!((basis.labels, basis.young, basis.unlabelled), (4, 1, "unknown"));
    // Only two places are known.
    assert_eq!((report.list.institutions, report.list.money.0), (2, 10_000));
    let report = judged(labels(), &alerts, true);
    assert_eq!((report.all.wrong, report.all.unknown.young), (2, 1));
    assert_eq!(report.truth.labels.map(|basis| basis.unlabelled), Some("negative"));
}

#[test]
fn an_alert_that_was_let_off_is_neither_right_nor_wrong() {
    let (mut alert, owners) = alert(&("R01", "a", "H1", 100));
    alert.exempted_by = Some("X1".to_owned());
    let truth = planted(&[("R01", "a", "H1", 100)]);
    let mut judgement = Judgement::new(truth, BTreeMap::new(), institutions(), settings(false)).unwrap();
    judgement.add_alert(&alert, &owners, 0.8).unwrap();
    let report = judgement.report(&[], &[], None);
    assert_eq!((report.run.exempted, report.all.alerts, report.all.missed), (1, 0, 0));
    assert_eq!(report.all.precision, crate::measure::Estimate::default());
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let alerts = [("R01", "a", "H1", 100), ("R01", "b", "H2", 50)];
    let bytes = || serde_json::to_string(&judged(labels(), &alerts, false)).unwrap();
    assert_eq!(bytes(), bytes());
}

#[test]
fn a_control_draw_is_estimated_from_what_is_known_of_it() {
    let draw = || ControlDraw {
        ranked: BTreeSet::from(["H1".to_owned(), "H2".to_owned()]),
        drawn: vec!["H3".to_owned(), "H4".to_owned()],
        open: 4,
        seed: "a seed".to_owned(),
        answers: selection::estimate::ControlFindings {
            found_fen: BTreeMap::from([("H3".to_owned(), 3_000)]),
            ..selection::estimate::ControlFindings::default()
        },
    };
    // Against a complete truth both drawn places are known: 40 and 0 yuan of 40 + 10 at four.
    let truth = planted(&[("R01", "a", "H2", 100), ("R02", "d", "H3", 40), ("R02", "e", "H5", 10)]);
    let control = judged_with(truth, &[("R01", "a", "H2", 100)], false, Some(draw())).control.unwrap();
    assert_eq!((control.unranked, control.decided, control.money.0), (4, 2, 8_000));
    assert_eq!((control.truth, control.covered), (Some(Yuan(5_000)), Some(true)));
    // With decisions only one is.
    let control = judged_with(labels(), &[("R01", "a", "H1", 100)], false, Some(draw())).control.unwrap();
    assert_eq!((control.drawn, control.decided, control.money.0, control.truth), (2, 1, 12_000, None));
}
