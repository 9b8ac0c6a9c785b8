//! A statement and what it gives, the same for both databases.
//!
//! A placeholder is `?`, in no other place of a statement; PostgreSQL gets them numbered, `$1`, `$2`. SQLite would take
//! these too, and look each up among all others by its name. Values are integers and texts; nothing else stands in the tables.

use std::borrow::Cow;
use std::fmt::Write as _;

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Postgres, Row as _, Sqlite};

use crate::Error;

/// A value of a statement.
#[derive(Clone, Debug)]
pub(crate) enum Value<'a> {
    Int(Option<i64>),
    Text(Option<Cow<'a, str>>),
}

/// A text as the database takes it: PostgreSQL knows no character 0, so another that nobody writes stands for it.
fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Value::Int(Some(number))
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(number: Option<i64>) -> Self {
        Value::Int(number)
    }
}

impl From<u64> for Value<'_> {
    /// Sequences, ticks and revisions are below 2^63.
    fn from(number: u64) -> Self {
        Value::Int(Some(i64::try_from(number).unwrap_or(i64::MAX)))
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Value::Text(Some(storable(text)))
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Value::from(text.as_str())
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Value::Text(Some(Cow::Owned(storable(&text).into_owned())))
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Self {
        Value::Text(text.map(storable))
    }
}

/// Text of SQL with the values of its placeholders.
#[derive(Clone, Debug, Default)]
pub(crate) struct Statement<'a> {
    sql: String,
    values: Vec<Value<'a>>,
}

impl<'a> Statement<'a> {
    pub(crate) fn new(sql: &str) -> Statement<'a> {
        Statement { sql: sql.to_owned(), values: Vec::new() }
    }

    /// Adds SQL; never a value of somebody else.
    pub(crate) fn push(&mut self, sql: &str) -> &mut Statement<'a> {
        self.sql.push_str(sql);
        self
    }

    /// Adds a placeholder and its value.
    pub(crate) fn bind(&mut self, value: impl Into<Value<'a>>) -> &mut Statement<'a> {
        self.values.push(value.into());
        self.sql.push('?');
        self
    }

    /// Adds rows of values in parentheses, with commas between them.
    pub(crate) fn rows(&mut self, rows: impl IntoIterator<Item = Vec<Value<'a>>>) -> &mut Statement<'a> {
        for (nth, row) in rows.into_iter().enumerate() {
            self.sql.push_str(if nth == 0 { "(" } else { ",(" });
            for (column, value) in row.into_iter().enumerate() {
                if column > 0 {
                    self.sql.push(',');
                }
                self.bind(value);
            }
            self.sql.push(')');
        }
        self
    }

    /// The text with its placeholders numbered.
    fn numbered(&self) -> String {
        let mut text = String::with_capacity(self.sql.len() + 3 * self.values.len());
        for (nth, part) in self.sql.split('?').enumerate() {
            if nth > 0 {
                let _ = write!(text, "${nth}");
            }
            text.push_str(part);
        }
        text
    }

    pub(crate) fn sqlite(&self) -> sqlx::query::Query<'_, Sqlite, <Sqlite as sqlx::Database>::Arguments> {
        let query = sqlx::query::<Sqlite>(AssertSqlSafe(self.sql.clone()));
        self.values.iter().fold(query, |query, value| match value {
            Value::Int(number) => query.bind(*number),
            Value::Text(text) => query.bind(text.as_deref()),
        })
    }

    pub(crate) fn postgres(
        &self,
    ) -> sqlx::query::Query<'_, Postgres, <Postgres as sqlx::Database>::Arguments> {
        let query = sqlx::query::<Postgres>(AssertSqlSafe(self.numbered()));
        self.values.iter().fold(query, |query, value| match value {
            Value::Int(number) => query.bind(*number),
            Value::Text(text) => query.bind(text.as_deref()),
        })
    }
}

/// A row of an answer; columns are counted from 0.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

macro_rules! column {
    ($row:expr, $nth:expr) => {
        match $row {
            Row::Sqlite(row) => row.try_get($nth),
            Row::Postgres(row) => row.try_get($nth),
        }
    };
}

impl Row {
    pub(crate) fn int(&self, nth: usize) -> Result<i64, Error> {
        Ok(column!(self, nth)?)
    }

    pub(crate) fn int_or_none(&self, nth: usize) -> Result<Option<i64>, Error> {
        Ok(column!(self, nth)?)
    }

    /// A number that is never negative.
    pub(crate) fn count(&self, nth: usize) -> Result<u64, Error> {
        Ok(u64::try_from(self.int(nth)?).unwrap_or(0))
    }

    pub(crate) fn text(&self, nth: usize) -> Result<String, Error> {
        Ok(column!(self, nth)?)
    }

    pub(crate) fn text_or_none(&self, nth: usize) -> Result<Option<String>, Error> {
        Ok(column!(self, nth)?)
    }
}
