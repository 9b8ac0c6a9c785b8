//! Reads what concerns one institution out of a run's folder, each file once from its begin to its end.
//!
//! `owners.ndjson` says which alerts are its own and with which share; of those the greatest of each rule are kept
//! with their findings and records, of the others only the sums. Lines that do not hold the code are not parsed.

mod found;
mod lines;
mod nearest;
mod subjects;

pub use found::{Found, OfRule};

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use memchr::memmem;
use rulebank::Bank;
use selection::outcome::{Institution, Label, Owners, Reach};
use serde::Deserialize;
use std::borrow::Cow;

use crate::error::Error;
use crate::explain::keep::{self, Record, Run};
use crate::explain::kept::{Alert, Kept, Name};
use lines::{lines, parse};
use subjects::Subjects;

/// Everything that the page tells.
pub struct Dossier {
    /// The institution.
    pub institution: Institution,
    /// The run.
    pub run: Run,
    /// The bank that judged.
    pub bank: Bank,
    /// Its findings by rule, those of the most counted money first.
    pub rules: Vec<OfRule>,
    /// The records behind the findings that are told in full.
    pub records: BTreeMap<Name, Record>,
    /// What arrived, month by month.
    pub reach: Vec<Reach>,
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
    pub fn read(folder: &Path, code: &str, shown: usize) -> Result<Dossier, Error> {
        let kept = Kept::open(folder)?;
        let bank = kept.bank()?;
        let institution = institution(folder, code)?;
        let mut dossier = Dossier {
            institution,
            run: kept.run,
            bank,
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
        Ok(dossier)
    }

    /// The findings that are told.
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
        let path = folder.join("alerts.ndjson");
        let mut by_rule: BTreeMap<String, OfRule> = BTreeMap::new();
        lines(&path, |number, line| {
            let Some(owners) = owned.remove(&number) else { return Ok(()) };
            let alert: Alert = parse(&path, number, line)?;
            if alert.alert_id != owners.alert_id {
                return Err(Error::Arguments(format!(
                    "{}: line {number} is {}, that of owners.ndjson {}: the files are of different runs",
                    path.display(),
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
            let of = by_rule.entry(found.alert.rule.clone()).or_insert_with(|| OfRule::of(&found.alert));
            of.take(found, shown);
            Ok(())
        })?;
        if let Some(owners) = owned.into_values().next() {
            return Err(Error::Arguments(format!(
                "{}: {} is missing, which owners.ndjson has: the files are of different runs",
                path.display(),
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
        let path = folder.join(keep::FOLDER).join(keep::FINDINGS);
        lines(&path, |number, line| {
            let id: Id<'_> = parse(&path, number, line)?;
            if let Some(found) = wanted.remove(id.alert_id.as_ref()) {
                found.finding = Some(parse(&path, number, line)?);
            }
            Ok(())
        })
    }

    fn records(&mut self, folder: &Path) -> Result<(), Error> {
        #[derive(Deserialize)]
        struct Head<'l> {
            #[serde(borrow)]
            kind: Cow<'l, str>,
            #[serde(borrow)]
            key: Cow<'l, str>,
        }
        let mut wanted: BTreeSet<Name> = BTreeSet::new();
        for found in self.shown() {
            wanted.extend(found.alert.evidence.iter().cloned());
            wanted.extend(found.laid().map(|laid| Name { kind: laid.kind.clone(), key: laid.key.clone() }));
        }
        let path = folder.join(keep::FOLDER).join(keep::RECORDS);
        lines(&path, |number, line| {
            let head: Head<'_> = parse(&path, number, line)?;
            let name = Name { kind: head.kind.into_owned(), key: head.key.into_owned() };
            if !wanted.contains(&name) {
                return Ok(());
            }
            let record: Record = parse(&path, number, line)?;
            self.persons.extend(record.fields.get("psn_no").map(str::to_owned));
            if record.kind == "person" {
                self.persons.insert(record.key.clone());
            }
            // A line that one alert sees as sent and another one netted is kept twice: the netted one tells both.
            if !record.as_sent.is_empty() || !self.records.contains_key(&name) {
                self.records.insert(name, record);
            }
            Ok(())
        })
    }

    fn reach(&mut self, folder: &Path, code: &str) -> Result<(), Error> {
        let path = folder.join("coverage_by_institution.ndjson");
        let quoted = quoted(code);
        let wanted = memmem::Finder::new(quoted.as_bytes());
        lines(&path, |number, line| {
            if wanted.find(line).is_some() {
                let reach: Reach = parse(&path, number, line)?;
                if reach.fixmedins_code == code {
                    self.reach.push(reach);
                }
            }
            Ok(())
        })
    }

    fn labels(&mut self, folder: &Path, about: &Subjects) -> Result<(), Error> {
        let path = folder.join("labels.ndjson");
        lines(&path, |number, line| {
            let label: Label = parse(&path, number, line)?;
            if about.has(&label.subject_type, &label.subject_id) {
                if label.subject_type == "person" {
                    self.persons.insert(label.subject_id.clone());
                }
                self.labels.push(label);
            }
            Ok(())
        })?;
        self.labels.sort_by(|a, b| (&b.decided_at, &a.case_id).cmp(&(&a.decided_at, &b.case_id)));
        Ok(())
    }
}

/// The institution of this code.
fn institution(folder: &Path, code: &str) -> Result<Institution, Error> {
    let path = folder.join("institutions.ndjson");
    let mut found = None;
    let mut nearest = nearest::Nearest::to(code);
    lines(&path, |number, line| {
        let institution: Institution = parse(&path, number, line)?;
        if institution.fixmedins_code == code {
            found = Some(institution);
        } else {
            nearest.offer(&institution);
        }
        Ok(())
    })?;
    found.ok_or_else(|| Error::Arguments(nearest.sentence(folder)))
}

/// The owners of the alerts that are this institution's, by line.
fn owned(folder: &Path, code: &str) -> Result<BTreeMap<u64, Owners>, Error> {
    let path = folder.join("owners.ndjson");
    let quoted = quoted(code);
    let wanted = memmem::Finder::new(quoted.as_bytes());
    let mut owned = BTreeMap::new();
    lines(&path, |number, line| {
        if wanted.find(line).is_some() {
            let owners: Owners = parse(&path, number, line)?;
            if owners.institutions.iter().any(|share| share.id == code) {
                owned.insert(number, owners);
            }
        }
        Ok(())
    })?;
    Ok(owned)
}

/// A text as JSON writes it, with its quotes.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a text can be written")
}
