//! How far the database has come, for those who ask it: what a request was answered with 202 for is in it, or it is
//! said how far it is behind.

use std::time::Duration;

use database::Database;
use tokio::sync::watch;

/// How long the database may take to come to where the journal was when it was asked.
const WAIT: Duration = Duration::from_secs(5);

/// How far it has come.
#[derive(Clone, Debug, Default)]
pub(super) struct Reached {
    /// The database; none while it does not answer.
    pub(super) database: Option<Database>,
    /// The last tick of which everything is in it.
    pub(super) tick: u64,
    /// Sequence of the last event in it.
    pub(super) sequence: u64,
    /// Number of the last entry of the audit trail in it.
    pub(super) audit: u64,
    /// Why it does not answer.
    pub(super) trouble: Option<String>,
}

/// Clones see the same.
#[derive(Clone, Debug)]
pub struct Projected {
    reached: watch::Sender<Reached>,
}

/// Why the database cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Behind {
    /// It does not answer.
    #[error("{0}")]
    Trouble(String),
    /// It has not come so far.
    #[error("the database is {events} events behind; ask again in a while")]
    Events {
        /// How many events it does not have yet.
        events: u64,
    },
    /// It does not have so much of the audit trail.
    #[error("the database is {entries} entries of the audit trail behind; ask again in a while")]
    Entries {
        /// How many entries it does not have yet.
        entries: u64,
    },
    /// It has not been opened yet.
    #[error("the database is being opened")]
    Opening,
}

impl Default for Projected {
    fn default() -> Projected {
        Projected { reached: watch::Sender::new(Reached::default()) }
    }
}

impl Projected {
    /// Says how far it has come; a tick that was reached stays so.
    pub(super) fn reach(&self, reached: Reached) {
        self.reached.send_modify(|before| {
            let tick = before.tick.max(reached.tick);
            *before = Reached { tick, ..reached };
        });
    }

    /// Says that it does not answer.
    pub(super) fn fail(&self, trouble: String) {
        self.reached.send_modify(|before| {
            before.database = None;
            before.trouble = Some(trouble);
        });
    }

    /// Sequence of the last event that is in the database, if it is open.
    pub fn sequence(&self) -> Option<u64> {
        let reached = self.reached.borrow();
        reached.database.as_ref().map(|_| reached.sequence)
    }

    /// The database as it is.
    ///
    /// # Errors
    /// It does not answer.
    pub fn now(&self) -> Result<Database, Behind> {
        let reached = self.reached.borrow();
        match (&reached.database, &reached.trouble) {
            (Some(database), _) => Ok(database.clone()),
            (None, Some(trouble)) => Err(Behind::Trouble(trouble.clone())),
            (None, None) => Err(Behind::Opening),
        }
    }

    /// The database once it has the audit trail up to an entry.
    ///
    /// # Errors
    /// It does not answer, or does not come so far in time.
    pub async fn with_entry(&self, number: u64) -> Result<Database, Behind> {
        let mut watched = self.reached.subscribe();
        let settled = watched.wait_for(|reached| {
            reached.trouble.is_some() || reached.database.is_some() && reached.audit >= number
        });
        // The sender is ours: it does not go.
        if tokio::time::timeout(WAIT, settled).await.is_ok() {
            return self.now();
        }
        let reached = self.reached.borrow();
        match reached.database {
            Some(_) => Err(Behind::Entries { entries: number.saturating_sub(reached.audit) }),
            None => Err(Behind::Opening),
        }
    }

    /// The database once it has everything of a tick; `last` is the sequence of the last event by now.
    ///
    /// # Errors
    /// It does not answer, or does not come so far in time.
    pub async fn with(&self, tick: u64, last: u64) -> Result<Database, Behind> {
        let mut watched = self.reached.subscribe();
        let settled = watched.wait_for(|reached| {
            reached.trouble.is_some() || reached.database.is_some() && reached.tick >= tick
        });
        // The sender is ours: it does not go.
        let in_time = tokio::time::timeout(WAIT, settled).await.is_ok();
        if in_time {
            return self.now();
        }
        let reached = self.reached.borrow();
        match reached.database {
            Some(_) => Err(Behind::Events { events: last.saturating_sub(reached.sequence) }),
            None => Err(Behind::Opening),
        }
    }
}
