//! A value of a run's files that cannot be what it should be.
//!
//! Money is read by [`wire`]; times, days and months are read here, and an error names the text.

use records::time::{parse_date, parse_time};

/// A value of a run's files that cannot be what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidValue(pub String);

/// A day (`2025-03-31`), where one is stated.
///
/// # Errors
/// It is none.
pub fn optional_day(text: Option<&str>) -> Result<Option<i32>, InvalidValue> {
    let day = |text| parse_date(text).ok_or_else(|| InvalidValue(format!("`{text}` is no day")));
    text.map(day).transpose()
}

/// A moment (`2025-03-31 12:00:00`), seconds.
///
/// # Errors
/// It is none.
pub fn moment(text: &str) -> Result<i64, InvalidValue> {
    parse_time(text).ok_or_else(|| InvalidValue(format!("`{text}` is no time")))
}

/// The day of a moment's text.
///
/// # Errors
/// It is no moment.
pub fn day_of_moment(text: &str) -> Result<i32, InvalidValue> {
    let day = text.get(..10).and_then(parse_date);
    day.ok_or_else(|| InvalidValue(format!("`{text}` is no time")))
}
