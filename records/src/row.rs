//! Rows: what the rules need of a record, packed into words of the [`arena`](crate::arena).
//!
//! A row *as sent* is `header, key, [key 2], rev, content hash, fields`; it is written once and never changed.
//! A *derived* row stands on one: a fee line with its reversals netted, a sale with its returns taken off, a
//! settlement that another one withdrew. Both are read back as the same nouns, so that who reads a fee line
//! need not know which it was.
//!
//! Small numbers take one word and wide ones two, told apart by a bit of the header.

use crate::Kind;
use crate::arena::{Arena, Reader, Ref};
use crate::decode::{Change, Op, Value};
use crate::schema::{fields, position};

const DERIVED: u32 = 1 << 4;
const DEL: u32 = 1 << 5;
const REV_WIDE: u32 = 1 << 6;
/// First bit of the header that belongs to the kind.
const OWN: u32 = 8;

/// Moment in seconds since 1970-01-01 00:00:00 China Standard Time.
pub type Moment = i64;
/// Civil day in days since 1970-01-01.
pub type Day = i32;

/// The civil day of a moment.
#[inline]
pub fn day_of(moment: Moment) -> Day {
    crate::time::day_of(moment)
}

/// A row under construction.
#[derive(Debug, Default)]
pub struct RowBuilder {
    words: Vec<u32>,
}

#[expect(clippy::cast_possible_truncation, reason = "words are the low and high halves of wider numbers")]
#[expect(clippy::cast_sign_loss, reason = "words are bit patterns")]
impl RowBuilder {
    fn start(&mut self, header: u32) {
        self.words.clear();
        self.words.push(header);
    }
    fn flag(&mut self, bit: u32, on: bool) {
        self.words[0] |= u32::from(on) << bit;
    }
    fn word(&mut self, word: u32) {
        self.words.push(word);
    }
    fn text(&mut self, bit: u32, place: Ref) {
        if place != 0 {
            self.flag(bit, true);
            self.words.push(place);
        }
    }
    fn int(&mut self, wide_bit: u32, value: i64) {
        if let Ok(small) = i32::try_from(value) {
            self.words.push(small as u32);
        } else {
            self.flag(wide_bit, true);
            self.wide(value);
        }
    }
    fn wide(&mut self, value: i64) {
        self.words.push(value as u64 as u32);
        self.words.push((value as u64 >> 32) as u32);
    }
    /// The finished words.
    pub fn words(&self) -> &[u32] {
        &self.words
    }
}

/// Reads fields back in the order in which they were written.
struct Fields<'a> {
    header: u32,
    reader: Reader<'a>,
}

#[expect(clippy::cast_possible_wrap, reason = "words are bit patterns")]
impl Fields<'_> {
    fn flag(&self, bit: u32) -> bool {
        self.header >> bit & 1 == 1
    }
    fn text(&mut self, bit: u32) -> Ref {
        if self.flag(bit) { self.reader.take() } else { 0 }
    }
    fn int(&mut self, wide_bit: u32) -> i64 {
        if self.flag(wide_bit) { self.wide() } else { i64::from(self.reader.take() as i32) }
    }
    fn wide(&mut self) -> i64 {
        let low = u64::from(self.reader.take());
        (u64::from(self.reader.take()) << 32 | low) as i64
    }
    fn day(&mut self) -> Day {
        self.reader.take() as i32
    }
}

/// What stands at the head of a row as sent: who it is and which change it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Kind of record.
    pub kind: Kind,
    /// Whether the change withdraws the record.
    pub del: bool,
    /// First part of the key.
    pub key: Ref,
    /// Second part of the key; 0 where keys have one part.
    pub key2: Ref,
    /// Revision at the source.
    pub rev: Option<u64>,
    /// Hash of the content.
    pub content_hash: u64,
}

/// Kinds whose key has two parts.
pub const fn two_part_key(kind: Kind) -> bool {
    matches!(kind, Kind::FeeLine | Kind::Invoice)
}

fn kind_of_header(header: u32) -> Kind {
    Kind::ALL[(header & 15) as usize]
}

/// The kind of the record behind a row.
#[inline]
pub fn kind(arena: &Arena, row: Ref) -> Kind {
    kind_of_header(arena.word(row))
}

/// The row as sent on which `row` stands (itself, unless it is derived).
#[inline]
pub fn as_sent(arena: &Arena, row: Ref) -> Ref {
    if arena.word(row) & DERIVED == 0 { row } else { arena.word(row + 1) }
}

/// Key parts of the record behind a row.
pub fn key(arena: &Arena, row: Ref) -> (Ref, Ref) {
    let row = as_sent(arena, row);
    let kind = kind(arena, row);
    (arena.word(row + 1), if two_part_key(kind) { arena.word(row + 2) } else { 0 })
}

fn open(arena: &Arena, row: Ref) -> (Head, Fields<'_>) {
    let mut reader = arena.reader(row);
    let header = reader.take();
    debug_assert!(header & DERIVED == 0, "a derived row has no head of its own");
    let kind = kind_of_header(header);
    let key = reader.take();
    let key2 = if two_part_key(kind) { reader.take() } else { 0 };
    let mut rev = u64::from(reader.take());
    if header & REV_WIDE != 0 {
        rev |= u64::from(reader.take()) << 32;
    }
    let low = u64::from(reader.take());
    let content_hash = u64::from(reader.take()) << 32 | low;
    let head = Head { kind, del: header & DEL != 0, key, key2, rev: rev.checked_sub(1), content_hash };
    (head, Fields { header, reader })
}

/// The head of a row as sent.
pub fn head(arena: &Arena, row: Ref) -> Head {
    open(arena, row).0
}

/// What a change refers to, interned.
pub trait Intern {
    /// What can go wrong.
    type Error;
    /// The place of a text; 0 for none.
    fn intern(&mut self, text: &str) -> Result<Ref, Self::Error>;
}

/// Values of a change by field position, with absent ones as zeros.
struct Given<'a, 'c> {
    change: &'a Change<'c>,
}

impl<'c> Given<'_, 'c> {
    fn text(&self, field: usize) -> &'c str {
        match self.change.values[field] {
            Value::Text(text) => text,
            _ => "",
        }
    }
    fn int(&self, field: usize) -> i64 {
        self.maybe(field).unwrap_or(0)
    }
    fn maybe(&self, field: usize) -> Option<i64> {
        match self.change.values[field] {
            Value::Int(value) => Some(value),
            _ => None,
        }
    }
    fn number(&self, field: usize) -> Option<f64> {
        match self.change.values[field] {
            Value::Number(value) => Some(value),
            _ => None,
        }
    }
    /// Elements of a list field, `width` values each.
    fn list(&self, field: usize) -> &'c [Value<'c>] {
        match self.change.values[field] {
            Value::List { begin, end } => &self.change.elements[begin as usize..end as usize],
            _ => &[],
        }
    }
}

macro_rules! field {
    ($kind:ident . $name:literal) => {{
        const AT: usize = position(fields(Kind::$kind), $name);
        AT
    }};
}

