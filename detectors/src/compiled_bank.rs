//! The rule bank as detectors read it: rules by number, table rows by the identities of the records.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use foldhash::fast::FixedState;
use records::arena::Ref;
use records::row::Day;
use rulebank::{Bank, Param, Row, Rule};
use rust_decimal::Decimal;

use crate::detector;
use crate::exempt::{self, Exempt};
use crate::finding::{Finding, RuleIx};
use crate::rule_set::{RuleSet, first_of_id};

/// A lookup by identity; never iterated where order could show.
pub type ByRef<V> = HashMap<Ref, V, FixedState>;

/// Sorts the rows of each item.
#[expect(clippy::iter_over_hash_type, reason = "each item's rows are sorted by themselves")]
pub fn sort_rows<V, K: Ord>(items: &mut ByRef<Vec<V>>, key: impl Fn(&V) -> K) {
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
    /// Of a table row.
    pub fn of(row: &Row) -> Validity {
        Validity { from: row.valid_from.unwrap_or(Day::MIN), to: row.valid_to.unwrap_or(Day::MAX) }
    }
    /// Whether the row holds on `day`.
    pub fn holds(self, day: Day) -> bool {
        self.from <= day && day <= self.to
    }
}

/// Class of a visit by its med_type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A stay.
    Inpatient,
    /// Everything that no row says otherwise of.
    Outpatient,
    /// A pharmacy visit.
    Pharmacy,
    /// Long-term care.
    Care,
}

/// What every detector reads, compiled from a [`Bank`].
#[derive(Debug, PartialEq)]
pub struct CompiledBank {
    /// The rules of the rule_set, by id.
    pub rules: Vec<Arc<Rule>>,
    /// Of each of them, whether it is active in this bank: a disabled one judges nothing.
    enabled: Vec<bool>,
    /// What is kept for rules of the rule_set, disabled ones too: when one wakes, it need not be gathered first.
    pub keeps: Keeps,
    med_type: ByRef<Vec<(Validity, Class)>>,
    /// Rules and rows of each detector.
    pub detectors: detector::Compiled,
    watched: ByRef<Watch>,
    /// Of each rule, a mark of the table rows that are for it: other rows have another one.
    row_marks: Vec<u64>,
    /// The exemptions that name an active rule, by id.
    pub exempts: Vec<Exempt>,
    /// The comparison that reads the other way at equality: only where cases are tried ([`crate::trial`]).
    mutated: Option<u8>,
}

/// What judges look at and nobody keeps where no rule asks for it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Keeps {
    /// Days of stays on which something was charged.
    pub bed_days: bool,
    /// Days on which items were used and bought.
    pub days_of_use: bool,
    /// Sums of what institutions and practitioners did in a month.
    pub months: bool,
}

/// Who looks at the lines and sales of an item, and on which days.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Watch {
    /// Rows that ask for the person.
    pub person: Vec<Validity>,
    /// Rows that ask for the institution.
    pub institution: Vec<Validity>,
    /// Rows that ask for the other lines of the visit.
    pub visit: Vec<Validity>,
    /// Any row that asks for the diagnoses of the visit.
    pub indication: bool,
    /// Any row of `cycle_gap`: the day before counts for the day after.
    pub cycle: bool,
    /// Any row of `resale_prone`: an earlier sale counts for a later window.
    pub resale: bool,
}

/// What a detector needs to compile its part.
pub struct Compiler<'a> {
    bank: &'a Bank,
    rules: &'a [Arc<Rule>],
    enabled: &'a [bool],
    /// Gives the identity of a text.
    pub intern: &'a mut dyn FnMut(&str) -> Ref,
}

impl Compiler<'_> {
    /// Active rules of a detector.
    pub fn rules_of(&self, detector: &str) -> Vec<(RuleIx, Arc<Rule>)> {
        let enabled = (0..).zip(self.rules).zip(self.enabled).filter(|(_, enabled)| **enabled);
        let rules = enabled.map(|(rule, _)| rule).filter(|(_, rule)| rule.detector == detector);
        rules.map(|(ix, r)| (ix, r.clone())).collect()
    }

    /// Numbers of the active rules of a detector.
    pub fn rule_numbers(&self, detector: &str) -> Vec<RuleIx> {
        self.rules_of(detector).into_iter().map(|(ix, _)| ix).collect()
    }

    /// Rows of a table whose rule is an active one of this detector, with the rule's number.
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
}

/// The rows of a table by item, those of an item in the order of their detector.
pub type Items<W> = ByRef<Vec<Listed<W>>>;

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
            items.entry(item).or_default().push(Listed { rule, what: what(rule, &row), validity, own });
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
    validity: Validity,
    /// Whether it is somebody's reading.
    pub own: bool,
}

