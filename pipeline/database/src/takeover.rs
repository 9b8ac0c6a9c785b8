//! A state that was put back from a backup takes over the database of the state that it was copied from.
//!
//! Both have the same events up to some place, and from there on each its own. So what the database has behind the last
//! event that both have is taken out: events with their causes, rejects, and what followed from them of alerts. Alerts
//! that had such events are noted (`to_put_right`) and written anew from those that are left, some at a time; a crash
//! between finds the rest of them noted. The revisions that go stay in `lost_revisions`, and so do decisions: a person
//! has taken them, whatever has become of what they speak of.
//!
//! ```text
//!   the state that was copied   1 ... 80 | 81 ... 120     the database has come to 120
//!   the one that was put back   1 ... 80 | 81'...         81 to 120 go, 81' and so on come
//! ```

use std::collections::BTreeSet;

use crate::backend::Writing;
use crate::cursor::Cursor;
use crate::statement::{Row, Statement};
use crate::{Database, Error};

/// A state that a later one goes back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ancestor {
    /// Its identity.
    pub identity: u64,
    /// How far the later one has its journal.
    pub end: Cursor,
}

/// A state and those that it goes back to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lineage {
    /// The states before, the first first.
    pub ancestors: Vec<Ancestor>,
    /// Its own identity.
    pub identity: u64,
    /// Whether it may take over a database of one of those before: once, after it was put back from a backup.
    pub may_take_over: bool,
}

/// An identity as the tables have it.
fn name(identity: u64) -> String {
    format!("{identity:016x}")
}

impl Lineage {
    /// A state that goes back to no other.
    pub fn of(identity: u64) -> Lineage {
        Lineage { identity, ..Lineage::default() }
    }

    pub(crate) fn name(&self) -> String {
        name(self.identity)
    }

    /// The last state that this one and a database have in common, and how far they go together.
    fn common(&self, states: &[(String, Cursor)]) -> Result<(usize, Cursor), Error> {
        let mut shared = states.iter().enumerate().map(|(nth, state)| (nth, self.shares(state)));
        let common = shared.find_map(|(nth, cut)| Some((nth, cut?)));
        common.filter(|_| self.may_take_over).ok_or_else(|| Error::OtherState {
            found: states.first().map(|(identity, _)| identity.clone()).unwrap_or_default(),
            expected: self.name(),
        })
    }

    /// How far this state has what a state of the database wrote; nothing, where they have nothing in common.
    fn shares(&self, of: &(String, Cursor)) -> Option<Cursor> {
        let own = self.ancestors.iter().rev().find(|ancestor| name(ancestor.identity) == of.0)?;
        let least = |one: u64, other: u64| one.min(other);
        Some(Cursor {
            sequence: least(own.end.sequence, of.1.sequence),
            reject: least(own.end.reject, of.1.reject),
            aside: least(own.end.aside, of.1.aside),
        })
    }
}

/// What became of a database that was taken over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakenOver {
    /// The identity that it had, in hexadecimal digits.
    pub from: String,
    /// How far it had come.
    pub was: Cursor,
    /// How far it stayed as it was.
    pub cut: Cursor,
}

/// An alert that is to be written anew, with its events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToPutRight {
    /// Its id.
    pub alert_id: String,
    /// Sequences of its events in the feed.
    pub sequences: Vec<u64>,
    /// Numbers of its events aside of the feed.
    pub aside: Vec<u64>,
}

/// The states that the one of a database goes back to, the last first.
const STATES: &str = "SELECT identity, sequence, reject, aside FROM lineage ORDER BY nth DESC";

/// The state of a database and those that it goes back to, the last first.
fn states(of: (String, Cursor), rows: &[Row]) -> Result<Vec<(String, Cursor)>, Error> {
    let mut states = vec![of];
    for row in rows {
        let end = Cursor { sequence: row.count(1)?, reject: row.count(2)?, aside: row.count(3)? };
        states.push((row.text(0)?, end));
    }
    Ok(states)
}

