//! Fee lines: one item on one bill, as sent or with its reversals netted.
//!
//! Words: psn_no, fixmedins_code, med_list_codg; time, quantity, price, amount and fund (1 or 2 each); the texts that
//! are there; the delay. A derived row holds quantity, amount and fund (2 each) as its reversals and its settlement
//! leave them.
//! Fee lines are most of all rows, so what decides where one is put ([`fee_line_place`]) is read by position.

use super::given::{Given, Intern, RowWriter, field};
use super::layout::{Bits, EXTENDED, REV_WIDE, RowBuilder, as_sent, header, low, open, open_derived};
use super::render_context::RenderContext;
use crate::Kind;
use crate::arena::{Arena, RowRef, TextRef, Word};
use crate::codes::{ChargeType, ListType};
use crate::decimal::{format_fen, format_scaled};
use crate::time::Moment;

header! {
    TIME_WIDE = 8..9;
    CNT_WIDE = 9..10;
    PRICE_WIDE = 10..11;
    AMOUNT_WIDE = 11..12;
    FUND_WIDE = 12..13;
    HAS_REVERSES = 13..14;
    HAS_SETTLEMENT = 14..15;
    HAS_RX = 15..16;
    HAS_DELAY = 16..17;
    DELAY_WIDE = 17..18;
    /// One more than the position of its charge type, 0 if there is none.
    CHARGE = 18..22;
    /// Quantity times price is not exactly the amount.
    DOUBTFUL = 22..23;
    HAS_DOCTOR = 26..27;
    HAS_FUND = 27..28;
    /// Of a derived row: reversals are netted into it.
    NETTED = 28..29;
    /// Of a derived row: its settlement stands and is not live.
    UNSETTLED = 29..30;
    LIST_TYPE = 30..32;
}

/// A fee line: as sent, or with its reversals netted and its settlement looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeLine {
    /// mdtrt_id
    pub visit: TextRef,
    /// feedetl_sn
    pub sn: TextRef,
    /// psn_no
    pub psn_no: TextRef,
    /// fixmedins_code
    pub institution: TextRef,
    /// med_list_codg
    pub item: TextRef,
    /// fee_ocur_time
    pub time: Moment,
    /// Quantity in ten-thousandths.
    pub cnt: i64,
    /// Price in millionths of a yuan.
    pub price: i64,
    /// det_item_fee_sumamt, fen.
    pub amount: i64,
    /// fund_amt, fen; 0 if absent, and of a line whose settlement is not live.
    pub fund: i64,
    /// fund_amt is there.
    pub has_fund: bool,
    /// Its setl_id names a standing settlement that is not live.
    pub unsettled: bool,
    /// init_feedetl_sn: what this line reverses.
    pub reverses: TextRef,
    /// setl_id
    pub settlement: TextRef,
    /// rx_id
    pub rx: TextRef,
    /// list_type
    pub list_type: ListType,
    /// med_chrgitm_type
    pub charge: Option<ChargeType>,
    /// recv_time less fee_ocur_time, seconds.
    pub delay: Option<i64>,
    /// bilg_dr_codg, if there is one.
    pub doctor: TextRef,
}

impl FeeLine {
    /// Whether rules see it: an original of which something is left.
    pub fn is_net(&self) -> bool {
        self.reverses.is_none() && self.cnt > 0
    }
    /// Whether it is known that the fund paid nothing of it; of a line without a fund_amt it is not known.
    pub fn is_unpaid(&self) -> bool {
        self.unsettled || (self.has_fund && self.fund <= 0)
    }
    /// Drug or herb.
    pub fn is_drug(&self) -> bool {
        self.list_type.is_drug()
    }
}

const _: () = assert!(LIST_TYPE.hold(ListType::ALL.len()));
const _: () = assert!(CHARGE.hold(ChargeType::ALL.len() + 1));

/// What the header keeps of a med_chrgitm_type.
fn charge_bits(code: &str) -> u64 {
    if code.is_empty() { 0 } else { ChargeType::from_code(code).unwrap_or(ChargeType::Unlisted) as u64 + 1 }
}

/// The event time that a change states, for how late it came.
pub(super) fn sent_event_time(given: Given<'_, '_>) -> Option<Moment> {
    given.maybe(field!(FeeLine."fee_ocur_time"))
}

