//! Reads what concerns one institution out of a run's folder, each file once from its begin to its end.
//!
//! `owners.ndjson` states which alerts are its own and with which share; of those the greatest of each rule are kept
//! with their findings and records, of the others only the sums. Lines that do not hold the code are not parsed.

mod found;
mod nearest;
mod subjects;

pub use found::{Found, RuleFindings};

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rulebank::{Bank, DetectorSpec};
use serde::Deserialize;
use std::borrow::Cow;
use wire::visible::visible_path;
use wire::{
    Alert, Institution, InstitutionCoverage, KeptRecord, Label, LineFilter, LineReader, Owners, RecordName,
    RunMeta, files,
};

use crate::error::Error;
use crate::run_folder::RunFolder;
use subjects::Subjects;

/// Everything that the page shows.
pub struct Dossier {
    /// The institution.
    pub institution: Institution,
    /// The run.
    pub run: RunMeta,
    /// The bank that judged.
    pub bank: Bank,
    /// What its detectors state of themselves.
    pub specs: &'static [DetectorSpec],
    /// Its findings by rule, those of the most counted money first.
    pub rules: Vec<RuleFindings>,
    /// The records behind the findings that are shown in full.
    pub records: BTreeMap<RecordName, KeptRecord>,
    /// What arrived, month by month.
    pub reach: Vec<InstitutionCoverage>,
    /// Decisions about it, its findings, and the visits, settlements, persons and practitioners in them.
    pub labels: Vec<Label>,
    /// Findings and counted money in fen by the month in which they occurred.
    pub months: BTreeMap<String, (u64, i64)>,
    /// Tokens of the persons whom its findings concern.
    pub persons: BTreeSet<String>,
}

impl Dossier {
    /// Reads the folder; of each rule `shown` findings are kept in full.
    ///
    /// # Errors
    /// No such institution, a folder that no run of this version wrote, files that cannot be read.
    pub fn read(
        folder: &Path,
        specs: &'static [DetectorSpec],
        code: &str,
        shown: usize,
    ) -> Result<Dossier, Error> {
        let kept = RunFolder::open(folder, specs)?;
        let bank = kept.bank()?;
        let institution = institution(folder, code)?;
        let mut dossier = Dossier {
            institution,
            run: kept.run.clone(),
            bank,
            specs,
            rules: Vec::new(),
            records: BTreeMap::new(),
            reach: Vec::new(),
            labels: Vec::new(),
            months: BTreeMap::new(),
            persons: BTreeSet::new(),
        };
        let owned = owned(folder, code)?;
        let mut about = Subjects::of(code, owned.values());
        dossier.persons = about.persons.clone();
        dossier.alerts(folder, owned, shown, &mut about)?;
        dossier.findings(folder)?;
        dossier.records(folder)?;
        dossier.reach(folder, code)?;
        dossier.labels(folder, &about)?;
        kept.still()?;
        Ok(dossier)
    }

    /// The findings that are shown.
    pub fn shown(&self) -> impl Iterator<Item = &Found> {
        self.rules.iter().flat_map(|of| &of.shown)
    }

    fn alerts(
        &mut self,
        folder: &Path,
        mut owned: BTreeMap<u64, Owners>,
        shown: usize,
        about: &mut Subjects,
    ) -> Result<(), Error> {
        let mut lines = LineReader::open(&folder.join(files::ALERTS))?;
        let mut by_rule: BTreeMap<String, RuleFindings> = BTreeMap::new();
        while lines.advance()? {
            let Some(owners) = owned.remove(&lines.number()) else { continue };
            let alert: Alert = lines.parse()?;
            if alert.alert_id != owners.alert_id {
                return Err(Error::Arguments(format!(
                    "{}: line {} is {}, that of owners.ndjson {}: the files are of different runs",
                    visible_path(lines.path()),
                    lines.number(),
                    alert.alert_id,
                    owners.alert_id
                )));
            }
            about.alert(&alert);
            let found = Found::of(alert, &owners, &self.institution.fixmedins_code);
            if found.alert.exempted_by.is_none() {
                let month = found.alert.occurred.chars().take(7).collect();
                let entry = self.months.entry(month).or_default();
                *entry = (entry.0 + 1, entry.1.saturating_add(found.counted));
            }
            let of =
                by_rule.entry(found.alert.rule.clone()).or_insert_with(|| RuleFindings::of(&found.alert));
            of.take(found, shown);
        }
        if let Some(owners) = owned.into_values().next() {
            return Err(Error::Arguments(format!(
                "{}: {} is missing, which owners.ndjson has: the files are of different runs",
                visible_path(lines.path()),
                owners.alert_id
            )));
        }
        self.rules = by_rule.into_values().collect();
        for of in &mut self.rules {
            of.cut(shown);
        }
        self.rules.sort_by(|a, b| {
            (b.counted, b.amount, b.found, &a.id).cmp(&(a.counted, a.amount, a.found, &b.id))
        });
        Ok(())
    }

