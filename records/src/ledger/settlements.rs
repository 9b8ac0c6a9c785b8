//! Settlements, and what hangs on whether they are live.
//!
//! A settlement is live unless it is refunded, negative, or named by another one as its original. A fee line that names
//! one that stands and is not live is unpaid; a sale that does not say who paid is an insured one if it names a live
//! settlement. Both follow their settlement, which may come before or after them: here stands which name it.

use super::{Ledger, Replacement};
use crate::Kind;
use crate::arena::{ArenaFull, RowRef, TextRef};
use crate::row::{self, SettlementMarks};

impl Ledger {
    /// Whether this is a settlement that stands and is live.
    pub(super) fn is_live(&self, settlement: TextRef) -> bool {
        settlement.is_some()
            && !self.settled.is_dead(settlement)
            && self.standing(Kind::Settlement, (settlement, TextRef::NONE)).is_some()
    }

    pub(super) fn stand_settlement(
        &mut self,
        id: TextRef,
        replacement: Replacement,
    ) -> Result<(), ArenaFull> {
        let Replacement { old, new, cause } = replacement;
        let names = |row: Option<RowRef>| {
            row.map(|row| row::settlement(self.names.writer.arena(), row).original)
                .filter(|original| original.is_some() && *original != id)
        };
        let (named, names) = (names(old), names(new));
        // What was stated for this settlement until now.
        let stated = match self.settled.marked.get_mut(&id) {
            Some(marked) if old.is_some() && marked.row.is_some() => std::mem::take(&mut marked.row),
            _ => old.unwrap_or_default(),
        };
        // The settlements that it named and names are stated anew.
        if named != names {
            if let Some(named) = named {
                self.name_settlement(named, -1, cause)?;
            }
            if let Some(names) = names {
                self.name_settlement(names, 1, cause)?;
            }
        }
        let states = match new {
            Some(row) => self.stated_settlement(id, row)?,
            None => {
                self.forget_marked(id);
                RowRef::NONE
            }
        };
        self.restate_settlement(id, stated, states, cause)
    }

    /// One settlement more or less names `id` as its original.
    fn name_settlement(&mut self, id: TextRef, sign: i32, cause: RowRef) -> Result<(), ArenaFull> {
        let marked = self.settled.marked.entry(id).or_default();
        let before = marked.row;
        marked.withdrawn_by = marked.withdrawn_by.saturating_add_signed(sign);
        if let Some(row) = self.standing(Kind::Settlement, (id, TextRef::NONE)) {
            let states = self.stated_settlement(id, row)?;
            self.restate_settlement(id, if before.is_none() { row } else { before }, states, cause)?;
        } else {
            self.forget_marked(id);
        }
        Ok(())
    }

    fn forget_marked(&mut self, id: TextRef) {
        if self.settled.marked.get(&id).is_some_and(|marked| marked.withdrawn_by == 0) {
            self.settled.marked.remove(&id);
        }
    }

    /// The row that states a settlement: itself, or a derived one if it is withdrawn or its invoice is a filler.
    pub(super) fn stated_settlement(&mut self, id: TextRef, row: RowRef) -> Result<RowRef, ArenaFull> {
        let marked = self.settled.marked.get(&id).copied().unwrap_or_default();
        let arena = self.names.writer.arena();
        let sent = row::settlement(arena, row);
        let is_filler =
            |number: TextRef| number.is_some() && self.fillers.is_invoice_filler(&arena.text(number));
        let marks = SettlementMarks {
            withdrawn: marked.withdrawn_by > 0,
            no_bill_code: is_filler(sent.bill_code),
            no_bill_no: is_filler(sent.bill_no),
        };
        if marks == SettlementMarks::default() {
            self.settled.marked.remove(&id);
            return Ok(row);
        }
        let is_same = marked.row.is_some()
            && row::as_sent(arena, marked.row) == row
            && row::settlement_marks(arena, marked.row) == marks;
        if is_same {
            return Ok(marked.row);
        }
        row::write_marked_settlement(&mut self.row, row, marks);
        let derived = self.names.writer.push(self.row.words())?;
        self.settled.marked.entry(id).or_default().row = derived;
        Ok(derived)
    }

    /// States a settlement anew, and what hangs on whether it is live.
    pub(super) fn restate_settlement(
        &mut self,
        id: TextRef,
        stated: RowRef,
        states: RowRef,
        cause: RowRef,
    ) -> Result<(), ArenaFull> {
        self.restate(stated, states, cause);
        let arena = self.names.writer.arena();
        let is_live = |row: RowRef| row.is_some().then(|| row::settlement(arena, row).live);
        let (was, is) = (is_live(stated), is_live(states));
        if was == is {
            return Ok(());
        }
        if is == Some(false) {
            self.settled.dead.insert(id);
        } else {
            self.settled.dead.remove(&id);
        }
        if (was == Some(false)) != (is == Some(false)) {
            for key in self.settled.lines.get(&id).cloned().unwrap_or_default() {
                self.net_line(key, cause)?;
            }
        }
        if (was == Some(true)) != (is == Some(true)) {
            for sale in self.settled.sales.get(&id).cloned().unwrap_or_default() {
                if let Some(row) = self.standing(Kind::Dispensing, (sale, TextRef::NONE)) {
                    self.restate_sale(sale, row, cause)?;
                }
            }
        }
        Ok(())
    }

    /// The row that states a settlement at the moment.
    pub(super) fn stated_as(&self, id: TextRef, row: RowRef) -> RowRef {
        self.settled.marked.get(&id).map(|marked| marked.row).filter(|row| row.is_some()).unwrap_or(row)
    }
}
