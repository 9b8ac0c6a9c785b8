//! What happened: the nouns of the fund, and how bytes become them.
//!
//! A line of input is scanned once ([`decode`]), typed and checked by one table of fields ([`schema`]),
//! and becomes a [`decode::Change`]: a put or a del of one keyed record. The [`ledger`] keeps, for each key,
//! which change stands, nets reversals and returns, and states what the fact base lost and gained in exact
//! `-old +new` rows. Rows and texts live in one append-only [`arena`] that every thread may read; a [`row`] is read
//! back as a struct of its kind, and [`render`] gives it as text.
//!
//! Nothing here knows a rule, a file or a clock.

pub mod arena;
pub mod clock;
mod closed_list;
pub mod codes;
pub mod decimal;
pub mod decode;
pub mod filler;
pub mod joined_key;
pub mod kind;
pub mod ledger;
pub mod render;
pub mod row;
pub mod schema;
pub mod spaces;
pub mod spelling;
pub mod splitmix;
pub mod time;

pub use kind::Kind;
