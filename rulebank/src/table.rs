//! Knowledge tables: rows of codes and limits, each with the days on which it holds.
//!
//! A table is a CSV file with a header. Everything in it is checked when it is read: what comes out of
//! [`Tables::rows`] needs no second look. Numbers are exact; a row keeps its line, so that a finding can
//! point to it.

use std::collections::BTreeMap;

use records::filler::Fillers;

use crate::error::{BankError, Source};
use crate::row::Row;
use crate::rows::CheckRule;
use crate::{builtin, rows, schema};

/// The knowledge tables of a bank.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tables {
    rows: BTreeMap<&'static str, Vec<Row>>,
}

impl Tables {
    /// The rows of a table in the order of its file; none if the bank does not have it.
    pub fn rows(&self, table: &str) -> &[Row] {
        self.rows.get(table).map_or(&[], Vec::as_slice)
    }

    /// What is no trace code and no number of an invoice.
    pub fn fillers(&self) -> Fillers {
        let values = |field: &'static str| {
            let rows = self.rows(schema::FILLER).iter();
            rows.filter(move |row| row.text("field") == field).map(|row| row.text("value"))
        };
        Fillers::new(values("trace_code"), values("invoice"))
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
