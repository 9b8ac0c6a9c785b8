//! Random histories: small, dense worlds in which every rule fires and nearly fires often.
//!
//! A history is a function of its seed. First a [`Region`](region::Region) is made, then recipes write records
//! down, each aimed at and just beside the threshold of one rule; then each record lives a life (sent wrong,
//! corrected, withdrawn, repeated, late), and among the lines come faulty ones and blank ones. Few people, places
//! and items make sure that what one recipe writes disturbs what another one aims at.

use std::collections::BTreeMap;

#[path = "histories/calendar.rs"]
mod calendar;
#[path = "histories/charts.rs"]
mod charts;
#[path = "histories/dice.rs"]
mod dice;
#[path = "histories/faults.rs"]
mod faults;
#[path = "histories/goods.rs"]
mod goods;
#[path = "histories/life.rs"]
mod life;
#[path = "histories/papers.rs"]
mod papers;
#[path = "histories/places.rs"]
mod places;
#[path = "histories/recipes.rs"]
mod recipes;
#[path = "histories/record.rs"]
mod record;
#[path = "histories/region.rs"]
mod region;
#[path = "histories/shapes.rs"]
mod shapes;
#[path = "histories/spelling.rs"]
mod spelling;
#[path = "histories/tables.rs"]
mod tables;

pub(crate) use dice::Dice;

use calendar::{DAY, date_text, time_text};
use life::{Manner, live};
use recipes::RECIPES;
use record::Op;
use region::Region;
use spelling::line;

/// A small world as it arrives: its changes and its knowledge tables.
#[derive(Clone)]
pub(crate) struct History {
    /// The lines of one NDJSON file, in order of arrival, without their newlines.
    pub(crate) lines: Vec<Vec<u8>>,
    /// Table name to CSV text; a table that is missing has no rows.
    pub(crate) tables: BTreeMap<String, String>,
    /// What `--as-of` says, if it is given.
    pub(crate) as_of: Option<String>,
}

/// A history in which everything may happen, of about `size` lines.
pub(crate) fn history(seed: u64, size: usize) -> History {
    tell(&mut write(seed, size), Manner::Any)
}

/// A history whose changes all carry revs and never conflict: its lines may arrive in any order.
pub(crate) fn revised(seed: u64, size: usize) -> History {
    tell(&mut write(seed, size), Manner::Revised)
}

/// A history and, as lines to add to it, records of new keys that are put and withdrawn again.
///
/// Each extra line comes with the place it stands at (before the line of that index) and the number of its record.
pub(crate) fn withdrawn(seed: u64, size: usize) -> (History, Vec<(usize, usize, Vec<u8>)>) {
    let mut region = write(seed, size);
    let history = tell(&mut region, Manner::Any);
    region.rows_open = false;
    region.records.clear();
    for _ in 0..6 {
        let (_, recipe) = region.dice.pick(&RECIPES);
        recipe(&mut region);
    }
    let mut extra = Vec::new();
    for (number, record) in std::mem::take(&mut region.records).into_iter().enumerate() {
        let rev = region.dice.next() % 5;
        let first = life::mutated(&mut region, &record);
        let mut steps = vec![(Op::Put, rev + 1, &record), (Op::Del, rev + 2, &record)];
        if region.dice.chance(1, 4) {
            steps.push((Op::Put, rev, &first));
        }
        for (op, rev, record) in steps {
            let place = region.dice.below(history.lines.len() + 1);
            extra.push((place, number, line(&mut region.dice, op, Some(rev), record, 5)));
        }
    }
    extra.sort_by_key(|(place, _, _)| *place);
    (history, extra)
}

/// The fields of the key of `kind`, if there is such a kind.
pub(crate) fn key_of(kind: &str) -> Option<&'static [&'static str]> {
    shapes::SHAPES.iter().find(|shape| shape.kind == kind).map(|shape| shape.key)
}

/// Runs recipes until there are records for about `size` lines.
fn write(seed: u64, size: usize) -> Region {
    let mut region = Region::new(seed);
    let mut recipes = RECIPES.to_vec();
    region.dice.shuffle(&mut recipes);
    if region.dice.chance(1, 4) {
        // A narrow history: three rules that have all the records to themselves.
        recipes.truncate(3);
    }
    for (_, recipe) in recipes.iter().cycle() {
        if region.records.len() * 3 / 2 >= size {
            break;
        }
        recipe(&mut region);
    }
    region
}