/// Writes the fields of a change into a row.
pub(super) fn write<I: Intern>(w: &mut RowWriter<'_, '_, I>) -> Result<(), I::Error> {
    let given = w.given;
    w.text(field!(FeeLine."psn_no"))?;
    w.text(field!(FeeLine."fixmedins_code"))?;
    w.text(field!(FeeLine."med_list_codg"))?;
    w.int(TIME_WIDE, field!(FeeLine."fee_ocur_time"));
    w.int(CNT_WIDE, field!(FeeLine."cnt"));
    w.int(PRICE_WIDE, field!(FeeLine."pric"));
    w.int(AMOUNT_WIDE, field!(FeeLine."det_item_fee_sumamt"));
    w.int(FUND_WIDE, field!(FeeLine."fund_amt"));
    w.flag(HAS_FUND, given.maybe(field!(FeeLine."fund_amt")).is_some());
    w.optional_text(HAS_REVERSES, field!(FeeLine."init_feedetl_sn"))?;
    w.optional_text(HAS_SETTLEMENT, field!(FeeLine."setl_id"))?;
    w.optional_text(HAS_RX, field!(FeeLine."rx_id"))?;
    w.row.set(LIST_TYPE, u64::from(given.position(field!(FeeLine."list_type"))));
    w.row.set(CHARGE, charge_bits(given.text(field!(FeeLine."med_chrgitm_type"))));
    // Quantities have 4 places, prices 6, amounts 2.
    let exact = i128::from(given.int(field!(FeeLine."cnt"))) * i128::from(given.int(field!(FeeLine."pric")));
    let amount = i128::from(given.int(field!(FeeLine."det_item_fee_sumamt"))) * 100_000_000;
    w.flag(DOUBTFUL, exact != amount);
    let delay = given.change.recv_time.map(|received| received - given.int(field!(FeeLine."fee_ocur_time")));
    w.optional_int(HAS_DELAY, DELAY_WIDE, delay);
    w.optional_text(HAS_DOCTOR, field!(FeeLine."bilg_dr_codg"))?;
    Ok(())
}

/// What stands beside a fee line and alters what of it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetLine {
    /// Quantity in ten-thousandths, with its reversals'.
    pub cnt: i64,
    /// det_item_fee_sumamt, fen, with its reversals'.
    pub amount: i64,
    /// fund_amt, fen, with its reversals'.
    pub fund: i64,
    /// Whether it has reversals.
    pub netted: bool,
    /// Whether its setl_id names a standing settlement that is not live.
    pub unsettled: bool,
}

/// Writes the derived row of a fee line.
pub fn write_net_line(row: &mut RowBuilder, sent: RowRef, net: NetLine) {
    row.start_derived(Kind::FeeLine, sent);
    for value in [net.cnt, net.amount, net.fund] {
        row.wide(value);
    }
    row.set(NETTED, u64::from(net.netted));
    row.set(UNSETTLED, u64::from(net.unsettled));
}

/// Reads a [`FeeLine`], as sent or netted.
pub fn fee_line(arena: &Arena, row: RowRef) -> FeeLine {
    let (sent, net, unsettled) = match open_derived(arena, row) {
        None => (row, None, false),
        Some((sent, mut net)) => (sent, Some((net.wide(), net.wide(), net.wide())), net.flag(UNSETTLED)),
    };
    let (head, mut fields) = open(arena, sent);
    let (psn_no, institution, item) = (fields.text(), fields.text(), fields.text());
    let time = fields.int(TIME_WIDE);
    let cnt = fields.int(CNT_WIDE);
    let price = fields.int(PRICE_WIDE);
    let amount = fields.int(AMOUNT_WIDE);
    let fund = fields.int(FUND_WIDE);
    let (cnt, amount, fund) = net.unwrap_or((cnt, amount, fund));
    let fund = if unsettled { 0 } else { fund };
    FeeLine {
        visit: head.key,
        sn: head.key2,
        psn_no,
        institution,
        item,
        time,
        cnt,
        price,
        amount,
        fund,
        has_fund: fields.flag(HAS_FUND),
        unsettled,
        // From here on the fields are read in the order in which they stand.
        reverses: fields.optional_text(HAS_REVERSES),
        settlement: fields.optional_text(HAS_SETTLEMENT),
        rx: fields.optional_text(HAS_RX),
        list_type: ListType::from_position(fields.bits(LIST_TYPE)),
        charge: fields.bits(CHARGE).checked_sub(1).map(ChargeType::from_position),
        delay: fields.flag(HAS_DELAY).then(|| fields.int(DELAY_WIDE)),
        doctor: fields.optional_text(HAS_DOCTOR),
    }
}

