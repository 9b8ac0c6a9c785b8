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
use records::filler::Fillers;
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
    /// Of each rule and each table of its detector, a mark of the rows that are for it: other rows have another one.
    row_marks: Vec<Vec<u64>>,
    /// The exemptions that name a rule that judges, by id.
    pub(crate) exempts: Vec<Exempt>,
    /// What is no code; the ledger leaves it out, here it tells one bank from another.
    fillers: Fillers,
}

impl Deref for CompiledBank {
    type Target = Policy;

    fn deref(&self) -> &Policy {
        &self.policy
    }
}

/// The tables of a rule's detector, and whether their rows name the rule.
fn tables_of(rule: &Rule) -> impl Iterator<Item = (&'static str, bool)> + use<> {
    let spec = detector::SPECS.iter().find(|spec| spec.name == rule.detector);
    let of_rules = spec.and_then(|spec| spec.table).map(|table| (table, true));
    of_rules.into_iter().chain(spec.into_iter().flat_map(|spec| spec.also).map(|table| (*table, false)))
}

/// A mark of the rows that a table of a bank has for a rule, in whatever order.
fn row_mark(bank: &Bank, rule: &Rule, (table, names_rule): (&str, bool)) -> u64 {
    let of_rule = bank.tables.rows(table).iter().filter(|row| !names_rule || row.rule == rule.id);
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
        let marks = |rule: &Rule| tables_of(rule).map(|table| row_mark(bank, rule, table)).collect();
        let row_marks = rules.iter().map(|rule| marks(rule)).collect();
        let policy = Policy { rules, enabled, keeps, mutated };
        let fillers = bank.tables.fillers();
        CompiledBank { policy, classes, detectors, watched, row_marks, exempts, fillers }
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

    /// What is no trace code and no number of an invoice.
    pub fn fillers(&self) -> &Fillers {
        &self.fillers
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

    /// The tables of a rule whose rows for it are others.
    pub fn tables_otherwise(
        &self,
        other: &CompiledBank,
        rule: RuleIx,
    ) -> impl Iterator<Item = &'static str> + use<> {
        let nth = usize::from(rule);
        let marks = self.row_marks[nth].clone().into_iter().zip(other.row_marks[nth].clone());
        let tables = tables_of(&self.rules[nth]).zip(marks).collect::<Vec<_>>();
        tables.into_iter().filter(|(_, (one, another))| one != another).map(|((table, _), _)| table)
    }
}
