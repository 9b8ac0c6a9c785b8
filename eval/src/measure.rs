//! Measures: figures about figures, each with an interval for how far it may be trusted.
//!
//! Every interval of this room is at [`LEVEL`]. A share of counted things has Wilson's, a rate of rare things
//! Garwood's exact one; whatever is weighed by money or depends on an order has the percentiles of a bootstrap that
//! draws *institutions*, because alerts of one place are wrong together. `docs/evaluation.md` has the formulas.
//!
//! Floats live here, between exact fen and a rounded report; none of them decides anything.

pub mod bootstrap;
pub mod interval;
pub mod rank;

use serde::Serialize;

/// The nominal level of every interval.
pub const LEVEL: f64 = 0.9;

/// A figure with its interval. Without anything to stand on it has no value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Estimate {
    /// The figure.
    pub value: Option<f64>,
    /// Lower end of the interval.
    pub low: Option<f64>,
    /// Upper end of the interval.
    pub high: Option<f64>,
}

impl Estimate {
    /// A figure and its interval, rounded as the report has them.
    pub fn new(value: f64, (low, high): (f64, f64)) -> Estimate {
        Estimate { value: rounded(value), low: rounded(low), high: rounded(high) }
    }

    /// A figure without an interval.
    pub fn bare(value: f64) -> Estimate {
        Estimate { value: rounded(value), low: None, high: None }
    }
}

/// To six decimals; what is not finite is no number.
pub fn rounded(value: f64) -> Option<f64> {
    // Adding 0 makes a negative nothing a plain one.
    value.is_finite().then(|| (value * 1e6).round() / 1e6 + 0.0)
}

/// A count as a float.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of alerts and fen of a region have fewer than 53 bits"
)]
pub fn float(count: i64) -> f64 {
    count as f64
}

/// A number of things as a float.
#[expect(clippy::cast_precision_loss, reason = "nothing here is counted beyond 53 bits")]
pub fn number(count: usize) -> f64 {
    count as f64
}
