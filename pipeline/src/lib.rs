//! The outside world: files in, alerts out, the command line.
//!
//! In reading order: [`args`] is what a person types; [`source`] turns paths into lines; [`front`] turns lines
//! into ticks of facts; [`engine`] runs workers and desk on them; [`outputs`] writes what came out; [`report`]
//! shows it, [`exempted`] what exemptions did; [`owners`] and [`places`] write what lists are made of. [`html`] makes pages for people, [`mask`] keeps persons out of them.
//! Each command is one file: [`run`], [`explain`], [`dossier`], [`list`], [`evaluate`], [`demo`], [`rules`] with
//! [`mutate`], [`synth`], [`bench`].

pub mod args;
pub mod bench;
pub mod demo;
pub mod dossier;
pub mod engine;
pub mod error;
pub mod evaluate;
pub mod exempted;
pub mod explain;
pub mod front;
pub mod html;
pub mod list;
pub mod mask;
pub mod mutate;
pub mod outputs;
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
