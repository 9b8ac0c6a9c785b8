//! The folders of runs, read line by line: what a list needs of them and no more.
//!
//! `alerts.ndjson` and `owners.ndjson` are read side by side. Runs are read from the last argument to the first, so
//! that of an alert, institution or month in two of them the later argument stands.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use detectors::detector::SPECS;
use selection::candidate::RankingBuilder;
use selection::chance::Chances;
use selection::coverage::Coverage;
use selection::decision::{Decisions, LabelCount};
use selection::draw::{Sha256Stream, sha256};
use selection::outcome::{Alert, Institution, Label, Owners, Reach};
use selection::period::Period;
use selection::subject::SubjectKind;
use selection::value::InvalidValue;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::explain::keep;

/// What is published of a run, so that a list can be held against it wherever its folder lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFacts {
    /// Its *now*; none if it kept none.
    pub now: Option<String>,
    /// Lines of its `alerts.ndjson`.
    pub alerts: u64,
    /// SHA-256 of its `alerts.ndjson`.
    pub alerts_sha256: String,
    /// SHA-256 of the listing that `sha256sum` makes of its `explain/bank`; none if it kept none.
    pub bank_sha256: Option<String>,
}

/// Folders of runs, in the order of the arguments.
pub struct Runs<'a> {
    folders: &'a [PathBuf],
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
    /// One of them is no folder.
    pub fn open(folders: &'a [PathBuf]) -> Result<Runs<'a>, Error> {
        match folders.iter().find(|folder| !folder.is_dir()) {
            Some(folder) => Err(Error::Arguments(format!("there is no folder {}", folder.display()))),
            None => Ok(Runs { folders }),
        }
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
            labels.extend(read_labels(&folder.join("labels.ndjson"))?);
            let bank = bank_of(folder);
            if bank.is_dir() {
                chances.set_stated(&rulebank::load(Some(&bank), SPECS).map_err(Error::Bank)?);
            }
        }
        let decisions =
            Decisions::from_labels(labels).map_err(|wrong| Error::Arguments(wrong.to_string()))?;
        let labels = decisions.count;
        let mut gathering = RankingBuilder::new(of, period, chances, decisions);
        let mut runs = Vec::new();
        for folder in self.latest_first() {
            let mut institutions = Lines::open(folder, "institutions.ndjson")?;
            while let Some(institution) = institutions.next::<Institution>()? {
                gathering.add_institution(&institution).map_err(|wrong| institutions.wrong(&wrong))?;
            }
            let mut months = BTreeSet::new();
            let mut reach = Lines::open(folder, "coverage_by_institution.ndjson")?;
            while let Some(line) = reach.next::<Reach>()? {
                if months.insert(line.month.clone()) {
                    gathering.add_month(&line.month).map_err(|wrong| reach.wrong(&wrong))?;
                }
            }
            let mut pairs = Pairs::open(folder)?;
            while let Some(owners) = pairs.next()? {
                let alert = pairs.alert()?;
                gathering.add_alert(&alert, &owners).map_err(|wrong| pairs.alerts.wrong(&wrong))?;
            }
            let alerts = pairs.alerts.number;
            runs.push(RunFacts {
                now: now_of(folder)?,
                alerts,
                alerts_sha256: pairs.alerts.sha256(),
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
    ) -> Result<BTreeMap<String, Coverage>, Error> {
        let mut found: BTreeMap<String, Coverage> = BTreeMap::new();
        let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
        for folder in self.latest_first() {
            let mut lines = Lines::open(folder, "coverage_by_institution.ndjson")?;
            while let Some(reach) = lines.next::<Reach>()? {
                let key = (reach.fixmedins_code.clone(), reach.month.clone());
                if codes.contains(&reach.fixmedins_code) && seen.insert(key) {
                    let of_place = found.entry(reach.fixmedins_code.clone()).or_default();
                    of_place.add(&reach, period).map_err(|wrong| lines.wrong(&wrong))?;
                }
            }
        }
        Ok(found)
    }

    /// Every alert that one of these owns, with its owners; each alert once.
    ///
    /// # Errors
    /// As [`Runs::gather`], and what `take` says.
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
                    take(alert, owners).map_err(|wrong| pairs.alerts.wrong(&wrong))?;
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
    let mut lines = match path.is_dir() {
        true => Lines::open(path, "labels.ndjson")?,
        false => Lines::of(path.to_owned())?,
    };
    let mut labels = Vec::new();
    while let Some(label) = lines.next::<Label>()? {
        labels.push(label);
    }
    Ok(labels)
}

/// Two files, line by line.
struct Pairs {
    alerts: Lines,
    owners: Lines,
}

impl Pairs {
    fn open(folder: &Path) -> Result<Pairs, Error> {
        Ok(Pairs {
            alerts: Lines::hashed(folder, "alerts.ndjson")?,
            owners: Lines::open(folder, "owners.ndjson")?,
        })
    }

    /// The owners of the next alert, which [`Pairs::alert`] then reads.
    fn next(&mut self) -> Result<Option<Owners>, Error> {
        let alert = self.alerts.advance()?;
        match (alert, self.owners.next::<Owners>()?) {
            (false, None) => Ok(None),
            (true, Some(owners)) => Ok(Some(owners)),
            _ => Err(self
                .alerts
                .wrong(&InvalidValue("alerts.ndjson and owners.ndjson have not as many lines".to_owned()))),
        }
    }

    fn alert(&self) -> Result<Alert, Error> {
        self.alerts.parse()
    }
}

/// Lines of one file.
struct Lines {
    path: PathBuf,
    reader: BufReader<File>,
    line: Vec<u8>,
    number: u64,
    hash: Option<Sha256Stream>,
}

impl Lines {
    fn open(folder: &Path, name: &str) -> Result<Lines, Error> {
        Lines::of(folder.join(name))
    }

    /// The same, whose bytes are hashed on the way.
    fn hashed(folder: &Path, name: &str) -> Result<Lines, Error> {
        Ok(Lines { hash: Some(Sha256Stream::default()), ..Lines::open(folder, name)? })
    }

    fn of(path: PathBuf) -> Result<Lines, Error> {
        let file = File::open(&path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => Error::Arguments(format!(
                "{} is missing: an older version made this folder, or the run did not end; run once more",
                path.display()
            )),
            _ => Error::Read { path: path.clone(), source },
        })?;
        Ok(Lines {
            path,
            reader: BufReader::with_capacity(1 << 18, file),
            line: Vec::new(),
            number: 0,
            hash: None,
        })
    }

    /// Reads the next line; `false` at the end.
    fn advance(&mut self) -> Result<bool, Error> {
        self.line.clear();
        let failed = |source| Error::Read { path: self.path.clone(), source };
        if self.reader.read_until(b'\n', &mut self.line).map_err(failed)? == 0 {
            return Ok(false);
        }
        if let Some(hash) = &mut self.hash {
            hash.add(&self.line);
        }
        self.number += 1;
        Ok(true)
    }

    fn parse<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.line).map_err(|error| self.wrong(&InvalidValue(error.to_string())))
    }

    fn next<T: DeserializeOwned>(&mut self) -> Result<Option<T>, Error> {
        if self.advance()? { self.parse().map(Some) } else { Ok(None) }
    }

    /// What is wrong with the line that was read last.
    fn wrong(&self, wrong: &InvalidValue) -> Error {
        let source = io::Error::new(io::ErrorKind::InvalidData, format!("line {}: {wrong}", self.number));
        Error::Read { path: self.path.clone(), source }
    }

    /// The hash of all that was read.
    fn sha256(self) -> String {
        self.hash.map(Sha256Stream::finish).unwrap_or_default()
    }
}

fn bank_of(folder: &Path) -> PathBuf {
    folder.join(keep::FOLDER).join(keep::BANK)
}

fn now_of(folder: &Path) -> Result<Option<String>, Error> {
    let path = folder.join(keep::FOLDER).join(keep::RUN);
    let failed = |source| Error::Read { path: path.clone(), source };
    match fs::read(&path) {
        Ok(text) => {
            let run: keep::Run = serde_json::from_slice(&text).map_err(|error| failed(error.into()))?;
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
