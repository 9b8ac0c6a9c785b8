//! A shadow rule is judged beside the others and touches nothing of theirs: what a run says of the active rules is what
//! it says without the shadow ones, to the cause of the last event, and what it says of the shadow rules is what a run
//! says in which they alone are active.

use std::sync::{Arc, Mutex};

use detectors::alert_view::AlertEvent;
use detectors::detector::SPECS;
use rulebank::{Bank, Status, Tables};
use runtime::engine::{Engine, Options, Recorder};
use serde_json::{Value, json};
use wire::Alert;

use crate::TICK;
use crate::against::same;
use crate::any_case;
use crate::histories::Dice;
use crate::seeds::{Case, hold, seeds};

#[test]
fn a_shadow_rule_is_as_if_it_were_not_there() {
    hold(shadow_is_beside, any_case);
}

fn shadow_is_beside(case: &Case) -> Result<(), String> {
    let (bank, active, shadow) = banks(case);
    for workers in [1, 2] {
        let both = run(&bank, case, workers)?;
        let (without, alone) = (run(&active, case, 1)?, run(&shadow, case, 1)?);
        same("alerts", &both.alerts, &without.alerts)?;
        same("events", &both.events, &without.events)?;
        same("the coverage", &both.coverage, &without.coverage)?;
        same("what is not judged where and when", &both.unjudged, &without.unjudged)?;
        same("what shadow rules find", &both.shadow, &alone.alerts)?;
        same("events of shadow rules", &both.shadow_events, &alone.events)?;
    }
    Ok(())
}

#[test]
fn shadow_and_active_rules_find_what_lies_on_the_same_money() {
    let found = |seed| {
        let case = any_case(seed);
        let both = run(&banks(&case).0, &case, 1).expect("the engine runs");
        let whole = run(&bank_of(&case), &case, 1).expect("the engine runs");
        let counted = |alerts: &[Value]| -> i128 {
            let fen = |alert: &Value| {
                let text = alert["counted_amount"].as_str().unwrap_or_default().replace('.', "");
                text.parse::<i128>().unwrap_or_default()
            };
            alerts.iter().map(fen).sum()
        };
        // Where nothing is shared, what is counted twice beside each other is what is counted once together.
        counted(&both.alerts) + counted(&both.shadow) > counted(&whole.alerts)
    };
    let some = seeds().start..seeds().start + 10;
    assert!(
        some.clone().any(found),
        "in the histories of {some:?} no active rule shares money with a shadow one"
    );
}

/// The built-in rules on the tables of the case.
fn bank_of(case: &Case) -> Bank {
    let mut bank = rulebank::load(None, SPECS).expect("the built-in bank is valid");
    bank.tables = Tables::from_csv(&case.tables).expect("the tables of a history are valid");
    bank
}

/// A bank of which some rules are shadow rules; the bank without these; and one in which these alone are active.
fn banks(case: &Case) -> (Bank, Bank, Bank) {
    let mut bank = bank_of(case);
    let mut dice = Dice::new(case.seed ^ 0x5AD0);
    for rule in &mut bank.rules {
        if dice.chance(1, 2) {
            rule.status = Status::Shadow;
        }
    }
    let (mut active, mut shadow) = (bank.clone(), bank.clone());
    active.rules.retain(|rule| rule.status == Status::Active);
    shadow.rules.retain(|rule| rule.status == Status::Shadow);
    shadow.rules.iter_mut().for_each(|rule| rule.status = Status::Active);
    (bank, active, shadow)
}

/// What a run leaves.
struct Answer {
    alerts: Vec<Value>,
    shadow: Vec<Value>,
    events: Vec<Value>,
    shadow_events: Vec<Value>,
    coverage: Value,
    unjudged: Vec<String>,
}

fn run(bank: &Bank, case: &Case, workers: usize) -> Result<Answer, String> {
    let failed = |error: runtime::Error| error.to_string();
    let as_of = case.as_of.as_deref().map(|text| {
        let day = || records::time::parse_date(text).map(|day| i64::from(day) * 86_400);
        records::time::parse_time(text).or_else(day).expect("a history's own --as-of")
    });
    let events: Arc<Mutex<[Vec<Value>; 2]>> = Arc::default();
    let heard = Arc::clone(&events);
    let recorder: Recorder = Box::new(move |of_tick: &[AlertEvent]| {
        let mut heard = heard.lock().expect("no thread panics");
        of_tick.iter().for_each(|event| heard[usize::from(event.shadow)].push(json!(event.line)));
        Ok(())
    });
    let options = Options { workers, as_of, profile: None };
    let mut engine = Engine::start(bank, &options, recorder).map_err(failed)?;
    for (nth, line) in (1..).zip(case.bytes()) {
        let _ = engine.front.line("history", nth, &line, &mut std::io::sink()).map_err(failed)?;
        if engine.front.lines_in_tick() >= 3 * TICK as u64 {
            engine.close_tick().map_err(failed)?;
        }
    }
    // Whether or not the bank asks models: the ticks are the same.
    engine.close_tick_with_profiles().map_err(failed)?;
    let (_, view) = engine.finish().map_err(failed)?;
    let [events, shadow_events] = std::mem::take(&mut *events.lock().expect("no thread panics"));
    let json_of = |alerts: Vec<Alert>| alerts.iter().map(|alert| json!(alert)).collect();
    let name = |rule: u16| view.compiled_bank().rules[usize::from(rule)].id.clone();
    let mut unjudged: Vec<String> = Vec::new();
    for (month, of) in view.unjudged() {
        let place = (view.arena().text(month.institution), month.month);
        unjudged.extend(of.iter().map(|((rule, why), n)| format!("{place:?} {} {why:?} {n}", name(*rule))));
    }
    unjudged.sort();
    Ok(Answer {
        alerts: json_of(view.alerts()),
        shadow: json_of(view.shadow_alerts()),
        events,
        shadow_events,
        coverage: json!(view.coverage()),
        unjudged,
    })
}