/// Makes a database that of a later state; the caller has read whose it is and how far it has come.
pub(crate) async fn take_over(
    writing: &mut Writing,
    lineage: &Lineage,
    (from, was): (String, Cursor),
) -> Result<TakenOver, Error> {
    writing.alone_with("projection").await?;
    let rows = writing.rows(&Statement::new(STATES)).await?;
    let states = states((from.clone(), was), &rows)?;
    let (nth, cut) = lineage.common(&states)?;
    writing.put_right(true).await?;
    for (place, (identity, end)) in states.iter().enumerate().take(nth + 1) {
        // A state has numbered what came behind the end of the one before it.
        let begin = states.get(place + 1).map_or(0, |(_, before)| before.sequence).max(cut.sequence);
        let mut keep = Statement::new("INSERT INTO lost_revisions SELECT ");
        keep.bind(identity).push(", sequence, alert_id, event, tick, entered_at, alert FROM revisions");
        keep.push(" WHERE sequence > ").bind(begin).push(" AND sequence <= ").bind(end.sequence);
        writing.execute(&keep).await?;
    }
    let mut touched = Statement::new("INSERT INTO to_put_right SELECT alert_id FROM (");
    touched.push("SELECT alert_id FROM revisions WHERE sequence > ").bind(cut.sequence);
    touched.push(" UNION SELECT alert_id FROM aside_revisions WHERE number > ").bind(cut.aside);
    touched.push(") AS touched WHERE alert_id NOT IN (SELECT alert_id FROM to_put_right)");
    writing.execute(&touched).await?;
    let gone = "DELETE FROM alerts WHERE alert_id IN (SELECT alert_id FROM to_put_right)";
    writing.execute(&Statement::new(gone)).await?;
    for (table, column, after) in [
        ("revisions", "sequence", cut.sequence),
        ("causes", "sequence", cut.sequence),
        ("aside_revisions", "number", cut.aside),
        ("aside_causes", "number", cut.aside),
        ("rejects", "number", cut.reject),
    ] {
        let mut gone = Statement::new("DELETE FROM ");
        gone.push(table).push(" WHERE ").push(column).push(" > ").bind(after);
        writing.execute(&gone).await?;
    }
    // It is asked for again as soon as the state is loaded.
    writing.execute(&Statement::new("DELETE FROM coverage")).await?;
    let mut become_his = Statement::new("UPDATE projection SET identity = ");
    become_his.bind(lineage.name()).push(", sequence = ").bind(cut.sequence);
    become_his.push(", reject = ").bind(cut.reject).push(", aside = ").bind(cut.aside);
    writing.execute(&become_his).await?;
    note_lineage(writing, lineage).await?;
    writing.put_right(false).await?;
    Ok(TakenOver { from, was, cut })
}

/// Notes the states that this one goes back to.
pub(crate) async fn note_lineage(writing: &mut Writing, lineage: &Lineage) -> Result<(), Error> {
    writing.execute(&Statement::new("DELETE FROM lineage")).await?;
    let rows = (0_u64..).zip(&lineage.ancestors).map(|(nth, Ancestor { identity, end })| {
        vec![nth.into(), name(*identity).into(), end.sequence.into(), end.reject.into(), end.aside.into()]
    });
    writing.insert("lineage (nth, identity, sequence, reject, aside)", rows.collect(), "").await
}

/// Alerts are written anew: they are noted no more, and entered when their revisions did.
pub(crate) async fn are_right(writing: &mut Writing, alerts: &[ToPutRight]) -> Result<(), Error> {
    for alert in alerts {
        let mut times = Statement::new(
            "UPDATE alerts SET entered_at = COALESCE((SELECT min(r.entered_at) FROM revisions r \
             WHERE r.alert_id = alerts.alert_id), entered_at), changed_at = COALESCE((SELECT max(r.entered_at) \
             FROM revisions r WHERE r.alert_id = alerts.alert_id), changed_at) WHERE alert_id = ",
        );
        times.bind(&alert.alert_id);
        writing.execute(&times).await?;
        let mut done = Statement::new("DELETE FROM to_put_right WHERE alert_id = ");
        done.bind(&alert.alert_id);
        writing.execute(&done).await?;
    }
    Ok(())
}

