//! An alert before and after a tick.
//!
//! Everything that is decided of an event, whether it is one, what it is called and what caused it, looks at both
//! sides: a withdrawn alert has no after, a raised one no before.

use crate::finding::ReconciledFinding;

/// An alert's transition through one tick; one of the sides is there at least.
pub(super) struct Transition {
    pub(super) before: Option<ReconciledFinding>,
    pub(super) after: Option<ReconciledFinding>,
}

impl Transition {
    /// The sides that are there, the earlier first.
    pub(super) fn sides(&self) -> impl Iterator<Item = &ReconciledFinding> {
        self.before.iter().chain(&self.after)
    }
}
