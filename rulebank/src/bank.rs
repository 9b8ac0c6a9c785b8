//! Loading a bank: the one built in, or a folder of the same shape.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{BankError, Mistake, Source};
use crate::rule::{self, Rule};
use crate::table::Tables;
use crate::{DetectorSpec, builtin};

/// The file in a rules folder that is there to be copied, not to be loaded.
const TEMPLATE: &str = "TEMPLATE.toml";

/// Rules and knowledge tables, checked.
#[derive(Clone, Debug)]
pub struct Bank {
    /// The rules, by id.
    pub rules: Vec<Rule>,
    /// The knowledge tables.
    pub tables: Tables,
    /// The detectors that the bank was checked against; the page of a rule tells of their parameters.
    pub(crate) detectors: Vec<DetectorSpec>,
}

/// Reads a bank and checks all of it.
///
/// Without a folder: the built-in bank. With one: its `tables/*.csv`, and its `rules/**/*.toml` if there are any;
/// without rule files of its own the built-in rules run on the folder's tables. A table that the folder lacks has
/// no rows, but for `med_type`, which then holds the ordinary classes of visits.
///
/// # Errors
/// Every mistake of every file, so that a rule owner corrects them in one go; [`crate::check_report`] prints them.
pub fn load(dir: Option<&Path>, detectors: &[DetectorSpec]) -> Result<Bank, Vec<BankError>> {
    let mut errors = Vec::new();
    let (rule_texts, table_texts) = match dir {
        None => (built_in(builtin::RULES), built_in(builtin::TABLES)),
        Some(dir) => read_folder(dir, &mut errors),
    };
    let mut tables = Tables::default();
    for (file, text) in &table_texts {
        let stem = Path::new(file).file_stem().map(|stem| stem.to_string_lossy().into_owned());
        errors.extend(tables.add(&stem.unwrap_or_default(), Source { file, text }));
    }
    tables.complete();
    let mut rules: Vec<Rule> = Vec::new();
    for (file, text) in &rule_texts {
        let source = Source { file, text };
        match rule::read(source, detectors) {
            Ok(rule) => match rules.iter().find(|other| other.id == rule.id) {
                Some(other) => errors.push(twice(source, &rule.id, &other.source_file)),
                None => rules.push(rule),
            },
            Err(found) => errors.extend(found),
        }
    }
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    match errors.is_empty() {
        true => Ok(Bank { rules, tables, detectors: detectors.to_vec() }),
        false => Err(errors),
    }
}

impl Bank {
    /// The rule with this id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// The detector of a rule, as the bank was told of it.
    pub(crate) fn detector(&self, name: &str) -> Option<&DetectorSpec> {
        self.detectors.iter().find(|detector| detector.name == name)
    }
}

/// A file's name and text.
type Text = (String, String);

fn built_in(list: &[(&str, &str)]) -> Vec<Text> {
    list.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect()
}

/// The texts of the rules and of the tables of a folder, both by path.
fn read_folder(dir: &Path, errors: &mut Vec<BankError>) -> (Vec<Text>, Vec<Text>) {
    if !dir.is_dir() {
        let error = BankError::whole(&dir.to_string_lossy(), "there is no such folder");
        errors
            .push(error.with_hint("a bank is a folder with tables/*.csv and, if it likes, rules/**/*.toml"));
        return (Vec::new(), Vec::new());
    }
    let mut read_all = |folder: &str, extension: &str, deep: bool| -> Vec<Text> {
        let (paths, failed) = files(&dir.join(folder), extension, deep);
        errors.extend(failed);
        let mut texts = Vec::new();
        for path in paths {
            match read_text(&path) {
                Ok(text) => texts.push((path.to_string_lossy().into_owned(), text)),
                Err(error) => errors.push(error),
            }
        }
        texts
    };
    let tables = read_all("tables", "csv", false);
    let rules = read_all("rules", "toml", true);
    // Rule files that cannot be read are mistakes; they do not bring the built-in rules back.
    match rules.is_empty() && errors.is_empty() {
        true => (built_in(builtin::RULES), tables),
        false => (rules, tables),
    }
}

fn read_text(path: &Path) -> Result<String, BankError> {
    let name = path.to_string_lossy();
    let bytes =
        fs::read(path).map_err(|error| BankError::whole(&name, format!("cannot be read: {error}")))?;
    String::from_utf8(bytes).map_err(|error| {
        let valid =
            String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]).into_owned();
        let source = Source { file: &name, text: &valid };
        let mut mistake =
            source.error(Mistake::new(valid.len()..valid.len(), "the file is not UTF-8 from here on"));
        mistake.hint = Some("save it as UTF-8".to_owned());
        mistake
    })
}

/// The files with this extension below a folder, by path; none if there is no such folder.
///
/// Hidden files and the template are passed over. Rules may lie in folders of their own, tables lie flat.
pub(crate) fn files(folder: &Path, extension: &str, deep: bool) -> (Vec<PathBuf>, Vec<BankError>) {
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    if folder.is_dir() {
        collect(folder, extension, deep, &mut found, &mut errors);
    }
    found.sort();
    (found, errors)
}

fn collect(
    folder: &Path,
    extension: &str,
    deep: bool,
    found: &mut Vec<PathBuf>,
    errors: &mut Vec<BankError>,
) {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            errors.push(BankError::whole(&folder.to_string_lossy(), format!("cannot be read: {error}")));
            return;
        }
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_kind = path.extension().is_some_and(|e| e.eq_ignore_ascii_case(extension));
        if name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            if deep {
                collect(&path, extension, deep, found, errors);
            }
        } else if is_kind && name != TEMPLATE {
            found.push(path);
        }
    }
}

/// A second rule of one id.
fn twice(source: Source<'_>, id: &str, other: &str) -> BankError {
    let quoted = format!("\"{id}\"");
    let at = source.text.find(&quoted).unwrap_or(0);
    let mistake = Mistake::new(at..at + quoted.len(), format!("the rule {id} stands in {other} already"));
    source.error(mistake.hint("one file, one rule, one id"))
}
