//! Those who treat, prescribe or sell.
//!
//! Words: fixmedins_code, prac_psn_type, title_lv, dept_codg; the last two where they are there.

use super::given::{Intern, RowWriter, field};
use super::layout::{header, open};
use super::render_context::RenderContext;
use crate::arena::{Arena, RowRef, TextRef};
use crate::codes::PractitionerType;

header! {
    HAS_TITLE = 8..9;
    HAS_DEPT = 9..10;
}

/// Somebody who treats, prescribes or sells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Practitioner {
    /// prac_psn_code
    pub code: TextRef,
    /// fixmedins_code
    pub institution: TextRef,
    /// prac_psn_type
    pub practitioner_type: PractitionerType,
    /// title_lv
    pub title: TextRef,
    /// dept_codg
    pub dept: TextRef,
}

/// Writes the fields of a change into a row.
pub(super) fn write<I: Intern>(w: &mut RowWriter<'_, '_, I>) -> Result<(), I::Error> {
    w.text(field!(Practitioner."fixmedins_code"))?;
    w.code(field!(Practitioner."prac_psn_type"));
    w.optional_text(HAS_TITLE, field!(Practitioner."title_lv"))?;
    w.optional_text(HAS_DEPT, field!(Practitioner."dept_codg"))?;
    Ok(())
}

/// Reads a [`Practitioner`].
pub fn practitioner(arena: &Arena, row: RowRef) -> Practitioner {
    let (head, mut fields) = open(arena, row);
    let institution = fields.text();
    let practitioner_type = PractitionerType::from_position(fields.word());
    let (title, dept) = (fields.optional_text(HAS_TITLE), fields.optional_text(HAS_DEPT));
    Practitioner { code: head.key, institution, practitioner_type, title, dept }
}

/// Renders the fields of a row, without its key.
pub(super) fn render(arena: &Arena, row: RowRef, to: &mut RenderContext<'_>) {
    let practitioner = practitioner(arena, row);
    to.put("prac_psn_type", practitioner.practitioner_type.code());
    to.text("title_lv", practitioner.title);
    to.text("fixmedins_code", practitioner.institution);
    to.text("dept_codg", practitioner.dept);
}
