//! What was judged, what was not, and why: counted where the judging happens.

use std::cell::RefCell;
use std::rc::Rc;

use records::arena::TextRef;
use records::row::{Day, Moment, day_of};
use records::time::month_of;
pub use rulebank::Population;
use serde::{Deserialize, Serialize};

use crate::policy::RuleIx;
use crate::views::{Diff, Tick};

/// Why a subject was not judged. The order is the contract's section 2: what stands first is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Missing {
    /// No such institution.
    Institution,
    /// The institution's level is absent or beyond the list.
    HospLv,
    /// The institution has no longitude.
    Lon,
    /// The institution has no latitude.
    Lat,
    /// The institution has no agreements.
    Agreements,
    /// No such practitioner.
    Practitioner,
    /// No such person.
    Person,
    /// The person's sex is not known or not stated.
    Gend,
    /// The day lies before the person's birth.
    Brdy,
    /// Nobody's enrolment is there.
    Enrolment,
    /// No such visit.
    Visit,
    /// The stay has no end.
    Endtime,
    /// The visit has no diagnosis, or no main one.
    Diags,
    /// No fee line of the stay has an rx_id; no sale or return of the shop names a prescription that stands.
    RxId,
    /// The institution has no prescription.
    Prescription,
    /// The sale does not say who paid, and no live settlement does.
    MdtrtSetlType,
    /// The sale has no expy_end.
    ExpyEnd,
    /// The institution has no purchase.
    Purchase,
    /// What the institution bought of the item came without trace codes.
    TraceCodes,
    /// Nobody was ever checked at the institution.
    Presence,
    /// The change has no recv_time.
    RecvTime,
    /// The amount is beyond what is written: 64 bits of fen.
    Amount,
    /// Too few peers, or too few cases or earlier months of its own, to compare it with.
    Peers,
}

impl Missing {
    /// The reason as `coverage.json` writes it.
    pub fn reason(self) -> &'static str {
        match self {
            Missing::Institution => "missing:institution",
            Missing::HospLv => "missing:hosp_lv",
            Missing::Lon => "missing:lon",
            Missing::Lat => "missing:lat",
            Missing::Agreements => "missing:agreements",
            Missing::Practitioner => "missing:practitioner",
            Missing::Person => "missing:person",
            Missing::Gend => "missing:gend",
            Missing::Brdy => "missing:brdy",
            Missing::Enrolment => "missing:enrolment",
            Missing::Visit => "missing:visit",
            Missing::Endtime => "missing:endtime",
            Missing::Diags => "missing:diags",
            Missing::RxId => "missing:rx_id",
            Missing::Prescription => "missing:prescription",
            Missing::MdtrtSetlType => "missing:mdtrt_setl_type",
            Missing::ExpyEnd => "missing:expy_end",
            Missing::Purchase => "missing:purchase",
            Missing::TraceCodes => "missing:trace_codes",
            Missing::Presence => "missing:presence",
            Missing::RecvTime => "missing:recv_time",
            Missing::Amount => "beyond:amount",
            Missing::Peers => "missing:peers",
        }
    }
}

/// One entry of the count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Count {
    /// A record of which some rules judge every one.
    Each(Population),
    /// A subject or candidate of the rule, judged or not.
    Subject(RuleIx),
    /// A record of which a valid row of the rule's table speaks, judged or not.
    Applicable(RuleIx),
    /// A subject that could not be judged, and where and when it was.
    NotJudged(RuleIx, Missing, InstitutionMonth),
}

/// Where and when a subject was: an institution, if it has one, and a month ([`records::time::month_of`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct InstitutionMonth {
    /// fixmedins_code
    pub institution: TextRef,
    /// The month of the subject's own time.
    pub month: i32,
}

impl InstitutionMonth {
    /// Of a subject at a moment.
    pub fn at(institution: TextRef, moment: Moment) -> InstitutionMonth {
        InstitutionMonth::on(institution, day_of(moment))
    }
    /// Of a subject on a day.
    pub fn on(institution: TextRef, day: Day) -> InstitutionMonth {
        InstitutionMonth { institution, month: month_of(day) }
    }
}

/// Changes of the coverage, as a worker gathers them.
pub type Counts = Rc<RefCell<Vec<(Count, Tick, Diff)>>>;
