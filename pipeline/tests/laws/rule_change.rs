//! A change of rules is the difference of two runs: what a running engine answers when it is told of another bank
//! is what makes the alerts of a run under the old one into those of a run under the new one, line for line, and the
//! coverage is that of the new one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use detectors::alert_view::AlertEvent;
use detectors::detector::SPECS;
use reports::bank_change::differences::differences;
use rulebank::{Bank, Exemption, Param, ParamKind, Rule, Severity, Status, Tables, Text2, Verdict};
use runtime::engine::{Engine, Options, Recorder};
use serde_json::Value;
use wire::{Alert, AlertDifference};

use crate::TICK;
use crate::against::same;
use crate::any_case;
use crate::histories::Dice;
use crate::seeds::{Case, SEEDS, hold, seeds};

/// A way of changing a bank; false if there was nothing to change in this way.
type Way = fn(&mut Dice, &mut Bank, &Case) -> bool;

/// Every way there is.
const WAYS: [(&str, Way); 8] = [
    ("parameter", parameter),
    ("row", row),
    ("status", status),
    ("whole rule", whole_rule),
    ("weight", weight),
    ("wording", wording),
    ("detector", detector),
    ("exemption", exemption),
];

#[test]
fn a_change_of_rules_is_the_difference_of_two_runs() {
    hold(change_is_difference, any_case);
}

fn change_is_difference(case: &Case) -> Result<(), String> {
    let (before, after, _) = banks(case);
    for (before, after) in [(&before, &after), (&after, &before)] {
        let (old, new) = (stood(before, case)?, stood(after, case)?);
        let answers = [changed(before, after, case, 1)?, changed(before, after, case, 2)?];
        same("two workers: the difference", &answers[1].lines, &answers[0].lines)?;
        for Answer { lines, shadow_lines, alerts, shadow, coverage } in &answers {
            folded(&old.alerts, lines, &new.alerts)?;
            same("the alerts that stand", alerts, &new.alerts)?;
            folded(&old.shadow, shadow_lines, &new.shadow)?;
            same("what shadow rules find", shadow, &new.shadow)?;
            same("the coverage", coverage, &new.coverage)?;
            if lines.len() + shadow_lines.len() > 0 && differences(before, after, SPECS).is_empty() {
                return Err("alerts differ, and nothing of the banks is said to".to_owned());
            }
        }
    }
    Ok(())
}

#[test]
fn every_way_of_changing_a_bank_changes_alerts() {
    let mut heard: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for seed in seeds().start..seeds().end.max(seeds().start + 4 * SEEDS) {
        let is_heard = |(way, _): &(&str, _)| heard.get(way).is_some_and(|kinds| !kinds.is_empty());
        if WAYS.iter().all(is_heard) {
            break;
        }
        let case = any_case(seed);
        let (before, after, ways) = banks(&case);
        // With a single way it is known which one did it.
        if let [way] = ways.as_slice() {
            let lines = changed(&before, &after, &case, 1).expect("the engine runs").lines;
            let kinds = lines.iter().filter_map(|line| line["change"].as_str()).map(str::to_owned);
            heard.entry(way).or_default().extend(kinds);
        }
    }
    let silent: Vec<&str> = WAYS
        .iter()
        .map(|(way, _)| *way)
        .filter(|way| heard.get(way).is_none_or(BTreeSet::is_empty))
        .collect();
    assert!(silent.is_empty(), "the histories do not try {silent:?}: {heard:?}");
}

/// What a run leaves, or a change of the bank.
struct Answer {
    lines: Vec<Value>,
    shadow_lines: Vec<Value>,
    alerts: Vec<Value>,
    shadow: Vec<Value>,
    coverage: Value,
}

/// A run under one bank.
fn stood(bank: &Bank, case: &Case) -> Result<Answer, String> {
    run(&[bank], case, 1)
}

/// A run under one bank that goes to another at its end.
fn changed(before: &Bank, after: &Bank, case: &Case, workers: usize) -> Result<Answer, String> {
    run(&[before, after], case, workers)
}

