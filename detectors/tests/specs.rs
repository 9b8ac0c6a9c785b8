//! What detectors state of themselves agrees with what the tests of the rule bank assume of them.
//!
//! The crate `rulebank` knows no detector, so its tests bring a list of their own; here it is held against the real one.

use detectors::detector::SPECS;
use rulebank::DetectorSpec;

#[path = "../../rulebank/tests/fixture/detectors.rs"]
mod fixture;

/// Name, table, values and the parameters but for their sentences.
fn shape(spec: &DetectorSpec) -> String {
    let params: Vec<String> =
        spec.params.iter().map(|p| format!("{} {:?} {}", p.name, p.kind, p.default)).collect();
    format!("{} {:?} {:?} {params:?}", spec.name, spec.table, spec.values)
}

#[test]
fn the_rule_bank_is_tested_with_the_detectors_that_there_are() {
    let sorted = |specs: &[DetectorSpec]| {
        let mut shapes: Vec<String> = specs.iter().map(shape).collect();
        shapes.sort();
        shapes
    };
    assert_eq!(sorted(fixture::DETECTORS), sorted(SPECS));
}

#[test]
fn no_two_detectors_have_one_name() {
    let mut names: Vec<&str> = SPECS.iter().map(|spec| spec.name).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
}

#[test]
fn a_key_holds_the_parts_that_name_its_subject() {
    for spec in SPECS {
        assert!(spec.keys.iter().all(|key| key.len() >= spec.subject_parts), "{}", spec.name);
        assert!(!spec.unordered || spec.keys.iter().all(|key| key.len() == 2), "{}", spec.name);
    }
}
