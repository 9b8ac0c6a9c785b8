//! What is stated without fillers: trace codes of sales, returns and purchases, the invoices of settlements.
//!
//! A record keeps its fillers, for they are its content; what is stated of it has none. Other fillers are as good as
//! other records: what has one of them is stated anew.

use std::sync::Arc;

use hashbrown::HashTable;

use super::codes::{clean_codes, clean_sale};
use super::{Ledger, Replacement};
use crate::Kind;
use crate::arena::{ArenaFull, RowRef, TextRef};
use crate::filler::Fillers;
use crate::row;

impl Ledger {
    /// As `clean_codes`, by the fillers in force.
    pub(super) fn clean_codes(&self, codes: &[TextRef]) -> Option<Vec<TextRef>> {
        clean_codes(self.names.writer.arena(), &self.fillers, codes)
    }

    pub(super) fn stand_purchase(&mut self, id: TextRef, replacement: Replacement) -> Result<(), ArenaFull> {
        let Replacement { old, new, cause } = replacement;
        let stated = self.clean_purchases.remove(&id).or(old).unwrap_or_default();
        let states = match new {
            Some(row) => self.clean_purchase(id, row)?,
            None => RowRef::NONE,
        };
        self.restate(stated, states, cause);
        Ok(())
    }

    /// The row that states a purchase: itself, or a derived one if it has fillers.
    fn clean_purchase(&mut self, id: TextRef, row: RowRef) -> Result<RowRef, ArenaFull> {
        let codes = row::purchase(self.names.writer.arena(), row).codes;
        let Some(clean) = self.clean_codes(&codes) else { return Ok(row) };
        row::write_purchase_of_codes(&mut self.row, row, &clean);
        let derived = self.names.writer.push(self.row.words())?;
        self.clean_purchases.insert(id, derived);
        Ok(derived)
    }

    /// Takes other texts for fillers; what has one of them is stated anew, its own change being the cause.
    ///
    /// # Errors
    /// [`ArenaFull`].
    pub fn set_fillers(&mut self, fillers: Fillers) -> Result<(), ArenaFull> {
        if fillers == self.fillers {
            return Ok(());
        }
        let before = std::mem::replace(&mut self.fillers, fillers);
        let standing = |ledger: &Ledger, kind: Kind| -> Vec<RowRef> {
            let arena = ledger.names.writer.arena();
            let rows = ledger.keys[kind as usize].0.iter().flat_map(HashTable::iter);
            let mut rows: Vec<RowRef> = rows.copied().filter(|row| !row::head(arena, *row).del).collect();
            // In the order in which they were written, whatever the order of the keys.
            rows.sort_unstable();
            rows
        };
        for row in standing(self, Kind::Settlement) {
            let id = row::key(self.names.writer.arena(), row).0;
            let stated = self.stated_as(id, row);
            let states = self.stated_settlement(id, row)?;
            self.restate_settlement(id, stated, states, row)?;
        }
        for row in standing(self, Kind::Purchase) {
            let id = row::key(self.names.writer.arena(), row).0;
            if self.reads_codes_otherwise(&before, &row::purchase(self.names.writer.arena(), row).codes) {
                self.stand_purchase(id, Replacement { old: Some(row), new: Some(row), cause: row })?;
            }
        }
        // A return may belong to another sale now: it goes with its old codes and comes with the new ones.
        let arena = Arc::clone(self.names.writer.arena());
        for row in standing(self, Kind::Dispensing) {
            let sent = row::dispensing(&arena, row);
            if self.reads_codes_otherwise(&before, &sent.codes) {
                let was = (row, clean_sale(&arena, &before, row));
                let is = (row, clean_sale(&arena, &self.fillers, row));
                self.change_dispensing(sent.id, Some(&was), Some(&is), row)?;
            }
        }
        Ok(())
    }

    /// Whether other codes of these are fillers than before.
    fn reads_codes_otherwise(&self, before: &Fillers, codes: &[TextRef]) -> bool {
        let arena = self.names.writer.arena();
        clean_codes(arena, before, codes) != clean_codes(arena, &self.fillers, codes)
    }
}