fn run(banks: &[&Bank], case: &Case, workers: usize) -> Result<Answer, String> {
    let failed = |error: runtime::Error| error.to_string();
    let as_of = case.as_of.as_deref().map(|text| {
        let day = || records::time::parse_date(text).map(|day| i64::from(day) * 86_400);
        records::time::parse_time(text).or_else(day).expect("a history's own --as-of")
    });
    let lines: Arc<Mutex<[Vec<Value>; 2]>> = Arc::default();
    let heard = Arc::clone(&lines);
    let recorder: Recorder = Box::new(move |events: &[AlertEvent]| {
        let changes = events.iter().filter_map(|event| Some((event.change.as_deref()?, event)));
        for (change, event) in changes {
            let [before, after] =
                [&change.before, &change.after].map(|side| side.as_ref().map(|side| &side.line));
            let line = AlertDifference::between(before, after, &event.line.cause);
            let of = &mut heard.lock().expect("no thread panics")[usize::from(event.shadow)];
            of.extend(line.map(|line| serde_json::json!(line)));
        }
        Ok(())
    });
    let options = Options { workers, as_of, profile: None };
    let mut engine = Engine::start_among(banks, &options, recorder).map_err(failed)?;
    for (nth, line) in (1..).zip(case.bytes()) {
        let _ = engine.front.line("history", nth, &line, &mut std::io::sink()).map_err(failed)?;
        // Large ticks: the other laws have the small ones.
        if engine.front.lines_in_tick() >= 20 * TICK as u64 {
            engine.close_tick().map_err(failed)?;
        }
    }
    engine.close_last_tick().map_err(failed)?;
    for bank in &banks[1..] {
        engine.change_bank(bank).map_err(failed)?;
    }
    let (_, desk) = engine.finish().map_err(failed)?;
    let [lines, shadow_lines] = std::mem::take(&mut *lines.lock().expect("no thread panics"));
    let json = |alerts: Vec<Alert>| alerts.iter().map(|alert| serde_json::json!(alert)).collect();
    let (alerts, shadow) = (json(desk.alerts()), json(desk.shadow_alerts()));
    Ok(Answer { lines, shadow_lines, alerts, shadow, coverage: serde_json::json!(desk.coverage()) })
}

/// Whether the lines of a difference make `old` into `new`, and none of them says what is not so.
fn folded(old: &[Value], lines: &[Value], new: &[Value]) -> Result<(), String> {
    let id = |alert: &Value| alert["alert_id"].as_str().unwrap_or_default().to_owned();
    let mut standing: BTreeMap<String, Value> = old.iter().map(|alert| (id(alert), alert.clone())).collect();
    let mut last = String::new();
    for line in lines {
        let wrong = |why: &str| Err(format!("{why}: {line}"));
        let key = id(line);
        if key <= last {
            return wrong("out of order");
        }
        let before = standing.remove(&key).unwrap_or(Value::Null);
        if before != line["before"] {
            return wrong("it stood otherwise before");
        }
        let change = match (before.is_null(), line["alert"].is_null()) {
            (true, false) => "added",
            (false, true) => "withdrawn",
            (false, false) if before != line["alert"] => "changed",
            _ => return wrong("nothing is different"),
        };
        let causes = line["cause"].as_array().map_or(0, Vec::len);
        let differs = line["differs"].as_array().map_or(0, Vec::len);
        if line["change"] != change || causes == 0 || (change == "changed") != (differs > 0) {
            return wrong("not what it is");
        }
        if !line["alert"].is_null() {
            standing.insert(key.clone(), line["alert"].clone());
        }
        last = key;
    }
    same(
        "the difference laid over the old alerts",
        &standing.into_values().collect::<Vec<_>>(),
        &new.to_vec(),
    )
}

