//! The facts of one tick, and which of them led to a change of an alert.

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::ledger::FactChange;
use records::row;

use super::maps::{Map, Set, sorted};
use super::scope::{Scope, ids_of};
use super::transition::Transition;
use crate::finding::institution_of;
use crate::money::visit_of;
use crate::views::pair_key;

/// The facts of one tick, to be looked up.
pub(super) struct TickIndex<'a> {
    arena: &'a Arena,
    facts: &'a [FactChange],
    /// Positions of facts, by row.
    by_row: Vec<(RowRef, u32)>,
    /// Positions of facts of records that were withdrawn in this tick: nothing links what stood before to
    /// what may stand again after.
    withdrawn: Map<(Kind, (TextRef, TextRef)), Vec<usize>>,
}

impl<'a> TickIndex<'a> {
    pub(super) fn new(arena: &'a Arena, facts: &'a [FactChange]) -> TickIndex<'a> {
        let mut by_row: Vec<(RowRef, u32)> = (0..).zip(facts).map(|(nth, fact)| (fact.row, nth)).collect();
        // Mostly in order already: new rows are written one after the other.
        by_row.sort();
        let name = |row: RowRef| (row::kind(arena, row), row::key(arena, row));
        let mut withdrawn: Map<(Kind, (TextRef, TextRef)), Vec<usize>> = facts
            .iter()
            .filter(|fact| fact.diff <= 0 && row::head(arena, fact.cause).del)
            .map(|fact| (name(fact.cause), Vec::new()))
            .collect();
        if !withdrawn.is_empty() {
            for (nth, fact) in facts.iter().enumerate() {
                if let Some(positions) = withdrawn.get_mut(&name(fact.row)) {
                    positions.push(nth);
                }
            }
        }
        TickIndex { arena, facts, by_row, withdrawn }
    }

    fn of_row(&self, row: RowRef) -> impl Iterator<Item = usize> + '_ {
        let start = self.by_row.partition_point(|(other, _)| *other < row);
        self.by_row[start..].iter().take_while(move |(other, _)| *other == row).map(|(_, nth)| *nth as usize)
    }

    /// Changes to the records of an alert's evidence and amount, before or after.
    pub(super) fn direct(&self, transition: &Transition) -> Set<RowRef> {
        let mut found = Set::default();
        let mut open: Vec<RowRef> = transition
            .sides()
            .flat_map(|alert| alert.priced.finding.evidence.iter().chain(&alert.priced.behind).copied())
            .collect();
        let mut seen: Set<RowRef> = Set::default();
        while let Some(row) = open.pop() {
            if !seen.insert(row) {
                continue;
            }
            let name = (row::kind(self.arena, row), row::key(self.arena, row));
            let again = self.withdrawn.get(&name).into_iter().flatten().copied();
            for nth in self.of_row(row).chain(again) {
                let change = self.facts[nth].cause;
                found.insert(change);
                // The record may have changed more than once in this tick: follow what this change replaced
                // and what it put there; the facts of one change stand side by side.
                let first =
                    self.facts[..nth].iter().rposition(|fact| fact.cause != change).map_or(0, |n| n + 1);
                let same_record = |fact: &&FactChange| {
                    row::key(self.arena, fact.row) == row::key(self.arena, row)
                        && row::kind(self.arena, fact.row) == row::kind(self.arena, row)
                };
                let of_change = self.facts[first..].iter().take_while(|fact| fact.cause == change);
                open.extend(of_change.filter(same_record).map(|fact| fact.row));
            }
        }
        found
    }

    /// For each scope the changes nearest to it.
    pub(super) fn within(&self, scopes: &[Scope]) -> Vec<Set<RowRef>> {
        let mut by_id: Map<TextRef, Vec<usize>> = Map::default();
        let mut by_visit: Map<u64, Vec<usize>> = Map::default();
        let mut by_pair: Map<u64, Vec<usize>> = Map::default();
        let mut by_institution: Map<TextRef, Vec<usize>> = Map::default();
        for (nth, scope) in scopes.iter().enumerate() {
            sorted(&scope.ids).into_iter().for_each(|id| by_id.entry(id).or_default().push(nth));
            sorted(&scope.visits).into_iter().for_each(|id| by_visit.entry(id).or_default().push(nth));
            sorted(&scope.pairs).into_iter().for_each(|id| by_pair.entry(id).or_default().push(nth));
            sorted(&scope.institutions)
                .into_iter()
                .for_each(|id| by_institution.entry(id).or_default().push(nth));
        }
        let mut near: Vec<Set<RowRef>> = scopes.iter().map(|_| Set::default()).collect();
        let mut far = near.clone();
        for fact in self.facts.iter().filter(|fact| fact.diff != 0) {
            let kind = row::kind(self.arena, fact.row);
            for id in ids_of(self.arena, fact.row) {
                for nth in by_id.get(&id).into_iter().flatten() {
                    if scopes[*nth].near.contains(&kind) {
                        near[*nth].insert(fact.cause);
                    }
                }
            }
            if crate::alert::has_money(kind) {
                let visit = visit_of(self.arena, fact.row);
                for nth in by_visit.get(&visit).into_iter().flatten() {
                    near[*nth].insert(fact.cause);
                }
            }
            if !by_pair.is_empty()
                && let Some(pair) = stock_pair(self.arena, fact.row)
            {
                for nth in by_pair.get(&pair).into_iter().flatten() {
                    near[*nth].insert(fact.cause);
                }
            }
            let institution = institution_of(self.arena, fact.row);
            for nth in by_institution.get(&institution).into_iter().flatten() {
                if scopes[*nth].far.contains(&kind) {
                    far[*nth].insert(fact.cause);
                }
            }
        }
        near.into_iter().zip(far).map(|(near, far)| if near.is_empty() { far } else { near }).collect()
    }

    /// All changes of the kinds that matter to a scope, for one that found nothing nearer.
    pub(super) fn anywhere(&self, scope: &Scope) -> Set<RowRef> {
        let matters = |kind: &Kind| scope.near.contains(kind) || scope.far.contains(kind);
        let facts = self.facts.iter().filter(|fact| fact.diff != 0);
        facts.filter(|fact| matters(&row::kind(self.arena, fact.row))).map(|fact| fact.cause).collect()
    }
}

/// The institution and item whose stock a record moves.
fn stock_pair(arena: &Arena, row: RowRef) -> Option<u64> {
    let item = match row::kind(arena, row) {
        Kind::FeeLine => row::fee_line(arena, row).item,
        Kind::Dispensing => row::dispensing(arena, row).item,
        Kind::Purchase => row::purchase(arena, row).item,
        Kind::StockChange => row::stock_change(arena, row).item,
        Kind::StockCount => row::stock_count(arena, row).item,
        _ => return None,
    };
    Some(pair_key(institution_of(arena, row), item))
}
