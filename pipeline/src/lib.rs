//! The outside world: files in, alerts out, the command line.
//!
//! In reading order: [`args`] is what a person types; [`source`] turns paths into lines; [`front`] turns lines
//! into ticks of facts; [`engine`] runs workers and the alert view on them. What came out is written by [`run`]:
//! alerts and events, [`keep`] what explaining needs, [`owners`] and [`places`] what lists are made of;
//! [`report`] shows the run, [`exempted`] what exemptions did.
//! Each command that runs the engine is one file: [`run`], [`explain`], [`demo`], [`rules`] with [`mutate`], [`synth`],
//! [`mod@bench`]. The others are made by `reports` from a run's folder, and [`command`] hands them on.

pub mod args;
pub mod bench;
pub mod command;
pub mod demo;
pub mod engine;
pub mod error;
pub mod exempted;
pub mod explain;
pub mod front;
pub mod keep;
pub mod mutate;
pub mod owners;
pub mod places;
pub mod profile;
pub mod progress;
pub mod report;
pub mod rules;
pub mod run;
pub mod schema;
pub mod source;
pub mod synth;
