//! What entered an institution's stock: purchases and their returns.
//!
//! Words: fixmedins_code, med_list_codg, quantity, time, the number of trace codes and the codes. A derived row holds the
//! codes without fillers.

use super::given::{Given, Intern, RowWriter, field, length};
use super::layout::{RowBuilder, header, open, open_derived};
use super::render_context::RenderContext;
use crate::Kind;
use crate::arena::{Arena, RowRef, TextRef};
use crate::codes::PurchaseMove;
use crate::time::Moment;

header! {
    RETURN = 8..9;
    CNT_WIDE = 9..10;
    TIME_WIDE = 10..11;
}

/// A purchase or its return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purchase {
    /// purc_id
    pub id: TextRef,
    /// move is `return`.
    pub is_return: bool,
    /// fixmedins_code
    pub institution: TextRef,
    /// med_list_codg
    pub item: TextRef,
    /// Quantity in ten-thousandths.
    pub cnt: i64,
    /// stoin_time
    pub time: Moment,
    /// Trace codes in the order given; repeats stay, and in a row as sent fillers too.
    pub codes: Vec<TextRef>,
}

/// The event time that a change states, for how late it came.
pub(super) fn sent_event_time(given: Given<'_, '_>) -> Option<Moment> {
    given.maybe(field!(Purchase."stoin_time"))
}

/// Writes the fields of a change into a row.
pub(super) fn write<I: Intern>(w: &mut RowWriter<'_, '_, I>) -> Result<(), I::Error> {
    let moved = PurchaseMove::from_position(w.given.position(field!(Purchase."move")));
    w.flag(RETURN, moved == PurchaseMove::Return);
    w.text(field!(Purchase."fixmedins_code"))?;
    w.text(field!(Purchase."med_list_codg"))?;
    w.int(CNT_WIDE, field!(Purchase."cnt"));
    w.int(TIME_WIDE, field!(Purchase."stoin_time"));
    w.texts(field!(Purchase."trace_codes"))?;
    Ok(())
}

/// Writes the derived row of a purchase some of whose trace codes are fillers: those that are not.
pub fn write_purchase_of_codes(row: &mut RowBuilder, sent: RowRef, codes: &[TextRef]) {
    row.start_derived(Kind::Purchase, sent);
    row.word(length(codes.len()));
    for code in codes {
        row.text(*code);
    }
}

/// Reads a [`Purchase`]; a derived one has no fillers.
pub fn purchase(arena: &Arena, row: RowRef) -> Purchase {
    if let Some((sent, mut left)) = open_derived(arena, row) {
        return Purchase { codes: left.texts(), ..purchase(arena, sent) };
    }
    let (head, mut fields) = open(arena, row);
    let (institution, item) = (fields.text(), fields.text());
    let (cnt, time) = (fields.int(CNT_WIDE), fields.int(TIME_WIDE));
    Purchase {
        id: head.key,
        is_return: fields.flag(RETURN),
        institution,
        item,
        cnt,
        time,
        codes: fields.texts(),
    }
}

/// The event time of a row.
pub(super) fn event_time(arena: &Arena, row: RowRef) -> Moment {
    purchase(arena, row).time
}

/// Renders the fields of a row, without its key.
pub(super) fn render(arena: &Arena, row: RowRef, to: &mut RenderContext<'_>) {
    let purchase = purchase(arena, row);
    let moved = if purchase.is_return { PurchaseMove::Return } else { PurchaseMove::Purchase };
    to.put("move", moved.code());
    to.text("fixmedins_code", purchase.institution);
    to.text("med_list_codg", purchase.item);
    to.quantity("cnt", purchase.cnt);
    to.moment("stoin_time", Some(purchase.time));
    to.codes("trace_codes", &purchase.codes);
}
