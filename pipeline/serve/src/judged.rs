//! Alerts of days that are judged no more: they stay as they stood, whatever the engine says of them now.
//!
//! A service that lets old records go ([`crate::retention`]) judges what happens from a day on. Of what happened before
//! its engine knows a part only; what it says of that is not heard. An alert that stands when its day is judged no more
//! *ages*: it is kept as it stood, and is never withdrawn. What is in no feed, a queue or the finding of a shadow rule,
//! goes with its day.

use std::borrow::Cow;

use records::time::{Day, format_date, parse_date};
use wire::{Alert, Cause, Event, Keyword};

/// An alert as the engine has it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Standing {
    /// The alert.
    pub(crate) alert: Alert,
    /// Whether its rule is a shadow rule.
    pub(crate) shadow: bool,
}

/// How an alert stands now.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Stands {
    /// So.
    As(Box<Standing>),
    /// No more.
    Gone,
    /// As it stood: its day is judged no more.
    Aged,
}

impl Stands {
    /// The alert, if it stands.
    pub(crate) fn alert(&self) -> Option<&Alert> {
        match self {
            Stands::As(of) => Some(&of.alert),
            Stands::Gone | Stands::Aged => None,
        }
    }
}

/// From which day on is judged; from the first if no day is named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Judged(pub(crate) Option<Day>);

impl Judged {
    /// Whether the day on which an alert occurred is judged.
    pub(crate) fn covers(self, occurred: &str) -> bool {
        let day = occurred.get(..10).and_then(parse_date);
        self.0.is_none_or(|from| day.is_none_or(|day| day >= from))
    }

    /// How an alert stands that is stored or not, when the engine has it so.
    pub(crate) fn stands(self, stored: Option<&str>, engine: Option<Standing>) -> Option<Stands> {
        match (stored, engine) {
            (_, Some(of)) if self.covers(&of.alert.occurred) => Some(Stands::As(Box::new(of))),
            (Some(occurred), None) if self.covers(occurred) => Some(Stands::Gone),
            (Some(_), _) => Some(Stands::Aged),
            (None, _) => None,
        }
    }

    /// An event of the engine as it is for readers, to whom the alert stands already or not; none if it speaks of a day
    /// that is judged no more.
    pub(crate) fn event(self, is_stored: bool, mut event: Event) -> Option<Event> {
        match (is_stored, &*event.event) {
            (true, _) => Some(event),
            (false, "withdrawn") => None,
            (false, _) if !self.covers(&event.alert.occurred) => None,
            (false, _) => {
                event.event = Keyword::Borrowed("raised");
                Some(event)
            }
        }
    }

    /// The cause of what happens because a day is judged no more.
    pub(crate) fn cause(self) -> Cause {
        let key = self.0.map_or_else(String::new, format_date);
        Cause { kind: Keyword::Borrowed("retention"), key, rev: None }
    }
}

/// When an alert occurred, read off its line.
pub(crate) fn occurred(line: &[u8]) -> Result<Cow<'_, str>, serde_json::Error> {
    #[derive(serde::Deserialize)]
    struct Occurred<'a> {
        #[serde(borrow)]
        occurred: Cow<'a, str>,
    }
    Ok(serde_json::from_slice::<Occurred<'_>>(line)?.occurred)
}
