//! Prescriptions with their lines.
//!
//! Words: psn_no, fixmedins_code, prsc_time, dr_codg, the number of lines, and for each line its item and one number of
//! two words: the quantity, and in its highest byte the list_type.

use super::given::{Given, Intern, RowWriter, field};
use super::layout::{header, open};
use super::render_context::RenderContext;
use crate::arena::{Arena, RowRef, TextRef};
use crate::codes::{ListType, PrescriptionState};
use crate::decimal::format_scaled;
use crate::decode::Value;
use crate::time::Moment;

header! {
    TIME_WIDE = 8..9;
    CANCELLED = 9..10;
}

/// A quantity is below 10^16; above this bit stands one more than the list_type, 0 if there is none.
const LIST_TYPE_SHIFT: u32 = 56;

/// One line of a prescription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrescriptionLine {
    /// med_list_codg
    pub item: TextRef,
    /// Quantity in ten-thousandths.
    pub cnt: i64,
    /// list_type
    pub list_type: Option<ListType>,
}

/// A prescription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prescription {
    /// rx_id
    pub id: TextRef,
    /// psn_no
    pub psn_no: TextRef,
    /// fixmedins_code
    pub institution: TextRef,
    /// prsc_time
    pub time: Moment,
    /// state is `cancelled`.
    pub cancelled: bool,
    /// dr_codg
    pub doctor: TextRef,
    /// Its lines, in order.
    pub lines: Vec<PrescriptionLine>,
}

/// The event time that a change states, for how late it came.
pub(super) fn sent_event_time(given: Given<'_, '_>) -> Option<Moment> {
    given.maybe(field!(Prescription."prsc_time"))
}

/// Writes the fields of a change into a row.
pub(super) fn write<I: Intern>(w: &mut RowWriter<'_, '_, I>) -> Result<(), I::Error> {
    w.text(field!(Prescription."psn_no"))?;
    w.text(field!(Prescription."fixmedins_code"))?;
    w.int(TIME_WIDE, field!(Prescription."prsc_time"));
    let state = PrescriptionState::from_position(w.given.position(field!(Prescription."state")));
    w.flag(CANCELLED, state == PrescriptionState::Cancelled);
    w.text(field!(Prescription."dr_codg"))?;
    const ITEM: usize = 1;
    const TYPE: usize = 2;
    const CNT: usize = 3;
    const WIDTH: usize = 7;
    let lines = w.given.list(field!(Prescription."lines"));
    w.length(lines.len() / WIDTH);
    for line in lines.chunks_exact(WIDTH) {
        let Value::Text(item) = line[ITEM] else { continue };
        let Value::Int(cnt) = line[CNT] else { continue };
        let list_type = if let Value::Int(list_type) = line[TYPE] { list_type + 1 } else { 0 };
        let item = w.texts.intern(item)?;
        w.row.text(item);
        w.row.wide(cnt | list_type << LIST_TYPE_SHIFT);
    }
    Ok(())
}

/// Reads a [`Prescription`].
pub fn prescription(arena: &Arena, row: RowRef) -> Prescription {
    let (head, mut fields) = open(arena, row);
    let (psn_no, institution) = (fields.text(), fields.text());
    let time = fields.int(TIME_WIDE);
    let cancelled = fields.flag(CANCELLED);
    let doctor = fields.text();
    let count = fields.word();
    let lines = (0..count).map(|_| {
        let (item, packed) = (fields.text(), fields.wide());
        let list_type = u32::try_from(packed >> LIST_TYPE_SHIFT).unwrap_or(0).checked_sub(1);
        let list_type = list_type.map(ListType::from_position);
        PrescriptionLine { item, cnt: packed & ((1 << LIST_TYPE_SHIFT) - 1), list_type }
    });
    let lines = lines.collect();
    Prescription { id: head.key, psn_no, institution, time, cancelled, doctor, lines }
}

/// The event time of a row.
pub(super) fn event_time(arena: &Arena, row: RowRef) -> Moment {
    let (_, mut fields) = open(arena, row);
    fields.skip(2);
    fields.int(TIME_WIDE)
}

/// Renders the fields of a row, without its key.
pub(super) fn render(arena: &Arena, row: RowRef, to: &mut RenderContext<'_>) {
    let prescription = prescription(arena, row);
    to.text("psn_no", prescription.psn_no);
    to.text("fixmedins_code", prescription.institution);
    to.moment("prsc_time", Some(prescription.time));
    to.text("dr_codg", prescription.doctor);
    let cancelled = PrescriptionState::Cancelled;
    to.one_of("state", prescription.cancelled, cancelled.code(), || cancelled.other_codes());
    to.list(
        "lines",
        prescription.lines.iter().map(|line| {
            let sort = line.list_type.map(|sort| format!(" [{}]", sort.code())).unwrap_or_default();
            format!("{} × {}{sort}", arena.text(line.item), format_scaled(line.cnt, 4))
        }),
    );
}
