//! Identity checks of persons at institutions.
//!
//! Words: psn_no, fixmedins_code, time.

use super::given::{Given, Intern, RowWriter, field};
use super::layout::{header, open};
use super::render_context::RenderContext;
use crate::arena::{Arena, RowRef, TextRef};
use crate::codes::{PresenceResult, PresenceScene};
use crate::time::Moment;

header! {
    TIME_WIDE = 8..9;
    PASS = 9..10;
    SCENE = 10..13;
}

/// An identity check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presence {
    /// idv_id
    pub id: TextRef,
    /// psn_no
    pub psn_no: TextRef,
    /// fixmedins_code
    pub institution: TextRef,
    /// idv_time
    pub time: Moment,
    /// result is `pass`.
    pub pass: bool,
    /// scene
    pub scene: PresenceScene,
}

/// The event time that a change states, for how late it came.
pub(super) fn sent_event_time(given: Given<'_, '_>) -> Option<Moment> {
    given.maybe(field!(Presence."idv_time"))
}

/// Writes the fields of a change into a row.
pub(super) fn write<I: Intern>(w: &mut RowWriter<'_, '_, I>) -> Result<(), I::Error> {
    w.text(field!(Presence."psn_no"))?;
    w.text(field!(Presence."fixmedins_code"))?;
    w.int(TIME_WIDE, field!(Presence."idv_time"));
    let result = PresenceResult::from_position(w.given.position(field!(Presence."result")));
    w.flag(PASS, result == PresenceResult::Pass);
    w.row.set(SCENE, u64::from(w.given.position(field!(Presence."scene"))));
    Ok(())
}

const _: () = assert!(SCENE.hold(PresenceScene::ALL.len()));

/// Reads a [`Presence`].
pub fn presence(arena: &Arena, row: RowRef) -> Presence {
    let (head, mut fields) = open(arena, row);
    let (psn_no, institution) = (fields.text(), fields.text());
    let time = fields.int(TIME_WIDE);
    let scene = PresenceScene::from_position(fields.bits(SCENE));
    Presence { id: head.key, psn_no, institution, time, pass: fields.flag(PASS), scene }
}

/// The event time of a row.
pub(super) fn event_time(arena: &Arena, row: RowRef) -> Moment {
    presence(arena, row).time
}

/// Renders the fields of a row, without its key.
pub(super) fn render(arena: &Arena, row: RowRef, to: &mut RenderContext<'_>) {
    let presence = presence(arena, row);
    to.text("psn_no", presence.psn_no);
    to.text("fixmedins_code", presence.institution);
    to.moment("idv_time", Some(presence.time));
    let pass = PresenceResult::Pass;
    to.put("scene", presence.scene.code());
    to.one_of("result", presence.pass, pass.code(), || pass.other_codes());
}
