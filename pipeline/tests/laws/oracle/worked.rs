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

    assert_eq!(given.alerts, rows("expected/alerts.ndjson"));

    let summary: Value = serde_json::from_str(&read("expected/summary.json")).unwrap();
    assert_eq!(given.counts["in"], summary["in"]);
    assert_eq!(given.counts["total"], summary["total"]);
    let (amount, counted) = &given.money;
    assert_eq!(
        (&summary["money"]["amount"], &summary["money"]["counted_amount"]),
        (&Value::from(amount.as_str()), &Value::from(counted.as_str()))
    );
    let rejected: Vec<(usize, String)> = rows("expected/rejected.ndjson")
        .iter()
        .map(|row| {
            let line = usize::try_from(row["origin"]["line"].as_u64().unwrap()).unwrap();
            (line, row["code"].as_str().unwrap().to_owned())
        })
        .collect();
    assert_eq!(given.rejected, rejected);

    // The worked coverage holds only rules with something found or not judged.
    let coverage: BTreeMap<String, Value> = serde_json::from_str(&read("expected/coverage.json")).unwrap();
    assert!(coverage.keys().all(|rule| given.coverage.contains_key(rule)));
    for (rule, covered) in &given.coverage {
        let expected = coverage.get(rule);
        let found = expected.map_or(0, |expected| expected["found"].as_u64().unwrap());
        assert_eq!(covered.found, found, "{rule}");
        let not_judged = expected.map_or(serde_json::json!({}), |expected| expected["not_judged"].clone());
        assert_eq!(serde_json::to_value(&covered.not_judged).unwrap(), not_judged, "{rule}");
        assert_eq!(covered.judged.is_some(), covered.clean.is_some(), "{rule}");
        assert!(given.near.contains_key(rule));
    }
}