/// Writes the row of a change into `row`; `key` and `key2` are its interned key.
///
/// # Errors
/// What `texts` fails with.
pub fn write<I: Intern>(
    row: &mut RowBuilder,
    change: &Change<'_>,
    (key, key2): (Ref, Ref),
    texts: &mut I,
) -> Result<(), I::Error> {
    row.start(change.kind as u32);
    row.word(key);
    if two_part_key(change.kind) {
        row.word(key2);
    }
    write_rev(row, change.rev);
    row.word(low(change.content_hash));
    row.word(high(change.content_hash));
    if change.op == Op::Del {
        row.words[0] |= DEL;
        return Ok(());
    }
    let given = Given { change };
    row.words[0] |= lateness(&given) << LATE;
    match change.kind {
        Kind::Institution => {
            for (bit, number) in [
                (OWN, given.number(field!(Institution."lon"))),
                (OWN + 1, given.number(field!(Institution."lat"))),
            ] {
                if let Some(number) = number {
                    row.flag(bit, true);
                    row.word(low(number.to_bits()));
                    row.word(high(number.to_bits()));
                }
            }
            row.text(OWN + 2, texts.intern(given.text(field!(Institution."fixmedins_name")))?);
            row.word(texts.intern(given.text(field!(Institution."admdvs")))?);
            row.words[0] |= u32::from(level_rank(given.text(field!(Institution."hosp_lv")))) << HOSP_LV;
            row.words[0] |=
                low(given.int(field!(Institution."fixmedins_type")).cast_unsigned()) << INSTITUTION_TYPE;
            if let Some(beds) = given.maybe(field!(Institution."beds")) {
                row.flag(OWN + 3, true);
                row.wide(beds);
            }
            const WIDTH: usize = 3;
            let agreements = given.list(field!(Institution."agreements"));
            row.word(length(agreements.len() / WIDTH));
            for agreement in agreements.chunks_exact(WIDTH) {
                let [Value::Int(status), Value::Int(begin), end] = *agreement else { continue };
                let end = if let Value::Int(end) = end { Some(end) } else { None };
                row.word(u32::from(status == 0) | u32::from(end.is_some()) << 1);
                row.word(low(begin.cast_unsigned()));
                row.word(low(end.unwrap_or(0).cast_unsigned()));
            }
        }
        Kind::Practitioner => {
            row.word(texts.intern(given.text(field!(Practitioner."fixmedins_code")))?);
            row.word(low(given.int(field!(Practitioner."prac_psn_type")).cast_unsigned()));
            row.text(OWN, texts.intern(given.text(field!(Practitioner."title_lv")))?);
            row.text(OWN + 1, texts.intern(given.text(field!(Practitioner."dept_codg")))?);
        }
        Kind::Person => {
            row.flag(OWN, given.int(field!(Person."gend")) == 0);
            row.flag(OWN + 1, given.int(field!(Person."gend")) == 1);
            row.int(OWN + 2, given.int(field!(Person."brdy")));
        }
        Kind::PersonFact => {
            row.word(texts.intern(given.text(field!(PersonFact."psn_no")))?);
            row.word(low(given.int(field!(PersonFact."fact")).cast_unsigned()));
            row.int(OWN, given.int(field!(PersonFact."begin")));
            write_maybe_day(row, OWN + 1, given.maybe(field!(PersonFact."end")));
        }
        Kind::Enrolment => {
            row.word(texts.intern(given.text(field!(Enrolment."psn_no")))?);
            row.word(texts.intern(given.text(field!(Enrolment."insutype")))?);
            row.word(texts.intern(given.text(field!(Enrolment."insu_admdvs")))?);
            row.flag(OWN, given.int(field!(Enrolment."status")) == 0);
            row.int(OWN + 1, given.int(field!(Enrolment."begin")));
            write_maybe_day(row, OWN + 2, given.maybe(field!(Enrolment."end")));
        }
        Kind::Visit => {
            row.word(texts.intern(given.text(field!(Visit."psn_no")))?);
            row.word(texts.intern(given.text(field!(Visit."fixmedins_code")))?);
            row.word(texts.intern(given.text(field!(Visit."med_type")))?);
            row.int(OWN, given.int(field!(Visit."begntime")));
            if let Some(end) = given.maybe(field!(Visit."endtime")) {
                row.flag(OWN + 1, true);
                row.int(OWN + 2, end);
            }
            row.text(OWN + 3, texts.intern(given.text(field!(Visit."dr_codg")))?);
            write_codes(row, texts, &given)?;
        }
        Kind::Settlement => {
            row.word(texts.intern(given.text(field!(Settlement."mdtrt_id")))?);
            row.word(texts.intern(given.text(field!(Settlement."psn_no")))?);
            row.word(texts.intern(given.text(field!(Settlement."fixmedins_code")))?);
            row.text(OWN, texts.intern(given.text(field!(Settlement."insutype")))?);
            row.int(OWN + 1, given.int(field!(Settlement."setl_time")));
            row.int(OWN + 2, given.int(field!(Settlement."fund_pay_sumamt")));
            row.int(OWN + 3, given.int(field!(Settlement."acct_pay")));
            row.text(OWN + 4, texts.intern(given.text(field!(Settlement."bill_code")))?);
            row.text(OWN + 5, texts.intern(given.text(field!(Settlement."bill_no")))?);
            row.text(OWN + 6, texts.intern(given.text(field!(Settlement."orig_setl_id")))?);
            let refunded = given.int(field!(Settlement."refd_setl_flag")) == 1
                || given.int(field!(Settlement."medfee_sumamt")) < 0
                || given.int(field!(Settlement."fund_pay_sumamt")) < 0;
            row.flag(OWN + 7, refunded);
        }
        Kind::FeeLine => {
            row.word(texts.intern(given.text(field!(FeeLine."psn_no")))?);
            row.word(texts.intern(given.text(field!(FeeLine."fixmedins_code")))?);
            row.word(texts.intern(given.text(field!(FeeLine."med_list_codg")))?);
            row.int(OWN, given.int(field!(FeeLine."fee_ocur_time")));
            row.int(OWN + 1, given.int(field!(FeeLine."cnt")));
            row.int(OWN + 2, given.int(field!(FeeLine."pric")));
            row.int(OWN + 3, given.int(field!(FeeLine."det_item_fee_sumamt")));
            row.int(OWN + 4, given.int(field!(FeeLine."fund_amt")));
            row.text(OWN + 5, texts.intern(given.text(field!(FeeLine."init_feedetl_sn")))?);
            row.text(OWN + 6, texts.intern(given.text(field!(FeeLine."setl_id")))?);
            row.text(OWN + 7, texts.intern(given.text(field!(FeeLine."rx_id")))?);
            row.words[0] |= low(given.int(field!(FeeLine."list_type")).cast_unsigned()) << LIST_TYPE;
            let charge = charge_number(given.text(field!(FeeLine."med_chrgitm_type")));
            row.words[0] |= u32::from(charge) << CHARGE;
            // Quantities have 4 places, prices 6, amounts 2.
            let exact =
                i128::from(given.int(field!(FeeLine."cnt"))) * i128::from(given.int(field!(FeeLine."pric")));
            row.flag(
                DOUBTFUL,
                exact != i128::from(given.int(field!(FeeLine."det_item_fee_sumamt"))) * 100_000_000,
            );
            if let Some(received) = change.recv_time {
                row.flag(OWN + 8, true);
                row.int(OWN + 9, received - given.int(field!(FeeLine."fee_ocur_time")));
            }
            row.text(BILLED_BY, texts.intern(given.text(field!(FeeLine."bilg_dr_codg")))?);
        }
        Kind::Prescription => {
            row.word(texts.intern(given.text(field!(Prescription."psn_no")))?);
            row.word(texts.intern(given.text(field!(Prescription."fixmedins_code")))?);
            row.int(OWN, given.int(field!(Prescription."prsc_time")));
            row.flag(OWN + 1, given.int(field!(Prescription."state")) == 3);
            row.word(texts.intern(given.text(field!(Prescription."dr_codg")))?);
            const ITEM: usize = 1;
            const TYPE: usize = 2;
            const CNT: usize = 3;
            const WIDTH: usize = 7;
            let lines = given.list(field!(Prescription."lines"));
            row.word(length(lines.len() / WIDTH));
            for line in lines.chunks_exact(WIDTH) {
                let Value::Text(item) = line[ITEM] else { continue };
                let Value::Int(cnt) = line[CNT] else { continue };
                let list_type = if let Value::Int(list_type) = line[TYPE] { list_type + 1 } else { 0 };
                row.word(texts.intern(item)?);
                // A quantity is below 10^16; its highest byte holds the list_type.
                row.wide(cnt | list_type << PRESCRIBED_TYPE);
            }
        }
        Kind::Dispensing => {
            row.flag(OWN, given.int(field!(Dispensing."move")) == 1);
            row.text(OWN + 1, texts.intern(given.text(field!(Dispensing."return_of")))?);
            row.word(texts.intern(given.text(field!(Dispensing."fixmedins_code")))?);
            row.word(texts.intern(given.text(field!(Dispensing."med_list_codg")))?);
            row.int(OWN + 2, given.int(field!(Dispensing."cnt")));
            row.int(OWN + 3, given.int(field!(Dispensing."sel_time")));
            if let Some(price) = given.maybe(field!(Dispensing."finl_trns_pric")) {
                row.flag(OWN + 4, true);
                row.int(OWN + 5, price);
            }
            row.text(OWN + 6, texts.intern(given.text(field!(Dispensing."mdtrt_id")))?);
            row.text(OWN + 7, texts.intern(given.text(field!(Dispensing."psn_no")))?);
            row.text(OWN + 8, texts.intern(given.text(field!(Dispensing."rx_id")))?);
            row.flag(OWN + 9, given.text(field!(Dispensing."mdtrt_setl_type")) == "1");
            row.flag(OWN + 10, given.int(field!(Dispensing."trdn_flag")) == 1);
            row.flag(OWN + 11, given.int(field!(Dispensing."rx_flag")) == 1);
            write_maybe_day(row, OWN + 12, given.maybe(field!(Dispensing."expy_end")));
            write_texts(row, texts, given.list(field!(Dispensing."trace_codes")))?;
        }
        Kind::Purchase => {
            row.flag(OWN, given.int(field!(Purchase."move")) == 1);
            row.word(texts.intern(given.text(field!(Purchase."fixmedins_code")))?);
            row.word(texts.intern(given.text(field!(Purchase."med_list_codg")))?);
            row.int(OWN + 1, given.int(field!(Purchase."cnt")));
            row.int(OWN + 2, given.int(field!(Purchase."stoin_time")));
            write_texts(row, texts, given.list(field!(Purchase."trace_codes")))?;
        }
        Kind::StockChange => {
            row.word(texts.intern(given.text(field!(StockChange."fixmedins_code")))?);
            row.word(texts.intern(given.text(field!(StockChange."med_list_codg")))?);
            // 101 in, 103 gain, 106 other in; 102 out, 104 loss, 105 destroyed, 107 other out.
            row.flag(OWN, matches!(given.int(field!(StockChange."inv_chg_type")), 0 | 2 | 5));
            row.int(OWN + 1, given.int(field!(StockChange."cnt")));
            row.int(OWN + 2, given.int(field!(StockChange."inv_chg_time")));
        }
        Kind::StockCount => {
            row.word(texts.intern(given.text(field!(StockCount."fixmedins_code")))?);
            row.word(texts.intern(given.text(field!(StockCount."med_list_codg")))?);
            row.int(OWN, given.int(field!(StockCount."inv_cnt")));
            row.int(OWN + 1, given.int(field!(StockCount."invdate")));
        }
        Kind::Presence => {
            row.word(texts.intern(given.text(field!(Presence."psn_no")))?);
            row.word(texts.intern(given.text(field!(Presence."fixmedins_code")))?);
            row.int(OWN, given.int(field!(Presence."idv_time")));
            row.flag(OWN + 1, given.int(field!(Presence."result")) == 0);
        }
        Kind::Invoice => {
            row.text(OWN, texts.intern(given.text(field!(Invoice."fixmedins_code")))?);
            row.int(OWN + 1, given.int(field!(Invoice."issue_time")));
        }
        Kind::Label => {
            row.word(low(given.int(field!(Label."subject_type")).cast_unsigned()));
            row.word(texts.intern(given.text(field!(Label."subject_id")))?);
            write_maybe_day(row, OWN, given.maybe(field!(Label."period_begin")));
            write_maybe_day(row, OWN + 1, given.maybe(field!(Label."period_end")));
            row.text(OWN + 2, texts.intern(given.text(field!(Label."scheme")))?);
            row.word(low(given.int(field!(Label."decision")).cast_unsigned()));
            if let Some(amount) = given.maybe(field!(Label."amount")) {
                row.flag(OWN + 3, true);
                row.wide(amount);
            }
            row.wide(given.int(field!(Label."decided_at")));
            row.text(OWN + 4, texts.intern(given.text(field!(Label."source")))?);
        }
    }
    Ok(())
}

