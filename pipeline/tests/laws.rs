//! The laws of the whole program, held against random histories.
//!
//! 1. *Maintained equals recomputed*: what the dataflow keeps up to date, tick by tick, is what plain loops over the
//!    same lines give ([`oracle`]): alerts, coverage, counts, rejections, money, and the alerts after ticks in between.
//! 2. *Order, batching, repetition and workers do not matter* where the contract says so.
//! 3. *Added and withdrawn is nothing.*
//! 4. *The events folded give the alerts.*
//! 5. *Every rule fires and nearly fires* in the histories, and what it may lack is lacking in some, so that the other
//!    laws mean something.
//! 6. *Explained as found*: the conditions that `explain --not` asks hold of just what the engine finds ([`explained`]).
//! 7. *A change of rules is the difference of two runs*, whatever changes in the bank ([`rule_change`]).
//! 8. *A shadow rule is as if it were not there*, and what it finds is what it would find without the others
//!    ([`shadow`]).
//!
//! A broken law prints the smallest world it found that breaks it. `FUNDWATCH_LAWS=500 cargo test --test laws` looks
//! at more seeds.

use serde_json::Value;

#[path = "laws/against.rs"]
mod against;
#[path = "laws/example.rs"]
mod example;
#[path = "laws/explained.rs"]
mod explained;
#[path = "laws/feed.rs"]
mod feed;
#[path = "laws/histories.rs"]
mod histories;
#[path = "laws/oracle.rs"]
mod oracle;
#[path = "laws/program.rs"]
mod program;
#[path = "laws/rule_change.rs"]
mod rule_change;
#[path = "laws/seeds.rs"]
mod seeds;
#[path = "laws/shadow.rs"]
mod shadow;

use against::{alerts, compare, same};
use histories::{Dice, history, revised};
use oracle::{Expected, World, recompute};
use program::{Layout, Outcome, RULES, Run, rows};
use seeds::{Case, SEEDS, hold, seeds, size};

/// The tick of the laws: small, so that nearly everything arrives after what it belongs to, and odd.
const TICK: usize = 7;

/// What keeps rules from judging: of each family of rules that need the same, one.
const LACKS: [(&str, &str); 29] = [
    ("A06", "missing:institution"),
    ("A06", "missing:lon"),
    ("A08", "missing:presence"),
    ("D06", "missing:person"),
    ("D06", "missing:brdy"),
    ("D08", "missing:visit"),
    ("D08", "missing:diags"),
    ("D12", "missing:institution"),
    ("D12", "missing:hosp_lv"),
    ("E01", "missing:enrolment"),
    ("E11", "missing:institution"),
    ("E11", "missing:agreements"),
    ("F06", "missing:prescription"),
    ("F06", "missing:rx_id"),
    ("F08", "missing:visit"),
    ("G02", "missing:institution"),
    ("G03", "missing:purchase"),
    ("H04", "missing:gend"),
    ("M05", "missing:gend"),
    ("M07", "missing:recv_time"),
    ("M15", "missing:endtime"),
    ("M15", "missing:diags"),
    ("M20", "missing:person"),
    ("M21", "missing:brdy"),
    ("P04", "missing:rx_id"),
    ("S01", "missing:hosp_lv"),
    ("T04", "missing:mdtrt_setl_type"),
    ("T05", "missing:trace_codes"),
    ("T06", "missing:expy_end"),
];

fn any_case(seed: u64) -> Case {
    Case::of(seed, history(seed, size(seed)))
}

fn revised_case(seed: u64) -> Case {
    Case::of(seed, revised(seed, size(seed)))
}

fn withdrawn_case(seed: u64) -> Case {
    Case::with_withdrawn(seed, size(seed))
}

fn run(
    case: &Case,
    lines: &[Vec<u8>],
    tick: usize,
    workers: usize,
    layout: Layout,
) -> Result<Outcome, String> {
    Run { lines, tables: &case.tables, as_of: case.as_of.as_deref(), tick, workers, layout }.outcome()
}

#[test]
fn maintained_equals_recomputed() {
    hold(maintained_is_recomputed, any_case);
}

fn maintained_is_recomputed(case: &Case) -> Result<(), String> {
    let lines = case.bytes();
    let world = |lines| World { lines, tables: &case.tables, as_of: case.as_of.as_deref() };
    let outcome = run(case, &lines, TICK, 1, Layout::File)?;
    compare(&outcome, &recompute(&world(&lines)), &lines)?;
    // What stood after some of the ticks before the last is what their lines alone give.
    let ticks = feed::ticks(&lines, TICK);
    let standing = feed::replayed(&rows(&outcome.events)?, ticks)?;
    for closed in (1..ticks).step_by(ticks.div_ceil(6)) {
        let expected = recompute(&world(feed::arrived(&lines, TICK, closed)));
        alerts(standing[closed].values(), &expected.alerts)
            .map_err(|said| format!("after tick {closed}\n{said}"))?;
    }
    Ok(())
}

#[test]
fn order_and_repetition_do_not_matter() {
    hold(any_order_is_the_same, revised_case);
}

fn any_order_is_the_same(case: &Case) -> Result<(), String> {
    let lines = case.bytes();
    let plain = run(case, &lines, 1_000, 1, Layout::File)?;
    let mut dice = Dice::new(case.seed);
    for workers in [1, 2] {
        let mut other = lines.clone();
        dice.shuffle(&mut other);
        for _ in 0..lines.len() / 4 {
            let again = dice.pick(&lines);
            let place = dice.below(other.len() + 1);
            other.insert(place, again);
        }
        let tick = dice.pick(&[1, 5, 20, 33]);
        let shuffled = run(case, &other, tick, workers, Layout::File)?;
        same_answers(&format!("shuffled with --tick {tick} --workers {workers}"), &shuffled, &plain)?;
    }
    Ok(())
}

