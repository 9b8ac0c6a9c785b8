//! The state of an open stay, and what is special about its bill.
//!
//! A stay that is under way keeps sums and its pattern, not its lines, which are sent as they are billed. The roles
//! name the planted findings the stay belongs to.

use crate::record::{PrescriptionRef, Visit, VisitHead};
use crate::text::{DAY, HOUR};

/// A stay that is not over.
#[derive(Clone)]
pub(crate) struct Stay {
    pub(crate) head: VisitHead,
    pub(crate) visit: Visit,
    /// When it will end; the visit record gets its end at discharge.
    pub(crate) end: i64,
    /// What it takes every day: drugs as the hospital's numbers, daily quantity in ten-thousandths.
    pub(crate) drugs: [(u32, i64); 4],
    pub(crate) drugs_len: usize,
    /// Whether drugs are ordered electronically, so that their lines name a prescription.
    pub(crate) electronic: bool,
    pub(crate) days: i64,
    pub(crate) lines: u64,
    pub(crate) total: i64,
    pub(crate) fund: i64,
    pub(crate) pattern: StayPattern,
    /// The cases it is part of; none of them sees it refunded, or the patient dead.
    pub(crate) parts: Vec<CaseRole>,
    /// Identity is never checked.
    pub(crate) unseen: bool,
}

/// What is special about the bill of a stay. The case, if it is part of one, is that of the special lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum StayPattern {
    Usual,
    /// An item of [`crate::limits::Limits::courses`] on so many days from the first one on.
    Course(usize, i64, Option<usize>),
    /// Nothing but bed and nursing for the 48 hours after the second night; two days are no empty bed yet.
    Resting,
    /// A line at this time, before or after the stay.
    Beside(i64, Option<usize>),
    /// From the second day on nothing but bed and nursing.
    BedOnly(usize),
    /// On the first day an item by the hour, so many hours more than there were.
    Hours(i64, usize),
    /// An operation by its four digits.
    Operated(u64, usize),
}

/// A part that a stay has in a case.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct CaseRole {
    pub(crate) finding: usize,
    /// Whether the stay is named in the key.
    pub(crate) named: bool,
    /// Whether what the fund pays for it is in the amount.
    pub(crate) pays: bool,
}

impl Stay {
    /// The prescription that its drugs name.
    pub(crate) fn order(&self) -> PrescriptionRef {
        if self.electronic { PrescriptionRef::Of(1) } else { PrescriptionRef::None }
    }

    /// Hours of the civil day `day` that it lasts, rounded up.
    pub(crate) fn hours_of(&self, day: i64) -> i64 {
        let (from, to) = (self.visit.begin.max(day * DAY), self.end.min((day + 1) * DAY));
        (to - from + HOUR - 1) / HOUR
    }

    /// Makes it one that names no prescription.
    pub(crate) fn on_paper(&mut self) {
        self.electronic = false;
    }
}

impl StayPattern {
    /// The case of its special lines.
    pub(crate) fn finding(self) -> Option<usize> {
        match self {
            StayPattern::Usual | StayPattern::Resting => None,
            StayPattern::Course(_, _, finding) | StayPattern::Beside(_, finding) => finding,
            StayPattern::BedOnly(finding)
            | StayPattern::Hours(_, finding)
            | StayPattern::Operated(_, finding) => Some(finding),
        }
    }
}

/// A stay that is only part of its case.
pub(crate) fn part(finding: usize) -> CaseRole {
    CaseRole { finding, named: false, pays: false }
}

/// A stay whose name is in the key.
pub(crate) fn named(finding: usize) -> CaseRole {
    CaseRole { named: true, ..part(finding) }
}

/// A stay whose payment is in the amount.
pub(crate) fn paid(finding: usize) -> CaseRole {
    CaseRole { pays: true, ..part(finding) }
}

/// A stay that a case names and whose payment is in the amount.
pub(crate) fn named_and_paid(finding: usize) -> CaseRole {
    CaseRole { named: true, pays: true, finding }
}
