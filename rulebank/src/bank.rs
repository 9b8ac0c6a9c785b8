//! Loading a bank: the one built in, or a folder of the same shape.
//!
//! What is loaded is checked as a whole: each rule, each table, and that they agree, rows with rules and exemptions
//! with rules. A bank that has one mistake is none; all mistakes are reported together, in the order of the files.

use std::collections::BTreeMap;
use std::path::Path;

use crate::error::{BankError, Mistake, Note, Source};
use crate::exemption;
use crate::folder::{self, Texts, built_in};
use crate::readers::Readers;
use crate::rule::{self, Rule};
use crate::table::Tables;
use crate::word::Status;
use crate::{DetectorSpec, Exemption, builtin};

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
    /// What is no mistake and may be one: files that nobody reads, rules of which none is active.
    pub notes: Vec<Note>,
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
        Some(dir) => folder::read(dir, &mut errors),
    };
    let unread = dir.map_or_else(Vec::new, folder::unread);
    check(texts, dir, detectors, errors).map(|mut bank| {
        bank.notes.extend(unread.into_iter().map(|about| Note { about, is_unread: true }));
        bank
    })
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
    let mut of_table: BTreeMap<String, &str> = BTreeMap::new();
    for (file, text) in &texts.tables {
        let stem = Path::new(file).file_stem().map(|stem| stem.to_string_lossy().to_ascii_lowercase());
        let name = stem.unwrap_or_default();
        if let Some(other) = of_table.insert(name.clone(), file) {
            let error = BankError::whole(file, format!("the table {name} stands in {other} already"));
            errors.push(error.with_hint("one table, one file"));
            continue;
        }
        let check_rule = &mut |cell| readers.check(&cell);
        errors.extend(tables.add(&name, Source { file, text }, check_rule));
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
            let about = none_active(&rules, dir).into_iter();
            let notes = about.map(|about| Note { about, is_unread: false }).collect();
            let detectors = detectors.to_vec();
            Ok(Bank { rules, tables, exemptions, files: texts.below(dir), notes, detectors })
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

/// A second rule of one id.
fn twice(source: Source<'_>, id: &str, other: &str) -> BankError {
    let quoted = format!("\"{id}\"");
    let at = source.text.find(&quoted).unwrap_or(0);
    let mistake = Mistake::new(at..at + quoted.len(), format!("the rule {id} stands in {other} already"));
    source.error(mistake.hint("one file, one rule, one id"))
}

/// That no rule of a bank is active, if none is.
fn none_active(rules: &[Rule], dir: Option<&Path>) -> Option<BankError> {
    if rules.is_empty() || rules.iter().any(|rule| rule.status == Status::Active) {
        return None;
    }
    let of = |status: Status| rules.iter().filter(|rule| rule.status == status).count();
    let by_status = [Status::Draft, Status::Shadow, Status::Retired].map(|status| (status, of(status)));
    let by_status: Vec<String> = by_status
        .into_iter()
        .filter(|(_, rules)| *rules > 0)
        .map(|(status, rules)| format!("{rules} {}", status.code()))
        .collect();
    let file = dir.map_or_else(|| "the bank".to_owned(), |dir| dir.to_string_lossy().into_owned());
    let what = format!("no rule of the bank is active ({}): it raises no alert", by_status.join(", "));
    Some(
        BankError::whole(&file, what).with_hint("status = \"active\" in the files of rules that shall judge"),
    )
}
