//! The database follows the journal: what was committed is written into it, batch by batch, each event exactly once.
//!
//! How far it has come stands in the database itself, in the transaction of each batch, so that neither a crash here
//! nor one of the database loses or doubles anything. A database that does not answer is tried again for ever; changes
//! are taken meanwhile, and only the routes that ask it say so.

mod reached;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use database::{
    Address, Batch, CoverageAt, Cursor, Database, Error as DatabaseError, JournalEvent, JournalReject,
    NewRuleVersion, Projector,
};
use records::time::format_time;
use store::{AsideLine, Snapshot, State};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clock::wall_clock;
use crate::divisions::{Changed, Divisions};
use crate::error::with_sources;
use crate::inbox::Inbox;
use crate::live::StoredReject;
use crate::rules::{InForce, Rules};
use crate::takeover::{self, Restored};
use crate::trail::{Broken, Followed, Trail};
use crate::versions::versions;
use crate::{Error, about, database_config, fail};
use reached::Reached;
pub use reached::{Behind, Projected};

/// Events of a transaction at the most, and how many are read at a time.
const EVENTS: usize = 1_024;
const PAGE: usize = 256;

/// Bytes of events from which on a transaction takes no more.
const BYTES: usize = 8 << 20;

/// How long nothing may happen until it is looked what else there is.
const LOOK: Duration = Duration::from_millis(200);

/// How long a database that does not answer is left alone.
const PAUSE: Duration = Duration::from_millis(500);

/// How long it may take to open the database, or to write a batch.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long the database may take to become that of a state that was put back from a backup.
const TAKING_OVER: Duration = Duration::from_secs(3_600);

/// How often the coverage is asked for, where something has changed.
const COVERAGE: Duration = Duration::from_secs(3);

/// How long what was committed is still written when the service ends.
const LAST_WORDS: Duration = Duration::from_millis(1_500);

/// Writes into the database until the service ends.
pub struct Projection {
    /// Where the database is.
    pub address: Address,
    /// The journal.
    pub state: State,
    /// Told whenever a tick was committed.
    pub committed: watch::Receiver<u64>,
    /// Where institutions stand.
    pub divisions: Divisions,
    /// Where the coverage is asked for.
    pub inbox: Inbox,
    /// What drives connections.
    pub handle: Handle,
    /// The rules that judge.
    pub rules: Rules,
    /// What people did and decided, which the database follows too.
    pub trail: Trail,
    /// Whom it tells how far it has come.
    pub projected: Projected,
}

/// Where the database must have come to for a tick to be in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Target {
    tick: u64,
    sequence: u64,
    reject: u64,
    aside: u64,
}

/// The coverage, asked for and not yet written.
#[derive(Default)]
struct Coverage {
    asked: Option<JoinHandle<Option<CoverageAt>>>,
    had: Option<CoverageAt>,
    of_tick: u64,
    at: Option<Instant>,
}

/// The database, opened.
struct Opened {
    projector: Projector,
    followed: Followed,
}

fn timed_out() -> DatabaseError {
    DatabaseError::from(std::io::Error::from(std::io::ErrorKind::TimedOut))
}

/// Waits for something of the database, and not for ever.
async fn in_time<T, E: From<DatabaseError>>(
    patience: Duration,
    what: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    tokio::time::timeout(patience, what).await.unwrap_or_else(|_| Err(timed_out().into()))
}

impl Projection {
    /// Opens the database once before anybody is let in, so that one that cannot be this state's is seen at once, and what
    /// only it has of the audit trail comes back before the trail goes on. One that does not answer is not waited for.
    ///
    /// # Errors
    /// It belongs to another state, or to a later program; the audit trail cannot be written.
    pub fn prepare(&self) -> Result<(), Error> {
        self.is_where_it_was_put()?;
        self.handle.block_on(async {
            match self.open().await {
                Ok(opened) => opened.projector.close().await,
                Err(Broken::Database(source)) if source.is_final() => return Err(self.failed(source)),
                Err(Broken::Database(_)) => {}
                Err(Broken::Trail(error)) => return Err(error),
            }
            self.note_restored().await.map(drop)
        })
    }

