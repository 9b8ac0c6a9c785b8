//! How good is it: the simulator and its truth.
//!
//! Nobody hands out the records of the sick so that a program can be measured, and nobody knows of real records what
//! was stolen in them. So this room makes up a region: ordinary life with its corrections, transfers and odd days, and
//! planted in it the schemes that inspectors know, each written down with the rule that should see it, its key and its
//! amount. Two questions can be put to it today, and `pipeline/tests/planted.rs` puts them to every build:
//!
//! * is every planted case found, under its key and to the fen?
//! * does ordinary life raise anything definite? It must not.
//!
//! [`synth`] is all of it so far: from one seed the same bytes on every machine.
//!
//! # What it does not say
//! A made-up region proves that the program does what the rules say. It does not prove that the rules say the right
//! thing: the one who plants a case and the one who looks for it read the same page. How many alerts hold up before an
//! inspector is known only from decisions (the record kind `label`), and from cases nobody here has invented.
//!
//! # What will stand here
//! *Measures*, each with its formula: recall by scheme at a fixed number of false alarms, precision among the first so
//! many that a bureau can look at, both also weighed by money, calibration, and always beside them the plain order by
//! money paid. *Truth* from decisions, joined to alerts by record, and only once it has matured. *Baselines*: results
//! that are committed, so that a change of ranking is read as a difference. And *bent rules*: each threshold moved a
//! little, where some case of the bank must notice.

pub mod outcome;
pub mod synth;
