//! Rows: what the rules need of a record, packed into words of the [`arena`](crate::arena).
//!
//! A row *as sent* holds the head and the fields of one change; it is written once and never changed. A *derived* row
//! stands on one: a fee line with its reversals netted, a sale with its returns taken off, a settlement that another
//! one withdrew; and what of a record is a filler or hangs on its settlement. Both are read back as the same nouns, so that who reads a fee line need not know which it was.
//!
//! Each kind has a file with its struct, its words, and what writes and reads them. Here stands only what asks a
//! row for its kind first. Small numbers take one word and wide ones two, distinguished by a bit of the header.

mod dispensing;
mod enrolment;
mod fee_line;
mod given;
mod institution;
mod invoice;
mod label;
mod layout;
mod person;
mod person_fact;
mod practitioner;
mod prescription;
mod presence;
mod purchase;
mod render_context;
mod settlement;
mod stock_change;
mod stock_count;
mod visit;

pub use dispensing::{Dispensing, dispensing, write_net_sale};
pub use enrolment::{Enrolment, enrolment};
pub use fee_line::{
    FeeLine, FeeLinePlace, NetLine, fee_line, fee_line_institution, fee_line_place, write_net_line,
};
pub use given::Intern;
pub use institution::{Agreement, Institution, institution};
pub use invoice::{Invoice, invoice};
pub use label::{Label, label};
pub use layout::{Head, RowBuilder, as_sent, head, key, kind, two_part_key};
pub use person::{Person, person};
pub use person_fact::{PersonFact, person_fact};
pub use practitioner::{Practitioner, practitioner};
pub use prescription::{Prescription, PrescriptionLine, prescription};
pub use presence::{Presence, presence};
pub use purchase::{Purchase, purchase, write_purchase_of_codes};
pub use render_context::RenderedFields;
pub use settlement::{Settlement, SettlementMarks, settlement, settlement_marks, write_marked_settlement};
pub use stock_change::{StockChange, stock_change};
pub use stock_count::{StockCount, stock_count};
pub use visit::{Diagnosis, Visit, diagnoses, operations, visit};

pub use crate::time::{Day, Moment, day_of};

use crate::Kind;
use crate::arena::{Arena, RowRef, TextRef};
use crate::decode::{Change, Op};
use crate::time::DAY_SECONDS;
use given::{Given, RowWriter};
use layout::LATE;
use render_context::RenderContext;

/// Writes the row of a change into `row`; `key` and `key2` are its interned key.
///
/// # Errors
/// What `texts` fails with.
pub fn write<I: Intern>(
    row: &mut RowBuilder,
    change: &Change<'_>,
    (key, key2): (TextRef, TextRef),
    texts: &mut I,
) -> Result<(), I::Error> {
    let (kind, del) = (change.kind, change.op == Op::Del);
    row.start(&Head { kind, del, key, key2, rev: change.rev, content_hash: change.content_hash });
    if del {
        return Ok(());
    }
    let given = Given { change };
    row.set(LATE, lateness(given));
    let mut writer = RowWriter { row, given, texts };
    let w = &mut writer;
    match kind {
        Kind::Institution => institution::write(w),
        Kind::Practitioner => practitioner::write(w),
        Kind::Person => person::write(w),
        Kind::PersonFact => person_fact::write(w),
        Kind::Enrolment => enrolment::write(w),
        Kind::Visit => visit::write(w),
        Kind::Settlement => settlement::write(w),
        Kind::FeeLine => fee_line::write(w),
        Kind::Prescription => prescription::write(w),
        Kind::Dispensing => dispensing::write(w),
        Kind::Purchase => purchase::write(w),
        Kind::StockChange => stock_change::write(w),
        Kind::StockCount => stock_count::write(w),
        Kind::Presence => presence::write(w),
        Kind::Invoice => invoice::write(w),
        Kind::Label => label::write(w),
    }?;
    row.finish();
    Ok(())
}

/// How late a record came, as its header keeps it: 0 not known, else the number of the first of [`LATE_WITHIN`] that
/// holds, counted from 1, else one more.
fn lateness(given: Given<'_, '_>) -> u64 {
    let (Some(event), Some(received)) = (sent_event_time(given.change), given.change.recv_time) else {
        return 0;
    };
    let delay = received - event;
    1 + (0..).zip(LATE_WITHIN).find(|(_, within)| delay <= *within).map_or(3, |(nth, _)| nth)
}

