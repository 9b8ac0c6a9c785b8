//! Reads lines of JSON, each error with its file and line, and the truth in either of its forms.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use eval::judgement::Settings;
use eval::truth::labels::{Labels, ripe_until};
use eval::truth::{PlantedTruth, Truth, TruthLine};
use selection::outcome::Label;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::args::EvalArgs;
use crate::error::Error;

/// What `--truth` says for the decisions that the run itself read.
const OWN_LABELS: &str = "labels";

/// The lines of a file of NDJSON.
pub(super) struct Lines {
    path: PathBuf,
    reader: BufReader<File>,
    line: u64,
    text: Vec<u8>,
}

impl Lines {
    pub(super) fn open(path: &Path) -> Result<Lines, Error> {
        let file = File::open(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        Ok(Lines {
            path: path.to_owned(),
            reader: BufReader::with_capacity(1 << 18, file),
            line: 0,
            text: Vec::new(),
        })
    }

    /// The next line that is not empty, read as `Row`.
    pub(super) fn next<Row: DeserializeOwned>(&mut self) -> Result<Option<Row>, Error> {
        loop {
            self.text.clear();
            let read = self.reader.read_until(b'\n', &mut self.text);
            let read = read.map_err(|source| Error::Read { path: self.path.clone(), source })?;
            self.line += 1;
            if read == 0 {
                return Ok(None);
            }
            if !self.text.trim_ascii().is_empty() {
                return serde_json::from_slice(&self.text)
                    .map(Some)
                    .map_err(|error| self.wrong(plain(&error)));
            }
        }
    }

    /// Hands every line to `take`.
    pub(super) fn each<Row: DeserializeOwned>(
        mut self,
        mut take: impl FnMut(Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        while let Some(row) = self.next()? {
            take(row)?;
        }
        Ok(())
    }

    /// What is wrong with the line that was read last.
    pub(super) fn wrong(&self, what: String) -> Error {
        wrong(&self.path, &format!("line {}: {what}", self.line))
    }
}

/// What is wrong with a file.
pub(super) fn wrong(path: &Path, what: &str) -> Error {
    Error::Read { path: path.to_owned(), source: io::Error::new(io::ErrorKind::InvalidData, what.to_owned()) }
}

/// A small file.
pub(super) fn text(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}

/// The message without the line, which is always the first of a line of NDJSON.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((what, place)) => {
            let column = place.rsplit_once("column ").map_or("", |(_, column)| column);
            format!("{what} (column {column})")
        }
        None => text,
    }
}

/// What the alerts are held against, and the labels that it is made of.
pub(super) fn truth(args: &EvalArgs, settings: Settings) -> Result<(Truth, Vec<Label>), Error> {
    let own = args.truth.as_os_str() == OWN_LABELS;
    let path = if own { args.from.join("labels.ndjson") } else { args.truth.clone() };
    let mut lines = Lines::open(&path)?;
    let mut plantings = PlantedTruth::default();
    let mut labels = Changes::default();
    let mut planted = false;
    while let Some(row) = lines.next::<Map<String, Value>>()? {
        let taken = if !own && row.contains_key("rule") && row.contains_key("key") {
            planted = true;
            serde_json::from_value::<TruthLine>(Value::Object(row))
                .map_err(|error| error.to_string())
                .and_then(|line| plantings.add(line).map_err(|wrong| wrong.to_string()))
        } else {
            labels.add(row)
        };
        taken.map_err(|what| lines.wrong(what))?;
    }
    if planted && !labels.0.is_empty() {
        return Err(wrong(&path, "it holds both planted findings and decisions; it must be of one sort"));
    }
    // An empty file is a region in which nothing was planted, unless the run's own labels were asked for.
    if planted || labels.0.is_empty() && !own {
        return Ok((Truth::Planted(plantings), Vec::new()));
    }
    let standing: Vec<Label> = labels.0.into_values().filter_map(|(_, label)| label).collect();
    let sorted = Labels::from_labels(
        standing.iter().cloned(),
        ripe_until(settings.now, settings.delay),
        synth::rule_of,
    );
    let sorted = sorted.map_err(|error| wrong(&path, &error.to_string()))?;
    Ok((Truth::Labels(sorted), standing))
}

/// Changes of labels: of each case the latest revision, none if that withdraws it.
#[derive(Default)]
struct Changes(BTreeMap<String, (Option<u64>, Option<Label>)>);