/// Two banks with the tables of the case, one to a few changes apart, and the ways of the changes.
fn banks(case: &Case) -> (Bank, Bank, Vec<&'static str>) {
    let mut before = rulebank::load(None, SPECS).expect("the built-in bank is valid");
    before.tables = Tables::from_csv(&case.tables).expect("the tables of a history are valid");
    let mut after = before.clone();
    let mut dice = Dice::new(case.seed ^ 0xBA2C);
    // Each way is the only one somewhere: the first changes of neighbouring seeds are of different ways.
    let first = usize::try_from(case.seed).expect("a small number") % WAYS.len();
    let changes = dice.pick(&[1, 1, 2, 5]);
    let mut ways = Vec::new();
    for nth in 0..changes {
        let (way, change) = WAYS[if nth == 0 { first } else { dice.below(WAYS.len()) }];
        // One thing alone often concerns nobody.
        for _ in 0..if changes == 1 { 12 } else { 3 } {
            let bank = if dice.chance(1, 3) { &mut before } else { &mut after };
            if change(&mut dice, bank, case) && !ways.contains(&way) {
                ways.push(way);
            }
        }
    }
    (before, after, ways)
}

fn any_rule<'b>(dice: &mut Dice, bank: &'b mut Bank) -> &'b mut Rule {
    let nth = dice.below(bank.rules.len());
    &mut bank.rules[nth]
}

fn parameter(dice: &mut Dice, bank: &mut Bank, _: &Case) -> bool {
    let rule = any_rule(dice, bank);
    let Some(spec) = SPECS.iter().find(|spec| spec.name == rule.detector) else { return false };
    if spec.params.is_empty() {
        return false;
    }
    let param = spec.params[dice.below(spec.params.len())];
    let value = match (param.kind, &rule.params[param.name]) {
        (ParamKind::Integer { min, max }, Param::Integer(now)) => {
            let near = [now - 1, now + 1, now / 2, now * 3, min, 1];
            Param::Integer(dice.pick(&near).clamp(min, max))
        }
        (ParamKind::Decimal { min, .. }, Param::Decimal(now)) => {
            let near = [*now + *now, min.parse().expect("a number"), "1".parse().expect("a number")];
            Param::Decimal(dice.pick(&near))
        }
        (ParamKind::Choice(words), _) => Param::Choice(dice.pick(words).to_owned()),
        (_, other) => panic!("{} of {} is {other}", param.name, rule.id),
    };
    rule.params.insert(param.name.to_owned(), value);
    true
}

/// Takes a row away, repeats it for another rule of the table, or sets another number, sex, level or class.
fn row(dice: &mut Dice, bank: &mut Bank, case: &Case) -> bool {
    let mut tables = case.tables.clone();
    let Some(name) = tables.keys().nth(dice.below(tables.len().max(1))).cloned() else { return false };
    let mut rows: Vec<String> = tables[&name].lines().map(str::to_owned).collect();
    if rows.len() < 2 {
        return false;
    }
    let nth = 1 + dice.below(rows.len() - 1);
    let header: Vec<String> = rows[0].split(',').map(str::to_owned).collect();
    match dice.below(3) {
        0 => drop(rows.remove(nth)),
        what => {
            let mut cells: Vec<String> = rows[nth].split(',').map(str::to_owned).collect();
            let Some(cell) = (0..header.len()).find(|cell| match (what, header[*cell].as_str()) {
                (1, name) => {
                    ["max", "max_days", "cap", "min_days", "limit", "max_years", "lowest_lv", "gend", "class"]
                        .contains(&name)
                }
                (_, name) => name == "prefixes" || name == "prefix" || name == "valid_from",
            }) else {
                return false;
            };
            cells[cell] = match header[cell].as_str() {
                "gend" => dice.pick(&["1", "2"]).to_owned(),
                "lowest_lv" => dice.pick(&["01", "05", "09"]).to_owned(),
                "class" => dice.pick(&["inpatient", "outpatient", "pharmacy"]).to_owned(),
                "valid_from" => String::new(),
                "prefixes" | "prefix" => dice.pick(&["J", "I", "68"]).to_owned(),
                _ => dice.pick(&["0", "1", "2", "9"]).to_owned(),
            };
            rows[nth] = cells.join(",");
        }
    }
    tables.insert(name, rows.join("\n") + "\n");
    // A row whose cells hold commas may have come to nothing that can be read.
    let Ok(tables) = Tables::from_csv(&tables) else { return false };
    bank.tables = tables;
    true
}

