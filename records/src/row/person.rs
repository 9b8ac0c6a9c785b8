//! Insured persons, known by an opaque token.
//!
//! Header: the sex. Words: the day of birth.

use super::given::{Intern, RowWriter, field};
use super::layout::{header, open};
use crate::arena::{Arena, Ref};
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
    pub psn_no: Ref,
    /// 1 male, 2 female, 0 not known.
    pub gend: u8,
    /// Day of birth.
    pub brdy: Day,
}

/// Writes the fields of a change into a row.
pub(super) fn write<I: Intern>(w: &mut RowWriter<'_, '_, I>) -> Result<(), I::Error> {
    let gend = w.given.int(field!(Person."gend"));
    w.flag(MALE, gend == 0);
    w.flag(FEMALE, gend == 1);
    w.int(BRDY_WIDE, field!(Person."brdy"));
    Ok(())
}

/// Reads a [`Person`].
pub fn person(arena: &Arena, row: Ref) -> Person {
    let (head, mut fields) = open(arena, row);
    let gend = u8::from(fields.flag(MALE)) + 2 * u8::from(fields.flag(FEMALE));
    Person { psn_no: head.key, gend, brdy: fields.int_day(BRDY_WIDE) }
}
