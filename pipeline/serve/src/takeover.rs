//! The first start of a state that was put back from a backup: the database of the state that was copied becomes its own.
//!
//! `restore` leaves a note (`restored.json`) of who put which backup back. As long as it is there, the state may take over
//! a database of a state that it goes back to, and only then: a state that lost its database so does not take it back.
//! When the database is right, the audit trail says what became of it, decision by decision, and the note goes.

use std::path::Path;

use database::{Ancestor, Batch, Cursor, Database, JournalEvent, Lineage, Projector, TakenOver, ToPutRight};
use records::time::format_time;
use serde::{Deserialize, Serialize};
use store::{AsideLine, Snapshot, State};

use crate::access::audit::Entry;
use crate::clock::wall_clock;
use crate::{Error, about, fail};

/// The note that `restore` leaves in the folder of the state.
const RESTORED_FILE: &str = "restored.json";

/// The operation of its entries.
const RESTORE: &str = "restore";

/// Alerts that are written anew in one transaction.
const ALERTS: usize = 200;

/// Decisions that one entry names.
const NAMED: usize = 50;

/// Who put which backup back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Restored {
    /// Who.
    pub(crate) by: String,
    /// The folder of the backup.
    pub(crate) backup: String,
    /// When it was put back, `YYYY-MM-DD HH:MM:SS` in China.
    pub(crate) at: String,
    /// The last tick of it.
    pub(crate) tick: u64,
    /// Sequence of its last event.
    pub(crate) sequence: u64,
    /// The state that it is a copy of, in hexadecimal digits.
    pub(crate) state: String,
    /// Whether the audit trail says so.
    pub(crate) noted: bool,
}

impl Restored {
    /// The note of a folder, if there is one.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn read(data: &Path) -> Result<Option<Restored>, Error> {
        let path = data.join(RESTORED_FILE);
        match std::fs::read(&path) {
            Ok(text) => Ok(Some(serde_json::from_slice(&text)?)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::file(&path, source)),
        }
    }

    /// Writes it, on the disk when this returns.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn write(&self, data: &Path) -> Result<(), Error> {
        let (path, part) = (data.join(RESTORED_FILE), data.join("restored.json.part"));
        let text = serde_json::to_vec(self)?;
        let write = || -> std::io::Result<()> {
            std::fs::write(&part, text)?;
            std::fs::File::open(&part)?.sync_all()?;
            std::fs::rename(&part, &path)?;
            std::fs::File::open(data)?.sync_all()
        };
        write().map_err(|source| Error::file(&path, source))
    }

    /// Takes it away.
    ///
    /// # Errors
    /// It cannot be.
    pub(crate) fn remove(data: &Path) -> Result<(), Error> {
        let path = data.join(RESTORED_FILE);
        std::fs::remove_file(&path).map_err(|source| Error::file(&path, source))
    }

    /// What the trail says of it.
    pub(crate) fn entry(&self) -> Entry {
        let Restored { backup, at, tick, sequence, state, .. } = self;
        self.says(
            "allowed",
            format!("state {state} was put back from {backup} at {at}: tick {tick}, {sequence} events"),
        )
    }

    fn says(&self, outcome: &str, detail: String) -> Entry {
        Entry {
            who: self.by.clone(),
            operation: RESTORE.to_owned(),
            outcome: outcome.to_owned(),
            detail,
            ..Entry::default()
        }
    }

    /// What the trail says of the database when it is right.
    ///
    /// # Errors
    /// The database does not answer.
    pub(crate) async fn entries_of(
        &self,
        database: &Database,
        taken: Option<&TakenOver>,
    ) -> Result<Vec<Entry>, database::Error> {
        let lost = database.decisions_on_lost_revisions().await?;
        let without = database.decisions_without_alert().await?;
        let became = match taken {
            Some(TakenOver { from, was, cut }) => format!(
                "the database was that of state {from}, and had {} events: those up to {} are this state's",
                was.sequence, cut.sequence
            ),
            None => "the database is that of this state".to_owned(),
        };
        let mut entries = vec![self.says(
            "done",
            format!(
                "{became}; decisions whose revision went: {}; decisions whose alert is no more: {}",
                lost.len(),
                without.len()
            ),
        )];
        for (what, decisions) in [("revision went", lost), ("alert is no more", without)] {
            for some in decisions.chunks(NAMED) {
                let named: Vec<String> =
                    some.iter().map(|(number, alert_id)| format!("{number} on {alert_id}")).collect();
                let named = named.join(", ");
                entries.push(self.says("kept", format!("decisions that are kept, whose {what}: {named}")));
            }
        }
        Ok(entries)
    }
}

/// The states that a state goes back to.
///
/// # Errors
/// The state cannot be read.
pub(crate) fn lineage(state: &State, may_take_over: bool) -> Result<Lineage, Error> {
    let ancestors = state.snapshot()?.lineage()?.into_iter().map(|of| Ancestor {
        identity: of.identity,
        end: Cursor { sequence: of.sequence, reject: of.reject, aside: of.aside },
    });
    Ok(Lineage { ancestors: ancestors.collect(), identity: state.identity(), may_take_over })
}

/// Events of some alerts, out of the journals.
#[derive(Default)]
struct Events {
    fed: Vec<(u64, Vec<u8>, Option<Vec<u8>>)>,
    aside: Vec<AsideLine>,
}

impl Events {
    fn read(snapshot: &Snapshot, alerts: &[ToPutRight]) -> Result<Events, Error> {
        let mut events = Events::default();
        let mut sequences: Vec<u64> = alerts.iter().flat_map(|of| of.sequences.iter().copied()).collect();
        let mut numbers: Vec<u64> = alerts.iter().flat_map(|of| of.aside.iter().copied()).collect();
        sequences.sort_unstable();
        numbers.sort_unstable();
        for sequence in sequences {
            let beside = snapshot.beside(sequence - 1, sequence)?.pop().map(|(_, known)| known);
            let found = snapshot.events(sequence - 1, 1)?.items.pop();
            events.fed.extend(found.map(|(sequence, line)| (sequence, line, beside)));
        }
        for number in numbers {
            events.aside.extend(snapshot.aside_events(number - 1, 1)?.items.pop());
        }
        Ok(events)
    }

    fn batch(&self) -> Batch<'_> {
        let fed = self.fed.iter().map(|(sequence, line, beside)| {
            let about = beside.as_deref().and_then(about::read);
            JournalEvent { sequence: *sequence, line, about }
        });
        let aside = self.aside.iter().map(about::aside);
        let at = format_time(wall_clock());
        Batch { events: fed.collect(), aside: aside.collect(), at, ..Batch::default() }
    }
}

/// Writes some of the alerts anew that had events which this state does not have; says whether there were any.
///
/// # Errors
/// The state cannot be read, or the database does not answer.
pub(crate) async fn put_some_right(
    projector: &Projector,
    state: &State,
) -> Result<bool, crate::trail::Broken> {
    let alerts = projector.database().to_put_right(ALERTS).await?;
    if alerts.is_empty() {
        return Ok(false);
    }
    let events = Events::read(&state.snapshot().map_err(Error::from)?, &alerts)?;
    projector.put_right(&alerts, &events.batch()).await?;
    fail::point("alerts put right");
    Ok(true)
}