/// How late a record came, as its header keeps it: 0 not known, else the number of the first of [`LATE_WITHIN`] that
/// holds, counted from 1, else one more.
fn lateness(given: &Given<'_, '_>) -> u32 {
    let event = match given.change.kind {
        Kind::Visit => given.maybe(field!(Visit."endtime")).or(given.maybe(field!(Visit."begntime"))),
        Kind::Settlement => given.maybe(field!(Settlement."setl_time")),
        Kind::FeeLine => given.maybe(field!(FeeLine."fee_ocur_time")),
        Kind::Prescription => given.maybe(field!(Prescription."prsc_time")),
        Kind::Dispensing => given.maybe(field!(Dispensing."sel_time")),
        Kind::Purchase => given.maybe(field!(Purchase."stoin_time")),
        Kind::StockChange => given.maybe(field!(StockChange."inv_chg_time")),
        Kind::StockCount => given.maybe(field!(StockCount."invdate")).map(|day| day * 86_400),
        Kind::Presence => given.maybe(field!(Presence."idv_time")),
        Kind::Invoice => given.maybe(field!(Invoice."issue_time")),
        _ => None,
    };
    let (Some(event), Some(received)) = (event, given.change.recv_time) else { return 0 };
    let delay = received - event;
    1 + (0u32..).zip(LATE_WITHIN).find(|(_, within)| delay <= *within).map_or(3, |(nth, _)| nth)
}

