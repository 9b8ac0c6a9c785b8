//! Insured persons, known by an opaque token.
//!
//! Header: the sex. Words: the day of birth.

use super::given::{Intern, RowWriter, field};
use super::layout::{header, open};
use super::render_context::RenderContext;
use crate::arena::{Arena, RowRef, TextRef};
use crate::codes::Sex;
use crate::time::Day;

header! {
    MALE = 8..9;
    FEMALE = 9..10;
    BRDY_WIDE = 10..11;
}

/// A person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person {
    /// psn_no
    pub psn_no: TextRef,
    /// gend; [`Sex::Unknown`] also where it is not stated.
    pub gend: Sex,
    /// Day of birth.
    pub brdy: Day,
}

/// Writes the fields of a change into a row.
pub(super) fn write<I: Intern>(w: &mut RowWriter<'_, '_, I>) -> Result<(), I::Error> {
    let gend = Sex::from_position(w.given.position(field!(Person."gend")));
    w.flag(MALE, gend == Sex::Male);
    w.flag(FEMALE, gend == Sex::Female);
    w.int(BRDY_WIDE, field!(Person."brdy"));
    Ok(())
}

/// Reads a [`Person`].
pub fn person(arena: &Arena, row: RowRef) -> Person {
    let (head, mut fields) = open(arena, row);
    let gend = match (fields.flag(MALE), fields.flag(FEMALE)) {
        (true, _) => Sex::Male,
        (_, true) => Sex::Female,
        _ => Sex::Unknown,
    };
    Person { psn_no: head.key, gend, brdy: fields.int_day(BRDY_WIDE) }
}

/// Renders the fields of a row, without its key.
pub(super) fn render(arena: &Arena, row: RowRef, to: &mut RenderContext<'_>) {
    let person = person(arena, row);
    to.put("gend", person.gend.code_or_unknown());
    to.day("brdy", Some(person.brdy));
}
