//! What people decided of alerts. A decision is never changed: another one follows it.
//!
//! Decisions stand in the audit trail, and are written here from it ([`crate::Noted`]).

use wire::Fen;

use crate::backend::{Backend, Writing};
use crate::statement::{Row, Statement, Value};
use crate::{Database, Error};

/// What can be decided.
pub const DECISIONS: [&str; 4] = ["confirmed", "dismissed", "in_review", "reopened"];

/// A decision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disposition {
    /// Its number, in the order in which they were taken.
    pub number: u64,
    /// The alert.
    pub alert_id: String,
    /// The state whose events are numbered by `revision`, in hexadecimal digits.
    pub identity: String,
    /// The revision that it speaks of: the sequence of an event of the alert.
    pub revision: u64,
    /// One of [`DECISIONS`].
    pub decision: String,
    /// Who decided.
    pub decided_by: String,
    /// When, `YYYY-MM-DD HH:MM:SS` in China.
    pub decided_at: String,
    /// What is confirmed of the amount.
    pub amount: Option<Fen>,
    /// Why.
    pub reason: String,
    /// The row of the audit trail that notes it.
    pub audit: u64,
}

const COLUMNS: &str =
    "number, alert_id, identity, revision, decision, decided_by, decided_at, amount, reason, audit";

/// Reads a row; `audit` where it has that column.
pub(crate) fn read(row: &Row) -> Result<Disposition, Error> {
    Ok(Disposition {
        number: row.count(0)?,
        alert_id: row.text(1)?,
        identity: row.text(2)?,
        revision: row.count(3)?,
        decision: row.text(4)?,
        decided_by: row.text(5)?,
        decided_at: row.text(6)?,
        amount: row.int_or_none(7)?.map(Fen),
        reason: row.text(8)?,
        audit: 0,
    })
}

fn read_whole(row: &Row) -> Result<Disposition, Error> {
    Ok(Disposition { audit: row.count(9)?, ..read(row)? })
}

/// Writes decisions.
pub(crate) async fn write(
    writing: &mut Writing,
    decisions: impl Iterator<Item = &Disposition>,
) -> Result<(), Error> {
    let rows = decisions.map(|of| {
        vec![
            of.number.into(),
            (&of.alert_id).into(),
            (&of.identity).into(),
            of.revision.into(),
            (&of.decision).into(),
            (&of.decided_by).into(),
            (&of.decided_at).into(),
            of.amount.map(Fen::fen).into(),
            (&of.reason).into(),
            of.audit.into(),
        ]
    });
    let into = format!("dispositions ({COLUMNS})");
    writing.insert(&into, rows.collect::<Vec<Vec<Value<'_>>>>(), "").await
}

/// The decisions that rows of the audit behind a number, up to another, note; with the number of the row.
pub(crate) async fn of_rows(
    backend: &Backend,
    after: i64,
    to: i64,
) -> Result<Vec<(u64, Disposition)>, Error> {
    let mut ask = Statement::new("SELECT ");
    ask.push(COLUMNS).push(" FROM dispositions WHERE audit > ").bind(after);
    ask.push(" AND audit <= ").bind(to).push(" ORDER BY audit, number");
    let rows = backend.rows(&ask).await?;
    rows.iter().map(read_whole).map(|read| read.map(|of| (of.audit, of))).collect()
}

impl Database {
    /// The revision of an alert that a decision speaks of: the one that is named, or the last one.
    ///
    /// # Errors
    /// There is no such alert, or no such revision of it; the database does not answer.
    pub async fn revision(&self, alert_id: &str, named: Option<u64>) -> Result<u64, Error> {
        let mut ask = Statement::new("SELECT max(sequence) FROM revisions WHERE alert_id = ");
        ask.bind(alert_id);
        if let Some(revision) = named {
            ask.push(" AND sequence = ").bind(revision);
        }
        let found = self.backend.row(&ask).await?.map(|row| row.int_or_none(0)).transpose()?.flatten();
        let found = found.and_then(|revision| u64::try_from(revision).ok());
        found.ok_or_else(|| {
            Error::NoAlert(match named {
                Some(revision) => format!("{alert_id} of revision {revision}"),
                None => alert_id.to_owned(),
            })
        })
    }

    /// All decisions of an alert, the first first.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn dispositions(&self, alert_id: &str) -> Result<Vec<Disposition>, Error> {
        let mut ask = Statement::new("SELECT ");
        ask.push(COLUMNS).push(" FROM dispositions WHERE alert_id = ");
        ask.bind(alert_id).push(" ORDER BY number");
        self.backend.rows(&ask).await?.iter().map(read_whole).collect()
    }
}
