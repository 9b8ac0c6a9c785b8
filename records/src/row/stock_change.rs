//! Movements of stock that are neither sale nor purchase.
//!
//! Words: fixmedins_code, med_list_codg, quantity, time. Of the type of movement only the direction is kept.

use super::given::{Given, Intern, RowWriter, field};
use super::layout::{header, open};
use super::render_context::RenderContext;
use crate::arena::{Arena, RowRef, TextRef};
use crate::codes::StockChangeType;
use crate::time::Moment;

header! {
    INWARD = 8..9;
    CNT_WIDE = 9..10;
    TIME_WIDE = 10..11;
}

/// Another movement of stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StockChange {
    /// chg_id
    pub id: TextRef,
    /// fixmedins_code
    pub institution: TextRef,
    /// med_list_codg
    pub item: TextRef,
    /// Signed quantity in ten-thousandths: what came in, or minus what went out.
    pub cnt: i64,
    /// inv_chg_time
    pub time: Moment,
}

/// The event time that a change states, for how late it came.
pub(super) fn sent_event_time(given: Given<'_, '_>) -> Option<Moment> {
    given.maybe(field!(StockChange."inv_chg_time"))
}

/// Writes the fields of a change into a row.
pub(super) fn write<I: Intern>(w: &mut RowWriter<'_, '_, I>) -> Result<(), I::Error> {
    w.text(field!(StockChange."fixmedins_code"))?;
    w.text(field!(StockChange."med_list_codg"))?;
    let change = StockChangeType::from_position(w.given.position(field!(StockChange."inv_chg_type")));
    w.flag(INWARD, change.is_inward());
    w.int(CNT_WIDE, field!(StockChange."cnt"));
    w.int(TIME_WIDE, field!(StockChange."inv_chg_time"));
    Ok(())
}

/// Reads a [`StockChange`].
pub fn stock_change(arena: &Arena, row: RowRef) -> StockChange {
    let (head, mut fields) = open(arena, row);
    let (institution, item) = (fields.text(), fields.text());
    let (cnt, time) = (fields.int(CNT_WIDE), fields.int(TIME_WIDE));
    let cnt = if fields.flag(INWARD) { cnt } else { -cnt };
    StockChange { id: head.key, institution, item, cnt, time }
}

/// The event time of a row.
pub(super) fn event_time(arena: &Arena, row: RowRef) -> Moment {
    stock_change(arena, row).time
}

/// Renders the fields of a row, without its key.
pub(super) fn render(arena: &Arena, row: RowRef, to: &mut RenderContext<'_>) {
    let change = stock_change(arena, row);
    to.text("fixmedins_code", change.institution);
    to.text("med_list_codg", change.item);
    // The row keeps the direction alone: what came in stands above 0, what went out below.
    to.quantity("cnt", change.cnt);
    to.moment("inv_chg_time", Some(change.time));
}
