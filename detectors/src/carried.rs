//! What records that are at hand no more did to stocks, in one entry for each institution and item.
//!
//! A balance of stock counts from its opening on, however long ago that was. A service that lets old uses and purchases
//! go keeps their sums, so that what is left on the shelf is still known: every balance from the last day of such a
//! record on is as if all of them were at hand.

use std::collections::BTreeMap;

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row::{self, Day, day_of};
use serde::{Deserialize, Serialize};

use crate::classes::{Class, Classes};
use crate::detector::stock_balance::{is_used_line, is_used_sale, use_of};

/// The sums of an item at an institution; quantities in ten-thousandths, prices in fen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarriedStock {
    /// The institution.
    pub institution: TextRef,
    /// The item.
    pub item: TextRef,
    /// What was used.
    pub used: i64,
    /// The last day of a use.
    pub last_used: Day,
    /// The lowest price of a use, if any has one.
    pub lowest_price: Option<i64>,
    /// What was bought or came in otherwise, less what went out other than by use.
    pub supplied: i64,
    /// The first day of these.
    pub first_supplied: Day,
    /// Whether anything was bought.
    pub bought: bool,
}

impl CarriedStock {
    /// Nothing moved.
    pub fn new(institution: TextRef, item: TextRef) -> CarriedStock {
        CarriedStock {
            institution,
            item,
            used: 0,
            last_used: Day::MIN,
            lowest_price: None,
            supplied: 0,
            first_supplied: Day::MAX,
            bought: false,
        }
    }

    /// Takes what moved the same stock besides.
    pub fn add(&mut self, other: &CarriedStock) {
        self.used = self.used.saturating_add(other.used);
        self.last_used = self.last_used.max(other.last_used);
        self.lowest_price = self.lowest_price.into_iter().chain(other.lowest_price).min();
        self.supplied = self.supplied.saturating_add(other.supplied);
        self.first_supplied = self.first_supplied.min(other.first_supplied);
        self.bought |= other.bought;
    }
}

/// Sums by institution and item.
#[derive(Debug, Default)]
pub struct Carried(BTreeMap<(TextRef, TextRef), CarriedStock>);

impl Carried {
    /// Takes sums.
    pub fn add(&mut self, stock: &CarriedStock) {
        let (institution, item) = (stock.institution, stock.item);
        let sums = self.0.entry((institution, item));
        sums.or_insert_with(|| CarriedStock::new(institution, item)).add(stock);
    }

    /// Takes a fact that will be at hand no more, with the row of its visit if it has one. `opened` gives the day of the
    /// count that opens a stock; what moved it up to then does not count.
    pub fn take(
        &mut self,
        arena: &Arena,
        classes: &Classes,
        (fact, visit): (RowRef, Option<RowRef>),
        opened: impl Fn(TextRef, TextRef) -> Option<Day>,
    ) {
        let Some((day, stock)) = moved(arena, classes, fact, visit) else { return };
        if opened(stock.institution, stock.item).is_none_or(|opened| day > opened) {
            self.add(&stock);
        }
    }

    /// The sums, by institution and item.
    pub fn sums(&self) -> impl Iterator<Item = &CarriedStock> {
        self.0.values()
    }
}

/// What a fact does to a stock, and on which day; nothing, if it moves none.
fn moved(
    arena: &Arena,
    classes: &Classes,
    fact: RowRef,
    visit: Option<RowRef>,
) -> Option<(Day, CarriedStock)> {
    let class = visit.map(|visit| row::visit(arena, visit));
    let class: Option<Class> = class.map(|visit| classes.class(visit.med_type, day_of(visit.begin)));
    let used = |institution, item| {
        let (day, price, quantity) = use_of(arena, fact);
        let none = CarriedStock::new(institution, item);
        (day, CarriedStock { used: quantity, last_used: day, lowest_price: price, ..none })
    };
    let supplied = |(institution, item), time, quantity, bought| {
        let (day, none) = (day_of(time), CarriedStock::new(institution, item));
        (day, CarriedStock { supplied: quantity, first_supplied: day, bought, ..none })
    };
    match row::kind(arena, fact) {
        Kind::FeeLine => {
            let line = row::fee_line(arena, fact);
            let is_net = row::fee_line_place(arena, fact).is_net;
            (is_net && is_used_line(class, &line)).then(|| used(line.institution, line.item))
        }
        Kind::Dispensing => {
            let sale = row::dispensing(arena, fact);
            (!sale.is_return && sale.cnt > 0 && is_used_sale(class, &sale))
                .then(|| used(sale.institution, sale.item))
        }
        Kind::Purchase => {
            let purchase = row::purchase(arena, fact);
            let quantity = if purchase.is_return { -purchase.cnt } else { purchase.cnt };
            let of = (purchase.institution, purchase.item);
            Some(supplied(of, purchase.time, quantity, !purchase.is_return))
        }
        Kind::StockChange => {
            let change = row::stock_change(arena, fact);
            Some(supplied((change.institution, change.item), change.time, change.cnt, false))
        }
        _ => None,
    }
}
