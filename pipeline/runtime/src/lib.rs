//! The engine on its threads: lines in, ticks of facts, workers and the alert view.
//!
//! In reading order: [`source`] turns paths into lines and rows; [`front`] turns these into ticks of facts; [`engine`]
//! runs workers and the alert view on them; [`cluster`] spreads the workers over several processes. [`bank_folder`]
//! tells what cannot be a bank, [`profile`] what operators cost, [`clock`] is that of the machine, which bounds *now*.
//! It knows no command line and no page, and speaks to nobody but its own processes: who runs it, once over files or for
//! ever, stands above.

pub mod bank_folder;
pub mod clock;
pub mod cluster;
pub mod engine;
mod error;
pub mod front;
pub mod profile;
pub mod retention;
pub mod source;

pub use error::Error;
