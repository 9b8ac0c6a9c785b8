//! The folders of runs, read line by line: what a list needs of them and no more.
//!
//! `alerts.ndjson` and `owners.ndjson` are read side by side. Runs are read from the last argument to the first, so
//! that of an alert, institution or month in two of them the later argument stands.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rulebank::DetectorSpec;
use selection::candidate::RankingBuilder;
use selection::chance::Chances;
use selection::coverage::add_month;
use selection::decision::{Decisions, LabelCount};
use selection::draw::{Sha256Stream, sha256};
use selection::period::Period;
use selection::subject::SubjectKind;
use selection::value::InvalidValue;
use wire::list::{PeriodCoverage, RunFacts};
use wire::visible::visible_path;
use wire::{Alert, Institution, InstitutionCoverage, Label, LineReader, Owners, ReadError, RunMeta, files};

use crate::error::Error;
use crate::outputs::Whole;

/// Folders of runs, in the order of the arguments.
pub struct Runs<'a> {
    folders: &'a [PathBuf],
    wholes: Vec<Whole>,
    specs: &'static [DetectorSpec],
}

/// Everything that was added up.
pub struct Gathered {
    /// What ranks.
    pub gathering: RankingBuilder,
    /// The runs, in the order of the arguments.
    pub runs: Vec<RunFacts>,
    /// Labels, counted.
    pub labels: LabelCount,
}

impl<'a> Runs<'a> {
    /// The runs in these folders.
    ///
    /// # Errors
    /// One of them is no folder, or a run was ended while its files took their names there.
    pub fn open(folders: &'a [PathBuf], specs: &'static [DetectorSpec]) -> Result<Runs<'a>, Error> {
        match folders.iter().find(|folder| !folder.is_dir()) {
            Some(folder) => Err(Error::Arguments(format!("there is no folder {}", visible_path(folder)))),
            None => {
                let wholes = folders.iter().map(|folder| Whole::open(folder)).collect::<Result<_, _>>()?;
                Ok(Runs { folders, wholes, specs })
            }
        }
    }

    /// Holds that all that was read of a folder is of one run.
    ///
    /// # Errors
    /// Another run has replaced the files meanwhile.
    pub fn still(&self) -> Result<(), Error> {
        self.wholes.iter().try_for_each(Whole::still)
    }

    /// What detectors state of themselves.
    pub fn specs(&self) -> &'static [DetectorSpec] {
        self.specs
    }

    /// The detector of each rule, by the banks that judged.
    ///
    /// # Errors
    /// A bank is no bank any more.
    pub fn detectors(&self) -> Result<BTreeMap<String, String>, Error> {
        let mut detectors = BTreeMap::new();
        for folder in self.folders {
            let bank = bank_of(folder);
            if bank.is_dir() {
                let bank = rulebank::load(Some(&bank), self.specs).map_err(Error::Bank)?;
                detectors.extend(bank.rules.into_iter().map(|rule| (rule.id, rule.detector)));
            }
        }
        Ok(detectors)
    }

    /// The last one first.
    fn latest_first(&self) -> impl Iterator<Item = &'a PathBuf> + use<'a> {
        self.folders.iter().rev()
    }

    /// Reads everything once.
    ///
    /// # Errors
    /// A file that cannot be read, with its line.
    pub fn gather(&self, of: SubjectKind, period: Period) -> Result<Gathered, Error> {
        let mut labels = Vec::new();
        let mut chances = Chances::default();
        for folder in self.folders {
            labels.extend(read_labels(&folder.join(files::LABELS))?);
            let bank = bank_of(folder);
            if bank.is_dir() {
                chances.set_stated(&rulebank::load(Some(&bank), self.specs).map_err(Error::Bank)?);
            }
        }
        let decisions =
            Decisions::from_labels(labels).map_err(|wrong| Error::Arguments(wrong.to_string()))?;
        let labels = decisions.count;
        let mut gathering = RankingBuilder::new(of, period, chances, decisions);
        let mut runs = Vec::new();
        for folder in self.latest_first() {
            let mut institutions = open(folder, files::INSTITUTIONS)?;
            while let Some(institution) = institutions.read::<Institution>()? {
                gathering.add_institution(&institution).map_err(|wrong| institutions.wrong(wrong))?;
            }
            let mut months = BTreeSet::new();
            let mut reach = open(folder, files::COVERAGE_BY_INSTITUTION)?;
            while let Some(line) = reach.read::<InstitutionCoverage>()? {
                if months.insert(line.month.clone()) {
                    gathering.add_month(&line.month).map_err(|wrong| reach.wrong(wrong))?;
                }
            }
            let mut pairs = Pairs::open(folder)?;
            while let Some(owners) = pairs.next()? {
                let alert = pairs.alert()?;
                gathering.add_alert(&alert, &owners).map_err(|wrong| pairs.alerts.wrong(wrong))?;
            }
            let alerts = pairs.alerts.number();
            runs.push(RunFacts {
                now: now_of(folder)?,
                alerts,
                alerts_sha256: pairs.hash.finish(),
                bank_sha256: bank_hash(&bank_of(folder))?,
            });
        }
        runs.reverse();
        Ok(Gathered { gathering, runs, labels })
    }

    /// What could not be judged in the period, for these institutions.
    ///
    /// # Errors
    /// As [`Runs::gather`].
    pub fn coverage(
        &self,
        codes: &BTreeSet<String>,
        period: &Period,
    ) -> Result<BTreeMap<String, PeriodCoverage>, Error> {
        let mut found: BTreeMap<String, PeriodCoverage> = BTreeMap::new();
        let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
        for folder in self.latest_first() {
            let mut lines = open(folder, files::COVERAGE_BY_INSTITUTION)?;
            while let Some(reach) = lines.read::<InstitutionCoverage>()? {
                let key = (reach.fixmedins_code.clone(), reach.month.clone());
                if codes.contains(&reach.fixmedins_code) && seen.insert(key) {
                    let of_place = found.entry(reach.fixmedins_code.clone()).or_default();
                    add_month(of_place, &reach, period).map_err(|wrong| lines.wrong(wrong))?;
                }
            }
        }
        Ok(found)
    }

    /// Every alert that one of these owns, with its owners; each alert once.
    ///
    /// # Errors
    /// As [`Runs::gather`], and what `take` states.
    pub fn alerts_of(
        &self,
        of: SubjectKind,
        ids: &BTreeSet<String>,
        mut take: impl FnMut(Alert, Owners) -> Result<(), InvalidValue>,
    ) -> Result<(), Error> {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        for folder in self.latest_first() {
            let mut pairs = Pairs::open(folder)?;
            while let Some(owners) = pairs.next()? {
                let is_new = self.folders.len() == 1 || seen.insert(owners.alert_id.clone());
                if is_new && of.shares(&owners).iter().any(|share| ids.contains(&share.id)) {
                    let alert = pairs.alert()?;
                    take(alert, owners).map_err(|wrong| pairs.alerts.wrong(wrong))?;
                }
            }
        }
        Ok(())
    }
}

