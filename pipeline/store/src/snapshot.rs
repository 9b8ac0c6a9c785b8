//! The database as it was after one commit: what is read of it belongs together, whatever is committed meanwhile.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::{ReadTransaction, ReadableTable, TableDefinition};

use crate::Error;
use crate::base::{self, Base};
use crate::error::failed;
use crate::segment::{self, Position};
use crate::tables::{
    AGED, ALERTS, BASE, BESIDE, CURSORS, EVENTS, META, NOTES, OFFSETS, REJECTS, REQUESTS, SEGMENTS,
};

/// A page of events or rejects ends with the entry that brings it to so many bytes.
const PAGE_BYTES: usize = 1 << 20;

/// Some entries of a table, in order, and whether more follow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// Whether there are more behind them.
    pub more: bool,
}

/// What was committed at one moment.
pub struct Snapshot {
    tables: ReadTransaction,
    path: Arc<Path>,
}

impl Snapshot {
    pub(crate) fn new(tables: ReadTransaction, path: Arc<Path>) -> Snapshot {
        Snapshot { tables, path }
    }

    /// Folder of the state.
    pub(crate) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    pub(crate) fn read<T>(
        &self,
        read: impl FnOnce(&ReadTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, Error> {
        read(&self.tables).map_err(|error| failed(&self.path, error))
    }

    fn meta(&self, name: &str) -> Result<u64, Error> {
        self.read(|tables| Ok(tables.open_table(META)?.get(name)?.map_or(0, |found| found.value())))
    }

    /// What tells its state from every other.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn identity(&self) -> Result<u64, Error> {
        self.meta("identity")
    }

    /// Number of the last tick; 0 before the first.
    ///
    /// # Errors
    /// The database cannot be read, as below.
    pub fn last_tick(&self) -> Result<u64, Error> {
        self.meta("tick")
    }

    /// Sequence of the last event; 0 before the first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn last_sequence(&self) -> Result<u64, Error> {
        self.meta("sequence")
    }

