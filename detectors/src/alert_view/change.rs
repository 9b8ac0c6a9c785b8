//! What another bank did to the alerts: how each stood before and after, and what in the bank is the cause.
//!
//! An alert changes with the bank for one of three reasons. Its own finding came, went or reads otherwise: the
//! cause is its rule, the rows of its table, or the classes of visits. It is let off, or no longer: the cause is the
//! exemption. Or only what it counts is different, since another alert took or left money of the same visit: then
//! it shares the cause of that one.

use std::collections::BTreeMap;

use records::arena::{Arena, TextRef};
use records::row::{self, day_of};
use wire::{Alert, Cause, Fen, Keyword, Share};

use super::transition::Transition;
use crate::alert::render;
use crate::compiled_bank::CompiledBank;
use crate::finding::{ReconciledFinding, RuleIx, institution_of};
use crate::money::visit_of;

/// An alert on both sides of a change of the bank; one of the two stands at least.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Under the old bank.
    pub before: Option<Snapshot>,
    /// Under the new one.
    pub after: Option<Snapshot>,
}

/// An alert as it stood under a bank.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// The alert.
    pub line: Alert,
    /// Whose money it is, by fixmedins_code: of the records it is laid on; with 0 that of the evidence. Sorted by code.
    pub shares: Vec<Share>,
}

impl Snapshot {
    pub(super) fn of(arena: &Arena, bank: &CompiledBank, alert: &ReconciledFinding) -> Snapshot {
        let mut by_code: BTreeMap<TextRef, (i64, i64)> = BTreeMap::new();
        let finding = &alert.priced.finding;
        for row in &finding.evidence {
            by_code.entry(institution_of(arena, *row)).or_default();
        }
        by_code.entry(finding.institution).or_default();
        for (row, fen) in &alert.priced.laid {
            by_code.entry(institution_of(arena, *row)).or_default().0 += fen;
        }
        for (row, fen) in &alert.taken {
            by_code.entry(institution_of(arena, *row)).or_default().1 += fen;
        }
        by_code.remove(&TextRef::NONE);
        let share = |(code, (amount, counted))| Share {
            id: arena.text(code),
            amount: Fen(amount),
            counted_amount: Fen(counted),
        };
        let mut shares: Vec<Share> = by_code.into_iter().map(share).collect();
        shares.sort_by(|a, b| a.id.cmp(&b.id));
        Snapshot { line: render(arena, bank, alert), shares }
    }
}

/// A cause that is no change of a record.
fn named(kind: &'static str, key: &str) -> Cause {
    Cause { kind: Keyword::Borrowed(kind), key: key.to_owned(), rev: None }
}

/// Two banks, one after the other.
pub(super) struct Banks<'a> {
    pub(super) arena: &'a Arena,
    pub(super) before: &'a CompiledBank,
    pub(super) after: &'a CompiledBank,
    /// Whether it is alerts of shadow rules that are looked at, or those of active ones.
    pub(super) shadow: bool,
}

