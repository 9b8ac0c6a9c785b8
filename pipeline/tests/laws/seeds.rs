//! Laws over many seeds, and the smallest world that breaks one.
//!
//! `FUNDWATCH_LAWS` says how many seeds each law is held against, `FUNDWATCH_LAWS_FROM` where they begin (1).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::histories::{History, withdrawn};

/// How many seeds each law is held against by default: the laws together take a minute or two.
pub(crate) const SEEDS: u64 = 40;

/// How long a counterexample may be made smaller.
const SHRINKING: Duration = Duration::from_secs(90);

/// One world a law is asked about.
#[derive(Clone)]
pub(crate) struct Case {
    /// The seed it comes from; a law takes its own chance from it too.
    pub(crate) seed: u64,
    /// The lines in order of arrival. A line that is added only to be withdrawn names its record.
    pub(crate) lines: Vec<(Vec<u8>, Option<usize>)>,
    /// The knowledge tables.
    pub(crate) tables: BTreeMap<String, String>,
    /// `--as-of`.
    pub(crate) as_of: Option<String>,
}

impl Case {
    /// A case of a whole history.
    pub(crate) fn of(seed: u64, history: History) -> Case {
        let lines = history.lines.into_iter().map(|line| (line, None)).collect();
        Case { seed, lines, tables: history.tables, as_of: history.as_of }
    }

    /// A case of a history among whose lines stand others, which come to nothing.
    pub(crate) fn with_withdrawn(seed: u64, size: usize) -> Case {
        let (history, extra) = withdrawn(seed, size);
        let mut case = Case::of(seed, history);
        // From the end, so that the places named stay true.
        for (place, record, line) in extra.into_iter().rev() {
            case.lines.insert(place, (line, Some(record)));
        }
        case
    }

    /// All lines.
    pub(crate) fn bytes(&self) -> Vec<Vec<u8>> {
        self.lines.iter().map(|(line, _)| line.clone()).collect()
    }

    /// The lines that are not withdrawn again.
    pub(crate) fn lasting(&self) -> Vec<Vec<u8>> {
        self.lines.iter().filter(|(_, extra)| extra.is_none()).map(|(line, _)| line.clone()).collect()
    }

    /// The case as a reader can rebuild it.
    fn shown(&self) -> String {
        let mut out = String::new();
        let mut line = |text: &str| writeln!(out, "{text}").expect("a string takes text");
        line("--- changes.ndjson");
        for (bytes, extra) in &self.lines {
            let mark = extra.map_or(String::new(), |record| format!("(withdrawn {record}) "));
            line(&format!("{mark}{}", String::from_utf8_lossy(bytes)));
        }
        for (name, csv) in &self.tables {
            line(&format!("--- tables/{name}.csv\n{}", csv.trim_end()));
        }
        if let Some(as_of) = &self.as_of {
            line(&format!("--- --as-of {as_of:?}"));
        }
        out
    }
}

/// A law: what it says against a case, if it is broken.
pub(crate) type Law = fn(&Case) -> Result<(), String>;

/// The seeds the laws are held against.
pub(crate) fn seeds() -> std::ops::Range<u64> {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let from = number("FUNDWATCH_LAWS_FROM").unwrap_or(1);
    from..from + number("FUNDWATCH_LAWS").unwrap_or(SEEDS)
}

/// The size of the history of `seed`: small ones, which are quick and quick to read, and larger ones.
pub(crate) fn size(seed: u64) -> usize {
    [160, 240, 320, 400][usize::try_from(seed % 4).expect("below four")]
}

/// Holds `law` against the case of each seed, on two threads.
///
/// # Panics
/// With the smallest world found that breaks the law.
pub(crate) fn hold(law: Law, case: fn(u64) -> Case) {
    let next = AtomicU64::new(seeds().start);
    let broken: Mutex<Option<Case>> = Mutex::new(None);
    let search = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds().end || broken.lock().expect("no thread panics").is_some() {
                return;
            }
            let case = case(seed);
            if law(&case).is_err() {
                broken.lock().expect("no thread panics").get_or_insert(case);
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(search);
        scope.spawn(search);
    });
    if let Some(case) = broken.into_inner().expect("no thread panics") {
        let seed = case.seed;
        let small = shrunk(law, case);
        let said = law(&small).err().unwrap_or_else(|| "it held when it was tried again".to_owned());
        panic!("seed {seed} breaks the law\n{}--- what differs\n{said}", small.shown());
    }
}

/// Takes away from `case` what the breach does not need: lines, rows, `--as-of`, and unusual spelling.
fn shrunk(law: Law, mut case: Case) -> Case {
    let begin = Instant::now();
    let breaks = |case: &Case| begin.elapsed() < SHRINKING && law(case).is_err();
    fewer_lines(&mut case, &breaks);
    fewer_rows(&mut case, &breaks);
    keep_if(&mut case, &breaks, |less| less.as_of = None);
    for index in 0..case.lines.len() {
        let Ok(change) = serde_json::from_slice::<serde_json::Value>(&case.lines[index].0) else { continue };
        keep_if(&mut case, &breaks, |less| less.lines[index].0 = change.to_string().into_bytes());
    }
    case
}

/// Takes lines away, first in large pieces, then in small ones.
///
/// The lines of one withdrawn record go together, since a record without its withdrawal is another world.
fn fewer_lines(case: &mut Case, breaks: &impl Fn(&Case) -> bool) {
    let mut chunk = case.lines.len().div_ceil(2);
    loop {
        let mut smaller = false;
        let mut at = 0;
        loop {
            let units = units(case);
            if at >= units.len() {
                break;
            }
            let gone: BTreeSet<usize> =
                units[at..(at + chunk).min(units.len())].concat().into_iter().collect();
            let kept = keep_if(case, breaks, |less| {
                let mut index = 0..;
                less.lines.retain(|_| !gone.contains(&index.next().expect("there is always a next number")));
            });
            if kept {
                smaller = true;
            } else {
                at += chunk;
            }
        }
        if chunk <= 1 && !smaller {
            return;
        }
        chunk = chunk.div_ceil(2);
    }
}

/// Takes tables and rows of tables away.
fn fewer_rows(case: &mut Case, breaks: &impl Fn(&Case) -> bool) {
    for table in case.tables.clone().keys() {
        if keep_if(case, breaks, |less| drop(less.tables.remove(table))) {
            continue;
        }
        let mut row = 1;
        while row < case.tables[table].lines().count() {
            let mut rows: Vec<&str> = case.tables[table].lines().collect();
            rows.remove(row);
            let csv = rows.join("\n") + "\n";
            if !keep_if(case, breaks, |less| drop(less.tables.insert(table.clone(), csv))) {
                row += 1;
            }
        }
    }
}

/// Makes `case` smaller if it still breaks the law then; whether it did.
fn keep_if(case: &mut Case, breaks: &impl Fn(&Case) -> bool, smaller: impl FnOnce(&mut Case)) -> bool {
    let mut less = case.clone();
    smaller(&mut less);
    let kept = breaks(&less);
    if kept {
        *case = less;
    }
    kept
}

/// The indices of the lines that can only go together.
fn units(case: &Case) -> Vec<Vec<usize>> {
    let mut lasting = Vec::new();
    let mut extra: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, (_, record)) in case.lines.iter().enumerate() {
        match record {
            None => lasting.push(vec![index]),
            Some(record) => extra.entry(*record).or_default().push(index),
        }
    }
    lasting.extend(extra.into_values());
    lasting
}
