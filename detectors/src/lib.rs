//! What follows: facts and rules in one dataflow, findings, alerts, coverage.
//!
//! Pure: no clock, no file, no thread, no float but one. [`graph::mount`] builds the dataflow of a worker;
//! [`run::history`] runs a whole history through it in one call.

pub mod alert;
pub mod coverage;
pub mod desk;
pub mod detector;
pub mod door;
pub mod due;
pub mod exempt;
pub mod finding;
pub mod gather;
pub mod graph;
pub mod judge;
pub mod knowledge;
pub mod money;
pub mod profile;
pub mod reach;
pub mod roster;
pub mod run;
pub mod trial;
pub mod views;
pub mod visited;
pub mod why;
pub mod worker;