/// Seconds after the event within which a record is one day, three days, seven days late at the most.
pub const LATE_WITHIN: [Moment; 3] = [86_400, 3 * 86_400, 7 * 86_400];

/// How late the record behind a row came: `None` where no recv_time was sent, else the number of the first of
/// [`LATE_WITHIN`] that holds, 3 if none does.
pub fn late(arena: &Arena, row: Ref) -> Option<u8> {
    let header = arena.word(as_sent(arena, row));
    u8::try_from(header >> LATE & 7).unwrap_or(0).checked_sub(1)
}

const LIST_TYPE: u32 = 30;
/// Three bits of every header: how late the record came.
const LATE: u32 = 23;
/// Bit of a fee line's header: it has a bilg_dr_codg.
const BILLED_BY: u32 = 26;
/// Two bits of an institution's header: its type.
const INSTITUTION_TYPE: u32 = 20;
/// Four bits of a fee line's header: its med_chrgitm_type.
const CHARGE: u32 = 18;
/// Bit of a fee line's header: quantity times price is not exactly its amount.
const DOUBTFUL: u32 = 22;
/// Four bits of an institution's header: its level.
const HOSP_LV: u32 = 16;
const PRESCRIBED_TYPE: u32 = 56;

/// `01` to `11` as a number, 0 for anything else: the level is not known.
pub fn level_rank(hosp_lv: &str) -> u8 {
    match hosp_lv.as_bytes() {
        [b'0', digit @ b'1'..=b'9'] => digit - b'0',
        b"10" => 10,
        b"11" => 11,
        _ => 0,
    }
}

/// `01` to `14` as a number, 0 if absent, 15 for a code beyond the list.
fn charge_number(med_chrgitm_type: &str) -> u8 {
    match med_chrgitm_type.as_bytes() {
        [] => 0,
        [b'0', digit @ b'1'..=b'9'] => digit - b'0',
        [b'1', digit @ b'0'..=b'4'] => 10 + digit - b'0',
        _ => 15,
    }
}

fn write_texts<I: Intern>(row: &mut RowBuilder, texts: &mut I, list: &[Value<'_>]) -> Result<(), I::Error> {
    row.word(length(list.len()));
    for text in list {
        let Value::Text(text) = text else { continue };
        row.word(texts.intern(text)?);
    }
    Ok(())
}

const DIAGNOSIS_MAIN: u32 = 1;
const DIAGNOSIS_RANKED: u32 = 2;

/// Diagnoses and operations of a visit.
fn write_codes<I: Intern>(
    row: &mut RowBuilder,
    texts: &mut I,
    given: &Given<'_, '_>,
) -> Result<(), I::Error> {
    const DIAGS: usize = 3;
    const OPRNS: usize = 5;
    let diags = given.list(field!(Visit."diags"));
    row.word(length(diags.len() / DIAGS));
    for diag in diags.chunks_exact(DIAGS) {
        let [Value::Text(code), main, rank] = *diag else { continue };
        row.word(texts.intern(code)?);
        let main = u32::from(matches!(main, Value::Int(1))) * DIAGNOSIS_MAIN;
        match rank {
            Value::Int(rank) => {
                row.word(main | DIAGNOSIS_RANKED);
                row.wide(rank);
            }
            _ => row.word(main),
        }
    }
    let oprns = given.list(field!(Visit."oprns"));
    row.word(length(oprns.len() / OPRNS));
    for oprn in oprns.chunks_exact(OPRNS) {
        let Value::Text(code) = oprn[0] else { continue };
        row.word(texts.intern(code)?);
    }
    Ok(())
}

#[expect(clippy::cast_possible_truncation, reason = "the low half")]
const fn low(wide: u64) -> u32 {
    wide as u32
}
const fn high(wide: u64) -> u32 {
    low(wide >> 32)
}
fn length(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
fn write_rev(row: &mut RowBuilder, rev: Option<u64>) {
    let stored = rev.map_or(0, |rev| rev + 1);
    row.word(low(stored));
    if high(stored) != 0 {
        row.words[0] |= REV_WIDE;
        row.word(high(stored));
    }
}
fn write_maybe_day(row: &mut RowBuilder, bit: u32, day: Option<i64>) {
    if let Some(day) = day {
        row.flag(bit, true);
        row.word(low(day.cast_unsigned()));
    }
}

/// An agreement between an institution and the fund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// status is `1`.
    pub active: bool,
    /// First day.
    pub begin: Day,
    /// Last day.
    pub end: Option<Day>,
}

/// An institution as the rules see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Institution {
    /// fixmedins_code
    pub code: Ref,
    /// fixmedins_name, 0 if absent.
    pub name: Ref,
    /// admdvs
    pub admdvs: Ref,
    /// Position in the contract's list of fixmedins_type: 0 medical, 1 pharmacy, 2 care agency.
    pub sort: u8,
    /// hosp_lv as a number from 1, the highest, to 11; 0 if it is not known.
    pub level: u8,
    /// beds
    pub beds: Option<i64>,
    /// Its agreements, in order.
    pub agreements: Vec<Agreement>,
    /// Longitude, degrees.
    pub lon: Option<f64>,
    /// Latitude, degrees.
    pub lat: Option<f64>,
}

/// Somebody who treats, prescribes or sells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Practitioner {
    /// prac_psn_code
    pub code: Ref,
    /// fixmedins_code
    pub institution: Ref,
    /// Position in the contract's list of prac_psn_type: 0 doctor, 1 nurse, 2 pharmacist, 3 technician.
    pub sort: u8,
    /// title_lv
    pub title: Ref,
    /// dept_codg
    pub dept: Ref,
}

/// A decision on a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    /// case_id
    pub case: Ref,
    /// Position in the contract's list of subject_type.
    pub subject_type: u8,
    /// subject_id
    pub subject: Ref,
    /// period_begin
    pub begin: Option<Day>,
    /// period_end
    pub end: Option<Day>,
    /// scheme
    pub scheme: Ref,
    /// Position in the contract's list of decision.
    pub decision: u8,
    /// amount, fen.
    pub amount: Option<i64>,
    /// decided_at
    pub decided: Moment,
    /// source
    pub source: Ref,
}

/// A person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person {
    /// psn_no
    pub psn_no: Ref,
    /// 1 male, 2 female, 0 not known.
    pub gend: u8,
    /// Day of birth.
    pub brdy: Day,
}

