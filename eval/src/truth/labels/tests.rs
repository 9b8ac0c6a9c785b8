//! Which label decides which alert, and what it lets stand.

use super::*;
use crate::truth::Truth;
use records::time::parse_time;
use wire::{Bilingual, Fen, RecordName, Subject};

fn alert(id: &str, evidence: &[(&str, &str)]) -> (Alert, Owners) {
    let record =
        |(kind, key): &(&str, &str)| RecordName { kind: (*kind).to_owned().into(), key: (*key).to_owned() };
    let alert = Alert {
        alert_id: id.to_owned(),
        rule: "R01".to_owned(),
        rule_version: String::new(),
        phase: "".into(),
        key: vec![id.to_owned()],
        family: "pricing".into(),
        verdict: "definite".into(),
        severity: "high".into(),
        subject: Subject { r#type: "visit".into(), id: "V1".to_owned() },
        institution: None,
        occurred: "2025-03-10 09:00:00".to_owned(),
        amount: Fen(10_000),
        counted_amount: Fen(10_000),
        evidence: evidence.iter().map(record).collect(),
        message: Bilingual { zh: String::new(), en: String::new() },
        basis: Vec::new(),
        ..Alert::default()
    };
    let share = |id: &str| Share { id: id.to_owned(), amount: Fen(10_000), counted_amount: Fen(10_000) };
    let owners = Owners {
        alert_id: id.to_owned(),
        institutions: vec![share("H1")],
        practitioners: vec![share("D1")],
        persons: vec![share("T1")],
    };
    (alert, owners)
}

fn label(case_id: &str, subject: (&str, &str), decision: &str, decided_at: &str) -> Label {
    Label {
        case_id: case_id.to_owned(),
        subject_type: subject.0.to_owned(),
        subject_id: subject.1.to_owned(),
        decision: decision.to_owned(),
        decided_at: format!("{decided_at} 12:00:00"),
        ..Label::default()
    }
}

/// What the labels decide about an alert on fee line V1/2 of 10 March, decisions after April being too young.
fn check(labels: &[Label], wanted: &str) {
    let ripe = parse_time("2025-04-30 23:59:59");
    let mut labels = Labels::from_labels(labels.iter().cloned(), ripe, synth::rule_of).unwrap();
    let (alert, owners) = alert("R01-1", &[("fee_line", "V1/2"), ("settlement", "S1")]);
    let standing = match labels.judge(&alert, &owners).unwrap() {
        AlertTruth::Right(label) => format!("right by {}", labels.labels[label].case_id),
        AlertTruth::Wrong(label) => format!("wrong by {}", labels.labels[label.unwrap()].case_id),
        AlertTruth::Unknown(why) => format!("{why:?}"),
    };
    assert_eq!(standing, wanted);
}

#[test]
fn the_narrowest_label_speaks_then_the_latest() {
    let on = |case_id, subject, decision| label(case_id, subject, decision, "2025-04-01");
    let place =
        Label { period_begin: Some("2025-03-01".to_owned()), ..on("a", ("institution", "H1"), "denied") };
    check(std::slice::from_ref(&place), "wrong by a");
    check(&[place.clone(), on("b", ("visit", "V1"), "confirmed")], "right by b");
    check(&[on("b", ("visit", "V1"), "confirmed"), on("c", ("settlement", "S1"), "denied")], "wrong by c");
    let later = label("b2", ("visit", "V1"), "denied", "2025-04-02");
    check(&[on("c", ("settlement", "S1"), "confirmed"), later], "wrong by b2");
    check(&[place, on("d", ("alert", "R01-1"), "partly")], "right by d");
    check(&[on("e", ("alert", "R01-2"), "denied"), on("f", ("visit", "V2"), "denied")], "Unlabelled");
}

#[test]
fn a_label_on_somebody_needs_a_period_or_a_rule_and_speaks_within_them() {
    let on = |scheme: Option<&str>, begin: Option<&str>, end: Option<&str>| Label {
        scheme: scheme.map(str::to_owned),
        period_begin: begin.map(str::to_owned),
        period_end: end.map(str::to_owned),
        ..label("a", ("person", "T1"), "confirmed", "2025-04-01")
    };
    check(&[on(None, None, None)], "Unlabelled");
    check(&[on(Some("R01"), None, None)], "right by a");
    check(&[on(Some("R02"), None, None)], "Unlabelled");
    check(&[on(None, Some("2025-03-10"), Some("2025-03-10"))], "right by a");
    check(&[on(None, Some("2025-03-11"), None)], "Unlabelled");
    check(&[on(None, None, Some("2025-03-09"))], "Unlabelled");
    // Decided before it occurred: a period without an end ends there.
    let before = Label { decided_at: "2025-03-09 12:00:00".to_owned(), ..on(Some("R01"), None, None) };
    check(&[before], "Unlabelled");
}

#[test]
fn the_young_and_the_undecided_are_unknown() {
    check(&[label("a", ("visit", "V1"), "confirmed", "2025-05-01")], "Young");
    check(&[label("a", ("visit", "V1"), "undecided", "2025-04-01")], "Undecided");
    let counts = Labels::from_labels(
        [
            label("a", ("visit", "V1"), "confirmed", "2025-05-01"),
            label("b", ("person", "T1"), "undecided", "2025-04-01"),
        ],
        parse_time("2025-04-30 23:59:59"),
        synth::rule_of,
    );
    assert_eq!(counts.unwrap().counts, Counts { labels: 2, young: 1, undecided: 1, vague: 1 });
}

#[test]
fn what_was_recovered_is_spread_over_the_alerts_of_a_label() {
    let part = |breadth: (&str, &str), decision, amount: Option<&str>, alerts: usize| {
        let label = Label {
            amount: amount.map(|text| text.parse().unwrap()),
            period_begin: Some("2025-01-01".to_owned()),
            ..label("a", breadth, decision, "2025-04-01")
        };
        let mut truth = Truth::Labels(Labels::from_labels([label], None, synth::rule_of).unwrap());
        for n in 0..alerts {
            let (mut alert, owners) = alert(&format!("R01-{n}"), &[("visit", "V1")]);
            alert.alert_id = if breadth.0 == "alert" { "R01-0".to_owned() } else { alert.alert_id };
            truth.judge(&alert, &owners).unwrap();
        }
        let Truth::Labels(labels) = truth else { unreachable!("they are labels") };
        labels.part(0)
    };
    assert_eq!(part(("institution", "H1"), "confirmed", Some("50.00"), 2), 0.25);
    assert_eq!(part(("institution", "H1"), "confirmed", None, 2), 1.0);
    assert_eq!(part(("visit", "V1"), "partly", Some("500.00"), 1), 1.0);
    assert_eq!(part(("alert", "R01-0"), "confirmed", Some("50.00"), 1), 1.0);
    assert_eq!(part(("alert", "R01-0"), "partly", Some("50.00"), 1), 0.5);
    assert_eq!(part(("alert", "R01-0"), "partly", None, 1), 0.5);
    assert_eq!(part(("alert", "R01-0"), "denied", None, 1), 0.0);
}

#[test]
fn what_cannot_be_read_names_the_label() {
    let wrong = |label: Label| Labels::from_labels([label], None, synth::rule_of).unwrap_err().to_string();
    let fine = || label("a", ("visit", "V1"), "confirmed", "2025-05-01");
    assert_eq!(wrong(Label { decided_at: "soon".to_owned(), ..fine() }), "label a: `soon` is no time");
    assert_eq!(wrong(Label { period_end: Some("May".to_owned()), ..fine() }), "label a: `May` is no day");
}
