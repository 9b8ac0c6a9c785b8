//! Alerts that stand and are in no feed: aside of the others, each in a state of its own.
//!
//! The program says what a state is (`shadow`, `held`), what groups the alerts of a state (a rule), and in which order
//! they stand within a group: by a rank, the smallest first, and by `alert_id`. What happens to them is a journal of its
//! own, so that the sequence of the feed knows nothing of it; each of its entries notes behind which event of the feed it
//! happened, by which both journals are one history. All of it is written in the transaction of its tick.

use redb::{ReadTransaction, ReadableTable, WriteTransaction};

use crate::Error;
use crate::snapshot::{Page, Snapshot};
use crate::tables::{ASIDE, ASIDE_EVENTS, ASIDE_ORDER, META};

/// A page of events ends with the one that brings it to so many bytes.
const PAGE_BYTES: usize = 1 << 20;

/// Name of the number of the last event in the table of single numbers.
const LAST: &str = "aside";

/// What happens to an alert that is aside.
#[derive(Clone, Copy, Debug)]
pub struct AsideEvent<'a> {
    /// Whether it is aside from now on; otherwise it is aside no more, wherever it is now.
    pub stays: bool,
    /// The state that it is in, or leaves.
    pub state: &'a str,
    /// What it is grouped by.
    pub group: &'a str,
    /// Its place in the order of its group.
    pub rank: u64,
    /// Which alert.
    pub alert_id: &'a str,
    /// The event as a line.
    pub line: &'a [u8],
    /// The alert as a line.
    pub alert: &'a [u8],
    /// What is known beside the event; empty where nothing is.
    pub beside: &'a [u8],
}

/// An alert that is aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aside {
    /// Number of its last event.
    pub number: u64,
    /// Its state.
    pub state: String,
    /// What it is grouped by.
    pub group: String,
    /// Its place in the order of its group.
    pub rank: u64,
    /// The alert as a line.
    pub alert: Vec<u8>,
}

/// An event of an alert that is aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AsideLine {
    /// Its number, from 1.
    pub number: u64,
    /// Sequence of the last event of the feed before it.
    pub after: u64,
    /// The state that the alert is in, or leaves.
    pub state: String,
    /// The event as a line.
    pub line: Vec<u8>,
    /// What is known beside the event; empty where nothing is.
    pub beside: Vec<u8>,
}

/// Writes the events of a tick, whose last event in the feed has this sequence.
pub(crate) fn write(
    writing: &WriteTransaction,
    events: &[AsideEvent<'_>],
    after: u64,
) -> Result<(), redb::Error> {
    if events.is_empty() {
        return Ok(());
    }
    let (mut asides, mut order) = (writing.open_table(ASIDE)?, writing.open_table(ASIDE_ORDER)?);
    let (mut lines, mut meta) = (writing.open_table(ASIDE_EVENTS)?, writing.open_table(META)?);
    let mut number = meta.get(LAST)?.map_or(0, |found| found.value());
    for event in events {
        number += 1;
        lines.insert(number, (after, event.state, event.line, event.beside))?;
        if let Some(stood) = asides.remove(event.alert_id)? {
            let (_, state, group, rank, _) = stood.value();
            order.remove((state, group, rank, event.alert_id))?;
        }
        if event.stays {
            asides.insert(event.alert_id, (number, event.state, event.group, event.rank, event.alert))?;
            order.insert((event.state, event.group, event.rank, event.alert_id), ())?;
        }
    }
    meta.insert(LAST, number)?;
    Ok(())
}

/// Makes the tables.
pub(crate) fn prepare(writing: &WriteTransaction) -> Result<(), redb::Error> {
    writing.open_table(ASIDE)?;
    writing.open_table(ASIDE_ORDER)?;
    writing.open_table(ASIDE_EVENTS)?;
    Ok(())
}

type Value<'v> = (u64, &'v str, &'v str, u64, &'v [u8]);

fn read((number, state, group, rank, alert): Value<'_>) -> Aside {
    Aside { number, state: state.to_owned(), group: group.to_owned(), rank, alert: alert.to_vec() }
}