/// A fact from another register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonFact {
    /// fact_id
    pub id: Ref,
    /// psn_no
    pub psn_no: Ref,
    /// Position in the contract's list: 0 death, 1 custody, 2 abroad, 3 work injury, 4 third party.
    pub fact: u8,
    /// First day.
    pub begin: Day,
    /// Last day.
    pub end: Option<Day>,
}

/// An enrolment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// enrl_id
    pub id: Ref,
    /// psn_no
    pub psn_no: Ref,
    /// insutype
    pub insutype: Ref,
    /// insu_admdvs
    pub admdvs: Ref,
    /// Whether status is `1`, normal.
    pub normal: bool,
    /// First day.
    pub begin: Day,
    /// Last day.
    pub end: Option<Day>,
}

/// A visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visit {
    /// mdtrt_id
    pub id: Ref,
    /// psn_no
    pub psn_no: Ref,
    /// fixmedins_code
    pub institution: Ref,
    /// med_type
    pub med_type: Ref,
    /// begntime
    pub begin: Moment,
    /// endtime
    pub end: Option<Moment>,
    /// dr_codg, 0 if absent.
    pub doctor: Ref,
}

impl Visit {
    /// The visit's event time: its end, else its begin.
    pub fn event_time(&self) -> Moment {
        self.end.unwrap_or(self.begin)
    }
}

/// A diagnosis of a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// diag_code
    pub code: Ref,
    /// maindiag_flag is 1.
    pub main: bool,
    /// diag_srt_no
    pub rank: Option<i64>,
}

/// A settlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// setl_id
    pub id: Ref,
    /// mdtrt_id
    pub visit: Ref,
    /// psn_no
    pub psn_no: Ref,
    /// fixmedins_code
    pub institution: Ref,
    /// insutype, 0 if absent.
    pub insutype: Ref,
    /// setl_time
    pub time: Moment,
    /// fund_pay_sumamt, fen.
    pub fund: i64,
    /// acct_pay, fen.
    pub account: i64,
    /// bill_code
    pub bill_code: Ref,
    /// bill_no
    pub bill_no: Ref,
    /// orig_setl_id
    pub original: Ref,
    /// Neither refunded, negative nor withdrawn by another settlement.
    pub live: bool,
}

/// A fee line: as sent, or with its reversals netted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeLine {
    /// mdtrt_id
    pub visit: Ref,
    /// feedetl_sn
    pub sn: Ref,
    /// psn_no
    pub psn_no: Ref,
    /// fixmedins_code
    pub institution: Ref,
    /// med_list_codg
    pub item: Ref,
    /// fee_ocur_time
    pub time: Moment,
    /// Quantity in ten-thousandths.
    pub cnt: i64,
    /// Price in millionths of a yuan.
    pub price: i64,
    /// det_item_fee_sumamt, fen.
    pub amount: i64,
    /// fund_amt, fen; 0 if absent.
    pub fund: i64,
    /// init_feedetl_sn: what this line reverses.
    pub reverses: Ref,
    /// setl_id
    pub settlement: Ref,
    /// rx_id
    pub rx: Ref,
    /// Position in the contract's list: 0 drug, 1 herb, 2 service, 3 consumable.
    pub list_type: u8,
    /// med_chrgitm_type as a number, 0 if absent, 15 for one beyond the list.
    pub charge: u8,
    /// recv_time less fee_ocur_time, seconds.
    pub delay: Option<i64>,
    /// bilg_dr_codg, 0 if absent.
    pub doctor: Ref,
}

impl FeeLine {
    /// Whether rules see it: an original of which something is left.
    pub fn is_net(&self) -> bool {
        self.reverses == 0 && self.cnt > 0
    }
    /// Drug or herb.
    pub fn is_drug(&self) -> bool {
        self.list_type <= 1
    }
}

/// One line of a prescription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrescriptionLine {
    /// med_list_codg
    pub item: Ref,
    /// Quantity in ten-thousandths.
    pub cnt: i64,
    /// Position in the contract's list of list_type, if given: 0 drug, 1 herb, 2 service, 3 consumable.
    pub list_type: Option<u8>,
}

/// A prescription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prescription {
    /// rx_id
    pub id: Ref,
    /// psn_no
    pub psn_no: Ref,
    /// fixmedins_code
    pub institution: Ref,
    /// prsc_time
    pub time: Moment,
    /// state is `cancelled`.
    pub cancelled: bool,
    /// dr_codg
    pub doctor: Ref,
    /// Its lines, in order.
    pub lines: Vec<PrescriptionLine>,
}

/// A sale or a return of goods; a sale may have its returns taken off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispensing {
    /// sel_id
    pub id: Ref,
    /// move is `return`.
    pub is_return: bool,
    /// return_of
    pub return_of: Ref,
    /// fixmedins_code
    pub institution: Ref,
    /// med_list_codg
    pub item: Ref,
    /// Quantity in ten-thousandths.
    pub cnt: i64,
    /// sel_time
    pub time: Moment,
    /// finl_trns_pric in millionths of a yuan.
    pub price: Option<i64>,
    /// mdtrt_id
    pub visit: Ref,
    /// psn_no
    pub psn_no: Ref,
    /// rx_id
    pub rx: Ref,
    /// mdtrt_setl_type is `1`.
    pub insured: bool,
    /// trdn_flag is 1: the pack was split.
    pub split: bool,
    /// rx_flag is 1: it needs a prescription.
    pub needs_rx: bool,
    /// expy_end
    pub expires: Option<Day>,
    /// Trace codes in the order given; repeats stay.
    pub codes: Vec<Ref>,
}

/// A purchase or its return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purchase {
    /// purc_id
    pub id: Ref,
    /// move is `return`.
    pub is_return: bool,
    /// fixmedins_code
    pub institution: Ref,
    /// med_list_codg
    pub item: Ref,
    /// Quantity in ten-thousandths.
    pub cnt: i64,
    /// stoin_time
    pub time: Moment,
    /// Trace codes in the order given; repeats stay.
    pub codes: Vec<Ref>,
}

/// Another movement of stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StockChange {
    /// chg_id
    pub id: Ref,
    /// fixmedins_code
    pub institution: Ref,
    /// med_list_codg
    pub item: Ref,
    /// Signed quantity in ten-thousandths: what came in, or minus what went out.
    pub cnt: i64,
    /// inv_chg_time
    pub time: Moment,
}

/// A stock count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StockCount {
    /// cnt_id
    pub id: Ref,
    /// fixmedins_code
    pub institution: Ref,
    /// med_list_codg
    pub item: Ref,
    /// Quantity in ten-thousandths.
    pub cnt: i64,
    /// The day at whose end it was counted.
    pub day: Day,
}

/// An identity check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presence {
    /// idv_id
    pub id: Ref,
    /// psn_no
    pub psn_no: Ref,
    /// fixmedins_code
    pub institution: Ref,
    /// idv_time
    pub time: Moment,
    /// result is `pass`.
    pub pass: bool,
}

