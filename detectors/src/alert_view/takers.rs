//! Which alerts took money of which visit, or of a sale outside any visit.
//!
//! It is asked for by whoever explains an amount, and noted from the first question on: a run that nobody asks pays
//! nothing for it. A visit and an alert are sixteen bytes, and their share of the tree around them.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use records::arena::Arena;

use super::maps::Map;
use crate::finding::ReconciledFinding;
use crate::money::visit_of;

/// Visits with the alerts that took of them, once somebody asked.
#[derive(Default)]
pub(super) struct Takers(OnceCell<BTreeSet<(u64, u64)>>);

/// The visits of which an alert took money.
fn visits(arena: &Arena, alert: &ReconciledFinding) -> BTreeSet<u64> {
    alert.taken.iter().filter(|(_, fen)| *fen > 0).map(|(row, _)| visit_of(arena, *row)).collect()
}

impl Takers {
    /// Notes who took of what from now on.
    pub(super) fn know(
        &self,
        arena: &Arena,
        standing: &Map<u64, ReconciledFinding>,
    ) -> &BTreeSet<(u64, u64)> {
        let all = || {
            let mut takers = BTreeSet::new();
            standing.iter().for_each(|(id, alert)| {
                takers.extend(visits(arena, alert).into_iter().map(|visit| (visit, *id)));
            });
            takers
        };
        self.0.get_or_init(all)
    }

    /// An alert came, went or changed.
    pub(super) fn change(
        &mut self,
        arena: &Arena,
        id: u64,
        [before, after]: [Option<&ReconciledFinding>; 2],
    ) {
        let Some(takers) = self.0.get_mut() else { return };
        for visit in before.into_iter().flat_map(|alert| visits(arena, alert)) {
            takers.remove(&(visit, id));
        }
        takers.extend(after.into_iter().flat_map(|alert| visits(arena, alert)).map(|visit| (visit, id)));
    }

    /// The other alerts that took of what an alert is laid on, in no order.
    pub(super) fn beside<'a>(
        &self,
        arena: &Arena,
        standing: &'a Map<u64, ReconciledFinding>,
        (id, alert): (u64, &ReconciledFinding),
    ) -> impl Iterator<Item = &'a ReconciledFinding> {
        let takers = self.know(arena, standing);
        let laid: BTreeSet<u64> = alert.priced.laid.iter().map(|(row, _)| visit_of(arena, *row)).collect();
        let of_visit = |visit: u64| takers.range((visit, 0)..=(visit, u64::MAX)).map(|(_, other)| *other);
        let others: BTreeSet<u64> =
            laid.into_iter().flat_map(of_visit).filter(|other| *other != id).collect();
        others.into_iter().filter_map(|other| standing.get(&other))
    }
}
