//! From a rule bank to what judges read: table rows by the identities of the records, parameters as numbers.
//!
//! Each detector compiles its own part with a [`Compiler`]: the active rules that name it and the rows of its table.
//! Texts become references of the arena here and nowhere later, so a judge compares four bytes. Rows of an item
//! stand in the order in which their detector asks them, the strictest first.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::FixedState;
use records::arena::TextRef;
use records::row::Day;
use rulebank::{Bank, Family, Param, Row, Rule};
use rust_decimal::Decimal;

use crate::policy::RuleIx;

/// A lookup by identity; never iterated where order could show.
pub type ByText<V> = HashMap<TextRef, V, FixedState>;

/// Sorts the rows of each item.
#[expect(clippy::iter_over_hash_type, reason = "each item's rows are sorted by themselves")]
pub fn sort_rows<V, K: Ord>(items: &mut ByText<Vec<V>>, key: impl Fn(&V) -> K) {
    for rows in items.values_mut() {
        rows.sort_by_key(&key);
    }
}

/// Days on which a table row holds, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Validity {
    from: Day,
    to: Day,
}

impl Validity {
    /// The first day and the last.
    pub fn days(self) -> (Day, Day) {
        (self.from, self.to)
    }
    /// Of a table row.
    pub fn of(row: &Row) -> Validity {
        Validity { from: row.valid_from.unwrap_or(Day::MIN), to: row.valid_to.unwrap_or(Day::MAX) }
    }
    /// Whether the row holds on `day`.
    pub fn holds(self, day: Day) -> bool {
        self.from <= day && day <= self.to
    }
}

/// What a detector needs to compile its part.
pub struct Compiler<'a> {
    /// The bank.
    pub bank: &'a Bank,
    /// Its rules in the slots of the rule set.
    pub rules: &'a [Arc<Rule>],
    /// Of each of them, whether it judges in this bank, active or in the shadow.
    pub enabled: &'a [bool],
    /// Gives the identity of a text.
    pub intern: &'a mut dyn FnMut(&str) -> TextRef,
}

/// The rules of a detector that judge, each with what it sets.
pub type Ruled<P> = Vec<(RuleIx, P)>;

impl Compiler<'_> {
    /// Rules of a detector that judge, each with what `params` reads of it.
    pub fn ruled<P>(&self, detector: &str, params: impl Fn(&Rule) -> P) -> Ruled<P> {
        self.rules_of(detector).into_iter().map(|(rule, text)| (rule, params(&text))).collect()
    }

    /// Rules of a detector that judge.
    pub fn rules_of(&self, detector: &str) -> Vec<(RuleIx, Arc<Rule>)> {
        let enabled = (0..).zip(self.rules).zip(self.enabled).filter(|(_, enabled)| **enabled);
        let rules = enabled.map(|(rule, _)| rule).filter(|(_, rule)| rule.detector == detector);
        rules.map(|(ix, r)| (ix, r.clone())).collect()
    }

    /// Numbers of the rules of a detector that judge.
    pub fn rule_numbers(&self, detector: &str) -> Vec<RuleIx> {
        self.rules_of(detector).into_iter().map(|(ix, _)| ix).collect()
    }

    /// Rows of a table whose rule is one of this detector that judges, with the rule's number.
    pub fn rows_of(&self, detector: &str, table: &str) -> Vec<(RuleIx, Row)> {
        let rules = self.rules_of(detector);
        self.bank
            .tables
            .rows(table)
            .iter()
            .filter_map(|row| {
                let (ix, _) = rules.iter().find(|(_, rule)| rule.id == row.rule)?;
                Some((*ix, row.clone()))
            })
            .collect()
    }
}

/// A row of a table of items.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed<W> {
    /// Its rule.
    pub rule: RuleIx,
    /// What it says of the item.
    pub what: W,
    /// Days on which it holds.
    pub validity: Validity,
    /// Whether it is somebody's reading.
    pub own: bool,
    /// Whether its rule speaks of money that the fund paid: what it did not pay does not concern the rule.
    pub of_payment: bool,
}

/// The rows of a table by item, those of an item in the order of their detector.
pub type Items<W> = ByText<Vec<Listed<W>>>;

impl Compiler<'_> {
    /// Compiles the rows of a detector's table of items.
    pub fn by_item<W, K: Ord>(
        &mut self,
        spec: &rulebank::DetectorSpec,
        what: impl Fn(RuleIx, &Row) -> W,
        order: impl Fn(&Listed<W>) -> K,
    ) -> Items<W> {
        let mut items: Items<W> = Items::default();
        for (rule, row) in self.rows_of(spec.name, spec.table.unwrap_or_default()) {
            let item = (self.intern)(row.text("item"));
            let (validity, own) = (Validity::of(&row), row.reading_own);
            let of_payment = self.rules[usize::from(rule)].family == Family::PaymentPolicy;
            let what = what(rule, &row);
            items.entry(item).or_default().push(Listed { rule, what, validity, own, of_payment });
        }
        sort_rows(&mut items, order);
        items
    }
}

