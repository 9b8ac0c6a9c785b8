//! The three kinds of subjects that can be inspected, and their shares of an alert.
//!
//! Every alert has owners of each kind ([`Owners`]); a list ranks one kind.

use wire::{Owners, Share};

/// Whom a list ranks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum SubjectKind {
    /// Institutions, by fixmedins_code.
    #[default]
    Institutions,
    /// Practitioners, by prac_psn_code.
    Practitioners,
    /// Persons, by psn_no.
    Persons,
}

impl SubjectKind {
    /// The national name of the code that identifies one.
    pub fn field(self) -> &'static str {
        match self {
            SubjectKind::Institutions => "fixmedins_code",
            SubjectKind::Practitioners => "prac_psn_code",
            SubjectKind::Persons => "psn_no",
        }
    }

    /// Their shares of an alert.
    pub fn shares(self, owners: &Owners) -> &[Share] {
        match self {
            SubjectKind::Institutions => &owners.institutions,
            SubjectKind::Practitioners => &owners.practitioners,
            SubjectKind::Persons => &owners.persons,
        }
    }
}
