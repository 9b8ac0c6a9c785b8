//! What people read: pages, workbooks and texts, made of the files that a run left.
//!
//! [`run_folder`] reads back what a run kept; [`explain`], [`dossier`], [`list`] and [`evaluate`] make what their
//! commands are asked for, and [`bank_change`] shows what another rule bank would do.
//! They share a page of text ([`layout`]), HTML with plots ([`html`]), words for fields and kinds
//! ([`labels`]), numbers ([`number`]), the choice between two languages ([`language`]) and the mask over persons
//! ([`mask`]); [`outputs`] writes files that take their names when all of them are complete.
//!
//! There is no engine here, no thread and no command line: `pipeline` runs those and calls this crate.
//!
//! ```
//! use reports::language::pick;
//! use rulebank::Lang;
//!
//! assert_eq!(pick(Lang::En, "告警", "alert"), "alert");
//! assert_eq!(reports::number::yuan(123_450), "1,234.50");
//! ```

pub mod bank_change;
pub mod command;
pub mod dossier;
pub mod error;
pub mod evaluate;
pub mod explain;
pub mod html;
pub mod labels;
pub mod language;
pub mod layout;
pub mod list;
pub mod mask;
pub mod number;
pub mod outputs;
pub mod run_folder;

pub use command::CommandOutput;
pub use error::Error;
