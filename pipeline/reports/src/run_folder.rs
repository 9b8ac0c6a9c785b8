//! Reads what a run left in its folder: alerts, events, and what was kept for explaining them.
//!
//! The files may have a million lines and one is wanted, so a line is parsed only if it holds the text looked
//! for. Nothing is held but what was found.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use rulebank::{Bank, DetectorSpec};
use serde::de::DeserializeOwned;
use wire::event::EventHead;
use wire::visible::visible;
use wire::visible::visible_path;
use wire::{
    Alert, AlertRank, HistoryEntry, KeptFinding, KeptRecord, LineFilter, LineReader, RecordName, RunMeta,
    files,
};

use crate::error::Error;
use crate::outputs::Whole;

/// Ids that an ambiguous prefix names at the most.
const CANDIDATES: usize = 10;

/// The folder of a run that ended.
pub struct RunFolder {
    folder: PathBuf,
    whole: Whole,
    specs: &'static [DetectorSpec],
    /// What is known of the run.
    pub run: RunMeta,
}

impl RunFolder {
    /// Opens the folder; its bank is one for detectors of these specs.
    ///
    /// # Errors
    /// It is not there, or no run wrote it, or one was ended while its files took their names.
    pub fn open(folder: &Path, specs: &'static [DetectorSpec]) -> Result<RunFolder, Error> {
        let whole = Whole::open(folder)?;
        let path = folder.join(files::EXPLAIN).join(files::RUN);
        let text = std::fs::read_to_string(&path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => Error::Arguments(format!(
                "{}: no run has ended here ({} is missing); `fundwatch run PATH... --out {}` makes one",
                visible_path(folder),
                visible_path(&path),
                visible_path(folder)
            )),
            _ => Error::Read { path: path.clone(), source },
        })?;
        let run = serde_json::from_str(&text)
            .map_err(|error| Error::Read { path: path.clone(), source: io::Error::from(error) })?;
        Ok(RunFolder { folder: folder.to_owned(), whole, specs, run })
    }

    /// Holds that all that was read is of one run.
    ///
    /// # Errors
    /// Another run has replaced the files meanwhile.
    pub fn still(&self) -> Result<(), Error> {
        self.whole.still()
    }

    /// The detectors that the bank may name.
    pub fn specs(&self) -> &'static [DetectorSpec] {
        self.specs
    }

    /// The bank that judged.
    ///
    /// # Errors
    /// Somebody changed it.
    pub fn bank(&self) -> Result<Bank, Error> {
        rulebank::load(Some(&self.folder.join(files::EXPLAIN).join(files::BANK)), self.specs)
            .map_err(Error::Bank)
    }

    /// The one alert whose id begins like this.
    ///
    /// # Errors
    /// There is none, or there are several: they are named.
    pub fn alert(&self, prefix: &str) -> Result<Alert, Error> {
        let mut found: Vec<Alert> = Vec::new();
        let mut several = 0u64;
        self.lines(files::ALERTS, Some(prefix), |alert: Alert| {
            if alert.alert_id.starts_with(prefix) {
                several += 1;
                let exact = alert.alert_id == prefix;
                if exact || found.len() < CANDIDATES {
                    found.push(alert);
                }
            }
        })?;
        if let Some(exact) = found.iter().position(|alert| alert.alert_id == prefix) {
            return Ok(found.swap_remove(exact));
        }
        match found.len() {
            0 => Err(Error::Arguments(format!(
                "no alert of {} begins with {prefix}; alerts.ndjson lists them all",
                visible_path(&self.folder)
            ))),
            1 => Ok(found.swap_remove(0)),
            _ => {
                let mut text = format!("{several} alerts begin with {prefix}:");
                for alert in &found {
                    text.push_str(&format!(
                        "\n  {}  {}",
                        visible(&alert.alert_id),
                        visible(&alert.key.join(" "))
                    ));
                }
                if several > CANDIDATES as u64 {
                    text.push_str("\n  ...");
                }
                Err(Error::Arguments(text))
            }
        }
    }

    /// Whether an alert stands.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn stands(&self, alert_id: &str) -> Result<bool, Error> {
        let mut stands = false;
        self.lines(files::ALERTS, Some(alert_id), |rank: AlertRank| stands |= rank.alert_id == alert_id)?;
        Ok(stands)
    }

    /// Values and money of an alert.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn finding(&self, alert_id: &str) -> Result<Option<KeptFinding>, Error> {
        let mut found = None;
        self.lines(&kept(files::FINDINGS), Some(alert_id), |finding: KeptFinding| {
            if finding.alert_id == alert_id {
                found = Some(finding);
            }
        })?;
        Ok(found)
    }

    /// The findings that laid money within one of these visits, or on one of these records outside any visit.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn findings_beside(
        &self,
        visits: &BTreeSet<&str>,
        records: &BTreeSet<(&str, &str)>,
    ) -> Result<Vec<KeptFinding>, Error> {
        // One text to look for saves parsing; of many, every line is parsed.
        let only = match (visits.len(), records.len()) {
            (0, 0) => return Ok(Vec::new()),
            (1, 0) => visits.first().copied(),
            (0, 1) => records.first().map(|(_, key)| *key),
            _ => None,
        };
        let mut found = Vec::new();
        self.lines(&kept(files::FINDINGS), only, |finding: KeptFinding| {
            let beside = finding.laid.iter().any(|laid| match &laid.visit {
                Some(visit) => visits.contains(visit.as_str()),
                None => records.contains(&(laid.kind.as_ref(), laid.key.as_str())),
            });
            if beside {
                found.push(finding);
            }
        })?;
        Ok(found)
    }

    /// What ranks these alerts.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn ranks(&self, alert_ids: &BTreeSet<&str>) -> Result<Vec<AlertRank>, Error> {
        let mut found = Vec::new();
        if !alert_ids.is_empty() {
            self.lines(files::ALERTS, None, |rank: AlertRank| {
                if alert_ids.contains(rank.alert_id.as_str()) {
                    found.push(rank);
                }
            })?;
        }
        Ok(found)
    }

    /// The kept records of these names, in the order of the names.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn records(&self, names: &BTreeSet<RecordName>) -> Result<Vec<KeptRecord>, Error> {
        let only = match names.len() {
            1 => names.first().map(|name| name.key.as_str()),
            _ => None,
        };
        let mut found: Vec<KeptRecord> = Vec::new();
        self.lines(&kept(files::RECORDS), only, |record: KeptRecord| {
            let name = RecordName { kind: record.kind.clone(), key: record.key.clone() };
            if names.contains(&name) {
                found.push(record);
            }
        })?;
        KeptRecord::once(&mut found);
        Ok(found)
    }

    /// What happened to an alert, in order.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn history(&self, alert_id: &str) -> Result<Vec<HistoryEntry>, Error> {
        let mut found = Vec::new();
        self.lines(files::EVENTS, Some(alert_id), |line: EventHead| {
            if line.alert.alert_id == alert_id {
                found.push(line.entry());
            }
        })?;
        Ok(found)
    }

    /// Gives each line of a file to `take`; with `only`, the lines that hold this text.
    fn lines<T: DeserializeOwned>(
        &self,
        name: &str,
        only: Option<&str>,
        mut take: impl FnMut(T),
    ) -> Result<(), Error> {
        let filter = only.map_or_else(LineFilter::all, LineFilter::containing);
        let mut lines = LineReader::open(&self.folder.join(name))?;
        while let Some(line) = lines.find(&filter)? {
            take(line);
        }
        Ok(())
    }
}

/// The path of a kept file below the run's folder.
fn kept(name: &str) -> String {
    format!("{}/{name}", files::EXPLAIN)
}
