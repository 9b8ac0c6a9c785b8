//! Counts of what lies on the shelf at the end of a day.
//!
//! Words: fixmedins_code, med_list_codg, quantity, day.

use super::given::{Given, Intern, RowWriter, field};
use super::layout::{header, open};
use super::render_context::RenderContext;
use crate::arena::{Arena, RowRef, TextRef};
use crate::time::{DAY_SECONDS, Day, Moment};

header! {
    CNT_WIDE = 8..9;
    DAY_WIDE = 9..10;
}

/// A stock count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StockCount {
    /// cnt_id
    pub id: TextRef,
    /// fixmedins_code
    pub institution: TextRef,
    /// med_list_codg
    pub item: TextRef,
    /// Quantity in ten-thousandths.
    pub cnt: i64,
    /// The day at whose end it was counted.
    pub day: Day,
}

/// The event time that a change states, for how late it came.
pub(super) fn sent_event_time(given: Given<'_, '_>) -> Option<Moment> {
    given.maybe(field!(StockCount."invdate")).map(|day| day * DAY_SECONDS)
}

/// Writes the fields of a change into a row.
pub(super) fn write<I: Intern>(w: &mut RowWriter<'_, '_, I>) -> Result<(), I::Error> {
    w.text(field!(StockCount."fixmedins_code"))?;
    w.text(field!(StockCount."med_list_codg"))?;
    w.int(CNT_WIDE, field!(StockCount."inv_cnt"));
    w.int(DAY_WIDE, field!(StockCount."invdate"));
    Ok(())
}

/// Reads a [`StockCount`].
pub fn stock_count(arena: &Arena, row: RowRef) -> StockCount {
    let (head, mut fields) = open(arena, row);
    let (institution, item) = (fields.text(), fields.text());
    StockCount { id: head.key, institution, item, cnt: fields.int(CNT_WIDE), day: fields.int_day(DAY_WIDE) }
}

/// The event time of a row.
pub(super) fn event_time(arena: &Arena, row: RowRef) -> Moment {
    i64::from(stock_count(arena, row).day) * DAY_SECONDS
}

/// Renders the fields of a row, without its key.
pub(super) fn render(arena: &Arena, row: RowRef, to: &mut RenderContext<'_>) {
    let count = stock_count(arena, row);
    to.text("fixmedins_code", count.institution);
    to.text("med_list_codg", count.item);
    to.quantity("inv_cnt", count.cnt);
    to.day("invdate", Some(count.day));
}
