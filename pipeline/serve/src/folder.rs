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

use records::decode::{Code, TableCell};
use runtime::source::{self, Lines, Row};
use serde_json::Value;
use serde_json::value::RawValue;
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
            for path in skipped.into_iter().filter(|path| !is_unfinished(path)) {
                if told.insert(path.clone()) {
                    tell(format!("skipped: {} (not a format of records)", path.display()));
                }
            }
            for (path, now) in &found {
                let is_still = seen.get(path) == Some(now) && failed.get(path) != Some(now);
                if !is_still || ending.load(Ordering::Acquire) {
                    continue;
                }
                if let Err(error) = self.take(path) {
                    let why = crate::error::with_sources(&error);
                    tell(format!("{}: {why}; it is left alone until it changes", path.display()));
                    failed.insert(path.clone(), *now);
                }
            }
            seen = found;
            std::thread::sleep(LOOK);
        }
    }

    /// Files that were not taken yet.
    fn files(&self, skipped: &mut Vec<PathBuf>) -> Result<BTreeMap<PathBuf, Seen>, Error> {
        std::fs::create_dir_all(&self.folder).map_err(|source| Error::file(&self.folder, source))?;
        let taken: BTreeMap<String, u64> = self.state.offsets()?.into_iter().collect();
        let mut found = BTreeMap::new();
        for input in source::inputs(std::slice::from_ref(&self.folder), skipped)? {
            if is_unfinished(&input.path) || taken.get(&self.name(&input.path)) == Some(&u64::MAX) {
                continue;
            }
            let about = std::fs::metadata(&input.path).map_err(|source| Error::file(&input.path, source))?;
            found.insert(input.path, (about.len(), about.modified().ok()));
        }
        Ok(found)
    }

    /// The name of a file in the store: below the folder.
    fn name(&self, path: &Path) -> String {
        format!("inbox/{}", path.strip_prefix(&self.folder).unwrap_or(path).display())
    }

    /// Takes a file, from where the store has come to.
    fn take(&self, path: &Path) -> Result<(), Error> {
        let name = self.name(path);
        let stored = self.state.offsets()?.into_iter().find(|(of, _)| *of == name);
        let after = stored.map_or(0, |(_, after)| after);
        let of_file = |complete| Origin::File { name: name.clone(), complete };
        let mut taking = Taking { watch: self, after, name: &name, batch: Batch::new(of_file(false)) };
        for input in source::inputs(&[path.to_owned()], &mut Vec::new())? {
            source::check(&input)?;
            source::read::<Taking<'_>>(&input, &mut taking)?;
        }
        let mut last = taking.batch;
        last.origin = of_file(true);
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
    /// Lines up to this one were taken before.
    after: u64,
    name: &'a str,
    batch: Batch,
}

impl Taking<'_> {
    fn hand_in_full(&mut self) -> Result<(), Error> {
        if self.batch.bytes.len() < BATCH_BYTES && self.batch.entries.len() < BATCH_CHANGES {
            return Ok(());
        }
        let origin = Origin::File { name: self.name.to_owned(), complete: false };
        let full = std::mem::replace(&mut self.batch, Batch::new(origin));
        self.watch.handle.block_on(self.watch.inbox.hand_in(full)).map_err(|_| Error::Ended)
    }
}

impl Lines for Taking<'_> {
    type Error = Error;

    fn line(&mut self, number: u64, line: &[u8]) -> Result<(), Error> {
        if number > self.after {
            self.batch.push(line, 0, number);
        }
        self.hand_in_full()
    }

    fn overlong(&mut self, number: u64, head: &[u8], length: u64) -> Result<(), Error> {
        if number > self.after {
            let text = source::overlong_text("line", length);
            self.batch.refuse(head, number, Code::NotJson, text);
        }
        self.hand_in_full()
    }

    fn row(&mut self, number: u64, row: &Row<'_>) -> Result<(), Error> {
        if number > self.after {
            match change_of(row) {
                Ok(change) => self.batch.push(&change, 0, number),
                Err((code, text)) => self.batch.refuse((row.raw)().as_bytes(), number, code, text),
            }
        }
        self.hand_in_full()
    }
}

/// The change that a row states, as a line; why it is none, otherwise.
fn change_of(row: &Row<'_>) -> Result<Vec<u8>, (Code, String)> {
    let Some(kind) = row.kind else {
        return Err((Code::UnknownKind, format!("{}: no kind of record is named so", row.stem)));
    };
    if let Some(torn) = row.torn {
        return Err((torn.code(), torn.text()));
    }
    let mut change = format!("{{\"kind\":\"{}\"", kind.name());
    for (name, cell) in row.columns.names().zip(row.cells) {
        let field = records::schema::fields(kind).iter().find(|field| field.name == name);
        let quoted = |text: &str| Value::from(text).to_string();
        let is_json = |text: &str| serde_json::from_str::<&RawValue>(text).is_ok();
        let value = match *cell {
            _ if name == "kind" => continue,
            TableCell::Null | TableCell::Text("") => continue,
            // A list comes as its JSON text; a number that is none (NaN) is refused as a text.
            TableCell::Text(text) if field.is_some_and(|field| field.ty.is_list()) && is_json(text) => {
                text.to_owned()
            }
            TableCell::Number(text) if is_json(text) => text.to_owned(),
            TableCell::Text(text) | TableCell::Number(text) => quoted(text),
            TableCell::Flag(flag) => flag.to_string(),
            TableCell::Nested(text) => text.to_owned(),
            TableCell::Bytes(_) if field.is_none() => continue,
            TableCell::Bytes(_) => return Err((Code::NotJson, format!("{name}: its bytes are no UTF-8"))),
        };
        change.push(',');
        change.push_str(&quoted(name));
        change.push(':');
        change.push_str(&value);
    }
    change.push('}');
    Ok(change.into_bytes())
}
