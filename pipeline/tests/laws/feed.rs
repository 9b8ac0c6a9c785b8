//! The feed of events, replayed as a reader of it would: what stands after each tick.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::oracle::trimmed;
use crate::program::is_blank;

/// The alerts that stand after a tick, by `alert_id`.
pub(crate) type Standing = BTreeMap<String, Value>;

/// The kinds a cause may name that are no records.
const OTHER_CAUSES: [&str; 3] = ["now", "rule", "table"];

/// Replays `events` over `ticks` ticks. The first element is the empty beginning.
///
/// # Errors
/// The first event that is out of order or not possible where it stands.
pub(crate) fn replayed(events: &[Value], ticks: usize) -> Result<Vec<Standing>, String> {
    let mut after = vec![Standing::new(); ticks + 1];
    let mut standing = Standing::new();
    let mut last = (0, String::new());
    for event in events {
        let wrong = |why: &str| format!("{why}: {event}");
        let tick = event["tick"].as_u64().and_then(|tick| usize::try_from(tick).ok()).unwrap_or(0);
        let alert = &event["alert"];
        let id = alert["alert_id"].as_str().ok_or_else(|| wrong("an alert without alert_id"))?.to_owned();
        if !(1..=ticks).contains(&tick) {
            return Err(wrong("a tick that never was"));
        }
        if (tick, id.clone()) <= last {
            return Err(wrong("out of order, or a second event of one alert in one tick"));
        }
        if tick > last.0 {
            after[last.0..tick].fill(standing.clone());
        }
        if event["cause"].as_array().is_none_or(Vec::is_empty) {
            return Err(wrong("no cause"));
        }
        match (event["event"].as_str(), standing.get(&id)) {
            (Some("raised"), None) => {
                standing.insert(id.clone(), alert.clone());
            }
            (Some("changed"), Some(old)) => {
                if old == alert {
                    return Err(wrong("changed into what it was"));
                }
                standing.insert(id.clone(), alert.clone());
            }
            (Some("withdrawn"), Some(old)) => {
                if old != alert {
                    return Err(format!("{}\nit last stood as {old}", wrong("withdrawn as it never stood")));
                }
                standing.remove(&id);
            }
            (_, old) => return Err(format!("{}\nbefore it stood {old:?}", wrong("not possible here"))),
        }
        last = (tick, id);
    }
    after[last.0..].fill(standing);
    Ok(after)
}

/// Every cause that names a record names a change that counted in its tick, and none that touched the evidence is missing.
///
/// A change counts if it was neither rejected (`rejected`: numbers of lines, from 1) nor stale nor a duplicate when it
/// arrived. Of several to one record in one tick the last must be named.
///
/// # Errors
/// The first event whose cause is otherwise.
pub(crate) fn causes_are_told(
    events: &[Value],
    lines: &[Vec<u8>],
    tick: usize,
    rejected: &BTreeSet<usize>,
) -> Result<(), String> {
    let counted = changes_that_count(lines, tick, rejected);
    let mut standing = Standing::new();
    for event in events {
        let number = event["tick"].as_u64().and_then(|tick| usize::try_from(tick).ok()).unwrap_or(0);
        let changes =
            counted.get(number.wrapping_sub(1)).ok_or_else(|| format!("a tick that never was: {event}"))?;
        let mut told: BTreeMap<(&str, &str), BTreeSet<Option<u64>>> = BTreeMap::new();
        for cause in event["cause"].as_array().into_iter().flatten() {
            let kind = cause["kind"].as_str().unwrap_or_default();
            let key = cause["key"].as_str().unwrap_or_default();
            let known = if OTHER_CAUSES.contains(&kind) {
                cause["rev"].is_null() && !key.is_empty()
            } else {
                changes.contains(&(kind.to_owned(), key.to_owned(), cause["rev"].as_u64()))
            };
            if !known {
                return Err(format!("the cause {cause} is nothing that counted in tick {number}: {event}"));
            }
            told.entry((kind, key)).or_default().insert(cause["rev"].as_u64());
        }
        let id = event["alert"]["alert_id"].as_str().unwrap_or_default();
        let before = standing.get(id).cloned().unwrap_or_default();
        for record in
            [&before, &event["alert"]].into_iter().flat_map(|alert| alert["evidence"].as_array()).flatten()
        {
            let (kind, key) =
                (record["kind"].as_str().unwrap_or_default(), record["key"].as_str().unwrap_or_default());
            let last = changes
                .iter()
                .filter(|change| change.0 == kind && change.1 == key)
                .map(|change| change.2)
                .max();
            // Whether a change without rev is a duplicate of the one before it is not looked into here.
            if let Some(Some(rev)) = last
                && !told.get(&(kind, key)).is_some_and(|revs| revs.contains(&Some(rev)))
            {
                return Err(format!(
                    "{record} changed to rev {rev} in tick {number}, and no cause says so: {event}"
                ));
            }
        }
        if event["event"] == "withdrawn" {
            standing.remove(id);
        } else {
            standing.insert(id.to_owned(), event["alert"].clone());
        }
    }
    Ok(())
}