impl Changes {
    fn add(&mut self, row: Map<String, Value>) -> Result<(), String> {
        match row.get("kind") {
            None => {}
            Some(kind) if kind == "label" => {}
            // A file of all changes has its labels between others.
            Some(_) => return Ok(()),
        }
        let row: BTreeMap<String, String> = row.into_iter().filter_map(as_text).collect();
        let text = |name: &str| row.get(name).cloned();
        let needed = |name: &str| text(name).ok_or_else(|| format!("a label needs {name}"));
        let case_id = needed("case_id")?;
        let rev = text("rev").map(|rev| rev.parse::<u64>().map_err(|_| format!("`{rev}` is no revision")));
        let rev = rev.transpose()?;
        let label = if text("op").is_some_and(|op| op == "del") {
            None
        } else {
            Some(Label {
                case_id: case_id.clone(),
                subject_type: one_of(needed("subject_type")?, &SUBJECTS)?,
                subject_id: needed("subject_id")?,
                period_begin: text("period_begin"),
                period_end: text("period_end"),
                scheme: text("scheme"),
                decision: one_of(needed("decision")?, &DECISIONS)?,
                amount: text("amount"),
                decided_at: needed("decided_at")?,
                source: text("source"),
            })
        };
        let kept = self.0.entry(case_id).or_insert((None, None));
        // Among changes without a revision the later one stands; of one revision the first.
        if rev.is_none() && kept.0.is_none() || rev > kept.0 {
            *kept = (rev, label);
        }
        Ok(())
    }
}

/// What a label may be about.
const SUBJECTS: [&str; 6] = ["person", "institution", "practitioner", "settlement", "visit", "alert"];
/// What may be decided.
const DECISIONS: [&str; 4] = ["confirmed", "partly", "denied", "undecided"];

fn one_of(text: String, words: &[&str]) -> Result<String, String> {
    if words.contains(&text.as_str()) {
        return Ok(text);
    }
    Err(format!("`{text}` is none of {}", words.join(", ")))
}

/// A field with its value as text; absent, null and empty are the same.
fn as_text((name, value): (String, Value)) -> Option<(String, String)> {
    let text = match value {
        Value::String(text) => text,
        Value::Number(number) => display(&number),
        _ => return None,
    };
    (!text.is_empty()).then_some((name, text))
}

fn display(value: &impl Display) -> String {
    value.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(texts: &[&str]) -> Result<Vec<String>, String> {
        let mut changes = Changes::default();
        for text in texts {
            changes.add(serde_json::from_str(text).unwrap())?;
        }
        let told = |(case, (_, label)): (String, (Option<u64>, Option<Label>))| {
            format!("{case} {}", label.map_or_else(|| "withdrawn".to_owned(), |label| label.decision))
        };
        Ok(changes.0.into_iter().map(told).collect())
    }

    const LABEL: &str =
        r#""case_id":"1","subject_type":"visit","subject_id":"V","decided_at":"2025-01-01 00:00:00""#;

    #[test]
    fn of_changes_of_a_label_the_latest_revision_stands() {
        let put =
            |decision: &str, rev: &str| format!(r#"{{"kind":"label",{LABEL},"decision":"{decision}"{rev}}}"#);
        let (denied, confirmed) = (put("denied", r#","rev":2"#), put("confirmed", r#","rev":"1""#));
        assert_eq!(rows(&[&denied, &confirmed]).unwrap(), ["1 denied"]);
        let plain = put("confirmed", "");
        assert_eq!(rows(&[&put("denied", ""), &plain]).unwrap(), ["1 confirmed"]);
        assert_eq!(rows(&[&denied, &plain]).unwrap(), ["1 denied"]);
        let gone = r#"{"kind":"label","op":"del","case_id":"1","rev":3}"#;
        assert_eq!(rows(&[gone, &denied]).unwrap(), ["1 withdrawn"]);
        assert_eq!(rows(&[r#"{"kind":"visit","mdtrt_id":"V"}"#]).unwrap(), [""; 0]);
    }

    #[test]
    fn what_a_label_lacks_is_named() {
        assert_eq!(rows(&[r#"{"kind":"label"}"#]).unwrap_err(), "a label needs case_id");
        let odd = format!(r#"{{{LABEL},"decision":"perhaps"}}"#);
        assert_eq!(rows(&[&odd]).unwrap_err(), "`perhaps` is none of confirmed, partly, denied, undecided");
    }
}