fn status(dice: &mut Dice, bank: &mut Bank, _: &Case) -> bool {
    let word = dice.pick(&[Status::Draft, Status::Shadow, Status::Retired]);
    any_rule(dice, bank).status = word;
    true
}

/// Takes a rule away, or adds another of a detector that needs no table.
fn whole_rule(dice: &mut Dice, bank: &mut Bank, case: &Case) -> bool {
    if dice.chance(1, 2) {
        let nth = dice.below(bank.rules.len());
        bank.rules.remove(nth);
        return true;
    }
    let mut rule = any_rule(dice, bank).clone();
    if SPECS.iter().any(|spec| spec.name == rule.detector && spec.table.is_some()) {
        return false;
    }
    let id = format!("{}{}", dice.pick(&["B", "Z"]), dice.between(10, 99));
    if bank.rule(&id).is_some() {
        return false;
    }
    rule.id = id;
    bank.rules.push(rule);
    bank.rules.sort_by(|a, b| a.id.cmp(&b.id));
    let _ = parameter(dice, bank, case);
    true
}

fn weight(dice: &mut Dice, bank: &mut Bank, _: &Case) -> bool {
    let (severity, verdict) = (
        dice.pick(&[Severity::High, Severity::Medium, Severity::Low]),
        dice.pick(&[Verdict::Definite, Verdict::Suspect, Verdict::Indicator]),
    );
    let rule = any_rule(dice, bank);
    (rule.severity, rule.verdict) = (severity, verdict);
    true
}

fn wording(dice: &mut Dice, bank: &mut Bank, _: &Case) -> bool {
    let what = dice.below(3);
    let rule = any_rule(dice, bank);
    match what {
        0 => rule.version = "7.7".to_owned(),
        1 => rule.message.en = "{amount} yuan".to_owned(),
        _ => rule.basis = vec!["another law".to_owned()],
    }
    true
}

/// Gives a rule the detector of another; neither reads a table.
fn detector(dice: &mut Dice, bank: &mut Bank, _: &Case) -> bool {
    let other = any_rule(dice, bank).clone();
    let rule = any_rule(dice, bank);
    let reads_table = |name: &str| SPECS.iter().any(|spec| spec.name == name && spec.table.is_some());
    if reads_table(&other.detector) || reads_table(&rule.detector) {
        return false;
    }
    (rule.detector, rule.params, rule.message) = (other.detector, other.params, other.message);
    true
}

fn exemption(dice: &mut Dice, bank: &mut Bank, case: &Case) -> bool {
    let rules = (0..6).map(|_| any_rule(dice, bank).id.clone()).collect();
    // Institutions, divisions and items as the history calls them.
    let lines: Vec<Value> =
        case.lines.iter().filter_map(|(line, _)| serde_json::from_slice(line).ok()).collect();
    let mut some = |field: &str, of_so_many: u64| -> Vec<String> {
        let found: Vec<String> =
            lines.iter().filter_map(|line| Some(line[field].as_str()?.to_owned())).collect();
        if found.is_empty() || !dice.chance(1, of_so_many) { Vec::new() } else { vec![dice.pick(&found)] }
    };
    let institutions = some("fixmedins_code", 2);
    let divisions = some("admdvs", 4);
    let items = some("med_list_codg", 4);
    let id = format!("let-off-{}", dice.below(1000));
    if bank.exemptions.iter().any(|known| known.id == id) {
        return false;
    }
    bank.exemptions.push(Exemption {
        id,
        rules,
        institutions,
        divisions,
        items,
        subjects: Vec::new(),
        from: 0,
        until: None,
        why: Text2::default(),
        approved_by: "a law".to_owned(),
        approved_on: 0,
        source_file: "exemptions/x.toml".to_owned(),
    });
    bank.exemptions.sort_by(|a, b| a.id.cmp(&b.id));
    true
}
