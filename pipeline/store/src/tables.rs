//! The tables of the database.

use redb::TableDefinition;

pub(crate) const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
pub(crate) const SEGMENTS: TableDefinition<'_, u32, u64> = TableDefinition::new("segments");
pub(crate) const OFFSETS: TableDefinition<'_, &str, u64> = TableDefinition::new("offsets");
pub(crate) const REQUESTS: TableDefinition<'_, &str, (u64, &[u8])> = TableDefinition::new("requests");
pub(crate) const ALERTS: TableDefinition<'_, &str, (u64, &[u8])> = TableDefinition::new("alerts");
pub(crate) const EVENTS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("events");
pub(crate) const BESIDE: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("beside");
pub(crate) const REJECTS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("rejects");
pub(crate) const CURSORS: TableDefinition<'_, &str, u64> = TableDefinition::new("cursors");
pub(crate) const NOTES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("notes");
pub(crate) const AGED: TableDefinition<'_, &str, (u64, &[u8])> = TableDefinition::new("aged");
/// Of the base: whether it is of what is carried, and the number of a segment.
pub(crate) const BASE: TableDefinition<'_, (bool, u32), u64> = TableDefinition::new("base");
