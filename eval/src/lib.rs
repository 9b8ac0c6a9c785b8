//! How good is it: the simulator and its truth, the list of places to inspect, and the judgement on both.
//!
//! Nobody hands out the records of the sick so that a program can be measured, and nobody knows of real records what
//! was stolen in them. So this room makes up a region: ordinary life with its corrections, transfers and odd days, and
//! planted in it the schemes that inspectors know, each written down with the rule that should see it, its key and its
//! amount. Two questions can be put to it today, and `pipeline/tests/planted.rs` puts them to every build:
//!
//! * is every planted case found, under its key and to the fen?
//! * does ordinary life raise anything definite? It must not.
//!
//! [`synth`] makes it: from one seed the same bytes on every machine.
//!
//! # What it does not say
//! A made-up region proves that the program does what the rules say. It does not prove that the rules say the right
//! thing: the one who plants a case and the one who looks for it read the same page. How many alerts hold up before an
//! inspector is known only from decisions (the record kind `label`), and from cases nobody here has invented.
//!
//! # What judges
//! [`truth`] says what is true of an alert: what was planted, or decisions joined by record once they have matured.
//! [`judgement`] holds a run against it, with [`measure`]s that each have their interval, and always beside the list
//! the plain order by money paid. [`candidate`] makes that list, [`draw`] and [`estimate`] find out what it leaves out.

pub mod candidate;
pub mod draw;
pub mod effort;
pub mod estimate;
pub mod judgement;
pub mod measure;
pub mod outcome;
pub mod synth;
pub mod table;
pub mod truth;