/// Kind, joined key and rev of a change.
type Named = (String, String, Option<u64>);

/// For each tick the changes that were neither rejected nor superseded nor repeated when they arrived.
fn changes_that_count(lines: &[Vec<u8>], tick: usize, rejected: &BTreeSet<usize>) -> Vec<BTreeSet<Named>> {
    let mut after: Vec<BTreeSet<Named>> = vec![BTreeSet::new(); ticks(lines, tick)];
    let mut revs: BTreeMap<(String, String), Option<u64>> = BTreeMap::new();
    let arriving = lines.iter().enumerate().filter(|(_, line)| !is_blank(line));
    for (count, (index, line)) in arriving.enumerate() {
        if rejected.contains(&(index + 1)) {
            continue;
        }
        let Some((kind, key, rev)) = named(line) else { continue };
        let highest = revs.get(&(kind.clone(), key.clone()));
        if highest.is_none_or(|highest| rev > *highest || rev.is_none() && highest.is_none()) {
            revs.insert((kind.clone(), key.clone()), rev);
            after[count / tick].insert((kind, key, rev));
        }
    }
    after
}

/// Kind, joined key and rev of a line, if it is JSON and has them.
fn named(line: &[u8]) -> Option<Named> {
    let change: Value = serde_json::from_slice(line).ok()?;
    // The white space around a text is no part of it.
    let text = |name: &str| change[name].as_str().map(trimmed);
    let kind = text("kind")?;
    let parts = crate::histories::key_of(kind)?;
    let key: Option<Vec<&str>> = parts.iter().map(|name| text(name)).collect();
    let rev = match &change["rev"] {
        Value::String(digits) => trimmed(digits).parse().ok(),
        other => other.as_u64(),
    };
    // Of several parts a `~` inside is `~0`, a `/` is `~1`; a key of one part is written as it is.
    let key = match key?.as_slice() {
        [only] => (*only).to_owned(),
        parts => {
            let escaped = parts.iter().map(|part| part.replace('~', "~0").replace('/', "~1"));
            escaped.collect::<Vec<_>>().join("/")
        }
    };
    Some((kind.to_owned(), key, rev))
}

/// How many ticks of `tick` lines `lines` fill.
pub(crate) fn ticks(lines: &[Vec<u8>], tick: usize) -> usize {
    lines.iter().filter(|line| !is_blank(line)).count().div_ceil(tick).max(1)
}

/// The lines that have arrived when the tick of number `closed` closes.
pub(crate) fn arrived(lines: &[Vec<u8>], tick: usize, closed: usize) -> &[Vec<u8>] {
    let mut left = tick * closed;
    for (index, line) in lines.iter().enumerate() {
        if left == 0 {
            return &lines[..index];
        }
        left -= usize::from(!is_blank(line));
    }
    lines
}
