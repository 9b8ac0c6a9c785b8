//! One row of a knowledge table, checked cell by cell.
//!
//! A row says for which rule it holds, on which days, on whose reading of the source, and has a cell for each further
//! column of its table (`schema`). A number is exact, a list is taken apart, and the line of the file is kept, so
//! that a finding can point to it. Reading the file is left to `rows`, what a row means to the detector of the table.

use rust_decimal::Decimal;

/// One row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The rule that the row serves; empty in `med_type`, which serves all.
    pub rule: String,
    /// The first day on which it holds, in days since 1970-01-01; none: since ever.
    pub valid_from: Option<i32>,
    /// The last day on which it holds, in days since 1970-01-01; none: for ever.
    pub valid_to: Option<i32>,
    /// Whether it is somebody's reading of the source and not its text.
    pub reading_own: bool,
    /// Where it comes from.
    pub source: String,
    /// The line of the file, from 1; the header is line 1.
    pub line: u64,
    pub(crate) cells: Vec<(&'static str, Cell)>,
}

/// A cell as it was written, and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) text: String,
    pub(crate) number: Option<Decimal>,
    pub(crate) list: Vec<String>,
}

impl Row {
    /// A cell as it was written; empty if there is no such column.
    pub fn text(&self, column: &str) -> &str {
        self.cell(column).map_or("", |cell| &cell.text)
    }

    /// A number; none if the cell is empty.
    pub fn decimal(&self, column: &str) -> Option<Decimal> {
        self.cell(column)?.number
    }

    /// A number, rounded down if it is not whole; none if the cell is empty.
    ///
    /// Rounding down is right for a greatest allowed whole number (`max` of `age_limit`); the columns that are
    /// least allowed ones hold whole numbers only.
    pub fn integer(&self, column: &str) -> Option<i64> {
        self.decimal(column).and_then(|number| i64::try_from(number.floor()).ok())
    }

    /// The prefixes of a list; empty if there is no such column.
    pub fn list(&self, column: &str) -> &[String] {
        self.cell(column).map_or(&[], |cell| &cell.list)
    }

    /// Whether the row holds on this day, in days since 1970-01-01.
    pub fn holds_on(&self, day: i32) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_to.is_none_or(|to| day <= to)
    }

    /// The row's own columns and what stands in them, without `rule`, the dates and the source.
    pub fn columns(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.cells.iter().map(|(name, cell)| (*name, cell.text.as_str()))
    }

    fn cell(&self, column: &str) -> Option<&Cell> {
        self.cells.iter().find(|(name, _)| *name == column).map(|(_, cell)| cell)
    }
}
