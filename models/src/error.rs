//! Why a model has no opinion.
//!
//! Bad groups and bad parameters are data: the caller turns them into *not judged*, which is not *normal*.

use std::fmt;

/// What keeps a model from being fitted or asked.
///
/// A judge turns each of these into *not judged*; who compares models sees which it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelError {
    /// Fewer rows than the model needs.
    TooFewRows {
        /// Rows that there are.
        rows: usize,
        /// Rows that it needs.
        needed: usize,
    },
    /// A matrix without columns, or a row of another width than the model's.
    WrongWidth {
        /// Columns that there are.
        columns: usize,
        /// Columns that the model has; at least one.
        needed: usize,
    },
    /// A cell that is no finite number: not a number, or infinite.
    NotFinite {
        /// The row, counted from 0.
        row: usize,
        /// The column, counted from 0.
        column: usize,
    },
    /// A parameter outside of its range; the text names it and its range.
    Parameter(&'static str),
    /// The decomposition of a covariance failed, or ended in something that is no number.
    Decomposition(String),
    /// The error of linfa about a data set, when it parts one for cross-validation.
    DataSet(String),
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ModelError::TooFewRows { rows, needed } => write!(f, "{rows} rows, where {needed} are needed"),
            ModelError::WrongWidth { columns, needed } => {
                write!(f, "{columns} columns, where {needed} are needed")
            }
            ModelError::NotFinite { row, column } => {
                write!(f, "row {row}, column {column} is no finite number")
            }
            ModelError::Parameter(what) => write!(f, "parameter out of range: {what}"),
            ModelError::Decomposition(what) => write!(f, "no eigenvectors of the covariance: {what}"),
            ModelError::DataSet(what) => write!(f, "data set: {what}"),
        }
    }
}

impl std::error::Error for ModelError {}

/// What linfa asks of every error of a model.
impl From<linfa::Error> for ModelError {
    fn from(error: linfa::Error) -> ModelError {
        ModelError::DataSet(error.to_string())
    }
}