    /// A backup's copy of the database stands where that is by default. Where the configuration names another file it has
    /// to be moved there: an empty one would be begun otherwise.
    fn is_where_it_was_put(&self) -> Result<(), Error> {
        let copy = self.state.folder().join(database_config::FILE);
        let Some(path) = self.address.path().filter(|path| !path.exists()) else { return Ok(()) };
        if Restored::read(self.state.folder())?.is_some() && copy.exists() {
            return Err(Error::config(format!(
                "the database of the backup is {}, and the configuration names {}: move it there",
                copy.display(),
                path.display()
            )));
        }
        Ok(())
    }

    /// Has the audit trail say that the state was put back from a backup, if it was and that is not said yet.
    async fn note_restored(&self) -> Result<Option<Restored>, Error> {
        let data = self.state.folder();
        let Some(mut restored) = Restored::read(data)? else { return Ok(None) };
        if !restored.noted {
            self.trail.keep(restored.entry()).await?;
            restored.noted = true;
            restored.write(data)?;
        }
        Ok(Some(restored))
    }

    /// Opens the database, and makes it this state's where that may be: trail and decisions first, then events.
    async fn open(&self) -> Result<Opened, Broken> {
        let database = in_time(PATIENCE, Database::open(&self.address)).await?;
        let is_restored = Restored::read(self.state.folder())?.is_some();
        let lineage = takeover::lineage(&self.state, is_restored)?;
        // Of another state's database nothing is taken into the trail.
        in_time(PATIENCE, database.admits(&lineage)).await?;
        let patience = if is_restored { TAKING_OVER } else { PATIENCE };
        let mut followed = in_time(patience, self.trail.agree(&database)).await?;
        let restored = self.note_restored().await?;
        while !in_time(PATIENCE, self.trail.write(&database, &mut followed)).await? {}
        let (projector, taken) = in_time(patience, Projector::open(database, &lineage)).await?;
        if taken.is_some() {
            fail::point("database taken over");
        }
        let (cursor, last) = (projector.cursor(), self.state.last_sequence());
        if cursor.sequence > last {
            return Err(DatabaseError::Ahead { what: "event", database: cursor.sequence, state: last }.into());
        }
        while in_time(PATIENCE, takeover::put_some_right(&projector, &self.state)).await? {}
        if let Some(restored) = restored {
            for entry in restored.entries_of(projector.database(), taken.as_ref()).await? {
                self.trail.keep(entry).await?;
            }
            Restored::remove(self.state.folder())?;
        }
        Ok(Opened { projector, followed })
    }
}

impl Projection {
    /// Follows the journal until the service ends; what goes wrong is told and tried again.
    pub fn run(mut self, ending: &AtomicBool, tell: &dyn Fn(String)) {
        let (mut told, mut moved) = (String::new(), Changed::new());
        while !ending.load(Ordering::Acquire) {
            let handle = self.handle.clone();
            let Err(error) = handle.block_on(self.follow(ending, &mut moved, &mut told)) else { return };
            let what = with_sources(&error);
            self.projected.fail(format!("the database {}: {what}", self.address));
            if told != what {
                tell(format!("the database {}: {what}; it is tried again", self.address));
                told = what;
            }
            std::thread::sleep(PAUSE);
        }
    }

    async fn follow(
        &mut self,
        ending: &AtomicBool,
        moved: &mut Changed,
        told: &mut String,
    ) -> Result<(), Error> {
        let mut opened = self.open().await.map_err(|error| self.broken(error))?;
        let database = opened.projector.database().clone();
        // What changed while nothing could be written is not known any more but for where everybody stands.
        for (institution, division) in self.divisions.all() {
            moved.entry(institution).or_insert(division);
        }
        let ended = self.write_all(&mut opened, ending, moved, told).await;
        // Readers that have a connection still may take their time; nothing depends on them.
        let _ = tokio::time::timeout(PAUSE, database.close()).await;
        ended
    }