/// Decisions that count revisions of a state which the present one has not, or not so far.
const LOST: &str = "dispositions d LEFT JOIN lineage l ON l.identity = d.identity \
    WHERE d.identity NOT IN (SELECT identity FROM projection) AND (l.sequence IS NULL OR d.revision > l.sequence)";

impl Database {
    /// Whether it is a state's, or nobody's, or may be taken over by it; nothing is changed.
    ///
    /// # Errors
    /// It is another state's, or does not answer.
    pub async fn admits(&self, lineage: &Lineage) -> Result<(), Error> {
        let own = Statement::new("SELECT identity, sequence, reject, aside FROM projection");
        let Some(row) = self.backend.row(&own).await? else { return Ok(()) };
        let identity = row.text(0)?;
        if identity == lineage.name() {
            return Ok(());
        }
        let cursor = Cursor { sequence: row.count(1)?, reject: row.count(2)?, aside: row.count(3)? };
        let rows = self.backend.rows(&Statement::new(STATES)).await?;
        lineage.common(&states((identity, cursor), &rows)?).map(drop)
    }

    /// Some of the alerts that are still to be written anew, with the events of them that are left.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn to_put_right(&self, limit: usize) -> Result<Vec<ToPutRight>, Error> {
        let mut ask = Statement::new("SELECT alert_id FROM to_put_right ORDER BY alert_id LIMIT ");
        ask.bind(limit as u64);
        let mut alerts = Vec::new();
        for row in self.backend.rows(&ask).await? {
            let alert_id = row.text(0)?;
            let mut numbers = [Vec::new(), Vec::new()];
            let of = [("sequence", "revisions"), ("number", "aside_revisions")];
            for (numbers, (column, table)) in numbers.iter_mut().zip(of) {
                let mut ask = Statement::new("SELECT ");
                ask.push(column).push(" FROM ").push(table).push(" WHERE alert_id = ").bind(&alert_id);
                ask.push(" ORDER BY ").push(column);
                for row in self.backend.rows(&ask).await? {
                    numbers.push(row.count(0)?);
                }
            }
            let [sequences, aside] = numbers;
            alerts.push(ToPutRight { alert_id, sequences, aside });
        }
        Ok(alerts)
    }

    /// Decisions of which the database has no alert any more: their numbers and alerts.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn decisions_without_alert(&self) -> Result<Vec<(u64, String)>, Error> {
        let ask = "SELECT number, alert_id FROM dispositions d WHERE NOT EXISTS \
            (SELECT 1 FROM alerts a WHERE a.alert_id = d.alert_id) ORDER BY number";
        let rows = self.backend.rows(&Statement::new(ask)).await?;
        rows.iter().map(|row| Ok((row.count(0)?, row.text(1)?))).collect()
    }

    /// Decisions of revisions that went when a later state took the database over: their numbers and alerts.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn decisions_on_lost_revisions(&self) -> Result<Vec<(u64, String)>, Error> {
        let mut ask = Statement::new("SELECT d.number, d.alert_id FROM ");
        ask.push(LOST).push(" ORDER BY d.number");
        let rows = self.backend.rows(&ask).await?;
        rows.iter().map(|row| Ok((row.count(0)?, row.text(1)?))).collect()
    }

    /// Of the decisions of an alert, the numbers of those of revisions that went.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn lost_revisions_of(&self, alert_id: &str) -> Result<BTreeSet<u64>, Error> {
        let mut ask = Statement::new("SELECT d.number FROM ");
        ask.push(LOST).push(" AND d.alert_id = ").bind(alert_id);
        self.backend.rows(&ask).await?.iter().map(|row| row.count(0)).collect()
    }
}
