//! What a list is worth on a made-up region in which few places do most of it: more than chance, more than going by
//! turnover, and its control draw tells what it leaves out.
//!
//! Every planted finding is taken for an alert of its own, as the engine raises them; `pipeline/tests/worth.rs` asks
//! the same of the program.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use eval::judgement::report::Report;
use eval::judgement::{Judgement, Ranked, Settings};
use eval::truth::{PlantedTruth, Truth, TruthLine};
use selection::candidate::RankingBuilder;
use selection::chance::Chances;
use selection::decision::Decisions;
use selection::draw::Frame;
use selection::effort::Effort;
use selection::estimate::estimate;
use selection::period::Period;
use selection::subject::SubjectKind;
use serde_json::Value;
use synth::{Recipe, Schemes, write};
use wire::{Alert, Bilingual, Fen, FenSum, Institution, Owners, Share, Subject, Turnover};

/// A simulated region: its institutions, its truth, the list made of it and what that is worth.
struct World {
    institutions: Vec<Institution>,
    /// Fen to be found by institution.
    stakes: BTreeMap<String, i64>,
    list: Vec<Ranked>,
    report: Report,
}

/// A folder that is removed in the end.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// One region for all tests.
fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let folder = Folder(std::env::temp_dir().join(format!("worth-{}", std::process::id())));
        let recipe = Recipe { seed: 4, visits: 26_000, months: 1, schemes: Schemes::All, strength: 1.0 };
        write(&recipe, &folder.0, &mut |_| ()).unwrap();
        World::of(&folder)
    })
}

impl World {
    fn of(folder: &Folder) -> World {
        let text = |file: &str| fs::read_to_string(folder.0.join(file)).unwrap();
        let institutions = institutions(&text("records/changes.ndjson"));
        let mut truth_lines = PlantedTruth::default();
        let mut stakes: BTreeMap<String, i64> = BTreeMap::new();
        let new = || {
            RankingBuilder::new(
                SubjectKind::Institutions,
                Period::default(),
                Chances::default(),
                Decisions::default(),
            )
        };
        let mut ranking = new();
        for institution in &institutions {
            ranking.add_institution(institution).unwrap();
        }
        let mut alerts = Vec::new();
        for line in text("truth.ndjson").lines() {
            let planted: TruthLine = serde_json::from_str(line).unwrap();
            let (alert, owners) = raised(&planted);
            for share in &owners.institutions {
                *stakes.entry(share.id.clone()).or_default() += share.counted_amount.fen();
            }
            ranking.add_alert(&alert, &owners).unwrap();
            alerts.push((alert, owners));
            truth_lines.add(planted).unwrap();
        }
        let candidates = ranking.rank(&Effort::built_in()).candidates.into_iter();
        let list: Vec<Ranked> =
            candidates.map(|of| Ranked { code: of.id, expected: of.totals.expected_fen }).collect();
        let settings = Settings { now: None, delay: 30, negative: false, seed: 1 };
        let truth = Truth::Planted(truth_lines);
        let mut judgement =
            Judgement::new(truth, BTreeMap::new(), institutions.iter().cloned(), settings).unwrap();
        for (alert, owners) in &alerts {
            judgement.add_alert(alert, owners, 0.8).unwrap();
        }
        let report = judgement.report(&list, &[], None);
        World { institutions, stakes, list, report }
    }
}

