//! Reads lines of JSON, each error with its file and line, and the truth in either of its forms.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io;
use std::path::Path;

use eval::judgement::Settings;
use eval::truth::labels::{Labels, ripe_until};
use eval::truth::{PlantedTruth, Truth, TruthLine};
use serde_json::{Map, Value};
use wire::{BadAmount, Label, LineReader, files};

use super::request::EvalRequest;
use crate::error::Error;

/// What `--truth` states for the decisions that the run itself read.
const OWN_LABELS: &str = "labels";

/// What is wrong with a file.
pub(super) fn wrong(path: &Path, what: &str) -> Error {
    Error::Read { path: path.to_owned(), source: io::Error::new(io::ErrorKind::InvalidData, what.to_owned()) }
}

/// A small file.
pub(super) fn text(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}

/// What the alerts are held against, and the labels that it is made of.
pub(super) fn truth(args: &EvalRequest, settings: Settings) -> Result<(Truth, Vec<Label>), Error> {
    let own = args.truth.as_os_str() == OWN_LABELS;
    let path = if own { args.from.join(files::LABELS) } else { args.truth.clone() };
    let mut lines = LineReader::open(&path).map_err(Error::of_given_file)?;
    let mut plantings = PlantedTruth::default();
    let mut labels = Changes::default();
    let mut planted = false;
    while let Some(row) = lines.read_skipping_blank::<Map<String, Value>>()? {
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
                amount: text("amount")
                    .map(|text| text.parse().map_err(|bad: BadAmount| bad.to_string()))
                    .transpose()?,
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
        let shown = |(case, (_, label)): (String, (Option<u64>, Option<Label>))| {
            format!("{case} {}", label.map_or_else(|| "withdrawn".to_owned(), |label| label.decision))
        };
        Ok(changes.0.into_iter().map(shown).collect())
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
