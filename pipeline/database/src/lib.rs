//! What people and programs ask, in SQLite or PostgreSQL: alerts with their history, incidents, rejects, coverage, rule
//! versions, decisions and the audit trail.
//!
//! The journal (`store`) is the authority of what follows from records: a [`Projector`] writes its events here, each
//! exactly once, and what it wrote can be made anew. The audit trail is the authority of what people did: its lines are
//! written here too ([`Noted`]), each once, and with them the decisions ([`Disposition`]) that they note.
//!
//! ```text
//!   journal      ->  Projector       ->  alerts, revisions, causes, incidents, rejects, coverage  ->  pages
//!   audit trail  ->  Database::note  ->  audit, dispositions                                      ->  pages
//! ```
//!
//! Both databases have the same tables (`migrations/`), hold them to the same order of texts, and run the same tests.

mod about;
mod address;
mod alerts;
mod audit;
mod backend;
mod cursor;
mod dispositions;
mod error;
mod filter;
mod incidents;
mod journal;
mod look;
mod project;
mod rejects;
mod rules;
mod schema;
mod snapshot;
mod statement;
mod takeover;

pub use about::{About, AboutKind, INSTITUTION_ALONE, IncidentKey};
pub use address::Address;
pub use alerts::{AlertHistory, AlertOrder, Revision, StoredAlert, Total};
pub use audit::{AuditRow, Before, Noted};
pub use cursor::Cursor;
pub use dispositions::{DECISIONS, Disposition};
pub use error::Error;
pub use filter::AlertFilter;
pub use incidents::{Incident, IncidentFilter};
pub use journal::{Batch, CoverageAt, Division, JournalAside, JournalEvent, JournalReject};
pub use look::{Found, look};
pub use project::Projector;
pub use rejects::{RejectFilter, StoredReject};
pub use rules::{NewRuleVersion, RuleVersion};
pub use takeover::{Ancestor, Lineage, TakenOver, ToPutRight};

use backend::Backend;
pub use snapshot::copy;
use statement::Statement;

/// A page of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What it has.
    pub items: Vec<T>,
    /// The `after` of the next page, if there is one.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A page of what was read with one more than its limit.
    fn cut(mut items: Vec<T>, limit: usize, place: impl Fn(&T) -> String) -> Page<T> {
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(place);
        Page { items, next }
    }
}

/// A database; clones share its connections.
#[derive(Clone, Debug)]
pub struct Database {
    backend: Backend,
}

impl Database {
    /// Connects, and brings the tables to the version of this program.
    ///
    /// # Errors
    /// It cannot be reached or written, or its tables are of a later version.
    pub async fn open(address: &Address) -> Result<Database, Error> {
        Ok(Database { backend: Backend::open(address).await? })
    }

    /// Lets all connections go.
    pub async fn close(&self) {
        self.backend.close().await;
    }
}
