//! Alerts as people and programs ask for them: a page, one, its history.

use std::fmt::Write as _;

use serde_json::value::RawValue;
use wire::{Cause, FenSum, Keyword};

use crate::filter::{AlertFilter, Conditions};
use crate::statement::{Row, Statement};
use crate::{Database, Error, Page};

/// The order of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AlertOrder {
    /// By `alert_id`.
    #[default]
    Id,
    /// The latest first.
    Occurred,
    /// The greatest suspected amount first.
    Amount,
    /// The greatest counted amount first.
    CountedAmount,
    /// The last that changed first.
    Sequence,
}

impl AlertOrder {
    fn column(self) -> Option<&'static str> {
        match self {
            AlertOrder::Id => None,
            AlertOrder::Occurred => Some("occurred"),
            AlertOrder::Amount => Some("amount"),
            AlertOrder::CountedAmount => Some("counted_amount"),
            AlertOrder::Sequence => Some("last_sequence"),
        }
    }
}

/// An alert as the database has it.
#[derive(Clone, Debug)]
pub struct StoredAlert {
    /// Its id.
    pub alert_id: String,
    /// The alert, as its last event had it.
    pub alert: Box<RawValue>,
    /// `standing`, `withdrawn`, `aged`, `held` or `shadow`.
    pub state: String,
    /// The incident that it is part of.
    pub incident_id: String,
    /// The division in which its institution stands.
    pub division: Option<String>,
    /// Sequence of its first event.
    pub first_sequence: u64,
    /// Sequence of its last event: its revision.
    pub last_sequence: u64,
    /// When it entered the database.
    pub entered_at: String,
    /// When its last event entered.
    pub changed_at: String,
    /// What the order is by.
    by: String,
}

/// How many alerts there are, and what they come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Total {
    /// How many.
    pub count: u64,
    /// Their suspected amounts together.
    pub amount: FenSum,
}

/// An event of an alert.
#[derive(Clone, Debug)]
pub struct Revision {
    /// Its sequence; none of an event that is in no feed.
    pub sequence: Option<u64>,
    /// Of an event that is in no feed, the state that the alert was in, or left: `held` or `shadow`.
    pub aside: Option<String>,
    /// `raised`, `changed`, `withdrawn`, or what else an event is called; `released` where the feed takes over what was
    /// held.
    pub event: String,
    /// The tick at whose end it was known.
    pub tick: u64,
    /// When it entered the database.
    pub entered_at: String,
    /// The changes that led to it.
    pub causes: Vec<Cause>,
    /// The alert as it was then.
    pub alert: Box<RawValue>,
}

/// An alert and its events, the first first.
#[derive(Clone, Debug)]
pub struct AlertHistory {
    /// How it is now.
    pub alert: StoredAlert,
    /// Its events.
    pub revisions: Vec<Revision>,
}

const COLUMNS: &str = "SELECT a.alert_id, a.alert, a.state, a.incident_id, a.division, a.first_sequence, \
    a.last_sequence, a.entered_at, a.changed_at";

/// JSON of a row as it was written.
pub(crate) fn raw(row: &Row, nth: usize, what: &'static str, number: u64) -> Result<Box<RawValue>, Error> {
    RawValue::from_string(row.text(nth)?).map_err(|source| Error::Line { what, number, source })
}

fn stored(row: &Row, order: AlertOrder) -> Result<StoredAlert, Error> {
    let last_sequence = row.count(6)?;
    Ok(StoredAlert {
        alert_id: row.text(0)?,
        alert: raw(row, 1, "alert of event", last_sequence)?,
        state: row.text(2)?,
        incident_id: row.text(3)?,
        division: row.text_or_none(4)?,
        first_sequence: row.count(5)?,
        last_sequence,
        entered_at: row.text(7)?,
        changed_at: row.text(8)?,
        by: match order {
            AlertOrder::Id => String::new(),
            AlertOrder::Occurred => row.text(9)?,
            _ => row.int(9)?.to_string(),
        },
    })
}