impl Banks<'_> {
    /// An alert on both sides.
    pub(super) fn change(&self, transition: &Transition) -> Change {
        let stood = |bank, alert: &Option<ReconciledFinding>| {
            alert.as_ref().map(|alert| Snapshot::of(self.arena, bank, alert))
        };
        Change { before: stood(self.before, &transition.before), after: stood(self.after, &transition.after) }
    }

    /// Whether an alert reads the same on both sides.
    pub(super) fn same_line(&self, before: &ReconciledFinding, after: &ReconciledFinding) -> bool {
        render(self.arena, self.before, before) == render(self.arena, self.after, after)
    }

    /// Of each alert what in the bank is the cause, as far as the bank is.
    pub(super) fn causes(&self, transitions: &[(&'static str, Transition)]) -> Vec<Vec<Cause>> {
        let mut causes: Vec<Vec<Cause>> =
            transitions.iter().map(|(_, transition)| self.own(transition)).collect();
        let mut by_visit: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for (nth, (_, transition)) in
            transitions.iter().enumerate().filter(|(nth, _)| !causes[*nth].is_empty())
        {
            for visit in self.visits(transition) {
                by_visit.entry(visit).or_default().push(nth);
            }
        }
        for (nth, (_, transition)) in transitions.iter().enumerate() {
            if causes[nth].is_empty() {
                let visits = self.visits(transition);
                let others = visits.iter().filter_map(|visit| by_visit.get(visit)).flatten();
                causes[nth] = others.flat_map(|other| causes[*other].clone()).collect();
                if causes[nth].is_empty() {
                    causes[nth] = self.everything();
                }
            }
        }
        causes
    }

    /// All that is judged otherwise: for an alert of which nothing nearer is known.
    fn everything(&self) -> Vec<Cause> {
        let mut causes = Vec::new();
        let beside = |(number, _): &(RuleIx, _)| self.after.is_shadow(*number) == self.shadow;
        for (number, rule) in (0..).zip(&self.after.rules).filter(beside) {
            if self.before.judges_otherwise(self.after, number) {
                causes.push(named("rule", &rule.id));
            }
            let tables = self.before.tables_otherwise(self.after, number);
            causes.extend(tables.map(|table| named("table", table)));
        }
        if self.before.fillers() != self.after.fillers() {
            causes.push(named("table", "filler"));
        }
        if self.before.classes() != self.after.classes() {
            causes.push(named("table", "med_type"));
        }
        causes
    }

    /// Visits whose money an alert takes, on either side.
    fn visits(&self, transition: &Transition) -> Vec<u64> {
        let counting = transition.sides().filter(|alert| alert.priced.exempted_by.is_none());
        let laid = counting.flat_map(|alert| &alert.priced.laid);
        let mut visits: Vec<u64> = laid.map(|(row, _)| visit_of(self.arena, *row)).collect();
        visits.sort_unstable();
        visits.dedup();
        visits
    }

    /// What in the bank changed the finding itself, or its mark; nothing if only its money is counted otherwise.
    fn own(&self, transition: &Transition) -> Vec<Cause> {
        let Some(rule) = transition.sides().next().map(|alert| alert.priced.finding.rule) else {
            return Vec::new();
        };
        let id = &self.after.rules[usize::from(rule)].id;
        let mut causes = Vec::new();
        if let (Some(before), Some(after)) = (&transition.before, &transition.after)
            && before.priced.finding == after.priced.finding
            && before.priced.amount == after.priced.amount
        {
            for exemption in [before.priced.exempted_by, after.priced.exempted_by] {
                if before.priced.exempted_by != after.priced.exempted_by && exemption.is_some() {
                    causes.push(named("exemption", &self.arena.text(exemption)));
                }
            }
            if self.before.reads_otherwise(self.after, rule) {
                causes.push(named("rule", id));
            }
            return causes;
        }
        if self.before.judges_otherwise(self.after, rule) {
            causes.push(named("rule", id));
        }
        causes.extend(self.before.tables_otherwise(self.after, rule).map(|table| named("table", table)));
        if self.before.fillers() != self.after.fillers() && causes.is_empty() {
            causes.push(named("table", "filler"));
        }
        if self.before.classes() != self.after.classes()
            && (causes.is_empty() || self.is_reclassed(transition))
        {
            causes.push(named("table", "med_type"));
        }
        causes
    }

    /// Whether a visit of the evidence has another class.
    fn is_reclassed(&self, transition: &Transition) -> bool {
        let evidence = transition.sides().flat_map(|alert| &alert.priced.finding.evidence);
        let visits = evidence.filter(|row| row::kind(self.arena, **row) == records::Kind::Visit);
        visits.map(|row| row::visit(self.arena, *row)).any(|visit| {
            let day = day_of(visit.begin);
            self.before.classes().class(visit.med_type, day)
                != self.after.classes().class(visit.med_type, day)
        })
    }

    /// The rules whose alerts read otherwise though nothing was judged again: another version, another sentence.
    pub(super) fn reworded(&self) -> Vec<RuleIx> {
        (0..)
            .zip(&self.after.rules)
            .map(|(rule, _)| rule)
            .filter(|rule| self.before.reads_otherwise(self.after, *rule))
            .collect()
    }
}
