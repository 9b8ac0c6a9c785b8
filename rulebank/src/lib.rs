//! What is not allowed, as data.
//!
//! A *rule* is one TOML file: why the thing is wrong, on what legal basis, how it is looked for (a detector and
//! its parameters), what it misses, what may excuse it, and the cases that hold it to its word.
//! A *knowledge table* is one CSV file: codes, limits, pairs, each row with the days on which it holds.
//! Both together are a [`Bank`]. [`load`] reads one, or reports everything that is wrong with it at once: each
//! mistake with file, line, column and a hint, because the people who write rules do not read stack traces.
//!
//! This crate knows no engine and no detector. Which detectors exist, and what a rule may set of them, is handed in
//! as a list of [`DetectorSpec`]s; what a rule means is the detector's business.
//!
//! In reading order: [`Rule`] and its words, [`Case`], [`Tables`], [`Exemption`], [`BankError`], how well the cases
//! hold a rule ([`mutants`], [`Baseline`]), and the texts that
//! people read: [`list`], [`show`], [`check_report`].
//!
//! ```
//! use rulebank::DetectorSpec;
//!
//! // A folder without rules runs the built-in ones, so every detector that they name has to be known.
//! let known: &[DetectorSpec] = &[];
//! let errors = rulebank::load(None, known).unwrap_err();
//! assert_eq!(errors[0].what, "there is no detector `absence`");
//! println!("{}", rulebank::check_report(&errors));
//! ```

mod amount;
mod bank;
mod baseline;
mod builtin;
mod case;
mod cells;
mod confirmed;
mod detector;
mod encoding;
mod error;
mod exemption;
mod facts;
mod folder;
mod hint;
mod lists;
pub mod looks_back;
mod message;
mod mutate;
mod ordinary;
mod population;
mod readers;
mod row;
mod rows;
mod rule;
mod schema;
mod section;
mod show;
mod table;
mod word;

pub use amount::AmountKind;
pub use bank::{Bank, load, load_files};
pub use baseline::{BASELINE_FILE, Baseline, Equivalent, Score};
pub use case::{Case, CaseKind, Step};
pub use confirmed::Confirmed;
pub use detector::{Comparison, DetectorSpec, Param, ParamKind, ParamSpec, Subject};
pub use error::{BankError, Note, check_report, notes_report};
pub use exemption::{Exemptable, Exemption};
pub use message::{Piece, fill, pieces};
pub use mutate::{Mutant, Part, mutants};
pub use population::Population;
pub use row::Row;
pub use rule::{Rule, RuleChange, Text2};
pub use show::{Lang, exemptions, list, show};
pub use table::Tables;
pub use word::{Family, Phase, Severity, Status, Verdict};