/// A place in an order that is not by id: what the last row was ordered by, and its id, in hexadecimal digits.
fn opaque(by: &str, alert_id: &str) -> String {
    format!("{by}/{alert_id}").bytes().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn from_opaque(after: &str) -> Option<(String, String)> {
    let bytes: Option<Vec<u8>> =
        (0..after.len()).step_by(2).map(|at| u8::from_str_radix(after.get(at..at + 2)?, 16).ok()).collect();
    let text = String::from_utf8(bytes?).ok()?;
    text.split_once('/').map(|(by, alert_id)| (by.to_owned(), alert_id.to_owned()))
}

impl Database {
    /// A page of alerts.
    ///
    /// # Errors
    /// The database does not answer, or `after` is none of this order.
    pub async fn alerts(
        &self,
        filter: &AlertFilter,
        order: AlertOrder,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<StoredAlert>, Error> {
        let mut ask = Statement::new(COLUMNS);
        if let Some(column) = order.column() {
            ask.push(", a.").push(column);
        }
        ask.push(" FROM alerts a");
        let mut conditions = Conditions::new();
        filter.conditions(&mut conditions, &mut ask, "a");
        let place = match (order.column(), after) {
            (Some(_), Some(after)) => Some(from_opaque(after).ok_or(Error::After)?),
            _ => None,
        };
        match (order.column(), after, &place) {
            (Some(column), _, Some((by, alert_id))) => {
                conditions.and(&mut ask).push("(");
                let number: Option<i64> = by.parse().ok();
                for (nth, comparison) in [" < ", " = "].into_iter().enumerate() {
                    ask.push(if nth == 0 { "a." } else { " OR a." }).push(column).push(comparison);
                    match (order, number) {
                        (AlertOrder::Occurred, _) => ask.bind(by),
                        (_, Some(number)) => ask.bind(number),
                        (_, None) => return Err(Error::After),
                    };
                }
                ask.push(" AND a.alert_id > ").bind(alert_id).push(")");
            }
            (_, Some(after), _) => conditions.compare(&mut ask, "a.alert_id >", Some(after)),
            _ => {}
        }
        ask.push(" ORDER BY ");
        if let Some(column) = order.column() {
            ask.push("a.").push(column).push(" DESC, ");
        }
        ask.push("a.alert_id LIMIT ").bind(limit as u64 + 1);
        let rows = self.backend.rows(&ask).await?;
        let items = rows.iter().map(|row| stored(row, order)).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(items, limit, |last| match order {
            AlertOrder::Id => last.alert_id.clone(),
            _ => opaque(&last.by, &last.alert_id),
        }))
    }

    /// How many alerts a filter finds, and what they come to.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn alerts_total(&self, filter: &AlertFilter) -> Result<Total, Error> {
        let mut ask = Statement::new("SELECT count(*), ");
        ask.push(SUM_OF_AMOUNT).push(" FROM alerts a");
        filter.conditions(&mut Conditions::new(), &mut ask, "a");
        let row = self.backend.row(&ask).await?.ok_or(sqlx::Error::RowNotFound)?;
        Ok(Total { count: row.count(0)?, amount: sum(&row, 1)? })
    }

    /// One alert, in whatever state.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn alert(&self, alert_id: &str) -> Result<Option<StoredAlert>, Error> {
        let mut ask = Statement::new(COLUMNS);
        ask.push(" FROM alerts a WHERE a.alert_id = ").bind(alert_id);
        self.backend.row(&ask).await?.map(|row| stored(&row, AlertOrder::Id)).transpose()
    }

    /// An alert and all its events.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn history(&self, alert_id: &str) -> Result<Option<AlertHistory>, Error> {
        let Some(alert) = self.alert(alert_id).await? else { return Ok(None) };
        let mut revisions = self.revisions(alert_id, false).await?;
        revisions.extend(self.revisions(alert_id, true).await?);
        // In a tick an alert leaves where it was before it is somewhere else.
        let leaves = |of: &Revision| matches!(&*of.event, "withdrawn" | "released");
        revisions.sort_by_key(|of| (of.tick, !leaves(of)));
        Ok(Some(AlertHistory { alert, revisions }))
    }

    /// The events of an alert with their causes, those of the feed or those aside of it.
    async fn revisions(&self, alert_id: &str, aside: bool) -> Result<Vec<Revision>, Error> {
        let (events, causes) = if aside {
            (
                "SELECT number, event, tick, entered_at, alert, state FROM aside_revisions WHERE alert_id = ",
                "SELECT c.number, c.kind, c.key, c.rev FROM aside_causes c \
                 JOIN aside_revisions r ON r.number = c.number WHERE r.alert_id = ",
            )
        } else {
            (
                "SELECT sequence, event, tick, entered_at, alert FROM revisions WHERE alert_id = ",
                "SELECT c.sequence, c.kind, c.key, c.rev FROM causes c \
                 JOIN revisions r ON r.sequence = c.sequence WHERE r.alert_id = ",
            )
        };
        let mut ask = Statement::new(events);
        ask.bind(alert_id).push(" ORDER BY 1");
        let mut revisions: Vec<(u64, Revision)> = Vec::new();
        for row in self.backend.rows(&ask).await? {
            let number = row.count(0)?;
            let of = Revision {
                sequence: (!aside).then_some(number),
                aside: if aside { row.text_or_none(5)? } else { None },
                event: row.text(1)?,
                tick: row.count(2)?,
                entered_at: row.text(3)?,
                causes: Vec::new(),
                alert: raw(&row, 4, "alert of event", number)?,
            };
            revisions.push((number, of));
        }
        let mut ask = Statement::new(causes);
        ask.bind(alert_id).push(" ORDER BY 1, c.nth");
        for row in self.backend.rows(&ask).await? {
            let number = row.count(0)?;
            let rev = row.int_or_none(3)?.and_then(|rev| u64::try_from(rev).ok());
            let cause = Cause { kind: Keyword::Owned(row.text(1)?), key: row.text(2)?, rev };
            if let Ok(nth) = revisions.binary_search_by_key(&number, |(of, _)| *of) {
                revisions[nth].1.causes.push(cause);
            }
        }
        Ok(revisions.into_iter().map(|(_, of)| of).collect())
    }
}

/// A sum in two parts, for 64 bits may not hold it: of thousand millions, and of what is left over.
pub(crate) const SUM_OF_AMOUNT: &str = "CAST(COALESCE(SUM(a.amount / 1000000000), 0) AS BIGINT), \
    CAST(COALESCE(SUM(a.amount % 1000000000), 0) AS BIGINT)";

/// The sum that [`SUM_OF_AMOUNT`] asked for, from this column on.
pub(crate) fn sum(row: &Row, nth: usize) -> Result<FenSum, Error> {
    Ok(FenSum(i128::from(row.int(nth)?) * 1_000_000_000 + i128::from(row.int(nth + 1)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_is_written() {
        let place = ("-12".to_owned(), "A01-é/1".to_owned());
        assert_eq!(from_opaque(&opaque(&place.0, &place.1)), Some(place));
        for bad in ["", "4", "zz", "41", "é"] {
            assert_eq!(from_opaque(bad), None, "{bad}");
        }
    }
}
