//! The audit trail as the database has it: a row for each line of the trail.
//!
//! The trail itself is a file beside the state, whose lines make a chain of hashes. Its rows here are made from those
//! lines, in their order and each with the decision that it notes, so that people and programs can ask for them; who
//! wants to know whether they say what the trail says holds them against it.

use crate::backend::Writing;
use crate::dispositions::{self, Disposition};
use crate::filter::Conditions;
use crate::statement::{Row, Statement, Value};
use crate::{Database, Error, Page};

/// A row of the trail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditRow {
    /// Its number, from 1 without gaps.
    pub number: u64,
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
    /// More of it, in words.
    pub detail: String,
    /// The number of the decision that it notes, if it notes one.
    pub disposition: Option<u64>,
    /// The hash of the line before.
    pub previous: String,
    /// The hash of its line.
    pub hash: String,
    /// Its line, byte for byte.
    pub line: String,
}

/// A row of the trail with the decision that it notes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// The row.
    pub row: AuditRow,
    /// The decision.
    pub decision: Option<Disposition>,
}

/// What a database of the program before had in a trail of its own: an entry, and the decision that it was about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// The entry: `number`, `previous` and `hash` are those of the trail that it was in. Empty where a decision has none.
    pub row: AuditRow,
    /// The decision.
    pub decision: Option<Disposition>,
}

const COLUMNS: &str = "SELECT number, at, who, role, operation, division, outcome, detail, disposition, previous, \
    hash, line FROM audit";

const ADD: &str = "audit (number, at, who, role, operation, division, outcome, detail, disposition, previous, hash, \
    line)";

/// What rows of the trail and those of the trail before have in common, which are their first columns.
fn read_entry(row: &Row) -> Result<AuditRow, Error> {
    Ok(AuditRow {
        number: row.count(0)?,
        at: row.text(1)?,
        who: row.text(2)?,
        role: row.text(3)?,
        operation: row.text(4)?,
        division: row.text_or_none(5)?,
        outcome: row.text(6)?,
        detail: row.text(7)?,
        ..AuditRow::default()
    })
}

fn read(row: &Row) -> Result<AuditRow, Error> {
    Ok(AuditRow {
        disposition: row.int_or_none(8)?.map(|number| u64::try_from(number).unwrap_or(0)),
        previous: row.text(9)?,
        hash: row.text(10)?,
        line: row.text(11)?,
        ..read_entry(row)?
    })
}

