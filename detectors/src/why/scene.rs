//! The records that stand, looked through plainly.
//!
//! A scene is asked about one subject, so it keeps no index: each question is one pass over the rows of a kind.

use std::cmp::Ordering;

use records::Kind;
use records::arena::{Arena, Ref};
use records::row::{self, Day, Dispensing, FeeLine, Moment, Settlement, Visit, day_of};
use rulebank::{Bank, Row, Rule};

use crate::compiled_bank::CompiledBank;
use crate::policy::Class;

/// What stands, and what judges it.
pub struct Scene<'a> {
    /// Rows and texts.
    pub arena: &'a Arena,
    /// Rules and tables.
    pub bank: &'a Bank,
    /// The same by the identities of the arena.
    pub knowledge: &'a CompiledBank,
    /// *Now*.
    pub now: Moment,
    rows: Vec<Vec<Ref>>,
}

impl<'a> Scene<'a> {
    /// A scene of these facts: what the ledger gained and did not lose again.
    pub fn new(
        arena: &'a Arena,
        bank: &'a Bank,
        knowledge: &'a CompiledBank,
        now: Option<Moment>,
        facts: impl IntoIterator<Item = Ref>,
    ) -> Scene<'a> {
        let mut rows: Vec<Vec<Ref>> = vec![Vec::new(); Kind::ALL.len()];
        for address in facts {
            rows[row::kind(arena, address) as usize].push(address);
        }
        Scene { arena, bank, knowledge, now: now.unwrap_or(Moment::MIN), rows }
    }

    /// Rows of a kind, in order of arrival.
    pub fn rows(&self, kind: Kind) -> &[Ref] {
        &self.rows[kind as usize]
    }

    /// The record with this key, if it stands.
    pub fn find(&self, kind: Kind, key: (Ref, Ref)) -> Option<Ref> {
        self.rows(kind).iter().copied().find(|address| row::key(self.arena, *address) == key)
    }

    /// A text.
    pub fn text(&self, address: Ref) -> String {
        self.arena.text(address)
    }

    /// Compares two texts by their bytes.
    pub fn compare(&self, a: Ref, b: Ref) -> Ordering {
        self.arena.compare(a, b)
    }

    /// Class of a visit.
    pub fn class(&self, visit: &Visit) -> Class {
        self.knowledge.classes().class(visit.med_type, day_of(visit.begin))
    }

    /// Whether a visit is a stay.
    pub fn is_stay(&self, visit: &Visit) -> bool {
        self.class(visit) == Class::Inpatient
    }

    /// All visits.
    pub fn visits(&self) -> impl Iterator<Item = (Ref, Visit)> {
        self.rows(Kind::Visit).iter().map(|address| (*address, row::visit(self.arena, *address)))
    }

    /// Visits of a person by (begntime, mdtrt_id).
    pub fn visits_of(&self, person: Ref) -> Vec<Visit> {
        let mut visits: Vec<Visit> =
            self.visits().map(|(_, visit)| visit).filter(|visit| visit.psn_no == person).collect();
        visits.sort_by(|a, b| a.begin.cmp(&b.begin).then_with(|| self.compare(a.id, b.id)));
        visits
    }

    /// Stays of a person by (begntime, mdtrt_id).
    pub fn stays_of(&self, person: Ref) -> Vec<Visit> {
        let mut stays = self.visits_of(person);
        stays.retain(|visit| self.is_stay(visit));
        stays
    }

    /// All fee lines that rules see.
    pub fn net_lines(&self) -> impl Iterator<Item = FeeLine> {
        let lines = self.rows(Kind::FeeLine).iter().map(|address| row::fee_line(self.arena, *address));
        lines.filter(FeeLine::is_net)
    }

    /// Net lines of a visit, by key.
    pub fn lines_of(&self, visit: Ref) -> Vec<FeeLine> {
        let of_visit =
            self.rows(Kind::FeeLine).iter().filter(|address| row::key(self.arena, **address).0 == visit);
        let mut lines: Vec<FeeLine> = of_visit.map(|address| row::fee_line(self.arena, *address)).collect();
        lines.retain(FeeLine::is_net);
        lines.sort_by(|a, b| self.compare(a.sn, b.sn));
        lines
    }

    /// All live settlements.
    pub fn live(&self) -> impl Iterator<Item = Settlement> {
        let all = self.rows(Kind::Settlement).iter().map(|address| row::settlement(self.arena, *address));
        all.filter(|settlement| settlement.live)
    }

    /// All net sales.
    pub fn sales(&self) -> impl Iterator<Item = Dispensing> {
        let all = self.rows(Kind::Dispensing).iter().map(|address| row::dispensing(self.arena, *address));
        all.filter(|sale| !sale.is_return && sale.cnt > 0)
    }

    /// The prescription of this id that a line or sale can rest on.
    pub fn valid_prescription(&self, rx: Ref) -> Option<row::Prescription> {
        if rx == 0 {
            return None;
        }
        let address = self.find(Kind::Prescription, (rx, 0))?;
        Some(row::prescription(self.arena, address)).filter(|rx| !rx.cancelled)
    }

    /// Rows of a table that fire as this rule.
    pub fn table(&self, rule: &Rule, table: &str) -> impl Iterator<Item = &'a Row> {
        let id = rule.id.clone();
        self.bank.tables.rows(table).iter().filter(move |row| row.rule == id)
    }

    /// Rows of a table that fire as this rule, for an item and on a day.
    pub fn rows_for(&self, rule: &Rule, table: &str, item: Ref, day: Day) -> Vec<&'a Row> {
        let item = self.text(item);
        self.table(rule, table).filter(|row| row.text("item") == item && row.holds_on(day)).collect()
    }
}
