//! Invoices as the tax register knows them.
//!
//! Words: fixmedins_code where it is there, time.

use super::given::{Given, Intern, RowWriter, field};
use super::layout::{header, open};
use super::render_context::RenderContext;
use crate::arena::{Arena, RowRef, TextRef};
use crate::time::Moment;

header! {
    HAS_INSTITUTION = 8..9;
    TIME_WIDE = 9..10;
}

/// An invoice of the tax register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invoice {
    /// bill_code
    pub bill_code: TextRef,
    /// bill_no
    pub bill_no: TextRef,
    /// fixmedins_code, if there is one.
    pub institution: TextRef,
    /// issue_time
    pub time: Moment,
}

/// The event time that a change states, for how late it came.
pub(super) fn sent_event_time(given: Given<'_, '_>) -> Option<Moment> {
    given.maybe(field!(Invoice."issue_time"))
}

/// Writes the fields of a change into a row.
pub(super) fn write<I: Intern>(w: &mut RowWriter<'_, '_, I>) -> Result<(), I::Error> {
    w.optional_text(HAS_INSTITUTION, field!(Invoice."fixmedins_code"))?;
    w.int(TIME_WIDE, field!(Invoice."issue_time"));
    Ok(())
}

/// Reads an [`Invoice`].
pub fn invoice(arena: &Arena, row: RowRef) -> Invoice {
    let (head, mut fields) = open(arena, row);
    let institution = fields.optional_text(HAS_INSTITUTION);
    Invoice { bill_code: head.key, bill_no: head.key2, institution, time: fields.int(TIME_WIDE) }
}

/// The event time of a row.
pub(super) fn event_time(arena: &Arena, row: RowRef) -> Moment {
    invoice(arena, row).time
}

/// Renders the fields of a row, without its key.
pub(super) fn render(arena: &Arena, row: RowRef, to: &mut RenderContext<'_>) {
    let invoice = invoice(arena, row);
    to.text("fixmedins_code", invoice.institution);
    to.moment("issue_time", Some(invoice.time));
}
