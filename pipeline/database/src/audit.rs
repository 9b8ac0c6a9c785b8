//! The audit trail: who did what, in a chain of hashes that shows every later change.
//!
//! A row's hash is SHA-256 over all its fields and the hash of the row before. Whoever changes, removes, inserts or
//! exchanges rows breaks the chain at the first of them. A tail that was cut off is seen by who has noted the head
//! ([`AuditHead`]) elsewhere: the chain has to come by it.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::backend::Writing;
use crate::filter::Conditions;
use crate::statement::{Row, Statement};
use crate::{Database, Error, Page};

/// The hash before the first row.
const BEGIN: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Rows that are read at a time when the chain is walked.
const WALK: usize = 5_000;

/// What is to be written down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditEntry {
    /// When, `YYYY-MM-DD HH:MM:SS` in China.
    pub at: String,
    /// Who.
    pub who: String,
    /// In which role.
    pub role: String,
    /// What was asked for.
    pub operation: String,
    /// For which division, if for one.
    pub division: Option<String>,
    /// What became of it.
    pub outcome: String,
    /// More of it, as JSON.
    pub detail: String,
}

/// A row of the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Its number, from 1 without gaps.
    pub number: u64,
    /// What it says.
    pub entry: AuditEntry,
    /// The hash of the row before.
    pub previous: String,
    /// Its own hash.
    pub hash: String,
}

/// The last row of the trail, to be noted where nobody who can write to the database can write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditHead {
    /// Its number; 0 where there is no row.
    pub number: u64,
    /// Its hash.
    pub hash: String,
}

/// A row that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditFault {
    /// The first such row, or the number that is missing.
    pub number: u64,
    /// What is wrong with it.
    pub what: &'static str,
}

/// What the walk over the trail found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditState {
    /// Rows that are as they were written, from the first on.
    pub rows: u64,
    /// The last of them.
    pub head: AuditHead,
    /// What is wrong behind them.
    pub fault: Option<AuditFault>,
}

/// The hash of a row: each field with its length before it, so that no two rows are the same text.
fn hash(number: u64, entry: &AuditEntry, previous: &str) -> String {
    let number = number.to_string();
    let division = entry.division.as_ref().map(|division| format!("={division}")).unwrap_or_default();
    let fields: [&str; 9] = [
        &number,
        &entry.at,
        &entry.who,
        &entry.role,
        &entry.operation,
        &division,
        &entry.outcome,
        &entry.detail,
        previous,
    ];
    let mut hasher = Sha256::new();
    for field in fields {
        hasher.update(format!("{}:{field},", field.len()));
    }
    hasher.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

const COLUMNS: &str =
    "SELECT number, at, who, role, operation, division, outcome, detail, previous, hash FROM audit";

fn read(row: &Row) -> Result<AuditRow, Error> {
    let entry = AuditEntry {
        at: row.text(1)?,
        who: row.text(2)?,
        role: row.text(3)?,
        operation: row.text(4)?,
        division: row.text_or_none(5)?,
        outcome: row.text(6)?,
        detail: row.text(7)?,
    };
    Ok(AuditRow { number: row.count(0)?, entry, previous: row.text(8)?, hash: row.text(9)? })
}

/// A text as the database gives it back.
fn kept(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// Adds a row within a transaction.
pub(crate) async fn append(writing: &mut Writing, entry: &AuditEntry) -> Result<AuditRow, Error> {
    writing.alone_with("audit").await?;
    let mut last = Statement::new("SELECT number, hash FROM audit ORDER BY number DESC LIMIT ");
    last.bind(1_i64);
    let (number, previous) = match writing.row(&last).await? {
        Some(row) => (row.count(0)?, row.text(1)?),
        None => (0, BEGIN.to_owned()),
    };
    let number = number + 1;
    let entry = AuditEntry {
        at: kept(&entry.at),
        who: kept(&entry.who),
        role: kept(&entry.role),
        operation: kept(&entry.operation),
        division: entry.division.as_deref().map(kept),
        outcome: kept(&entry.outcome),
        detail: kept(&entry.detail),
    };
    let row = AuditRow { number, hash: hash(number, &entry, &previous), entry, previous };
    let mut add = Statement::new(
        "INSERT INTO audit (number, at, who, role, operation, division, outcome, detail, previous, hash) VALUES ",
    );
    add.rows([vec![
        row.number.into(),
        (&row.entry.at).into(),
        (&row.entry.who).into(),
        (&row.entry.role).into(),
        (&row.entry.operation).into(),
        row.entry.division.as_deref().into(),
        (&row.entry.outcome).into(),
        (&row.entry.detail).into(),
        (&row.previous).into(),
        (&row.hash).into(),
    ]]);
    writing.execute(&add).await?;
    Ok(row)
}

impl Database {
    /// Adds to the trail.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn audit(&self, entry: &AuditEntry) -> Result<AuditRow, Error> {
        let mut writing = self.backend.begin().await?;
        let row = append(&mut writing, entry).await?;
        writing.commit().await?;
        Ok(row)
    }

    /// A page of the trail, behind a number, of one operation or person or of all.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn audit_rows(
        &self,
        who: Option<&str>,
        operation: Option<&str>,
        after: u64,
        limit: usize,
    ) -> Result<Page<AuditRow>, Error> {
        let mut ask = Statement::new(COLUMNS);
        let mut conditions = Conditions::new();
        conditions.compare(&mut ask, "who =", who);
        conditions.compare(&mut ask, "operation =", operation);
        conditions.compare(&mut ask, "number >", Some(after));
        ask.push(" ORDER BY number LIMIT ").bind(limit as u64 + 1);
        let rows = self.backend.rows(&ask).await?;
        let items = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(items, limit, |last| last.number.to_string()))
    }

    /// Walks the whole trail, and by the head that was noted elsewhere, if one was.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn verify_audit(&self, anchor: Option<&AuditHead>) -> Result<AuditState, Error> {
        let mut head = AuditHead { number: 0, hash: BEGIN.to_owned() };
        let fault = |head: AuditHead, number, what| {
            Ok(AuditState { rows: head.number, head, fault: Some(AuditFault { number, what }) })
        };
        // Rows are read after the number that the table has, not the one that they should have.
        let mut after: Option<i64> = None;
        loop {
            let mut ask = Statement::new(COLUMNS);
            Conditions::new().compare(&mut ask, "number >", after);
            ask.push(" ORDER BY number LIMIT ").bind(WALK as u64);
            let rows = self.backend.rows(&ask).await?;
            for row in &rows {
                let stored = row.int(0)?;
                after = Some(stored);
                let row = read(row)?;
                let number = head.number + 1;
                if i64::try_from(number) != Ok(stored) {
                    let (at, what) = if stored < 1 {
                        (row.number, "a row stands before the first")
                    } else {
                        (number, "the row is missing")
                    };
                    return fault(head, at, what);
                }
                if row.previous != head.hash {
                    return fault(head, number, "it does not follow the row before");
                }
                if row.hash != hash(number, &row.entry, &row.previous) {
                    return fault(head, number, "it does not say what it said when it was written");
                }
                head = AuditHead { number, hash: row.hash };
                if anchor.is_some_and(|anchor| anchor.number == number && anchor.hash != head.hash) {
                    return fault(head, number, "it is not the row that was noted");
                }
            }
            if rows.len() < WALK {
                break;
            }
        }
        if anchor.is_some_and(|anchor| anchor.number > head.number) {
            let number = head.number + 1;
            return fault(head, number, "the trail ends before the row that was noted");
        }
        Ok(AuditState { rows: head.number, head, fault: None })
    }
}
