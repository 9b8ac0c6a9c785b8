//! What arrives from whom: standing records by institution and month, how late they came, and what was settled.
//!
//! A hospital that sends no stock raises no alert about stock. This tally says so beside the alerts, so that its
//! silence is not read as good conduct. It follows the facts like everything else: what is withdrawn is taken off.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;
use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::ledger::FactChange;
use records::row::{self, LATE_WITHIN, day_of};
use records::time::month_of;

use crate::coverage::{Count, InstitutionMonth, Missing};
use crate::finding::{RuleIx, institution_of};
use crate::views::Diff;

/// Bands of lateness: those of [`LATE_WITHIN`], later than all of them, and not known.
pub const BANDS: usize = LATE_WITHIN.len() + 2;
/// The band of records without a recv_time.
pub const UNKNOWN: usize = BANDS - 1;

/// Kinds of records that name an institution and have an event time, by name.
pub const KINDS: [Kind; 10] = [
    Kind::Dispensing,
    Kind::FeeLine,
    Kind::Invoice,
    Kind::Prescription,
    Kind::Presence,
    Kind::Purchase,
    Kind::Settlement,
    Kind::StockChange,
    Kind::StockCount,
    Kind::Visit,
];

/// What stands of an institution in a month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrived {
    /// Records by kind, in the order of [`KINDS`], and band of lateness.
    pub records: [[i64; BANDS]; KINDS.len()],
    /// Live settlements.
    pub settlements: i64,
    /// Their fund_pay_sumamt, fen.
    pub fund: i128,
}

impl Arrived {
    /// How many records of a kind, by its place in [`KINDS`].
    pub fn of_kind(&self, kind: usize) -> i64 {
        self.records[kind].iter().sum()
    }
}

/// Subjects that could not be judged, by rule and reason.
pub type Unjudged = BTreeMap<(RuleIx, Missing), i64>;

/// The tally.
#[derive(Debug, Default)]
pub struct Arrivals {
    arrived: HashMap<InstitutionMonth, Arrived, FixedState>,
    institutions: HashMap<TextRef, RowRef, FixedState>,
    labels: HashMap<TextRef, RowRef, FixedState>,
}

impl Arrivals {
    /// Takes the facts of a tick.
    pub fn take(&mut self, arena: &Arena, facts: &[FactChange]) {
        for fact in facts.iter().filter(|fact| fact.diff != 0) {
            self.fact(arena, fact.row, i64::from(fact.diff));
        }
    }

    fn fact(&mut self, arena: &Arena, row: RowRef, diff: i64) {
        let kind = row::kind(arena, row);
        match kind {
            Kind::Institution => stand(&mut self.institutions, row::key(arena, row).0, row, diff),
            Kind::Label => stand(&mut self.labels, row::key(arena, row).0, row, diff),
            _ => {}
        }
        let Some(nth) = KINDS.iter().position(|known| *known == kind) else { return };
        // A return belongs to its sale, which is counted.
        if kind == Kind::Dispensing && row::dispensing(arena, row).is_return {
            return;
        }
        let institution = institution_of(arena, row);
        let Some(time) = row::event_time(arena, row).filter(|_| institution.is_some()) else { return };
        let month = InstitutionMonth { institution, month: month_of(day_of(time)) };
        let arrived = self.arrived.entry(month).or_default();
        arrived.records[nth][row::late(arena, row).map_or(UNKNOWN, |late| late as usize)] += diff;
        if kind == Kind::Settlement {
            let settlement = row::settlement(arena, row);
            if settlement.live {
                arrived.settlements += diff;
                arrived.fund += i128::from(settlement.fund) * i128::from(diff);
            }
        }
    }

    /// What stands by institution and month, by the bytes of the code and by month; nothing that is all zero.
    pub fn arrived(&self, arena: &Arena) -> Vec<(InstitutionMonth, Arrived)> {
        let mut arrived: Vec<(InstitutionMonth, Arrived)> =
            self.arrived.iter().map(|(month, of)| (*month, *of)).collect();
        arrived.retain(|(_, of)| (0..KINDS.len()).any(|kind| of.of_kind(kind) != 0));
        arrived.sort_by(|(a, _), (b, _)| {
            arena.compare(a.institution, b.institution).then(a.month.cmp(&b.month))
        });
        arrived
    }

    /// The standing row of each institution, by its code.
    pub fn institution(&self, code: TextRef) -> Option<RowRef> {
        self.institutions.get(&code).copied()
    }

    /// Codes of all institutions that stand, by their bytes.
    pub fn institutions(&self, arena: &Arena) -> Vec<TextRef> {
        let mut codes: Vec<TextRef> = self.institutions.keys().copied().collect();
        codes.sort_by(|a, b| arena.compare(*a, *b));
        codes
    }

    /// Rows of the decisions that stand, by case_id.
    pub fn labels(&self, arena: &Arena) -> Vec<RowRef> {
        let mut labels: Vec<(TextRef, RowRef)> =
            self.labels.iter().map(|(case, row)| (*case, *row)).collect();
        labels.sort_by(|(a, _), (b, _)| arena.compare(*a, *b));
        labels.into_iter().map(|(_, row)| row).collect()
    }
}

/// The row that stands under a key, after a fact was lost or gained.
fn stand(rows: &mut HashMap<TextRef, RowRef, FixedState>, key: TextRef, row: RowRef, diff: i64) {
    if diff > 0 {
        rows.insert(key, row);
    } else if rows.get(&key) == Some(&row) {
        rows.remove(&key);
    }
}

/// What could not be judged, by institution and month, out of the counts of the coverage.
pub fn unjudged<'c>(
    counts: impl Iterator<Item = (&'c Count, &'c Diff)>,
) -> BTreeMap<InstitutionMonth, Unjudged> {
    let mut unjudged: BTreeMap<InstitutionMonth, Unjudged> = BTreeMap::new();
    for (count, n) in counts.filter(|(_, n)| **n != 0) {
        if let Count::NotJudged(rule, missing, month) = count {
            *unjudged.entry(*month).or_default().entry((*rule, *missing)).or_default() += n;
        }
    }
    unjudged
}
