//! The simulator against its promises: same bytes, sound references, a quiet life, and every case found.

mod folder;
mod plain;

use super::region::Region;
use super::{Recipe, Report, Schemes, SynthError, write};
use folder::Folder;
use plain::{READ, World, text};
use serde_json::Value;
use std::collections::BTreeSet;

const VISITS: u64 = 2_500;

fn simulate(name: &str, seed: u64, months: u32, schemes: Schemes, strength: f64) -> (Folder, Report) {
    let folder = std::env::temp_dir().join(format!("synth-{}-{name}", std::process::id()));
    let recipe = Recipe { seed, visits: VISITS, months, schemes, strength };
    let mut days = 0;
    let report = write(&recipe, &folder, &mut |_| days += 1).unwrap();
    assert!(days >= 28 * months);
    (Folder(folder), report)
}

#[test]
fn the_same_recipe_gives_the_same_bytes_and_another_seed_does_not() {
    let (one, report) = simulate("same-a", 5, 12, Schemes::All, 1.0);
    let (two, again) = simulate("same-b", 5, 12, Schemes::All, 1.0);
    let (other, _) = simulate("same-c", 6, 12, Schemes::All, 1.0);
    assert_eq!(report, again);
    assert!(one.changes() == two.changes());
    assert_eq!(one.text("truth.ndjson"), two.text("truth.ndjson"));
    assert!(one.changes() != other.changes());
    assert_eq!(report.bytes, one.changes().len() as u64);
    assert_eq!(report.records, one.changes().lines().count() as u64);
    assert_eq!(report.kinds.iter().map(|(_, count)| count).sum::<u64>(), report.records);
    assert!(report.kinds.iter().all(|&(_, count)| count > 0), "every kind occurs: {:?}", report.kinds);
}

#[test]
fn records_have_the_promised_shape() {
    let (folder, report) = simulate("shape", 11, 12, Schemes::None, 1.0);
    for line in folder.changes().lines() {
        assert!(serde_json::from_str::<Value>(line).unwrap().is_object(), "{line}");
    }
    let per_visit = report.fee_lines as f64 / report.visits as f64;
    assert!((7.5..9.5).contains(&per_visit), "{per_visit} fee lines per visit");
    let per_line = report.records as f64 / report.fee_lines as f64;
    assert!((1.5..2.1).contains(&per_line), "{per_line} records per fee line");
    let bytes = report.bytes / report.records;
    assert!((320..390).contains(&bytes), "{bytes} bytes per record");
}

#[test]
fn references_name_what_stands() {
    let (folder, _) = simulate("references", 12, 12, Schemes::All, 1.0);
    let world = World::of(folder);
    let stray: BTreeSet<String> = world.truth().into_iter().filter(|c| c.0 == "M02").map(|c| c.1).collect();
    for (line, original) in world.reversals() {
        let known = world.get("fee_line", &original).is_some();
        assert!(known != stray.contains(&line.replace('/', " ")), "{line} takes {original} back");
    }
    for (key, line) in world.all("fee_line").filter(|(key, _)| !stray.contains(&key.replace('/', " "))) {
        let visit = world.get("visit", text(line, "mdtrt_id")).unwrap();
        assert_eq!(text(visit, "psn_no"), text(line, "psn_no"));
        assert_eq!(text(visit, "fixmedins_code"), text(line, "fixmedins_code"));
        let exact = plain::units(&line["cnt"]) * plain::units(&line["pric"]) / 10_000;
        assert!(exact.abs_diff(plain::units(&line["det_item_fee_sumamt"])) <= 50, "{key}: {line}");
    }
    for (kind, field, target) in [
        ("visit", "psn_no", "person"),
        ("visit", "fixmedins_code", "institution"),
        ("visit", "dr_codg", "practitioner"),
        ("settlement", "mdtrt_id", "visit"),
        ("prescription", "mdtrt_id", "visit"),
        ("presence", "psn_no", "person"),
        ("enrolment", "psn_no", "person"),
        ("person_fact", "psn_no", "person"),
        ("invoice", "setl_id", "settlement"),
    ] {
        for (key, record) in world.all(kind) {
            assert!(world.get(target, text(record, field)).is_some(), "{kind} {key} names {target}");
        }
    }
    for line in world.folder.text("truth.ndjson").lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        for record in case["records"].as_array().unwrap() {
            assert!(world.get(text(record, "kind"), text(record, "key")).is_some(), "{line}");
        }
    }
}

#[test]
fn ordinary_life_is_quiet() {
    for (seed, months) in [(1, 12), (2, 1)] {
        let (folder, report) = simulate(&format!("quiet-{months}"), seed, months, Schemes::None, 1.0);
        assert_eq!(report.cases, 0);
        assert_eq!(World::of(folder).findings(), BTreeSet::new());
    }
}

#[test]
fn at_full_strength_every_case_is_found_and_nothing_else() {
    for (seed, months) in [(3, 12), (4, 2)] {
        let (folder, report) = simulate(&format!("planted-{months}"), seed, months, Schemes::All, 1.0);
        assert_eq!(report.findings_by_rule.len(), 58, "{:?}", report.findings_by_rule);
        let world = World::of(folder);
        let mut truth = world.truth();
        truth.retain(|(rule, _)| READ.contains(&rule.as_str()));
        assert_eq!(world.findings(), truth);
    }
}

#[test]
fn few_places_lean_and_they_are_not_the_largest() {
    // Shares of all propensity in thousandths: of the twentieth with the greatest, and of the largest twentieth.
    let (mut worst, mut largest) = (0, 0);
    for seed in 0..20 {
        let recipe = Recipe { seed, visits: 40_000, months: 1, schemes: Schemes::All, strength: 1.0 };
        let region = Region::new(&recipe);
        let mut propensities: Vec<u64> =
            region.institutions[..region.hospitals].iter().map(|place| place.propensity).collect();
        let (all, few) = (propensities.iter().sum::<u64>(), propensities.len() / 20);
        largest += 1_000 * propensities[..few].iter().sum::<u64>() / all;
        propensities.sort_unstable_by(|a, b| b.cmp(a));
        worst += 1_000 * propensities[..few].iter().sum::<u64>() / all;
    }
    assert!(worst > 400 * 20 && largest < 100 * 20, "{} and {}", worst / 20, largest / 20);
}

#[test]
fn schemes_are_known_by_name_and_by_rule() {
    let named = |name: &str| Schemes::Named(vec![name.to_owned()]);
    let (_one, by_rule) = simulate("by-rule", 9, 3, named("T01"), 1.0);
    let (_two, by_name) = simulate("by-name", 9, 3, named("trace_code_sold_twice"), 1.0);
    assert_eq!(by_rule, by_name);
    assert_eq!(by_rule.findings_by_rule.keys().copied().collect::<Vec<_>>(), ["T01"]);
    let (_three, weak) = simulate("weak", 9, 3, named("T01"), 0.0);
    assert_eq!(weak.cases, 0);
    let recipe = Recipe { seed: 1, visits: 1, months: 1, schemes: named("no such thing"), strength: 1.0 };
    let refused = write(&recipe, &std::env::temp_dir().join("synth-never"), &mut |_| ());
    assert!(matches!(refused, Err(SynthError::UnknownScheme { .. })));
    let refused = Recipe { schemes: Schemes::None, months: 0, ..recipe };
    assert!(write(&refused, &std::env::temp_dir().join("synth-never"), &mut |_| ()).is_err());
}
