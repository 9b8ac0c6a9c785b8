//! What left a pharmacy: sales and returns.
//!
//! Words: return_of, fixmedins_code, med_list_codg, quantity, time, price, setl_id, mdtrt_id, psn_no, rx_id, expiry, the
//! number of trace codes and the codes. A derived row holds the quantity (2) and the trace codes that its returns leave,
//! fillers left out, and whether its settlement makes it an insured sale.

use super::given::length;
use super::given::{Given, Intern, RowWriter, field};
use super::layout::{RowBuilder, header, open, open_derived};
use super::render_context::RenderContext;
use crate::Kind;
use crate::arena::{Arena, RowRef, TextRef};
use crate::codes::DispensingMove;
use crate::decimal::format_scaled;
use crate::time::{Day, Moment};

header! {
    RETURN = 8..9;
    HAS_RETURN_OF = 9..10;
    CNT_WIDE = 10..11;
    TIME_WIDE = 11..12;
    HAS_PRICE = 12..13;
    PRICE_WIDE = 13..14;
    HAS_VISIT = 14..15;
    HAS_PSN_NO = 15..16;
    HAS_RX = 16..17;
    INSURED = 17..18;
    SPLIT = 18..19;
    NEEDS_RX = 19..20;
    EXPIRES = 20..21;
    HAS_SETTLEMENT = 21..22;
    /// mdtrt_setl_type says who paid.
    SAYS_WHO_PAID = 22..23;
    /// Of a derived row: it says not who paid, and its settlement is live.
    BY_SETTLEMENT = 26..27;
}

/// A sale or a return of goods; a sale may have its returns taken off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispensing {
    /// sel_id
    pub id: TextRef,
    /// move is `return`.
    pub is_return: bool,
    /// return_of
    pub return_of: TextRef,
    /// fixmedins_code
    pub institution: TextRef,
    /// med_list_codg
    pub item: TextRef,
    /// Quantity in ten-thousandths.
    pub cnt: i64,
    /// sel_time
    pub time: Moment,
    /// finl_trns_pric in millionths of a yuan.
    pub price: Option<i64>,
    /// setl_id
    pub settlement: TextRef,
    /// mdtrt_id
    pub visit: TextRef,
    /// psn_no
    pub psn_no: TextRef,
    /// rx_id
    pub rx: TextRef,
    /// The fund paid: mdtrt_setl_type is `1`, or it is absent and setl_id names a live settlement.
    pub insured: bool,
    /// mdtrt_setl_type is there.
    pub says_who_paid: bool,
    /// trdn_flag is 1: the pack was split.
    pub split: bool,
    /// rx_flag is 1: it needs a prescription.
    pub needs_rx: bool,
    /// expy_end
    pub expires: Option<Day>,
    /// Trace codes in the order given; repeats stay, and in a row as sent fillers too.
    pub codes: Vec<TextRef>,
}

/// The event time that a change states, for how late it came.
pub(super) fn sent_event_time(given: Given<'_, '_>) -> Option<Moment> {
    given.maybe(field!(Dispensing."sel_time"))
}

/// Writes the fields of a change into a row.
pub(super) fn write<I: Intern>(w: &mut RowWriter<'_, '_, I>) -> Result<(), I::Error> {
    let given = w.given;
    let moved = DispensingMove::from_position(given.position(field!(Dispensing."move")));
    w.flag(RETURN, moved == DispensingMove::Return);
    w.optional_text(HAS_RETURN_OF, field!(Dispensing."return_of"))?;
    w.text(field!(Dispensing."fixmedins_code"))?;
    w.text(field!(Dispensing."med_list_codg"))?;
    w.int(CNT_WIDE, field!(Dispensing."cnt"));
    w.int(TIME_WIDE, field!(Dispensing."sel_time"));
    w.optional_int(HAS_PRICE, PRICE_WIDE, given.maybe(field!(Dispensing."finl_trns_pric")));
    w.optional_text(HAS_SETTLEMENT, field!(Dispensing."setl_id"))?;
    w.optional_text(HAS_VISIT, field!(Dispensing."mdtrt_id"))?;
    w.optional_text(HAS_PSN_NO, field!(Dispensing."psn_no"))?;
    w.optional_text(HAS_RX, field!(Dispensing."rx_id"))?;
    w.flag(INSURED, given.text(field!(Dispensing."mdtrt_setl_type")) == "1");
    w.flag(SAYS_WHO_PAID, !given.text(field!(Dispensing."mdtrt_setl_type")).is_empty());
    w.flag(SPLIT, given.int(field!(Dispensing."trdn_flag")) == 1);
    w.flag(NEEDS_RX, given.int(field!(Dispensing."rx_flag")) == 1);
    w.optional_day(EXPIRES, field!(Dispensing."expy_end"));
    w.texts(field!(Dispensing."trace_codes"))?;
    Ok(())
}

