//! The records that stand, looked through plainly.
//!
//! A scene asks a [`Lookup`]: what has a key there is a point look-up, other questions are one pass over the rows of
//! a kind, which is made once.

use std::cell::OnceCell;
use std::cmp::Ordering;

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row::{self, Day, Dispensing, Enrolment, FeeLine, Moment, Presence, Settlement, Visit, day_of};
use rulebank::{Bank, Row, Rule};

use super::lookup::Lookup;
use crate::classes::{Class, Classes};
use crate::policy::Policy;
use crate::visited::Visited;

/// What stands, and what judges it.
pub struct Scene<'a> {
    /// Rows and texts.
    pub arena: &'a Arena,
    /// Rules and tables.
    pub bank: &'a Bank,
    /// The rules as judges read them.
    pub policy: &'a Policy,
    /// What decides the class of a visit.
    pub classes: &'a Classes,
    /// *Now*.
    pub now: Moment,
    records: &'a dyn Lookup,
    /// Passes over all rows of a kind, once they were made.
    passes: Vec<OnceCell<Vec<RowRef>>>,
}

impl<'a> Scene<'a> {
    /// A scene of the records that `records` finds.
    pub fn new(
        arena: &'a Arena,
        bank: &'a Bank,
        (policy, classes): (&'a Policy, &'a Classes),
        now: Option<Moment>,
        records: &'a dyn Lookup,
    ) -> Scene<'a> {
        let passes = vec![OnceCell::new(); Kind::ALL.len()];
        Scene { arena, bank, policy, classes, now: now.unwrap_or(Moment::MIN), records, passes }
    }

    /// All rows of a kind, in order of arrival: a pass.
    pub fn rows(&self, kind: Kind) -> &[RowRef] {
        self.passes[kind as usize].get_or_init(|| self.records.all(kind))
    }

    /// The record with this key, if it stands.
    pub fn find(&self, kind: Kind, key: (TextRef, TextRef)) -> Option<RowRef> {
        let found = self.records.starting_with(kind, key.0);
        found.into_iter().find(|row| row::key(self.arena, *row) == key)
    }

    /// A text.
    pub fn text(&self, text: TextRef) -> String {
        self.arena.text(text)
    }

    /// Compares two texts by their bytes.
    pub fn compare(&self, a: TextRef, b: TextRef) -> Ordering {
        self.arena.compare(a, b)
    }

    /// Class of a visit.
    pub fn class(&self, visit: &Visit) -> Class {
        self.classes.class(visit.med_type, day_of(visit.begin))
    }

    /// Whether a visit is a stay.
    pub fn is_stay(&self, visit: &Visit) -> bool {
        self.class(visit) == Class::Inpatient
    }

    /// All visits.
    pub fn visits(&self) -> impl Iterator<Item = (RowRef, Visit)> {
        self.rows(Kind::Visit).iter().map(|row| (*row, row::visit(self.arena, *row)))
    }

    /// Visits of a person, in order of arrival.
    pub fn visits_of(&self, person: TextRef) -> Vec<Visited> {
        let visits = self.records.visits_of(person).into_iter();
        let read = |row| {
            let visit = row::visit(self.arena, row);
            Visited { row, visit, class: self.class(&visit) }
        };
        visits.map(read).collect()
    }

    /// All fee lines that rules see.
    pub fn net_lines(&self) -> impl Iterator<Item = (RowRef, FeeLine)> {
        let lines = self.rows(Kind::FeeLine).iter().map(|row| (*row, row::fee_line(self.arena, *row)));
        lines.filter(|(_, line)| line.is_net())
    }

    /// Net lines of a visit, by key.
    pub fn lines_of(&self, visit: TextRef) -> Vec<(RowRef, FeeLine)> {
        let of_visit = self.sent_lines_of(visit).into_iter();
        let mut lines: Vec<_> = of_visit.map(|row| (row, row::fee_line(self.arena, row))).collect();
        lines.retain(|(_, line)| line.is_net());
        lines.sort_by(|(_, a), (_, b)| self.compare(a.sn, b.sn));
        lines
    }

    /// Lines of a visit as they stand, net or not.
    pub fn sent_lines_of(&self, visit: TextRef) -> Vec<RowRef> {
        self.records.starting_with(Kind::FeeLine, visit)
    }

    /// Enrolments of a person.
    pub fn enrolments_of(&self, person: TextRef) -> Vec<Enrolment> {
        let enrolments = self.records.enrolments_of(person).into_iter();
        enrolments.map(|row| row::enrolment(self.arena, row)).collect()
    }

    /// Passed identity checks of a person.
    pub fn passes_of(&self, person: TextRef) -> Vec<Presence> {
        let passes = self.records.passes_of(person).into_iter();
        passes.map(|row| row::presence(self.arena, row)).collect()
    }

    /// The prescription of this id, and the net lines and net sales that name it.
    pub fn of_prescription(&self, rx: TextRef) -> Vec<RowRef> {
        self.records.of_prescription(rx)
    }

    /// All live settlements.
    pub fn live(&self) -> impl Iterator<Item = (RowRef, Settlement)> {
        let all = self.rows(Kind::Settlement).iter().map(|row| (*row, row::settlement(self.arena, *row)));
        all.filter(|(_, settlement)| settlement.live)
    }

    /// All net sales.
    pub fn sales(&self) -> impl Iterator<Item = (RowRef, Dispensing)> {
        let all = self.rows(Kind::Dispensing).iter().map(|row| (*row, row::dispensing(self.arena, *row)));
        all.filter(|(_, sale)| !sale.is_return && sale.cnt > 0)
    }

    /// The prescription of this id that a line or sale can rest on.
    pub fn valid_prescription(&self, rx: TextRef) -> Option<row::Prescription> {
        if rx.is_none() {
            return None;
        }
        let row = self.find(Kind::Prescription, (rx, TextRef::NONE))?;
        Some(row::prescription(self.arena, row)).filter(|rx| !rx.cancelled)
    }

    /// Rows of a table that fire as this rule.
    pub fn table(&self, rule: &Rule, table: &str) -> impl Iterator<Item = &'a Row> {
        let id = rule.id.clone();
        self.bank.tables.rows(table).iter().filter(move |row| row.rule == id)
    }

    /// Rows of a table that fire as this rule, for an item and on a day.
    pub fn rows_for(&self, rule: &Rule, table: &str, item: TextRef, day: Day) -> Vec<&'a Row> {
        let item = self.text(item);
        self.table(rule, table).filter(|row| row.text("item") == item && row.holds_on(day)).collect()
    }
}
