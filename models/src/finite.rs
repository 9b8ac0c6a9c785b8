//! Whether a matrix is made of numbers.
//!
//! Some models take what is not a number without a word and answer nonsense, others never end. So every matrix is
//! looked through before any model sees it.

use ndarray::{ArrayBase, ArrayView1, Data, Ix2};

use crate::error::ModelError;

/// Whether there are `needed` rows, at least one column, and nothing but finite numbers.
pub(crate) fn rows<D: Data<Elem = f64>>(rows: &ArrayBase<D, Ix2>, needed: usize) -> Result<(), ModelError> {
    if rows.nrows() < needed {
        return Err(ModelError::TooFewRows { rows: rows.nrows(), needed });
    }
    if rows.ncols() == 0 {
        return Err(ModelError::WrongWidth { columns: 0, needed: 1 });
    }
    match rows.indexed_iter().find(|(_, x)| !x.is_finite()) {
        Some(((row, column), _)) => Err(ModelError::NotFinite { row, column }),
        None => Ok(()),
    }
}

/// Whether a row has that width, and nothing but finite numbers.
pub(crate) fn row(row: ArrayView1<'_, f64>, needed: usize) -> Result<(), ModelError> {
    if row.len() != needed {
        return Err(ModelError::WrongWidth { columns: row.len(), needed });
    }
    match row.iter().position(|x| !x.is_finite()) {
        Some(column) => Err(ModelError::NotFinite { row: 0, column }),
        None => Ok(()),
    }
}
