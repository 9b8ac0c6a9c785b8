//! Every case of every rule of the built-in bank, through the real engine.

use std::fmt::Write as _;

use detectors::detector::SPECS;
use detectors::trial::Trial;

#[test]
fn every_case_of_every_rule_holds() {
    let bank =
        rulebank::load(None, SPECS).unwrap_or_else(|errors| panic!("{}", rulebank::check_report(&errors)));
    let mut trial = Trial::new(&bank);
    let mut differences = String::new();
    for rule in &bank.rules {
        for case in &rule.cases {
            for what in trial.of(rule, case) {
                let _ = writeln!(differences, "{} ({}), {:?}: {what}", rule.id, rule.source_file, case.name);
            }
        }
    }
    assert!(differences.is_empty(), "\n{differences}");
}
