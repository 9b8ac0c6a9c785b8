//! The outside world: files in, alerts out, the command line.
//!
//! [`args`] is what a person types. What came out of the engine ([`runtime`]) is written by [`run`]: alerts and events,
//! [`keep`] what explaining needs, [`owners`] and [`places`] what lists are made of; [`report`] shows the run,
//! [`exempted`] what exemptions did, `inputs` what came of each file.
//! Each command that runs the engine is one file: [`run`], [`explain`], [`demo`], [`rules`] with [`mutate`], [`synth`],
//! [`mod@bench`]. The live service is started by [`serve`] with its [`log`], and looked after with [`top`] and [`dlq`].
//! [`terminal`] is what is said and [`ending`] what is taken along when a command is ended,
//! such as a [`scratch`] folder; [`workers`] is how many there is room for.
//! The others are made by `reports` from a run's folder, and [`command`] hands them on.

pub mod args;
pub mod backup;
pub mod bench;
pub mod cluster;
pub mod command;
pub mod demo;
pub mod dlq;
pub mod ending;
pub mod error;
pub mod exempted;
pub mod explain;
mod inputs;
pub mod keep;
pub mod log;
pub mod mutate;
pub mod owners;
pub mod places;
pub mod progress;
pub mod remote;
pub mod report;
pub mod rules;
pub mod run;
pub mod schema;
pub mod scratch;
pub mod serve;
pub mod synth;
pub mod terminal;
pub mod token;
pub mod top;
pub mod workers;