/// Labels of a file, or of the folder of a run.
///
/// # Errors
/// The file cannot be read, or a line is no label.
pub fn read_labels(path: &Path) -> Result<Vec<Label>, Error> {
    let file = if path.is_dir() { path.join(files::LABELS) } else { path.to_owned() };
    let mut lines = LineReader::open(&file)?;
    let mut labels = Vec::new();
    while let Some(label) = lines.read::<Label>()? {
        labels.push(label);
    }
    Ok(labels)
}

/// A file of a run's folder.
fn open(folder: &Path, name: &str) -> Result<LineReader, ReadError> {
    LineReader::open(&folder.join(name))
}

/// `alerts.ndjson` and `owners.ndjson`, line by line; the bytes of the former are hashed on the way.
struct Pairs {
    alerts: LineReader,
    owners: LineReader,
    hash: Sha256Stream,
}

impl Pairs {
    fn open(folder: &Path) -> Result<Pairs, Error> {
        Ok(Pairs {
            alerts: open(folder, files::ALERTS)?,
            owners: open(folder, files::OWNERS)?,
            hash: Sha256Stream::default(),
        })
    }

    /// The owners of the next alert, which [`Pairs::alert`] then reads.
    fn next(&mut self) -> Result<Option<Owners>, Error> {
        let alert = self.alerts.advance()?;
        if alert {
            self.hash.add(self.alerts.line());
        }
        match (alert, self.owners.read::<Owners>()?) {
            (false, None) => Ok(None),
            (true, Some(owners)) => Ok(Some(owners)),
            _ => Err(self.alerts.wrong("alerts.ndjson and owners.ndjson have not as many lines").into()),
        }
    }

    fn alert(&self) -> Result<Alert, Error> {
        Ok(self.alerts.parse()?)
    }
}

fn bank_of(folder: &Path) -> PathBuf {
    folder.join(files::EXPLAIN).join(files::BANK)
}

fn now_of(folder: &Path) -> Result<Option<String>, Error> {
    let path = folder.join(files::EXPLAIN).join(files::RUN);
    let failed = |source| Error::Read { path: path.clone(), source };
    match fs::read(&path) {
        Ok(text) => {
            let run: RunMeta = serde_json::from_slice(&text).map_err(|error| failed(error.into()))?;
            Ok(run.now)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

/// The version of a bank: SHA-256 of the lines `SHA-256  path`, as `sha256sum` writes them, sorted by path.
fn bank_hash(bank: &Path) -> Result<Option<String>, Error> {
    if !bank.is_dir() {
        return Ok(None);
    }
    let mut listing: BTreeMap<String, String> = BTreeMap::new();
    let mut open = vec![bank.to_owned()];
    while let Some(folder) = open.pop() {
        let failed = |source| Error::Read { path: folder.clone(), source };
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let bytes = fs::read(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
            let below = path.strip_prefix(bank).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            listing.insert(below, sha256(&bytes));
        }
    }
    let text: String = listing.iter().map(|(path, hash)| format!("{hash}  {path}\n")).collect();
    Ok(Some(sha256(text.as_bytes())))
}
