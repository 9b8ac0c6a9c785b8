//! The classes of records of which a rule judges every one.
//!
//! A rule whose subject is a single record judges all records of one class (contract section 4, *coverage*), so the
//! records are counted once for all rules of the class and not rule by rule.

use serde::{Deserialize, Serialize};

/// Single records of which a rule judges every one, counted once for all such rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Population {
    /// Fee lines as sent.
    SentLine,
    /// Net fee lines.
    NetLine,
    /// Net lines of stays.
    NetLineOfStay,
    /// Net lines of drugs and herbs of visits that are not pharmacy.
    DrugLine,
    /// Stays.
    Stay,
    /// Live settlements.
    LiveSettlement,
    /// Prescriptions that are not cancelled.
    Prescription,
    /// Sales.
    Sale,
    /// Insured sales of unsplit packs.
    PackSale,
}

impl Population {
    /// How many there are.
    pub const COUNT: usize = 9;
    /// All of them, in the order of their numbers.
    pub const ALL: [Population; Population::COUNT] = [
        Population::SentLine,
        Population::NetLine,
        Population::NetLineOfStay,
        Population::DrugLine,
        Population::Stay,
        Population::LiveSettlement,
        Population::Prescription,
        Population::Sale,
        Population::PackSale,
    ];
}