/// The institutions with what was settled there.
fn institutions(changes: &str) -> Vec<Institution> {
    let text = |row: &Value, field: &str| row[field].as_str().map(str::to_owned);
    let mut institutions: BTreeMap<String, Institution> = BTreeMap::new();
    let mut paid: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for line in changes.lines() {
        if line.contains(r#""kind":"institution""#) {
            let row: Value = serde_json::from_str(line).unwrap();
            let code = text(&row, "fixmedins_code").unwrap();
            institutions.insert(
                code.clone(),
                Institution {
                    fixmedins_code: code,
                    fixmedins_type: text(&row, "fixmedins_type"),
                    hosp_lv: text(&row, "hosp_lv"),
                    ..Institution::default()
                },
            );
        } else if line.contains(r#""kind":"settlement""#) {
            let row: Value = serde_json::from_str(line).unwrap();
            let sum = paid.entry(text(&row, "fixmedins_code").unwrap()).or_default();
            let fund = match &row["fund_pay_sumamt"] {
                Value::String(text) => text.clone(),
                number => number.to_string(),
            };
            *sum = (sum.0 + 1, sum.1 + fund.parse::<Fen>().unwrap().fen());
        }
    }
    for (code, (settlements, fund)) in paid {
        let turnover = Turnover { settlements, fund_pay_sumamt: FenSum(i128::from(fund)) };
        institutions.get_mut(&code).unwrap().months.insert("2025-01".to_owned(), turnover);
    }
    institutions.into_values().collect()
}

/// The alert that a planted finding raises, its money in equal parts at its institutions.
fn raised(planted: &TruthLine) -> (Alert, Owners) {
    let alert_id = format!("{}-{}", planted.rule, planted.key.join("-"));
    let amount = planted.amount.fen();
    let places = i64::try_from(planted.institutions.len()).unwrap();
    let share = |(n, code): (i64, &String)| {
        let part = Fen(amount / places + i64::from(n < amount % places));
        Share { id: code.clone(), amount: part, counted_amount: part }
    };
    let alert = Alert {
        alert_id: alert_id.clone(),
        rule: planted.rule.clone(),
        rule_version: String::new(),
        phase: "".into(),
        key: planted.key.clone(),
        family: "pricing".into(),
        verdict: "definite".to_owned().into(),
        severity: "high".into(),
        subject: Subject { r#type: "visit".into(), id: planted.key[0].clone() },
        institution: planted.institutions.first().cloned(),
        occurred: "2025-01-15 12:00:00".to_owned(),
        amount: planted.amount,
        counted_amount: planted.amount,
        evidence: Vec::new(),
        message: Bilingual { zh: String::new(), en: String::new() },
        basis: Vec::new(),
        ..Alert::default()
    };
    let institutions = (0..).zip(&planted.institutions).map(share).collect();
    (alert, Owners { alert_id, institutions, practitioners: Vec::new(), persons: Vec::new() })
}

#[test]
fn the_first_twenty_hold_three_times_what_chance_does_and_more_than_the_largest() {
    let world = world();
    assert!(world.institutions.len() >= 140, "{}", world.institutions.len());
    let at = world.report.list.at.iter().find(|at| at.k == 20).unwrap();
    assert!(at.times_random.value.unwrap() >= 3.0, "{at:#?}");
    assert!(at.list.money > at.turnover.money, "{at:#?}");
    assert!(at.list.money <= at.best.money, "{at:#?}");
    assert_eq!(world.report.all.recall.value, Some(1.0));
}

#[test]
fn the_control_draw_tells_what_the_list_leaves_out() {
    let world = world();
    let ranked: BTreeSet<String> = world.list.iter().take(20).map(|ranked| ranked.code.clone()).collect();
    let frame = Frame::of(world.institutions.iter().map(|place| place.fixmedins_code.clone()));
    let found = |code: &str| world.stakes.get(code).copied().unwrap_or(0);
    let open: Vec<&str> = world.institutions.iter().map(|place| place.fixmedins_code.as_str()).collect();
    let open: Vec<&str> = open.into_iter().filter(|code| !ranked.contains(*code)).collect();
    let truth: i64 = open.iter().map(|code| found(code)).sum();
    for drawn in [20, 40] {
        let covers = |seed: &u32| {
            let seed = seed.to_string();
            let control = frame.control(&ranked, &seed, drawn);
            let found: Vec<i64> = control.iter().map(|drawn| found(&drawn.code)).collect();
            let estimate = estimate(&found, open.len(), &seed).unwrap();
            estimate.low_fen <= truth && estimate.high_fen.is_none_or(|high| truth <= high)
        };
        let covered = (0..200).filter(covers).count();
        assert!(covered >= 170, "{covered} of 200 intervals of {drawn} draws hold the truth");
    }
}
