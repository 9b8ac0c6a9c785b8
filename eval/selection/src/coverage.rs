//! What could not be judged at an institution in the period: its months of coverage, added up for a row of the list.
//!
//! A place with little money found and much that could not be judged is not a clean place; the list shows both.

use wire::InstitutionCoverage;
use wire::list::PeriodCoverage;

use crate::period::{Month, Period};
use crate::value::InvalidValue;

/// Adds a month; months outside of the period count nothing.
///
/// # Errors
/// The month is none.
pub fn add_month(
    coverage: &mut PeriodCoverage,
    month: &InstitutionCoverage,
    period: &Period,
) -> Result<(), InvalidValue> {
    let number =
        Month::parse(&month.month).ok_or_else(|| InvalidValue(format!("`{}` is no month", month.month)))?;
    if period.touches(number) {
        coverage.add(month);
    }
    Ok(())
}