    /// Where the changes of the last tick end.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn position(&self) -> Result<Position, Error> {
        Ok(self.segments()?.last().copied().unwrap_or_default())
    }

    /// Hands out the changes behind a place, in order, with the number of their tick; from the beginning on, what is at
    /// hand: those of the base, under [`base::BASE_TICK`], and all that came after it.
    ///
    /// # Errors
    /// The database cannot be read, a frame is damaged; what `take` gives.
    pub fn replay<E: From<Error>>(
        &self,
        mut from: Position,
        mut take: impl FnMut(u64, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        if from == Position::default()
            && let Some(base) = self.base()?
        {
            base.replay(self.folder(), base::CHANGES, &mut take)?;
            from = base.from;
        }
        let folder: PathBuf = self.path.with_file_name("segments");
        segment::replay(&folder, &self.segments()?, from, &mut take)
    }

    /// The base that counts, if any does.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn base(&self) -> Result<Option<Base>, Error> {
        let number = self.meta("base")?;
        if number == 0 {
            return Ok(None);
        }
        let segment = u32::try_from(self.meta("base segment")?).unwrap_or(u32::MAX);
        let mut base = Base { number, from: (segment, self.meta("base length")?), ..Base::default() };
        self.read(|tables| {
            for entry in tables.open_table(BASE)?.iter()? {
                let (part, length) = entry?;
                let (is_carried, number) = part.value();
                let part = if is_carried { &mut base.carried } else { &mut base.changes };
                part.push((number, length.value()));
            }
            Ok(())
        })?;
        Ok(Some(base))
    }

    /// Hands out what the base carries, if there is one.
    ///
    /// # Errors
    /// The database cannot be read, a frame is damaged; what `take` gives.
    pub fn carried<E: From<Error>>(&self, mut take: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        match self.base()? {
            Some(base) => base.replay(self.folder(), base::CARRIED, &mut |_, carried| take(carried)),
            None => Ok(()),
        }
    }

    /// An alert that stays as it stood, with the sequence of its last event.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn aged(&self, alert_id: &str) -> Result<Option<(u64, Vec<u8>)>, Error> {
        self.read(|tables| {
            let found = tables.open_table(AGED)?.get(alert_id)?;
            Ok(found.map(|found| (found.value().0, found.value().1.to_vec())))
        })
    }

    /// The segments with the length that counts, by number.
    ///
    /// # Errors
    /// The database cannot be read, as below.
    pub fn segments(&self) -> Result<Vec<(u32, u64)>, Error> {
        self.read(|tables| {
            let entries = tables.open_table(SEGMENTS)?;
            entries
                .iter()?
                .map(|entry| entry.map(|(n, to)| (n.value(), to.value())).map_err(Into::into))
                .collect()
        })
    }

    /// Where to read on, by source.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn offsets(&self) -> Result<Vec<(String, u64)>, Error> {
        self.read(|tables| {
            let entries = tables.open_table(OFFSETS)?;
            let entries = entries.iter()?;
            entries.map(|entry| Ok(entry.map(|(at, next)| (at.value().to_owned(), next.value()))?)).collect()
        })
    }

    /// How far somebody who takes events has come; 0 at first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn cursor(&self, name: &str) -> Result<u64, Error> {
        self.read(|tables| Ok(tables.open_table(CURSORS)?.get(name)?.map_or(0, |found| found.value())))
    }

    /// What was noted last under a name.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn note(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        self.read(|tables| Ok(tables.open_table(NOTES)?.get(name)?.map(|found| found.value().to_vec())))
    }

    /// The answer that a request was given.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn answer(&self, request: &str) -> Result<Option<Vec<u8>>, Error> {
        self.read(|tables| {
            let found = tables.open_table(REQUESTS)?.get(request)?;
            Ok(found.map(|found| found.value().1.to_vec()))
        })
    }

    /// An alert that stands, with the sequence of its last event.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn alert(&self, alert_id: &str) -> Result<Option<(u64, Vec<u8>)>, Error> {
        self.read(|tables| {
            let found = tables.open_table(ALERTS)?.get(alert_id)?;
            Ok(found.map(|found| (found.value().0, found.value().1.to_vec())))
        })
    }

    /// Alerts that stand, by `alert_id` from the one after `after` on: at most `limit` of those that `keep` wants.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn alerts(
        &self,
        after: &str,
        limit: usize,
        mut keep: impl FnMut(&[u8]) -> bool,
    ) -> Result<Page<(String, Vec<u8>)>, Error> {
        use std::ops::Bound::{Excluded, Unbounded};
        self.read(|tables| {
            let alerts = tables.open_table(ALERTS)?;
            let mut page = Page { items: Vec::new(), more: false };
            for entry in alerts.range::<&str>((Excluded(after), Unbounded))? {
                let (id, found) = entry?;
                let alert = found.value().1;
                if !keep(alert) {
                    continue;
                }
                if page.items.len() == limit {
                    page.more = true;
                    break;
                }
                page.items.push((id.value().to_owned(), alert.to_vec()));
            }
            Ok(page)
        })
    }

    /// Events after one, at most `limit` and about a MiB, each with its sequence.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn events(&self, after: u64, limit: usize) -> Result<Page<(u64, Vec<u8>)>, Error> {
        self.page(EVENTS, after, limit)
    }

    /// Sequence of the first event that is kept; that of the next one, if none is.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn first_sequence(&self) -> Result<u64, Error> {
        let next = self.last_sequence()? + 1;
        self.read(|tables| {
            Ok(tables.open_table(EVENTS)?.first()?.map_or(next, |(sequence, _)| sequence.value()))
        })
    }

    /// What is known beside the events after one up to another, each with the sequence of its event.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn beside(&self, after: u64, last: u64) -> Result<Vec<(u64, Vec<u8>)>, Error> {
        if after >= last {
            return Ok(Vec::new());
        }
        self.read(|tables| {
            let entries = tables.open_table(BESIDE)?;
            let entries = entries.range(after + 1..=last)?;
            entries.map(|entry| Ok(entry.map(|(at, known)| (at.value(), known.value().to_vec()))?)).collect()
        })
    }

    /// Number of the last reject; 0 before the first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn last_reject(&self) -> Result<u64, Error> {
        self.read(|tables| Ok(tables.open_table(REJECTS)?.last()?.map_or(0, |(number, _)| number.value())))
    }

    /// Rejects after one, at most `limit` and about a MiB, each with its number.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn rejects(&self, after: u64, limit: usize) -> Result<Page<(u64, Vec<u8>)>, Error> {
        self.page(REJECTS, after, limit)
    }

    /// Entries of a numbered table after one.
    fn page(
        &self,
        table: TableDefinition<'_, u64, &[u8]>,
        after: u64,
        limit: usize,
    ) -> Result<Page<(u64, Vec<u8>)>, Error> {
        self.read(|tables| {
            let entries = tables.open_table(table)?;
            let mut page = Page { items: Vec::new(), more: false };
            let mut bytes = 0;
            for entry in entries.range(after.saturating_add(1)..)? {
                if page.items.len() == limit || bytes >= PAGE_BYTES {
                    page.more = true;
                    break;
                }
                let (number, line) = entry?;
                bytes += line.value().len();
                page.items.push((number.value(), line.value().to_vec()));
            }
            Ok(page)
        })
    }
}