/// An invoice of the tax register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invoice {
    /// bill_code
    pub bill_code: Ref,
    /// bill_no
    pub bill_no: Ref,
    /// fixmedins_code, 0 if absent.
    pub institution: Ref,
    /// issue_time
    pub time: Moment,
}

/// Reads an [`Institution`].
pub fn institution(arena: &Arena, row: Ref) -> Institution {
    let (head, mut fields) = open(arena, row);
    let mut number = |bit| fields.flag(bit).then(|| f64::from_bits(fields.wide().cast_unsigned()));
    let (lon, lat) = (number(OWN), number(OWN + 1));
    let (name, admdvs) = (fields.text(OWN + 2), fields.reader.take());
    let level = u8::try_from(fields.header >> HOSP_LV & 15).unwrap_or(0);
    let sort = u8::try_from(fields.header >> INSTITUTION_TYPE & 3).unwrap_or(0);
    let beds = fields.flag(OWN + 3).then(|| fields.wide());
    let count = fields.reader.take();
    let agreements = (0..count).map(|_| {
        let (marks, begin, end) = (fields.reader.take(), fields.day(), fields.day());
        Agreement { active: marks & 1 == 1, begin, end: (marks & 2 == 2).then_some(end) }
    });
    let agreements = agreements.collect();
    Institution { code: head.key, name, admdvs, sort, level, beds, agreements, lon, lat }
}

/// Reads a [`Practitioner`].
pub fn practitioner(arena: &Arena, row: Ref) -> Practitioner {
    let (head, mut fields) = open(arena, row);
    let institution = fields.reader.take();
    let sort = u8::try_from(fields.reader.take()).unwrap_or(u8::MAX);
    let (title, dept) = (fields.text(OWN), fields.text(OWN + 1));
    Practitioner { code: head.key, institution, sort, title, dept }
}

/// Reads a [`Label`].
pub fn label(arena: &Arena, row: Ref) -> Label {
    let (head, mut fields) = open(arena, row);
    let subject_type = u8::try_from(fields.reader.take()).unwrap_or(u8::MAX);
    let subject = fields.reader.take();
    let begin = fields.flag(OWN).then(|| fields.day());
    let end = fields.flag(OWN + 1).then(|| fields.day());
    let scheme = fields.text(OWN + 2);
    let decision = u8::try_from(fields.reader.take()).unwrap_or(u8::MAX);
    let amount = fields.flag(OWN + 3).then(|| fields.wide());
    let decided = fields.wide();
    let source = fields.text(OWN + 4);
    Label { case: head.key, subject_type, subject, begin, end, scheme, decision, amount, decided, source }
}

/// Reads a [`Person`].
pub fn person(arena: &Arena, row: Ref) -> Person {
    let (head, mut fields) = open(arena, row);
    let gend = u8::from(fields.flag(OWN)) + 2 * u8::from(fields.flag(OWN + 1));
    Person { psn_no: head.key, gend, brdy: as_day(fields.int(OWN + 2)) }
}

/// Reads a [`PersonFact`].
pub fn person_fact(arena: &Arena, row: Ref) -> PersonFact {
    let (head, mut fields) = open(arena, row);
    let psn_no = fields.reader.take();
    let fact = u8::try_from(fields.reader.take()).unwrap_or(u8::MAX);
    let begin = as_day(fields.int(OWN));
    let end = fields.flag(OWN + 1).then(|| fields.day());
    PersonFact { id: head.key, psn_no, fact, begin, end }
}

/// Reads an [`Enrolment`].
pub fn enrolment(arena: &Arena, row: Ref) -> Enrolment {
    let (head, mut fields) = open(arena, row);
    let (psn_no, insutype, admdvs) = (fields.reader.take(), fields.reader.take(), fields.reader.take());
    let begin = as_day(fields.int(OWN + 1));
    let end = fields.flag(OWN + 2).then(|| fields.day());
    Enrolment { id: head.key, psn_no, insutype, admdvs, normal: fields.flag(OWN), begin, end }
}

/// Reads a [`Visit`].
pub fn visit(arena: &Arena, row: Ref) -> Visit {
    let (head, mut fields) = open(arena, row);
    let (psn_no, institution, med_type) = (fields.reader.take(), fields.reader.take(), fields.reader.take());
    let begin = fields.int(OWN);
    let end = fields.flag(OWN + 1).then(|| fields.int(OWN + 2));
    let doctor = fields.text(OWN + 3);
    Visit { id: head.key, psn_no, institution, med_type, begin, end, doctor }
}

/// Reads the diagnoses of a visit, in order.
pub fn diagnoses(arena: &Arena, row: Ref) -> Vec<Diagnosis> {
    let mut fields = after_visit(arena, row);
    read_diagnoses(&mut fields)
}

/// Reads the operation codes of a visit, in order.
pub fn operations(arena: &Arena, row: Ref) -> Vec<Ref> {
    let mut fields = after_visit(arena, row);
    read_diagnoses(&mut fields);
    let count = fields.reader.take();
    (0..count).map(|_| fields.reader.take()).collect()
}

/// The reader where the lists of a visit begin.
fn after_visit(arena: &Arena, row: Ref) -> Fields<'_> {
    let (_, mut fields) = open(arena, row);
    fields.reader.skip(3);
    fields.int(OWN);
    if fields.flag(OWN + 1) {
        fields.int(OWN + 2);
    }
    fields.text(OWN + 3);
    fields
}

fn read_diagnoses(fields: &mut Fields<'_>) -> Vec<Diagnosis> {
    let count = fields.reader.take();
    let diagnoses = (0..count).map(|_| {
        let (code, marks) = (fields.reader.take(), fields.reader.take());
        let rank = (marks & DIAGNOSIS_RANKED != 0).then(|| fields.wide());
        Diagnosis { code, main: marks & DIAGNOSIS_MAIN != 0, rank }
    });
    diagnoses.collect()
}

/// Reads a [`Settlement`], live or not.
pub fn settlement(arena: &Arena, row: Ref) -> Settlement {
    let derived = arena.word(row) & DERIVED != 0;
    let (head, mut fields) = open(arena, as_sent(arena, row));
    let (visit, psn_no, institution) = (fields.reader.take(), fields.reader.take(), fields.reader.take());
    let insutype = fields.text(OWN);
    let time = fields.int(OWN + 1);
    let fund = fields.int(OWN + 2);
    let account = fields.int(OWN + 3);
    let bill_code = fields.text(OWN + 4);
    let bill_no = fields.text(OWN + 5);
    let original = fields.text(OWN + 6);
    let live = !derived && !fields.flag(OWN + 7);
    Settlement {
        id: head.key,
        visit,
        psn_no,
        institution,
        insutype,
        time,
        fund,
        account,
        bill_code,
        bill_no,
        original,
        live,
    }
}

/// Writes the derived row of a settlement that another one names as its original: it is not live.
pub fn write_withdrawn_settlement(row: &mut RowBuilder, sent: Ref) {
    row.start(Kind::Settlement as u32 | DERIVED);
    row.word(sent);
}