/// A row of a table of prefixes.
#[derive(Clone, Debug, PartialEq)]
pub struct Prefixed<W> {
    /// Its rule.
    pub rule: RuleIx,
    /// What the codes begin with.
    prefix: String,
    /// What the row says besides.
    pub what: W,
    /// Days on which it holds.
    pub validity: Validity,
    /// Whether it is somebody's reading.
    pub own: bool,
}

/// The rows of a table of prefixes, found by what a code begins with.
#[derive(Debug, PartialEq)]
pub struct Prefixes<W> {
    rows: Vec<Prefixed<W>>,
    /// Positions of rows by their prefix.
    by_prefix: HashMap<String, Vec<u32>, FixedState>,
    /// How long prefixes are, in bytes, ascending: a code is looked up once for each.
    lengths: Vec<usize>,
}

/// What stands for every item in a table of items that carry no code.
const EVERY: &str = "*";

impl<W: Copy + Ord> Prefixes<W> {
    /// Compiles the rows of a detector's table.
    pub fn compile(
        compiler: &mut Compiler<'_>,
        spec: &rulebank::DetectorSpec,
        what: impl Fn(&Row) -> W,
    ) -> Prefixes<W> {
        let rows = compiler.rows_of(spec.name, spec.table.unwrap_or_default());
        let rows = rows.iter().map(|(rule, row)| (*rule, row.text("prefix"), row));
        // An empty one is ignored.
        Prefixes::of_rows(rows.filter(|(_, prefix, _)| !prefix.is_empty()), what)
    }

    /// Compiles a table whose rows name no rule; `with_every` says whether the prefix `*` is that of every code.
    pub fn of_table(
        compiler: &Compiler<'_>,
        table: &str,
        with_every: bool,
        what: impl Fn(&Row) -> W,
    ) -> Prefixes<W> {
        let rows = compiler.bank.tables.rows(table).iter();
        let rows = rows.filter(|row| !row.text("prefix").is_empty()).map(|row| {
            let prefix = row.text("prefix");
            // Every code begins with the empty prefix.
            (0, if with_every && prefix == EVERY { "" } else { prefix }, row)
        });
        Prefixes::of_rows(rows, what)
    }

    fn of_rows<'r>(
        rows: impl Iterator<Item = (RuleIx, &'r str, &'r Row)>,
        what: impl Fn(&Row) -> W,
    ) -> Prefixes<W> {
        let mut rows: Vec<Prefixed<W>> = rows
            .map(|(rule, prefix, row)| Prefixed {
                rule,
                prefix: prefix.to_owned(),
                what: what(row),
                validity: Validity::of(row),
                own: row.reading_own,
            })
            .collect();
        rows.sort_by_key(|row| (row.rule, row.own, row.what));
        let mut by_prefix: HashMap<String, Vec<u32>, FixedState> = HashMap::default();
        for (nth, row) in (0u32..).zip(&rows) {
            by_prefix.entry(row.prefix.clone()).or_default().push(nth);
        }
        let mut lengths: Vec<usize> = rows.iter().map(|row| row.prefix.len()).collect();
        lengths.sort_unstable();
        lengths.dedup();
        Prefixes { rows, by_prefix, lengths }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows with which a code begins, the shortest prefix first.
    fn beginning(&self, code: &str) -> impl Iterator<Item = u32> {
        let prefixes = self.lengths.iter().filter_map(|length| code.get(..*length));
        prefixes.filter_map(|prefix| self.by_prefix.get(prefix)).flatten().copied()
    }

    /// The rows that hold on `day` for a code, by rule.
    pub fn of(&self, code: &str, day: Day) -> Vec<&Prefixed<W>> {
        let mut found: Vec<u32> = self.beginning(code).collect();
        found.sort_unstable();
        let rows = found.into_iter().map(|nth| &self.rows[nth as usize]);
        rows.filter(|row| row.validity.holds(day)).collect()
    }

    /// Whether any row, on whatever day, is for a code.
    pub fn knows(&self, code: &str) -> bool {
        self.beginning(code).next().is_some()
    }

    /// Whether a row holds on `day` for a code.
    pub fn hold(&self, code: &str, day: Day) -> bool {
        self.beginning(code).any(|nth| self.rows[nth as usize].validity.holds(day))
    }

    /// Every row for a code with the length of its prefix, the shortest first.
    pub fn all_of(&self, code: &str) -> impl Iterator<Item = (usize, &Prefixed<W>)> {
        self.beginning(code).map(|nth| &self.rows[nth as usize]).map(|row| (row.prefix.len(), row))
    }
}

/// An integer parameter.
pub fn integer(rule: &Rule, name: &str) -> i64 {
    match rule.params.get(name) {
        Some(Param::Integer(value)) => *value,
        _ => panic!("parameter {name} of {} is an integer, as its detector's spec says", rule.id),
    }
}

/// A decimal parameter.
pub fn decimal(rule: &Rule, name: &str) -> Decimal {
    match rule.params.get(name) {
        Some(Param::Decimal(value)) => *value,
        _ => panic!("parameter {name} of {} is a decimal, as its detector's spec says", rule.id),
    }
}

/// A choice parameter.
pub fn choice<'r>(rule: &'r Rule, name: &str) -> &'r str {
    match rule.params.get(name) {
        Some(Param::Choice(value)) => value,
        _ => panic!("parameter {name} of {} is a choice, as its detector's spec says", rule.id),
    }
}
