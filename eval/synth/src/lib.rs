//! The simulator: ordinary life of a region from a seed, with schemes planted in it and their truth beside it.
//!
//! It writes what `run` reads, in the order in which a bureau would receive it: late, corrected, reversed,
//! twice. Ordinary life is quiet by construction: no core rule finds anything definite in it, though the knowledge
//! tables limit much that is billed, often exactly at the limit. There is a scheme for each core rule, and some
//! that several rules see: a hospital that admits a village, a ring of companions, a pharmacy that sells packs by
//! codes it never bought, a doctor whose prescriptions one pharmacy fills twice. Planted cases are clear at strength
//! 1; at less there are fewer, nearer to the limit, and at last not beyond it.
//!
//! `truth.ndjson` has one line for each alert that should be raised, with its rule, key and amount; the lines of one
//! case, of a compound scheme several, share their `case_id`.
//!
//! Same recipe, same bytes. Memory holds persons, shelves, open stays and records under way, never the history.

mod catalogue;
mod diagnosis;
mod draft;
mod inpatient;
mod limits;
mod outbox;
mod outpatient;
mod person;
mod pharmacy;
mod plan;
mod plant;
mod planted;
mod recipe;
mod record;
mod region;
mod scheme;
mod send;
mod shelf;
mod simulation;
mod status;
mod stay;
mod stock;
mod tables;
#[cfg(test)]
mod tests;
mod text;
mod visit;
mod write;
mod zipf;

use plan::Plan;
pub use recipe::{Progress, Recipe, Report, Schemes, SynthError};
use recipe::{checked, io_error};
use records::Kind;
use region::Region;
pub use scheme::{names, rule_of};
use simulation::Simulation;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Holds that a recipe can be simulated.
///
/// # Errors
/// It cannot.
pub fn check(recipe: &Recipe) -> Result<(), SynthError> {
    checked(recipe).map(|_| ())
}

/// Simulates `recipe` and leaves `records/changes.ndjson`, `rules/tables/*.csv` and `truth.ndjson` in `out`.
///
/// `progress` is called after each simulated day. Files take their final name only when complete.
///
/// # Example
/// ```
/// use synth::{Recipe, Schemes, write};
///
/// let folder = std::env::temp_dir().join(format!("synth-example-{}", std::process::id()));
/// let recipe = Recipe { seed: 1, visits: 50, months: 1, schemes: Schemes::None, strength: 1.0 };
/// let report = write(&recipe, &folder, &mut |_| ())?;
/// assert!(report.records > 0 && report.cases == 0);
/// let changes = std::fs::read_to_string(folder.join("records/changes.ndjson")).expect("it was just written");
/// assert_eq!(changes.lines().count() as u64, report.records);
/// # std::fs::remove_dir_all(&folder).expect("a folder of our own");
/// # Ok::<(), synth::SynthError>(())
/// ```
/// # Errors
/// A recipe that cannot be simulated, before anything is written; a file that cannot be written, with its path.
pub fn write(recipe: &Recipe, out: &Path, progress: &mut dyn FnMut(Progress)) -> Result<Report, SynthError> {
    // Nothing is written for a recipe that cannot be simulated.
    let schemes = checked(recipe)?;
    let region = Region::new(recipe);
    for folder in ["records", "rules/tables"] {
        let folder = out.join(folder);
        fs::create_dir_all(&folder).map_err(io_error(&folder))?;
    }
    for (name, content) in tables::tables(&region.catalogue) {
        let mut table = DraftFile::new(out.join("rules/tables").join(name).with_extension("csv"))?;
        table.file.write_all(content.as_bytes()).map_err(io_error(&table.path))?;
        table.finish()?;
    }
    // The records are written as they are received, an hour at a time.
    let DraftFile { path, file } = DraftFile::new(out.join("records/changes.ndjson"))?;
    let plan = Plan::new(&schemes, recipe.visits, recipe.strength, &region);
    let mut simulated =
        Simulation::new(&region, plan, file).run(recipe, progress).map_err(io_error(&path))?;
    let changes = DraftFile { path, file: simulated.file };
    simulated.plan.close(&region);
    // The truth is known when the period is over: what it cut off is no case.
    let mut truth = DraftFile::new(out.join("truth.ndjson"))?;
    let findings = planted::write_truth(&region, &simulated.plan.findings, &mut truth.file)
        .map_err(io_error(&truth.path))?;
    changes.finish()?;
    truth.finish()?;
    let mut findings_by_rule = BTreeMap::new();
    let mut cases = BTreeSet::new();
    for planted in simulated.plan.findings.iter().filter(|planted| planted.complete) {
        *findings_by_rule.entry(planted.rule).or_default() += 1;
        cases.insert(planted.case_number);
    }
    Ok(Report {
        visits: simulated.visits,
        records: simulated.kinds.iter().sum(),
        fee_lines: simulated.fee_lines,
        bytes: simulated.bytes,
        cases: cases.len() as u64,
        findings,
        findings_by_rule,
        kinds: Kind::ALL.into_iter().zip(simulated.kinds).collect(),
    })
}

/// A file under a temporary name.
struct DraftFile {
    /// The final name.
    path: PathBuf,
    file: BufWriter<File>,
}

impl DraftFile {
    fn new(path: PathBuf) -> Result<DraftFile, SynthError> {
        let file = File::create(part(&path)).map_err(io_error(&path))?;
        Ok(DraftFile { path, file: BufWriter::with_capacity(1 << 20, file) })
    }

    fn finish(mut self) -> Result<(), SynthError> {
        self.file.flush().map_err(io_error(&self.path))?;
        fs::rename(part(&self.path), &self.path).map_err(io_error(&self.path))
    }
}

fn part(path: &Path) -> PathBuf {
    path.with_added_extension("part")
}