    fn findings(&mut self, folder: &Path) -> Result<(), Error> {
        #[derive(Deserialize)]
        struct Id<'l> {
            #[serde(borrow)]
            alert_id: Cow<'l, str>,
        }
        let mut wanted: BTreeMap<String, &mut Found> = BTreeMap::new();
        for found in self.rules.iter_mut().flat_map(|of| &mut of.shown) {
            wanted.insert(found.alert.alert_id.clone(), found);
        }
        let mut lines = LineReader::open(&folder.join(files::EXPLAIN).join(files::FINDINGS))?;
        while lines.advance()? {
            let id: Id<'_> = lines.parse()?;
            if let Some(found) = wanted.remove(id.alert_id.as_ref()) {
                found.finding = Some(lines.parse()?);
            }
        }
        Ok(())
    }

    fn records(&mut self, folder: &Path) -> Result<(), Error> {
        #[derive(Deserialize)]
        struct Head<'l> {
            #[serde(borrow)]
            kind: Cow<'l, str>,
            #[serde(borrow)]
            key: Cow<'l, str>,
        }
        let mut wanted: BTreeSet<RecordName> = BTreeSet::new();
        for found in self.shown() {
            wanted.extend(found.alert.evidence.iter().cloned());
            wanted.extend(
                found.laid().map(|laid| RecordName { kind: laid.kind.clone(), key: laid.key.clone() }),
            );
        }
        let mut lines = LineReader::open(&folder.join(files::EXPLAIN).join(files::RECORDS))?;
        while lines.advance()? {
            let head: Head<'_> = lines.parse()?;
            let name = RecordName { kind: head.kind.into_owned().into(), key: head.key.into_owned() };
            if !wanted.contains(&name) {
                continue;
            }
            let record: KeptRecord = lines.parse()?;
            self.persons.extend(record.fields.get("psn_no").map(str::to_owned));
            if record.kind == "person" {
                self.persons.insert(record.key.clone());
            }
            // A line that one alert sees as sent and another one netted is kept twice: the netted one shows both.
            if !record.as_sent.is_empty() || !self.records.contains_key(&name) {
                self.records.insert(name, record);
            }
        }
        Ok(())
    }

    fn reach(&mut self, folder: &Path, code: &str) -> Result<(), Error> {
        let mut lines = LineReader::open(&folder.join(files::COVERAGE_BY_INSTITUTION))?;
        let filter = LineFilter::value(code);
        while let Some(month) = lines.find::<InstitutionCoverage>(&filter)? {
            if month.fixmedins_code == code {
                self.reach.push(month);
            }
        }
        Ok(())
    }

    fn labels(&mut self, folder: &Path, about: &Subjects) -> Result<(), Error> {
        let mut lines = LineReader::open(&folder.join(files::LABELS))?;
        while let Some(label) = lines.read::<Label>()? {
            if about.has(&label.subject_type, &label.subject_id) {
                if label.subject_type == "person" {
                    self.persons.insert(label.subject_id.clone());
                }
                self.labels.push(label);
            }
        }
        self.labels.sort_by(|a, b| (&b.decided_at, &a.case_id).cmp(&(&a.decided_at, &b.case_id)));
        Ok(())
    }
}

/// The institution of this code.
fn institution(folder: &Path, code: &str) -> Result<Institution, Error> {
    let mut lines = LineReader::open(&folder.join(files::INSTITUTIONS))?;
    let mut found = None;
    let mut nearest = nearest::Nearest::to(code);
    while let Some(institution) = lines.read::<Institution>()? {
        if institution.fixmedins_code == code {
            found = Some(institution);
        } else {
            nearest.offer(&institution);
        }
    }
    found.ok_or_else(|| Error::Arguments(nearest.sentence(folder)))
}

/// The owners of the alerts that are this institution's, by line.
fn owned(folder: &Path, code: &str) -> Result<BTreeMap<u64, Owners>, Error> {
    let mut lines = LineReader::open(&folder.join(files::OWNERS))?;
    let filter = LineFilter::value(code);
    let mut owned = BTreeMap::new();
    while let Some(owners) = lines.find::<Owners>(&filter)? {
        if owners.institutions.iter().any(|share| share.id == code) {
            owned.insert(lines.number(), owners);
        }
    }
    Ok(owned)
}
