//! The tables of the database.

use redb::TableDefinition;

pub(crate) const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
pub(crate) const SEGMENTS: TableDefinition<'_, u32, u64> = TableDefinition::new("segments");
pub(crate) const OFFSETS: TableDefinition<'_, &str, u64> = TableDefinition::new("offsets");
pub(crate) const REQUESTS: TableDefinition<'_, &str, (u64, &[u8])> = TableDefinition::new("requests");
pub(crate) const ALERTS: TableDefinition<'_, &str, (u64, &[u8])> = TableDefinition::new("alerts");
pub(crate) const EVENTS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("events");
pub(crate) const ASIDE: TableDefinition<'_, &str, (u64, &str, &str, u64, &[u8])> =
    TableDefinition::new("aside");
pub(crate) const ASIDE_ORDER: TableDefinition<'_, (&str, &str, u64, &str), ()> =
    TableDefinition::new("aside_order");
/// The sequence behind which an event happened, the state, the event, and what is known beside it.
type AsideEntry<'e> = (u64, &'e str, &'e [u8], &'e [u8]);
pub(crate) const ASIDE_EVENTS: TableDefinition<'_, u64, AsideEntry<'_>> =
    TableDefinition::new("aside_events");
pub(crate) const BESIDE: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("beside");
pub(crate) const REJECTS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("rejects");
pub(crate) const CURSORS: TableDefinition<'_, &str, u64> = TableDefinition::new("cursors");
pub(crate) const NOTES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("notes");
pub(crate) const AGED: TableDefinition<'_, &str, (u64, &[u8])> = TableDefinition::new("aged");
/// Of the base: whether it is of what is carried, and the number of a segment.
pub(crate) const BASE: TableDefinition<'_, (bool, u32), u64> = TableDefinition::new("base");
