//! Facts of other registers about a person: death, custody, stay abroad, work injury, third party.
//!
//! Words: psn_no, fact, first day, and the last day where there is one.

use super::given::{Intern, RowWriter, field};
use super::layout::{header, open};
use super::render_context::RenderContext;
use crate::arena::{Arena, RowRef, TextRef};
use crate::codes::FactType;
use crate::time::Day;

header! {
    BEGIN_WIDE = 8..9;
    HAS_END = 9..10;
}

/// A fact from another register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonFact {
    /// fact_id
    pub id: TextRef,
    /// psn_no
    pub psn_no: TextRef,
    /// fact
    pub fact: FactType,
    /// First day.
    pub begin: Day,
    /// Last day.
    pub end: Option<Day>,
}

/// Writes the fields of a change into a row.
pub(super) fn write<I: Intern>(w: &mut RowWriter<'_, '_, I>) -> Result<(), I::Error> {
    w.text(field!(PersonFact."psn_no"))?;
    w.code(field!(PersonFact."fact"));
    w.int(BEGIN_WIDE, field!(PersonFact."begin"));
    w.optional_day(HAS_END, field!(PersonFact."end"));
    Ok(())
}

/// Reads a [`PersonFact`].
pub fn person_fact(arena: &Arena, row: RowRef) -> PersonFact {
    let (head, mut fields) = open(arena, row);
    let psn_no = fields.text();
    let fact = FactType::from_position(fields.word());
    let begin = fields.int_day(BEGIN_WIDE);
    let end = fields.flag(HAS_END).then(|| fields.day());
    PersonFact { id: head.key, psn_no, fact, begin, end }
}

/// Renders the fields of a row, without its key.
pub(super) fn render(arena: &Arena, row: RowRef, to: &mut RenderContext<'_>) {
    let fact = person_fact(arena, row);
    to.text("psn_no", fact.psn_no);
    to.put("fact", fact.fact.code());
    to.day("begin", Some(fact.begin));
    to.day("end", fact.end);
}
