//! A list that was made, before it is written in one of its forms.

use selection::draw::Frame;
use selection::period::Period;
use selection::subject::SubjectKind;
use wire::Fen;
use wire::list::{ListFacts, ListRow};

/// A list: its rows, its facts, and the frame of its draw.
pub struct List {
    /// Whom it ranks.
    pub of: SubjectKind,
    /// The ranked ones by rank, then the control group by rank.
    pub rows: Vec<ListRow>,
    /// What is published of it.
    pub published: ListFacts,
    /// The frame; none for practitioners and persons.
    pub frame: Option<Frame>,
    /// The days that it is about.
    pub period: Period,
}

/// What is expected of these rows together.
pub fn expected_sum<'r>(rows: impl Iterator<Item = &'r ListRow>) -> Fen {
    rows.map(|row| row.expected_amount).sum()
}
