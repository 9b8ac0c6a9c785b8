//! How far the database has come in the journal.

/// How far the database has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// Sequence of the last event.
    pub sequence: u64,
    /// Number of the last reject.
    pub reject: u64,
    /// Number of the last event of alerts that are in no feed.
    pub aside: u64,
}
