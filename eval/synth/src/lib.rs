//! The simulator: ordinary life of a region from a seed, with schemes planted in it and their truth beside it.
//!
//! It writes what `run` reads, in the order in which a bureau would receive it: late, corrected, reversed,
//! twice. Ordinary life is quiet by construction: no core rule finds anything definite in it, though the knowledge
//! tables speak of much that is billed, often exactly at the limit. There is a scheme for each core rule, and some
//! that several rules see: a hospital that admits a village, a ring of companions, a pharmacy that sells packs by
//! codes it never bought, a doctor whose prescriptions one pharmacy fills twice. Planted cases are clear at strength
//! 1; at less there are fewer, nearer to the limit, and at last not beyond it.
//!
//! `truth.ndjson` has one line for each alert that should be raised, with its rule, key and amount; the lines of one
//! case, of a compound scheme several, share their `case_id`.
//!
//! Same recipe, same bytes. Memory holds persons, shelves, open stays and records under way, never the history.

mod case;
mod catalogue;
mod draft;
mod life;
mod limits;
mod outbox;
mod outpatient;
mod person;
mod pharmacy;
mod plant;
mod record;
mod region;
mod sickness;
mod stay;
mod stock;
mod tables;
mod tell;
#[cfg(test)]
mod tests;
mod text;
mod write;
mod zipf;

use life::{Life, io_error};
use plant::Plan;
use records::Kind;
use region::Region;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// What to simulate.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// Chance: the same recipe gives the same bytes.
    pub seed: u64,
    /// Ordinary visits; about 8.3 fee lines and 14.5 records each.
    pub visits: u64,
    /// Months from 2025-01-01 on, at least 1.
    pub months: u32,
    /// What is planted.
    pub schemes: Schemes,
    /// Between 0 (nothing) and 1 (clearly over every limit).
    pub strength: f64,
}

/// Which schemes are planted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schemes {
    /// None: ordinary life only.
    None,
    /// Every one that there is.
    All,
    /// These, by name (`two_stays_at_once`) or by the id of the rule that should see them (`A05`).
    Named(Vec<String>),
}

/// How far a simulation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Visits so far, the planted ones included.
    pub visits: u64,
    /// Ordinary visits asked for.
    pub visits_total: u64,
    /// Records so far, those under way included.
    pub records: u64,
    /// Fee lines so far, each counted once.
    pub fee_lines: u64,
    /// Bytes on disk.
    pub bytes: u64,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Visits, the planted ones included.
    pub visits: u64,
    /// Changes, that is lines of `changes.ndjson`.
    pub records: u64,
    /// Distinct fee lines.
    pub fee_lines: u64,
    /// Bytes of `changes.ndjson`.
    pub bytes: u64,
    /// Planted cases, of simple and of compound schemes.
    pub cases: u64,
    /// What they should be found by: lines of `truth.ndjson`, one of a simple case, several of a compound one.
    pub findings: u64,
    /// These by rule.
    pub findings_by_rule: BTreeMap<&'static str, u64>,
    /// Changes by kind, every kind once, in the order of [`Kind::ALL`].
    pub kinds: Vec<(Kind, u64)>,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum SynthError {
    /// A scheme that does not exist; with the names that do.
    #[error("unknown scheme \"{name}\"; there are {}", names().join(", "))]
    UnknownScheme {
        /// As given.
        name: String,
    },
    /// No month, or more than the calendar of the contract holds.
    #[error("months must be between 1 and {MONTHS_MAX}, not {months}")]
    Months {
        /// As given.
        months: u32,
    },
    /// More visits than ids can number.
    #[error("at most {VISITS_MAX} visits, not {visits}")]
    Visits {
        /// As given.
        visits: u64,
    },
    /// Not between 0 and 1.
    #[error("strength must be between 0 and 1, not {strength}")]
    Strength {
        /// As given.
        strength: f64,
    },
    /// A file or folder could not be written.
    #[error("cannot write {}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

/// Ten years and more of life; moments stay within 32 bits.
const MONTHS_MAX: u32 = 240;
/// Ids have nine digits, and a few visits are planted besides.
const VISITS_MAX: u64 = 500_000_000;

/// The names of all schemes.
pub fn names() -> Vec<&'static str> {
    case::SCHEMES.iter().map(|scheme| scheme.name).collect()
}

