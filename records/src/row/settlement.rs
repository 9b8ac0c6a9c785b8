//! Bills and their split between fund, account and cash.
//!
//! Words: mdtrt_id, psn_no, fixmedins_code, insutype, setl_time, fund, account, bill_code, bill_no, orig_setl_id.
//! A derived row marks that another settlement names this one as its original, or that a number of its invoice is a
//! filler; it has no fields of its own.

use super::given::{Given, Intern, RowWriter, field};
use super::layout::{RowBuilder, as_sent, header, open, open_derived};
use super::render_context::RenderContext;
use crate::Kind;
use crate::arena::{Arena, RowRef, TextRef};
use crate::decimal::format_fen;
use crate::time::Moment;

header! {
    HAS_INSUTYPE = 8..9;
    TIME_WIDE = 9..10;
    FUND_WIDE = 10..11;
    ACCOUNT_WIDE = 11..12;
    HAS_BILL_CODE = 12..13;
    HAS_BILL_NO = 13..14;
    HAS_ORIGINAL = 14..15;
    /// It is marked as a refund, or an amount of it is below zero.
    REFUNDED = 15..16;
    /// Of a derived row: another settlement names it as its original.
    WITHDRAWN = 16..17;
    /// Of a derived row: its bill_code is a filler.
    NO_BILL_CODE = 17..18;
    /// Of a derived row: its bill_no is a filler.
    NO_BILL_NO = 18..19;
}

/// A settlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// setl_id
    pub id: TextRef,
    /// mdtrt_id
    pub visit: TextRef,
    /// psn_no
    pub psn_no: TextRef,
    /// fixmedins_code
    pub institution: TextRef,
    /// insutype, if there is one.
    pub insutype: TextRef,
    /// setl_time
    pub time: Moment,
    /// fund_pay_sumamt, fen.
    pub fund: i64,
    /// acct_pay, fen.
    pub account: i64,
    /// bill_code; of a derived row none if it is a filler.
    pub bill_code: TextRef,
    /// bill_no; of a derived row none if it is a filler.
    pub bill_no: TextRef,
    /// orig_setl_id
    pub original: TextRef,
    /// Neither refunded, negative nor withdrawn by another settlement.
    pub live: bool,
}

/// The event time that a change states, for how late it came.
pub(super) fn sent_event_time(given: Given<'_, '_>) -> Option<Moment> {
    given.maybe(field!(Settlement."setl_time"))
}

/// Writes the fields of a change into a row.
pub(super) fn write<I: Intern>(w: &mut RowWriter<'_, '_, I>) -> Result<(), I::Error> {
    w.text(field!(Settlement."mdtrt_id"))?;
    w.text(field!(Settlement."psn_no"))?;
    w.text(field!(Settlement."fixmedins_code"))?;
    w.optional_text(HAS_INSUTYPE, field!(Settlement."insutype"))?;
    w.int(TIME_WIDE, field!(Settlement."setl_time"));
    w.int(FUND_WIDE, field!(Settlement."fund_pay_sumamt"));
    w.int(ACCOUNT_WIDE, field!(Settlement."acct_pay"));
    w.optional_text(HAS_BILL_CODE, field!(Settlement."bill_code"))?;
    w.optional_text(HAS_BILL_NO, field!(Settlement."bill_no"))?;
    w.optional_text(HAS_ORIGINAL, field!(Settlement."orig_setl_id"))?;
    let refunded = w.given.int(field!(Settlement."refd_setl_flag")) == 1
        || w.given.int(field!(Settlement."medfee_sumamt")) < 0
        || w.given.int(field!(Settlement."fund_pay_sumamt")) < 0;
    w.flag(REFUNDED, refunded);
    Ok(())
}

/// What stands beside a settlement and alters what of it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SettlementMarks {
    /// Another one names it as its original: it is not live.
    pub withdrawn: bool,
    /// Its bill_code is a filler.
    pub no_bill_code: bool,
    /// Its bill_no is a filler.
    pub no_bill_no: bool,
}

/// Writes the derived row of a settlement.
pub fn write_marked_settlement(row: &mut RowBuilder, sent: RowRef, marks: SettlementMarks) {
    row.start_derived(Kind::Settlement, sent);
    row.set(WITHDRAWN, u64::from(marks.withdrawn));
    row.set(NO_BILL_CODE, u64::from(marks.no_bill_code));
    row.set(NO_BILL_NO, u64::from(marks.no_bill_no));
}

/// What was marked of a settlement; nothing of a row as sent.
pub fn settlement_marks(arena: &Arena, row: RowRef) -> SettlementMarks {
    open_derived(arena, row).map_or_else(SettlementMarks::default, |(_, marks)| SettlementMarks {
        withdrawn: marks.flag(WITHDRAWN),
        no_bill_code: marks.flag(NO_BILL_CODE),
        no_bill_no: marks.flag(NO_BILL_NO),
    })
}

/// Reads a [`Settlement`], live or not.
pub fn settlement(arena: &Arena, row: RowRef) -> Settlement {
    let marks = settlement_marks(arena, row);
    let unless = |filler: bool, text: TextRef| if filler { TextRef::NONE } else { text };
    let (head, mut fields) = open(arena, as_sent(arena, row));
    // Fields of a literal are evaluated in the order in which they stand: that of the words.
    Settlement {
        id: head.key,
        visit: fields.text(),
        psn_no: fields.text(),
        institution: fields.text(),
        insutype: fields.optional_text(HAS_INSUTYPE),
        time: fields.int(TIME_WIDE),
        fund: fields.int(FUND_WIDE),
        account: fields.int(ACCOUNT_WIDE),
        bill_code: unless(marks.no_bill_code, fields.optional_text(HAS_BILL_CODE)),
        bill_no: unless(marks.no_bill_no, fields.optional_text(HAS_BILL_NO)),
        original: fields.optional_text(HAS_ORIGINAL),
        live: !marks.withdrawn && !fields.flag(REFUNDED),
    }
}

/// The event time of a row.
pub(super) fn event_time(arena: &Arena, row: RowRef) -> Moment {
    settlement(arena, row).time
}

/// Renders the fields of a row, without its key.
pub(super) fn render(arena: &Arena, row: RowRef, to: &mut RenderContext<'_>) {
    let settlement = settlement(arena, row);
    to.text("mdtrt_id", settlement.visit);
    to.text("psn_no", settlement.psn_no);
    to.text("fixmedins_code", settlement.institution);
    to.text("insutype", settlement.insutype);
    to.moment("setl_time", Some(settlement.time));
    to.put("fund_pay_sumamt", format_fen(settlement.fund));
    to.put("acct_pay", format_fen(settlement.account));
    to.text("bill_code", settlement.bill_code);
    to.text("bill_no", settlement.bill_no);
    to.text("orig_setl_id", settlement.original);
    to.flag("live", settlement.live);
}
