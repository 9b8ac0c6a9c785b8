//! The engine on its threads: lines in, ticks of facts, workers and the alert view.
//!
//! In reading order: [`source`] turns paths into lines and rows; [`front`] turns these into ticks of facts; [`engine`]
//! runs workers and the alert view on them. [`profile`] notes what operators cost. It knows no command line, no page
//! and no network: who runs it, once over files or for ever, stands above.

pub mod engine;
mod error;
pub mod front;
pub mod profile;
pub mod source;

pub use error::Error;
