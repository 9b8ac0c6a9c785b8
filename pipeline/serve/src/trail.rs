//! The database follows the audit trail, as it follows the journal: its rows of the audit and of decisions are made from
//! the lines of the trail, each once.
//!
//! The trail is the authority. Where the database has lines that the trail lacks, because the state was put back from a
//! backup and the database was not, they are brought back: as they are where they follow what the trail has, and
//! otherwise as entries of their own (`imported`) that quote them. So nothing that somebody did or decided is lost by a
//! restore, and the chain is one. What a database of the program before had in a trail of its own comes in the same way.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use database::{AuditRow, Before, Database, Disposition, Error as DatabaseError, Noted};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::access::audit::{Audit, Decision, Entry};
use crate::access::audit_file::{Line, Step, Walk};
use crate::{Error, fail};

/// Lines of a transaction, or of a look at both, at the most.
pub(crate) const LINES: usize = 500;

/// The outcome of entries that quote another.
const IMPORTED: &str = "imported";

/// The trail, for the one that writes it into the database.
#[derive(Clone)]
pub struct Trail {
    /// Who writes it.
    pub audit: Audit,
    /// Its file.
    pub path: PathBuf,
}

/// How far the database has it.
pub(crate) struct Followed {
    head: (u64, String),
    walk: Option<Walk>,
}

impl Followed {
    /// The number of the last line that the database has.
    pub(crate) fn number(&self) -> u64 {
        self.head.0
    }
}

/// What an imported entry says of the one that it quotes.
#[derive(Deserialize)]
struct Quoted {
    hash: String,
}

/// An entry of a database of the program before, as it is quoted.
#[derive(Serialize)]
struct OfBefore<'a> {
    number: u64,
    at: &'a str,
    who: &'a str,
    role: &'a str,
    operation: &'a str,
    division: Option<&'a str>,
    outcome: &'a str,
    detail: Box<RawValue>,
    previous: &'a str,
    hash: String,
}

/// Why the database does not follow the trail.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Broken {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Trail(#[from] Error),
}

