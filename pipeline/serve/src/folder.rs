//! A watched folder: each file that is put there is taken once, whole, in the order of names.
//!
//! A file is read when it has not grown for a while; a name that begins with `.` or ends with `.part` is left alone, so
//! that whoever writes a file may give it its name when it is complete. How far a file was read is in the store, so
//! that a crash reads none of it twice. A file that was taken stays where it is; one that cannot be read is told, and
//! left alone until it changes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use records::decode::Code;
use runtime::source::{self, Entries, Input, Lines, Refused, Row, Skipped};
use store::State;
use tokio::runtime::Handle;

use crate::Error;
use crate::batch::{Batch, Origin};
use crate::inbox::Inbox;

/// How often the folder is looked at; a file that has not changed between two looks is read.
const LOOK: Duration = Duration::from_millis(500);

/// A batch is handed in when it has so many bytes, or so many changes.
const BATCH_BYTES: usize = 4 << 20;
const BATCH_CHANGES: usize = 20_000;

/// Takes files until the service ends.
pub struct Watch {
    /// The folder.
    pub folder: PathBuf,
    /// How far files were read.
    pub state: State,
    /// Where batches go.
    pub inbox: Inbox,
    /// Waits for room there.
    pub handle: Handle,
}

/// What tells whether a file is still written: its length and when it was changed.
type Seen = (u64, Option<SystemTime>);

impl Watch {
    /// Takes files until the service ends.
    pub fn run(&self, ending: &AtomicBool, tell: &dyn Fn(String)) {
        let mut seen: BTreeMap<PathBuf, Seen> = BTreeMap::new();
        let mut failed: BTreeMap<PathBuf, Seen> = BTreeMap::new();
        let (mut told, mut troubled) = (BTreeSet::new(), None);
        while !ending.load(Ordering::Acquire) {
            let mut skipped = Vec::new();
            let found = match self.files(&mut skipped) {
                Ok(found) => {
                    troubled = None;
                    found
                }
                Err(error) => {
                    let why = crate::error::with_sources(&error);
                    if troubled.replace(why.clone()).as_ref() != Some(&why) {
                        tell(format!("{}: {why}; it is looked at again", self.folder.display()));
                    }
                    BTreeMap::new()
                }
            };
            for skipped in skipped.into_iter().filter(|skipped| !is_unfinished(&skipped.path)) {
                if told.insert(skipped.path.clone()) {
                    tell(skipped.to_string());
                }
            }
            for (path, (input, now)) in &found {
                let is_still = seen.get(path) == Some(now) && failed.get(path) != Some(now);
                if !is_still || ending.load(Ordering::Acquire) {
                    continue;
                }
                if let Err(error) = self.take(input) {
                    let why = crate::error::with_sources(&error);
                    tell(format!("{}: {why}; it is left alone until it changes", path.display()));
                    failed.insert(path.clone(), *now);
                }
            }
            seen = found.into_iter().map(|(path, (_, now))| (path, now)).collect();
            std::thread::sleep(LOOK);
        }
    }

    /// Files that were not taken yet.
    fn files(&self, skipped: &mut Vec<Skipped>) -> Result<BTreeMap<PathBuf, (Input, Seen)>, Error> {
        std::fs::create_dir_all(&self.folder).map_err(|source| Error::file(&self.folder, source))?;
        let taken: BTreeMap<String, u64> = self.state.offsets()?.into_iter().collect();
        let mut found = BTreeMap::new();
        for input in source::inputs(std::slice::from_ref(&self.folder), None, skipped)? {
            if is_unfinished(&input.path) || taken.get(&self.name(&input.path)) == Some(&u64::MAX) {
                continue;
            }
            let about = std::fs::metadata(&input.path).map_err(|source| Error::file(&input.path, source))?;
            found.insert(input.path.clone(), (input, (about.len(), about.modified().ok())));
        }
        Ok(found)
    }

    /// The name of a file in the store: below the folder.
    fn name(&self, path: &Path) -> String {
        format!("inbox/{}", path.strip_prefix(&self.folder).unwrap_or(path).display())
    }

    /// Takes a file, from where the store has come to.
    fn take(&self, input: &Input) -> Result<(), Error> {
        let name = self.name(&input.path);
        let stored = self.state.offsets()?.into_iter().find(|(of, _)| *of == name);
        let after = stored.map_or(0, |(_, after)| after);
        let origin = Origin::File { name: name.clone(), reached: 0, complete: false };
        let mut taking = Taking { watch: self, after, reached: 0, name: &name, batch: Batch::new(origin) };
        source::check(input)?;
        source::read::<Taking<'_>>(input, &mut taking)?;
        let reached = taking.reached;
        let mut last = taking.batch;
        last.origin = Origin::File { name, reached, complete: true };
        // The file counts as taken once its last batch is durable.
        self.handle.block_on(self.inbox.answered(last)).map_err(|_| Error::Ended)?;
        Ok(())
    }
}

/// Whether the name of a file states that somebody still writes it.
fn is_unfinished(path: &Path) -> bool {
    path.file_name().is_none_or(|name| {
        let name = name.to_string_lossy();
        name.starts_with('.') || name.ends_with(".part")
    })
}

/// A file that is being taken.
struct Taking<'a> {
    watch: &'a Watch,
    /// Entries up to this one were taken before.
    after: u64,
    /// The entry at hand: its line, or if that is no later than the entry before, the next number.
    reached: u64,
    name: &'a str,
    batch: Batch,
}

impl Taking<'_> {
    /// Whether the entry of this line was not taken before. Elements of an array may share their line.
    fn is_new(&mut self, number: u64) -> bool {
        self.reached = number.max(self.reached + 1);
        self.reached > self.after
    }

    fn hand_in_full(&mut self) -> Result<(), Error> {
        if self.batch.bytes.len() < BATCH_BYTES && self.batch.entries.len() < BATCH_CHANGES {
            return Ok(());
        }
        let origin = Origin::File { name: self.name.to_owned(), reached: self.reached, complete: false };
        let mut full = std::mem::replace(&mut self.batch, Batch::new(origin.clone()));
        full.origin = origin;
        self.watch.handle.block_on(self.watch.inbox.hand_in(full)).map_err(|_| Error::Ended)
    }
}

impl Entries for Taking<'_> {
    type Error = Error;

    fn line(&mut self, number: u64, line: &[u8]) -> Result<(), Error> {
        if self.is_new(number) {
            self.batch.push(line, 0, number);
        }
        self.hand_in_full()
    }

    fn refused(&mut self, number: u64, refused: &Refused<'_>) -> Result<(), Error> {
        if self.is_new(number) {
            self.batch.refuse(refused.head, number, Code::NotJson, refused.text.clone());
        }
        self.hand_in_full()
    }
}

impl Lines for Taking<'_> {
    fn row(&mut self, number: u64, row: &Row<'_>) -> Result<(), Error> {
        if self.is_new(number) {
            match change_of(row) {
                Ok(change) => self.batch.push(change.as_bytes(), 0, number),
                Err((code, text)) => {
                    self.batch.refuse((row.raw)().json.get().as_bytes(), number, code, text);
                }
            }
        }
        self.hand_in_full()
    }
}

/// The change that a row states, as a line; why it is none, otherwise.
fn change_of(row: &Row<'_>) -> Result<String, (Code, String)> {
    let kind = row.kind.ok_or_else(|| (Code::UnknownKind, row.unknown_kind()))?;
    if let Some(torn) = row.torn {
        return Err((torn.code(), torn.text()));
    }
    let line = row.columns.line_of(kind, row.cells.iter().copied());
    line.map_err(|fault| (fault.code, fault.text))
}