/// Reads a [`FeeLine`], as sent or netted.
pub fn fee_line(arena: &Arena, row: Ref) -> FeeLine {
    let (sent, net) = if arena.word(row) & DERIVED == 0 {
        (row, None)
    } else {
        let mut fields = Fields { header: 0, reader: arena.reader(row + 1) };
        let sent = fields.reader.take();
        (sent, Some((fields.wide(), fields.wide(), fields.wide())))
    };
    let (head, mut fields) = open(arena, sent);
    let (psn_no, institution, item) = (fields.reader.take(), fields.reader.take(), fields.reader.take());
    let time = fields.int(OWN);
    let cnt = fields.int(OWN + 1);
    let price = fields.int(OWN + 2);
    let amount = fields.int(OWN + 3);
    let fund = fields.int(OWN + 4);
    let reverses = fields.text(OWN + 5);
    let settlement = fields.text(OWN + 6);
    let rx = fields.text(OWN + 7);
    let delay = fields.flag(OWN + 8).then(|| fields.int(OWN + 9));
    let doctor = fields.text(BILLED_BY);
    let (cnt, amount, fund) = net.unwrap_or((cnt, amount, fund));
    let list_type = u8::try_from(fields.header >> LIST_TYPE).unwrap_or(0);
    let charge = u8::try_from(fields.header >> CHARGE & 15).unwrap_or(0);
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
        reverses,
        settlement,
        rx,
        list_type,
        charge,
        delay,
        doctor,
    }
}

/// The institution of a fee line, read without the rest.
pub fn fee_line_institution(arena: &Arena, row: Ref) -> Ref {
    let (_, mut fields) = open(arena, as_sent(arena, row));
    fields.reader.skip(1);
    fields.reader.take()
}

/// What of a fee line decides where it is put: visit, prescription, and whether rules see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeLinePlace {
    /// mdtrt_id
    pub visit: Ref,
    /// feedetl_sn
    pub sn: Ref,
    /// init_feedetl_sn: what this line reverses.
    pub reverses: Ref,
    /// rx_id
    pub rx: Ref,
    /// As [`FeeLine::is_net`].
    pub is_net: bool,
    /// Reversals are netted into it.
    pub is_netted: bool,
    /// As sent, its quantity times its price is not exactly its amount.
    pub is_doubtful: bool,
}

/// Reads where a fee line is put, without the rest of it.
pub fn fee_line_place(arena: &Arena, row: Ref) -> FeeLinePlace {
    let sent = as_sent(arena, row);
    let header = arena.word(sent);
    let flag = |bit: u32| header >> bit & 1;
    // Key, key 2, rev, hash; person, institution, item; the numbers, each of one word or two; the texts.
    let numbers = sent + 6 + flag(6) + 3;
    let cnt_at = numbers + 1 + flag(OWN);
    let texts = numbers + 5 + (OWN..OWN + 5).map(flag).sum::<u32>();
    let rx_at = texts + flag(OWN + 5) + flag(OWN + 6);
    let rx = if flag(OWN + 7) == 1 { arena.word(rx_at) } else { 0 };
    let cnt_is_positive = if row != sent {
        // The netted quantity is the first of the derived row's numbers, low word first.
        let (low, high) = (arena.word(row + 2), arena.word(row + 3));
        high.cast_signed() > 0 || (high == 0 && low > 0)
    } else if flag(OWN + 1) == 1 {
        arena.word(cnt_at + 1).cast_signed() >= 0
    } else {
        arena.word(cnt_at).cast_signed() > 0
    };
    FeeLinePlace {
        visit: arena.word(sent + 1),
        sn: arena.word(sent + 2),
        reverses: if flag(OWN + 5) == 1 { arena.word(texts) } else { 0 },
        rx,
        is_net: flag(OWN + 5) == 0 && cnt_is_positive,
        is_netted: row != sent,
        is_doubtful: flag(DOUBTFUL) == 1,
    }
}

/// Writes the derived row of a fee line: its own sums and those of its reversals.
pub fn write_net_line(row: &mut RowBuilder, sent: Ref, cnt: i64, amount: i64, fund: i64) {
    row.start(Kind::FeeLine as u32 | DERIVED);
    row.word(sent);
    for value in [cnt, amount, fund] {
        row.wide(value);
    }
}

/// Reads a [`Prescription`].
pub fn prescription(arena: &Arena, row: Ref) -> Prescription {
    let (head, mut fields) = open(arena, row);
    let (psn_no, institution) = (fields.reader.take(), fields.reader.take());
    let time = fields.int(OWN);
    let cancelled = fields.flag(OWN + 1);
    let doctor = fields.reader.take();
    let count = fields.reader.take();
    let lines = (0..count).map(|_| {
        let (item, packed) = (fields.reader.take(), fields.wide());
        let list_type = u8::try_from(packed >> PRESCRIBED_TYPE).unwrap_or(0).checked_sub(1);
        PrescriptionLine { item, cnt: packed & ((1 << PRESCRIBED_TYPE) - 1), list_type }
    });
    let lines = lines.collect();
    Prescription { id: head.key, psn_no, institution, time, cancelled, doctor, lines }
}

/// Reads a [`Dispensing`]; a sale with returns has what is left of it.
pub fn dispensing(arena: &Arena, row: Ref) -> Dispensing {
    if arena.word(row) & DERIVED != 0 {
        let mut net = Fields { header: 0, reader: arena.reader(row + 1) };
        let mut sale = dispensing(arena, net.reader.take());
        sale.cnt = net.wide();
        let count = net.reader.take();
        sale.codes = (0..count).map(|_| net.reader.take()).collect();
        return sale;
    }
    let (head, mut fields) = open(arena, row);
    let is_return = fields.flag(OWN);
    let return_of = fields.text(OWN + 1);
    let (institution, item) = (fields.reader.take(), fields.reader.take());
    let cnt = fields.int(OWN + 2);
    let time = fields.int(OWN + 3);
    let price = fields.flag(OWN + 4).then(|| fields.int(OWN + 5));
    let visit = fields.text(OWN + 6);
    let psn_no = fields.text(OWN + 7);
    let rx = fields.text(OWN + 8);
    let (insured, split, needs_rx) = (fields.flag(OWN + 9), fields.flag(OWN + 10), fields.flag(OWN + 11));
    let expires = fields.flag(OWN + 12).then(|| fields.day());
    let count = fields.reader.take();
    let codes = (0..count).map(|_| fields.reader.take()).collect();
    Dispensing {
        id: head.key,
        is_return,
        return_of,
        institution,
        item,
        cnt,
        time,
        price,
        visit,
        psn_no,
        rx,
        insured,
        split,
        needs_rx,
        expires,
        codes,
    }
}

/// Writes the derived row of a sale: what its returns left of it.
pub fn write_net_sale(row: &mut RowBuilder, sent: Ref, cnt: i64, codes: &[Ref]) {
    row.start(Kind::Dispensing as u32 | DERIVED);
    row.word(sent);
    row.wide(cnt);
    row.word(length(codes.len()));
    for code in codes {
        row.word(*code);
    }
}

