//! To whom an alert's money goes: a line of `owners.ndjson`.

use serde::{Deserialize, Serialize};

use crate::money::Fen;

/// A line of `owners.ndjson`. Line n belongs to line n of `alerts.ndjson`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owners {
    /// The alert.
    pub alert_id: String,
    /// Institutions of the records its amount is laid on; with 0 those of its evidence. Sorted by id.
    pub institutions: Vec<Share>,
    /// Practitioners of those records: `dr_codg` of the record, else of its visit or prescription.
    pub practitioners: Vec<Share>,
    /// Persons of those records.
    pub persons: Vec<Share>,
}

/// One owner's share of an alert's money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// fixmedins_code, prac_psn_code or psn_no.
    pub id: String,
    /// What the amount laid on the owner's records, yuan.
    pub amount: Fen,
    /// What was taken of them, yuan; the shares of an alert add up to its counted amount.
    pub counted_amount: Fen,
}
