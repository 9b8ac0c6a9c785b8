//! What ends the reading of a Parquet file.

use parquet::errors::ParquetError;

/// What is wrong with a file.
#[derive(Debug)]
pub(super) enum Fault {
    /// What its reader states.
    Reader(ParquetError),
    /// What we state.
    Shape(String),
}

impl From<ParquetError> for Fault {
    fn from(error: ParquetError) -> Fault {
        Fault::Reader(error)
    }
}

/// A fault of ours.
pub(super) fn misshapen<T>(what: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::Shape(what.into()))
}