#[test]
fn batching_and_workers_do_not_matter() {
    hold(any_batching_is_the_same, any_case);
}

fn any_batching_is_the_same(case: &Case) -> Result<(), String> {
    let lines = case.bytes();
    let plain = run(case, &lines, TICK, 1, Layout::File)?;
    let mut dice = Dice::new(case.seed);
    for workers in [2, 3] {
        let other = run(case, &lines, TICK, workers, Layout::File)?;
        let what = format!("--workers {workers}");
        same_answers(&what, &other, &plain)?;
        same_rows(&format!("{what}: events.ndjson"), &other.events, &plain.events)?;
        same_rows(&format!("{what}: rejected.ndjson"), &other.rejected, &plain.rejected)?;
    }
    let tick = dice.pick(&[1, 2, 13, 50, 10_000]);
    same_answers(&format!("--tick {tick}"), &run(case, &lines, tick, 1, Layout::File)?, &plain)?;
    let layout = dice.pick(&[Layout::Files(2), Layout::Files(5), Layout::Folder(2), Layout::Folder(4)]);
    let laid_out = run(case, &lines, TICK, dice.pick(&[1, 2]), layout)?;
    same_answers("several files", &laid_out, &plain)?;
    same_rows("several files: events.ndjson", &laid_out.events, &plain.events)
}

#[test]
fn added_and_withdrawn_is_nothing() {
    hold(withdrawn_is_nothing, withdrawn_case);
}

fn withdrawn_is_nothing(case: &Case) -> Result<(), String> {
    let alone = run(case, &case.lasting(), TICK, 1, Layout::File)?;
    let beside = run(case, &case.bytes(), TICK, 1, Layout::File)?;
    same_answers("with records added and withdrawn", &beside, &alone)
}

#[test]
fn the_events_folded_give_the_alerts() {
    hold(folded_is_standing, any_case);
}

fn folded_is_standing(case: &Case) -> Result<(), String> {
    let lines = case.bytes();
    for tick in [3, 40] {
        let outcome = run(case, &lines, tick, 1, Layout::File)?;
        let events = rows(&outcome.events)?;
        let after = feed::replayed(&events, feed::ticks(&lines, tick))?;
        let folded: Vec<Value> =
            after.last().into_iter().flat_map(|standing| standing.values().cloned()).collect();
        same(
            &format!("--tick {tick}: the folded events and alerts.ndjson"),
            &folded,
            &rows(&outcome.alerts)?,
        )?;
        feed::causes_are_told(&events, &lines, tick, &outcome.rejected_lines()?)?;
    }
    Ok(())
}

#[test]
fn every_rule_fires_and_nearly_fires() {
    let mut silent: Vec<String> = Vec::new();
    // A handful of seeds need not meet every threshold; as many as are held by default must.
    let some = seeds().start..seeds().end.max(seeds().start + SEEDS);
    let expected: Vec<_> = some
        .clone()
        .map(|seed| {
            let history = history(seed, size(seed));
            recompute(&World {
                lines: &history.lines,
                tables: &history.tables,
                as_of: history.as_of.as_deref(),
            })
        })
        .collect();
    for rule in RULES {
        let found: u64 = expected.iter().filter_map(|one| one.coverage.get(rule)).map(|one| one.found).sum();
        let near: u64 = expected.iter().filter_map(|one| one.near.get(rule)).sum();
        eprintln!("{rule}: found {found}, nearly found {near}");
        if found == 0 || near == 0 {
            silent.push(format!("{rule}: found {found}, nearly found {near}"));
        }
    }
    for (rule, reason) in LACKS {
        let lacking =
            |one: &Expected| one.coverage.get(rule).is_some_and(|one| one.not_judged.contains_key(reason));
        if !expected.iter().any(lacking) {
            silent.push(format!("{rule}: never {reason}"));
        }
    }
    assert!(silent.is_empty(), "the histories of {some:?} do not try {silent:?}");
}

/// The alerts to the byte, and the coverage.
fn same_answers(what: &str, other: &Outcome, plain: &Outcome) -> Result<(), String> {
    same_rows(&format!("{what}: alerts.ndjson"), &other.alerts, &plain.alerts)?;
    for rule in RULES {
        same(&format!("{what}: coverage of {rule}"), &other.coverage[rule], &plain.coverage[rule])?;
    }
    same(&format!("{what}: coverage.json"), &other.coverage, &plain.coverage)?;
    same(&format!("{what}: summary.money"), &other.summary["money"], &plain.summary["money"])
}

/// Two outputs to the byte; the rows that only one of them has are told.
fn same_rows(what: &str, other: &[u8], plain: &[u8]) -> Result<(), String> {
    if other == plain {
        return Ok(());
    }
    let lines =
        |bytes: &[u8]| -> Vec<String> { String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect() };
    let (ours, theirs) = (lines(other), lines(plain));
    let only = |these: &[String], those: &[String]| -> String {
        these.iter().filter(|row| !those.contains(row)).map(|row| format!("  {row}\n")).collect()
    };
    Err(format!("{what}\nonly so:\n{}only plainly:\n{}", only(&ours, &theirs), only(&theirs, &ours)))
}