/// Writes rows of the trail with their decisions.
async fn write(writing: &mut Writing, noted: &[Noted]) -> Result<(), Error> {
    let rows = noted.iter().map(|Noted { row, .. }| {
        let disposition = row.disposition.map(|number| i64::try_from(number).unwrap_or(i64::MAX));
        vec![
            row.number.into(),
            (&row.at).into(),
            (&row.who).into(),
            (&row.role).into(),
            (&row.operation).into(),
            row.division.as_deref().into(),
            (&row.outcome).into(),
            (&row.detail).into(),
            disposition.into(),
            (&row.previous).into(),
            (&row.hash).into(),
            (&row.line).into(),
        ]
    });
    writing.insert(ADD, rows.collect::<Vec<Vec<Value<'_>>>>(), "").await?;
    dispositions::write(writing, noted.iter().filter_map(|noted| noted.decision.as_ref())).await
}

const LAST: &str = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1";

/// Number and hash of the last row; 0 and nothing where there is none.
fn read_last(row: Option<Row>) -> Result<(u64, String), Error> {
    row.map_or_else(|| Ok((0, String::new())), |row| Ok((row.count(0)?, row.text(1)?)))
}

/// Takes the rows behind a number out again, with their decisions: the trail goes on otherwise there.
async fn cut(writing: &mut Writing, after: u64) -> Result<(), Error> {
    for (table, column) in [("dispositions", "audit"), ("audit", "number")] {
        let mut gone = Statement::new("DELETE FROM ");
        gone.push(table).push(" WHERE ").push(column).push(" > ").bind(after);
        writing.execute(&gone).await?;
    }
    Ok(())
}

impl Database {
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

    /// Rows of the trail behind a number, up to another, each with its decision, in order. A row or decision that
    /// somebody put where none can be is given too.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn noted(&self, after: i64, to: i64) -> Result<Vec<Noted>, Error> {
        let mut ask = Statement::new(COLUMNS);
        ask.push(" WHERE number > ").bind(after).push(" AND number <= ").bind(to).push(" ORDER BY number");
        let rows = self.backend.rows(&ask).await?;
        let mut noted = rows
            .iter()
            .map(|row| Ok(Noted { row: read(row)?, decision: None }))
            .collect::<Result<Vec<_>, Error>>()?;
        for (audit, decision) in dispositions::of_rows(&self.backend, after, to).await? {
            let place = noted.binary_search_by_key(&audit, |noted| noted.row.number);
            match place.ok().and_then(|place| noted.get_mut(place)) {
                Some(noted) if noted.decision.is_none() => noted.decision = Some(decision),
                // A decision without a row, or a second one of a row: a row that the trail does not have.
                _ => {
                    let row = AuditRow { number: audit, ..AuditRow::default() };
                    noted.push(Noted { row, decision: Some(decision) });
                }
            }
        }
        noted.sort_by_key(|noted| noted.row.number);
        Ok(noted)
    }

    /// Writes rows of the trail with their decisions, behind the last row that it has.
    ///
    /// # Errors
    /// The database does not answer, or somebody else has written rows meanwhile.
    pub async fn note(&self, noted: &[Noted]) -> Result<(), Error> {
        let Some(first) = noted.first() else { return Ok(()) };
        let mut writing = self.backend.begin().await?;
        writing.alone_with("audit").await?;
        let (number, hash) = read_last(writing.row(&Statement::new(LAST)).await?)?;
        if (number + 1, &hash) != (first.row.number, &first.row.previous) {
            return Err(Error::OtherWriter);
        }
        write(&mut writing, noted).await?;
        writing.commit().await
    }

    /// Number and hash of the last row; 0 and nothing where there is none.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn audit_head(&self) -> Result<(u64, String), Error> {
        read_last(self.backend.row(&Statement::new(LAST)).await?)
    }

    /// Takes out of the database what it has of the trail behind a number, to be written again from the trail.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn cut_audit(&self, after: u64) -> Result<(), Error> {
        let mut writing = self.backend.begin().await?;
        writing.put_right(true).await?;
        cut(&mut writing, after).await?;
        writing.put_right(false).await?;
        writing.commit().await
    }

    /// What a database of the program before had: all entries of its trail in their order, with their decisions.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn before(&self) -> Result<Vec<Before>, Error> {
        let entries = "SELECT number, at, who, role, operation, division, outcome, detail, previous, hash \
            FROM audit_before ORDER BY number";
        let decisions = "SELECT d.number, d.alert_id, COALESCE((SELECT identity FROM projection), ''), d.revision, \
            d.decision, d.decided_by, d.decided_at, d.amount, d.reason FROM dispositions_before d ORDER BY d.number";
        let entries = self.backend.rows(&Statement::new(entries)).await?;
        let decisions = self.backend.rows(&Statement::new(decisions)).await?;
        let mut decisions =
            decisions.iter().map(dispositions::read).collect::<Result<Vec<_>, _>>()?.into_iter();
        let mut before = Vec::with_capacity(entries.len());
        for row in &entries {
            let row = AuditRow { previous: row.text(8)?, hash: row.text(9)?, ..read_entry(row)? };
            // Each decision was written with one such entry, in one transaction.
            let decision = if row.operation == "dispose" { decisions.next() } else { None };
            before.push(Before { row, decision });
        }
        before
            .extend(decisions.map(|decision| Before { row: AuditRow::default(), decision: Some(decision) }));
        Ok(before)
    }
}
