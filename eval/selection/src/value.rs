//! A value of a run's files that cannot be what it should be.
//!
//! Money is read by [`wire`]; times, days and months are read here, and an error names the text.

/// A value of a run's files that cannot be what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidValue(pub String);
