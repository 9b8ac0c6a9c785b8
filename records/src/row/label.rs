//! What persons decided about cases.
//!
//! Words: subject_type, subject_id, first and last day, scheme, decision, amount (2), decided_at (2), source; those that
//! may be absent where they are there.

use super::given::{Intern, RowWriter, field};
use super::layout::{header, open};
use super::render_context::RenderContext;
use crate::arena::{Arena, RowRef, TextRef};
use crate::codes::{Decision, SubjectType};
use crate::decimal::format_fen;
use crate::time::{Day, Moment};

header! {
    HAS_BEGIN = 8..9;
    HAS_END = 9..10;
    HAS_SCHEME = 10..11;
    HAS_AMOUNT = 11..12;
    HAS_SOURCE = 12..13;
}

/// A decision on a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    /// case_id
    pub case: TextRef,
    /// subject_type
    pub subject_type: SubjectType,
    /// subject_id
    pub subject: TextRef,
    /// period_begin
    pub begin: Option<Day>,
    /// period_end
    pub end: Option<Day>,
    /// scheme
    pub scheme: TextRef,
    /// decision
    pub decision: Decision,
    /// amount, fen.
    pub amount: Option<i64>,
    /// decided_at
    pub decided: Moment,
    /// source
    pub source: TextRef,
}

/// Writes the fields of a change into a row.
pub(super) fn write<I: Intern>(w: &mut RowWriter<'_, '_, I>) -> Result<(), I::Error> {
    w.code(field!(Label."subject_type"));
    w.text(field!(Label."subject_id"))?;
    w.optional_day(HAS_BEGIN, field!(Label."period_begin"));
    w.optional_day(HAS_END, field!(Label."period_end"));
    w.optional_text(HAS_SCHEME, field!(Label."scheme"))?;
    w.code(field!(Label."decision"));
    w.optional_wide(HAS_AMOUNT, w.given.maybe(field!(Label."amount")));
    w.row.wide(w.given.int(field!(Label."decided_at")));
    w.optional_text(HAS_SOURCE, field!(Label."source"))?;
    Ok(())
}

/// Reads a [`Label`].
pub fn label(arena: &Arena, row: RowRef) -> Label {
    let (head, mut fields) = open(arena, row);
    let subject_type = SubjectType::from_position(fields.word());
    let subject = fields.text();
    let begin = fields.flag(HAS_BEGIN).then(|| fields.day());
    let end = fields.flag(HAS_END).then(|| fields.day());
    let scheme = fields.optional_text(HAS_SCHEME);
    let decision = Decision::from_position(fields.word());
    let amount = fields.flag(HAS_AMOUNT).then(|| fields.wide());
    let decided = fields.wide();
    let source = fields.optional_text(HAS_SOURCE);
    Label { case: head.key, subject_type, subject, begin, end, scheme, decision, amount, decided, source }
}

/// Renders the fields of a row, without its key.
pub(super) fn render(arena: &Arena, row: RowRef, to: &mut RenderContext<'_>) {
    let label = label(arena, row);
    to.put("subject_type", label.subject_type.code());
    to.text("subject_id", label.subject);
    to.day("period_begin", label.begin);
    to.day("period_end", label.end);
    to.text("scheme", label.scheme);
    to.put("decision", label.decision.code());
    if let Some(amount) = label.amount {
        to.put("amount", format_fen(amount));
    }
    to.moment("decided_at", Some(label.decided));
    to.text("source", label.source);
}
