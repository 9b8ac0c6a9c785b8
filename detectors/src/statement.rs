//! What judges state: the one type that leaves every judge, and what travels in it.
//!
//! A statement is a row, or a packed value, that belongs under a key of a [`Route`], a finding on its way to an alert,
//! or one of the few sums that no row can carry. It imports no detector: who states it and who reads it both come here.

use records::arena::{Packed, RowRef};
use records::row::{Day, Moment};
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, PricedFinding, ReconciledFinding};
use crate::policy::RuleIx;
use crate::profile::Member;

/// Where a row goes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Route {
    /// Visits by person.
    VisitOfPerson,
    /// Stays by person.
    StayOfPerson,
    /// Uses of goods by institution and item.
    Use,
    /// The opening count of a pair of institution and item.
    Opening,
    /// Drug lines without rx_id of visits that are not pharmacy, by visit.
    DrugWithoutPrescription,
    /// Drug lines whose prescription does not cover them, by visit.
    DrugBadPrescription,
    /// Findings of F06 but for the institution's prescriptions, by institution.
    DrugSuspicious,
    /// Lines of items whose rows ask for the person, by person.
    OfPerson,
    /// Lines of items whose rows ask for the institution, by institution.
    OfInstitution,
    /// Lines of items whose rows ask for the other lines of the visit, by visit.
    OfVisit,
    /// Visits with a code that some row knows, by person.
    Coded,
    /// Days of a stay on which something was charged, packed, by visit.
    BedDay,
    /// Lines of stays from days before or after the stay, by visit.
    OffStay,
    /// Days on which stays begin and end, packed, by institution.
    BedStep,
    /// Insured sales of a code that was not bought, by code.
    Unbought,
    /// The same where the item is bought, by institution and code.
    BoughtOtherwise,
    /// Lines of items in `cycle_gap`, by person and item.
    Cycle,
    /// Insured sales of items in `resale_prone`, by person and item.
    Resale,
    /// Consecutive passes at different institutions: no row, by the pair.
    Journey,
    /// Institutions with coordinates, by pair.
    JourneyPlace,
    /// Stays without a passed check, by institution.
    Absent,
    /// Sales of what needs a prescription that none covers, by institution.
    SaleUncovered,
    /// No row, once for every prescription and sale or return that names it, by the institution of the latter.
    Linked,
    /// Sales of a code of an item that was bought without codes alone, by institution and code.
    BoughtWithoutCodes,
    /// Institutions that have something: a presence, a prescription.
    Has,
    /// Settlements that no enrolment covers, by shard.
    Uncovered,
    /// Stays of persons with stays enough for an edge, by their cell of institution and days.
    StayInCell,
    /// The same by the cells in which they look for co-stays: their own and half of those beside it, so that a pair meets
    /// once.
    StayNearCell,
    /// Stays of all other persons, who have too few, by their cell.
    FewStaysInCell,
    /// Stays of persons with two like stays, by their own cell and all eight beside it.
    LikeStaysNearCell,
    /// Stays in a co-stay, by the two persons.
    CoStay,
    /// The person at the other end of an edge, packed, by rule and person.
    Edge,
    /// Stays behind an edge, by rule and person.
    EdgeStay,
    /// Live settlements and institutions, by the finding that needs them.
    Price,
    /// The institutions of practitioners, by practitioner.
    Workplace,
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Out {
    /// A row belongs under a key of a route.
    Row(Route, u64, RowRef),
    /// A packed value belongs under a key of a route.
    Packed(Route, u64, Packed),
    /// A finding.
    Finding(Box<Finding>),
    /// The statement holds as soon as *now* is at least this moment.
    Due(Moment, Box<Out>),
    /// A block of days of a pair of institution and item.
    Block(u64, Box<Block>),
    /// Days of a block on which a pair of institution and item was used and bought.
    Days(u64, DaysOfBlock),
    /// Days on which an institution may be crowded.
    OverOccupancy(Box<OverOccupancy>),
    /// A finding with its amount.
    Priced(Box<PricedFinding>),
    /// Fen that a finding (by id) takes of what it laid on a record.
    Taken(u64, RowRef, i64),
    /// An alert.
    Reconciled(Box<ReconciledFinding>),
    /// An amount that is added to a cell of a profile.
    Sum(u64, Packed, i64),
    /// A subject's month among its peers', by their group and the month.
    Member(u64, Box<Member>),
    /// A subject's month among all months of its peers, by their group.
    Series(u64, Box<Member>),
}

/// A run of days with the same stays, too many at least if those without an end are still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OverOccupancy {
    /// The rule.
    pub rule: RuleIx,
    /// The row of the institution.
    pub institution: RowRef,
    /// Its beds.
    pub beds: i64,
    /// The first day.
    pub from: Day,
    /// The day after the last; `None` where it goes on.
    pub to: Option<Day>,
    /// Stays with an end.
    pub ended: i64,
    /// Stays without one, which reach to the day before *now*.
    pub open: i64,
}

/// A block of days in sum, or a part of one, as one rule sees it. Quantities in ten-thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Block {
    /// The rule.
    pub rule: RuleIx,
    /// Number of the block; days divided by 32.
    pub block: i32,
    /// The first day with a movement: where a block is cut because other numbers are granted, its parts follow each
    /// other.
    pub first: Day,
    /// The first day of the block on which uses exceed supply the most.
    pub peak: Day,
    /// Used and supplied in the block up to and with that day.
    pub at_peak: (i128, i128),
    /// Used and supplied in the whole block.
    pub at_end: (i128, i128),
    /// The lowest price of a use in the block, in millionths of a yuan.
    pub lowest_price: Option<i64>,
}

/// Days of a block of 32 on which an item was used, and on which it was bought, as bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DaysOfBlock {
    /// Number of the block.
    pub block: i32,
    /// Days with a use.
    pub used: u32,
    /// Days with a purchase.
    pub bought: u32,
}
