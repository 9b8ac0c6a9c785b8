//! Who is insured where, under which scheme, and since when.
//!
//! Words: psn_no, insutype, insu_admdvs, first day, and the last day where there is one.

use super::given::{Intern, RowWriter, field};
use super::layout::{header, open};
use super::render_context::RenderContext;
use crate::arena::{Arena, RowRef, TextRef};
use crate::codes::EnrolmentStatus;
use crate::time::Day;

header! {
    NORMAL = 8..9;
    BEGIN_WIDE = 9..10;
    HAS_END = 10..11;
}

/// An enrolment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// enrl_id
    pub id: TextRef,
    /// psn_no
    pub psn_no: TextRef,
    /// insutype
    pub insutype: TextRef,
    /// insu_admdvs
    pub admdvs: TextRef,
    /// Whether status is `1`, normal.
    pub normal: bool,
    /// First day.
    pub begin: Day,
    /// Last day.
    pub end: Option<Day>,
}

/// Writes the fields of a change into a row.
pub(super) fn write<I: Intern>(w: &mut RowWriter<'_, '_, I>) -> Result<(), I::Error> {
    w.text(field!(Enrolment."psn_no"))?;
    w.text(field!(Enrolment."insutype"))?;
    w.text(field!(Enrolment."insu_admdvs"))?;
    let status = EnrolmentStatus::from_position(w.given.position(field!(Enrolment."status")));
    w.flag(NORMAL, status == EnrolmentStatus::Normal);
    w.int(BEGIN_WIDE, field!(Enrolment."begin"));
    w.optional_day(HAS_END, field!(Enrolment."end"));
    Ok(())
}

/// Reads an [`Enrolment`].
pub fn enrolment(arena: &Arena, row: RowRef) -> Enrolment {
    let (head, mut fields) = open(arena, row);
    let (psn_no, insutype, admdvs) = (fields.text(), fields.text(), fields.text());
    let begin = fields.int_day(BEGIN_WIDE);
    let end = fields.flag(HAS_END).then(|| fields.day());
    Enrolment { id: head.key, psn_no, insutype, admdvs, normal: fields.flag(NORMAL), begin, end }
}

/// Renders the fields of a row, without its key.
pub(super) fn render(arena: &Arena, row: RowRef, to: &mut RenderContext<'_>) {
    let enrolment = enrolment(arena, row);
    to.text("psn_no", enrolment.psn_no);
    to.text("insutype", enrolment.insutype);
    to.text("insu_admdvs", enrolment.admdvs);
    let normal = EnrolmentStatus::Normal;
    to.one_of("status", enrolment.normal, normal.code(), || normal.other_codes());
    to.day("begin", Some(enrolment.begin));
    to.day("end", enrolment.end);
}
