//! What people decided of alerts. A decision is never changed: another one follows it.

use wire::Fen;

use crate::audit::{self, AuditEntry};
use crate::statement::{Row, Statement};
use crate::{Database, Error};

/// What can be decided.
pub const DECISIONS: [&str; 4] = ["confirmed", "dismissed", "in_review", "reopened"];

/// A decision to be noted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDisposition {
    /// The alert.
    pub alert_id: String,
    /// The revision that was looked at; the last one if none is named.
    pub revision: Option<u64>,
    /// One of [`DECISIONS`].
    pub decision: String,
    /// Who decided.
    pub decided_by: String,
    /// When, `YYYY-MM-DD HH:MM:SS` in China.
    pub decided_at: String,
    /// What is confirmed of the amount, if it is said.
    pub amount: Option<Fen>,
    /// Why.
    pub reason: String,
}

/// A decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disposition {
    /// Its number, in the order in which they were taken.
    pub number: u64,
    /// The alert.
    pub alert_id: String,
    /// The revision that it speaks of: the sequence of an event of the alert.
    pub revision: u64,
    /// One of [`DECISIONS`].
    pub decision: String,
    /// Who decided.
    pub decided_by: String,
    /// When.
    pub decided_at: String,
    /// What is confirmed of the amount.
    pub amount: Option<Fen>,
    /// Why.
    pub reason: String,
}

fn read(row: &Row) -> Result<Disposition, Error> {
    Ok(Disposition {
        number: row.count(0)?,
        alert_id: row.text(1)?,
        revision: row.count(2)?,
        decision: row.text(3)?,
        decided_by: row.text(4)?,
        decided_at: row.text(5)?,
        amount: row.int_or_none(6)?.map(Fen),
        reason: row.text(7)?,
    })
}

impl Database {
    /// Notes a decision, and in the same transaction what the audit trail says of it.
    ///
    /// # Errors
    /// There is no such alert, or no such revision of it; the database does not answer.
    pub async fn dispose(&self, new: &NewDisposition, entry: &AuditEntry) -> Result<Disposition, Error> {
        let mut writing = self.backend.begin().await?;
        writing.alone_with("dispositions").await?;
        let mut ask = Statement::new("SELECT max(sequence) FROM revisions WHERE alert_id = ");
        ask.bind(&new.alert_id);
        if let Some(revision) = new.revision {
            ask.push(" AND sequence = ").bind(revision);
        }
        let found = writing.row(&ask).await?.map(|row| row.int_or_none(0)).transpose()?.flatten();
        let revision = found.ok_or_else(|| {
            Error::NoAlert(match new.revision {
                Some(revision) => format!("{} of revision {revision}", new.alert_id),
                None => new.alert_id.clone(),
            })
        })?;
        let last = writing.row(&Statement::new("SELECT COALESCE(max(number), 0) FROM dispositions")).await?;
        let number = last.map_or(Ok(0), |row| row.int(0))? + 1;
        let mut note = Statement::new(
            "INSERT INTO dispositions (number, alert_id, revision, decision, decided_by, decided_at, amount, \
             reason) VALUES ",
        );
        note.rows([vec![
            number.into(),
            (&new.alert_id).into(),
            revision.into(),
            (&new.decision).into(),
            (&new.decided_by).into(),
            (&new.decided_at).into(),
            new.amount.map(Fen::fen).into(),
            (&new.reason).into(),
        ]]);
        writing.execute(&note).await?;
        audit::append(&mut writing, entry).await?;
        writing.commit().await?;
        Ok(Disposition {
            number: u64::try_from(number).unwrap_or(0),
            alert_id: new.alert_id.clone(),
            revision: u64::try_from(revision).unwrap_or(0),
            decision: new.decision.clone(),
            decided_by: new.decided_by.clone(),
            decided_at: new.decided_at.clone(),
            amount: new.amount,
            reason: new.reason.clone(),
        })
    }

    /// All decisions of an alert, the first first.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn dispositions(&self, alert_id: &str) -> Result<Vec<Disposition>, Error> {
        let mut ask = Statement::new(
            "SELECT number, alert_id, revision, decision, decided_by, decided_at, amount, reason \
             FROM dispositions WHERE alert_id = ",
        );
        ask.bind(alert_id).push(" ORDER BY number");
        self.backend.rows(&ask).await?.iter().map(read).collect()
    }
}