    async fn write_all(
        &mut self,
        opened: &mut Opened,
        ending: &AtomicBool,
        moved: &mut Changed,
        told: &mut String,
    ) -> Result<(), Error> {
        let Opened { projector, followed } = opened;
        let (mut entries, mut are_compared) = (self.trail.audit.entries(), false);
        let (mut coverage, mut target, mut bank) = (Coverage::default(), self.target(), String::new());
        let mut ends: Option<Instant> = None;
        loop {
            if ends.is_none() && ending.load(Ordering::Acquire) {
                ends = Some(Instant::now() + LAST_WORDS);
            }
            if ends.is_some_and(|ends| Instant::now() >= ends) {
                return Ok(());
            }
            let in_force = self.rules.in_force();
            if in_force.bank != bank {
                self.note_rules(projector.database(), &in_force).await?;
                bank = in_force.bank;
            }
            moved.extend(self.divisions.take_changed());
            if !are_compared && self.divisions.are_known() {
                self.compare(projector, moved);
                are_compared = true;
            }
            entries.mark_unchanged();
            let written = in_time(PATIENCE, self.trail.write(projector.database(), followed)).await;
            let has_trail = written.map_err(|error| self.broken(error))?;
            let batch = self.batch(projector, moved, coverage.take())?;
            if !batch.batch().is_empty() {
                let written = tokio::time::timeout(PATIENCE, projector.write(&batch.batch())).await;
                written.map_err(|_| timed_out()).flatten().map_err(|error| self.failed(error))?;
                moved.clear();
                fail::point("events projected");
            }
            told.clear();
            let cursor = projector.cursor();
            let is_there = cursor.sequence >= target.sequence
                && cursor.reject >= target.reject
                && cursor.aside >= target.aside;
            self.projected.reach(Reached {
                database: Some(projector.database().clone()),
                tick: if is_there { target.tick } else { 0 },
                sequence: cursor.sequence,
                audit: followed.number(),
                trouble: None,
            });
            if !is_there || !has_trail {
                continue;
            }
            coverage.ask(&self.inbox, target.tick);
            let next = self.target();
            if next == target {
                if ends.is_some() {
                    return Ok(());
                }
                // A new tick, an entry of the trail, or something that nobody tells.
                tokio::select! {
                    _ = self.committed.changed() => {}
                    _ = entries.changed() => {}
                    () = tokio::time::sleep(LOOK) => {}
                }
            }
            target = self.target();
        }
    }

    /// Notes which versions judge from now on.
    async fn note_rules(&self, database: &Database, in_force: &InForce) -> Result<(), Error> {
        let (since_tick, since) = (*self.committed.borrow(), format_time(wall_clock()));
        let versions: Vec<NewRuleVersion> = versions(&self.rules.bank(), in_force)
            .into_iter()
            .map(|version| NewRuleVersion { since_tick, since: since.clone(), ..version })
            .collect();
        database.note_rule_versions(&versions).await.map_err(|error| self.failed(error))?;
        Ok(())
    }

    /// Institutions that stand nowhere any more, of which the database has not heard.
    fn compare(&self, projector: &Projector, moved: &mut Changed) {
        let standing = self.divisions.all();
        for institution in projector.institutions().filter(|institution| !standing.contains_key(*institution))
        {
            moved.entry(institution.to_owned()).or_insert(None);
        }
    }

    fn broken(&self, error: Broken) -> Error {
        match error {
            Broken::Database(source) => self.failed(source),
            Broken::Trail(error) => error,
        }
    }

    fn failed(&self, source: DatabaseError) -> Error {
        Error::Database { address: self.address.to_string(), source: Box::new(source) }
    }

    /// What is committed now. The tick is read first: what it has is behind the others.
    fn target(&mut self) -> Target {
        let tick = *self.committed.borrow_and_update();
        let reject = self.state.last_reject().unwrap_or(0);
        let aside = self.state.last_aside().unwrap_or(0);
        Target { tick, sequence: self.state.last_sequence(), reject, aside }
    }

