//! The conditions that `why` asks one by one against the engine, over every case of every rule.
//!
//! In the world of a case every key that its records can make up is asked for: all conditions hold for just those
//! that the engine found, and those that cannot be judged are, by reason, the ones that its coverage counts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use detectors::detector::SPECS;
use detectors::knowledge::Knowledge;
use detectors::run::{Answer, history};
use detectors::why::{self, Scene, Step, Verdict};
use records::Kind;
use records::arena::{Arena, Ref};
use records::decode::Decoder;
use records::ledger::Ledger;
use records::row::{self, day_of};
use records::tell;
use records::time::{format_date, parse_date, parse_time};
use rulebank::{Bank, Case, Rule, Status, Tables};

/// Keys of a case are made up from its records; a case with more than this many is a mistake of this test.
const KEYS: usize = 400_000;

/// A case's records after its last step.
struct World {
    ledger: Ledger,
    standing: Vec<Ref>,
    now: Option<i64>,
}

fn world(case: &Case) -> World {
    let mut ledger = Ledger::default();
    let mut decoder = Decoder::new();
    for line in case.steps.iter().flat_map(|step| &step.changes) {
        if let Ok(fate) = decoder.decode_str(line, |change| ledger.apply(change)) {
            fate.expect("a case is small");
        }
    }
    let mut counts: BTreeMap<Ref, i32> = BTreeMap::new();
    for fact in ledger.take_facts() {
        *counts.entry(fact.row).or_default() += i32::from(fact.diff);
    }
    let standing = counts.into_iter().filter(|(_, count)| *count > 0).map(|(place, _)| place).collect();
    let as_of = case.as_of.as_deref().and_then(|text| {
        parse_time(text).or_else(|| parse_date(text).map(|day| i64::from(day) * 86_400))
    });
    let now = as_of.or(ledger.now());
    World { ledger, standing, now }
}

/// Texts that can stand under each name of a key.
fn parts(arena: &Arena, standing: &[Ref], now: Option<i64>) -> BTreeMap<&'static str, BTreeSet<String>> {
    let mut parts: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    let mut days: BTreeSet<i32> = now.map(day_of).into_iter().collect();
    for place in standing {
        let key = tell::key(arena, *place);
        let own = match row::kind(arena, *place) {
            Kind::Visit | Kind::FeeLine => "mdtrt_id",
            Kind::PersonFact => "fact_id",
            Kind::Presence => "idv_id",
            Kind::Settlement => "setl_id",
            Kind::Enrolment => "enrl_id",
            Kind::Prescription => "rx_id",
            Kind::Dispensing => "sel_id",
            Kind::Person => "psn_no",
            Kind::Institution => "fixmedins_code",
            _ => "-",
        };
        parts.entry(own).or_default().insert(key[0].clone());
        for (name, value) in tell::fields(arena, *place) {
            match name {
                "psn_no" | "fixmedins_code" | "med_list_codg" | "bill_code" | "bill_no" | "rx_id" => {
                    parts.entry(name).or_default().insert(value);
                }
                "lines" => {
                    let items = value.split("; ").filter_map(|line| line.split(" × ").next());
                    parts.entry("med_list_codg").or_default().extend(items.map(str::to_owned));
                }
                "trace_codes" | "diags" | "oprns" => {
                    let codes = value.split("; ").filter_map(|code| code.split(' ').next());
                    parts.entry("code").or_default().extend(codes.map(str::to_owned));
                }
                _ => {}
            }
        }
        days.extend(row::event_time(arena, *place).map(day_of));
        if row::kind(arena, *place) == Kind::Visit {
            let visit = row::visit(arena, *place);
            let end = visit.end.or(now).map_or(0, day_of);
            days.extend(day_of(visit.begin)..=end.min(day_of(visit.begin) + 40));
        }
    }
    parts.insert("day", days.into_iter().map(format_date).collect());
    parts
}

