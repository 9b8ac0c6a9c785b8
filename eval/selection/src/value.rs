//! Values of a run's files, checked where they are read.
//!
//! Files carry money and times as text. What cannot be read is an error that names the text; nothing is taken for 0.

use records::decimal::parse_scaled;

/// A value of a run's files that cannot be what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidValue(pub String);

/// An amount of a run's file, in fen.
///
/// # Errors
/// It is no amount of money.
pub fn fen(text: &str) -> Result<i64, InvalidValue> {
    parse_scaled(text, 2).map_err(|_| InvalidValue(format!("`{text}` is no amount of money")))
}