/// The event time that a change states; `None` for kinds that have none, and where it states none.
pub fn sent_event_time(change: &Change<'_>) -> Option<Moment> {
    if change.op == Op::Del {
        return None;
    }
    let given = Given { change };
    match change.kind {
        Kind::Visit => visit::sent_event_time(given),
        Kind::Settlement => settlement::sent_event_time(given),
        Kind::FeeLine => fee_line::sent_event_time(given),
        Kind::Prescription => prescription::sent_event_time(given),
        Kind::Dispensing => dispensing::sent_event_time(given),
        Kind::Purchase => purchase::sent_event_time(given),
        Kind::StockChange => stock_change::sent_event_time(given),
        Kind::StockCount => stock_count::sent_event_time(given),
        Kind::Presence => presence::sent_event_time(given),
        Kind::Invoice => invoice::sent_event_time(given),
        Kind::Institution
        | Kind::Practitioner
        | Kind::Person
        | Kind::PersonFact
        | Kind::Enrolment
        | Kind::Label => None,
    }
}

/// The visit that a change is of; empty if it is of none.
pub fn sent_visit<'c>(change: &Change<'c>) -> &'c str {
    let at = crate::schema::fields(change.kind).iter().position(|field| field.name == "mdtrt_id");
    let only_its_key = change.op == Op::Del && change.kind != Kind::Visit && change.kind != Kind::FeeLine;
    match at {
        Some(at) if !only_its_key => Given { change }.text(at),
        _ => "",
    }
}

/// The visit that a record is of, as far as its row says; of a visit itself.
pub fn visit_of(arena: &Arena, row: RowRef) -> TextRef {
    match kind(arena, row) {
        Kind::Visit => key(arena, row).0,
        Kind::Settlement => settlement(arena, row).visit,
        Kind::FeeLine => key(arena, row).0,
        Kind::Dispensing => dispensing(arena, row).visit,
        _ => TextRef::NONE,
    }
}

/// Seconds after the event within which a record is one day, three days, seven days late at the most.
pub const LATE_WITHIN: [Moment; 3] = [DAY_SECONDS, 3 * DAY_SECONDS, 7 * DAY_SECONDS];

/// How late a record came: within the first of [`LATE_WITHIN`] that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lateness {
    /// Within a day of the event, or before it.
    WithinDay,
    /// Within three days.
    WithinThreeDays,
    /// Within seven days.
    WithinWeek,
    /// Later.
    Later,
}

/// How late the record behind a row came; `None` where no recv_time was sent.
pub fn late(arena: &Arena, row: RowRef) -> Option<Lateness> {
    match LATE.of(u64::from(arena.word(as_sent(arena, row), 0))) {
        0 => None,
        1 => Some(Lateness::WithinDay),
        2 => Some(Lateness::WithinThreeDays),
        3 => Some(Lateness::WithinWeek),
        _ => Some(Lateness::Later),
    }
}

/// The item of a fee line or a sale, read without the rest.
pub fn item(arena: &Arena, row: RowRef) -> TextRef {
    match kind(arena, row) {
        Kind::FeeLine => fee_line::item(arena, row),
        _ => dispensing(arena, row).item,
    }
}

/// Event time of a row as the contract's section 1 defines it for *now*; `None` for kinds that have none.
pub fn event_time(arena: &Arena, row: RowRef) -> Option<Moment> {
    Some(match kind(arena, row) {
        Kind::Visit => visit::event_time(arena, row),
        Kind::Settlement => settlement::event_time(arena, row),
        Kind::FeeLine => fee_line::event_time(arena, row),
        Kind::Prescription => prescription::event_time(arena, row),
        Kind::Dispensing => dispensing::event_time(arena, row),
        Kind::Purchase => purchase::event_time(arena, row),
        Kind::StockChange => stock_change::event_time(arena, row),
        Kind::StockCount => stock_count::event_time(arena, row),
        Kind::Presence => presence::event_time(arena, row),
        Kind::Invoice => invoice::event_time(arena, row),
        Kind::Institution
        | Kind::Practitioner
        | Kind::Person
        | Kind::PersonFact
        | Kind::Enrolment
        | Kind::Label => return None,
    })
}

/// Renders the fields of the record behind a row, without its key ([`crate::render`]).
pub(crate) fn render(arena: &Arena, row: RowRef) -> RenderedFields {
    let mut context = RenderContext::new(arena);
    let to = &mut context;
    match kind(arena, row) {
        Kind::Institution => institution::render(arena, row, to),
        Kind::Practitioner => practitioner::render(arena, row, to),
        Kind::Person => person::render(arena, row, to),
        Kind::PersonFact => person_fact::render(arena, row, to),
        Kind::Enrolment => enrolment::render(arena, row, to),
        Kind::Visit => visit::render(arena, row, to),
        Kind::Settlement => settlement::render(arena, row, to),
        Kind::FeeLine => fee_line::render(arena, row, to),
        Kind::Prescription => prescription::render(arena, row, to),
        Kind::Dispensing => dispensing::render(arena, row, to),
        Kind::Purchase => purchase::render(arena, row, to),
        Kind::StockChange => stock_change::render(arena, row, to),
        Kind::StockCount => stock_count::render(arena, row, to),
        Kind::Presence => presence::render(arena, row, to),
        Kind::Invoice => invoice::render(arena, row, to),
        Kind::Label => label::render(arena, row, to),
    }
    context.into_fields()
}