/// The rule that should see a scheme; none if several should, or there is no such scheme.
pub fn rule_of(name: &str) -> Option<&'static str> {
    case::SCHEMES
        .iter()
        .find(|scheme| scheme.name == name)
        .map(|scheme| scheme.rule)
        .filter(|rule| !rule.is_empty())
}

/// Simulates `recipe` and leaves `records/changes.ndjson`, `rules/tables/*.csv` and `truth.ndjson` in `out`.
///
/// `progress` is called after each simulated day. Files take their final name only when complete.
/// # Errors
/// A recipe that cannot be simulated, before anything is written; a file that cannot be written, with its path.
pub fn write(recipe: &Recipe, out: &Path, progress: &mut dyn FnMut(Progress)) -> Result<Report, SynthError> {
    let schemes = checked(recipe)?;
    let region = Region::new(recipe);
    for folder in ["records", "rules/tables"] {
        let folder = out.join(folder);
        fs::create_dir_all(&folder).map_err(io_error(&folder))?;
    }
    for (name, content) in tables::tables(&region.catalogue) {
        let mut table = Draftfile::new(out.join("rules/tables").join(name).with_extension("csv"))?;
        table.file.write_all(content.as_bytes()).map_err(io_error(&table.path))?;
        table.finish()?;
    }
    let Draftfile { path, file } = Draftfile::new(out.join("records/changes.ndjson"))?;
    let plan = Plan::new(&schemes, recipe.visits, recipe.strength, &region);
    let mut lived = Life::new(&region, plan, file).live(recipe, progress).map_err(io_error(&path))?;
    let changes = Draftfile { path, file: lived.file };
    lived.plan.close(&region);
    let mut truth = Draftfile::new(out.join("truth.ndjson"))?;
    let findings =
        case::write_truth(&region, &lived.plan.cases, &mut truth.file).map_err(io_error(&truth.path))?;
    changes.finish()?;
    truth.finish()?;
    let mut findings_by_rule = BTreeMap::new();
    let mut cases = BTreeSet::new();
    for planted in lived.plan.cases.iter().filter(|planted| planted.complete) {
        *findings_by_rule.entry(planted.rule).or_default() += 1;
        cases.insert(planted.affair);
    }
    Ok(Report {
        visits: lived.visits,
        records: lived.kinds.iter().sum(),
        fee_lines: lived.fee_lines,
        bytes: lived.bytes,
        cases: cases.len() as u64,
        findings,
        findings_by_rule,
        kinds: Kind::ALL.into_iter().zip(lived.kinds).collect(),
    })
}

/// The schemes of a recipe that can be simulated, as positions in the list of schemes.
fn checked(recipe: &Recipe) -> Result<Vec<usize>, SynthError> {
    if !(1..=MONTHS_MAX).contains(&recipe.months) {
        return Err(SynthError::Months { months: recipe.months });
    }
    if recipe.visits > VISITS_MAX {
        return Err(SynthError::Visits { visits: recipe.visits });
    }
    if !(0.0..=1.0).contains(&recipe.strength) {
        return Err(SynthError::Strength { strength: recipe.strength });
    }
    match &recipe.schemes {
        Schemes::None => Ok(Vec::new()),
        Schemes::All => Ok((0..case::SCHEMES.len()).collect()),
        Schemes::Named(names) => {
            let mut schemes = names
                .iter()
                .map(|name| case::find(name).ok_or_else(|| SynthError::UnknownScheme { name: name.clone() }))
                .collect::<Result<Vec<_>, _>>()?;
            schemes.sort_unstable();
            schemes.dedup();
            Ok(schemes)
        }
    }
}

/// A file under a temporary name.
struct Draftfile {
    /// The final name.
    path: PathBuf,
    file: BufWriter<File>,
}

impl Draftfile {
    fn new(path: PathBuf) -> Result<Draftfile, SynthError> {
        let file = File::create(part(&path)).map_err(io_error(&path))?;
        Ok(Draftfile { path, file: BufWriter::with_capacity(1 << 20, file) })
    }

    fn finish(mut self) -> Result<(), SynthError> {
        self.file.flush().map_err(io_error(&self.path))?;
        fs::rename(part(&self.path), &self.path).map_err(io_error(&self.path))
    }
}

fn part(path: &Path) -> PathBuf {
    path.with_added_extension("part")
}
