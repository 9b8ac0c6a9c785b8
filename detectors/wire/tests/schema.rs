//! The schemas stored under `docs/schema` are those of the structs.
//!
//! After a change of a struct: `FUNDWATCH_ACCEPT=1 cargo test -p wire --test schema`, and read the difference.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use wire::schema::OUTPUTS;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema")
}

#[test]
fn the_stored_schemas_are_those_of_the_structs() {
    for output in &OUTPUTS {
        let path = folder().join(format!("{}.json", output.name));
        if std::env::var("FUNDWATCH_ACCEPT").as_deref() == Ok("1") {
            fs::write(&path, output.document()).unwrap();
        }
        let stored = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(stored, output.document(), "{}: FUNDWATCH_ACCEPT=1 writes it", path.display());
    }
    let stored: BTreeSet<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let known: BTreeSet<String> = OUTPUTS.iter().map(|output| format!("{}.json", output.name)).collect();
    assert_eq!(stored, known, "a schema of no output, or an output without a schema");
}

#[test]
fn what_does_not_fit_a_schema_is_named_with_its_path() {
    let owners = wire::schema::Output::named("owners").unwrap();
    let line =
        r#"{"alert_id":"A-1","institutions":[{"id":"H1","amount":"1.5"}],"practitioners":[],"extra":1}"#;
    let faults = owners.faults(&serde_json::from_str(line).unwrap());
    let expected = [
        ".institutions[0].amount: \"1.5\" does not fit",
        ".institutions[0].counted_amount: it is missing",
        ".persons: it is missing",
        ".extra: it is not in the schema",
    ];
    assert_eq!(faults.len(), expected.len(), "{faults:?}");
    for (fault, expected) in faults.iter().zip(expected) {
        assert!(fault.starts_with(expected), "{fault}");
    }
}
