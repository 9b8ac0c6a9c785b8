//! What was judged, what was not, and why: counted where the judging happens.

use serde::{Deserialize, Serialize};

use crate::finding::RuleIx;

/// Why a subject was not judged. The order is the contract's section 2: what stands first is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Missing {
    /// No such institution.
    Institution,
    /// The institution has no longitude.
    Lon,
    /// The institution has no latitude.
    Lat,
    /// No such person.
    Person,
    /// The day lies before the person's birth.
    Brdy,
    /// Nobody's enrolment is there.
    Enrolment,
    /// No fee line of the stay has an rx_id.
    RxId,
    /// The institution has no prescription.
    Prescription,
    /// Nobody was ever checked at the institution.
    Presence,
}

impl Missing {
    /// The reason as `coverage.json` writes it.
    pub fn reason(self) -> &'static str {
        match self {
            Missing::Institution => "missing:institution",
            Missing::Lon => "missing:lon",
            Missing::Lat => "missing:lat",
            Missing::Person => "missing:person",
            Missing::Brdy => "missing:brdy",
            Missing::Enrolment => "missing:enrolment",
            Missing::RxId => "missing:rx_id",
            Missing::Prescription => "missing:prescription",
            Missing::Presence => "missing:presence",
        }
    }
}

/// One entry of the count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Count {
    /// A subject or candidate of the rule, judged or not.
    Subject(RuleIx),
    /// A subject that could not be judged.
    NotJudged(RuleIx, Missing),
}
