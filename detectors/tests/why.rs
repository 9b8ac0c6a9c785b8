//! The conditions that `why` asks one by one against the engine, over every case of every rule.
//!
//! In the world of a case every key that its records can make up is asked for: all conditions hold for just those
//! that the engine found, and those that cannot be judged are, by reason, the ones that its coverage counts.

use std::fmt::Write as _;

use detectors::detector::SPECS;
use records::time::{parse_date, parse_time};
use rulebank::{Rule, Status, Tables};

#[path = "support/conditions.rs"]
mod conditions;

use conditions::{World, compare};

#[test]
fn all_conditions_hold_of_just_what_the_engine_finds() {
    let bank =
        rulebank::load(None, SPECS).unwrap_or_else(|errors| panic!("{}", rulebank::check_report(&errors)));
    let mut differences = String::new();
    let (mut cases, mut asked, mut stand, mut not_judged) = (0, 0, 0, 0);
    for rule in &bank.rules {
        for case in &rule.cases {
            let mut alone = bank.clone();
            alone.rules = vec![Rule { status: Status::Active, cases: Vec::new(), ..rule.clone() }];
            if let Some(tables) = &case.tables {
                alone.tables = Tables::from_csv(tables).expect("checked when the bank was loaded");
            }
            let as_of = case.as_of.as_deref().and_then(|text| {
                parse_time(text).or_else(|| parse_date(text).map(|day| i64::from(day) * 86_400))
            });
            let steps = case.steps.iter().map(|step| step.changes.clone()).collect();
            let compared = compare(&alone, &World { steps, as_of }, usize::MAX);
            for what in compared.wrong {
                let _ = writeln!(differences, "{:?}: {what}", case.name);
            }
            asked += compared.asked;
            stand += compared.stand;
            not_judged += compared.not_judged;
            cases += 1;
        }
    }
    assert!(differences.is_empty(), "\n{differences}");
    let seen = format!("{cases} cases: {asked} keys, {stand} stand, {not_judged} not judged");
    assert!(stand > cases / 3 && asked > 2 * stand && not_judged > 0, "{seen}");
}