/// Reads a [`Purchase`].
pub fn purchase(arena: &Arena, row: Ref) -> Purchase {
    let (head, mut fields) = open(arena, row);
    let (institution, item) = (fields.reader.take(), fields.reader.take());
    let (cnt, time) = (fields.int(OWN + 1), fields.int(OWN + 2));
    let count = fields.reader.take();
    let codes = (0..count).map(|_| fields.reader.take()).collect();
    Purchase { id: head.key, is_return: fields.flag(OWN), institution, item, cnt, time, codes }
}

/// Reads a [`StockChange`].
pub fn stock_change(arena: &Arena, row: Ref) -> StockChange {
    let (head, mut fields) = open(arena, row);
    let (institution, item) = (fields.reader.take(), fields.reader.take());
    let (cnt, time) = (fields.int(OWN + 1), fields.int(OWN + 2));
    let cnt = if fields.flag(OWN) { cnt } else { -cnt };
    StockChange { id: head.key, institution, item, cnt, time }
}

/// Reads a [`StockCount`].
pub fn stock_count(arena: &Arena, row: Ref) -> StockCount {
    let (head, mut fields) = open(arena, row);
    let (institution, item) = (fields.reader.take(), fields.reader.take());
    let (cnt, day) = (fields.int(OWN), as_day(fields.int(OWN + 1)));
    StockCount { id: head.key, institution, item, cnt, day }
}

/// Reads a [`Presence`].
pub fn presence(arena: &Arena, row: Ref) -> Presence {
    let (head, mut fields) = open(arena, row);
    let (psn_no, institution) = (fields.reader.take(), fields.reader.take());
    let time = fields.int(OWN);
    Presence { id: head.key, psn_no, institution, time, pass: fields.flag(OWN + 1) }
}

/// Reads an [`Invoice`].
pub fn invoice(arena: &Arena, row: Ref) -> Invoice {
    let (head, mut fields) = open(arena, row);
    let institution = fields.text(OWN);
    Invoice { bill_code: head.key, bill_no: head.key2, institution, time: fields.int(OWN + 1) }
}

/// The item of a fee line or a sale, read without the rest.
pub fn item(arena: &Arena, row: Ref) -> Ref {
    match kind(arena, row) {
        Kind::FeeLine => {
            let (_, mut fields) = open(arena, as_sent(arena, row));
            fields.reader.skip(2);
            fields.reader.take()
        }
        _ => dispensing(arena, row).item,
    }
}

fn as_day(value: i64) -> Day {
    Day::try_from(value).expect("the decoder bounds days to the years 1900 to 2099")
}

/// Event time of a row as the contract's section 1 defines it for *now*; `None` for kinds that have none.
pub fn event_time(arena: &Arena, row: Ref) -> Option<Moment> {
    Some(match kind(arena, row) {
        Kind::Visit => visit(arena, row).event_time(),
        Kind::Settlement => settlement(arena, row).time,
        Kind::FeeLine => {
            let (_, mut fields) = open(arena, as_sent(arena, row));
            fields.reader.skip(3);
            fields.int(OWN)
        }
        Kind::Prescription => {
            let (_, mut fields) = open(arena, row);
            fields.reader.skip(2);
            fields.int(OWN)
        }
        Kind::Dispensing => dispensing(arena, row).time,
        Kind::Purchase => purchase(arena, row).time,
        Kind::StockChange => stock_change(arena, row).time,
        Kind::StockCount => i64::from(stock_count(arena, row).day) * 86_400,
        Kind::Presence => presence(arena, row).time,
        Kind::Invoice => invoice(arena, row).time,
        Kind::Institution
        | Kind::Practitioner
        | Kind::Person
        | Kind::PersonFact
        | Kind::Enrolment
        | Kind::Label => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arena::{ArenaFull, ArenaWriter, Texts};
    use crate::decode::Decoder;

    struct Names(ArenaWriter, Texts);
    impl Intern for Names {
        type Error = ArenaFull;
        fn intern(&mut self, text: &str) -> Result<Ref, ArenaFull> {
            self.1.intern(&mut self.0, text)
        }
    }

    /// Writes and reads fee lines of every shape: wide and narrow numbers, with and without texts and rev.
    #[test]
    fn the_place_of_a_fee_line_is_that_of_the_whole_line() {
        let mut names = Names(ArenaWriter::default(), Texts::default());
        let mut row = RowBuilder::default();
        for shape in 0..512u32 {
            let wide = |bit: u32, narrow: &'static str, wide: &'static str| {
                if shape >> bit & 1 == 1 { wide } else { narrow }
            };
            let mut line = String::from(
                r#"{"kind":"fee_line","mdtrt_id":"V","feedetl_sn":"7","psn_no":"P","fixmedins_code":"H","#,
            );
            line += r#""fee_ocur_time":"2025-03-01 10:00:00","med_list_codg":"I","list_type":"101","#;
            line += &format!(r#""cnt":{},"pric":{},"#, wide(0, "-3", "9000000"), wide(1, "2", "5000"));
            line += &format!(r#""det_item_fee_sumamt":{},"#, wide(2, "6", "99999999.99"));
            line += &format!(r#""fund_amt":{}"#, wide(3, "1", "-99999999.99"));
            line += wide(4, "", r#","init_feedetl_sn":"1""#);
            line += wide(5, "", r#","setl_id":"S""#);
            line += wide(6, "", r#","rx_id":"R""#);
            line += wide(7, "", r#","rev":9007199254740993"#);
            line += "}";
            let line = if shape >> 8 & 1 == 1 { line.replace(r#""cnt":-3"#, r#""cnt":2"#) } else { line };
            let key = (names.intern("V").unwrap(), names.intern("7").unwrap());
            Decoder::new()
                .decode(line.as_bytes(), |change| write(&mut row, change, key, &mut names))
                .unwrap()
                .unwrap();
            let sent = names.0.push(row.words()).unwrap();
            for net in [None, Some(0), Some(-1), Some(5), Some(i64::MAX), Some(i64::MIN)] {
                let place = match net {
                    None => sent,
                    Some(cnt) => {
                        write_net_line(&mut row, sent, cnt, 1, 1);
                        names.0.push(row.words()).unwrap()
                    }
                };
                let whole = fee_line(names.0.arena(), place);
                let expected = FeeLinePlace {
                    visit: whole.visit,
                    sn: whole.sn,
                    reverses: whole.reverses,
                    rx: whole.rx,
                    is_net: whole.is_net(),
                    is_netted: net.is_some(),
                    is_doubtful: {
                        let line = fee_line(names.0.arena(), sent);
                        i128::from(line.cnt) * i128::from(line.price) != i128::from(line.amount) * 100_000_000
                    },
                };
                assert_eq!(fee_line_place(names.0.arena(), place), expected, "{line} {net:?}");
                assert_eq!(item(names.0.arena(), place), whole.item);
                assert_eq!(fee_line_institution(names.0.arena(), place), whole.institution);
            }
        }
    }
}