impl Snapshot {
    /// Number of the last event of alerts that are aside; 0 before the first.
    ///
    /// # Errors
    /// The database cannot be read, as below.
    pub fn last_aside(&self) -> Result<u64, Error> {
        self.read(|tables| Ok(tables.open_table(META)?.get(LAST)?.map_or(0, |found| found.value())))
    }

    /// An alert, if it is aside.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn aside(&self, alert_id: &str) -> Result<Option<Aside>, Error> {
        self.read(|tables| Ok(tables.open_table(ASIDE)?.get(alert_id)?.map(|found| read(found.value()))))
    }

    /// Alerts that are aside, by `alert_id` from the one after `after` on, at most `limit`.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn asides(&self, after: &str, limit: usize) -> Result<Page<(String, Aside)>, Error> {
        use std::ops::Bound::{Excluded, Unbounded};
        self.read(|tables| {
            let asides = tables.open_table(ASIDE)?;
            let entries = asides.range::<&str>((Excluded(after), Unbounded))?;
            let mut page = Page { items: Vec::new(), more: false };
            for entry in entries {
                if page.items.len() == limit {
                    page.more = true;
                    break;
                }
                let (id, found) = entry?;
                page.items.push((id.value().to_owned(), read(found.value())));
            }
            Ok(page)
        })
    }

    /// The alerts of a group in a state, in their order, behind a rank and an `alert_id`: at most `limit`.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn aside_order(
        &self,
        (state, group): (&str, &str),
        after: Option<(u64, &str)>,
        limit: usize,
    ) -> Result<Page<(u64, String)>, Error> {
        use std::ops::Bound::{Excluded, Included, Unbounded};
        self.read(|tables| {
            let order = tables.open_table(ASIDE_ORDER)?;
            let from = match after {
                Some((rank, alert_id)) => Excluded((state, group, rank, alert_id)),
                None => Included((state, group, 0, "")),
            };
            let mut page = Page { items: Vec::new(), more: false };
            for entry in order.range::<(&str, &str, u64, &str)>((from, Unbounded))? {
                let (key, _) = entry?;
                let (of_state, of_group, rank, alert_id) = key.value();
                if (of_state, of_group) != (state, group) {
                    break;
                }
                if page.items.len() == limit {
                    page.more = true;
                    break;
                }
                page.items.push((rank, alert_id.to_owned()));
            }
            Ok(page)
        })
    }

    /// How many alerts there are in each state and group, in the order of both.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn aside_counts(&self) -> Result<Vec<(String, String, u64)>, Error> {
        self.read(|tables| {
            let mut counts: Vec<(String, String, u64)> = Vec::new();
            for entry in tables.open_table(ASIDE_ORDER)?.iter()? {
                let (key, _) = entry?;
                let (state, group, ..) = key.value();
                match counts.last_mut() {
                    Some((of_state, of_group, count)) if of_state == state && of_group == group => {
                        *count += 1
                    }
                    _ => counts.push((state.to_owned(), group.to_owned(), 1)),
                }
            }
            Ok(counts)
        })
    }

    /// One event of an alert that is, or was, aside.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn aside_event(&self, number: u64) -> Result<Option<AsideLine>, Error> {
        Ok(self.aside_events(number.saturating_sub(1), 1)?.items.into_iter().find(|of| of.number == number))
    }

    /// Events of alerts that are aside after one, at most `limit` and about a MiB.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn aside_events(&self, after: u64, limit: usize) -> Result<Page<AsideLine>, Error> {
        self.read(|tables: &ReadTransaction| {
            let events = tables.open_table(ASIDE_EVENTS)?;
            let mut page = Page { items: Vec::new(), more: false };
            let mut bytes = 0;
            for entry in events.range(after.saturating_add(1)..)? {
                if page.items.len() == limit || bytes >= PAGE_BYTES {
                    page.more = true;
                    break;
                }
                let (number, found) = entry?;
                let (after, state, line, beside) = found.value();
                bytes += line.len();
                page.items.push(AsideLine {
                    number: number.value(),
                    after,
                    state: state.to_owned(),
                    line: line.to_vec(),
                    beside: beside.to_vec(),
                });
            }
            Ok(page)
        })
    }
}
