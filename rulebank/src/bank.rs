//! Loading a bank: the one built in, or a folder of the same shape.
//!
//! What is loaded is checked as a whole: each rule, each table, and that they agree, rows with rules and exemptions
//! with rules. A bank that has one mistake is none; all mistakes are reported together, in the order of the files.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{BankError, Mistake, Source};
use crate::exemption;
use crate::readers::Readers;
use crate::rule::{self, Rule};
use crate::table::Tables;
use crate::{DetectorSpec, Exemption, builtin};

/// The file in a rules folder that is there to be copied, not to be loaded.
const TEMPLATE: &str = "TEMPLATE.toml";

/// Rules, knowledge tables and exemptions, checked.
#[derive(Clone, Debug)]
pub struct Bank {
    /// The rules, by id.
    pub rules: Vec<Rule>,
    /// The knowledge tables.
    pub tables: Tables,
    /// The exemptions, by id.
    pub exemptions: Vec<Exemption>,
    /// The files it was read from, as they were written: path below the bank's folder, and text. Written out
    /// again they are the same bank.
    pub files: Vec<(String, String)>,
    /// The detectors that the bank was checked against; the page of a rule describes their parameters.
    pub(crate) detectors: Vec<DetectorSpec>,
}

/// Reads a bank and checks all of it.
///
/// Without a folder: the built-in bank. With one: its `tables/*.csv`, and its `rules/**/*.toml` if there are any;
/// without rule files of its own the built-in rules run on the folder's tables. A table that the folder lacks has
/// no rows, but for `med_type`, which then holds the ordinary classes of visits. Exemptions are those of the
/// folder's `exemptions/*.toml`; an exemption and its rules have to name each other.
///
/// A row of a table may name any rule of the bank whose detector reads the table, and any built-in one that the bank
/// leaves out.
///
/// # Errors
/// Every mistake of every file, so that a rule owner corrects them in one go; [`crate::check_report`] prints them.
pub fn load(dir: Option<&Path>, detectors: &[DetectorSpec]) -> Result<Bank, Vec<BankError>> {
    let mut errors = Vec::new();
    let texts = match dir {
        None => Texts {
            rules: built_in(builtin::RULES).into_iter().chain(built_in(builtin::MODELS)).collect(),
            tables: built_in(builtin::TABLES),
            exemptions: built_in(builtin::EXEMPTIONS),
        },
        Some(dir) => read_folder(dir, &mut errors),
    };
    check(texts, dir, detectors, errors)
}

/// As [`load`], from the files of a bank that was loaded elsewhere ([`Bank::files`]).
///
/// # Errors
/// As [`load`]; a path that is none of a bank's files.
pub fn load_files(files: &[(String, String)], detectors: &[DetectorSpec]) -> Result<Bank, Vec<BankError>> {
    let (mut texts, mut errors) = (Texts::default(), Vec::new());
    for (path, text) in files {
        let sort = match path.split('/').next() {
            Some("rules") => &mut texts.rules,
            Some("tables") => &mut texts.tables,
            Some("exemptions") => &mut texts.exemptions,
            _ => {
                errors.push(BankError::whole(path, "a bank has rules, tables and exemptions"));
                continue;
            }
        };
        sort.push((path.clone(), text.clone()));
    }
    check(texts, None, detectors, errors)
}

