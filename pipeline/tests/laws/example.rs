//! The small world worked by hand that lies beside the workspace: the program gives what the hand gave.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::against::{same, without_idle_kinds};
use crate::program::{Outcome, RULES, outcome, rows};

/// What the worked alerts leave out.
const LEFT_OUT: [&str; 4] = ["alert_id", "rule_version", "message", "basis"];

#[test]
fn the_worked_world() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/example");
    if !example.join("changes.ndjson").is_file() {
        eprintln!("skipped: {} is not there", example.display());
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("out");
    let mut args: Vec<String> =
        ["run", "changes.ndjson", "--rules", "rules", "--tick", "20", "--out"].map(String::from).to_vec();
    args.push(out.display().to_string());
    let worked = Worked {
        expected: example.join("expected"),
        outcome: outcome(&example, &args, &out).expect("it runs"),
    };
    for (what, answer) in [
        ("alerts", worked.alerts()),
        ("events", worked.events()),
        ("rejected", worked.rejected()),
        ("counts", worked.counts()),
        ("coverage", worked.coverage()),
    ] {
        answer.unwrap_or_else(|said| panic!("{what}: {said}"));
    }
}

struct Worked {
    expected: PathBuf,
    outcome: Outcome,
}

impl Worked {
    fn alerts(&self) -> Result<(), String> {
        let mut said: Vec<Value> = rows(&self.outcome.alerts)?.into_iter().map(comparable).collect();
        said.sort_by_key(order);
        let hand: Vec<Value> = self.hand("alerts.ndjson")?.into_iter().map(comparable).collect();
        same("the alerts", &said, &hand)
    }

    fn events(&self) -> Result<(), String> {
        let mut said: Vec<Value> = rows(&self.outcome.events)?;
        said.sort_by_key(|event| (event["tick"].as_u64(), order(&event["alert"])));
        let hand: Vec<Value> = self.hand("events.ndjson")?;
        let essence = |event: &Value, alert: &Value| {
            json!([event["event"], event["tick"], alert["rule"], alert["key"], alert["counted_amount"]])
        };
        let ours: Vec<Value> = said.iter().map(|event| essence(event, &event["alert"])).collect();
        let theirs: Vec<Value> = hand.iter().map(|event| essence(event, event)).collect();
        same("the events", &ours, &theirs)?;
        for (ours, theirs) in said.iter().zip(&hand) {
            let causes = |event: &Value| -> BTreeSet<String> {
                event["cause"].as_array().into_iter().flatten().map(Value::to_string).collect()
            };
            if !causes(ours).is_superset(&causes(theirs)) {
                return Err(format!("the cause lacks some of {}: {ours}", theirs["cause"]));
            }
        }
        Ok(())
    }

    fn rejected(&self) -> Result<(), String> {
        let essence = |row: &Value| json!([row["origin"], row["code"], row["raw"]]);
        let ours: Vec<Value> = rows(&self.outcome.rejected)?.iter().map(essence).collect();
        let theirs: Vec<Value> = self.hand("rejected.ndjson")?.iter().map(essence).collect();
        same("rejected.ndjson", &ours, &theirs)
    }

    fn counts(&self) -> Result<(), String> {
        let hand = self.hand_json("summary.json")?;
        same("in and total", &without_idle_kinds(&self.outcome.summary), &without_idle_kinds(&hand))?;
        for rule in RULES {
            let count = |summary: &Value| summary["out"][rule].as_u64().unwrap_or(0);
            same(&format!("out of {rule}"), &count(&self.outcome.summary), &count(&hand))?;
        }
        Ok(())
    }

    fn coverage(&self) -> Result<(), String> {
        let hand = self.hand_json("coverage.json")?;
        for rule in RULES {
            let ours = &self.outcome.coverage[rule];
            let theirs = match &hand[rule] {
                Value::Null => json!({"found": 0, "not_judged": {}}),
                rule => rule.clone(),
            };
            same(rule, &json!({"found": ours["found"], "not_judged": ours["not_judged"]}), &theirs)?;
        }
        Ok(())
    }

    fn hand(&self, name: &str) -> Result<Vec<Value>, String> {
        rows(&fs::read(self.expected.join(name)).map_err(|error| format!("{name}: {error}"))?)
    }

    fn hand_json(&self, name: &str) -> Result<Value, String> {
        let bytes = fs::read(self.expected.join(name)).map_err(|error| format!("{name}: {error}"))?;
        serde_json::from_slice(&bytes).map_err(|error| format!("{name}: {error}"))
    }
}

/// An alert without what the worked ones leave out.
fn comparable(mut alert: Value) -> Value {
    if let Some(fields) = alert.as_object_mut() {
        for name in LEFT_OUT {
            fields.remove(name);
        }
    }
    alert
}

/// By rule, then key part by part by bytes.
fn order(alert: &Value) -> (String, Vec<String>) {
    let key = alert["key"].as_array().into_iter().flatten();
    let key = key.map(|part| part.as_str().unwrap_or_default().to_owned()).collect();
    (alert["rule"].as_str().unwrap_or_default().to_owned(), key)
}