/// Writes the derived row of a sale: what its returns left of it, without fillers, and whether its settlement makes it
/// an insured sale where it does not say who paid.
pub fn write_net_sale(row: &mut RowBuilder, sent: RowRef, cnt: i64, codes: &[TextRef], by_settlement: bool) {
    row.start_derived(Kind::Dispensing, sent);
    row.set(BY_SETTLEMENT, u64::from(by_settlement));
    row.wide(cnt);
    row.word(length(codes.len()));
    for code in codes {
        row.text(*code);
    }
}

/// Reads a [`Dispensing`]; a sale with returns has what is left of it, a derived one no fillers.
pub fn dispensing(arena: &Arena, row: RowRef) -> Dispensing {
    if let Some((sent, mut net)) = open_derived(arena, row) {
        let mut sale = dispensing(arena, sent);
        sale.cnt = net.wide();
        sale.codes = net.texts();
        sale.insured |= net.flag(BY_SETTLEMENT);
        return sale;
    }
    let (head, mut fields) = open(arena, row);
    // Fields of a literal are evaluated in the order in which they stand: that of the words.
    Dispensing {
        id: head.key,
        is_return: fields.flag(RETURN),
        return_of: fields.optional_text(HAS_RETURN_OF),
        institution: fields.text(),
        item: fields.text(),
        cnt: fields.int(CNT_WIDE),
        time: fields.int(TIME_WIDE),
        price: fields.flag(HAS_PRICE).then(|| fields.int(PRICE_WIDE)),
        settlement: fields.optional_text(HAS_SETTLEMENT),
        visit: fields.optional_text(HAS_VISIT),
        psn_no: fields.optional_text(HAS_PSN_NO),
        rx: fields.optional_text(HAS_RX),
        insured: fields.flag(INSURED),
        says_who_paid: fields.flag(SAYS_WHO_PAID),
        split: fields.flag(SPLIT),
        needs_rx: fields.flag(NEEDS_RX),
        expires: fields.flag(EXPIRES).then(|| fields.day()),
        codes: fields.texts(),
    }
}

/// The event time of a row.
pub(super) fn event_time(arena: &Arena, row: RowRef) -> Moment {
    dispensing(arena, row).time
}

/// Renders the fields of a row, without its key.
pub(super) fn render(arena: &Arena, row: RowRef, to: &mut RenderContext<'_>) {
    let sale = dispensing(arena, row);
    let moved = if sale.is_return { DispensingMove::Return } else { DispensingMove::Sale };
    to.put("move", moved.code());
    to.text("return_of", sale.return_of);
    to.text("fixmedins_code", sale.institution);
    to.text("med_list_codg", sale.item);
    to.quantity("cnt", sale.cnt);
    to.moment("sel_time", Some(sale.time));
    if let Some(price) = sale.price {
        to.put("finl_trns_pric", format_scaled(price, 6));
    }
    to.text("setl_id", sale.settlement);
    to.text("mdtrt_id", sale.visit);
    to.text("psn_no", sale.psn_no);
    to.text("rx_id", sale.rx);
    to.flag("rx_flag", sale.needs_rx);
    to.put("mdtrt_setl_type", if sale.insured { "1" } else { "-" });
    to.flag("trdn_flag", sale.split);
    to.day("expy_end", sale.expires);
    to.codes("trace_codes", &sale.codes);
}
