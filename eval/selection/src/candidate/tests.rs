//! Small runs written by hand, and what a list makes of them.

use super::*;
use wire::{Bilingual, Fen, Label, RecordName, Share, Subject, Turnover};

fn alert(id: &str, rule: &str, verdict: &str, occurred: &str, counted: &str) -> Alert {
    Alert {
        alert_id: id.to_owned(),
        rule: rule.to_owned(),
        rule_version: String::new(),
        phase: "".into(),
        key: vec![id.to_owned()],
        family: "inventory".into(),
        verdict: verdict.to_owned().into(),
        severity: "high".into(),
        subject: Subject { r#type: "visit".into(), id: format!("V{id}") },
        institution: None,
        occurred: format!("{occurred} 00:00:00"),
        amount: counted.parse().unwrap(),
        counted_amount: counted.parse().unwrap(),
        evidence: vec![RecordName { kind: "settlement".into(), key: format!("S{id}") }],
        message: Bilingual { zh: String::new(), en: String::new() },
        basis: Vec::new(),
        ..Alert::default()
    }
}

fn shares(list: &[(&str, &str)]) -> Vec<Share> {
    let share = |(id, fen): &(&str, &str)| Share {
        id: (*id).to_owned(),
        amount: fen.parse().unwrap(),
        counted_amount: fen.parse().unwrap(),
    };
    list.iter().map(share).collect()
}

fn owners(id: &str, institutions: &[(&str, &str)], persons: &[(&str, &str)]) -> Owners {
    Owners {
        alert_id: id.to_owned(),
        institutions: shares(institutions),
        practitioners: Vec::new(),
        persons: shares(persons),
    }
}

fn institution(code: &str, kind: &str, level: Option<&str>) -> Institution {
    Institution {
        fixmedins_code: code.to_owned(),
        fixmedins_type: Some(kind.to_owned()),
        hosp_lv: level.map(str::to_owned),
        months: BTreeMap::from([("2025-01".to_owned(), Turnover::default())]),
        ..Institution::default()
    }
}

fn label(subject_type: &str, subject_id: &str, decision: &str) -> Label {
    Label {
        case_id: format!("{subject_type} {subject_id} {decision}"),
        subject_type: subject_type.to_owned(),
        subject_id: subject_id.to_owned(),
        decision: decision.to_owned(),
        decided_at: "2025-06-30 12:00:00".to_owned(),
        ..Label::default()
    }
}

fn effort() -> Effort {
    Effort::read("fixmedins_type,hosp_lv,days\n1,,10\n2,,2\n").unwrap()
}

fn ranking(of: SubjectKind, period: &str, labels: Vec<Label>) -> RankingBuilder {
    let decisions = Decisions::from_labels(labels).unwrap();
    let mut ranking = RankingBuilder::new(of, Period::parse(period).unwrap(), Chances::default(), decisions);
    for (code, kind) in [("H1", "1"), ("H2", "1"), ("P1", "2"), ("P2", "2")] {
        ranking.add_institution(&institution(code, kind, None)).unwrap();
    }
    ranking
}

/// Code and expected fen, in the order of the ranking.
fn ranked(ranking: &Ranking) -> Vec<(&str, i64)> {
    ranking.candidates.iter().map(|c| (c.id.as_str(), c.totals.expected_fen)).collect()
}

#[test]
fn what_a_day_brings_ranks_and_codes_break_ties() {
    let mut ranking = ranking(SubjectKind::Institutions, "..", Vec::new());
    let crossing = owners("a", &[("H1", "600.00"), ("P2", "100.00")], &[]);
    ranking.add_alert(&alert("a", "R01", "definite", "2025-01-05", "700.00"), &crossing).unwrap();
    let mut exempted = alert("b", "R01", "definite", "2025-01-05", "900.00");
    exempted.exempted_by = Some("E".to_owned());
    ranking.add_alert(&exempted, &owners("b", &[("H2", "900.00")], &[])).unwrap();
    let weak = alert("c", "R02", "indicator", "2025-02-05", "200.05");
    assert!(ranking.add_alert(&weak, &owners("c", &[("P1", "200.05")], &[])).unwrap());
    assert!(!ranking.add_alert(&weak, &owners("c", &[("P1", "200.05")], &[])).unwrap(), "given already");
    let ranking = ranking.rank(&effort());
    // 480 in ten days, 80 in two, 20.01 in two: a day at the hospital brings more than one at the pharmacy.
    assert_eq!(ranked(&ranking), [("H1", 48_000), ("P2", 8_000), ("P1", 2_001), ("H2", 0)]);
    let first = &ranking.candidates[0];
    assert_eq!((first.expected_per_day_fen(), first.totals.definite_fen), (4_800, 60_000));
    assert_eq!((first.peers, first.peers_median_fen), (2, 24_000));
    let months: Vec<String> = first.by_month.iter().map(|(m, fen)| format!("{m} {fen}")).collect();
    assert_eq!(months, ["2025-01 48000", "2025-02 0"]);
    assert_eq!(ranking.period.to_string(), "2025-01-01..2025-02-28");
    let wrong =
        RankingBuilder::new(SubjectKind::Persons, Period::ALWAYS, Chances::default(), Decisions::default())
            .add_alert(&weak, &owners("d", &[], &[]))
            .unwrap_err();
    assert_eq!(wrong.to_string(), "alert c has the owners of d");
}

#[test]
fn only_what_occurred_in_the_period_counts() {
    let mut ranking = ranking(SubjectKind::Persons, "2025-02", Vec::new());
    for (id, day) in [("a", "2025-01-31"), ("b", "2025-02-28"), ("c", "2025-03-01")] {
        let alert = alert(id, "R01", "suspect", day, "10.00");
        ranking.add_alert(&alert, &owners(id, &[("H1", "10.00")], &[("T1", "10.00")])).unwrap();
    }
    assert_eq!(ranked(&ranking.rank(&effort())), [("T1", 400)]);
}

#[test]
fn a_label_on_the_alert_or_its_records_teaches_and_settles() {
    for subject in [("alert", "a"), ("visit", "Va"), ("settlement", "Sa")] {
        let mut partly = label(subject.0, subject.1, "partly");
        partly.amount = Some(Fen(2_500));
        let older =
            Label { decided_at: "2025-01-01 00:00:00".to_owned(), ..label(subject.0, subject.1, "denied") };
        let mut ranking = ranking(SubjectKind::Institutions, "..", vec![partly, older]);
        for id in ["a", "b"] {
            let alert = alert(id, "R01", "definite", "2025-01-05", "100.00");
            ranking.add_alert(&alert, &owners(id, &[("H1", "100.00")], &[])).unwrap();
        }
        let ranking = ranking.rank(&effort());
        let chance = &ranking.chances[0];
        assert_eq!((chance.decided, chance.confirmed), (1, 0.25), "{subject:?}");
        let sum = ranking.candidates[0].totals;
        assert_eq!((sum.counted_fen, sum.inspected_fen), (20_000, 10_000));
        // (0.8 × 20 + 0.25) / 21 of the other hundred yuan.
        assert_eq!(sum.expected_fen, 7_738);
    }
}

#[test]
fn a_broad_label_settles_its_period_and_teaches_only_the_rule_it_names() {
    let of = |scheme: Option<&str>, subject: (&str, &str)| {
        let mut broad = label(subject.0, subject.1, "confirmed");
        broad.scheme = scheme.map(str::to_owned);
        broad.period_begin = Some("2025-01-01".to_owned());
        broad.period_end = Some("2025-01-31".to_owned());
        let mut ranking = ranking(SubjectKind::Institutions, "..", vec![broad]);
        for (id, rule, day) in
            [("a", "R01", "2025-01-31"), ("b", "R02", "2025-01-05"), ("c", "R01", "2025-02-01")]
        {
            let owners = owners(id, &[("H1", "60.00"), ("H2", "40.00")], &[("T1", "75.00"), ("T2", "25.00")]);
            ranking.add_alert(&alert(id, rule, "definite", day, "100.00"), &owners).unwrap();
        }
        let ranking = ranking.rank(&effort());
        let inspected = |code| ranking.candidates.iter().find(|c| c.id == code).unwrap().totals.inspected_fen;
        let decided: u64 = ranking.chances.iter().map(|chance| chance.decided).sum();
        (inspected("H1"), inspected("H2"), decided)
    };
    assert_eq!(of(Some("some_scheme"), ("institution", "H1")), (12_000, 0, 0));
    assert_eq!(of(Some("R01"), ("institution", "H1")), (6_000, 0, 1));
    assert_eq!(of(Some("R09"), ("institution", "H1")), (0, 0, 0));
    assert_eq!(of(None, ("person", "T1")), (9_000, 6_000, 0), "three quarters of two alerts");
}

#[test]
fn a_vague_or_open_label_says_nothing() {
    let labels = vec![label("institution", "H1", "confirmed"), label("alert", "a", "undecided")];
    let decisions = Decisions::from_labels(labels.clone()).unwrap();
    assert_eq!((decisions.count.labels, decisions.count.vague, decisions.count.undecided), (2, 1, 1));
    let mut ranking = ranking(SubjectKind::Institutions, "..", labels);
    let found = alert("a", "R01", "definite", "2025-01-05", "100.00");
    ranking.add_alert(&found, &owners("a", &[("H1", "100.00")], &[])).unwrap();
    assert_eq!(ranked(&ranking.rank(&effort()))[0], ("H1", 8_000));
}

#[test]
fn a_place_inspected_on_all_days_is_closed() {
    let spans = |spans: &[(&str, &str)], scheme: Option<&str>| {
        let labels = spans.iter().map(|(begin, end)| Label {
            case_id: (*begin).to_owned(),
            period_begin: Some((*begin).to_owned()),
            period_end: Some((*end).to_owned()),
            scheme: scheme.map(str::to_owned),
            ..label("institution", "P1", "denied")
        });
        ranking(SubjectKind::Institutions, "2025-01-01..2025-01-31", labels.collect()).rank(&effort()).closed
    };
    assert_eq!(spans(&[("2025-01-10", "2025-03-01"), ("2024-01-01", "2025-01-09")], None), ["P1"]);
    assert_eq!(spans(&[("2025-01-10", "2025-03-01"), ("2024-01-01", "2025-01-08")], None), [""; 0]);
    assert_eq!(spans(&[("2024-01-01", "2025-03-01")], Some("beds")), [""; 0], "only beds were looked at");
}

#[test]
fn values_that_cannot_be_read_are_named() {
    let mut broken = label("alert", "a", "partly");
    broken.decided_at = "soon".to_owned();
    let message = Decisions::from_labels([broken]).unwrap_err().to_string();
    assert_eq!(message, "label alert a partly: `soon` is no time");
    let mut ranking = ranking(SubjectKind::Institutions, "..", Vec::new());
    let found = alert("a", "R01", "definite", "2025-13-05", "100.00");
    let wrong = ranking.add_alert(&found, &owners("a", &[("H1", "1.00")], &[])).unwrap_err();
    assert_eq!(wrong.to_string(), "`2025-13-05 00:00:00` is no time");
}