/// Reads the texts of a bank, which stood below `dir` if it is one of a folder, and checks all of it.
fn check(
    texts: Texts,
    dir: Option<&Path>,
    detectors: &[DetectorSpec],
    mut errors: Vec<BankError>,
) -> Result<Bank, Vec<BankError>> {
    // All rule files are read before the first table is checked: a row may name any rule of the bank.
    let mut readers = Readers::new(detectors);
    let mut rule_drafts: Vec<(rule::Draft, Source<'_>)> = Vec::new();
    for (file, text) in &texts.rules {
        let source = Source { file, text };
        let draft = rule::read(source, detectors);
        if let Some(id) = &draft.id {
            readers.add(id, draft.detector.as_deref().unwrap_or_default());
        }
        rule_drafts.push((draft, source));
    }
    let mut tables = Tables::default();
    for (file, text) in &texts.tables {
        let stem = Path::new(file).file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let check_rule = &mut |cell| readers.check(&cell);
        errors.extend(tables.add(&stem.unwrap_or_default(), Source { file, text }, check_rule));
    }
    tables.complete();
    // The rules themselves, each id once.
    let mut rules: Vec<(Rule, Source<'_>)> = Vec::new();
    for (draft, source) in rule_drafts {
        match draft.finish(source, &readers) {
            Ok(rule) => match rules.iter().find(|(other, _)| other.id == rule.id) {
                Some((other, _)) => errors.push(twice(source, &rule.id, &other.source_file)),
                None => rules.push((rule, source)),
            },
            Err(found) => errors.extend(found),
        }
    }
    // Exemptions, which have to agree with the rules that they name.
    let mut drafts: Vec<(exemption::Draft, Source<'_>)> = Vec::new();
    for (file, text) in &texts.exemptions {
        let source = Source { file, text };
        match exemption::read(source) {
            Ok(draft) => drafts.push((draft, source)),
            Err(found) => errors.extend(found),
        }
    }
    let (all_rules, all_drafts) = (rules.len() == texts.rules.len(), drafts.len() == texts.exemptions.len());
    errors.extend(exemption::disagreements(&drafts, &rules, all_rules, all_drafts));
    let mut rules: Vec<Rule> = rules.into_iter().map(|(rule, _)| rule).collect();
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    let mut exemptions: Vec<Exemption> = drafts.into_iter().map(|(draft, _)| draft.exemption).collect();
    exemptions.sort_by(|a, b| a.id.cmp(&b.id));
    match errors.is_empty() {
        true => {
            Ok(Bank { rules, tables, exemptions, files: texts.below(dir), detectors: detectors.to_vec() })
        }
        false => Err(errors),
    }
}

impl Bank {
    /// The rule with this id, if the bank has one.
    ///
    /// ```
    /// fn severity(bank: &rulebank::Bank, rule: &str) -> Option<rulebank::Severity> {
    ///     bank.rule(rule).map(|rule| rule.severity)
    /// }
    /// ```
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// The detector of this name, if the bank was checked against it.
    pub(crate) fn detector(&self, name: &str) -> Option<&DetectorSpec> {
        self.detectors.iter().find(|detector| detector.name == name)
    }
}

/// A file's name and text.
type Text = (String, String);

/// The texts of a bank, each sort by path.
#[derive(Default)]
struct Texts {
    rules: Vec<Text>,
    tables: Vec<Text>,
    exemptions: Vec<Text>,
}

impl Texts {
    /// All files, by their paths below the folder they were read from; built-in ones have such paths already.
    fn below(self, dir: Option<&Path>) -> Vec<Text> {
        let all = self.rules.into_iter().chain(self.tables).chain(self.exemptions);
        let relative = |path: &str| match dir.and_then(|dir| Path::new(path).strip_prefix(dir).ok()) {
            Some(below) => below.to_string_lossy().into_owned(),
            None => path.to_owned(),
        };
        all.map(|(path, text)| (relative(&path), text)).collect()
    }
}

fn built_in(list: &[(&str, &str)]) -> Vec<Text> {
    list.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect()
}

/// The texts of a folder.
fn read_folder(dir: &Path, errors: &mut Vec<BankError>) -> Texts {
    if !dir.is_dir() {
        let error = BankError::whole(&dir.to_string_lossy(), "there is no such folder");
        errors
            .push(error.with_hint("a bank is a folder with tables/*.csv and, if it likes, rules/**/*.toml"));
        return Texts::default();
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
    let exemptions = read_all("exemptions", "toml", false);
    // Rule files that cannot be read are mistakes; they do not bring the built-in rules back.
    let rules = match rules.is_empty() && errors.is_empty() {
        true => built_in(builtin::RULES),
        false => rules,
    };
    Texts { rules, tables, exemptions }
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
