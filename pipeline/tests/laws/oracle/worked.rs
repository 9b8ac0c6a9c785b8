//! The oracle held beside the world that was worked by hand together with the contract.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::{World, recompute};

/// The world worked by hand beside the contract, where it is at hand.
#[test]
fn the_worked_world() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/example");
    if !example.exists() {
        eprintln!("skipped: there is no {}", example.display());
        return;
    }
    let read = |path: &str| std::fs::read_to_string(example.join(path)).unwrap();
    let lines: Vec<Vec<u8>> = read("changes.ndjson").lines().map(|line| line.as_bytes().to_vec()).collect();
    let tables: BTreeMap<String, String> = ["age_limit", "pair_conflict", "quantity_limit"]
        .map(|name| (name.to_owned(), read(&format!("rules/tables/{name}.csv"))))
        .into();
    let given = recompute(&World { lines: &lines, tables: &tables, as_of: None });
    let rows = |path: &str| -> Vec<Value> {
        read(path).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };

    let is_ours = |alert: &Value| given.coverage.contains_key(alert["rule"].as_str().unwrap());
    let mut alerts: Vec<Value> = rows("expected/alerts.ndjson").into_iter().filter(is_ours).collect();
    for alert in &mut alerts {
        // Where S05 does not run, what it took of V1 is left for S12.
        if alert["rule"] == "S12" {
            alert["counted_amount"] = "50.00".into();
        }
    }
    assert_eq!(given.alerts, alerts);

    let summary: Value = serde_json::from_str(&read("expected/summary.json")).unwrap();
    assert_eq!(given.counts["in"], summary["in"]);
    assert_eq!(given.counts["total"], summary["total"]);
    let rejected: Vec<(usize, String)> = rows("expected/rejected.ndjson")
        .iter()
        .map(|row| {
            let line = usize::try_from(row["origin"]["line"].as_u64().unwrap()).unwrap();
            (line, row["code"].as_str().unwrap().to_owned())
        })
        .collect();
    assert_eq!(given.rejected, rejected);
    let coverage: Value = serde_json::from_str(&read("expected/coverage.json")).unwrap();
    for (rule, covered) in &given.coverage {
        let expected = &coverage[rule];
        assert_eq!(covered.found, expected["found"].as_u64().unwrap_or(0), "{rule}");
        assert_eq!(
            serde_json::to_value(&covered.not_judged).unwrap(),
            if expected.is_null() { serde_json::json!({}) } else { expected["not_judged"].clone() },
            "{rule}"
        );
        assert_eq!(covered.judged.is_some(), covered.clean.is_some(), "{rule}");
        assert!(given.near.contains_key(rule));
    }
    // 1,944.53 without S05 (96) and P06 (25); what P06 took is gone, what S05 took has gone to S12.
    assert_eq!(given.money, ("1823.53".to_owned(), "1193.53".to_owned()));
}