    /// What comes behind the cursor.
    fn batch(
        &self,
        projector: &Projector,
        moved: &Changed,
        coverage: Option<CoverageAt>,
    ) -> Result<ReadBatch, Error> {
        let cursor = projector.cursor();
        let mut read = ReadBatch { coverage, at: format_time(wall_clock()), ..ReadBatch::default() };
        // Both journals as of one moment, so that of neither something is missing that the other goes on from.
        let snapshot = self.state.snapshot()?;
        read.follow(&snapshot, cursor)?;
        for (number, line) in self.state.rejects(cursor.reject, PAGE)?.items {
            let stored: StoredReject = serde_json::from_slice(&line)?;
            read.rejects.push(JournalReject { number, line: stored.line, key: stored.key });
        }
        read.moved = moved
            .iter()
            .map(|(institution, division)| (institution.clone(), division.as_deref().map(str::to_owned)))
            .collect();
        Ok(read)
    }
}

/// A batch with the bytes that it is made of.
#[derive(Default)]
struct ReadBatch {
    events: Vec<(u64, Vec<u8>)>,
    aside: Vec<AsideLine>,
    beside: BTreeMap<u64, Vec<u8>>,
    rejects: Vec<JournalReject>,
    moved: Vec<database::Division>,
    coverage: Option<CoverageAt>,
    at: String,
}

impl ReadBatch {
    /// Reads the events of both journals that follow a cursor: of those aside of the feed, only ones behind events of the
    /// feed that are read too, and of the feed, none behind which others aside of it are left out.
    fn follow(&mut self, snapshot: &Snapshot, cursor: Cursor) -> Result<(), Error> {
        let aside = snapshot.aside_events(cursor.aside, EVENTS)?;
        let last = aside.items.last().filter(|_| aside.more).map_or(u64::MAX, |line| line.after);
        let (mut after, mut bytes) = (cursor.sequence, 0);
        while self.events.len() < EVENTS && bytes < BYTES {
            let page = snapshot.events(after, PAGE)?;
            bytes += page.items.iter().map(|(_, line)| line.len()).sum::<usize>();
            self.events.extend(page.items.into_iter().take_while(|(sequence, _)| *sequence <= last));
            let reached = self.events.last().map_or(after, |(sequence, _)| *sequence);
            if !page.more || reached == last || reached == after {
                break;
            }
            after = reached;
        }
        let reached = self.events.last().map_or(cursor.sequence, |(sequence, _)| *sequence);
        self.aside = aside.items.into_iter().take_while(|line| line.after <= reached).collect();
        if reached > cursor.sequence {
            self.beside = snapshot.beside(cursor.sequence, reached)?.into_iter().collect();
        }
        Ok(())
    }

    fn batch(&self) -> Batch<'_> {
        let about = |sequence: &u64| self.beside.get(sequence).and_then(|kept| about::read(kept));
        let events = self.events.iter();
        Batch {
            events: events
                .map(|(sequence, line)| JournalEvent { sequence: *sequence, line, about: about(sequence) })
                .collect(),
            aside: self.aside.iter().map(about::aside).collect(),
            rejects: self.rejects.clone(),
            divisions: self.moved.clone(),
            coverage: self.coverage.clone(),
            at: self.at.clone(),
        }
    }
}

impl Coverage {
    /// Has it asked for, if it may be another and was not asked for a while.
    fn ask(&mut self, inbox: &Inbox, tick: u64) {
        let rested = self.at.is_none_or(|at| at.elapsed() >= COVERAGE);
        if self.asked.is_some() || tick == self.of_tick && self.at.is_some() || !rested {
            return;
        }
        (self.of_tick, self.at) = (tick, Some(Instant::now()));
        let inbox = inbox.clone();
        self.asked = Some(tokio::spawn(async move {
            let rules = inbox.look(|view| view.coverage()).await.ok()?;
            Some(CoverageAt { tick, rules })
        }));
    }

    /// What has come and was not written.
    fn take(&mut self) -> Option<CoverageAt> {
        use futures_util::FutureExt as _;
        if let Some(asked) = self.asked.as_mut().filter(|asked| asked.is_finished()) {
            self.had = asked.now_or_never().and_then(Result::ok).flatten();
            self.asked = None;
        }
        self.had.take()
    }
}
