//! Which sale a return of goods belongs to.
//!
//! A return that names its sale (`return_of`) belongs to that one. A *loose* return belongs to the latest sale
//! by (sel_time, sel_id) of the same institution and item, not later than itself, that shares a trace code.
//! The index of sales by trace code is built when the first loose return comes: most feeds never need it.

use std::collections::HashMap;

use crate::arena::{Arena, RowRef, TextRef};
use crate::row::Dispensing;
use foldhash::fast::FixedState;

/// A hash map whose order never reaches an output.
pub(super) type Map<K, V> = HashMap<K, V, FixedState>;

/// Returns by the sale they belong to.
#[derive(Debug, Default)]
pub(super) struct Returns {
    by_sale: Map<TextRef, Vec<TextRef>>,
    /// Derived rows of sales that have returns.
    net: Map<TextRef, RowRef>,
    /// Loose returns and the sale each is taken off, if there is one.
    loose: Map<TextRef, (Dispensing, TextRef)>,
    loose_by_code: Map<TextRef, Vec<TextRef>>,
    sales_by_code: Option<Map<TextRef, Vec<TextRef>>>,
}

fn is_loose(record: &Dispensing) -> bool {
    record.is_return && record.return_of.is_none()
}

fn distinct(codes: &[TextRef]) -> Vec<TextRef> {
    let mut codes = codes.to_vec();
    codes.sort_unstable();
    codes.dedup();
    codes
}

fn drop_from(map: &mut Map<TextRef, Vec<TextRef>>, key: TextRef, value: TextRef) {
    if let Some(values) = map.get_mut(&key) {
        values.retain(|other| *other != value);
        if values.is_empty() {
            map.remove(&key);
        }
    }
}

impl Returns {
    /// Returns that belong to a sale, standing or not.
    pub(super) fn of(&self, sale: TextRef) -> &[TextRef] {
        self.by_sale.get(&sale).map_or(&[], Vec::as_slice)
    }

    /// Forgets and returns the derived row of a sale.
    pub(super) fn forget_net(&mut self, sale: TextRef) -> Option<RowRef> {
        self.net.remove(&sale)
    }

    /// Keeps the derived row of a sale.
    pub(super) fn remember_net(&mut self, sale: TextRef, row: RowRef) {
        self.net.insert(sale, row);
    }

    /// Whether this is the first loose return.
    pub(super) fn needs_index(&self, is: Option<&Dispensing>) -> bool {
        self.sales_by_code.is_none() && is.is_some_and(is_loose)
    }

    /// Builds the index of sales by trace code.
    pub(super) fn build_index<'a>(&mut self, records: impl Iterator<Item = &'a Dispensing>) {
        let mut index: Map<TextRef, Vec<TextRef>> = Map::default();
        for sale in records.filter(|record| !record.is_return) {
            for code in distinct(&sale.codes) {
                index.entry(code).or_default().push(sale.id);
            }
        }
        self.sales_by_code = Some(index);
    }

    /// Follows a change of one record; returns the sales whose returns changed.
    pub(super) fn change(
        &mut self,
        arena: &Arena,
        was: Option<&Dispensing>,
        is: Option<&Dispensing>,
        look: &impl Fn(TextRef) -> Option<Dispensing>,
    ) -> Vec<TextRef> {
        let mut touched = Vec::new();
        if let Some(was) = was {
            self.take_out(was, &mut touched);
        }
        if let Some(is) = is {
            self.put_in(is, &mut touched);
        }
        // A sale that came, went or moved may be the better or the lost home of loose returns.
        let mut homeless: Vec<TextRef> = Vec::new();
        for record in [was, is].into_iter().flatten() {
            if is_loose(record) {
                homeless.push(record.id);
            } else if !record.is_return {
                for code in distinct(&record.codes) {
                    homeless.extend(self.loose_by_code.get(&code).into_iter().flatten());
                }
            }
        }
        homeless.sort_unstable();
        homeless.dedup();
        for back in homeless {
            self.house(arena, back, look, &mut touched);
        }
        touched.sort_unstable();
        touched.dedup();
        touched
    }

    fn take_out(&mut self, record: &Dispensing, touched: &mut Vec<TextRef>) {
        if is_loose(record) {
            if let Some((_, home)) = self.loose.remove(&record.id) {
                drop_from(&mut self.by_sale, home, record.id);
                touched.push(home);
            }
            for code in distinct(&record.codes) {
                drop_from(&mut self.loose_by_code, code, record.id);
            }
        } else if record.is_return {
            drop_from(&mut self.by_sale, record.return_of, record.id);
            touched.push(record.return_of);
        } else if let Some(index) = &mut self.sales_by_code {
            for code in distinct(&record.codes) {
                drop_from(index, code, record.id);
            }
        }
    }

    fn put_in(&mut self, record: &Dispensing, touched: &mut Vec<TextRef>) {
        if is_loose(record) {
            self.loose.insert(record.id, (record.clone(), TextRef::NONE));
            for code in distinct(&record.codes) {
                self.loose_by_code.entry(code).or_default().push(record.id);
            }
        } else if record.is_return {
            self.by_sale.entry(record.return_of).or_default().push(record.id);
            touched.push(record.return_of);
        } else if let Some(index) = &mut self.sales_by_code {
            for code in distinct(&record.codes) {
                index.entry(code).or_default().push(record.id);
            }
        }
    }

    /// Finds the sale of a loose return anew.
    fn house(
        &mut self,
        arena: &Arena,
        back: TextRef,
        look: &impl Fn(TextRef) -> Option<Dispensing>,
        touched: &mut Vec<TextRef>,
    ) {
        let Some((record, home)) = self.loose.get(&back) else { return };
        let home = *home;
        let empty = Vec::new();
        let latest = self
            .sales_by_code
            .iter()
            .flat_map(|index| record.codes.iter().map(|code| index.get(code).unwrap_or(&empty)))
            .flatten()
            .filter_map(|sale| look(*sale))
            .filter(|sale| {
                !sale.is_return
                    && sale.institution == record.institution
                    && sale.item == record.item
                    && sale.time <= record.time
            })
            .max_by(|a, b| a.time.cmp(&b.time).then_with(|| arena.compare(a.id, b.id)))
            .map_or(TextRef::NONE, |sale| sale.id);
        if latest != home {
            drop_from(&mut self.by_sale, home, back);
            if latest.is_some() {
                self.by_sale.entry(latest).or_default().push(back);
            }
            touched.extend([home, latest]);
            if let Some((_, home)) = self.loose.get_mut(&back) {
                *home = latest;
            }
        }
    }
}