/// Tells what is written down in `region`.
fn tell(region: &mut Region, manner: Manner) -> History {
    let odd = region.dice.pick(&[0, 3, 15, 40]);
    let records = region.records.clone();
    let mut lines = live(region, &records, manner, odd);
    let faults = region.dice.pick(&[0, lines.len() / 30, lines.len() / 12]);
    for _ in 0..faults {
        let record = region.dice.pick(&records);
        let fault = if region.dice.chance(1, 6) {
            faults::blank(&mut region.dice)
        } else {
            faults::faulty(&mut region.dice, &record)
        };
        let place = region.dice.below(lines.len() + 1);
        lines.insert(place, fault);
    }
    let tables = region.tables();
    let last = region.horizon;
    let as_of = match region.dice.below(12) {
        0 => Some(date_text(last / DAY - region.dice.between(0, 20))),
        1 => Some(time_text(last - region.dice.between(0, 20 * DAY))),
        2 => Some(time_text(last + 1)),
        _ => None,
    };
    History { lines, tables, as_of }
}

#[test]
fn a_history_is_a_function_of_its_seed() {
    for seed in 1..5 {
        let (one, again) = (history(seed, 200), history(seed, 200));
        assert_eq!(one.lines, again.lines);
        assert_eq!(one.tables, again.tables);
        assert_eq!(one.as_of, again.as_of);
        assert_ne!(one.lines, history(seed + 1, 200).lines);
        assert!((100..400).contains(&one.lines.len()), "{} lines", one.lines.len());
    }
}

#[test]
fn every_kind_is_put_and_withdrawn_with_rev_and_without() {
    let mut seen: BTreeMap<(String, bool, bool), u64> = BTreeMap::new();
    for seed in 1..60 {
        for line in history(seed, 250).lines {
            let Ok(change) = serde_json::from_slice::<serde_json::Value>(&line) else { continue };
            let kind = change["kind"].as_str().unwrap_or("?").to_owned();
            *seen.entry((kind, change["op"] == "del", change.get("rev").is_some())).or_default() += 1;
        }
    }
    for shape in &shapes::SHAPES {
        for del in [false, true] {
            let count = |rev: bool| seen.get(&(shape.kind.to_owned(), del, rev)).copied().unwrap_or(0);
            assert!(count(true) > 0, "{} del={del}: {seen:?}", shape.kind);
            assert!(del || count(false) > 0, "{} never comes without rev: {seen:?}", shape.kind);
        }
    }
}

#[test]
fn a_revised_history_never_gives_one_rev_two_contents() {
    for seed in 1..40 {
        let mut region = write(seed, 250);
        let records = region.records.clone();
        let mut contents: BTreeMap<String, String> = BTreeMap::new();
        // Spelled plainly and without lists of spelling choices, equal contents are nearly equal lines.
        for line in live(&mut region, &records, Manner::Revised, 0) {
            let change: serde_json::Value = serde_json::from_slice(&line).expect("a plain line is JSON");
            assert!(change["rev"].is_u64());
            let shape = shapes::SHAPES.iter().find(|shape| change["kind"] == shape.kind).expect("a kind");
            let key: Vec<&serde_json::Value> = shape.key.iter().map(|name| &change[*name]).collect();
            let content = canonical(&change);
            let old = contents.insert(format!("{} {key:?} {}", shape.kind, change["rev"]), content.clone());
            assert!(old.is_none_or(|old| old == content), "seed {seed}: two contents of {key:?}");
        }
    }
}

#[test]
fn every_faulty_line_is_rejected_and_every_code_occurs() {
    let tables = BTreeMap::new();
    let mut codes: BTreeMap<String, u64> = BTreeMap::new();
    for seed in 1..12 {
        let mut region = write(seed, 200);
        for record in region.records.clone() {
            let lines = [faults::faulty(&mut region.dice, &record)];
            let world = crate::oracle::World { lines: &lines, tables: &tables, as_of: None };
            let rejected = crate::oracle::recompute(&world).rejected;
            assert_eq!(rejected.len(), 1, "accepted: {}", String::from_utf8_lossy(&lines[0]));
            *codes.entry(rejected[0].1.clone()).or_default() += 1;
        }
    }
    for code in ["not_json", "unknown_kind", "bad_op", "missing_field", "bad_value", "bad_amount"] {
        assert!(codes.contains_key(code), "{code} never occurs: {codes:?}");
    }
}

/// `value` with flags, numbers and their texts spelled alike.
fn canonical(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Object(members) => {
            members.iter().map(|(name, value)| format!("{name}={};", canonical(value))).collect()
        }
        serde_json::Value::Array(values) => values.iter().map(|value| canonical(value) + ",").collect(),
        serde_json::Value::Bool(value) => u8::from(*value).to_string(),
        serde_json::Value::Number(value) => value.to_string(),
        serde_json::Value::String(value) => value.clone(),
        serde_json::Value::Null => String::new(),
    }
}
