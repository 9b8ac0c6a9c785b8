//! Institutions and what they turned over: a line of `institutions.ndjson`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::money::FenSum;

/// A line of `institutions.ndjson`: every institution that stands or that a standing record names, sorted by code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Institution {
    /// Its code.
    pub fixmedins_code: String,
    /// Its name.
    pub fixmedins_name: Option<String>,
    /// `1` medical, `2` pharmacy, `3` care agency; none where the record does not stand.
    pub fixmedins_type: Option<String>,
    /// Its level, two digits, `01` highest.
    pub hosp_lv: Option<String>,
    /// Its region.
    pub admdvs: Option<String>,
    /// Its beds.
    pub beds: Option<i64>,
    /// What it turned over, by month `YYYY-MM`.
    pub months: BTreeMap<String, Turnover>,
}

/// What was settled with an institution in a month: live settlements by the month of their setl_time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turnover {
    /// Live settlements.
    pub settlements: i64,
    /// Their fund_pay_sumamt, yuan.
    pub fund_pay_sumamt: FenSum,
}
