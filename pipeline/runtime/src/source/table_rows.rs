//! For tests of tables: a file of these bytes, read row by row.
//!
//! A reader of tables hands on rows and nothing else, so a line ends the test. The file's name shows its format and the
//! kind of its rows.

use std::fs;

use super::{Entries, Lines, Refused, Row, inputs, read};
use crate::Error;

/// Takes rows; a table has no lines.
pub(super) struct TableRows<F>(pub(super) F);

impl<F: FnMut(u64, &Row<'_>)> Entries for TableRows<F> {
    type Error = Error;
    fn line(&mut self, _number: u64, _line: &[u8]) -> Result<(), Error> {
        unreachable!("rows are no lines")
    }

    fn refused(&mut self, _number: u64, _refused: &Refused<'_>) -> Result<(), Error> {
        unreachable!("rows are no lines")
    }
}

impl<F: FnMut(u64, &Row<'_>)> Lines for TableRows<F> {
    fn row(&mut self, number: u64, row: &Row<'_>) -> Result<(), Error> {
        (self.0)(number, row);
        Ok(())
    }
}

/// Writes a file of this name, reads it and hands every row to `take`.
pub(super) fn read_rows(name: &str, bytes: &[u8], take: impl FnMut(u64, &Row<'_>)) -> Result<(), Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    read(&inputs(&[path], None, &mut Vec::new()).unwrap()[0], &mut TableRows(take))
}