/// Every key of this shape.
fn keys(arena: &Arena, standing: &[Ref], now: Option<i64>, shape: &[&str], unordered: bool) -> Vec<Vec<String>> {
    if shape == ["mdtrt_id", "feedetl_sn"] {
        let lines = standing.iter().filter(|place| row::kind(arena, **place) == Kind::FeeLine);
        return lines.map(|place| tell::key(arena, *place)).collect();
    }
    let parts = parts(arena, standing, now);
    let mut keys: Vec<Vec<String>> = vec![Vec::new()];
    for name in shape {
        let Some(values) = parts.get(name) else { return Vec::new() };
        keys = keys
            .into_iter()
            .flat_map(|key| {
                values.iter().map(move |value| key.iter().cloned().chain([value.clone()]).collect())
            })
            .collect();
    }
    assert!(keys.len() < KEYS, "{} keys of {shape:?}", keys.len());
    keys.retain(|key: &Vec<String>| !unordered || key[0] < key[1]);
    keys
}

/// What is otherwise than the engine says.
fn differences(rule: &Rule, case: &Case, bank: &Bank) -> Vec<String> {
    let steps: Vec<Vec<String>> = case.steps.iter().map(|step| step.changes.clone()).collect();
    let mut world = world(case);
    let as_of = case.as_of.as_ref().and(world.now);
    let answer: Answer = history(bank, as_of, &steps).expect("a case is small").pop().expect("a step");
    let knowledge = Knowledge::compile(bank, &mut |text| world.ledger.intern(text).expect("a case is small"));
    let arena = Arc::clone(world.ledger.arena());
    let found: BTreeSet<Vec<String>> = answer.alerts.iter().map(|(alert, ..)| alert.key.clone()).collect();
    let scene = Scene::new(&arena, bank, &knowledge, world.now, world.standing.iter().copied());
    let mut asked: BTreeMap<Vec<String>, (Vec<Step>, Verdict)> = BTreeMap::new();
    for shape in why::key_shapes(&rule.detector) {
        let unordered = why::is_unordered(&rule.detector);
        for key in keys(&arena, &world.standing, world.now, shape, unordered) {
            let interned: Vec<Ref> =
                key.iter().map(|part| world.ledger.intern(part).expect("a case is small")).collect();
            asked.insert(key, why::why(&scene, rule, &interned));
        }
    }
    let mut wrong = Vec::new();
    for key in &found {
        if !asked.contains_key(key) {
            wrong.push(format!("{key:?} is found and was not asked"));
        }
    }
    let mut not_judged: BTreeMap<&str, i64> = BTreeMap::new();
    for (key, (steps, verdict)) in &asked {
        if let Verdict::NotJudged(reason) = verdict {
            *not_judged.entry(reason).or_default() += 1;
        }
        if (*verdict == Verdict::Stands) != found.contains(key) {
            let last = steps.last().map(|step| (&step.condition.en, &step.values, step.outcome));
            wrong.push(format!("{key:?} is {verdict:?}, found: {}: {last:?}", found.contains(key)));
        }
    }
    let counted: BTreeMap<&str, i64> = answer
        .coverage
        .get(&rule.id)
        .into_iter()
        .flat_map(|coverage| &coverage.not_judged)
        .filter(|(_, count)| **count != 0)
        .map(|(reason, count)| (*reason, *count))
        .collect();
    if counted != not_judged {
        wrong.push(format!("not judged by the engine {counted:?}, by the conditions {not_judged:?}"));
    }
    wrong
}

#[test]
fn all_conditions_hold_of_just_what_the_engine_finds() {
    let bank =
        rulebank::load(None, SPECS).unwrap_or_else(|errors| panic!("{}", rulebank::check_report(&errors)));
    let only = std::env::var("RULE").ok();
    let mut said = String::new();
    let mut cases = 0;
    for rule in bank.rules.iter().filter(|rule| only.as_ref().is_none_or(|only| rule.id == *only)) {
        for case in &rule.cases {
            let mut alone = bank.clone();
            alone.rules = vec![Rule { status: Status::Active, cases: Vec::new(), ..rule.clone() }];
            if let Some(tables) = &case.tables {
                alone.tables = Tables::from_csv(tables).expect("checked when the bank was loaded");
            }
            for what in differences(rule, case, &alone) {
                let _ = writeln!(said, "{} {:?}: {what}", rule.id, case.name);
            }
            cases += 1;
        }
    }
    assert!(said.is_empty(), "\n{said}");
    assert!(cases > 0, "the bank has cases");
}
