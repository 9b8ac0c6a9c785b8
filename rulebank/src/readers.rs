//! Which rule reads which knowledge table, and so which rules a table's `rule` column may name.
//!
//! A row counts for the rule that it names, and only if that rule's detector reads the table; any other row would
//! never be found, so it is a mistake. A rule may be of the bank or a built-in one: a bank that leaves a built-in
//! rule out need not thin out its tables. A rule of the bank hides the built-in one with its id.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::error::Mistake;
use crate::schema::TableSchema;
use crate::{DetectorSpec, builtin};

/// A `rule` cell and where it stands in its file.
#[derive(Clone, Debug)]
pub(crate) struct RuleCell {
    /// The table in which it stands.
    pub(crate) table: &'static TableSchema,
    /// The id that it names.
    pub(crate) rule: String,
    /// Where it stands in the file, in bytes.
    pub(crate) span: Range<usize>,
}

/// The rules by id, each with the table that its detector reads.
pub(crate) struct Readers<'d> {
    detectors: &'d [DetectorSpec],
    /// The table of each rule of the bank; the outer `None` is a rule whose detector is not known.
    of_bank: BTreeMap<String, Option<Option<&'static str>>>,
    /// The table of each built-in rule.
    of_builtin: BTreeMap<&'static str, Option<&'static str>>,
}

impl<'d> Readers<'d> {
    /// No rule of a bank yet, only the built-in ones.
    pub(crate) fn new(detectors: &'d [DetectorSpec]) -> Readers<'d> {
        let table_of = |detector: &str| detectors.iter().find(|spec| spec.name == detector)?.table;
        let built_in = builtin::rule_detectors().iter();
        let of_builtin = built_in.map(|(rule, detector)| (rule.as_str(), table_of(detector))).collect();
        Readers { detectors, of_bank: BTreeMap::new(), of_builtin }
    }

    /// Adds a rule of the bank; the first one of an id stays.
    pub(crate) fn add(&mut self, rule: &str, detector: &str) {
        let table = self.table_of(detector);
        self.of_bank.entry(rule.to_owned()).or_insert(table);
    }

    /// What is wrong with a `rule` cell: nothing if the rule is known and its detector reads the table.
    ///
    /// Nothing as well if its detector is not known, for that is a mistake of the rule's file.
    pub(crate) fn check(&self, cell: &RuleCell) -> Option<Mistake> {
        let table = cell.table.name;
        let reads = match self.of_bank.get(&cell.rule) {
            Some(reads) => reads.is_none_or(|reads| reads == Some(table)),
            None => self.of_builtin.get(cell.rule.as_str()).is_some_and(|reads| *reads == Some(table)),
        };
        if reads {
            return None;
        }
        let of_bank = self.of_bank.iter().filter(|(_, reads)| **reads == Some(Some(table)));
        let mut readers: Vec<&str> =
            of_bank.map(|(rule, _)| rule.as_str()).chain(self.built_in(table)).collect();
        readers.sort_unstable();
        let what = format!("`{}` is no rule that reads table {table}", cell.rule);
        Some(Mistake::new(cell.span.clone(), what).hint(format!("one of: {}", readers.join(", "))))
    }

    /// The built-in rules that read a table, but for those whose ids the bank uses itself.
    fn built_in(&self, table: &'static str) -> impl Iterator<Item = &str> {
        let reading = self.of_builtin.iter().filter(move |(_, reads)| **reads == Some(table));
        reading.map(|(rule, _)| *rule).filter(|rule| !self.of_bank.contains_key(*rule))
    }

    /// The table that a detector reads, if any; the outer `None` if there is no such detector.
    fn table_of(&self, detector: &str) -> Option<Option<&'static str>> {
        self.detectors.iter().find(|spec| spec.name == detector).map(|spec| spec.table)
    }
}