/// The institution of a fee line, read without the rest.
pub fn fee_line_institution(arena: &Arena, row: RowRef) -> TextRef {
    let (_, mut fields) = open(arena, as_sent(arena, row));
    fields.skip(1);
    fields.text()
}

/// The item of a fee line, read without the rest.
pub(super) fn item(arena: &Arena, row: RowRef) -> TextRef {
    let (_, mut fields) = open(arena, as_sent(arena, row));
    fields.skip(2);
    fields.text()
}

/// The event time of a row.
pub(super) fn event_time(arena: &Arena, row: RowRef) -> Moment {
    let (_, mut fields) = open(arena, as_sent(arena, row));
    fields.skip(3);
    fields.int(TIME_WIDE)
}

/// What of a fee line decides where it is put: visit, prescription, and whether rules see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeLinePlace {
    /// mdtrt_id
    pub visit: TextRef,
    /// feedetl_sn
    pub sn: TextRef,
    /// init_feedetl_sn: what this line reverses.
    pub reverses: TextRef,
    /// rx_id
    pub rx: TextRef,
    /// As [`FeeLine::is_net`].
    pub is_net: bool,
    /// Reversals are netted into it.
    pub is_netted: bool,
    /// As sent, its quantity times its price is not exactly its amount.
    pub is_doubtful: bool,
}

/// Flags of the numbers before the texts, as they stand in the first header word.
const WIDE_NUMBERS: u32 =
    low(TIME_WIDE.mask() | CNT_WIDE.mask() | PRICE_WIDE.mask() | AMOUNT_WIDE.mask() | FUND_WIDE.mask());

/// Reads where a fee line is put, without the rest of it.
pub fn fee_line_place(arena: &Arena, row: RowRef) -> FeeLinePlace {
    let sent = as_sent(arena, row);
    let word = arena.word(sent, 0);
    let header = u64::from(word);
    let extra = |flag: Bits| u32::from(flag.is_set(header));
    let text = |nth| TextRef::from_word(arena.word(sent, nth));
    // Key, key 2, rev, hash, more header; person, institution, item; the numbers, each of one word or two; the texts.
    let numbers = 6 + extra(REV_WIDE) + extra(EXTENDED) + 3;
    let cnt_at = numbers + 1 + extra(TIME_WIDE);
    let texts = numbers + 5 + (word & WIDE_NUMBERS).count_ones();
    let rx_at = texts + extra(HAS_REVERSES) + extra(HAS_SETTLEMENT);
    let reverses = if HAS_REVERSES.is_set(header) { text(texts) } else { TextRef::NONE };
    let rx = if HAS_RX.is_set(header) { text(rx_at) } else { TextRef::NONE };
    let cnt_is_positive = if row != sent {
        // The netted quantity is the first of the derived row's numbers, low word first.
        let (low, high) = (arena.word(row, 2), arena.word(row, 3));
        high.cast_signed() > 0 || (high == 0 && low > 0)
    } else if CNT_WIDE.is_set(header) {
        arena.word(sent, cnt_at + 1).cast_signed() >= 0
    } else {
        arena.word(sent, cnt_at).cast_signed() > 0
    };
    FeeLinePlace {
        visit: text(1),
        sn: text(2),
        reverses,
        rx,
        is_net: !HAS_REVERSES.is_set(header) && cnt_is_positive,
        is_netted: row != sent && NETTED.is_set(u64::from(arena.word(row, 0))),
        is_doubtful: DOUBTFUL.is_set(header),
    }
}

/// Renders the fields of a row, without its key.
pub(super) fn render(arena: &Arena, row: RowRef, to: &mut RenderContext<'_>) {
    let line = fee_line(arena, row);
    to.text("init_feedetl_sn", line.reverses);
    to.text("setl_id", line.settlement);
    to.text("psn_no", line.psn_no);
    to.text("fixmedins_code", line.institution);
    to.moment("fee_ocur_time", Some(line.time));
    to.text("med_list_codg", line.item);
    to.put("list_type", line.list_type.code());
    if let Some(charge) = line.charge {
        to.put("med_chrgitm_type", charge.code());
    }
    to.quantity("cnt", line.cnt);
    to.put("pric", format_scaled(line.price, 6));
    to.put("det_item_fee_sumamt", format_fen(line.amount));
    to.put("fund_amt", format_fen(line.fund));
    to.text("rx_id", line.rx);
    to.text("bilg_dr_codg", line.doctor);
    to.moment("recv_time", line.delay.map(|delay| line.time.saturating_add(delay)));
}
