//! A rule bank as a dataflow reads it: a version of rules and tables, compiled for one rule set.
//!
//! A [`CompiledBank`] is immutable; another version is another one, sent to every operator at its tick. What every
//! judge may read is its [`Policy`], to which it dereferences. What a detector compiled, who looks at which item, the
//! classes of visits and the exemptions are read with the tokens of [`crate::reads::Reads`] alone.

use std::collections::HashSet;
use std::ops::Deref;
use std::sync::Arc;

use foldhash::fast::FixedState;
use records::arena::TextRef;
use rulebank::{Bank, Row, Rule};

use crate::classes::Classes;
use crate::compile::{ByText, Compiler};
use crate::detector::{self, Wait};
use crate::exempt::{self, Exempt};
use crate::finding::Finding;
use crate::policy::{Keeps, Policy, RuleIx};
use crate::rule_set::{RuleSet, first_of_id};
use crate::watch::Watch;

/// What every detector reads, compiled from a [`Bank`].
#[derive(Debug, PartialEq)]
pub struct CompiledBank {
    policy: Policy,
    pub(crate) classes: Classes,
    /// Rules and rows of each detector.
    pub(crate) detectors: detector::Compiled,
    pub(crate) watched: ByText<Watch>,
    /// Of each rule, a mark of the table rows that are for it: other rows have another one.
    row_marks: Vec<u64>,
    /// The exemptions that name a rule that judges, by id.
    pub(crate) exempts: Vec<Exempt>,
}

impl Deref for CompiledBank {
    type Target = Policy;

    fn deref(&self) -> &Policy {
        &self.policy
    }
}

/// The table of a rule's detector.
fn table_of(rule: &Rule) -> Option<&'static str> {
    detector::SPECS.iter().find(|spec| spec.name == rule.detector)?.table
}

/// A mark of the rows that a bank has for a rule, in whatever order.
fn row_mark(bank: &Bank, rule: &Rule) -> u64 {
    let rows = table_of(rule).map_or(&[][..], |table| bank.tables.rows(table));
    let of_rule = rows.iter().filter(|row| row.rule == rule.id);
    let mark = |row: &Row| {
        let cells: Vec<(&str, &str)> = row.columns().collect();
        let text = format!("{:?} {:?} {} {cells:?}", row.valid_from, row.valid_to, row.reading_own);
        xxhash_rust::xxh3::xxh3_64(text.as_bytes())
    };
    of_rule.map(mark).fold(0, u64::wrapping_add)
}

impl CompiledBank {
    /// Compiles the rules of a bank that judge: active and shadow ones.
    pub fn compile(bank: &Bank, intern: &mut dyn FnMut(&str) -> TextRef) -> CompiledBank {
        CompiledBank::compile_mutated(bank, None, intern)
    }

    /// Compiles a bank in which one comparison, by its number in [`rulebank::DetectorSpec::comparisons`], reads
    /// the other way at equality. It is mutated for every rule: such a bank has one.
    pub fn compile_mutated(
        bank: &Bank,
        mutated: Option<u8>,
        intern: &mut dyn FnMut(&str) -> TextRef,
    ) -> CompiledBank {
        let slots = RuleSet::of(&[bank]).slots(bank).expect("a bank's own rules are in its rule set");
        CompiledBank::compile_slots(bank, slots, mutated, intern)
    }

    /// Compiles a bank for a dataflow that runs on `rule_set`; `None` if a rule of it that judges is not there.
    pub fn compile_in(
        bank: &Bank,
        rule_set: &RuleSet,
        intern: &mut dyn FnMut(&str) -> TextRef,
    ) -> Option<CompiledBank> {
        Some(CompiledBank::compile_slots(bank, rule_set.slots(bank)?, None, intern))
    }

    fn compile_slots(
        bank: &Bank,
        (rules, enabled): (Vec<Arc<Rule>>, Vec<bool>),
        mutated: Option<u8>,
        intern: &mut dyn FnMut(&str) -> TextRef,
    ) -> CompiledBank {
        let classes = Classes::compile(bank, intern);
        let detectors =
            detector::Compiled::compile(&mut Compiler { bank, rules: &rules, enabled: &enabled, intern });
        let watched = detectors.watch();
        let exempts = exempt::compile(bank, &rules, &enabled, intern);
        let any = |detector: &str| rules.iter().any(|rule| rule.detector == detector);
        let keeps = Keeps {
            bed_days: any(detector::bed_only::SPEC.name),
            days_of_use: any(detector::supply_gap::SPEC.name),
            months: any(detector::outlier::SPEC.name),
        };
        let row_marks = rules.iter().map(|rule| row_mark(bank, rule)).collect();
        let policy = Policy { rules, enabled, keeps, mutated };
        CompiledBank { policy, classes, detectors, watched, row_marks, exempts }
    }

    /// The number of a rule, if it is one of those that judge here.
    pub fn number_of(&self, rule: &Rule) -> Option<RuleIx> {
        let number = self.rules.iter().position(|known| **known == *rule)?;
        RuleIx::try_from(number).ok().filter(|number| self.is_enabled(*number))
    }

    /// What the findings of a rule wait for besides records, if for anything.
    pub fn wait_of(&self, rule: RuleIx) -> Option<Wait> {
        self.detectors.wait_of(rule)
    }

    /// The classes of visits, for those who look at records beside the dataflow.
    pub fn classes(&self) -> &Classes {
        &self.classes
    }

    /// Items whose lines and sales other judges look at, or on other days.
    pub fn items_watched_otherwise(&self, other: &CompiledBank) -> HashSet<TextRef, FixedState> {
        let items = self.watched.keys().chain(other.watched.keys());
        items.filter(|item| self.watched.get(item) != other.watched.get(item)).copied().collect()
    }

    /// The number under which the view keeps a finding: that of its first entry in the rule set.
    pub fn id_of(&self, finding: &Finding) -> u64 {
        finding.id_as(first_of_id(&self.rules, finding.rule))
    }

    /// Whether the alerts of a rule that judges in both banks are written otherwise: another version, sentence.
    pub fn reads_otherwise(&self, other: &CompiledBank, rule: RuleIx) -> bool {
        let (a, b) = (&self.rules[usize::from(rule)], &other.rules[usize::from(rule)]);
        let text = |rule: &Rule| (rule.version.clone(), rule.family, rule.phases.first().copied());
        self.is_enabled(rule)
            && other.is_enabled(rule)
            && (text(a) != text(b) || a.basis != b.basis || a.message != b.message)
    }

    /// Whether a rule came, went, weighs otherwise or has other parameters.
    pub fn judges_otherwise(&self, other: &CompiledBank, rule: RuleIx) -> bool {
        let enabled = self.is_enabled(rule);
        let (a, b) = (&self.rules[usize::from(rule)], &other.rules[usize::from(rule)]);
        enabled != other.is_enabled(rule) || (enabled && a.params != b.params)
    }

    /// The table of a rule, if the rows for the rule are others.
    pub fn table_otherwise(&self, other: &CompiledBank, rule: RuleIx) -> Option<&'static str> {
        let nth = usize::from(rule);
        table_of(&self.rules[nth]).filter(|_| self.row_marks[nth] != other.row_marks[nth])
    }
}
