//! Knowledge tables: rows of codes and limits, each with the days on which it holds.
//!
//! A table is a CSV file with a header. Everything in it is checked when it is read: what comes out of
//! [`Tables::rows`] needs no second look. Numbers are exact; a row keeps its line, so that a finding can
//! point to it.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::error::{BankError, Source};
use crate::rows::CheckRule;
use crate::{builtin, rows, schema};

/// The knowledge tables of a bank.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tables {
    rows: BTreeMap<&'static str, Vec<Row>>,
}

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

impl Tables {
    /// The rows of a table in the order of its file; none if the bank does not have it.
    pub fn rows(&self, table: &str) -> &[Row] {
        self.rows.get(table).map_or(&[], Vec::as_slice)
    }

    /// Tables from CSV texts by name, as a case brings them; a table not among them has no rows (`med_type`: the
    /// ordinary mapping).
    ///
    /// Which rules the rows name is not checked here: [`crate::load`] did so when it read the case.
    ///
    /// # Errors
    /// Every mistake in them, the file being `tables/<name>.csv`.
    pub fn from_csv(texts: &BTreeMap<String, String>) -> Result<Tables, Vec<BankError>> {
        let mut tables = Tables::default();
        let mut errors = Vec::new();
        for (name, text) in texts {
            let file = format!("tables/{name}.csv");
            errors.extend(tables.add(name, Source { file: &file, text }, &mut |_| None));
        }
        tables.complete();
        if errors.is_empty() { Ok(tables) } else { Err(errors) }
    }

    /// Reads one table in; the mistakes, if there are any.
    pub(crate) fn add(
        &mut self,
        name: &str,
        source: Source<'_>,
        check_rule: CheckRule<'_>,
    ) -> Vec<BankError> {
        let Some(schema) = schema::table(name) else {
            let error = BankError::whole(source.file, format!("there is no table `{name}`"));
            return vec![error.with_hint(schema::hint_for(name))];
        };
        match rows::read(schema, source.text, check_rule) {
            Ok(rows) => {
                self.rows.insert(schema.name, rows);
                Vec::new()
            }
            Err(mistakes) => mistakes.into_iter().map(|mistake| source.error(mistake)).collect(),
        }
    }

    /// Puts in the ordinary classes of visits where the bank brings none of its own.
    pub(crate) fn complete(&mut self) {
        if !self.rows.contains_key(schema::MED_TYPE) {
            let schema = schema::table(schema::MED_TYPE).expect("the table of visit classes has a schema");
            let rows = rows::read(schema, builtin::MED_TYPE, &mut |_| None)
                .expect("the built-in classes of visits are valid");
            self.rows.insert(schema.name, rows);
        }
    }
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