/// A text as the database gives it back.
fn kept(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// A line as the database has it.
pub(crate) fn noted(line: Line) -> Noted {
    let Line { number, entry, previous, hash, text } = line;
    let decision = entry.decision.map(|of| Disposition {
        number: of.number,
        alert_id: kept(&of.alert_id),
        identity: kept(&of.state),
        revision: of.revision,
        decision: kept(&of.decision),
        decided_by: kept(&of.by),
        decided_at: kept(&of.at),
        amount: of.amount,
        reason: kept(&of.reason),
        audit: number,
    });
    let row = AuditRow {
        number,
        at: kept(&entry.time),
        who: kept(&entry.who),
        role: kept(&entry.role),
        operation: kept(&entry.operation),
        division: entry.division.as_deref().map(kept),
        outcome: kept(&entry.outcome),
        detail: kept(&entry.detail),
        disposition: decision.as_ref().map(|of| of.number),
        previous,
        hash,
        line: text,
    };
    Noted { row, decision }
}

impl From<Disposition> for Decision {
    fn from(of: Disposition) -> Decision {
        Decision {
            number: of.number,
            alert_id: of.alert_id,
            state: of.identity,
            revision: of.revision,
            decision: of.decision,
            by: of.decided_by,
            at: of.decided_at,
            amount: of.amount,
            reason: of.reason,
        }
    }
}

/// An entry that quotes a row, with its decision.
fn imported(row: &AuditRow, decision: Option<Disposition>, quoted: String) -> Entry {
    Entry {
        time: String::new(),
        who: row.who.clone(),
        role: row.role.clone(),
        operation: row.operation.clone(),
        division: row.division.clone(),
        outcome: IMPORTED.to_owned(),
        detail: quoted,
        decision: decision.map(Decision::from),
    }
}

/// An entry that quotes one of the program before.
fn of_before(before: Before) -> Result<Entry, Error> {
    let Before { row, decision } = before;
    // A decision without an entry is known by its number.
    let hash = match &decision {
        Some(decision) if row.hash.is_empty() => format!("decision {}", decision.number),
        _ => row.hash.clone(),
    };
    let shown = serde_json::value::to_raw_value(&row.detail)?;
    let quoted = OfBefore {
        number: row.number,
        at: &row.at,
        who: &row.who,
        role: &row.role,
        operation: &row.operation,
        division: row.division.as_deref(),
        outcome: &row.outcome,
        detail: RawValue::from_string(row.detail.clone()).unwrap_or(shown),
        previous: &row.previous,
        hash,
    };
    let quoted = serde_json::to_string(&quoted)?;
    let mut entry = imported(&row, decision, quoted);
    if let Some(decision) = &entry.decision
        && row.hash.is_empty()
    {
        entry.who.clone_from(&decision.by);
    }
    Ok(entry)
}

/// What the trail quotes already, by the hash of what it quotes.
fn quoted(path: &Path) -> Result<BTreeSet<String>, Error> {
    let (mut walk, mut found) = (Walk::open(path)?, BTreeSet::new());
    while let Step::Line(line) = walk.step()? {
        if line.entry.outcome == IMPORTED
            && let Ok(Quoted { hash }) = serde_json::from_str(&line.entry.detail)
        {
            found.insert(hash);
        }
    }
    Ok(found)
}

impl Trail {
    /// Brings back what the database has and the trail lacks; says how far both are the same.
    ///
    /// # Errors
    /// The database does not answer, or the trail cannot be read or written.
    pub(crate) async fn agree(&self, database: &Database) -> Result<Followed, Broken> {
        let head = database.audit_head().await?;
        let head = if self.has(&head)? { head } else { self.bring_back(database, head).await? };
        let before = database.before().await?;
        if !before.is_empty() {
            let quoted = quoted(&self.path)?;
            for of in before {
                let entry = of_before(of)?;
                let Quoted { hash } = serde_json::from_str(&entry.detail).map_err(Error::from)?;
                if !quoted.contains(&hash) {
                    self.keep(entry).await?;
                    fail::point("entry imported");
                }
            }
        }
        Ok(Followed { head, walk: None })
    }

    /// Whether the trail has a line of this number and hash.
    fn has(&self, head: &(u64, String)) -> Result<bool, Error> {
        if head.0 == 0 {
            return Ok(true);
        }
        let entries = *self.audit.entries().borrow();
        if head.0 > entries {
            return Ok(false);
        }
        // The line is read with the one before it left out: what follows is held against its hash.
        let mut walk = Walk::open(&self.path)?;
        Ok(walk.hash_of(head.0)?.as_ref() == Some(&head.1))
    }

    /// Keeps an entry, on the disk when this returns.
    ///
    /// # Errors
    /// It is not kept.
    pub(crate) async fn keep(&self, entry: Entry) -> Result<(), Error> {
        let kept = self.audit.must(entry).await;
        kept.map(drop).map_err(|error| Error::config(error.to_string()))
    }

    /// Brings back the lines that only the database has; gives the last one that both have.
    async fn bring_back(&self, database: &Database, head: (u64, String)) -> Result<(u64, String), Broken> {
        let (mut common, mut walk, mut both) = ((0, String::new()), Walk::open(&self.path)?, true);
        let (mut after, mut lines, mut quotes) = (0_u64, Vec::new(), None);
        while after < head.0 {
            let to = (after + LINES as u64).min(head.0);
            for Noted { row, decision } in database.noted(number(after), number(to)).await? {
                both = both && matches!(walk.step()?, Step::Line(line) if line.hash == row.hash);
                if both {
                    common = (row.number, row.hash);
                    continue;
                }
                lines.push((row, decision));
            }
            after = to;
            let texts = || lines.iter().map(|(row, _)| row.line.clone()).collect::<Vec<_>>();
            if quotes.is_none() && !lines.is_empty() && self.audit.take_back(texts()).await {
                // They are in both now.
                if let Some((row, _)) = lines.last() {
                    common = (row.number, row.hash.clone());
                }
                lines.clear();
                (walk, both) = (Walk::behind(&self.path, &common)?, true);
                continue;
            }
            for (row, decision) in lines.drain(..) {
                if quotes.is_none() {
                    quotes = Some(quoted(&self.path)?);
                }
                if !quotes.as_ref().is_some_and(|quotes| quotes.contains(&row.hash)) {
                    self.keep(imported(&row, decision, row.line.clone())).await?;
                    fail::point("entry imported");
                }
            }
        }
        if common.0 < head.0 {
            database.cut_audit(common.0).await?;
        }
        Ok(common)
    }

    /// Writes the lines that the database does not have yet, some at a time; says whether it has all of them then.
    ///
    /// # Errors
    /// The database does not answer, or the trail cannot be read.
    pub(crate) async fn write(&self, database: &Database, followed: &mut Followed) -> Result<bool, Broken> {
        let entries = *self.audit.entries().borrow();
        if followed.head.0 >= entries {
            return Ok(true);
        }
        let mut walk = match followed.walk.take() {
            Some(walk) => walk,
            None => Walk::behind(&self.path, &followed.head)?,
        };
        let mut some = Vec::new();
        while some.len() < LINES && walk.chain().entries < entries {
            match walk.step()? {
                Step::Line(line) => some.push(noted(*line)),
                Step::Broken | Step::End => {
                    let (path, number) = (self.path.display(), walk.chain().entries + 1);
                    return Err(
                        Error::config(format!("{path}: line {number} is not as it was written")).into()
                    );
                }
            }
        }
        database.note(&some).await?;
        fail::point("entries projected");
        if let Some(last) = some.last() {
            followed.head = (last.row.number, last.row.hash.clone());
        }
        followed.walk = Some(walk);
        Ok(followed.head.0 >= entries)
    }
}

/// A number of a row as the database compares it.
pub(crate) fn number(of: u64) -> i64 {
    i64::try_from(of).unwrap_or(i64::MAX)
}