/// The rows of a table of prefixes.
#[derive(Debug, PartialEq)]
pub struct Prefixes<W> {
    rows: Vec<Prefixed<W>>,
}

impl<W: Copy + Ord> Prefixes<W> {
    /// Compiles the rows of a detector's table.
    pub fn compile(
        compiler: &mut Compiler<'_>,
        spec: &rulebank::DetectorSpec,
        what: impl Fn(&Row) -> W,
    ) -> Prefixes<W> {
        let table = spec.table.unwrap_or_default();
        let mut rows: Vec<Prefixed<W>> = compiler
            .rows_of(spec.name, table)
            .iter()
            .map(|(rule, row)| Prefixed {
                rule: *rule,
                prefix: row.text("prefix").to_owned(),
                what: what(row),
                validity: Validity::of(row),
                own: row.reading_own,
            })
            .filter(|row| !row.prefix.is_empty())
            .collect();
        rows.sort_by_key(|row| (row.rule, row.own, row.what));
        Prefixes { rows }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows that hold on `day` for a code, by rule.
    pub fn of(&self, code: &str, day: Day) -> Vec<&Prefixed<W>> {
        self.rows.iter().filter(|row| row.validity.holds(day) && code.starts_with(&row.prefix)).collect()
    }

    /// Whether any row, on whatever day, is for a code.
    pub fn knows(&self, code: &str) -> bool {
        self.rows.iter().any(|row| code.starts_with(&row.prefix))
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

/// Places of [`exact`] numbers.
pub const EXACT_PLACES: u32 = 10;

/// A decimal in units of 10^-10; further places are cut.
pub fn exact(value: Decimal) -> i128 {
    let places = EXACT_PLACES;
    let mantissa = value.mantissa();
    let scale = value.scale();
    if scale <= places {
        mantissa.saturating_mul(10i128.pow(places - scale))
    } else {
        mantissa / 10i128.pow(scale - places)
    }
}

/// A whole number in units of 10^-10.
pub fn exact_units(number: i64) -> i128 {
    i128::from(number) * 10i128.pow(EXACT_PLACES)
}

/// A quantity in ten-thousandths, in units of 10^-10.
pub fn exact_quantity(quantity: i64) -> i128 {
    i128::from(quantity) * 1_000_000
}

/// Fen of a quantity of 10^-10 at a price of 10^-6 yuan, rounded half up; never below 0.
///
/// Limit: amounts are 64 bits of fen; what is more stays at the greatest.
pub fn fen_of(quantity: i128, price: i64) -> i64 {
    const UNITS: i128 = 100_000_000_000_000; // 10^-16 yuan in a fen
    let exact = quantity.saturating_mul(i128::from(price)).max(0);
    let fen = exact / UNITS + i128::from(exact % UNITS >= UNITS / 2);
    i64::try_from(fen).unwrap_or(i64::MAX)
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
    /// Compiles the active rules of a bank.
    pub fn compile(bank: &Bank, intern: &mut dyn FnMut(&str) -> Ref) -> CompiledBank {
        CompiledBank::compile_mutated(bank, None, intern)
    }

    /// Compiles a bank in which one comparison, by its number in [`rulebank::DetectorSpec::comparisons`], reads
    /// the other way at equality. It is mutated for every rule: such a bank has one.
    pub fn compile_mutated(
        bank: &Bank,
        mutated: Option<u8>,
        intern: &mut dyn FnMut(&str) -> Ref,
    ) -> CompiledBank {
        let slots = RuleSet::of(&[bank]).slots(bank).expect("a bank's own rules are in its rule_set");
        CompiledBank::compile_slots(bank, slots, mutated, intern)
    }

    /// Compiles a bank for a dataflow that runs on `rule_set`; `None` if an active rule of it is not there.
    pub fn compile_in(
        bank: &Bank,
        rule_set: &RuleSet,
        intern: &mut dyn FnMut(&str) -> Ref,
    ) -> Option<CompiledBank> {
        Some(CompiledBank::compile_slots(bank, rule_set.slots(bank)?, None, intern))
    }

    fn compile_slots(
        bank: &Bank,
        (rules, enabled): (Vec<Arc<Rule>>, Vec<bool>),
        mutated: Option<u8>,
        intern: &mut dyn FnMut(&str) -> Ref,
    ) -> CompiledBank {
        let mut med_type: ByRef<Vec<(Validity, Class)>> = ByRef::default();
        for row in bank.tables.rows("med_type") {
            let class = match row.text("class") {
                "inpatient" => Class::Inpatient,
                "pharmacy" => Class::Pharmacy,
                "care" => Class::Care,
                _ => Class::Outpatient,
            };
            med_type.entry(intern(row.text("code"))).or_default().push((Validity::of(row), class));
        }
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
        CompiledBank { rules, enabled, keeps, med_type, detectors, watched, row_marks, exempts, mutated }
    }

    /// Whether the rule of this number is active in this bank.
    pub fn is_enabled(&self, rule: RuleIx) -> bool {
        self.enabled[usize::from(rule)]
    }

    /// The active rules, by id.
    pub fn active(&self) -> impl Iterator<Item = &Arc<Rule>> {
        self.rules.iter().zip(&self.enabled).filter(|(_, enabled)| **enabled).map(|(rule, _)| rule)
    }

    /// The `nth` comparison of a detector: `a > b`.
    #[inline]
    pub fn over<T: Ord>(&self, nth: u8, a: T, b: T) -> bool {
        match a.cmp(&b) {
            Ordering::Greater => true,
            Ordering::Equal => self.mutated == Some(nth),
            Ordering::Less => false,
        }
    }
    /// The `nth` comparison: `a < b`.
    #[inline]
    pub fn below<T: Ord>(&self, nth: u8, a: T, b: T) -> bool {
        self.over(nth, b, a)
    }
    /// The `nth` comparison: `a >= b`.
    #[inline]
    pub fn reaches<T: Ord>(&self, nth: u8, a: T, b: T) -> bool {
        match a.cmp(&b) {
            Ordering::Greater => true,
            Ordering::Equal => self.mutated != Some(nth),
            Ordering::Less => false,
        }
    }
    /// The `nth` comparison: `a <= b`.
    #[inline]
    pub fn within<T: Ord>(&self, nth: u8, a: T, b: T) -> bool {
        self.reaches(nth, b, a)
    }
    /// The `nth` comparison: `a = b`; mutated, it is dropped.
    #[inline]
    pub fn equal<T: PartialEq>(&self, nth: u8, a: T, b: T) -> bool {
        a == b || self.mutated == Some(nth)
    }
    /// The `nth` comparison: `a` is not `b`; mutated, it is dropped.
    #[inline]
    pub fn differ<T: PartialEq>(&self, nth: u8, a: T, b: T) -> bool {
        a != b || self.mutated == Some(nth)
    }

    /// Class of a visit of this med_type that begins on `day`.
    pub fn class(&self, med_type: Ref, day: Day) -> Class {
        self.med_type
            .get(&med_type)
            .and_then(|rows| rows.iter().find(|(validity, _)| validity.holds(day)))
            .map_or(Class::Outpatient, |(_, class)| *class)
    }

    /// Who looks at an item, if anybody does.
    pub fn watched(&self, item: Ref) -> Option<&Watch> {
        self.watched.get(&item)
    }

    /// Whether lines and sales go the same ways, and what is judged on the way is judged alike.
    pub fn sorts_alike(&self, other: &CompiledBank) -> bool {
        let (ours, theirs) = (&self.detectors, &other.detectors);
        self.watched == other.watched
            && self.same_classes(other)
            && ours.late_upload == theirs.late_upload
            && ours.indication == theirs.indication
            && ours.expired_sale == theirs.expired_sale
            && ours.trace_code_missing == theirs.trace_code_missing
            && ours.sale_without_prescription == theirs.sale_without_prescription
    }

    /// Items whose lines and sales other judges look at, or on other days.
    pub fn watched_otherwise(&self, other: &CompiledBank) -> HashSet<Ref, FixedState> {
        let items = self.watched.keys().chain(other.watched.keys());
        items.filter(|item| self.watched(**item) != other.watched(**item)).copied().collect()
    }

    /// Whether visits are classed alike.
    pub fn same_classes(&self, other: &CompiledBank) -> bool {
        self.med_type == other.med_type
    }

    /// The number under which the view keeps a finding: that of its first entry in the rule_set.
    pub fn id_of(&self, finding: &Finding) -> u64 {
        finding.id_as(first_of_id(&self.rules, finding.rule))
    }

    /// Whether the alerts of a rule that is active in both banks are written otherwise: another version, sentence.
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

    /// The verdict of a finding: the rule's, at most suspect if it rests on somebody's reading alone.
    pub fn verdict(&self, rule: RuleIx, own_reading: bool) -> u8 {
        let verdict = self.rules[usize::from(rule)].verdict as u8;
        if own_reading { verdict.max(1) } else { verdict }
    }
}
