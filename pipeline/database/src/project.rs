//! Writes what the journal has into the tables, each event exactly once.
//!
//! How far it has come stands in the same transaction as what is written, and is moved on from where it stood: a second
//! writer, or one that goes on after a crash, finds it moved and writes nothing.

mod alerts;
mod beside;

use std::collections::BTreeMap;

use crate::backend::Writing;
use crate::cursor::Cursor;
use crate::journal::{Batch, ReadEvent};
use crate::statement::Statement;
use crate::takeover::{self, Lineage, TakenOver, ToPutRight};
use crate::{Database, Error};

/// The one that writes what the journal has.
pub struct Projector {
    database: Database,
    /// The state whose journal it is.
    identity: String,
    cursor: Cursor,
    /// What the table of institutions has.
    divisions: BTreeMap<String, String>,
}

impl Projector {
    /// Begins where the database has come to; an empty one becomes that of this state, and one of a state that this one
    /// goes back to is taken over, if that may be: then it is also said what became of it.
    ///
    /// # Errors
    /// It is another state's, or does not answer.
    pub async fn open(
        database: Database,
        lineage: &Lineage,
    ) -> Result<(Projector, Option<TakenOver>), Error> {
        let identity = lineage.name();
        let mut writing = database.backend.begin().await?;
        let found =
            writing.row(&Statement::new("SELECT identity, sequence, reject, aside FROM projection")).await?;
        let (cursor, taken) = match found {
            Some(row) => {
                let found = row.text(0)?;
                let cursor = Cursor { sequence: row.count(1)?, reject: row.count(2)?, aside: row.count(3)? };
                if found == identity {
                    (cursor, None)
                } else {
                    let taken = takeover::take_over(&mut writing, lineage, (found, cursor)).await?;
                    (taken.cut, Some(taken))
                }
            }
            None => {
                let mut first = Statement::new(
                    "INSERT INTO projection (id, sequence, reject, identity) VALUES (1, 0, 0, ",
                );
                first.bind(&identity).push(")");
                writing.execute(&first).await?;
                takeover::note_lineage(&mut writing, lineage).await?;
                (Cursor::default(), None)
            }
        };
        let rows = writing.rows(&Statement::new("SELECT institution, division FROM institutions")).await?;
        let divisions = rows.iter().map(|row| Ok((row.text(0)?, row.text(1)?)));
        let divisions = divisions.collect::<Result<_, Error>>()?;
        writing.commit().await?;
        Ok((Projector { database, identity, cursor, divisions }, taken))
    }

    /// The institutions of which the database knows where they stand.
    pub fn institutions(&self) -> impl Iterator<Item = &str> {
        self.divisions.keys().map(String::as_str)
    }

    /// Writes alerts anew of which [`Database::to_put_right`] says that they have to be: the batch has all their events up
    /// to the cursor, of both journals.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn put_right(&self, alerts: &[ToPutRight], batch: &Batch<'_>) -> Result<(), Error> {
        let events = ReadEvent::all(batch)?;
        let mut writing = self.database.backend.begin().await?;
        alerts::write_alerts(&mut writing, &events, &self.divisions, &batch.at).await?;
        takeover::are_right(&mut writing, alerts).await?;
        writing.commit().await
    }

    /// The database.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Lets all connections go.
    pub async fn close(self) {
        self.database.close().await;
    }

    /// How far it has come.
    pub fn cursor(&self) -> Cursor {
        self.cursor
    }

    /// Writes a batch that begins behind the cursor. After an error it has to be opened anew: whether the batch was
    /// written is not known then.
    ///
    /// # Errors
    /// The database does not answer, or somebody else has moved the cursor.
    pub async fn write(&mut self, batch: &Batch<'_>) -> Result<Cursor, Error> {
        let to = Cursor {
            sequence: batch.events.last().map_or(self.cursor.sequence, |event| event.sequence),
            reject: batch.rejects.last().map_or(self.cursor.reject, |reject| reject.number),
            aside: batch.aside.last().map_or(self.cursor.aside, |event| event.number),
        };
        let events = ReadEvent::all(batch)?;
        let mut writing = self.database.backend.begin().await?;
        self.advance(&mut writing, to).await?;
        beside::divisions(&mut writing, &mut self.divisions, batch).await?;
        alerts::write(&mut writing, &events, &self.divisions, &batch.at).await?;
        beside::rejects(&mut writing, batch).await?;
        beside::coverage(&mut writing, batch).await?;
        writing.commit().await?;
        self.cursor = to;
        Ok(to)
    }

    /// Moves the cursor on from where it stood.
    async fn advance(&self, writing: &mut Writing, to: Cursor) -> Result<(), Error> {
        let mut advance = Statement::new("UPDATE projection SET sequence = ");
        advance.bind(to.sequence).push(", reject = ").bind(to.reject).push(", aside = ").bind(to.aside);
        advance.push(" WHERE id = 1 AND sequence = ").bind(self.cursor.sequence);
        advance.push(" AND reject = ").bind(self.cursor.reject);
        advance.push(" AND aside = ").bind(self.cursor.aside);
        advance.push(" AND identity = ").bind(&self.identity);
        if writing.execute(&advance).await? == 1 { Ok(()) } else { Err(Error::OtherWriter) }
    }
}
