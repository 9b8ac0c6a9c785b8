//! What the journal hands over: events and rejects as they were committed, read as far as the tables need it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use wire::{Cause, Fen, Keyword, Rejected, RuleCoverage, Subject};

use crate::Error;
use crate::about::About;

/// An event with its sequence.
#[derive(Clone, Debug)]
pub struct JournalEvent<'a> {
    /// Its sequence.
    pub sequence: u64,
    /// The event as a line.
    pub line: &'a [u8],
    /// Whom its alert is about; none where that is the institution alone, or was not kept.
    pub about: Option<About>,
}

/// An event of an alert that is in no feed.
#[derive(Clone, Debug)]
pub struct JournalAside<'a> {
    /// Its number.
    pub number: u64,
    /// Sequence of the last event of the feed before it.
    pub after: u64,
    /// The state that the alert is in, or leaves: `held` or `shadow`.
    pub state: &'a str,
    /// The event as a line.
    pub line: &'a [u8],
    /// Whom its alert is about, as of [`JournalEvent`].
    pub about: Option<About>,
}

/// What was rejected, with its number.
#[derive(Clone, Debug)]
pub struct JournalReject {
    /// Its number.
    pub number: u64,
    /// The line of `rejected.ndjson`.
    pub line: Rejected,
    /// The key of its message, if it came as one that has a key.
    pub key: Option<Box<RawValue>>,
}

/// What was judged, by rule, at a tick.
#[derive(Clone, Debug)]
pub struct CoverageAt {
    /// The last tick before.
    pub tick: u64,
    /// What was judged.
    pub rules: BTreeMap<String, RuleCoverage>,
}

/// Where an institution stands: its fixmedins_code, and its division if it has one.
pub type Division = (String, Option<String>);

/// What is written in one transaction.
#[derive(Clone, Debug, Default)]
pub struct Batch<'a> {
    /// Events, in order, from the one behind the cursor on.
    pub events: Vec<JournalEvent<'a>>,
    /// Events of alerts that are in no feed, in order, from the one behind the cursor on. Each happened behind the event
    /// of the feed that it names, which has to be written with it or before.
    pub aside: Vec<JournalAside<'a>>,
    /// Rejects, in order, from the one behind the cursor on.
    pub rejects: Vec<JournalReject>,
    /// Where institutions stand now.
    pub divisions: Vec<Division>,
    /// The coverage, if it may have changed.
    pub coverage: Option<CoverageAt>,
    /// The time, `YYYY-MM-DD HH:MM:SS` in China.
    pub at: String,
}

impl Batch<'_> {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
            && self.aside.is_empty()
            && self.rejects.is_empty()
            && self.divisions.is_empty()
            && self.coverage.is_none()
    }
}

/// An event as it is written: its alert stays the text that it was.
#[derive(Deserialize)]
pub(crate) struct EventLine<'a> {
    pub(crate) event: Keyword,
    pub(crate) tick: u64,
    pub(crate) cause: Vec<Cause>,
    #[serde(borrow)]
    pub(crate) alert: &'a RawValue,
}

/// Of an alert, what has a column.
#[derive(Deserialize)]
pub(crate) struct AlertHead {
    pub(crate) alert_id: String,
    pub(crate) rule: String,
    pub(crate) rule_version: String,
    pub(crate) family: String,
    pub(crate) phase: String,
    pub(crate) verdict: String,
    pub(crate) severity: String,
    pub(crate) subject: Subject,
    pub(crate) institution: Option<String>,
    pub(crate) occurred: String,
    pub(crate) amount: Fen,
    pub(crate) counted_amount: Fen,
    pub(crate) exempted_by: Option<String>,
}

/// Of an event of an alert that is in no feed: its number and state.
#[derive(Clone, Copy)]
pub(crate) struct AsideMark<'a> {
    pub(crate) number: u64,
    pub(crate) state: &'a str,
}

/// An event, read.
pub(crate) struct ReadEvent<'a> {
    /// Its sequence; 0 of one of an alert that is in no feed.
    pub(crate) sequence: u64,
    pub(crate) aside: Option<AsideMark<'a>>,
    pub(crate) line: EventLine<'a>,
    pub(crate) alert: AlertHead,
    pub(crate) about: Option<&'a About>,
}

impl<'a> ReadEvent<'a> {
    /// All events of a batch, those of both journals in the order in which they happened.
    pub(crate) fn all(batch: &'a Batch<'a>) -> Result<Vec<ReadEvent<'a>>, Error> {
        let mut events = Vec::with_capacity(batch.events.len() + batch.aside.len());
        let mut fed = batch.events.iter().peekable();
        for of in &batch.aside {
            while let Some(event) = fed.next_if(|event| event.sequence <= of.after) {
                events.push(ReadEvent::read(event)?);
            }
            let (line, alert) = parse(of.line, "event aside", of.number)?;
            let aside = Some(AsideMark { number: of.number, state: of.state });
            events.push(ReadEvent { sequence: 0, aside, line, alert, about: of.about.as_ref() });
        }
        for event in fed {
            events.push(ReadEvent::read(event)?);
        }
        Ok(events)
    }

    fn read(event: &'a JournalEvent<'a>) -> Result<ReadEvent<'a>, Error> {
        let (line, alert) = parse(event.line, "event", event.sequence)?;
        Ok(ReadEvent { sequence: event.sequence, aside: None, line, alert, about: event.about.as_ref() })
    }

    /// Whether an alert that was in no feed is that no more.
    pub(crate) fn leaves(&self) -> bool {
        self.aside.is_some() && matches!(&*self.line.event, "withdrawn" | "released")
    }

    /// The state that the event leaves its alert in.
    pub(crate) fn state(&self) -> &'a str {
        if let Some(aside) = self.aside {
            return aside.state;
        }
        match &*self.line.event {
            "withdrawn" => "withdrawn",
            "aged" => "aged",
            "held" => "held",
            "shadow" => "shadow",
            _ => "standing",
        }
    }
}

/// Reads a line: the event, and what its alert has columns for.
fn parse<'a>(line: &'a [u8], what: &'static str, number: u64) -> Result<(EventLine<'a>, AlertHead), Error> {
    let wrong = |source| Error::Line { what, number, source };
    let line: EventLine<'a> = serde_json::from_slice(line).map_err(wrong)?;
    let alert = serde_json::from_str(line.alert.get()).map_err(wrong)?;
    Ok((line, alert))
}
