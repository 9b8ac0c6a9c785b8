//! What the live service keeps on disk, so that a crash at any moment loses nothing and doubles nothing.
//!
//! In a folder stand:
//!
//! * `segments/`: the changes that were taken, as they came, packed, a frame a tick ([`segment`]). A frame is on the
//!   disk before its tick is committed.
//! * `state.redb`: what must be atomic ([`state`]). One transaction a tick holds how far the segments count, how far
//!   each source was read, which requests were answered, the alerts that stand, the events that follow, and what was
//!   rejected. What is not in such a transaction did not happen: a frame behind the last one is cut off at the start.
//!   `state.mark` beside it counts the transactions, so that a state that lost some is not taken for a younger one.
//!
//! * `base/`: where old changes are let go, those that are at hand of them ([`base`]). The segments keep all.
//!
//! [`backup`] copies the folder while it is written to.
//!
//! The folder is one process's: a second one that opens it is refused.
//!
//! It knows no record, no rule and no network: changes, alerts and events are bytes with a name or a number.
//!
//! # Example
//! ```
//! use store::{Event, EventKind, Store, Tick};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let mut store = Store::open(folder.path())?;
//! let changes = [b"{\"kind\":\"person\"}".as_slice()];
//! store.append(1, changes.iter().copied())?;
//! let event = Event { kind: EventKind::Raised, alert_id: "A01-1", line: b"{}", alert: b"{}" };
//! store.commit(&Tick { tick: 1, events: &[event], ..Tick::default() })?;
//! drop(store);
//!
//! // After a crash: the changes come again, and what followed from them is known.
//! let store = Store::open(folder.path())?;
//! let mut replayed = 0;
//! store.replay(|_, _| {
//!     replayed += 1;
//!     Ok::<(), store::Error>(())
//! })?;
//! assert_eq!((replayed, store.last_tick(), store.last_sequence()), (1, 1, 1));
//! # Ok(())
//! # }
//! ```

pub mod aside;
pub mod backup;
pub mod base;
mod error;
#[doc(hidden)]
pub mod fail;
pub mod lineage;
mod mark;
pub mod segment;
pub mod snapshot;
pub mod state;
mod tables;

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

pub use aside::{Aside, AsideEvent, AsideLine};
pub use base::{BASE_TICK, Base, BaseWriter};
pub use error::Error;
pub use lineage::Ancestor;
pub use segment::Position;
use segment::{SEGMENT_BYTES, Segments};
pub use snapshot::{Page, Snapshot};
pub use state::{Cursor, Event, EventKind, State, Tick};

/// The folder of a live service, held by one process.
pub struct Store {
    state: State,
    segments: Segments,
    /// Held for as long as the folder is open.
    _lock: File,
}

impl Store {
    /// Opens a folder, making it if there is none; what was written behind the last committed tick is cut off.
    ///
    /// # Errors
    /// Another process has it open, it is of another version, damaged, or cannot be read or written.
    pub fn open(folder: &Path) -> Result<Store, Error> {
        Store::open_with(folder, fail::segment_bytes().unwrap_or(SEGMENT_BYTES))
    }

    /// [`Store::open`] with another size from which on a new segment is begun: for tests.
    #[doc(hidden)]
    pub fn open_with(folder: &Path, segment_bytes: u64) -> Result<Store, Error> {
        fs::create_dir_all(folder).map_err(|source| Error::file(folder, source))?;
        let lock = lock(&folder.join("lock"))?;
        let state = State::open(&folder.join("state.redb"))?;
        let base = state.snapshot()?.base()?.map_or(0, |base| base.number);
        base::remove_others(folder, base, true)?;
        let segments =
            Segments::open(&folder.join("segments"), &state.snapshot()?.segments()?, segment_bytes)?;
        Ok(Store { state, segments, _lock: lock })
    }

    /// Hands out the changes of all committed ticks that are at hand, in order, with the number of their tick.
    ///
    /// # Errors
    /// A frame is damaged or cannot be read; what `take` gives.
    pub fn replay<E: From<Error>>(&self, take: impl FnMut(u64, &[u8]) -> Result<(), E>) -> Result<(), E> {
        self.state.snapshot()?.replay(Position::default(), take)
    }

    /// Writes the changes of a tick, and waits until they are on the disk. They count once the tick is committed.
    ///
    /// # Errors
    /// The disk is full or gone; nothing of it is left then.
    pub fn append<'c>(&mut self, tick: u64, changes: impl Iterator<Item = &'c [u8]>) -> Result<(), Error> {
        self.segments.append(tick, changes)
    }

    /// Commits a tick in one transaction; gives the sequence of its last event.
    ///
    /// # Errors
    /// The disk is full or gone; the tick did not happen then.
    pub fn commit(&mut self, tick: &Tick<'_>) -> Result<u64, Error> {
        let (segment, length) = self.segments.position();
        self.state.commit(tick, segment, length)
    }

    /// Removes what is left of the bases before the one that counts.
    ///
    /// # Errors
    /// The disk is gone.
    pub fn remove_old_bases(&self) -> Result<(), Error> {
        let base = self.state.snapshot()?.base()?.map_or(0, |base| base.number);
        base::remove_others(self.state.folder(), base, false)
    }

    /// Number of the last committed tick; 0 before the first.
    pub fn last_tick(&self) -> u64 {
        self.state.last_tick()
    }

    /// Sequence of the last event; 0 before the first.
    pub fn last_sequence(&self) -> u64 {
        self.state.last_sequence()
    }

    /// For readers on other threads.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Bytes of the segments.
    pub fn segment_bytes(&self) -> u64 {
        self.segments.bytes()
    }
}

/// Takes the lock of a folder.
fn lock(path: &Path) -> Result<File, Error> {
    let failed = |source| Error::file(path, source);
    let file = File::options().create(true).truncate(false).write(true).open(path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let folder = path.parent().map(PathBuf::from).unwrap_or_default();
            Err(Error::InUse(folder))
        }
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}
