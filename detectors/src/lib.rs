//! What follows: facts and rules in one dataflow, findings, alerts, coverage.
//!
//! Pure: no clock, no file, no thread, no float but one. [`graph::mount`] builds the dataflow of a worker;
//! [`run::history`] runs a whole history through it in one call.

pub mod alert;
pub mod alert_view;
pub mod arrivals;
pub mod batch;
pub mod carried;
pub mod classes;
pub mod compile;
pub mod compiled_bank;
pub mod condition;
pub mod coverage;
pub mod detector;
pub mod exact;
pub mod exempt;
pub mod fact;
pub mod finding;
pub mod graph;
pub mod hold;
pub mod judge;
pub mod kept;
pub mod money;
pub mod owner;
pub mod policy;
pub mod pre_aggregate;
pub mod profile;
pub mod publish;
pub mod reads;
pub mod rule_set;
pub mod run;
pub mod shape;
pub mod sink;
pub mod statement;
pub mod temporal_filter;
pub mod trial;
pub mod views;
pub mod visited;
pub mod watch;
pub mod why;
pub mod worker;
