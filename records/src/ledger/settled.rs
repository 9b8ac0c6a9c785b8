//! What is known of settlements beside their rows, and which lines and sales hang on one.

use std::collections::HashSet;

use foldhash::fast::FixedState;

use super::returns::Map;
use crate::arena::{RowRef, TextRef};
use crate::row::{Dispensing, FeeLine};

/// Standing settlements that name this one as their original, and its derived row.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Marked {
    /// How many.
    pub(super) withdrawn_by: u32,
    /// The derived row, if there is one.
    pub(super) row: RowRef,
}

/// What is known of settlements beside their rows.
#[derive(Debug, Default)]
pub(super) struct Settled {
    /// Those that another one names, and those with a derived row.
    pub(super) marked: Map<TextRef, Marked>,
    /// Those that stand and are not live.
    pub(super) dead: HashSet<TextRef, FixedState>,
    /// Lines as sent that name a settlement and reverse nothing.
    pub(super) lines: Map<TextRef, Vec<(TextRef, TextRef)>>,
    /// Sales that name a settlement and do not say who paid.
    pub(super) sales: Map<TextRef, Vec<TextRef>>,
}

/// Moves a key from one list to another.
fn move_key<K: Copy + PartialEq>(
    lists: &mut Map<TextRef, Vec<K>>,
    key: K,
    was: Option<TextRef>,
    is: Option<TextRef>,
) {
    if was == is {
        return;
    }
    if let Some(was) = was
        && let Some(list) = lists.get_mut(&was)
    {
        if let Some(at) = list.iter().rposition(|other| *other == key) {
            list.swap_remove(at);
        }
        if list.is_empty() {
            lists.remove(&was);
        }
    }
    if let Some(is) = is {
        lists.entry(is).or_default().push(key);
    }
}

impl Settled {
    /// Whether this is a settlement that stands and is not live.
    pub(super) fn is_dead(&self, settlement: TextRef) -> bool {
        settlement.is_some() && self.dead.contains(&settlement)
    }

    /// Follows a change of a fee line.
    pub(super) fn move_line(&mut self, key: (TextRef, TextRef), was: Option<&FeeLine>, is: Option<&FeeLine>) {
        let named = |line: Option<&FeeLine>| {
            let original = line.filter(|line| line.reverses.is_none() && line.settlement.is_some());
            original.map(|line| line.settlement)
        };
        move_key(&mut self.lines, key, named(was), named(is));
    }

    /// Follows a change of a dispensing.
    pub(super) fn move_sale(&mut self, id: TextRef, was: Option<&Dispensing>, is: Option<&Dispensing>) {
        let named = |sale: Option<&Dispensing>| {
            let asks =
                |sale: &&Dispensing| !sale.is_return && !sale.says_who_paid && sale.settlement.is_some();
            sale.filter(asks).map(|sale| sale.settlement)
        };
        move_key(&mut self.sales, id, named(was), named(is));
    }
}
